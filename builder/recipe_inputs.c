/* SPDX-License-Identifier: Apache-2.0 */
/* Finding what a recipe takes from outside. */
#include "builder/recipe_inputs.h"

#include "base/scope.h"
#include "builder/build_stages.h"

#include <stdlib.h>
#include <string.h>

static const char *const names[NACRE_INPUT_KINDS] = { "directory", "file", "image", "rootfs" };

const char *nacre_input_kind_name(enum nacre_input_kind kind)
{
	return names[kind];
}

int nacre_input_compare(enum nacre_input_kind kind_a, const char *name_a,
	enum nacre_input_kind kind_b, const char *name_b)
{
	if (kind_a != kind_b)
		return kind_a < kind_b ? -1 : 1;
	return strcmp(name_a, name_b);
}

static int compare(const void *a, const void *b)
{
	const struct nacre_input *x = a, *y = b;

	return nacre_input_compare(x->kind, x->name, y->kind, y->name);
}

struct list {
	const struct nacre_recipe *recipe;
	struct nacre_input *items;
	size_t count;
};

static void add_base(struct list *list, const struct nacre_recipe_from *from)
{
	static const enum nacre_input_kind kinds[] = {
		[NACRE_FROM_ROOTFS] = NACRE_INPUT_ROOTFS,
		[NACRE_FROM_DIR] = NACRE_INPUT_DIRECTORY,
		[NACRE_FROM_OCI] = NACRE_INPUT_IMAGE,
	};

	if (from->kind == NACRE_FROM_SCRATCH)
		return;
	list->items[list->count++] =
		(struct nacre_input){ kinds[from->kind], from->text, from->mark, from, NULL };
}

static void add_files(struct list *list, const struct nacre_recipe_step *steps, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (steps[i].url.text)
			list->items[list->count++] = (struct nacre_input){ NACRE_INPUT_FILE,
				steps[i].url.text, steps[i].url.mark, NULL, &steps[i] };
	}
}

/* As much room as there can be inputs. */
static size_t most(const struct nacre_recipe *recipe)
{
	size_t count = 1 + recipe->stage_count;

	for (size_t i = 0; i < recipe->stage_count; i++)
		count += recipe->stages[i].step_count;
	for (size_t i = 0; i < recipe->layer_count; i++)
		count += recipe->layers[i].step_count;
	return count;
}

static void add_all(struct list *list, const bool *needed)
{
	const struct nacre_recipe *recipe = list->recipe;

	add_base(list, &recipe->from);
	for (size_t i = 0; i < recipe->stage_count; i++) {
		if (!needed[i])
			continue;
		add_base(list, &recipe->stages[i].from);
		add_files(list, recipe->stages[i].steps, recipe->stages[i].step_count);
	}
	for (size_t i = 0; i < recipe->layer_count; i++)
		add_files(list, recipe->layers[i].steps, recipe->layers[i].step_count);
}

/* Sorted, what is the same stands side by side. */
static int leave_one_of_each(struct list *list, struct nacre_err *err)
{
	size_t kept = 0;

	for (size_t i = 0; i < list->count; i++) {
		const struct nacre_input *at = &list->items[i];
		const struct nacre_input *last = kept > 0 ? &list->items[kept - 1] : NULL;

		if (!last || compare(last, at) != 0)
			list->items[kept++] = *at;
		else if (at->step && !nacre_digest_equal(&at->step->sha256, &last->step->sha256))
			return nacre_recipe_fail(err, list->recipe, at->mark, NACRE_E_FORMAT,
				"%s: another step wants %s of it, and this one %s", at->name,
				last->step->sha256.text, at->step->sha256.text);
	}
	list->count = kept;
	return 0;
}

int nacre_recipe_inputs(const struct nacre_recipe *recipe, struct nacre_input **out_inputs,
	size_t *out_count, struct nacre_err *err)
{
	nacre_autofree bool *needed = calloc(recipe->stage_count + 1, sizeof(*needed));
	nacre_autofree struct nacre_input *items = calloc(most(recipe), sizeof(*items));
	struct list list = { recipe, items, 0 };
	int rc;

	if (!needed || !items)
		return nacre_fail_nomem(err);
	nacre_build_stages_needed(recipe, needed);
	add_all(&list, needed);
	qsort(items, list.count, sizeof(*items), compare);
	rc = leave_one_of_each(&list, err);
	if (rc)
		return rc;
	*out_inputs = nacre_steal(&items);
	*out_count = list.count;
	return 0;
}
