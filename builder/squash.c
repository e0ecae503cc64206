/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Squashing: the layers FROM to TO become what turns the tree below FROM into that of TO. The
 * layers above stand on the same tree as before, so they stay as they are.
 */
#include "base/env.h"
#include "base/scope.h"
#include "builder/layer_same.h"
#include "builder/rework.h"
#include "sign/trusted.h"

#include <stdlib.h>

struct squash {
	struct nacre_rework rework;
	const struct nacre_layout *layout;
	const struct nacre_trusted *image;
	size_t from; /* 1, 2, … */
	size_t to;
};

static void squash_free(struct squash **squash)
{
	if (!*squash)
		return;
	nacre_rework_clear(&(*squash)->rework);
	free(*squash);
}

static int set_range(
	struct squash *squash, const struct nacre_squash_range *range, struct nacre_err *err)
{
	size_t count = nacre_trusted_manifest(squash->image)->layers.count;

	squash->from = range->from ? range->from : 1;
	squash->to = range->to ? range->to : count;
	if (count == 0)
		return nacre_fail(err, NACRE_E_ARG, "the image has no layer");
	if (squash->from > count || squash->to > count)
		return nacre_fail(err, NACRE_E_ARG, "no layer %zu: the image has %zu",
			squash->from > count ? squash->from : squash->to, count);
	if (squash->from > squash->to)
		return nacre_fail(err, NACRE_E_ARG, "layer %zu does not lie below layer %zu",
			squash->from, squash->to);
	return 0;
}

static int add_squashed(struct squash *squash, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_image_tree_clear)
	struct nacre_image_tree before = { .tree = NACRE_TREE };
	NACRE_CLEANUP(nacre_image_tree_clear)
	struct nacre_image_tree after = { .tree = NACRE_TREE };
	struct nacre_rework *rework = &squash->rework;
	int rc = nacre_rework_read(
		rework, squash->layout, squash->image, squash->from - 1, &before, err);

	if (rc == 0)
		rc = nacre_rework_read(
			rework, squash->layout, squash->image, squash->to, &after, err);
	return rc ? rc
		  : nacre_rework_add(rework, "squash", &before.tree, &after.tree,
			    nacre_layer_same_content, err);
}

/* What the image stands on is no more to be found in it. */
static void forget_base(struct squash *squash)
{
	if (squash->from > 1)
		return;
	nacre_pairs_remove(&squash->rework.manifest.annotations, NACRE_ANNOTATION_BASE_DIGEST);
	nacre_pairs_remove(&squash->rework.manifest.annotations, NACRE_ANNOTATION_BASE_NAME);
}

static int run(struct squash *squash, struct nacre_err *err)
{
	struct nacre_rework *rework = &squash->rework;
	const struct nacre_config *config = nacre_trusted_config(squash->image);
	size_t below = nacre_config_history_of(config, squash->from - 1);
	size_t above = nacre_config_history_of(config, squash->to);
	int rc = nacre_rework_keep(rework, squash->layout, squash->image, 0, squash->from - 1, err);

	if (rc == 0)
		rc = nacre_rework_history(rework, config, 0, below, false, err);
	if (rc == 0)
		rc = nacre_rework_history(rework, config, below, above, true, err);
	if (rc == 0)
		rc = add_squashed(squash, err);
	if (rc == 0)
		rc = nacre_rework_keep(rework, squash->layout, squash->image, squash->to,
			config->diff_id_count, err);
	if (rc == 0)
		rc = nacre_rework_history(rework, config, above, NACRE_REWORK_ALL, false, err);
	forget_base(squash);
	return rc ? rc : nacre_rework_finish(rework, err);
}

int nacre_image_squash(const struct nacre_layout *layout, const struct nacre_trusted *image,
	const struct nacre_squash_range *range, const struct nacre_rework_options *options,
	const struct nacre_env *env, struct nacre_built *out_built, struct nacre_err *err)
{
	NACRE_CLEANUP(squash_free)
	struct squash *squash = calloc(1, sizeof(*squash));
	int rc;

	if (!squash)
		return nacre_fail_nomem(err);
	squash->layout = layout;
	squash->image = image;
	rc = nacre_rework_begin(&squash->rework, image, options, env, err);
	if (rc == 0)
		rc = set_range(squash, range, err);
	if (rc == 0)
		rc = run(squash, err);
	if (rc == 0)
		*out_built = squash->rework.built;
	return rc;
}
