/* SPDX-License-Identifier: Apache-2.0 */
/* Layers out of trees: what turns each into the next becomes a blob. */
#include "base/env.h"
#include "base/scope.h"
#include "builder/blob_copy.h"
#include "builder/build_image.h"
#include "builder/image_config.h"
#include "builder/layer_emit.h"
#include "builder/layer_limits.h"
#include "builder/same_content.h"
#include "layers/diff.h"

#include <string.h>

/* The base's layers stay as they are, blob for blob. */
static int take_base_layers(
	struct nacre_build_image *image, const struct nacre_base *base, struct nacre_err *err)
{
	const struct nacre_descriptors *layers = &base->manifest.layers;
	int rc = 0;

	for (size_t i = 0; i < layers->count && rc == 0; i++) {
		NACRE_CLEANUP(nacre_descriptor_clear)
		struct nacre_descriptor desc;
		struct nacre_built_layer *built = nacre_layer_next(&image->built, image->env, err);

		if (!built)
			return NACRE_E_LIMIT;
		memset(&desc, 0, sizeof(desc));
		rc = nacre_blob_copy(
			base->layout, &layers->items[i], image->layout, image->batch, err);
		if (rc == 0)
			rc = nacre_descriptor_copy(&layers->items[i], &desc, err);
		if (rc == 0)
			rc = nacre_descriptors_add_take(&image->manifest.layers, &desc, err);
		memset(built, 0, sizeof(*built));
		built->diff_id = base->config.diff_ids[i];
		built->blob = layers->items[i].digest;
		built->blob_bytes = layers->items[i].size_bytes;
		image->built.layer_count++;
	}
	return rc;
}

/* What turns `before` into `after` becomes a layer, if it is anything. */
static int add_layer(struct nacre_build_image *image, const char *name, struct nacre_mark mark,
	struct nacre_tree *before, struct nacre_tree *after, struct nacre_err *err)
{
	const struct nacre_inputs *inputs = image->inputs;
	struct nacre_layer_reuse reuse = { 0 };
	NACRE_CLEANUP(nacre_tree_clear)
	struct nacre_tree diff = NACRE_TREE;
	NACRE_CLEANUP(nacre_descriptor_clear)
	struct nacre_descriptor desc;
	struct nacre_built_layer *built = nacre_layer_next(&image->built, image->env, err);
	int rc = built ? nacre_step(image->env, err, "layer %s", name) : NACRE_E_LIMIT;

	memset(&desc, 0, sizeof(desc));
	if (rc == 0)
		rc = nacre_tree_diff(before, after, nacre_same_content, NULL, &diff, err);
	if (rc == 0 && nacre_tree_is_nothing(&diff))
		return nacre_image_config_add(&image->config, name, NULL, image->epoch, err);
	if (rc == 0)
		rc = nacre_layer_emit_cached(name, &diff, &image->options->compression,
			inputs->known, image->batch, image->env, &desc, built, &reuse, err);
	if (rc == 0)
		rc = nacre_explain_layer(inputs->explain, name, mark, &reuse, err);
	if (rc == 0)
		rc = nacre_layer_check_limits(built, name, image->env, err);
	if (rc == 0)
		rc = nacre_image_config_add(
			&image->config, name, &built->diff_id, image->epoch, err);
	if (rc == 0)
		rc = nacre_descriptors_add_take(&image->manifest.layers, &desc, err);
	if (rc == 0)
		image->built.layer_count++;
	return rc;
}

static int add_rootfs_layer(
	struct nacre_build_image *image, struct nacre_base *base, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_tree_clear)
	struct nacre_tree empty = NACRE_TREE;
	int rc = nacre_tree_init(&empty, err);

	return rc ? rc
		  : add_layer(image, image->recipe->from.text, image->recipe->from.mark, &empty,
			    nacre_base_tree(base), err);
}

static int add_base(struct nacre_build_image *image, struct nacre_base *base, struct nacre_err *err)
{
	const struct nacre_recipe *recipe = image->recipe;
	int rc = 0;

	if (base->layout)
		rc = take_base_layers(image, base, err);
	else if (base->is_rootfs)
		rc = add_rootfs_layer(image, base, err);
	return rc ? nacre_recipe_within(
			    err, recipe, recipe->from.mark, rc, "from '%s'", recipe->from.text)
		  : 0;
}

int nacre_build_layers_add(
	struct nacre_build_image *image, struct nacre_build_trees *trees, struct nacre_err *err)
{
	struct nacre_tree *before = nacre_base_tree(&trees->base);
	int rc = add_base(image, &trees->base, err);

	for (size_t i = 0; i < trees->layer_count && rc == 0; i++) {
		struct nacre_build_layer *layer = &trees->layers[i];
		size_t had = image->built.layer_count;

		rc = add_layer(image, layer->name, layer->mark, before, &layer->tree, err);
		if (rc)
			return nacre_recipe_within(
				err, image->recipe, layer->mark, rc, "layer '%s'", layer->name);
		layer->number = image->built.layer_count > had ? had + 1 : 0;
		before = &layer->tree;
	}
	return rc;
}
