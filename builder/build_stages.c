/* SPDX-License-Identifier: Apache-2.0 */
/* Which stages a build needs. A stage copies only from those above it, so one pass up does. */
#include "builder/build_stages.h"

#include <string.h>

static void mark(const struct nacre_recipe_step *steps, size_t count, bool *needed)
{
	for (size_t i = 0; i < count; i++) {
		if (steps[i].stage)
			needed[steps[i].stage - 1] = true;
	}
}

void nacre_build_stages_needed(const struct nacre_recipe *recipe, bool *out_needed)
{
	memset(out_needed, 0, recipe->stage_count * sizeof(*out_needed));
	for (size_t i = 0; i < recipe->layer_count; i++)
		mark(recipe->layers[i].steps, recipe->layers[i].step_count, out_needed);
	for (size_t i = recipe->stage_count; i-- > 0;) {
		if (out_needed[i])
			mark(recipe->stages[i].steps, recipe->stages[i].step_count, out_needed);
	}
}
