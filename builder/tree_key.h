/* SPDX-License-Identifier: Apache-2.0 */
/** A tree as a key: one digest of all names, attributes and contents in it. */
#ifndef NACRE_BUILDER_TREE_KEY_H
#define NACRE_BUILDER_TREE_KEY_H

#include "builder/content_key.h"

/** Changes whenever the same tree would have another key. */
#define NACRE_TREE_KEY_FORMAT 1

/** An entry of the tree. @param digest  of its attributes and its content, without its name */
typedef int nacre_tree_key_fn(const struct nacre_node *node, const struct nacre_digest *digest,
	void *user, struct nacre_err *err);

/**
 * @param tree    also a difference; all its files have digests (nacre_contents_digest), and
 *                inode->first is used during this call
 * @param each    told of each entry, in the order of a walk; NULL: nobody asks
 *
 * Errors: NOMEM; those of `each`.
 */
NACRE_CHECKED int nacre_tree_key(struct nacre_tree *tree, nacre_tree_key_fn *each, void *user,
	struct nacre_digest *out_digest, struct nacre_err *err);

#endif
