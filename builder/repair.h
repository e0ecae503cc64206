/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Makes of a directory on disk what a tree has, where a comparison has found that it differs, and
 * touches nothing else.
 *
 * In order, with what a kill behind each step leaves for the next repair:
 *
 *   1. attributes of directories, parents first    attributes that are right, or are not yet
 *   2. what is not in the tree is removed          less of it
 *   3. what is missing, or wrong in its content or kind, is written aside, whole and with all
 *      attributes (builder/staging.h)              the tree as before; the sweep removes the rest
 *   4. each of it is renamed into place            old or new, never between
 *   5. attributes of all else                      as 1
 *   6. the times of directories that 2 to 4 have changed
 */
#ifndef NACRE_BUILDER_REPAIR_H
#define NACRE_BUILDER_REPAIR_H

#include "builder/drift.h"

struct nacre_repair_options {
	const struct nacre_drift_ignore *ignore;
	bool ignore_times; /* a directory that is changed keeps the time it has */
	bool devices;	   /* device nodes may be made */
};

/**
 * One round of it. What cannot be put right is a warning, and another comparison finds it again.
 *
 * @param image     inode->first and inode->changed are used
 * @param root      open for reading
 * @param drift     of this directory, not long ago
 * @param out_done  places that were changed
 *
 * Errors: those of the layers and of writing aside; CANCELED; NOMEM.
 */
NACRE_CHECKED int nacre_repair_run(struct nacre_image_tree *image, int root,
	const struct nacre_drift *drift, const struct nacre_repair_options *options,
	const struct nacre_env *env, uint64_t *out_done, struct nacre_err *err);

/** Removes what killed repairs of this directory have left. */
void nacre_repair_sweep(const struct nacre_tree *tree, int root);

#endif
