/* SPDX-License-Identifier: Apache-2.0 */
/* A recipe as a whole: the text, its top level, its layers. The parts have files of their own. */
#include "builder/recipe.h"

#include "base/env.h"
#include "base/scope.h"
#include "builder/recipe_read.h"
#include "builder/value_json.h"
#include "builder/yaml.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define VERSION "1"

/* ------------------------------------------------------------------ errors */

int nacre_recipe_fail(struct nacre_err *err, const struct nacre_recipe *recipe,
	struct nacre_mark mark, enum nacre_code code, const char *fmt, ...)
{
	char text[NACRE_ERR_TEXT];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return nacre_fail(
		err, code, "%s:%u:%u: %s", recipe->file_name, mark.line, mark.column, text);
}

int nacre_recipe_within(struct nacre_err *err, const struct nacre_recipe *recipe,
	struct nacre_mark mark, int code, const char *fmt, ...)
{
	char text[NACRE_ERR_TEXT];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return nacre_within(
		err, code, "%s:%u:%u: %s", recipe->file_name, mark.line, mark.column, text);
}

/* ------------------------------------------------------------------ layers */

#define LAYER_NAME_BYTES 128

static int read_layer_name(struct nacre_recipe_reader *r, const struct nacre_value *value,
	const char *what, void *out, struct nacre_err *err)
{
	static const char allowed[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
	const struct nacre_recipe_text *name = out;
	char shown[NACRE_SHOWN];
	int rc = nacre_recipe_read_text(r, value, what, out, err);

	if (rc)
		return rc;
	if (name->len == 0 || name->len > LAYER_NAME_BYTES ||
		strspn(name->text, allowed) != name->len)
		return nacre_recipe_fail(err, r->recipe, value->mark, NACRE_E_FORMAT,
			"layer name '%s' is not 1 to %d letters, digits, '.', '_' or '-'",
			nacre_value_show(name->text, name->len, shown), LAYER_NAME_BYTES);
	return 0;
}

static const struct nacre_recipe_field layer_fields[] = {
	{ "name", read_layer_name, offsetof(struct nacre_recipe_layer, name), true },
	{ "steps", nacre_recipe_read_steps, 0, true },
	{ 0 },
};

static int check_layer_name(const struct nacre_recipe_reader *r,
	const struct nacre_recipe_layer *layer, struct nacre_err *err)
{
	const struct nacre_recipe *recipe = r->recipe;

	for (const struct nacre_recipe_layer *other = recipe->layers; other < layer; other++) {
		if (strcmp(other->name.text, layer->name.text) == 0)
			return nacre_recipe_fail(err, recipe, layer->name.mark, NACRE_E_FORMAT,
				"layer '%s' is here a second time; the first is in line %u",
				layer->name.text, other->name.mark.line);
	}
	return 0;
}

static int read_layers(struct nacre_recipe_reader *r, const struct nacre_value *value,
	const char *what, void *out, struct nacre_err *err)
{
	struct nacre_recipe *recipe = out;
	int rc = nacre_recipe_want(r, value, NACRE_VALUE_LIST, what, err);

	if (rc)
		return rc;
	if (value->count > r->limits.layers)
		return nacre_recipe_fail(err, recipe, value->mark, NACRE_E_LIMIT,
			"more than %llu layers (limit layers)",
			(unsigned long long)r->limits.layers);
	recipe->layers = nacre_arena_new(&recipe->arena, value->count * sizeof(*recipe->layers));
	if (!recipe->layers)
		return nacre_fail_nomem(err);
	for (size_t i = 0; rc == 0 && i < value->count; i++, recipe->layer_count++) {
		struct nacre_recipe_layer *layer = &recipe->layers[i];
		const struct nacre_value *item = value->items[i];

		layer->mark = item->mark;
		rc = item->kind == NACRE_VALUE_MAP
			? nacre_recipe_read_map(r, item, "a layer", layer_fields, layer, err)
			: nacre_recipe_fail(err, recipe, item->mark, NACRE_E_FORMAT,
				  "a layer is a mapping of 'name' and 'steps', not %s",
				  nacre_value_kind_name(item));
		if (rc == 0)
			rc = check_layer_name(r, layer, err);
	}
	return rc;
}

/* --------------------------------------------------------------- top level */

/* Read before all else. */
static int read_nothing(struct nacre_recipe_reader *r, const struct nacre_value *value,
	const char *what, void *out, struct nacre_err *err)
{
	(void)r;
	(void)value;
	(void)what;
	(void)out;
	(void)err;
	return 0;
}

#define AT(member) offsetof(struct nacre_recipe, member)

static const struct nacre_recipe_field fields[] = {
	{ "nacre", read_nothing, 0, true },
	{ "name", nacre_recipe_read_name, AT(name), false },
	{ "from", nacre_recipe_read_from, AT(from), true },
	{ "platform", nacre_recipe_read_platform, AT(platform), false },
	{ "epoch", nacre_recipe_read_time, AT(epoch), false },
	{ "created", nacre_recipe_read_time, AT(created), false },
	{ "author", nacre_recipe_read_nonempty, AT(author), false },
	{ "args", read_nothing, 0, false },
	{ "layers", read_layers, 0, false },
	{ "config", nacre_recipe_read_config, AT(config), false },
	{ "stages", NULL, 0, false },
	{ "accounts", NULL, 0, false },
	{ "include", NULL, 0, false },
	{ "allow", NULL, 0, false },
	{ 0 },
};

/* First of all: a recipe of another version may have any keys. */
static int check_version(
	const struct nacre_recipe_reader *r, const struct nacre_value *top, struct nacre_err *err)
{
	const struct nacre_value *value = nacre_value_find(top, "nacre");
	struct nacre_recipe_text text;
	char shown[NACRE_SHOWN];
	int rc;

	if (!value)
		return nacre_recipe_fail(err, r->recipe, top->mark, NACRE_E_FORMAT,
			"'nacre: " VERSION "' is missing, the version of the recipe");
	rc = nacre_recipe_read_verbatim(r, value, "nacre", &text, err);
	if (rc || strcmp(text.text, VERSION) == 0)
		return rc;
	(void)nacre_value_show(text.text, text.len, shown);
	if (text.len > 0 && text.text[0] != '0' && strspn(text.text, "0123456789") == text.len)
		return nacre_recipe_fail(err, r->recipe, value->mark, NACRE_E_UNSUPPORTED,
			"recipes of version %s are not supported by this version, which reads "
			"'nacre: " VERSION "'",
			shown);
	return nacre_recipe_fail(err, r->recipe, value->mark, NACRE_E_FORMAT,
		"nacre '%s' is not the version of a recipe; expected 'nacre: " VERSION "'", shown);
}

static int read_top(struct nacre_recipe_reader *r, const struct nacre_value *top,
	const struct nacre_arg *overrides, size_t override_count, struct nacre_err *err)
{
	int rc;

	if (top->kind != NACRE_VALUE_MAP)
		return nacre_recipe_fail(err, r->recipe, top->mark, NACRE_E_FORMAT,
			"a recipe is a mapping that has 'nacre: " VERSION "', not %s",
			nacre_value_kind_name(top));
	rc = check_version(r, top, err);
	if (rc == 0)
		rc = nacre_recipe_read_args(
			r, nacre_value_find(top, "args"), overrides, override_count, err);
	if (rc == 0)
		rc = nacre_recipe_read_map(r, top, NULL, fields, r->recipe, err);
	if (rc == 0 && !r->recipe->platform.given)
		r->recipe->platform.value = (struct nacre_platform){ "linux", "amd64", "" };
	return rc;
}

/* -------------------------------------------------------------------- text */

static int parse_text(const struct nacre_textfile *doc, struct nacre_arena *arena,
	struct nacre_value **out_top, struct nacre_err *err)
{
	size_t at = 0;
	int rc = nacre_textfile_check(doc, err);

	if (rc)
		return rc;
	while (at < doc->len && strchr(" \t\r\n", doc->text[at]))
		at++;
	if (at < doc->len && doc->text[at] == '{')
		return nacre_value_parse_json(doc, arena, out_top, err);
	return nacre_yaml_parse(doc, arena, out_top, err);
}

/* A byte order mark says nothing in UTF-8, but some editors write it. */
static struct nacre_textfile document_of(const char *name, const char *text, size_t len)
{
	size_t skip = len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;

	return (struct nacre_textfile){ name, text + skip, len - skip };
}

int nacre_recipe_parse(const char *file_name, const char *text, size_t len,
	const struct nacre_arg *overrides, size_t override_count, const struct nacre_limits *limits,
	struct nacre_recipe **out_recipe, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_recipe_freep)
	struct nacre_recipe *recipe = calloc(1, sizeof(*recipe));
	struct nacre_recipe_reader r = { .recipe = recipe };
	struct nacre_value *top = NULL;
	int rc;

	if (!recipe)
		return nacre_fail_nomem(err);
	if (limits)
		r.limits = *limits;
	nacre_limits_default(&r.limits);
	recipe->file_name = nacre_arena_text(&recipe->arena, file_name, strlen(file_name));
	if (!recipe->file_name)
		return nacre_fail_nomem(err);
	if (len > r.limits.recipe_bytes)
		return nacre_fail(err, NACRE_E_LIMIT,
			"%s: more than %llu bytes (limit recipe-bytes)", recipe->file_name,
			(unsigned long long)r.limits.recipe_bytes);
	r.left_bytes = r.limits.recipe_bytes;
	r.doc = document_of(recipe->file_name, text, len);
	rc = parse_text(&r.doc, &recipe->arena, &top, err);
	if (rc == 0)
		rc = read_top(&r, top, overrides, override_count, err);
	if (rc == 0)
		*out_recipe = nacre_steal(&recipe);
	return rc;
}

void nacre_recipe_free(struct nacre_recipe *recipe)
{
	if (!recipe)
		return;
	nacre_arena_clear(&recipe->arena);
	free(recipe);
}

void nacre_recipe_freep(struct nacre_recipe **recipe)
{
	nacre_recipe_free(*recipe);
	*recipe = NULL;
}
