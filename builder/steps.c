/* SPDX-License-Identifier: Apache-2.0 */
/* Steps: what they need in common, and which file does which. */
#include "builder/step_parts.h"

#include "base/scope.h"
#include "builder/owner.h"

#include <stdlib.h>

static int open_text(struct nacre_origin *origin, uint64_t key, uint64_t size,
	struct nacre_source **out_source, struct nacre_err *err)
{
	(void)origin;
	return nacre_source_memory((const void *)(uintptr_t)key, (size_t)size, out_source, err);
}

int nacre_steps_new(const struct nacre_recipe *recipe, int context, int scratch, int64_t epoch,
	const struct nacre_inputs *inputs, const struct nacre_env *env,
	struct nacre_steps **out_steps, struct nacre_err *err)
{
	struct nacre_steps *steps = calloc(1, sizeof(*steps));

	if (!steps)
		return nacre_fail_nomem(err);
	steps->stages = calloc(recipe->stage_count + 1, sizeof(steps->stages[0]));
	if (!steps->stages) {
		nacre_steps_free(steps);
		return nacre_fail_nomem(err);
	}
	steps->texts.open = open_text;
	steps->recipe = recipe;
	steps->env = env;
	steps->inputs = inputs;
	steps->context = context;
	steps->scratch = scratch;
	steps->epoch = epoch;
	*out_steps = steps;
	return 0;
}

void nacre_steps_free(struct nacre_steps *steps)
{
	if (!steps)
		return;
	while (steps->parts) {
		struct nacre_step_part *part = steps->parts;

		steps->parts = part->next;
		nacre_tree_clear(&part->tree);
		nacre_scan_free(part->scan);
		nacre_spool_free(part->spool);
		free(part);
	}
	nacre_spool_free(steps->spool);
	nacre_ignore_free(steps->ignore);
	free(steps->stages);
	free(steps);
}

void nacre_steps_freep(struct nacre_steps **steps)
{
	nacre_steps_free(*steps);
	*steps = NULL;
}

void nacre_steps_stage(struct nacre_steps *steps, size_t stage, const struct nacre_tree *tree)
{
	steps->stages[stage] = tree;
}

static nacre_step_fn *const kinds[] = {
	[NACRE_RECIPE_DIR] = nacre_step_dir,
	[NACRE_RECIPE_COPY] = nacre_step_copy,
	[NACRE_RECIPE_FILE] = nacre_step_file,
	[NACRE_RECIPE_LINK] = nacre_step_link,
	[NACRE_RECIPE_HARDLINK] = nacre_step_hardlink,
	[NACRE_RECIPE_ARCHIVE] = nacre_step_archive,
	[NACRE_RECIPE_FETCH] = nacre_step_fetch,
	[NACRE_RECIPE_REMOVE] = nacre_step_remove,
	[NACRE_RECIPE_PERMS] = nacre_step_perms,
};

/* What a step reads besides the sources that it tells of itself. */
static int explain_begin(struct nacre_steps *steps, const struct nacre_recipe_step *step,
	const struct nacre_tree *tree, struct nacre_err *err)
{
	struct nacre_explainer *x = steps->inputs->explain;
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf text = NACRE_BUF(SIZE_MAX / 4);
	uint32_t uid = 0, gid = 0;
	int rc = x ? nacre_recipe_step_emit(step, &text, err) : 0;

	if (rc == 0 && x && step->owner.given)
		rc = nacre_owner_find(tree, &step->owner, &uid, &gid, err);
	if (rc == 0 && x)
		rc = nacre_buf_printf(&text, err, " %lld %u:%u", (long long)steps->epoch, uid, gid);
	if (rc || !x)
		return rc;
	nacre_explain_begin(
		x, NACRE_EXPLAINED_STEP, step->mark, nacre_recipe_step_name(step->kind), text.data);
	if (step->stage)
		nacre_explain_stage(x, step->stage - 1);
	if (step->kind == NACRE_RECIPE_REMOVE || step->kind == NACRE_RECIPE_PERMS ||
		step->kind == NACRE_RECIPE_HARDLINK)
		nacre_explain_image(x);
	return 0;
}

int nacre_steps_do(struct nacre_steps *steps, const struct nacre_recipe_step *step, uint32_t maker,
	struct nacre_tree *tree, struct nacre_err *err)
{
	int rc;

	steps->maker = maker;
	rc = explain_begin(steps, step, tree, err);
	if (rc == 0)
		rc = kinds[step->kind](steps, step, tree, err);
	if (rc == 0)
		return nacre_explain_end(steps->inputs->explain, err);
	return rc ? nacre_recipe_within(err, steps->recipe, step->mark, rc, "%s",
			    nacre_recipe_step_name(step->kind))
		  : 0;
}
