/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Which line of the recipe something in a tree comes from: numbers for what makes inodes
 * (nacre_inode.maker), one for the accounts and one for each step, those of the stages first.
 */
#ifndef NACRE_BUILDER_MAKER_H
#define NACRE_BUILDER_MAKER_H

#include "builder/recipe.h"

enum {
	NACRE_MAKER_NONE = 0, /* the base's */
	NACRE_MAKER_ACCOUNTS = 1,
};

/** Of a stage's or a layer's first step; the others follow. */
uint32_t nacre_maker_of_stage(const struct nacre_recipe *recipe, size_t stage);
uint32_t nacre_maker_of_layer(const struct nacre_recipe *recipe, size_t layer);

/**
 * Where a maker stands in the recipe, and what it is called there: "copy", "accounts".
 *
 * @return false for NACRE_MAKER_NONE and numbers that no step has
 */
bool nacre_maker_find(const struct nacre_recipe *recipe, uint32_t maker,
	struct nacre_mark *out_mark, const char **out_name);

#endif
