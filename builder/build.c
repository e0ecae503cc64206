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
#include "formats/mediatype.h"
#include "layers/diff.h"

#include <nacre/builder.h>

#include <stdlib.h>
#include <string.h>

struct build {
	const struct nacre_build_options *options;
	const struct nacre_env *env;
	struct nacre_recipe *recipe;
	int context;
	struct nacre_layout *layout; /* of the first tag */
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
	nacre_layout_free(b->layout);
	nacre_recipe_free(b->recipe);
	nacre_fd_close(&b->context);
}

/* ------------------------------------------------------------------------- layers */

static struct nacre_built_layer *next_built(struct build *b, struct nacre_err *err)
{
	if (b->built.layer_count == NACRE_BUILT_LAYERS) {
		(void)nacre_fail(err, NACRE_E_LIMIT, "more than %d layers", NACRE_BUILT_LAYERS);
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
		rc = nacre_blob_copy(b->base.layout, &layers->items[i], b->layout, b->batch, err);
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

/* What turns `before` into `after` becomes a layer, if it is anything. */
static int add_layer(struct build *b, const char *name, struct nacre_tree *before,
	struct nacre_tree *after, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_tree_clear)
	struct nacre_tree diff = NACRE_TREE;
	NACRE_CLEANUP(nacre_descriptor_clear)
	struct nacre_descriptor desc;
	struct nacre_built_layer *built = next_built(b, err);
	int rc = built ? nacre_step(b->env, err, "layer %s", name) : NACRE_E_LIMIT;

	memset(&desc, 0, sizeof(desc));
	if (rc == 0)
		rc = nacre_tree_diff(before, after, nacre_same_content, NULL, &diff, err);
	if (rc == 0 && is_nothing(&diff))
		return nacre_image_config_add(&b->config, name, NULL, b->epoch, err);
	if (rc == 0)
		rc = nacre_layer_emit(
			&diff, &b->options->compression, b->batch, b->env, &desc, built, err);
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
		rc = add_layer(b, b->recipe->from.text, &empty, &b->base.tree, err);
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
	if (b->base.layout)
		rc = take_base_layers(b, err);
	else if (b->base.is_rootfs)
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

static bool is_same_layout(const struct nacre_ref *a, const struct nacre_ref *b)
{
	return a->transport == b->transport &&
		(a->transport == NACRE_STORE || strcmp(a->path, b->path) == 0);
}

/* A further layout gets a copy of the image. */
static int tag_elsewhere(struct build *b, const struct nacre_ref *tag, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_layout_freep)
	struct nacre_layout *layout = NULL;
	NACRE_CLEANUP(nacre_batch_freep)
	struct nacre_layout_batch *batch = NULL;
	int rc = nacre_image_open(tag, b->options->store, true, &layout, err);

	if (rc == 0)
		rc = nacre_batch_new(layout, b->env, &batch, err);
	if (rc == 0)
		rc = nacre_image_copy(b->layout, &b->image, layout, batch, b->env, err);
	if (rc == 0)
		rc = nacre_batch_tag(batch, &b->image, tag->tag[0] ? tag->tag : NULL, err);
	return rc ? rc : nacre_batch_commit(batch, err);
}

static int tag_all(
	struct build *b, const struct nacre_ref *tags, size_t count, struct nacre_err *err)
{
	int rc = 0;

	for (size_t i = 0; i < count && rc == 0; i++) {
		if (is_same_layout(&tags[0], &tags[i]))
			rc = nacre_batch_tag(
				b->batch, &b->image, tags[i].tag[0] ? tags[i].tag : NULL, err);
	}
	if (rc == 0)
		rc = nacre_step(b->env, err, "storing %s", b->image.digest.text);
	if (rc == 0)
		rc = nacre_batch_commit(b->batch, err);
	for (size_t i = 1; i < count && rc == 0; i++) {
		if (!is_same_layout(&tags[0], &tags[i]))
			rc = tag_elsewhere(b, &tags[i], err);
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

static int check_tags(const struct nacre_ref *tags, size_t count, struct nacre_err *err)
{
	for (size_t i = 0; i < count; i++) {
		char text[NACRE_REF_TEXT];

		if (tags[i].digest.text[0] == '\0')
			continue;
		nacre_ref_print(&tags[i], text);
		return nacre_fail(err, NACRE_E_ARG,
			"%s: a digest cannot be given to what is to be built", text);
	}
	return 0;
}

static int run(struct build *b, const struct nacre_ref *tags, size_t count, struct nacre_err *err)
{
	int rc = nacre_image_open(&tags[0], b->options->store, true, &b->layout, err);

	if (rc == 0)
		rc = nacre_batch_new(b->layout, b->env, &b->batch, err);
	if (rc == 0)
		rc = nacre_base_open(
			b->recipe, b->context, nacre_layout_dir(b->layout), b->env, &b->base, err);
	if (rc == 0)
		rc = nacre_steps_new(b->recipe, b->context, nacre_layout_dir(b->layout), b->epoch,
			b->env, &b->steps, err);
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
		rc = check_tags(tags, count, err);
	if (rc == 0)
		rc = run(&b, tags, count, err);
	if (rc == 0)
		*out_built = b.built;
	return rc;
}
