/* SPDX-License-Identifier: Apache-2.0 */
/* Mappings by tables of their keys, and the words for what is wrong with them. */
#include "builder/recipe_read.h"

#include "base/text.h"

#include <stdio.h>
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

static int read_field(struct nacre_recipe_reader *r, const struct nacre_value *map, size_t i,
	const char *where, const struct nacre_recipe_field *fields, void *out,
	struct nacre_err *err)
{
	const struct nacre_value *key = map->keys[i];
	const struct nacre_recipe_field *field = fields;

	while (field->key && strcmp(field->key, key->text) != 0)
		field++;
	if (!field->key)
		return fail_unknown_key(r, key, where, fields, err);
	if (!field->read)
		return nacre_recipe_fail(err, r->recipe, key->mark, NACRE_E_UNSUPPORTED,
			"'%s' is not supported by this version", field->key);
	return field->read(r, map->items[i], field->key, (char *)out + field->offset, err);
}

int nacre_recipe_read_map(struct nacre_recipe_reader *r, const struct nacre_value *value,
	const char *where, const struct nacre_recipe_field *fields, void *out,
	struct nacre_err *err)
{
	int rc;

	for (size_t i = 0; i < value->count; i++) {
		rc = read_field(r, value, i, where, fields, out, err);
		if (rc)
			return rc;
	}
	for (; fields->key; fields++) {
		if (fields->required && !nacre_value_find(value, fields->key))
			return nacre_recipe_fail(err, r->recipe, value->mark, NACRE_E_FORMAT,
				"'%s' is missing%s%s", fields->key, where ? " in " : "",
				where ? where : "");
	}
	return 0;
}
