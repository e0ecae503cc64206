/* SPDX-License-Identifier: Apache-2.0 */
/** Layers that were written before, by what is in them. */
#ifndef NACRE_BUILDER_CACHE_LAYER_H
#define NACRE_BUILDER_CACHE_LAYER_H

#include "builder/cache_parts.h"
#include "formats/batch.h"
#include "layers/tar_write.h"

/** All that nacre_layer_emit() finds out, and where its blob can be taken from. */
struct nacre_cached_layer {
	struct nacre_built_layer built;
	uint64_t xattr_bytes; /* nacre_layer_stats */
};

/** The most that stands before the parts in a blob, or behind them. */
#define NACRE_BLOB_END 32

/** The first and the last bytes of a blob that is being written. */
struct nacre_blob_ends {
	char first[NACRE_BLOB_END];
	char last[NACRE_BLOB_END];
	uint64_t bytes; /* of all */
};

/**
 * The key of a layer.
 *
 * @param tree_key  of the difference that it is
 */
void nacre_cached_layer_key(const struct nacre_digest *tree_key,
	const struct nacre_compression *compression, char out_key[65]);

/**
 * Puts the layer of a key into a batch, out of its parts, unless the layout has it.
 *
 * @param out_found  false: it is not known, or not whole any more; nothing is in the batch then
 *
 * Errors: those of the batch.
 */
NACRE_CHECKED int nacre_cached_layer_take(struct nacre_cache *cache, const char *key,
	struct nacre_layout_batch *batch, const char *media_type, struct nacre_descriptor *out_desc,
	struct nacre_cached_layer *out_layer, bool *out_found, struct nacre_err *err);

/** Remembers a layer that was written: without parts, only that it was. */
void nacre_cached_layer_keep(struct nacre_cache *cache, const char *key, enum nacre_codec codec,
	const struct nacre_cached_layer *layer, const struct nacre_cache_parts *parts,
	const struct nacre_blob_ends *ends);

/** A sink that notes the ends of what passes. @param ends,inner  borrowed. Errors: NOMEM. */
NACRE_CHECKED int nacre_blob_ends_sink(struct nacre_blob_ends *ends, struct nacre_sink *inner,
	struct nacre_sink **out_sink, struct nacre_err *err);

#endif
