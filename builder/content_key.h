/* SPDX-License-Identifier: Apache-2.0 */
/**
 * The sha256 of files' contents, each read once in its life where the cache knows it again: a file
 * on disk by device, inode, size and times, one in a layer or an archive by its place in that.
 */
#ifndef NACRE_BUILDER_CONTENT_KEY_H
#define NACRE_BUILDER_CONTENT_KEY_H

#include "builder/cache.h"
#include "layers/tree.h"

/** Where the digests came from. */
struct nacre_contents_counts {
	uint64_t known; /* files that were not read */
	uint64_t read;	/* files that were */
	uint64_t read_bytes;
};

/**
 * Sets inode->sha256 of all regular files of a tree that have content; such as have it stay as they
 * are. Files are read by as many threads as env has jobs.
 *
 * @param cache   not NULL: the digests live as long as it does
 * @param counts  added to
 *
 * Errors: those of opening and reading contents; NOMEM, CANCELED.
 */
NACRE_CHECKED int nacre_contents_digest(struct nacre_cache *cache, struct nacre_tree *tree,
	const struct nacre_env *env, struct nacre_contents_counts *counts, struct nacre_err *err);

/**
 * Whether files that have no name yet, as they were changed a moment ago, still have the contents
 * that were digested: what was made of them meanwhile is theirs then.
 *
 * @param tree  all of whose files have digests
 * Errors: those of reading them.
 */
NACRE_CHECKED int nacre_contents_are_still(
	struct nacre_tree *tree, bool *out_still, struct nacre_err *err);

/** The digest of the content that has a name (nacre_origin.name, nacre_stat_name). */
bool nacre_content_find(
	struct nacre_cache *cache, const char *name, struct nacre_digest *out_digest);
void nacre_content_keep(
	struct nacre_cache *cache, const char *name, const struct nacre_digest *digest);

#endif
