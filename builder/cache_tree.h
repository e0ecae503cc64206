/* SPDX-License-Identifier: Apache-2.0 */
/** Trees that were read before: those of images, and of archives with their contents. */
#ifndef NACRE_BUILDER_CACHE_TREE_H
#define NACRE_BUILDER_CACHE_TREE_H

#include "builder/cache.h"
#include "builder/image_tree.h"

/** Changes whenever another tree may be read out of the same image or archive. */
#define NACRE_CACHE_TREE_FORMAT 1

/**
 * nacre_image_tree_read(), whose tree may come from the cache: digests of blobs are proven, and
 * nothing is decompressed.
 *
 * @param cache        NULL: all is read
 * @param out_is_read  whether the layers were decompressed
 */
NACRE_CHECKED int nacre_cached_image_tree_read(struct nacre_cache *cache,
	const struct nacre_layout *layout, const struct nacre_manifest *manifest,
	const struct nacre_config *config, int scratch, const struct nacre_env *env,
	struct nacre_image_tree *out_image, bool *out_is_read, struct nacre_err *err);

/** An archive to read. */
struct nacre_archive {
	int fd;			   /* at its begin; changed when it is read */
	struct nacre_digest want;  /* empty: nobody has said what it must be */
	uint32_t strip;		   /* as nacre_archive_tree_read() has it */
	int scratch;		   /* a directory for files without names */
	uint64_t max_bytes;	   /* of all contents */
	struct nacre_digest found; /* what it is: set by reading; empty when nobody has to know */
	bool is_read;		   /* set by reading: false when the cache had its tree */
};

/**
 * Reads an archive into an empty tree, or takes the tree out of the cache.
 *
 * @param cache      NULL: it is read
 * @param archive    its fd may be replaced by that of a copy
 * @param out_spool  where the contents are; the caller's, must outlive the tree
 *
 * Errors: DIGEST (not what it must be); those of nacre_archive_tree_read().
 */
NACRE_CHECKED int nacre_cached_archive_read(struct nacre_cache *cache,
	struct nacre_archive *archive, const struct nacre_env *env, struct nacre_tree *tree,
	struct nacre_spool **out_spool, struct nacre_err *err);

#endif
