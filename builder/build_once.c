/* SPDX-License-Identifier: Apache-2.0 */
/* From a recipe to an image in a batch. */
#include "builder/build_once.h"

#include "builder/allow.h"
#include "builder/ghosts.h"

#include <string.h>

void nacre_build_once_clear(struct nacre_build_once *once)
{
	nacre_build_image_clear(&once->image);
	nacre_build_trees_clear(&once->trees);
}

static int64_t find_epoch(
	const struct nacre_recipe *recipe, const struct nacre_build_options *options)
{
	if (recipe->epoch.given)
		return recipe->epoch.seconds;
	return options->has_epoch ? options->epoch : 0;
}

static void set_sources(struct nacre_build_once *once, int64_t epoch)
{
	const struct nacre_build_options *options = once->options;
	struct nacre_build_sources *sources = &once->sources;

	sources->recipe = once->recipe;
	sources->context = once->context;
	sources->scratch = nacre_layout_dir(once->layout);
	sources->epoch = epoch;
	sources->rootfs.all_xattrs = options->all_xattrs;
	sources->rootfs.no_ledger = options->no_ledger;
	sources->rootfs.ledger = options->ledger;
	sources->rootfs.has_names = once->inputs->known != NULL;
	sources->rootfs.racy_from = nacre_cache_racy_from(once->inputs->known);
	sources->rootfs.reversed = once->inputs->reversed;
	sources->inputs = once->inputs;
	sources->env = once->env;
}

static void set_image(struct nacre_build_once *once, int64_t epoch)
{
	struct nacre_build_image *image = &once->image;

	image->recipe = once->recipe;
	image->options = once->options;
	image->inputs = once->inputs;
	image->env = once->env;
	image->layout = once->layout;
	image->batch = once->batch;
	image->epoch = epoch;
}

/* The tree that the image will have. */
static struct nacre_tree *last_tree(struct nacre_build_trees *trees)
{
	size_t count = trees->layer_count;

	return count > 0 ? &trees->layers[count - 1].tree : nacre_base_tree(&trees->base);
}

static int make_trees(struct nacre_build_once *once, struct nacre_err *err)
{
	struct nacre_build_trees *trees = &once->trees;
	struct nacre_ghosts ghosts = { 0, 0 };
	int rc = nacre_build_trees_make(&once->sources, trees, err);

	if (rc == 0)
		rc = nacre_allow_check(once->recipe, nacre_base_tree(&trees->base),
			last_tree(trees), once->env, err);
	if (rc == 0)
		rc = nacre_ghosts_leave_out(trees, &ghosts, err);
	once->image.built.ghost_files = ghosts.files;
	once->image.built.ghost_bytes = ghosts.bytes;
	return rc;
}

int nacre_build_once_run(struct nacre_build_once *once, struct nacre_err *err)
{
	int64_t epoch = find_epoch(once->recipe, once->options);
	int rc;

	set_sources(once, epoch);
	set_image(once, epoch);
	rc = make_trees(once, err);
	if (rc == 0)
		rc = nacre_build_image_begin(&once->image, &once->trees.base, err);
	if (rc == 0)
		rc = nacre_build_layers_add(&once->image, &once->trees, err);
	return rc ? rc : nacre_build_image_finish(&once->image, err);
}
