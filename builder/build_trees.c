/* SPDX-License-Identifier: Apache-2.0 */
/* From a recipe to the tree after each of its layers. */
#include "builder/build_trees.h"

#include "base/env.h"
#include "base/scope.h"
#include "builder/accounts.h"
#include "builder/build_stages.h"
#include "builder/maker.h"

#include <stdlib.h>
#include <string.h>

void nacre_build_trees_clear(struct nacre_build_trees *trees)
{
	for (size_t i = 0; i < trees->layer_count; i++)
		nacre_tree_clear(&trees->layers[i].tree);
	free(trees->layers);
	for (size_t i = 0; i < trees->stage_count; i++)
		nacre_tree_clear(&trees->stages[i].tree);
	nacre_steps_free(trees->steps);
	for (size_t i = 0; i < trees->stage_count; i++)
		nacre_base_clear(&trees->stages[i].base);
	free(trees->stages);
	nacre_base_clear(&trees->base);
	memset(trees, 0, sizeof(*trees));
}

/*
 * Grafting below links can make a tree deeper than any path that a recipe says. What readers of the
 * image refuse is not built, and the recursion of what follows is bounded.
 */
static int check_depth(const struct nacre_tree *tree, uint64_t most, struct nacre_err *err)
{
	uint64_t depth = 0; /* of `at` */
	struct nacre_node *at = tree->root, *next;

	for (; (next = nacre_tree_next(at)); at = next) {
		char name[256];

		if (next->parent == at)
			depth++;
		else
			for (; at->parent != next->parent; at = at->parent)
				depth--;
		if (depth > most)
			return nacre_fail(err, NACRE_E_LIMIT,
				"'%s': more than %llu directories deep (limit depth)",
				nacre_node_name(next, name, sizeof(name)),
				(unsigned long long)most);
	}
	return 0;
}

static int open_base(const struct nacre_build_sources *sources,
	const struct nacre_recipe_from *from, struct nacre_base *base, struct nacre_err *err)
{
	const struct nacre_limits limits = nacre_env_limits(sources->env);
	const struct nacre_recipe *recipe = sources->recipe;
	const struct nacre_digest nothing = { "" };
	int rc;

	nacre_explain_set_state(sources->inputs->explain, &nothing);
	rc = nacre_base_open(recipe, from, sources->context, sources->scratch, &sources->rootfs,
		sources->inputs, sources->env, base, err);

	if (rc)
		return rc;
	rc = check_depth(nacre_base_tree(base), limits.depth, err);
	return rc ? nacre_recipe_within(err, recipe, from->mark, rc, "from '%s'", from->text) : 0;
}

static int do_steps(struct nacre_build_trees *trees, const struct nacre_recipe_step *steps,
	size_t count, uint32_t first_maker, struct nacre_tree *tree, struct nacre_err *err)
{
	int rc = 0;

	for (size_t i = 0; i < count && rc == 0; i++)
		rc = nacre_steps_do(trees->steps, &steps[i], first_maker + (uint32_t)i, tree, err);
	return rc;
}

/* What a layer's or stage's tree turned out to be. */
static int check_tree(const struct nacre_build_sources *sources, const struct nacre_tree *tree,
	struct nacre_mark mark, const char *what, const char *name, struct nacre_err *err)
{
	const struct nacre_limits limits = nacre_env_limits(sources->env);
	int rc = check_depth(tree, limits.depth, err);

	return rc ? nacre_recipe_within(err, sources->recipe, mark, rc, "%s '%s'", what, name) : 0;
}

/* ------------------------------------------------------------------ stages */

static int make_stage(const struct nacre_build_sources *sources, struct nacre_build_trees *trees,
	size_t i, struct nacre_err *err)
{
	const struct nacre_recipe_stage *stage = &sources->recipe->stages[i];
	struct nacre_build_stage *out = &trees->stages[i];
	int rc = nacre_step(sources->env, err, "stage %s", stage->name.text);

	nacre_explain_place(sources->inputs->explain, "stage", stage->name.text);
	if (rc == 0)
		rc = open_base(sources, &stage->from, &out->base, err);
	if (rc == 0)
		rc = nacre_tree_clone(nacre_base_tree(&out->base), &out->tree, err);
	if (rc == 0)
		rc = do_steps(trees, stage->steps, stage->step_count,
			nacre_maker_of_stage(sources->recipe, i), &out->tree, err);
	if (rc == 0)
		rc = check_tree(sources, &out->tree, stage->mark, "stage", stage->name.text, err);
	if (rc)
		return rc;
	nacre_steps_stage(trees->steps, i, &out->tree);
	nacre_explain_stage_done(sources->inputs->explain, i);
	return 0;
}

static int make_stages(const struct nacre_build_sources *sources, struct nacre_build_trees *trees,
	struct nacre_err *err)
{
	size_t count = sources->recipe->stage_count;
	nacre_autofree bool *needed = calloc(count + 1, sizeof(*needed));
	int rc = 0;

	trees->stages = calloc(count + 1, sizeof(trees->stages[0]));
	if (!needed || !trees->stages)
		return nacre_fail_nomem(err);
	trees->stage_count = count;
	nacre_build_stages_needed(sources->recipe, needed);
	for (size_t i = 0; i < count && rc == 0; i++) {
		if (needed[i])
			rc = make_stage(sources, trees, i, err);
	}
	return rc;
}

/* ------------------------------------------------------------------ layers */

static bool has_accounts(const struct nacre_recipe *recipe)
{
	return recipe->accounts.group_count + recipe->accounts.user_count > 0;
}

static int add_accounts(const struct nacre_build_sources *sources, struct nacre_steps *steps,
	struct nacre_tree *tree, struct nacre_err *err)
{
	const struct nacre_recipe *recipe = sources->recipe;
	struct nacre_explainer *x = sources->inputs->explain;
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf text = NACRE_BUF(SIZE_MAX / 4);
	int rc = x ? nacre_recipe_accounts_emit(&recipe->accounts, &text, err) : 0;

	if (rc)
		return rc;
	if (x)
		nacre_explain_begin(
			x, NACRE_EXPLAINED_STEP, recipe->accounts.mark, "accounts", text.data);
	nacre_explain_image(x);
	rc = nacre_accounts_add(steps, tree, err);
	return rc ? rc : nacre_explain_end(x, err);
}

/* @param recipe_layer  NULL: a layer of accounts alone */
static int make_layer(const struct nacre_build_sources *sources, struct nacre_build_trees *trees,
	const struct nacre_recipe_layer *recipe_layer, struct nacre_tree *before,
	struct nacre_err *err)
{
	const struct nacre_recipe *recipe = sources->recipe;
	size_t index = trees->layer_count;
	struct nacre_build_layer *out = &trees->layers[index];
	int rc = nacre_tree_clone(before, &out->tree, err);

	if (rc)
		return rc;
	out->name = recipe_layer ? recipe_layer->name.text : "accounts";
	out->mark = recipe_layer ? recipe_layer->mark : recipe->accounts.mark;
	out->keeps_ghosts = recipe_layer && recipe_layer->keeps_ghosts;
	trees->layer_count++;
	nacre_explain_place(sources->inputs->explain, "layer", out->name);
	if (index == 0 && has_accounts(recipe))
		rc = add_accounts(sources, trees->steps, &out->tree, err);
	if (rc == 0 && recipe_layer)
		rc = do_steps(trees, recipe_layer->steps, recipe_layer->step_count,
			nacre_maker_of_layer(recipe, index), &out->tree, err);
	return rc ? rc : check_tree(sources, &out->tree, out->mark, "layer", out->name, err);
}

static int make_layers(const struct nacre_build_sources *sources, struct nacre_build_trees *trees,
	struct nacre_err *err)
{
	const struct nacre_recipe *recipe = sources->recipe;
	struct nacre_tree *before = nacre_base_tree(&trees->base);
	int rc = 0;

	trees->layers = calloc(recipe->layer_count + 1, sizeof(trees->layers[0]));
	if (!trees->layers)
		return nacre_fail_nomem(err);
	if (recipe->layer_count == 0 && has_accounts(recipe))
		return make_layer(sources, trees, NULL, before, err);
	for (size_t i = 0; i < recipe->layer_count && rc == 0; i++) {
		rc = make_layer(sources, trees, &recipe->layers[i], before, err);
		before = &trees->layers[i].tree;
	}
	return rc;
}

int nacre_build_trees_make(const struct nacre_build_sources *sources,
	struct nacre_build_trees *out_trees, struct nacre_err *err)
{
	struct nacre_explainer *x = sources->inputs->explain;
	struct nacre_digest state;
	int rc;

	nacre_explain_place(
		x, "image", sources->recipe->name.text ? sources->recipe->name.text : "");
	rc = open_base(sources, &sources->recipe->from, &out_trees->base, err);
	state = nacre_explain_state(x);
	if (rc == 0)
		rc = nacre_steps_new(sources->recipe, sources->context, sources->scratch,
			sources->epoch, sources->inputs, sources->env, &out_trees->steps, err);
	if (rc)
		return rc;
	rc = make_stages(sources, out_trees, err);
	nacre_explain_set_state(x, &state);
	return rc ? rc : make_layers(sources, out_trees, err);
}
