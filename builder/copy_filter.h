/* SPDX-License-Identifier: Apache-2.0 */
/** What of a directory a copy takes. */
#ifndef NACRE_BUILDER_COPY_FILTER_H
#define NACRE_BUILDER_COPY_FILTER_H

#include "builder/ignore.h"
#include "builder/recipe.h"

struct nacre_copy_filter {
	const struct nacre_recipe_list *exclude; /* held against paths below the directory */
	const char *pattern;			 /* NULL: all that is in the directory */
	size_t pattern_len;
	const struct nacre_ignore *ignore; /* NULL: none */
	const char *dir; /* the directory as the ignore file sees it; "" is the top */
	int rc;		 /* of leaving out: 0 or NOMEM */
};

/**
 * Whether a path below the directory is left out, with all below it: excluded, ignored, or neither
 * a match nor in one nor on the way to one. What the ignore file says of the directory itself and
 * those it lies in does not count: it was asked for by its name.
 *
 * @param user  the filter
 */
bool nacre_copy_filter_leaves_out(const char *path, bool is_dir, void *user);

#endif
