/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Values that know where they stand, and the places in a text. What the values mean is left to the
 * recipe; how YAML and JSON spell them, to yaml.c and value_json.c.
 */
#include "builder/value.h"

#include "base/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ------------------------------------------------------------------ places */

int nacre_mark_compare(struct nacre_mark a, struct nacre_mark b)
{
	if (a.file != b.file)
		return a.file < b.file ? -1 : 1;
	if (a.line != b.line)
		return a.line < b.line ? -1 : 1;
	return a.column < b.column ? -1 : a.column > b.column;
}

int nacre_textfile_fail(const struct nacre_textfile *doc, struct nacre_mark mark,
	enum nacre_code code, struct nacre_err *err, const char *fmt, ...)
{
	char text[NACRE_ERR_TEXT];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return nacre_fail(err, code, "%s:%u:%u: %s", doc->name, mark.line, mark.column, text);
}

static bool is_continuation(char c)
{
	return ((unsigned char)c & 0xc0) == 0x80;
}

struct nacre_mark nacre_textfile_mark(const struct nacre_textfile *doc, size_t offset)
{
	struct nacre_mark mark = { 1, 1, doc->file };

	for (size_t i = 0; i < offset && i < doc->len; i++) {
		if (doc->text[i] == '\n') {
			mark.line++;
			mark.column = 1;
		} else if (!is_continuation(doc->text[i])) {
			mark.column++;
		}
	}
	return mark;
}

/* The byte at which a line begins; the end of the text when there are fewer lines. */
static size_t line_start(const struct nacre_textfile *doc, size_t line)
{
	size_t at = 0;

	for (size_t i = 1; i < line; i++) {
		const char *newline = memchr(doc->text + at, '\n', doc->len - at);

		if (!newline)
			return doc->len;
		at = (size_t)(newline - doc->text) + 1;
	}
	return at;
}

size_t nacre_textfile_offset(const struct nacre_textfile *doc, struct nacre_mark mark)
{
	size_t at = line_start(doc, mark.line);

	for (unsigned column = 1; column < mark.column && at < doc->len; column++) {
		at++;
		while (at < doc->len && is_continuation(doc->text[at]))
			at++;
	}
	return at;
}

/*
 * A | block keeps its lines as they are, each behind its indentation, and the first of them stands
 * in the line below the indicator; so a line of the text is the end of a line of the file.
 */
static bool find_in_block(const struct nacre_textfile *doc, const struct nacre_value *value,
	size_t offset, size_t *out_at)
{
	size_t line = (size_t)value->mark.line + 1, begin = 0, len, start, stop;
	const char *newline;

	for (size_t i = 0; i < offset; i++) {
		if (value->text[i] == '\n') {
			begin = i + 1;
			line++;
		}
	}
	len = strcspn(value->text + begin, "\n");
	start = line_start(doc, line);
	newline = memchr(doc->text + start, '\n', doc->len - start);
	stop = newline ? (size_t)(newline - doc->text) : doc->len;
	if (stop > start && doc->text[stop - 1] == '\r')
		stop--;
	if (len > stop - start || memcmp(doc->text + stop - len, value->text + begin, len) != 0)
		return false;
	*out_at = stop - len + (offset - begin);
	return true;
}

struct nacre_mark nacre_value_mark_at(
	const struct nacre_textfile *doc, const struct nacre_value *value, size_t offset)
{
	size_t at;

	if (value->style == NACRE_VALUE_BLOCK)
		return find_in_block(doc, value, offset, &at) ? nacre_textfile_mark(doc, at)
							      : value->mark;
	at = nacre_textfile_offset(doc, value->mark) + (value->style == NACRE_VALUE_QUOTED ? 1 : 0);
	/* Where an escape or a fold came before, the bytes differ. */
	if (value->style == NACRE_VALUE_FOLDED || offset >= value->len || at > doc->len ||
		offset >= doc->len - at || memcmp(doc->text + at, value->text, offset + 1) != 0)
		return value->mark;
	return nacre_textfile_mark(doc, at + offset);
}

/* ------------------------------------------------------------------ values */

const struct nacre_value *nacre_value_find(const struct nacre_value *map, const char *key)
{
	for (size_t i = 0; i < map->count; i++) {
		if (strcmp(map->keys[i]->text, key) == 0)
			return map->items[i];
	}
	return NULL;
}

const char *nacre_value_kind_name(const struct nacre_value *value)
{
	static const char *const names[] = { "a text", "a list", "a mapping" };

	return names[value->kind];
}

static int compare_keys(const void *a, const void *b)
{
	const struct nacre_value *left = *(struct nacre_value *const *)a;
	const struct nacre_value *right = *(struct nacre_value *const *)b;
	int order = strcmp(left->text, right->text);

	return order ? order : nacre_mark_compare(left->mark, right->mark);
}

/* By sorting, so that a map of 100000 keys is no attack. */
static int check_keys(const struct nacre_value *map, struct nacre_arena *arena,
	const struct nacre_textfile *doc, struct nacre_err *err)
{
	struct nacre_value **sorted = nacre_arena_new(arena, map->count * sizeof(*sorted));
	char shown[NACRE_SHOWN];

	if (!sorted)
		return nacre_fail_nomem(err);
	memcpy(sorted, map->keys, map->count * sizeof(*sorted));
	qsort(sorted, map->count, sizeof(*sorted), compare_keys);
	for (size_t i = 1; i < map->count; i++) {
		const struct nacre_value *first = sorted[i - 1], *second = sorted[i];

		if (strcmp(first->text, second->text) == 0)
			return nacre_textfile_fail(doc, second->mark, NACRE_E_FORMAT, err,
				"key '%s' is here a second time; the first is in line %u",
				nacre_value_show(second->text, second->len, shown),
				first->mark.line);
	}
	return 0;
}

int nacre_value_fill(struct nacre_value *value, const struct nacre_value_child *last, size_t count,
	struct nacre_arena *arena, const struct nacre_textfile *doc, struct nacre_err *err)
{
	if (count == 0)
		return 0;
	value->items = nacre_arena_new(arena, count * sizeof(struct nacre_value *));
	if (value->kind == NACRE_VALUE_MAP)
		value->keys = nacre_arena_new(arena, count * sizeof(struct nacre_value *));
	if (!value->items || (value->kind == NACRE_VALUE_MAP && !value->keys))
		return nacre_fail_nomem(err);
	value->count = count;
	for (size_t i = count; i > 0 && last; i--, last = last->next) {
		value->items[i - 1] = last->item;
		if (value->keys)
			value->keys[i - 1] = last->key;
	}
	return value->keys ? check_keys(value, arena, doc, err) : 0;
}

/* -------------------------------------------------------------- characters */

static size_t lead_len(unsigned char c)
{
	return c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
}

static uint32_t code_point(const char *at, size_t len)
{
	static const unsigned char lead_bits[] = { 0, 0x7f, 0x1f, 0x0f, 0x07 };
	uint32_t point = (unsigned char)at[0] & lead_bits[len];

	for (size_t i = 1; i < len; i++)
		point = point << 6 | ((unsigned char)at[i] & 0x3f);
	return point;
}

/*
 * YAML 1.2, 5.1 "Character Set", less what YAML 1.1 takes for a line break and YAML 1.2 and JSON do
 * not (U+0085, U+2028, U+2029): such a file would mean two things. An escape can still name them.
 */
static bool is_allowed(uint32_t point)
{
	if (point < 0x20)
		return point == '\t' || point == '\n' || point == '\r';
	if (point >= 0x7f && point <= 0x9f)
		return false;
	return point != 0x2028 && point != 0x2029 && point != 0xfeff && (point & 0xfffe) != 0xfffe;
}

int nacre_textfile_check(const struct nacre_textfile *doc, struct nacre_err *err)
{
	const char *text = doc->text;
	size_t step;

	for (size_t at = 0; at < doc->len; at += step) {
		uint32_t point;

		step = lead_len((unsigned char)text[at]);
		if (step > doc->len - at || !nacre_utf8_valid(text + at, step))
			return nacre_textfile_fail(doc, nacre_textfile_mark(doc, at),
				NACRE_E_FORMAT, err, "byte 0x%02x is not UTF-8",
				(unsigned char)text[at]);
		point = code_point(text + at, step);
		if (point == 0)
			return nacre_textfile_fail(doc, nacre_textfile_mark(doc, at),
				NACRE_E_FORMAT, err, "a NUL byte");
		if (!is_allowed(point))
			return nacre_textfile_fail(doc, nacre_textfile_mark(doc, at),
				NACRE_E_FORMAT, err,
				"character U+%04X may only stand here as an escape in double "
				"quotes",
				(unsigned)point);
		if (point == '\r' && (at + 1 == doc->len || text[at + 1] != '\n'))
			return nacre_textfile_fail(doc, nacre_textfile_mark(doc, at),
				NACRE_E_FORMAT, err, "a carriage return without a newline");
	}
	return 0;
}

const char *nacre_value_show(const char *text, size_t len, char out_shown[NACRE_SHOWN])
{
	static const char more[] = "...";
	size_t used = 0, step;

	for (size_t at = 0; at < len; at += step) {
		step = lead_len((unsigned char)text[at]);
		if (step > len - at)
			step = len - at;
		if (used + 4 + sizeof(more) > NACRE_SHOWN) {
			memcpy(out_shown + used, more, sizeof(more));
			return out_shown;
		}
		if (text[at] == '\n') {
			memcpy(out_shown + used, "\\n", 2);
			used += 2;
		} else if ((unsigned char)text[at] < 0x20 || text[at] == 0x7f) {
			used += (size_t)snprintf(out_shown + used, 5, "\\x%02x", text[at]);
		} else {
			memcpy(out_shown + used, text + at, step);
			used += step;
		}
	}
	out_shown[used] = '\0';
	return out_shown;
}
