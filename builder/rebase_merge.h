/* SPDX-License-Identifier: Apache-2.0 */
/** What becomes of an image's tree on another base: where both have changed the same, and where its
 * layers would undo what the new base has. */
#ifndef NACRE_BUILDER_REBASE_MERGE_H
#define NACRE_BUILDER_REBASE_MERGE_H

#include "layers/tree.h"

struct nacre_rebase_trees {
	const struct nacre_tree *base;	 /* what the image stands on */
	const struct nacre_tree *image;	 /* with its own layers */
	const struct nacre_tree *onto;	 /* the new base */
	const struct nacre_tree *folded; /* the image's own layers on the new base */
};

#define NACRE_REBASE_NAMED 8

/** Paths at which the image and its new base do not go together. */
struct nacre_rebase_conflicts {
	uint64_t count;
	struct nacre_buf names; /* of the first NACRE_REBASE_NAMED: 'etc/passwd', 'etc/group' */
};

/**
 * Goes through all four side by side. What is the image's own must come out as it is; what is not
 * must come out as the new base has it. A directory that the image's layers only repeat is put
 * right in the result.
 *
 * @param result    a clone of `folded`; shares inodes with `onto` afterwards
 *
 * Errors: those of reading contents; NOMEM.
 */
NACRE_CHECKED int nacre_rebase_merge(const struct nacre_rebase_trees *trees,
	struct nacre_tree *result, struct nacre_rebase_conflicts *conflicts, struct nacre_err *err);

#endif
