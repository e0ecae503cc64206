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
	uint64_t blob_bytes; /* of the layers read so far, as stored */
	uint64_t members;
};

/**
 * Reads every layer: digest of the blob; then, in a worker that has nothing but the blobs,
 * decompression, DiffID, members, fold.
 *
 * @param manifest   its layers agree in number with the config's diff_ids (nacre_config_check)
 * @param scratch    as nacre_layer_blob_open() has it
 * @param out_image  set on success only; the caller's to clear
 *
 * Errors: those of the layers, each with "layer 2 of 5: " in front; LIMIT (image-bytes,
 * image-members, ratio); those of a worker.
 */
NACRE_CHECKED int nacre_image_tree_read(const struct nacre_layout *layout,
	const struct nacre_manifest *manifest, const struct nacre_config *config, int scratch,
	const struct nacre_env *env, struct nacre_image_tree *out_image, struct nacre_err *err);
void nacre_image_tree_clear(struct nacre_image_tree *image);

/** The same, and the tree is thrown away: only what is counted is in the result. */
NACRE_CHECKED int nacre_image_tree_check(const struct nacre_layout *layout,
	const struct nacre_manifest *manifest, const struct nacre_config *config,
	const struct nacre_env *env, struct nacre_image_tree *out_image, struct nacre_err *err);

/* ------------------------------------------- the parts, for who divides them between workers */

/** Opens the blobs and proves their digests. The tree is empty. Errors: those of the blobs. */
NACRE_CHECKED int nacre_image_tree_open(const struct nacre_layout *layout,
	const struct nacre_manifest *manifest, const struct nacre_config *config, int scratch,
	const struct nacre_env *env, struct nacre_image_tree *out_image, struct nacre_err *err);

/** The second part of nacre_image_tree_read(), for layers that are open; they may be of several
 * images. */
NACRE_CHECKED int nacre_image_tree_read_opened(
	struct nacre_image_tree *image, const struct nacre_env *env, struct nacre_err *err);

/** Decompresses and folds all layers into the tree: in a worker. */
NACRE_CHECKED int nacre_image_tree_fold(
	struct nacre_image_tree *image, const struct nacre_env *env, struct nacre_err *err);

/** Puts the tree into a file (nacre_worker_file). Errors: IO, NOMEM. */
NACRE_CHECKED int nacre_image_tree_store(
	struct nacre_image_tree *image, int fd, struct nacre_err *err);

/** Takes it out, and trusts nothing of it. Errors: those of nacre_tree_wire_read(). */
NACRE_CHECKED int nacre_image_tree_load(
	struct nacre_image_tree *image, int fd, const struct nacre_env *env, struct nacre_err *err);

/** Notes which layers hold content that is still in the tree (nacre_layer_blob_is_wanted). */
void nacre_image_tree_want_layers(const struct nacre_image_tree *image);

/** The descriptors of all blobs, and `more` further ones at their end: what a worker keeps. */
NACRE_CHECKED int nacre_image_tree_fds(const struct nacre_image_tree *image, const int *more,
	size_t more_count, int **out_fds, size_t *out_count, struct nacre_err *err);

/** Memory that decompressing and folding takes, for the cage of a worker that does it. */
uint64_t nacre_image_tree_memory(const struct nacre_limits *limits);

#endif
