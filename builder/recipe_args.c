/* SPDX-License-Identifier: Apache-2.0 */
/* Args: their values, and putting them into texts. */
#include "builder/recipe_read.h"

#include "base/scope.h"
#include "base/text.h"

#include <string.h>

static const char name_first[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_";
static const char name_rest[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789";

/* The length of the name that text begins with; 0 when it begins with none. */
static size_t name_len(const char *text)
{
	return strspn(text, name_first) > 0 ? strspn(text, name_rest) : 0;
}

static struct nacre_recipe_pair *find_arg(
	const struct nacre_recipe_pairs *args, const char *name, size_t len)
{
	for (size_t i = 0; i < args->count; i++) {
		struct nacre_recipe_pair *arg = &args->items[i];

		if (arg->name.len == len && memcmp(arg->name.text, name, len) == 0)
			return arg;
	}
	return NULL;
}

/* Fails with "…; did you mean 'x'?", or what there is. */
static int fail_unknown_arg(const struct nacre_recipe_reader *r, struct nacre_mark mark,
	struct nacre_err *err, const char *said, const char *got)
{
	const struct nacre_recipe_pairs *args = &r->recipe->args;
	const char *names[NACRE_RECIPE_ARGS + 1] = { NULL };

	if (args->count == 0)
		return nacre_recipe_fail(
			err, r->recipe, mark, NACRE_E_FORMAT, "%s; the recipe has no 'args'", said);
	for (size_t i = 0; i < args->count; i++)
		names[i] = args->items[i].name.text;
	return nacre_recipe_fail_unknown(r, mark, err, said, got, names);
}

/* ------------------------------------------------------------------ values */

static int read_arg(struct nacre_recipe_reader *r, const struct nacre_value *key,
	const struct nacre_value *value, struct nacre_recipe_pair *out_arg, struct nacre_err *err)
{
	char shown[NACRE_SHOWN];

	if (name_len(key->text) != key->len)
		return nacre_recipe_fail(err, r->recipe, key->mark, NACRE_E_FORMAT,
			"arg '%s' is not letters, digits and '_', a digit not first",
			nacre_value_show(key->text, key->len, shown));
	out_arg->name = (struct nacre_recipe_text){ key->text, key->len, key->mark };
	return nacre_recipe_read_verbatim(r, value, key->text, &out_arg->value, err);
}

static int put_override(
	struct nacre_recipe_reader *r, const struct nacre_arg *override, struct nacre_err *err)
{
	struct nacre_recipe_pairs *args = &r->recipe->args;
	struct nacre_mark mark = args->given ? args->mark : (struct nacre_mark){ 1, 1, 0 };
	size_t len = strlen(override->value);
	struct nacre_recipe_pair *arg = find_arg(args, override->name, strlen(override->name));
	char shown[NACRE_SHOWN], said[NACRE_SHOWN + 32];

	(void)nacre_value_show(override->name, strlen(override->name), shown);
	if (!arg) {
		(void)strcat(strcat(strcpy(said, "there is no arg '"), shown), "' to override");
		(void)fail_unknown_arg(r, mark, err, said, override->name);
		if (err)
			err->code = NACRE_E_ARG;
		return NACRE_E_ARG;
	}
	if (!nacre_utf8_valid(override->value, len))
		return nacre_recipe_fail(err, r->recipe, arg->name.mark, NACRE_E_ARG,
			"the value to override arg '%s' is not UTF-8", shown);
	arg->value.text = nacre_arena_text(&r->recipe->arena, override->value, len);
	arg->value.len = len;
	return arg->value.text ? 0 : nacre_fail_nomem(err);
}

int nacre_recipe_read_args(
	struct nacre_recipe_reader *r, const struct nacre_value *value, struct nacre_err *err)
{
	struct nacre_recipe_pairs args = { .given = true, .mark = value->mark };
	int rc = nacre_recipe_want(r, value, NACRE_VALUE_MAP, "args", err);

	if (rc)
		return rc;
	args.items = nacre_arena_new(&r->recipe->arena, value->count * sizeof(*args.items));
	if (!args.items)
		return nacre_fail_nomem(err);
	for (size_t i = 0; rc == 0 && i < value->count; i++, args.count++)
		rc = read_arg(r, value->keys[i], value->items[i], &args.items[i], err);
	if (rc == 0)
		rc = nacre_recipe_merge_pairs(r, &r->recipe->args, &args, err);
	if (rc == 0 && r->recipe->args.count > NACRE_RECIPE_ARGS)
		rc = nacre_recipe_fail(err, r->recipe, value->mark, NACRE_E_LIMIT,
			"more than %d args", NACRE_RECIPE_ARGS);
	return rc;
}

int nacre_recipe_override_args(struct nacre_recipe_reader *r, const struct nacre_arg *overrides,
	size_t count, struct nacre_err *err)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < count; i++)
		rc = put_override(r, &overrides[i], err);
	return rc;
}

/* --------------------------------------------------------------- replacing */

static int add(struct nacre_recipe_reader *r, struct nacre_mark mark, struct nacre_buf *buf,
	const char *text, size_t len, struct nacre_err *err)
{
	if (len > r->left_bytes)
		return nacre_recipe_fail(err, r->recipe, mark, NACRE_E_LIMIT,
			"more than %llu bytes of text with args replaced (limit recipe-bytes)",
			(unsigned long long)r->limits.recipe_bytes);
	r->left_bytes -= len;
	return nacre_buf_add(buf, text, len, err);
}

static int fail_dollar(const struct nacre_recipe_reader *r, const struct nacre_value *value,
	size_t at, struct nacre_err *err)
{
	return nacre_recipe_fail(err, r->recipe,
		nacre_value_mark_at(&r->docs[value->mark.file], value, at), NACRE_E_FORMAT,
		"'$' wants to be '$$' for itself or '${NAME}' for an arg");
}

/* Adds what the "$" at `*at` stands for, and moves behind it. */
static int add_reference(struct nacre_recipe_reader *r, const struct nacre_value *value, size_t *at,
	struct nacre_buf *buf, struct nacre_err *err)
{
	const char *dollar = value->text + *at;
	struct nacre_mark mark = value->mark;
	char said[2 * NACRE_SHOWN], shown[NACRE_SHOWN];
	const struct nacre_recipe_pair *arg;
	nacre_autofree char *name = NULL;
	size_t len;

	if (dollar[1] == '$') {
		*at += 2;
		return add(r, mark, buf, "$", 1, err);
	}
	len = dollar[1] == '{' ? name_len(dollar + 2) : 0;
	if (len == 0 || dollar[2 + len] != '}')
		return fail_dollar(r, value, *at, err);
	arg = find_arg(&r->recipe->args, dollar + 2, len);
	if (arg) {
		*at += len + 3;
		return add(r, mark, buf, arg->value.text, arg->value.len, err);
	}
	name = strndup(dollar + 2, len);
	if (!name)
		return nacre_fail_nomem(err);
	(void)strcat(
		strcat(strcpy(said, "there is no arg '"), nacre_value_show(name, len, shown)), "'");
	return fail_unknown_arg(
		r, nacre_value_mark_at(&r->docs[value->mark.file], value, *at), err, said, name);
}

int nacre_recipe_expand(struct nacre_recipe_reader *r, const struct nacre_value *value,
	struct nacre_recipe_text *out_text, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf buf = NACRE_BUF(SIZE_MAX / 2);
	size_t at = 0;
	int rc = 0;

	*out_text = (struct nacre_recipe_text){ value->text, value->len, value->mark };
	if (!strchr(value->text, '$'))
		return 0;
	while (rc == 0 && at < value->len) {
		size_t len = strcspn(value->text + at, "$");

		rc = add(r, value->mark, &buf, value->text + at, len, err);
		at += len;
		if (rc == 0 && at < value->len)
			rc = add_reference(r, value, &at, &buf, err);
	}
	if (rc)
		return rc;
	out_text->len = buf.len;
	out_text->text = nacre_arena_text(&r->recipe->arena, buf.data, buf.len);
	return out_text->text ? 0 : nacre_fail_nomem(err);
}
