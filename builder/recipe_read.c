/* SPDX-License-Identifier: Apache-2.0 */
/* Mappings by tables of their keys, and the words for what is wrong with them. */
#include "builder/recipe_read.h"

#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KEYS_MOST 32 /* of one mapping */

int nacre_recipe_want(const struct nacre_recipe_reader *r, const struct nacre_value *value,
	enum nacre_value_kind kind, const char *what, struct nacre_err *err)
{
	const struct nacre_value wanted = { .kind = kind };

	if (value->kind == kind)
		return 0;
	return nacre_recipe_fail(err, r->recipe, value->mark, NACRE_E_FORMAT,
		"'%s' wants %s, not %s", what, nacre_value_kind_name(&wanted),
		nacre_value_kind_name(value));
}

int nacre_recipe_fail_unknown(const struct nacre_recipe_reader *r, struct nacre_mark mark,
	struct nacre_err *err, const char *said, const char *got, const char *const *names)
{
	const char *nearest = nacre_nearest(got, names);
	char list[NACRE_ERR_TEXT / 2] = "";
	size_t used = 0;

	if (nearest)
		return nacre_recipe_fail(err, r->recipe, mark, NACRE_E_FORMAT,
			"%s; did you mean '%s'?", said, nearest);
	for (; *names && used < sizeof(list); names++)
		used += (size_t)snprintf(
			list + used, sizeof(list) - used, "%s%s", used ? ", " : "", *names);
	return nacre_recipe_fail(err, r->recipe, mark, NACRE_E_FORMAT, "%s; there %s %s", said,
		strchr(list, ',') ? "are" : "is", list);
}

static int fail_unknown_key(const struct nacre_recipe_reader *r, const struct nacre_value *key,
	const char *where, const struct nacre_recipe_field *fields, struct nacre_err *err)
{
	const char *names[KEYS_MOST + 1] = { NULL };
	char shown[NACRE_SHOWN], said[2 * NACRE_SHOWN];
	size_t count = 0;

	for (; fields->key && count < KEYS_MOST; fields++) {
		if (fields->read)
			names[count++] = fields->key;
	}
	(void)snprintf(said, sizeof(said), "unknown key '%s'%s%s",
		nacre_value_show(key->text, key->len, shown), where ? " in " : "",
		where ? where : "");
	return nacre_recipe_fail_unknown(r, key->mark, err, said, key->text, names);
}

int nacre_recipe_check_keys(const struct nacre_recipe_reader *r, const struct nacre_value *map,
	const char *where, const struct nacre_recipe_field *fields, struct nacre_err *err)
{
	for (size_t i = 0; i < map->count; i++) {
		const struct nacre_recipe_field *field = fields;

		while (field->key && strcmp(field->key, map->keys[i]->text) != 0)
			field++;
		if (!field->key)
			return fail_unknown_key(r, map->keys[i], where, fields, err);
		if (!field->read)
			return nacre_recipe_fail(err, r->recipe, map->keys[i]->mark,
				NACRE_E_UNSUPPORTED, "'%s' is not supported by this version",
				field->key);
	}
	return 0;
}

int nacre_recipe_read_map(struct nacre_recipe_reader *r, const struct nacre_value *value,
	const char *where, const struct nacre_recipe_field *fields, void *out,
	struct nacre_err *err)
{
	int rc = nacre_recipe_check_keys(r, value, where, fields, err);

	for (; rc == 0 && fields->key; fields++) {
		const struct nacre_value *item = nacre_value_find(value, fields->key);

		if (item)
			rc = fields->read(r, item, fields->key, (char *)out + fields->offset, err);
		else if (fields->required)
			rc = nacre_recipe_fail(err, r->recipe, value->mark, NACRE_E_FORMAT,
				"'%s' is missing%s%s", fields->key, where ? " in " : "",
				where ? where : "");
	}
	return rc;
}

/* ------------------------------------------------------------ small pieces */

const char *nacre_recipe_place(const struct nacre_recipe_reader *r, struct nacre_mark mark,
	struct nacre_mark from, char out_place[NACRE_RECIPE_PLACE])
{
	if (mark.file == from.file)
		(void)snprintf(out_place, NACRE_RECIPE_PLACE, "line %u", mark.line);
	else
		(void)snprintf(out_place, NACRE_RECIPE_PLACE, "%s:%u", r->recipe->files[mark.file],
			mark.line);
	return out_place;
}

static int compare_pointed(const void *a, const void *b)
{
	const struct nacre_recipe_text *left = *(const struct nacre_recipe_text *const *)a;
	const struct nacre_recipe_text *right = *(const struct nacre_recipe_text *const *)b;
	int order = strcmp(left->text, right->text);

	return order ? order : left < right ? -1 : left > right;
}

int nacre_recipe_check_twice(const struct nacre_recipe_reader *r, const char *what,
	const struct nacre_recipe_text **sorted, size_t count, struct nacre_err *err)
{
	char shown[NACRE_SHOWN], place[NACRE_RECIPE_PLACE];

	if (count > 0)
		qsort(sorted, count, sizeof(struct nacre_recipe_text *), compare_pointed);
	for (size_t i = 1; i < count; i++) {
		const struct nacre_recipe_text *first = sorted[i - 1], *second = sorted[i];

		if (strcmp(first->text, second->text) == 0)
			return nacre_recipe_fail(err, r->recipe, second->mark, NACRE_E_FORMAT,
				"%s '%s' is here a second time; the first is in %s", what,
				nacre_value_show(second->text, second->len, shown),
				nacre_recipe_place(r, first->mark, second->mark, place));
	}
	return 0;
}

void *nacre_recipe_grow(
	struct nacre_recipe_reader *r, const void *items, size_t count, size_t more, size_t size)
{
	char *grown = nacre_arena_new(&r->recipe->arena, (count + more) * size);

	if (grown && count > 0)
		memcpy(grown, items, count * size);
	return grown;
}
