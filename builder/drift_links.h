/* SPDX-License-Identifier: Apache-2.0 */
/** Which names on disk are the same file, against which ones should be. */
#ifndef NACRE_BUILDER_DRIFT_LINKS_H
#define NACRE_BUILDER_DRIFT_LINKS_H

#include "builder/drift.h"

#include <sys/stat.h>

/** Uses inode->first of the tree. Errors: NOMEM. */
NACRE_CHECKED int nacre_drift_links_new(
	struct nacre_tree *tree, struct nacre_drift_links **out_links, struct nacre_err *err);
void nacre_drift_links_freep(struct nacre_drift_links **links);

/**
 * Takes notice of what has been found under the name of a node that is no directory.
 *
 * @param out_known  it is the file that another name of the node was already: it needs no other
 *                   comparison
 * Errors: those of nacre_drift_add().
 */
NACRE_CHECKED int nacre_drift_links_see(struct nacre_drift *drift, struct nacre_node *node,
	const struct statx *st, bool *out_known, struct nacre_err *err);

/** The same for something that is not in the tree. Errors: NOMEM. */
NACRE_CHECKED int nacre_drift_links_see_extra(
	struct nacre_drift *drift, const struct statx *st, struct nacre_err *err);

/** When all has been seen: the files that have more names than are in sight. Errors: as see. */
NACRE_CHECKED int nacre_drift_links_finish(struct nacre_drift *drift, struct nacre_err *err);

/**
 * The most names that this file may have for its inode: those of the tree, or those that were in
 * sight.
 */
uint64_t nacre_drift_links_most(
	const struct nacre_drift *drift, const struct nacre_inode *inode, dev_t dev, ino_t ino);

/**
 * The name under which the file of an inode with several names has been found on disk first, or
 * NULL when there is none, or the inode has one name.
 */
struct nacre_node *nacre_drift_links_find(
	const struct nacre_drift *drift, const struct nacre_inode *inode);

#endif
