/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Single values of a recipe. The field decides what a text is: for a text field `no` is the text
 * "no" and 1.10 stays "1.10". Only null, which is no value in YAML and in JSON, is refused.
 */
#include "builder/recipe_read.h"

#include "base/path.h"
#include "base/scope.h"
#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define UID_MOST 4294967294u   /* one less than chown's "leave it" */
#define TIME_MOST 253402300799 /* the last second of the year 9999 */

/* ------------------------------------------------------------------- texts */

/* YAML 1.2.2, 10.3.2 "Tag Resolution", the null row. */
static bool is_null(const struct nacre_value *value)
{
	static const char *const nulls[] = { "", "~", "null", "Null", "NULL" };

	for (size_t i = 0; i < sizeof(nulls) / sizeof(nulls[0]); i++) {
		if (value->style == NACRE_VALUE_PLAIN && strcmp(value->text, nulls[i]) == 0)
			return true;
	}
	return false;
}

static int want_text(const struct nacre_recipe_reader *r, const struct nacre_value *value,
	const char *what, struct nacre_err *err)
{
	int rc = nacre_recipe_want(r, value, NACRE_VALUE_TEXT, what, err);

	if (rc == 0 && is_null(value))
		return nacre_recipe_fail(err, r->recipe, value->mark, NACRE_E_FORMAT,
			"'%s' has no value; leave it out, or put quotes around the text", what);
	return rc;
}

int nacre_recipe_read_verbatim(const struct nacre_recipe_reader *r, const struct nacre_value *value,
	const char *what, struct nacre_recipe_text *out_text, struct nacre_err *err)
{
	int rc = want_text(r, value, what, err);

	if (rc == 0)
		*out_text = (struct nacre_recipe_text){ value->text, value->len, value->mark };
	return rc;
}

int nacre_recipe_read_text(struct nacre_recipe_reader *r, const struct nacre_value *value,
	const char *what, void *out, struct nacre_err *err)
{
	int rc = want_text(r, value, what, err);

	return rc ? rc : nacre_recipe_expand(r, value, out, err);
}

int nacre_recipe_read_nonempty(struct nacre_recipe_reader *r, const struct nacre_value *value,
	const char *what, void *out, struct nacre_err *err)
{
	const struct nacre_recipe_text *text = out;
	int rc = nacre_recipe_read_text(r, value, what, out, err);

	if (rc == 0 && text->len == 0)
		return nacre_recipe_fail(
			err, r->recipe, value->mark, NACRE_E_FORMAT, "'%s' is empty", what);
	return rc;
}

/* ---------------------------------------------------------- lists and pairs */

int nacre_recipe_read_list(struct nacre_recipe_reader *r, const struct nacre_value *value,
	const char *what, void *out, struct nacre_err *err)
{
	struct nacre_recipe_list *list = out;
	char item[64];
	int rc = nacre_recipe_want(r, value, NACRE_VALUE_LIST, what, err);

	if (rc)
		return rc;
	*list = (struct nacre_recipe_list){ 0 };
	list->given = true;
	list->mark = value->mark;
	list->items = nacre_arena_new(&r->recipe->arena, value->count * sizeof(*list->items));
	if (!list->items)
		return nacre_fail_nomem(err);
	for (; rc == 0 && list->count < value->count; list->count++) {
		(void)snprintf(item, sizeof(item), "%s[%zu]", what, list->count);
		rc = nacre_recipe_read_text(
			r, value->items[list->count], item, &list->items[list->count], err);
	}
	return rc;
}

int nacre_recipe_read_pairs(struct nacre_recipe_reader *r, const struct nacre_value *value,
	const char *what, void *out, struct nacre_err *err)
{
	struct nacre_recipe_pairs *pairs = out;
	int rc = nacre_recipe_want(r, value, NACRE_VALUE_MAP, what, err);

	if (rc)
		return rc;
	*pairs = (struct nacre_recipe_pairs){ 0 };
	pairs->given = true;
	pairs->mark = value->mark;
	pairs->items = nacre_arena_new(&r->recipe->arena, value->count * sizeof(*pairs->items));
	if (!pairs->items)
		return nacre_fail_nomem(err);
	for (size_t i = 0; rc == 0 && i < value->count; i++, pairs->count++) {
		const struct nacre_value *key = value->keys[i];

		pairs->items[i].name = (struct nacre_recipe_text){ key->text, key->len, key->mark };
		rc = nacre_recipe_read_text(
			r, value->items[i], key->text, &pairs->items[i].value, err);
	}
	return rc;
}

static int compare_texts(const void *a, const void *b)
{
	const struct nacre_recipe_text *left = a, *right = b;
	int order = strcmp(left->text, right->text);

	return order ? order : nacre_mark_compare(left->mark, right->mark);
}

int nacre_recipe_sort_list(struct nacre_recipe_reader *r, const char *what,
	struct nacre_recipe_list *list, struct nacre_err *err)
{
	char shown[NACRE_SHOWN], place[NACRE_RECIPE_PLACE];

	if (list->count > 0)
		qsort(list->items, list->count, sizeof(*list->items), compare_texts);
	for (size_t i = 1; i < list->count; i++) {
		const struct nacre_recipe_text *first = &list->items[i - 1], *second = first + 1;

		if (strcmp(first->text, second->text) == 0)
			return nacre_recipe_fail(err, r->recipe, second->mark, NACRE_E_FORMAT,
				"'%s' is in '%s' a second time; the first is in %s",
				nacre_value_show(second->text, second->len, shown), what,
				nacre_recipe_place(r, first->mark, second->mark, place));
	}
	return 0;
}

static int compare_pairs(const void *a, const void *b)
{
	const struct nacre_recipe_pair *left = a, *right = b;

	return strcmp(left->name.text, right->name.text);
}

void nacre_recipe_sort_pairs(struct nacre_recipe_pairs *pairs)
{
	if (pairs->count > 0)
		qsort(pairs->items, pairs->count, sizeof(*pairs->items), compare_pairs);
}

/* A pair, and where it stood among all. */
struct ranked {
	struct nacre_recipe_pair pair;
	size_t rank;
};

static int compare_ranked(const void *a, const void *b)
{
	const struct ranked *left = a, *right = b;
	int order = strcmp(left->pair.name.text, right->pair.name.text);

	return order ? order : left->rank < right->rank ? -1 : left->rank > right->rank;
}

static int compare_ranks(const void *a, const void *b)
{
	const struct ranked *left = a, *right = b;

	return left->rank < right->rank ? -1 : left->rank > right->rank;
}

/* By sorting, so that two files of 100000 labels are no attack. */
static size_t fold_ranked(struct ranked *all, size_t count)
{
	size_t used = 0;

	if (count > 0)
		qsort(all, count, sizeof(*all), compare_ranked);
	for (size_t i = 0; i < count; i++) {
		if (used > 0 && strcmp(all[used - 1].pair.name.text, all[i].pair.name.text) == 0)
			all[used - 1].pair = all[i].pair;
		else
			all[used++] = all[i];
	}
	if (used > 0)
		qsort(all, used, sizeof(*all), compare_ranks);
	return used;
}

int nacre_recipe_merge_pairs(struct nacre_recipe_reader *r, struct nacre_recipe_pairs *pairs,
	const struct nacre_recipe_pairs *over, struct nacre_err *err)
{
	size_t count = pairs->count + over->count;
	nacre_autofree struct ranked *all = calloc(count + 1, sizeof(*all));

	if (!pairs->given) {
		*pairs = *over;
		return 0;
	}
	if (!all)
		return nacre_fail_nomem(err);
	for (size_t i = 0; i < count; i++) {
		all[i].pair = i < pairs->count ? pairs->items[i] : over->items[i - pairs->count];
		all[i].rank = i;
	}
	count = fold_ranked(all, count);
	pairs->mark = over->mark;
	pairs->items = nacre_arena_new(&r->recipe->arena, count * sizeof(*pairs->items));
	if (!pairs->items)
		return nacre_fail_nomem(err);
	for (pairs->count = 0; pairs->count < count; pairs->count++)
		pairs->items[pairs->count] = all[pairs->count].pair;
	return 0;
}

/* ----------------------------------------------------------------- numbers */

int nacre_recipe_read_number(struct nacre_recipe_reader *r, const struct nacre_value *value,
	const char *what, uint64_t least, uint64_t most, uint64_t *out_number,
	struct nacre_err *err)
{
	struct nacre_recipe_text text;
	char shown[NACRE_SHOWN];
	int rc = nacre_recipe_read_text(r, value, what, &text, err);

	if (rc)
		return rc;
	if (!nacre_number_parse(text.text, text.len, out_number) || *out_number < least ||
		*out_number > most)
		return nacre_recipe_fail(err, r->recipe, value->mark, NACRE_E_FORMAT,
			"%s '%s' is not a number from %llu to %llu", what,
			nacre_value_show(text.text, text.len, shown), (unsigned long long)least,
			(unsigned long long)most);
	return 0;
}

int nacre_recipe_read_flag(struct nacre_recipe_reader *r, const struct nacre_value *value,
	const char *what, void *out, struct nacre_err *err)
{
	static const char *const words[] = { "false", "true", NULL };
	char shown[NACRE_SHOWN], said[NACRE_SHOWN + 64];
	struct nacre_recipe_text text;
	bool *flag = out;
	int rc = nacre_recipe_read_text(r, value, what, &text, err);

	if (rc)
		return rc;
	*flag = strcmp(text.text, words[1]) == 0;
	if (*flag || strcmp(text.text, words[0]) == 0)
		return 0;
	(void)snprintf(said, sizeof(said), "%s '%s' is neither true nor false", what,
		nacre_value_show(text.text, text.len, shown));
	return nacre_recipe_fail_unknown(r, value->mark, err, said, text.text, words);
}

/* --------------------------------------------------------- times and modes */

int nacre_recipe_read_time(struct nacre_recipe_reader *r, const struct nacre_value *value,
	const char *what, void *out, struct nacre_err *err)
{
	struct nacre_recipe_time *time = out;
	struct nacre_recipe_text text;
	uint64_t seconds = 0;
	char shown[NACRE_SHOWN];
	int rc = nacre_recipe_read_text(r, value, what, &text, err);

	if (rc)
		return rc;
	time->given = true;
	time->mark = value->mark;
	if (nacre_number_parse(text.text, text.len, &seconds) && seconds <= TIME_MOST) {
		time->seconds = (int64_t)seconds;
		return 0;
	}
	/* Before 1970 a tar member's time is a negative number, which ustar cannot say. */
	if (nacre_time_parse(text.text, &time->seconds, NULL) == 0 && time->seconds >= 0)
		return 0;
	return nacre_recipe_fail(err, r->recipe, value->mark, NACRE_E_FORMAT,
		"%s '%s' is not a time like 2026-01-31T12:00:00Z or seconds since 1970", what,
		nacre_value_show(text.text, text.len, shown));
}

/*
 * Octal digits, of which a text has three or four behind any leading zero. Without quotes there has
 * to be that zero: a plain 644 is decimal to some readers and octal to others.
 */
static bool parse_mode(const struct nacre_recipe_text *text, uint32_t *out_bits)
{
	size_t start = text->len > 3 && text->text[0] == '0' ? 1 : 0;
	size_t digits = text->len - start;
	uint32_t bits = 0;

	if (digits < 3 || digits > 4 || strspn(text->text, "01234567") != text->len)
		return false;
	for (size_t i = 0; i < text->len; i++)
		bits = bits << 3 | (uint32_t)(text->text[i] - '0');
	*out_bits = bits;
	return true;
}

int nacre_recipe_read_mode(struct nacre_recipe_reader *r, const struct nacre_value *value,
	const char *what, void *out, struct nacre_err *err)
{
	struct nacre_recipe_mode *mode = out;
	struct nacre_recipe_text text;
	char shown[NACRE_SHOWN];
	int rc = nacre_recipe_read_text(r, value, what, &text, err);

	if (rc)
		return rc;
	mode->kind = NACRE_MODE_BITS;
	mode->mark = value->mark;
	(void)nacre_value_show(text.text, text.len, shown);
	if (!parse_mode(&text, &mode->bits))
		return nacre_recipe_fail(err, r->recipe, value->mark, NACRE_E_FORMAT,
			"%s '%s' is not octal digits like \"0750\"", what, shown);
	if (value->style == NACRE_VALUE_PLAIN && text.text[0] != '0')
		return nacre_recipe_fail(err, r->recipe, value->mark, NACRE_E_FORMAT,
			"%s %s could be decimal or octal; write octal digits in quotes, like "
			"\"0644\"",
			what, shown);
	return 0;
}

/* ------------------------------------------------------------------ owners */

int nacre_recipe_read_id(struct nacre_recipe_reader *r, struct nacre_mark mark, const char *what,
	const char *text, size_t len, uint32_t max, struct nacre_recipe_id *out_id,
	struct nacre_err *err)
{
	static const char first[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_";
	static const char rest[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789.-";
	char shown[NACRE_SHOWN];
	uint64_t number = 0;

	out_id->text = nacre_arena_text(&r->recipe->arena, text, len);
	if (!out_id->text)
		return nacre_fail_nomem(err);
	(void)nacre_value_show(text, len, shown);
	if (len > 0 && strspn(out_id->text, "0123456789") == len) {
		if ((len > 1 && text[0] == '0') || !nacre_number_parse(text, len, &number) ||
			number > max)
			return nacre_recipe_fail(err, r->recipe, mark, NACRE_E_FORMAT,
				"%s: '%s' is not a plain number from 0 to %u", what, shown, max);
		out_id->is_number = true;
		out_id->number = (uint32_t)number;
		return 0;
	}
	if (strspn(out_id->text, first) == 0 || strspn(out_id->text, rest) != len)
		return nacre_recipe_fail(err, r->recipe, mark, NACRE_E_FORMAT,
			"%s: '%s' is not a number or name; expected \"uid\", \"uid:gid\" or "
			"\"name:group\"",
			what, shown);
	return 0;
}

int nacre_recipe_read_owner(struct nacre_recipe_reader *r, const struct nacre_value *value,
	const char *what, void *out, struct nacre_err *err)
{
	struct nacre_recipe_owner *owner = out;
	struct nacre_recipe_text text;
	const char *colon;
	size_t len;
	int rc = nacre_recipe_read_text(r, value, what, &text, err);

	if (rc)
		return rc;
	owner->given = true;
	owner->mark = value->mark;
	colon = strchr(text.text, ':');
	len = colon ? (size_t)(colon - text.text) : text.len;
	rc = nacre_recipe_read_id(
		r, value->mark, what, text.text, len, UID_MOST, &owner->user, err);
	if (rc == 0 && colon)
		rc = nacre_recipe_read_id(r, value->mark, what, colon + 1, text.len - len - 1,
			UID_MOST, &owner->group, err);
	return rc;
}

#define ACCOUNT_NAME_BYTES 32 /* of Linux: LOGIN_NAME_MAX of the C library's tools */

int nacre_recipe_read_account_name(struct nacre_recipe_reader *r, const struct nacre_value *value,
	const char *what, void *out, struct nacre_err *err)
{
	const struct nacre_recipe_text *name = out;
	struct nacre_recipe_id id = { 0 };
	char shown[NACRE_SHOWN];
	int rc = nacre_recipe_read_nonempty(r, value, what, out, err);

	if (rc)
		return rc;
	rc = nacre_recipe_read_id(r, value->mark, what, name->text, name->len, UID_MOST, &id, NULL);
	if (rc == NACRE_E_NOMEM)
		return nacre_fail_nomem(err);
	if (rc || id.is_number || name->len > ACCOUNT_NAME_BYTES)
		return nacre_recipe_fail(err, r->recipe, value->mark, NACRE_E_FORMAT,
			"%s '%s' is not 1 to %d letters, digits, '_', '.' or '-' that begin with "
			"a letter or '_'",
			what, nacre_value_show(name->text, name->len, shown), ACCOUNT_NAME_BYTES);
	return 0;
}

/* ------------------------------------------------------------------- paths */

int nacre_recipe_clean_path(struct nacre_recipe_reader *r, const char *what, const char *prefix,
	struct nacre_recipe_text *path, struct nacre_err *err)
{
	size_t prefix_len = strlen(prefix), room = nacre_path_room(&r->limits);
	nacre_autofree char *clean = malloc(prefix_len + room);
	char shown[NACRE_SHOWN];
	int rc;

	if (!clean)
		return nacre_fail_nomem(err);
	memcpy(clean, prefix, prefix_len + 1);
	rc = nacre_path_clean(path->text, path->len, &r->limits, clean + prefix_len, room, err);
	if (rc)
		return nacre_recipe_within(err, r->recipe, path->mark, rc, "%s '%s'", what,
			nacre_value_show(path->text, path->len, shown));
	path->len = strlen(clean);
	path->text = nacre_arena_text(&r->recipe->arena, clean, path->len);
	return path->text ? 0 : nacre_fail_nomem(err);
}

int nacre_recipe_clean_absolute(struct nacre_recipe_reader *r, const char *what,
	struct nacre_recipe_text *path, struct nacre_err *err)
{
	char shown[NACRE_SHOWN];

	if (path->text[0] != '/')
		return nacre_recipe_fail(err, r->recipe, path->mark, NACRE_E_FORMAT,
			"%s '%s' is not an absolute path", what,
			nacre_value_show(path->text, path->len, shown));
	return nacre_recipe_clean_path(r, what, "/", path, err);
}

int nacre_recipe_read_absolute(struct nacre_recipe_reader *r, const struct nacre_value *value,
	const char *what, void *out, struct nacre_err *err)
{
	struct nacre_recipe_text *path = out;
	int rc = nacre_recipe_read_text(r, value, what, path, err);

	return rc ? rc : nacre_recipe_clean_absolute(r, what, path, err);
}
