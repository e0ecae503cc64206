/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers of steps. */
#include "builder/maker.h"

#define FIRST_STEP (NACRE_MAKER_ACCOUNTS + 1)

uint32_t nacre_maker_of_stage(const struct nacre_recipe *recipe, size_t stage)
{
	size_t number = FIRST_STEP;

	for (size_t i = 0; i < stage; i++)
		number += recipe->stages[i].step_count;
	return (uint32_t)number;
}

uint32_t nacre_maker_of_layer(const struct nacre_recipe *recipe, size_t layer)
{
	size_t number = nacre_maker_of_stage(recipe, recipe->stage_count);

	for (size_t i = 0; i < layer; i++)
		number += recipe->layers[i].step_count;
	return (uint32_t)number;
}

static const struct nacre_recipe_step *find_step(const struct nacre_recipe *recipe, size_t index)
{
	for (size_t i = 0; i < recipe->stage_count; i++) {
		if (index < recipe->stages[i].step_count)
			return &recipe->stages[i].steps[index];
		index -= recipe->stages[i].step_count;
	}
	for (size_t i = 0; i < recipe->layer_count; i++) {
		if (index < recipe->layers[i].step_count)
			return &recipe->layers[i].steps[index];
		index -= recipe->layers[i].step_count;
	}
	return NULL;
}

bool nacre_maker_find(const struct nacre_recipe *recipe, uint32_t maker,
	struct nacre_mark *out_mark, const char **out_name)
{
	const struct nacre_recipe_step *step;

	if (maker == NACRE_MAKER_NONE)
		return false;
	if (maker == NACRE_MAKER_ACCOUNTS) {
		*out_mark = recipe->accounts.mark;
		*out_name = "accounts";
		return true;
	}
	step = find_step(recipe, maker - FIRST_STEP);
	if (!step)
		return false;
	*out_mark = step->mark;
	*out_name = nacre_recipe_step_name(step->kind);
	return true;
}
