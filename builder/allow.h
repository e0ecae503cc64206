/* SPDX-License-Identifier: Apache-2.0 */
/** What a build may add of privileges, as its recipe lists them. */
#ifndef NACRE_BUILDER_ALLOW_H
#define NACRE_BUILDER_ALLOW_H

#include "builder/recipe.h"
#include "layers/tree.h"

/**
 * Holds a finished tree to recipe->allow: setuid and setgid files, files with capabilities,
 * devices, and files and directories that all may write to, unless the base has the same privilege
 * under the same name. Each that is not listed is a warning with the line of the recipe it comes
 * from; lines of the list that nothing needs are warnings, too.
 *
 * Errors: UNSAFE (something is not listed; the message names as many as it holds), NOMEM, CANCELED.
 */
NACRE_CHECKED int nacre_allow_check(const struct nacre_recipe *recipe,
	const struct nacre_tree *base, const struct nacre_tree *tree, const struct nacre_env *env,
	struct nacre_err *err);

#endif
