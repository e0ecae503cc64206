/* SPDX-License-Identifier: Apache-2.0 */
/** The digest of a whole tree: that of the layer which it would be. */
#ifndef NACRE_BUILDER_TREE_DIGEST_H
#define NACRE_BUILDER_TREE_DIGEST_H

#include "layers/tree.h"

/**
 * Reads all contents of a tree.
 *
 * @param tree            scratch fields of its inodes are changed
 * @param out_digest      the DiffID
 * @param out_size_bytes  of the tar
 *
 * Errors: those of nacre_tree_diff() and nacre_tar_write().
 */
NACRE_CHECKED int nacre_tree_digest(struct nacre_tree *tree, const struct nacre_env *env,
	struct nacre_digest *out_digest, uint64_t *out_size_bytes, struct nacre_err *err);

#endif
