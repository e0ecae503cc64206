/* SPDX-License-Identifier: Apache-2.0 */
/**
 * An image that is made out of another one: its config and manifest are the other's, its layers are
 * put in one by one, as they are or as the difference of two trees.
 */
#ifndef NACRE_BUILDER_REWORK_H
#define NACRE_BUILDER_REWORK_H

#include "builder/build_tags.h"
#include "builder/image_tree.h"
#include "layers/diff.h"

#include <nacre/builder.h>

struct nacre_rework {
	const struct nacre_rework_options *options; /* borrowed, as env */
	const struct nacre_env *env;
	struct nacre_build_tags tags;
	struct nacre_target target; /* of the first tag */
	struct nacre_layout_batch *batch;
	struct nacre_config config;
	struct nacre_manifest manifest;
	struct nacre_built built;
};

/**
 * Begins with the config and the annotations of an image, without its layers and history.
 *
 * @param rework  taken as empty; the caller's to clear, also after an error
 *
 * Errors: ARG (no tag, a digest in one); those of nacre_target_open() and nacre_batch_new(); NOMEM.
 */
NACRE_CHECKED int nacre_rework_begin(struct nacre_rework *rework, const struct nacre_trusted *image,
	const struct nacre_rework_options *options, const struct nacre_env *env,
	struct nacre_err *err);
void nacre_rework_clear(struct nacre_rework *rework);

/** A directory for files without names, as nacre_image_tree_read() wants it; borrowed. */
int nacre_rework_scratch(const struct nacre_rework *rework);

/**
 * Reads the lowest `layers` layers of an image into a tree.
 *
 * Errors: those of nacre_image_tree_read().
 */
NACRE_CHECKED int nacre_rework_read(const struct nacre_rework *rework,
	const struct nacre_layout *layout, const struct nacre_trusted *image, size_t layers,
	struct nacre_image_tree *out_tree, struct nacre_err *err);

/**
 * Adds layers `from` (counted from 0) to before `to` of an image, blob for blob, with their
 * annotations. The history is not touched.
 *
 * Errors: LIMIT (layers), those of nacre_blob_copy().
 */
NACRE_CHECKED int nacre_rework_keep(struct nacre_rework *rework, const struct nacre_layout *layout,
	const struct nacre_trusted *image, size_t from, size_t to, struct nacre_err *err);

/**
 * Adds what turns one tree into another, if it is anything, and an entry to the history in any
 * case: by "nacre: NAME", with the comment of the options.
 *
 * @param name   for the history, progress and messages
 * @param same   how contents of the two are compared
 *
 * Errors: LIMIT (layers, layer-members, layer-bytes); those of nacre_tree_diff() and
 * nacre_layer_emit().
 */
NACRE_CHECKED int nacre_rework_add(struct nacre_rework *rework, const char *name,
	struct nacre_tree *before, struct nacre_tree *after, nacre_same_content_fn *same,
	struct nacre_err *err);

/** Adds an entry for something that made no layer. Errors: NOMEM. */
NACRE_CHECKED int nacre_rework_tell(
	struct nacre_rework *rework, const char *name, struct nacre_err *err);

/**
 * Copies entries `from` to before `to` of an image's history (nacre_config_history_of()). Where it
 * has none, one for each layer is made up.
 *
 * @param to        NACRE_REWORK_ALL: to its end
 * @param is_empty  their layers are no more, they tell only
 *
 * Errors: NOMEM.
 */
#define NACRE_REWORK_ALL SIZE_MAX
NACRE_CHECKED int nacre_rework_history(struct nacre_rework *rework,
	const struct nacre_config *config, size_t from, size_t to, bool is_empty,
	struct nacre_err *err);

/**
 * Writes the documents, tags the image and commits: only now something is to be seen.
 *
 * Errors: those of nacre_build_tags_store(); LIMIT (document-bytes).
 */
NACRE_CHECKED int nacre_rework_finish(struct nacre_rework *rework, struct nacre_err *err);

#endif
