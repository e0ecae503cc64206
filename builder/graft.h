/* SPDX-License-Identifier: Apache-2.0 */
/** Putting one tree into another: what copy and archive have in common. */
#ifndef NACRE_BUILDER_GRAFT_H
#define NACRE_BUILDER_GRAFT_H

#include "layers/tree.h"

/**
 * Puts all that is below the directory `from` of another tree below a directory of `tree`.
 *
 * A directory that is there already keeps its attributes and what is in it; a symlink in the tree
 * that leads to a directory counts as that directory. Anything else that is there is replaced, but
 * a directory never by a file nor a file by a directory.
 *
 * @param from  its tree must outlive `tree`: inodes are shared
 *
 * Errors: EXISTS, NOMEM.
 */
NACRE_CHECKED int nacre_graft(struct nacre_tree *tree, struct nacre_node *dir,
	const struct nacre_node *from, struct nacre_err *err);

/** Puts one inode under a name by the same rules. Errors: EXISTS, NOMEM. */
NACRE_CHECKED int nacre_graft_name(struct nacre_tree *tree, struct nacre_node *dir,
	const char *name, struct nacre_inode *inode, struct nacre_node **out_node,
	struct nacre_err *err);

#endif
