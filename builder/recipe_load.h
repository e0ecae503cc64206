/* SPDX-License-Identifier: Apache-2.0 */
/** Finding and reading the recipe of a build. */
#ifndef NACRE_BUILDER_RECIPE_LOAD_H
#define NACRE_BUILDER_RECIPE_LOAD_H

#include "builder/recipe.h"

#include <nacre/builder.h>

/**
 * Opens options->context and reads options->recipe, or nacre.yaml or nacre.json of the context, and
 * what it includes, which lies beneath the context. A recipe that lies outside of it includes
 * nothing.
 *
 * @param out_context  the caller's to close, also after an error; -1 where it is not open
 * @param out_recipe   set on success only
 *
 * Errors: NOT_FOUND, EXISTS (both are there), LIMIT (recipe-bytes), those of nacre_recipe_parse().
 */
NACRE_CHECKED int nacre_recipe_load(const struct nacre_build_options *options,
	const struct nacre_env *env, int *out_context, struct nacre_recipe **out_recipe,
	struct nacre_err *err);

#endif
