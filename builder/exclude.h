/* SPDX-License-Identifier: Apache-2.0 */
/** Patterns of what a copy leaves out. */
#ifndef NACRE_BUILDER_EXCLUDE_H
#define NACRE_BUILDER_EXCLUDE_H

#include "builder/recipe.h"

/** Whether a path below the copied directory is left out: nacre_pattern_match_below() with any. */
bool nacre_exclude_match(const struct nacre_recipe_list *patterns, const char *path, bool is_dir);

#endif
