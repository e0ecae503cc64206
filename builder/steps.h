/* SPDX-License-Identifier: Apache-2.0 */
/** The steps of a recipe, done to a tree. */
#ifndef NACRE_BUILDER_STEPS_H
#define NACRE_BUILDER_STEPS_H

#include "builder/inputs.h"
#include "layers/tree.h"

/** What steps read and where contents come from; must outlive the trees. */
struct nacre_steps;

/**
 * @param recipe   for messages, borrowed
 * @param context  the directory of sources, borrowed
 * @param scratch  a directory for files without names, borrowed
 * @param inputs   where to get what comes from outside, borrowed
 * @param epoch    the time of everything that is made
 *
 * Errors: NOMEM.
 */
NACRE_CHECKED int nacre_steps_new(const struct nacre_recipe *recipe, int context, int scratch,
	int64_t epoch, const struct nacre_inputs *inputs, const struct nacre_env *env,
	struct nacre_steps **out_steps, struct nacre_err *err);
void nacre_steps_free(struct nacre_steps *steps);
void nacre_steps_freep(struct nacre_steps **steps);

/** Makes a stage of the recipe, counted from 0, known to copies from it. `tree` is borrowed. */
void nacre_steps_stage(struct nacre_steps *steps, size_t stage, const struct nacre_tree *tree);

/**
 * Does one step to a tree. Paths resolve inside the tree as it is: copying to /lib lands in
 * /usr/lib where one is a link to the other.
 *
 * @param maker  the number of the step (builder/maker.h), which all inodes that it makes get
 * @param tree   inodes are replaced, never changed: they may be shared with other trees
 *
 * Errors: NOT_FOUND (a source, something to remove), EXISTS and UNSAFE (a file where a directory
 * must be, and the other way round; two matches of one name), DIGEST (an archive), those of
 * reading; each with FILE:LINE:COLUMN in front.
 */
NACRE_CHECKED int nacre_steps_do(struct nacre_steps *steps, const struct nacre_recipe_step *step,
	uint32_t maker, struct nacre_tree *tree, struct nacre_err *err);

#endif
