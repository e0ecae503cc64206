/* SPDX-License-Identifier: Apache-2.0 */
/** From a tree to a layer blob in a batch: tar, DiffID, compression, digest, in one pass. */
#ifndef NACRE_BUILDER_LAYER_EMIT_H
#define NACRE_BUILDER_LAYER_EMIT_H

#include "builder/cache.h"
#include "formats/batch.h"
#include "layers/tar_write.h"

#include <nacre/builder.h>

/** What of a layer was there before. */
struct nacre_layer_reuse {
	bool is_hit;	    /* all of it */
	size_t parts;	    /* compressed parts of one that is new */
	size_t parts_found; /* such as were not compressed again */
};

/**
 * @param name       of the layer, for progress
 * @param tree       often a difference (layers/diff.h)
 * @param out_desc   taken as empty; set on success only
 * @param out_layer  DiffID, digest and numbers of what was written
 *
 * Errors: those of nacre_tar_write(), the codec and the batch.
 */
NACRE_CHECKED int nacre_layer_emit(const char *name, struct nacre_tree *tree,
	const struct nacre_compression *compression, struct nacre_layout_batch *batch,
	const struct nacre_env *env, struct nacre_descriptor *out_desc,
	struct nacre_built_layer *out_layer, struct nacre_err *err);

/**
 * The same, and what the cache has of it is not made again.
 *
 * @param cache      NULL: everything is made
 * @param out_reuse  may be NULL
 *
 * Errors: also those of reading contents to know them again.
 */
NACRE_CHECKED int nacre_layer_emit_cached(const char *name, struct nacre_tree *tree,
	const struct nacre_compression *compression, struct nacre_cache *cache,
	struct nacre_layout_batch *batch, const struct nacre_env *env,
	struct nacre_descriptor *out_desc, struct nacre_built_layer *out_layer,
	struct nacre_layer_reuse *out_reuse, struct nacre_err *err);

#endif
