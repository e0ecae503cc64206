/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Building: recipe → trees (build_trees.c) without ghosts (ghosts.c) → layers (build_layers.c) →
 * config, manifest (build_image.c) → tags (build_tags.c). All blobs go into one batch, and nothing
 * is to be seen before it is committed.
 */
#include "base/scope.h"
#include "builder/allow.h"
#include "builder/build_image.h"
#include "builder/build_tags.h"
#include "builder/ghosts.h"
#include "builder/recipe_load.h"

#include <string.h>

struct build {
	struct nacre_recipe *recipe;
	int context;
	struct nacre_inputs inputs;
	struct nacre_cache *cache; /* freed last: trees know digests that it holds */
	struct nacre_explainer *explain;
	struct nacre_build_tags tags;
	struct nacre_target target; /* of the first tag */
	struct nacre_layout_batch *batch;
	struct nacre_build_sources sources;
	struct nacre_build_trees trees;
	struct nacre_build_image image;
};

static void build_clear(struct build *b)
{
	nacre_build_image_clear(&b->image);
	nacre_batch_free(b->batch);
	nacre_build_trees_clear(&b->trees);
	nacre_target_clear(&b->target);
	nacre_inputs_clear(&b->inputs);
	nacre_explainer_free(b->explain);
	nacre_cache_free(b->cache);
	nacre_recipe_free(b->recipe);
	nacre_fd_close(&b->context);
}

static void set_sources(struct build *b, const struct nacre_build_options *options,
	const struct nacre_env *env, int64_t epoch)
{
	b->sources.recipe = b->recipe;
	b->sources.context = b->context;
	b->sources.scratch = nacre_layout_dir(b->target.layout);
	b->sources.epoch = epoch;
	b->sources.rootfs.all_xattrs = options->all_xattrs;
	b->sources.rootfs.no_ledger = options->no_ledger;
	b->sources.rootfs.ledger = options->ledger;
	b->sources.rootfs.has_names = b->cache != NULL;
	b->sources.rootfs.racy_from = nacre_cache_racy_from(b->cache);
	b->sources.inputs = &b->inputs;
	b->sources.env = env;
}

static void set_image(struct build *b, const struct nacre_build_options *options,
	const struct nacre_env *env, int64_t epoch)
{
	b->image.recipe = b->recipe;
	b->image.options = options;
	b->image.inputs = &b->inputs;
	b->image.env = env;
	b->image.layout = b->target.layout;
	b->image.batch = b->batch;
	b->image.epoch = epoch;
}

static int64_t find_epoch(
	const struct nacre_recipe *recipe, const struct nacre_build_options *options)
{
	if (recipe->epoch.given)
		return recipe->epoch.seconds;
	return options->has_epoch ? options->epoch : 0;
}

/* The tree that the image will have. */
static struct nacre_tree *last_tree(struct build *b)
{
	size_t count = b->trees.layer_count;

	return count > 0 ? &b->trees.layers[count - 1].tree : nacre_base_tree(&b->trees.base);
}

static int make_trees(struct build *b, const struct nacre_env *env, struct nacre_err *err)
{
	struct nacre_ghosts ghosts = { 0, 0 };
	int rc = nacre_build_trees_make(&b->sources, &b->trees, err);

	if (rc == 0)
		rc = nacre_allow_check(
			b->recipe, nacre_base_tree(&b->trees.base), last_tree(b), env, err);
	if (rc == 0)
		rc = nacre_ghosts_leave_out(&b->trees, &ghosts, err);
	b->image.built.ghost_files = ghosts.files;
	b->image.built.ghost_bytes = ghosts.bytes;
	return rc;
}

static int run(struct build *b, const struct nacre_build_options *options,
	const struct nacre_env *env, struct nacre_err *err)
{
	int64_t epoch = find_epoch(b->recipe, options);
	int rc = nacre_target_open(&b->target, &b->tags.items[0], options->store, err);

	if (rc == 0)
		rc = nacre_batch_new(b->target.layout, env, &b->batch, err);
	if (rc)
		return rc;
	set_sources(b, options, env, epoch);
	set_image(b, options, env, epoch);
	rc = make_trees(b, env, err);
	if (rc == 0)
		rc = nacre_build_image_begin(&b->image, &b->trees.base, err);
	if (rc == 0)
		rc = nacre_build_layers_add(&b->image, &b->trees, err);
	if (rc == 0)
		rc = nacre_build_image_finish(&b->image, err);
	return rc
		? rc
		: nacre_build_tags_store(&b->tags, &b->target, b->batch, &b->image.desc, env, err);
}

/* What earlier builds know, and who is told what of it was of use. */
static int open_cache(struct build *b, const struct nacre_build_options *options,
	const struct nacre_env *env, struct nacre_err *err)
{
	int rc = nacre_cache_open(options->no_cache ? NULL : options->cache, options->cache_bytes,
		env, &b->cache, err);

	if (rc == 0 && (b->cache || options->explain || options->assert_cached))
		rc = nacre_explainer_new(
			options, b->recipe, b->context, b->cache, &b->explain, err);
	b->inputs.known = b->cache;
	b->inputs.explain = b->explain;
	return rc;
}

int nacre_build(const struct nacre_build_options *options, const struct nacre_env *env,
	struct nacre_built *out_built, struct nacre_err *err)
{
	NACRE_CLEANUP(build_clear)
	struct build b;
	int rc;

	memset(&b, 0, sizeof(b));
	b.target = (struct nacre_target)NACRE_TARGET;
	rc = nacre_recipe_load(options, env, &b.context, &b.recipe, err);
	if (rc == 0)
		rc = nacre_inputs_open(options, b.context, b.recipe, env, &b.inputs, err);
	if (rc == 0)
		rc = open_cache(&b, options, env, err);
	if (rc == 0)
		rc = nacre_build_tags_init(&b.tags, options, b.recipe, err);
	if (rc == 0)
		rc = run(&b, options, env, err);
	if (rc == 0)
		*out_built = b.image.built;
	return rc;
}
