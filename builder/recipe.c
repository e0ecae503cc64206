/* SPDX-License-Identifier: Apache-2.0 */
/* A recipe as a whole: its top level. The parts have files of their own. */
#include "builder/recipe.h"

#include "base/env.h"
#include "base/scope.h"
#include "builder/recipe_read.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
		err, code, "%s:%u:%u: %s", recipe->files[mark.file], mark.line, mark.column, text);
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
		err, code, "%s:%u:%u: %s", recipe->files[mark.file], mark.line, mark.column, text);
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
	{ "include", read_nothing, 0, false },
	{ "name", nacre_recipe_read_name, AT(name), false },
	{ "from", nacre_recipe_read_from, AT(from), true },
	{ "platform", nacre_recipe_read_platform, AT(platform), false },
	{ "epoch", nacre_recipe_read_time, AT(epoch), false },
	{ "created", nacre_recipe_read_time, AT(created), false },
	{ "author", nacre_recipe_read_nonempty, AT(author), false },
	{ "args", read_nothing, 0, false },
	{ "accounts", nacre_recipe_read_accounts, AT(accounts), false },
	{ "allow", nacre_recipe_read_allow, AT(allow), false },
	{ "stages", nacre_recipe_read_stages, 0, false }, /* before layers, which name them */
	{ "layers", nacre_recipe_read_layers, 0, false },
	{ "config", nacre_recipe_read_config, AT(config), false },
	{ "annotations", nacre_recipe_read_labels, AT(annotations), false },
	{ 0 },
};

/* What only the recipe itself can say, since there is one of it. */
static int refuse_in_part(struct nacre_recipe_reader *r, const struct nacre_value *value,
	const char *what, void *out, struct nacre_err *err)
{
	(void)out;
	return nacre_recipe_fail(err, r->recipe, value->mark, NACRE_E_FORMAT,
		"'%s' has no place in an included file; it stands in %s", what,
		r->recipe->file_name);
}

static const struct nacre_recipe_field part_fields[] = {
	{ "nacre", read_nothing, 0, false },
	{ "include", read_nothing, 0, false },
	{ "name", refuse_in_part, 0, false },
	{ "from", refuse_in_part, 0, false },
	{ "platform", refuse_in_part, 0, false },
	{ "epoch", refuse_in_part, 0, false },
	{ "created", refuse_in_part, 0, false },
	{ "author", refuse_in_part, 0, false },
	{ "args", read_nothing, 0, false },
	{ "accounts", nacre_recipe_read_accounts, AT(accounts), false },
	{ "allow", nacre_recipe_read_allow, AT(allow), false },
	{ "stages", nacre_recipe_read_stages, 0, false },
	{ "layers", nacre_recipe_read_layers, 0, false },
	{ "config", nacre_recipe_read_config, AT(config), false },
	{ "annotations", nacre_recipe_read_labels, AT(annotations), false },
	{ 0 },
};

static const struct nacre_recipe_field *fields_of(unsigned file)
{
	return file == 0 ? fields : part_fields;
}

static int read_all_args(struct nacre_recipe_reader *r, const struct nacre_recipe_documents *docs,
	struct nacre_err *err)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < docs->ordered; i++) {
		unsigned file = docs->order[i];
		const struct nacre_value *top = docs->items[file].top;
		const struct nacre_value *args = nacre_value_find(top, "args");

		rc = nacre_recipe_check_keys(r, top, NULL, fields_of(file), err);
		if (rc == 0 && args)
			rc = nacre_recipe_read_args(r, args, err);
	}
	return rc;
}

static int read_all(struct nacre_recipe_reader *r, const struct nacre_recipe_documents *docs,
	const struct nacre_arg *overrides, size_t override_count, struct nacre_err *err)
{
	int rc = read_all_args(r, docs, err);

	if (rc == 0)
		rc = nacre_recipe_override_args(r, overrides, override_count, err);
	for (size_t i = 0; rc == 0 && i < docs->ordered; i++) {
		unsigned file = docs->order[i];

		rc = nacre_recipe_read_map(
			r, docs->items[file].top, NULL, fields_of(file), r->recipe, err);
	}
	if (rc == 0)
		rc = nacre_recipe_check_accounts(r, err);
	if (rc == 0 && !r->recipe->platform.given)
		r->recipe->platform.value = (struct nacre_platform){ "linux", "amd64", "" };
	return rc;
}

int nacre_recipe_parse_with(const struct nacre_recipe_loader *loader, const char *file_name,
	const char *text, size_t len, const struct nacre_arg *overrides, size_t override_count,
	const struct nacre_limits *limits, struct nacre_recipe **out_recipe, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_recipe_freep)
	struct nacre_recipe *recipe = calloc(1, sizeof(*recipe));
	nacre_autofree struct nacre_recipe_documents *docs = calloc(1, sizeof(*docs));
	struct nacre_recipe_reader r = { .recipe = recipe };
	int rc;

	if (!recipe || !docs)
		return nacre_fail_nomem(err);
	if (limits)
		r.limits = *limits;
	nacre_limits_default(&r.limits);
	recipe->file_name = nacre_arena_text(&recipe->arena, file_name, strlen(file_name));
	if (!recipe->file_name)
		return nacre_fail_nomem(err);
	r.left_bytes = r.limits.recipe_bytes;
	r.docs = docs->texts;
	docs->loader = loader;
	docs->left_bytes = r.limits.recipe_bytes;
	rc = nacre_recipe_read_documents(&r, docs, text, len, err);
	if (rc == 0)
		rc = read_all(&r, docs, overrides, override_count, err);
	if (rc == 0)
		*out_recipe = nacre_steal(&recipe);
	return rc;
}

int nacre_recipe_parse(const char *file_name, const char *text, size_t len,
	const struct nacre_arg *overrides, size_t override_count, const struct nacre_limits *limits,
	struct nacre_recipe **out_recipe, struct nacre_err *err)
{
	return nacre_recipe_parse_with(
		NULL, file_name, text, len, overrides, override_count, limits, out_recipe, err);
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
