/* SPDX-License-Identifier: Apache-2.0 */
/** An image as one tree: all layers read, checked and folded. The first half of "plan, then write".
 */
#ifndef NACRE_BUILDER_IMAGE_TREE_H
#define NACRE_BUILDER_IMAGE_TREE_H

#include "builder/layer_blob.h"

struct nacre_image_tree {
	struct nacre_tree tree;
	struct nacre_layer_blob **layers; /* as in the manifest; what the tree's files point at */
	size_t layer_count;
	uint64_t tar_bytes;
	uint64_t members;
};

/**
 * Reads every layer: digest of the blob, decompression, DiffID, members, fold.
 *
 * @param manifest   its layers agree in number with the config's diff_ids (nacre_config_check)
 * @param scratch    as nacre_layer_blob_open() has it
 * @param out_image  set on success only; the caller's to clear
 *
 * Errors: those of the layers, each with "layer 2 of 5: " in front; LIMIT (image-bytes,
 * image-members).
 */
NACRE_CHECKED int nacre_image_tree_read(const struct nacre_layout *layout,
	const struct nacre_manifest *manifest, const struct nacre_config *config, int scratch,
	const struct nacre_env *env, struct nacre_image_tree *out_image, struct nacre_err *err);
void nacre_image_tree_clear(struct nacre_image_tree *image);

#endif
