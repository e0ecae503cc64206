/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Ghosts: what a layer would store although a later one of the same recipe removes or replaces it.
 * Nobody who has the image sees them, and everybody would carry them.
 */
#ifndef NACRE_BUILDER_GHOSTS_H
#define NACRE_BUILDER_GHOSTS_H

#include "builder/build_trees.h"

/** What is not stored. */
struct nacre_ghosts {
	uint64_t files; /* regular ones */
	uint64_t bytes; /* of their contents */
};

/**
 * Takes out of each layer's tree, but the last and those that keep their ghosts, what the last tree
 * does not have; in its place comes what the tree before has there. The last tree stays as it is.
 *
 * Errors: those of comparing contents, NOMEM.
 */
NACRE_CHECKED int nacre_ghosts_leave_out(
	struct nacre_build_trees *trees, struct nacre_ghosts *out_ghosts, struct nacre_err *err);

#endif
