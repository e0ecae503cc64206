/* SPDX-License-Identifier: Apache-2.0 */
/** A foreign archive as a tree: contents are put aside, because archives are read only forward. */
#ifndef NACRE_BUILDER_ARCHIVE_TREE_H
#define NACRE_BUILDER_ARCHIVE_TREE_H

#include "layers/spool.h"
#include "layers/tree.h"

/**
 * Reads all of an archive into an empty tree, in a worker that has the archive and the spool and
 * nothing else. A later member of one name replaces the earlier, as every extractor has it;
 * directories keep what is in them.
 *
 * @param strip  leading names to take off each path; members with no more are passed over
 * @param spool  takes the contents; must outlive the tree
 *
 * Errors: those of layers/foreign.h; UNSAFE (a path with "..", a path through a link that is not a
 * directory in the archive, a hard link to what is not there); those of a worker.
 */
NACRE_CHECKED int nacre_archive_tree_read(int fd, uint32_t strip, struct nacre_spool *spool,
	const struct nacre_env *env, struct nacre_tree *tree, struct nacre_err *err);

/** The same in the calling process, which is a worker already. */
NACRE_CHECKED int nacre_archive_tree_read_here(int fd, uint32_t strip, struct nacre_spool *spool,
	const struct nacre_env *env, struct nacre_tree *tree, struct nacre_err *err);

#endif
