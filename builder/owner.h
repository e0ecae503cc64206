/* SPDX-License-Identifier: Apache-2.0 */
/** Owners by name, looked up in the image's own /etc/passwd and /etc/group. */
#ifndef NACRE_BUILDER_OWNER_H
#define NACRE_BUILDER_OWNER_H

#include "builder/recipe.h"
#include "layers/tree.h"

/**
 * Turns an owner of the recipe into numbers. A user without a group has that of its passwd line; a
 * number without a line has group 0.
 *
 * Errors: NOT_FOUND (no such name in the image; the nearest is told), LIMIT, those of reading.
 * Spec: passwd(5), group(5); the first whole line that matches counts, as in getpwnam(3).
 */
NACRE_CHECKED int nacre_owner_find(const struct nacre_tree *tree,
	const struct nacre_recipe_owner *owner, uint32_t *out_uid, uint32_t *out_gid,
	struct nacre_err *err);

#endif
