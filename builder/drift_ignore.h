/* SPDX-License-Identifier: Apache-2.0 */
/** Paths that a comparison leaves out, with all below them. */
#ifndef NACRE_BUILDER_DRIFT_IGNORE_H
#define NACRE_BUILDER_DRIFT_IGNORE_H

#include "layers/tree.h"

/** The last node of a path that is in the tree, and what comes behind it. */
struct nacre_drift_ignored {
	const struct nacre_node *node;
	char *name; /* NULL: the node itself is left out */
};

struct nacre_drift_ignore {
	struct nacre_drift_ignored *items;
	size_t count;
};

/**
 * @param paths  as somebody has typed them; links in them are not followed
 * @param tree   must outlive the result
 *
 * Errors: those of nacre_path_clean(), with the path; NOMEM.
 */
NACRE_CHECKED int nacre_drift_ignore_init(struct nacre_drift_ignore *ignore,
	const char *const *paths, size_t count, const struct nacre_tree *tree,
	const struct nacre_limits *limits, struct nacre_err *err);
void nacre_drift_ignore_clear(struct nacre_drift_ignore *ignore);

/** Whether a node is left out. */
bool nacre_drift_ignore_has(const struct nacre_drift_ignore *ignore, const struct nacre_node *node);

/** Whether a name that the tree has not is left out, or leads to what is. */
bool nacre_drift_ignore_has_name(
	const struct nacre_drift_ignore *ignore, const struct nacre_node *dir, const char *name);

#endif
