/* SPDX-License-Identifier: Apache-2.0 */
/* From a recipe to the tree after each of its layers. */
#include "builder/build_trees.h"

#include "base/env.h"

#include <stdlib.h>
#include <string.h>

void nacre_build_trees_clear(struct nacre_build_trees *trees)
{
	for (size_t i = 0; i < trees->layer_count; i++)
		nacre_tree_clear(&trees->layers[i].tree);
	free(trees->layers);
	nacre_steps_free(trees->steps);
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

static int open_base(
	const struct nacre_build_sources *sources, struct nacre_base *base, struct nacre_err *err)
{
	const struct nacre_limits limits = nacre_env_limits(sources->env);
	const struct nacre_recipe *recipe = sources->recipe;
	int rc = nacre_base_open(recipe, sources->context, sources->scratch, &sources->rootfs,
		sources->env, base, err);

	if (rc)
		return rc;
	rc = check_depth(nacre_base_tree(base), limits.depth, err);
	return rc ? nacre_recipe_within(
			    err, recipe, recipe->from.mark, rc, "from '%s'", recipe->from.text)
		  : 0;
}

static int make_layer(const struct nacre_build_sources *sources, struct nacre_build_trees *trees,
	const struct nacre_recipe_layer *layer, struct nacre_tree *before, struct nacre_err *err)
{
	const struct nacre_limits limits = nacre_env_limits(sources->env);
	struct nacre_build_layer *out = &trees->layers[trees->layer_count];
	int rc = nacre_tree_clone(before, &out->tree, err);

	if (rc)
		return rc;
	out->name = layer->name.text;
	out->mark = layer->mark;
	trees->layer_count++;
	for (size_t i = 0; i < layer->step_count && rc == 0; i++)
		rc = nacre_steps_do(trees->steps, &layer->steps[i], 0, &out->tree, err);
	if (rc)
		return rc;
	rc = check_depth(&out->tree, limits.depth, err);
	return rc ? nacre_recipe_within(
			    err, sources->recipe, layer->mark, rc, "layer '%s'", layer->name.text)
		  : 0;
}

int nacre_build_trees_make(const struct nacre_build_sources *sources,
	struct nacre_build_trees *out_trees, struct nacre_err *err)
{
	const struct nacre_recipe *recipe = sources->recipe;
	struct nacre_tree *before;
	int rc = open_base(sources, &out_trees->base, err);

	if (rc == 0)
		rc = nacre_steps_new(recipe, sources->context, sources->scratch, sources->epoch,
			sources->env, &out_trees->steps, err);
	if (rc)
		return rc;
	out_trees->layers = calloc(recipe->layer_count + 1, sizeof(out_trees->layers[0]));
	if (!out_trees->layers)
		return nacre_fail_nomem(err);
	before = nacre_base_tree(&out_trees->base);
	for (size_t i = 0; i < recipe->layer_count && rc == 0; i++) {
		rc = make_layer(sources, out_trees, &recipe->layers[i], before, err);
		before = &out_trees->layers[i].tree;
	}
	return rc;
}
