/* SPDX-License-Identifier: Apache-2.0 */
/**
 * An image that is being put together in a batch: its layers first, then the documents that name
 * them. Nothing here knows how trees come about.
 */
#ifndef NACRE_BUILDER_BUILD_IMAGE_H
#define NACRE_BUILDER_BUILD_IMAGE_H

#include "builder/build_trees.h"
#include "formats/batch.h"

#include <nacre/builder.h>

struct nacre_build_image {
	const struct nacre_recipe *recipe; /* all of these borrowed */
	const struct nacre_build_options *options;
	const struct nacre_inputs *inputs; /* the cache, and who is told of layers */
	const struct nacre_env *env;
	struct nacre_layout *layout; /* that the batch is of */
	struct nacre_layout_batch *batch;
	int64_t epoch;
	struct nacre_config config;
	struct nacre_manifest manifest;
	struct nacre_descriptor desc; /* of the manifest, once it is written */
	struct nacre_built built;
};

/**
 * Begins the config with that of the base.
 *
 * @param image  all zero but for what is borrowed
 *
 * Errors: NOMEM.
 */
NACRE_CHECKED int nacre_build_image_begin(
	struct nacre_build_image *image, const struct nacre_base *base, struct nacre_err *err);
void nacre_build_image_clear(struct nacre_build_image *image);

/**
 * Adds the layers: those of a base image as they are, a root file system as one, and what turns
 * each tree into the next. A layer that would hold nothing is told of in the history alone.
 *
 * @param trees  scratch fields of inodes are changed
 *
 * Errors: LIMIT (layers, depth, layer-members, layer-bytes); those of reading contents and of
 * writing; each with FILE:LINE:COLUMN and the layer's name in front.
 */
NACRE_CHECKED int nacre_build_layers_add(
	struct nacre_build_image *image, struct nacre_build_trees *trees, struct nacre_err *err);

/** Writes config and manifest; image->desc and image->built are whole then. Errors: those of
 * nacre_image_documents_add(). */
NACRE_CHECKED int nacre_build_image_finish(struct nacre_build_image *image, struct nacre_err *err);

#endif
