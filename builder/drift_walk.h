/* SPDX-License-Identifier: Apache-2.0 */
/** One walk over a directory on disk, along a tree. */
#ifndef NACRE_BUILDER_DRIFT_WALK_H
#define NACRE_BUILDER_DRIFT_WALK_H

#include "builder/drift.h"
#include "layers/dirs.h"

#include <stdatomic.h>

/** The directories of a tree on disk, by its nodes. @param root  borrowed. Errors: NOMEM. */
NACRE_CHECKED int nacre_drift_dirs_new(
	int root, struct nacre_dirs **out_dirs, struct nacre_err *err);

/**
 * Finds all differences but those of contents, and hands the files whose content is to be known to
 * a pool.
 *
 * @param tree   only read
 * @param root   open for reading
 * @param drift  gets items and files; its links are new
 * @param stop   set by another thread: the walk ends where it is
 *
 * Errors: LIMIT (tree-bytes), NOMEM.
 */
NACRE_CHECKED int nacre_drift_walk(const struct nacre_tree *tree, int root,
	const struct nacre_drift_options *options, struct nacre_hash_pool *pool,
	const atomic_bool *stop, struct nacre_drift *drift, struct nacre_err *err);

#endif
