/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Nodes from JSON. Neither library of the house does this: jansson keeps no places and no digits,
 * and libyaml reads YAML 1.1, of which JSON is no subset (surrogate pairs, keys longer than 1024
 * characters, a newline before the colon, a tab before the first brace, U+2028).
 */
#include "builder/value_json.h"

#include <string.h>

struct reader {
	const struct nacre_textfile *doc;
	struct nacre_arena *arena;
	size_t at;
	size_t counted_at;	/* how far the place below has been counted */
	struct nacre_mark mark; /* of counted_at */
	unsigned depth;
};

/* The place of the next byte; counts on from the last one, so that a file is counted once. */
static struct nacre_mark mark_here(struct reader *r)
{
	for (; r->counted_at < r->at; r->counted_at++) {
		char c = r->doc->text[r->counted_at];

		if (c == '\n') {
			r->mark.line++;
			r->mark.column = 1;
		} else if (((unsigned char)c & 0xc0) != 0x80) {
			r->mark.column++;
		}
	}
	return r->mark;
}

/* The next byte; NUL, which nacre_textfile_check() lets nobody write, at the end. */
static char peek(const struct reader *r)
{
	return r->at < r->doc->len ? r->doc->text[r->at] : '\0';
}

static void skip_space(struct reader *r)
{
	while (peek(r) && strchr(" \t\r\n", peek(r)))
		r->at++;
}

static int fail_here(struct reader *r, const char *expected, struct nacre_err *err)
{
	struct nacre_mark mark = mark_here(r);
	char shown[NACRE_SHOWN];
	size_t len = 1;

	if (r->at >= r->doc->len)
		return nacre_textfile_fail(r->doc, mark, NACRE_E_FORMAT, err,
			"not JSON: the file ends, expected %s", expected);
	while (r->at + len < r->doc->len &&
		((unsigned char)r->doc->text[r->at + len] & 0xc0) == 0x80)
		len++;
	return nacre_textfile_fail(r->doc, mark, NACRE_E_FORMAT, err, "not JSON: '%s', expected %s",
		nacre_value_show(r->doc->text + r->at, len, shown), expected);
}

static struct nacre_value *new_value(struct reader *r, enum nacre_value_kind kind)
{
	struct nacre_value *value = nacre_arena_new(r->arena, sizeof(*value));

	if (value) {
		value->kind = kind;
		value->mark = mark_here(r);
	}
	return value;
}

/* ----------------------------------------------------------------- scalars */

static bool read_hex4(const struct reader *r, size_t at, uint32_t *out_value)
{
	static const char digits[] = "0123456789abcdef0123456789ABCDEF";
	uint32_t value = 0;

	if (r->doc->len - at < 4)
		return false;
	for (size_t i = 0; i < 4; i++) {
		char c = r->doc->text[at + i];
		const char *found = c ? strchr(digits, c) : NULL;

		if (!found)
			return false;
		value = value << 4 | ((uint32_t)(found - digits) & 15);
	}
	*out_value = value;
	return true;
}

static size_t put_utf8(uint32_t point, char *out)
{
	if (point < 0x80) {
		out[0] = (char)point;
		return 1;
	}
	if (point < 0x800) {
		out[0] = (char)(0xc0 | point >> 6);
		out[1] = (char)(0x80 | (point & 0x3f));
		return 2;
	}
	if (point < 0x10000) {
		out[0] = (char)(0xe0 | point >> 12);
		out[1] = (char)(0x80 | (point >> 6 & 0x3f));
		out[2] = (char)(0x80 | (point & 0x3f));
		return 3;
	}
	out[0] = (char)(0xf0 | point >> 18);
	out[1] = (char)(0x80 | (point >> 12 & 0x3f));
	out[2] = (char)(0x80 | (point >> 6 & 0x3f));
	out[3] = (char)(0x80 | (point & 0x3f));
	return 4;
}

/* r->at is behind "\u". */
static int read_unicode(struct reader *r, char *out, size_t *used, struct nacre_err *err)
{
	uint32_t point, low;

	if (!read_hex4(r, r->at, &point))
		return fail_here(r, "four hex digits", err);
	if (point == 0)
		return nacre_textfile_fail(
			r->doc, mark_here(r), NACRE_E_FORMAT, err, "a text with a NUL character");
	if (point >= 0xdc00 && point <= 0xdfff)
		return fail_here(r, "the first half of a surrogate pair before the second", err);
	r->at += 4;
	if (point >= 0xd800 && point <= 0xdbff) {
		if (peek(r) != '\\' || r->at + 2 > r->doc->len || r->doc->text[r->at + 1] != 'u' ||
			!read_hex4(r, r->at + 2, &low) || low < 0xdc00 || low > 0xdfff)
			return fail_here(r, "the second half of a surrogate pair", err);
		point = 0x10000 + ((point - 0xd800) << 10) + (low - 0xdc00);
		r->at += 6;
	}
	*used += put_utf8(point, out + *used);
	return 0;
}

/* r->at is behind the backslash. */
static int read_escape(struct reader *r, char *out, size_t *used, struct nacre_err *err)
{
	static const char letters[] = "\"\\/bfnrt";
	static const char meanings[] = "\"\\/\b\f\n\r\t";
	const char *found;

	if (peek(r) == 'u') {
		r->at++;
		return read_unicode(r, out, used, err);
	}
	found = peek(r) ? strchr(letters, peek(r)) : NULL;
	if (!found)
		return fail_here(r, "one of \"\\/bfnrtu behind a backslash", err);
	out[(*used)++] = meanings[found - letters];
	r->at++;
	return 0;
}

static int read_string(struct reader *r, struct nacre_value **out_value, struct nacre_err *err)
{
	const char *text = r->doc->text;
	struct nacre_value *value = new_value(r, NACRE_VALUE_TEXT);
	size_t used = 0, stop = r->at + 1;
	char *out;
	int rc = 0;

	while (stop < r->doc->len && text[stop] != '"')
		stop += text[stop] == '\\' ? 2 : 1;
	/* No escape is longer than what it is written as. */
	out = nacre_arena_new(r->arena, stop - r->at + 1);
	if (!value || !out)
		return nacre_fail_nomem(err);
	r->at++;
	while (rc == 0 && peek(r) != '"') {
		if ((unsigned char)peek(r) < 0x20)
			return fail_here(r, "the rest of a string", err);
		if (peek(r) == '\\') {
			r->at++;
			rc = read_escape(r, out, &used, err);
		} else {
			out[used++] = text[r->at++];
		}
	}
	if (rc)
		return rc;
	r->at++;
	value->style = NACRE_VALUE_QUOTED;
	value->text = out;
	value->len = used;
	*out_value = value;
	return 0;
}

static size_t count_digits(const char *at, size_t left)
{
	size_t count = 0;

	while (count < left && at[count] >= '0' && at[count] <= '9')
		count++;
	return count;
}

/* The length of the number at `at` by the grammar of RFC 8259, section 6; 0 when there is none. */
static size_t number_len(const char *at, size_t left)
{
	size_t len = left > 0 && at[0] == '-' ? 1 : 0;
	size_t digits = count_digits(at + len, left - len);

	if (digits == 0 || (digits > 1 && at[len] == '0'))
		return 0;
	len += digits;
	if (len < left && at[len] == '.') {
		digits = count_digits(at + len + 1, left - len - 1);
		if (digits == 0)
			return 0;
		len += 1 + digits;
	}
	if (len < left && (at[len] == 'e' || at[len] == 'E')) {
		size_t sign = len + 1 < left && (at[len + 1] == '+' || at[len + 1] == '-') ? 1 : 0;

		digits = count_digits(at + len + 1 + sign, left - len - 1 - sign);
		if (digits == 0)
			return 0;
		len += 1 + sign + digits;
	}
	return len;
}

static size_t literal_len(const char *at, size_t left)
{
	static const char *const words[] = { "true", "false", "null" };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		size_t len = strlen(words[i]);

		if (len <= left && memcmp(at, words[i], len) == 0)
			return len;
	}
	return number_len(at, left);
}

static int read_literal(struct reader *r, struct nacre_value **out_value, struct nacre_err *err)
{
	const char *at = r->doc->text + r->at;
	size_t len = literal_len(at, r->doc->len - r->at);
	struct nacre_value *value;

	if (len == 0)
		return fail_here(r, "a value", err);
	value = new_value(r, NACRE_VALUE_TEXT);
	if (!value)
		return nacre_fail_nomem(err);
	value->style = NACRE_VALUE_PLAIN;
	value->len = len;
	value->text = nacre_arena_text(r->arena, at, len);
	if (!value->text)
		return nacre_fail_nomem(err);
	r->at += len;
	*out_value = value;
	return 0;
}

/* ------------------------------------------------------- objects and arrays */

static int read_value(struct reader *r, struct nacre_value **out_value, struct nacre_err *err);

static int read_key(struct reader *r, struct nacre_value **out_key, struct nacre_err *err)
{
	int rc;

	if (peek(r) != '"')
		return fail_here(r, "a key in double quotes", err);
	rc = read_string(r, out_key, err);
	if (rc)
		return rc;
	if ((*out_key)->len == 0)
		return nacre_textfile_fail(
			r->doc, (*out_key)->mark, NACRE_E_FORMAT, err, "an empty key");
	skip_space(r);
	if (peek(r) != ':')
		return fail_here(r, "':' behind a key", err);
	r->at++;
	skip_space(r);
	return 0;
}

/* One item, or key and value, and what stands behind it; *out_done at the closing bracket. */
static int read_child(struct reader *r, enum nacre_value_kind kind, struct nacre_value_child *child,
	bool *out_done, struct nacre_err *err)
{
	char close = kind == NACRE_VALUE_MAP ? '}' : ']';
	int rc = kind == NACRE_VALUE_MAP ? read_key(r, &child->key, err) : 0;

	if (rc == 0)
		rc = read_value(r, &child->item, err);
	if (rc)
		return rc;
	skip_space(r);
	*out_done = peek(r) == close;
	if (!*out_done && peek(r) != ',')
		return fail_here(r, close == '}' ? "',' or '}'" : "',' or ']'", err);
	r->at++;
	skip_space(r);
	return 0;
}

static int read_children(struct reader *r, struct nacre_value *value, struct nacre_err *err)
{
	struct nacre_value_child *last = NULL;
	size_t count = 0;
	bool done = peek(r) == (value->kind == NACRE_VALUE_MAP ? '}' : ']');

	if (done)
		r->at++;
	while (!done) {
		struct nacre_value_child *child = nacre_arena_new(r->arena, sizeof(*child));
		int rc;

		if (!child)
			return nacre_fail_nomem(err);
		rc = read_child(r, value->kind, child, &done, err);
		if (rc)
			return rc;
		child->next = last;
		last = child;
		count++;
	}
	return nacre_value_fill(value, last, count, r->arena, r->doc, err);
}

static int read_value(struct reader *r, struct nacre_value **out_value, struct nacre_err *err)
{
	struct nacre_value *value;
	char c = peek(r);
	int rc;

	if (c == '"')
		return read_string(r, out_value, err);
	if (c != '{' && c != '[')
		return read_literal(r, out_value, err);
	if (r->depth == NACRE_VALUE_DEPTH)
		return nacre_textfile_fail(r->doc, mark_here(r), NACRE_E_LIMIT, err,
			"more than %d lists and mappings in each other", NACRE_VALUE_DEPTH);
	value = new_value(r, c == '{' ? NACRE_VALUE_MAP : NACRE_VALUE_LIST);
	if (!value)
		return nacre_fail_nomem(err);
	r->at++;
	skip_space(r);
	r->depth++;
	rc = read_children(r, value, err);
	r->depth--;
	*out_value = value;
	return rc;
}

int nacre_value_parse_json(const struct nacre_textfile *doc, struct nacre_arena *arena,
	struct nacre_value **out_value, struct nacre_err *err)
{
	struct reader r = { .doc = doc, .arena = arena, .mark = { 1, 1, doc->file } };
	struct nacre_value *value = NULL;
	int rc;

	skip_space(&r);
	rc = read_value(&r, &value, err);
	if (rc)
		return rc;
	skip_space(&r);
	if (r.at < doc->len)
		return fail_here(&r, "the end of the file", err);
	*out_value = value;
	return 0;
}
