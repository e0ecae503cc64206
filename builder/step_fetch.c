/* SPDX-License-Identifier: Apache-2.0 */
/* Steps that bring something from outside of the recipe's folder: fetch. */
#include "builder/step_parts.h"

int nacre_step_fetch(struct nacre_steps *steps, const struct nacre_recipe_step *step,
	struct nacre_tree *tree, struct nacre_err *err)
{
	(void)steps;
	(void)step;
	(void)tree;
	return nacre_fail(err, NACRE_E_UNSUPPORTED, "not supported by this version");
}
