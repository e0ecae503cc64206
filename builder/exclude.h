/* SPDX-License-Identifier: Apache-2.0 */
/** Patterns of what a copy leaves out. */
#ifndef NACRE_BUILDER_EXCLUDE_H
#define NACRE_BUILDER_EXCLUDE_H

#include "builder/recipe.h"

/**
 * Whether a path below the copied directory is left out: a pattern without a slash is held against
 * the last name, one with a slash against the whole path, where "*" does not match "/". A slash at
 * the end of a pattern makes it match directories only.
 *
 * Spec: POSIX.1-2017, "Pattern Matching Notation", in the C locale: "?" is one byte.
 */
bool nacre_exclude_match(const struct nacre_recipe_list *patterns, const char *path, bool is_dir);

#endif
