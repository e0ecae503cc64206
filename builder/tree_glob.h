/* SPDX-License-Identifier: Apache-2.0 */
/** What of a tree a path or a pattern names. */
#ifndef NACRE_BUILDER_TREE_GLOB_H
#define NACRE_BUILDER_TREE_GLOB_H

#include "builder/recipe.h"
#include "layers/tree.h"

/** How nacre_tree_glob_find() goes about it. */
enum nacre_glob {
	NACRE_GLOB_ALL = 1,    /* also what lies below a match */
	NACRE_GLOB_FOLLOW = 2, /* of a path that is no pattern, a link at its end is followed */
};

struct nacre_tree_glob {
	struct nacre_node **items; /* in the order of a walk: parents first, names by their bytes */
	size_t count;
	size_t room;
	struct nacre_node *top; /* what the plain names in front of a pattern lead to */
};

#define NACRE_TREE_GLOB                                                                            \
	{                                                                                          \
		NULL, 0, 0, NULL                                                                   \
	}

/**
 * Finds what a step names. Links in the plain names in front are followed, as in any path; behind
 * them a pattern finds links, and does not go through them.
 *
 * @param is_pattern  else there is one match
 * @param how         of enum nacre_glob
 *
 * Errors: NOT_FOUND (nothing matches), UNSAFE (links without end), NOMEM.
 */
NACRE_CHECKED int nacre_tree_glob_find(const struct nacre_tree *tree,
	const struct nacre_recipe_text *path, bool is_pattern, unsigned how,
	struct nacre_tree_glob *out_glob, struct nacre_err *err);
void nacre_tree_glob_clear(struct nacre_tree_glob *glob);

/** The path of a node below `top`, which it is below of or itself (""), in `out_path`. Errors:
 * NOMEM, LIMIT. */
NACRE_CHECKED int nacre_node_path_below(const struct nacre_node *top, const struct nacre_node *node,
	struct nacre_buf *out_path, struct nacre_err *err);

#endif
