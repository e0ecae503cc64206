/* SPDX-License-Identifier: Apache-2.0 */
/** The difference of two trees: what a layer must hold so that it turns the first into the second.
 */
#ifndef NACRE_LAYERS_DIFF_H
#define NACRE_LAYERS_DIFF_H

#include "layers/tree.h"

/**
 * Whether two regular files of one size have the same content; asked only when all else is the same
 * and they do not point at the same place.
 */
typedef int nacre_same_content_fn(const struct nacre_inode *a, const struct nacre_inode *b,
	void *user, bool *out_same, struct nacre_err *err);

/**
 * What is new or changed is in the result, and so are the directories on the way to it; what is
 * gone is a whiteout. All is explicit but the root, which is only where it changed. A hard-link
 * group whose members changed comes whole.
 *
 * @param before    its inodes' scratch fields are changed
 * @param after     the result shares its inodes: it must outlive the result
 * @param out_diff  the caller's to clear
 *
 * Errors: NOMEM; those of `same`.
 */
NACRE_CHECKED int nacre_tree_diff(struct nacre_tree *before, struct nacre_tree *after,
	nacre_same_content_fn *same, void *user, struct nacre_tree *out_diff,
	struct nacre_err *err);

/** Whether a difference says nothing: a layer of it would have no member. */
bool nacre_tree_is_nothing(const struct nacre_tree *diff);

/**
 * Gives `after` the inodes of `before` for all that did not change: what nacre_tree_diff() would
 * not write is one inode in both trees then, told by its address alone.
 *
 * @param before  must outlive `after`; scratch fields of both are changed
 *
 * Errors: those of `same`.
 */
NACRE_CHECKED int nacre_tree_share(struct nacre_tree *before, struct nacre_tree *after,
	nacre_same_content_fn *same, void *user, struct nacre_err *err);

#endif
