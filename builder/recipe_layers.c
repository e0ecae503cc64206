/* SPDX-License-Identifier: Apache-2.0 */
/* Layers and stages: names for lists of steps. */
#include "builder/recipe_read.h"

#include <stdio.h>
#include <string.h>

#define NAME_BYTES 128

static int check_name(const struct nacre_recipe_reader *r, const char *what,
	const struct nacre_recipe_text *name, struct nacre_err *err)
{
	static const char allowed[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
	char shown[NACRE_SHOWN];

	if (name->len == 0 || name->len > NAME_BYTES || strspn(name->text, allowed) != name->len)
		return nacre_recipe_fail(err, r->recipe, name->mark, NACRE_E_FORMAT,
			"%s name '%s' is not 1 to %d letters, digits, '.', '_' or '-'", what,
			nacre_value_show(name->text, name->len, shown), NAME_BYTES);
	return 0;
}

static int fail_twice(const struct nacre_recipe_reader *r, const char *what,
	const struct nacre_recipe_text *first, const struct nacre_recipe_text *second,
	struct nacre_err *err)
{
	char place[NACRE_RECIPE_PLACE];

	return nacre_recipe_fail(err, r->recipe, second->mark, NACRE_E_FORMAT,
		"%s '%s' is here a second time; the first is in %s", what, second->text,
		nacre_recipe_place(r, first->mark, second->mark, place));
}

static int check_count(const struct nacre_recipe_reader *r, size_t count, const char *what,
	struct nacre_mark mark, struct nacre_err *err)
{
	if (count <= r->limits.layers)
		return 0;
	return nacre_recipe_fail(err, r->recipe, mark, NACRE_E_LIMIT,
		"more than %llu %s (limit layers)", (unsigned long long)r->limits.layers, what);
}

/* ------------------------------------------------------------------ layers */

static int read_layer_name(struct nacre_recipe_reader *r, const struct nacre_value *value,
	const char *what, void *out, struct nacre_err *err)
{
	int rc = nacre_recipe_read_text(r, value, what, out, err);

	return rc ? rc : check_name(r, "layer", out, err);
}

static int read_layer_ghosts(struct nacre_recipe_reader *r, const struct nacre_value *value,
	const char *what, void *out, struct nacre_err *err)
{
	static const char *const words[] = { "keep", NULL };
	char shown[NACRE_SHOWN], said[NACRE_SHOWN + 64];
	struct nacre_recipe_text text;
	bool *keeps = out;
	int rc = nacre_recipe_read_text(r, value, what, &text, err);

	if (rc)
		return rc;
	*keeps = strcmp(text.text, words[0]) == 0;
	if (*keeps)
		return 0;
	(void)snprintf(said, sizeof(said), "%s '%s' is not what a layer can do with them", what,
		nacre_value_show(text.text, text.len, shown));
	return nacre_recipe_fail_unknown(r, value->mark, err, said, text.text, words);
}

static int read_layer_steps(struct nacre_recipe_reader *r, const struct nacre_value *value,
	const char *what, void *out, struct nacre_err *err)
{
	struct nacre_recipe_layer *layer = out;

	return nacre_recipe_read_steps(r, value, what, &layer->steps, &layer->step_count, err);
}

static const struct nacre_recipe_field layer_fields[] = {
	{ "name", read_layer_name, offsetof(struct nacre_recipe_layer, name), true },
	{ "ghosts", read_layer_ghosts, offsetof(struct nacre_recipe_layer, keeps_ghosts), false },
	{ "steps", read_layer_steps, 0, true },
	{ 0 },
};

static int read_layer(struct nacre_recipe_reader *r, const struct nacre_value *value,
	struct nacre_recipe_layer *layer, struct nacre_err *err)
{
	int rc;

	layer->mark = value->mark;
	if (value->kind != NACRE_VALUE_MAP)
		return nacre_recipe_fail(err, r->recipe, value->mark, NACRE_E_FORMAT,
			"a layer is a mapping of 'name' and 'steps', not %s",
			nacre_value_kind_name(value));
	rc = nacre_recipe_read_map(r, value, "a layer", layer_fields, layer, err);
	for (struct nacre_recipe_layer *other = r->recipe->layers; rc == 0 && other < layer;
		other++) {
		if (strcmp(other->name.text, layer->name.text) == 0)
			rc = fail_twice(r, "layer", &other->name, &layer->name, err);
	}
	return rc;
}

int nacre_recipe_read_layers(struct nacre_recipe_reader *r, const struct nacre_value *value,
	const char *what, void *out, struct nacre_err *err)
{
	struct nacre_recipe *recipe = out;
	int rc = nacre_recipe_want(r, value, NACRE_VALUE_LIST, what, err);

	if (rc == 0)
		rc = check_count(r, recipe->layer_count + value->count, "layers", value->mark, err);
	if (rc)
		return rc;
	recipe->layers = nacre_recipe_grow(
		r, recipe->layers, recipe->layer_count, value->count, sizeof(*recipe->layers));
	if (!recipe->layers)
		return nacre_fail_nomem(err);
	for (size_t i = 0; rc == 0 && i < value->count; i++, recipe->layer_count++)
		rc = read_layer(r, value->items[i], &recipe->layers[recipe->layer_count], err);
	return rc;
}

/* ------------------------------------------------------------------ stages */

static int read_stage_steps(struct nacre_recipe_reader *r, const struct nacre_value *value,
	const char *what, void *out, struct nacre_err *err)
{
	struct nacre_recipe_stage *stage = out;

	return nacre_recipe_read_steps(r, value, what, &stage->steps, &stage->step_count, err);
}

static const struct nacre_recipe_field stage_fields[] = {
	{ "from", nacre_recipe_read_from, offsetof(struct nacre_recipe_stage, from), true },
	{ "steps", read_stage_steps, 0, true },
	{ 0 },
};

static int read_stage(struct nacre_recipe_reader *r, const struct nacre_value *key,
	const struct nacre_value *value, struct nacre_recipe_stage *stage, struct nacre_err *err)
{
	int rc;

	stage->mark = key->mark;
	stage->name = (struct nacre_recipe_text){ key->text, key->len, key->mark };
	rc = check_name(r, "stage", &stage->name, err);
	for (struct nacre_recipe_stage *other = r->recipe->stages; rc == 0 && other < stage;
		other++) {
		if (strcmp(other->name.text, stage->name.text) == 0)
			rc = fail_twice(r, "stage", &other->name, &stage->name, err);
	}
	if (rc)
		return rc;
	if (value->kind != NACRE_VALUE_MAP)
		return nacre_recipe_fail(err, r->recipe, value->mark, NACRE_E_FORMAT,
			"a stage is a mapping of 'from' and 'steps', not %s",
			nacre_value_kind_name(value));
	return nacre_recipe_read_map(r, value, "a stage", stage_fields, stage, err);
}

int nacre_recipe_read_stages(struct nacre_recipe_reader *r, const struct nacre_value *value,
	const char *what, void *out, struct nacre_err *err)
{
	struct nacre_recipe *recipe = out;
	int rc = nacre_recipe_want(r, value, NACRE_VALUE_MAP, what, err);

	if (rc == 0)
		rc = check_count(r, recipe->stage_count + value->count, "stages", value->mark, err);
	if (rc)
		return rc;
	recipe->stages = nacre_recipe_grow(
		r, recipe->stages, recipe->stage_count, value->count, sizeof(*recipe->stages));
	if (!recipe->stages)
		return nacre_fail_nomem(err);
	/* Counted when it is read, so that it cannot copy from itself. */
	for (size_t i = 0; rc == 0 && i < value->count; i++, recipe->stage_count++)
		rc = read_stage(r, value->keys[i], value->items[i],
			&recipe->stages[recipe->stage_count], err);
	return rc;
}
