/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Building: recipe → base → for each layer the steps, the difference, the tar, the blob → config →
 * manifest → index. All blobs go into one batch, and nothing is to be seen before it is committed.
 */
#include "base/env.h"
#include "base/file.h"
#include "builder/base.h"
#include "builder/blob_copy.h"
#include "builder/image_config.h"
#include "builder/layer_emit.h"
#include "builder/recipe_load.h"
#include "builder/same_content.h"
#include "builder/steps.h"
#include "builder/store.h"
#include "builder/target.h"
#include "formats/mediatype.h"
#include "layers/diff.h"

#include <nacre/builder.h>

#include <stdlib.h>
#include <string.h>

/* As decoders have it: so much may come out of however little. */
#define RATIO_FREE_BYTES ((uint64_t)64 << 20)

struct build {
	const struct nacre_build_options *options;
	const struct nacre_env *env;
	struct nacre_recipe *recipe;
	int context;
	struct nacre_target target; /* of the first tag */
	struct nacre_layout_batch *batch;
	struct nacre_base base;
	struct nacre_steps *steps;
	struct nacre_tree *trees; /* after each layer; inodes are shared along */
	size_t tree_count;
	struct nacre_config config;
	struct nacre_manifest manifest;
	struct nacre_descriptor image;
	int64_t epoch;
	struct nacre_built built;
};

static void build_clear(struct build *b)
{
	nacre_batch_free(b->batch);
	for (size_t i = 0; i < b->tree_count; i++)
		nacre_tree_clear(&b->trees[i]);
	free(b->trees);
	nacre_steps_free(b->steps);
	nacre_base_clear(&b->base);
	nacre_config_clear(&b->config);
	nacre_manifest_clear(&b->manifest);
	nacre_descriptor_clear(&b->image);
	nacre_target_clear(&b->target);
	nacre_recipe_free(b->recipe);
	nacre_fd_close(&b->context);
}

/* ------------------------------------------------------------------------- layers */

static struct nacre_built_layer *next_built(struct build *b, struct nacre_err *err)
{
	const struct nacre_limits limits = nacre_env_limits(b->env);
	uint64_t most = limits.layers < NACRE_BUILT_LAYERS ? limits.layers : NACRE_BUILT_LAYERS;

	if (b->built.layer_count >= most) {
		(void)nacre_fail(err, NACRE_E_LIMIT, "more than %llu layers (limit layers)",
			(unsigned long long)most);
		return NULL;
	}
	return &b->built.layers[b->built.layer_count];
}

/* The base's layers stay as they are, blob for blob. */
static int take_base_layers(struct build *b, struct nacre_err *err)
{
	const struct nacre_descriptors *layers = &b->base.manifest.layers;
	int rc = 0;

	for (size_t i = 0; i < layers->count && rc == 0; i++) {
		NACRE_CLEANUP(nacre_descriptor_clear)
		struct nacre_descriptor desc;
		struct nacre_built_layer *built = next_built(b, err);

		if (!built)
			return NACRE_E_LIMIT;
		memset(&desc, 0, sizeof(desc));
		rc = nacre_blob_copy(
			b->base.layout, &layers->items[i], b->target.layout, b->batch, err);
		if (rc == 0)
			rc = nacre_descriptor_copy(&layers->items[i], &desc, err);
		if (rc == 0)
			rc = nacre_descriptors_add_take(&b->manifest.layers, &desc, err);
		memset(built, 0, sizeof(*built));
		built->diff_id = b->base.config.diff_ids[i];
		built->blob = layers->items[i].digest;
		built->blob_bytes = layers->items[i].size_bytes;
		b->built.layer_count++;
	}
	return rc;
}

static bool is_nothing(const struct nacre_tree *diff)
{
	return diff->nodes == 0 && !diff->root->is_explicit;
}

/*
 * Grafting below links can make a tree deeper than any path that a recipe says. What readers of the
 * image refuse is not built, and the recursion of what follows is bounded.
 */
static int check_depth(const struct nacre_tree *tree, uint64_t most, struct nacre_err *err)
{
	uint64_t depth = 0; /* of `at` */
	struct nacre_node *at = tree->root, *next;

	for (; (next = nacre_tree_next(at)); at = next) {
		char name[256];

		if (next->parent == at)
			depth++;
		else
			for (; at->parent != next->parent; at = at->parent)
				depth--;
		if (depth > most)
			return nacre_fail(err, NACRE_E_LIMIT,
				"'%s': more than %llu directories deep (limit depth)",
				nacre_node_name(next, name, sizeof(name)),
				(unsigned long long)most);
	}
	return 0;
}

/* The limits that readers hold a layer to. A ratio can be right; a reader cannot know. */
static int check_layer(const struct build *b, const char *name,
	const struct nacre_built_layer *layer, struct nacre_err *err)
{
	const struct nacre_limits limits = nacre_env_limits(b->env);

	if (layer->members > limits.layer_members)
		return nacre_fail(err, NACRE_E_LIMIT,
			"more than %llu members (limit layer-members)",
			(unsigned long long)limits.layer_members);
	if (layer->tar_bytes > limits.layer_bytes)
		return nacre_fail(err, NACRE_E_LIMIT, "more than %llu bytes (limit layer-bytes)",
			(unsigned long long)limits.layer_bytes);
	if (layer->tar_bytes <= RATIO_FREE_BYTES ||
		layer->tar_bytes / limits.ratio <= layer->blob_bytes)
		return 0;
	return nacre_warn(b->env, err,
		"layer '%s' is more than %llu times its compressed size (limit ratio): to "
		"unpack it needs a higher limit",
		name, (unsigned long long)limits.ratio);
}

/* What turns `before` into `after` becomes a layer, if it is anything. */
static int add_layer(struct build *b, const char *name, struct nacre_tree *before,
	struct nacre_tree *after, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_tree_clear)
	struct nacre_tree diff = NACRE_TREE;
	const struct nacre_limits limits = nacre_env_limits(b->env);
	NACRE_CLEANUP(nacre_descriptor_clear)
	struct nacre_descriptor desc;
	struct nacre_built_layer *built = next_built(b, err);
	int rc = built ? nacre_step(b->env, err, "layer %s", name) : NACRE_E_LIMIT;

	memset(&desc, 0, sizeof(desc));
	if (rc == 0)
		rc = check_depth(after, limits.depth, err);
	if (rc == 0)
		rc = nacre_tree_diff(before, after, nacre_same_content, NULL, &diff, err);
	if (rc == 0 && is_nothing(&diff))
		return nacre_image_config_add(&b->config, name, NULL, b->epoch, err);
	if (rc == 0)
		rc = nacre_layer_emit(
			name, &diff, &b->options->compression, b->batch, b->env, &desc, built, err);
	if (rc == 0)
		rc = check_layer(b, name, built, err);
	if (rc == 0)
		rc = nacre_image_config_add(&b->config, name, &built->diff_id, b->epoch, err);
	if (rc == 0)
		rc = nacre_descriptors_add_take(&b->manifest.layers, &desc, err);
	if (rc == 0)
		b->built.layer_count++;
	return rc;
}

static int add_rootfs_layer(struct build *b, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_tree_clear)
	struct nacre_tree empty = NACRE_TREE;
	int rc = nacre_tree_init(&empty, err);

	if (rc == 0)
		rc = add_layer(b, b->recipe->from.text, &empty, nacre_base_tree(&b->base), err);
	return rc ? nacre_recipe_within(err, b->recipe, b->recipe->from.mark, rc, "from '%s'",
			    b->recipe->from.text)
		  : 0;
}

static int build_layer(struct build *b, const struct nacre_recipe_layer *layer,
	struct nacre_tree *before, struct nacre_tree *after, struct nacre_err *err)
{
	int rc = nacre_tree_clone(before, after, err);

	if (rc)
		return rc;
	b->tree_count++;
	for (size_t i = 0; i < layer->step_count && rc == 0; i++)
		rc = nacre_steps_do(b->steps, &layer->steps[i], after, err);
	if (rc)
		return rc;
	rc = add_layer(b, layer->name.text, before, after, err);
	return rc ? nacre_recipe_within(
			    err, b->recipe, layer->mark, rc, "layer '%s'", layer->name.text)
		  : 0;
}

static int build_layers(struct build *b, struct nacre_err *err)
{
	size_t count = b->recipe->layer_count;
	struct nacre_tree *before = nacre_base_tree(&b->base);
	int rc = 0;

	b->trees = calloc(count ? count : 1, sizeof(b->trees[0]));
	if (!b->trees)
		return nacre_fail_nomem(err);
	if (b->base.layout) {
		rc = take_base_layers(b, err);
		if (rc)
			return nacre_recipe_within(err, b->recipe, b->recipe->from.mark, rc,
				"from '%s'", b->recipe->from.text);
	} else if (b->base.is_rootfs)
		rc = add_rootfs_layer(b, err);
	for (size_t i = 0; i < count && rc == 0; i++) {
		rc = build_layer(b, &b->recipe->layers[i], before, &b->trees[i], err);
		before = &b->trees[i];
	}
	return rc;
}

/* ---------------------------------------------------------------------- documents */

static int emit_documents(struct build *b, struct nacre_err *err)
{
	const struct nacre_limits limits = nacre_env_limits(b->env);
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf config = NACRE_BUF(limits.document_bytes);
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf manifest = NACRE_BUF(limits.document_bytes);
	int rc = nacre_config_emit(&b->config, &config, err);

	if (rc == 0)
		rc = nacre_batch_add_blob(b->batch, config.data, config.len, NACRE_MEDIA_CONFIG,
			&b->manifest.config, err);
	if (rc == 0)
		rc = nacre_manifest_emit(&b->manifest, &manifest, err);
	if (rc == 0)
		rc = nacre_batch_add_blob(b->batch, manifest.data, manifest.len,
			NACRE_MEDIA_MANIFEST, &b->image, err);
	if (rc)
		return rc;
	b->image.platform = b->config.platform;
	b->built.image_id = b->manifest.config.digest;
	b->built.manifest = b->image.digest;
	return 0;
}

/* --------------------------------------------------------------------------- tags */

static bool is_synced(const struct build *b)
{
	return !b->env || !b->env->no_sync;
}

static bool is_same_layout(const struct nacre_ref *a, const struct nacre_ref *b)
{
	return a->transport == b->transport &&
		(a->transport == NACRE_STORE || strcmp(a->path, b->path) == 0);
}

static int tag_in(struct build *b, struct nacre_layout_batch *batch, const struct nacre_ref *layout,
	const struct nacre_ref *tags, size_t count, struct nacre_err *err)
{
	int rc = 0;

	for (size_t i = 0; i < count && rc == 0; i++) {
		if (is_same_layout(layout, &tags[i]))
			rc = nacre_batch_tag(
				batch, &b->image, tags[i].tag[0] ? tags[i].tag : NULL, err);
	}
	return rc;
}

/* Puts a copy of the image where one of the tags lies, with all tags that lie there. */
static int copy_to(struct build *b, const struct nacre_ref *layout, const struct nacre_ref *tags,
	size_t count, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_target_clear)
	struct nacre_target target = NACRE_TARGET;
	NACRE_CLEANUP(nacre_batch_freep)
	struct nacre_layout_batch *batch = NULL;
	int rc = nacre_target_open(&target, layout, b->options->store, err);

	if (rc == 0)
		rc = nacre_batch_new(target.layout, b->env, &batch, err);
	if (rc == 0)
		rc = nacre_image_copy(
			b->target.layout, &b->image, target.layout, batch, b->env, err);
	if (rc == 0)
		rc = tag_in(b, batch, layout, tags, count, err);
	if (rc == 0)
		rc = nacre_batch_commit(batch, err);
	return rc ? rc : nacre_target_commit(&target, is_synced(b), err);
}

/* The first layout has the image. If somebody has made it meanwhile, theirs gets a copy. */
static int store_first(
	struct build *b, const struct nacre_ref *tags, size_t count, struct nacre_err *err)
{
	int rc = tag_in(b, b->batch, &tags[0], tags, count, err);

	if (rc == 0)
		rc = nacre_step(b->env, err, "storing %s", b->image.digest.text);
	if (rc == 0)
		rc = nacre_batch_commit(b->batch, err);
	if (rc == 0)
		rc = nacre_target_commit(&b->target, is_synced(b), err);
	return rc == NACRE_E_EXISTS ? copy_to(b, &tags[0], tags, count, err) : rc;
}

static bool is_first_of_its_layout(const struct nacre_ref *tags, size_t at)
{
	for (size_t i = 0; i < at; i++) {
		if (is_same_layout(&tags[i], &tags[at]))
			return false;
	}
	return true;
}

static int tag_all(
	struct build *b, const struct nacre_ref *tags, size_t count, struct nacre_err *err)
{
	int rc = store_first(b, tags, count, err);

	for (size_t i = 1; i < count && rc == 0; i++) {
		if (is_first_of_its_layout(tags, i))
			rc = copy_to(b, &tags[i], tags, count, err);
	}
	return rc;
}

/* The recipe's name in the store, when the caller names nothing. */
static int default_tag(const struct build *b, struct nacre_ref *out_tag, struct nacre_err *err)
{
	const char *name = b->recipe->name.text;

	if (!name)
		return nacre_fail(err, NACRE_E_ARG,
			"%s: the recipe has no name, and no image to build (-t) was given",
			b->recipe->file_name);
	return nacre_ref_parse(name, strlen(name), out_tag, err);
}

/* All of them before anything is done: a mistake in the last must not show behind the first. */
static int check_tags(
	const struct nacre_ref *tags, size_t count, const char *store, struct nacre_err *err)
{
	int rc = 0;

	for (size_t i = 0; i < count && rc == 0; i++) {
		const char *path;
		char text[NACRE_REF_TEXT];

		if (tags[i].digest.text[0])
			rc = nacre_fail(err, NACRE_E_ARG,
				"a digest cannot be given to what is to be built");
		else
			rc = nacre_store_path(&tags[i], store, &path, err);
		if (rc) {
			nacre_ref_print(&tags[i], text);
			rc = nacre_within(err, rc, "%s", text);
		}
	}
	return rc;
}

static int run(struct build *b, const struct nacre_ref *tags, size_t count, struct nacre_err *err)
{
	const struct nacre_rootfs_tree_options rootfs = { b->options->all_xattrs,
		b->options->no_ledger, b->options->ledger };
	int rc = nacre_target_open(&b->target, &tags[0], b->options->store, err);

	if (rc == 0)
		rc = nacre_batch_new(b->target.layout, b->env, &b->batch, err);
	if (rc == 0)
		rc = nacre_base_open(b->recipe, b->context, nacre_layout_dir(b->target.layout),
			&rootfs, b->env, &b->base, err);
	if (rc == 0)
		rc = nacre_steps_new(b->recipe, b->context, nacre_layout_dir(b->target.layout),
			b->epoch, b->env, &b->steps, err);
	if (rc == 0)
		rc = nacre_image_config_begin(b->recipe, &b->base,
			b->recipe->created.given ? b->recipe->created.seconds : b->epoch,
			&b->config, err);
	if (rc == 0)
		rc = build_layers(b, err);
	if (rc == 0)
		rc = emit_documents(b, err);
	return rc ? rc : tag_all(b, tags, count, err);
}

int nacre_build(const struct nacre_build_options *options, const struct nacre_env *env,
	struct nacre_built *out_built, struct nacre_err *err)
{
	NACRE_CLEANUP(build_clear)
	struct build b;
	const struct nacre_ref *tags = options->tags;
	size_t count = options->tag_count;
	struct nacre_ref named;
	int rc;

	memset(&b, 0, sizeof(b));
	b.options = options;
	b.env = env;
	b.context = -1;
	b.target = (struct nacre_target)NACRE_TARGET;
	rc = nacre_dir_open(options->context, &b.context, err);
	if (rc == 0)
		rc = nacre_recipe_load(options, b.context, env, &b.recipe, err);
	if (rc)
		return rc;
	b.epoch = b.recipe->epoch.given ? b.recipe->epoch.seconds
		: options->has_epoch	? options->epoch
					: 0;
	if (count == 0) {
		rc = default_tag(&b, &named, err);
		tags = &named;
		count = 1;
	}
	if (rc == 0)
		rc = check_tags(tags, count, options->store, err);
	if (rc == 0)
		rc = run(&b, tags, count, err);
	if (rc == 0)
		*out_built = b.built;
	return rc;
}
