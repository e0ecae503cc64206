/* SPDX-License-Identifier: Apache-2.0 */
/** Finding, and where need be making, the directory that a path lies in. */
#ifndef NACRE_LAYERS_PLACE_H
#define NACRE_LAYERS_PLACE_H

#include "layers/tree.h"

/**
 * Goes down a clean path inside the tree, as a process with this tree as its root would: a symlink
 * on the way is followed, what is missing is made.
 *
 * @param len      how much of `path` to go: a border of components
 * @param missing  the attributes of directories that are made
 * @param layer    stamped on what is made (node->layer) and on links that are followed
 * (node->touched)
 *
 * Errors: UNSAFE (a file on the way, or a link to what is not a directory in the tree; more than 40
 * links or 4096 steps through them), NOMEM.
 */
NACRE_CHECKED int nacre_tree_make_dirs(struct nacre_tree *tree, const char *path, size_t len,
	const struct nacre_inode *missing, unsigned layer, struct nacre_node **out_dir,
	struct nacre_err *err);

#endif
