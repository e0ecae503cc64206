/* SPDX-License-Identifier: Apache-2.0 */
/* Patterns as they are written. What they match is builder/pattern.c's. */
#include "builder/recipe_read.h"

#include "base/scope.h"

#include <stdlib.h>
#include <string.h>

/* Behind the "]" that ends the class at `at`; NULL when there is none before the name ends. */
static const char *class_end(const char *at)
{
	at++;
	if (*at == '!' || *at == '^')
		at++;
	if (*at == ']')
		at++;
	while (*at && *at != '/' && *at != ']') {
		if (*at == '\\' && at[1])
			at++;
		at++;
	}
	return *at == ']' ? at + 1 : NULL;
}

const char *nacre_recipe_wrong_pattern(const char *pattern)
{
	for (const char *at = pattern; at && *at;) {
		if (*at == '\\' && (at[1] == '\0' || at[1] == '/'))
			return "has a '\\' with nothing behind it";
		at = *at == '\\' ? at + 2 : *at == '[' ? class_end(at) : at + 1;
		if (!at)
			return "has a '[' without its ']'";
	}
	return NULL;
}

/* Whether it matches more than the one name it would be without backslashes. */
static bool is_glob(const char *pattern)
{
	for (const char *at = pattern; *at; at++) {
		if (*at == '\\' && at[1])
			at++;
		else if (strchr("*?[", *at))
			return true;
	}
	return false;
}

static int take_backslashes(
	struct nacre_recipe_reader *r, struct nacre_recipe_text *path, struct nacre_err *err)
{
	char *plain = nacre_arena_text(&r->recipe->arena, path->text, path->len);
	size_t used = 0;

	if (!plain)
		return nacre_fail_nomem(err);
	for (size_t i = 0; i < path->len; i++) {
		if (plain[i] == '\\')
			i++;
		plain[used++] = plain[i];
	}
	plain[used] = '\0';
	path->text = plain;
	path->len = used;
	return 0;
}

int nacre_recipe_clean_pattern(struct nacre_recipe_reader *r, const char *what,
	struct nacre_recipe_text *path, bool *out_is_glob, struct nacre_err *err)
{
	const char *wrong = nacre_recipe_wrong_pattern(path->text);
	char shown[NACRE_SHOWN];
	int rc = 0;

	if (wrong)
		return nacre_recipe_fail(err, r->recipe, path->mark, NACRE_E_FORMAT, "%s '%s' %s",
			what, nacre_value_show(path->text, path->len, shown), wrong);
	*out_is_glob = is_glob(path->text);
	if (!*out_is_glob && strchr(path->text, '\\'))
		rc = take_backslashes(r, path, err);
	return rc ? rc : nacre_recipe_clean_path(r, what, "", path, err);
}

/* ----------------------------------------------------------------- exclude */

/* Matched with names below `from`, so one that starts or climbs elsewhere is wrong. */
static const char *wrong_exclude(const char *pattern)
{
	const char *at = pattern, *name;
	size_t len;

	if (*at == '!')
		at++;
	if (*at == '\0')
		return "is empty";
	if (*at == '/')
		return "is absolute; patterns are matched below 'from'";
	while (*at) {
		name = at;
		len = strcspn(at, "/");
		at += len + (at[len] ? 1 : 0);
		if (len == 2 && memcmp(name, "..", 2) == 0)
			return "has a '..'; patterns are matched below 'from'";
	}
	return nacre_recipe_wrong_pattern(pattern);
}

int nacre_recipe_read_exclude(struct nacre_recipe_reader *r, const struct nacre_value *value,
	const char *what, void *out, struct nacre_err *err)
{
	const struct nacre_recipe_list *list = out;
	int rc = nacre_recipe_read_list(r, value, what, out, err);

	for (size_t i = 0; rc == 0 && i < list->count; i++) {
		const struct nacre_recipe_text *item = &list->items[i];
		const char *wrong = wrong_exclude(item->text);
		char shown[NACRE_SHOWN];

		if (wrong)
			rc = nacre_recipe_fail(err, r->recipe, item->mark, NACRE_E_FORMAT,
				"pattern '%s' %s", nacre_value_show(item->text, item->len, shown),
				wrong);
	}
	return rc;
}

/* ------------------------------------------------------------------- allow */

static int clean_allowed(struct nacre_recipe_reader *r, const char *what,
	struct nacre_recipe_text *item, struct nacre_err *err)
{
	const char *wrong = nacre_recipe_wrong_pattern(item->text);
	char shown[NACRE_SHOWN];

	if (wrong)
		return nacre_recipe_fail(err, r->recipe, item->mark, NACRE_E_FORMAT,
			"pattern '%s' %s", nacre_value_show(item->text, item->len, shown), wrong);
	return nacre_recipe_clean_path(r, what, "", item, err);
}

int nacre_recipe_read_patterns(struct nacre_recipe_reader *r, const struct nacre_value *value,
	const char *what, void *out, struct nacre_err *err)
{
	struct nacre_recipe_list *all = out, list = { 0 };
	int rc = nacre_recipe_read_list(r, value, what, &list, err);

	for (size_t i = 0; rc == 0 && i < list.count; i++) {
		rc = clean_allowed(r, what, &list.items[i], err);
		if (rc == 0 && list.items[i].len == 0)
			rc = nacre_recipe_fail(err, r->recipe, list.items[i].mark, NACRE_E_FORMAT,
				"'%s[%zu]' is the root directory", what, i);
	}
	if (rc)
		return rc;
	all->items = nacre_recipe_grow(r, all->items, all->count, list.count, sizeof(*all->items));
	if (!all->items)
		return nacre_fail_nomem(err);
	if (list.count > 0)
		memcpy(all->items + all->count, list.items, list.count * sizeof(*all->items));
	all->count += list.count;
	all->given = true;
	all->mark = list.mark;
	return 0;
}

#define AT(member) offsetof(struct nacre_recipe_allow, member)

static const struct nacre_recipe_field allow_fields[] = {
	{ "setuid", nacre_recipe_read_patterns, AT(setuid), false },
	{ "setgid", nacre_recipe_read_patterns, AT(setgid), false },
	{ "capabilities", nacre_recipe_read_patterns, AT(capabilities), false },
	{ "devices", nacre_recipe_read_patterns, AT(devices), false },
	{ "world-writable", nacre_recipe_read_patterns, AT(world_writable), false },
	{ 0 },
};

int nacre_recipe_read_allow(struct nacre_recipe_reader *r, const struct nacre_value *value,
	const char *what, void *out, struct nacre_err *err)
{
	int rc = nacre_recipe_want(r, value, NACRE_VALUE_MAP, what, err);

	return rc ? rc : nacre_recipe_read_map(r, value, what, allow_fields, out, err);
}
