/* SPDX-License-Identifier: Apache-2.0 */
/* Parsing pax records: "LEN KEY=VALUE\n", where LEN counts the whole record. */
#include "layers/tar_pax.h"

#include "base/text.h"

#include <stdlib.h>
#include <string.h>

#define XATTR_PREFIX "SCHILY.xattr."

struct record {
	const char *key;
	size_t key_len;
	const char *value;
	size_t len;
};

struct parse {
	struct nacre_pax *pax;
	const struct nacre_limits *limits;
	struct nacre_arena *arena;
	bool is_global;
	size_t xattr_room;
};

static int put_text(
	const struct record *record, const char **where, size_t *out_len, struct nacre_err *err)
{
	if (record->len == 0 || memchr(record->value, '\0', record->len))
		return nacre_fail(err, NACRE_E_UNSAFE, "pax %.*s is empty or holds a NUL byte",
			(int)record->key_len, record->key);
	*where = record->value;
	*out_len = record->len;
	return 0;
}

static int put_path(struct parse *parse, const struct record *record, struct nacre_err *err)
{
	return put_text(record, &parse->pax->path, &parse->pax->path_len, err);
}

static int put_link(struct parse *parse, const struct record *record, struct nacre_err *err)
{
	return put_text(record, &parse->pax->link, &parse->pax->link_len, err);
}

static int put_number(
	const struct record *record, bool *has, uint64_t *out_value, struct nacre_err *err)
{
	if (!nacre_number_parse(record->value, record->len, out_value))
		return nacre_fail(err, NACRE_E_FORMAT, "pax %.*s is not a number of 64 bits",
			(int)record->key_len, record->key);
	*has = true;
	return 0;
}

static int put_size(struct parse *parse, const struct record *record, struct nacre_err *err)
{
	return put_number(record, &parse->pax->has_size, &parse->pax->size_bytes, err);
}

static int put_uid(struct parse *parse, const struct record *record, struct nacre_err *err)
{
	return put_number(record, &parse->pax->has_uid, &parse->pax->uid, err);
}

static int put_gid(struct parse *parse, const struct record *record, struct nacre_err *err)
{
	return put_number(record, &parse->pax->has_gid, &parse->pax->gid, err);
}

/* "-1.5" is half a second before -1: whole seconds are counted down, nanoseconds forward. */
static int put_mtime(struct parse *parse, const struct record *record, struct nacre_err *err)
{
	const char *at = record->value, *end = at + record->len, *dot;
	bool is_negative = at < end && *at == '-', counts_down;
	uint64_t seconds = 0, ns = 0;
	size_t digits = 0;

	at += is_negative;
	dot = memchr(at, '.', (size_t)(end - at));
	if (!nacre_number_parse(at, (size_t)((dot ? dot : end) - at), &seconds))
		return nacre_fail(err, NACRE_E_FORMAT, "pax mtime is not a time");
	for (at = dot ? dot + 1 : end; at < end; at++) {
		if (*at < '0' || *at > '9')
			return nacre_fail(err, NACRE_E_FORMAT, "pax mtime is not a time");
		if (digits++ < 9)
			ns = ns * 10 + (uint64_t)(*at - '0');
	}
	for (; digits < 9; digits++)
		ns *= 10;
	counts_down = is_negative && ns > 0;
	if (seconds > (uint64_t)INT64_MAX + is_negative - counts_down)
		return nacre_fail(err, NACRE_E_FORMAT, "pax mtime is not a time");
	if (counts_down) {
		seconds++;
		ns = 1000000000 - ns;
	}
	parse->pax->has_mtime = true;
	parse->pax->mtime_s = (int64_t)(is_negative ? -seconds : seconds);
	parse->pax->mtime_ns = (uint32_t)ns;
	return 0;
}

/* What one more xattr would make of each. */
static int check_xattr(
	const struct parse *parse, size_t name_len, size_t len, struct nacre_err *err)
{
	const struct nacre_limits *limits = parse->limits;
	const struct {
		uint64_t got, most;
		const char *what, *limit;
	} rows[] = {
		{ parse->pax->xattr_count + 1, limits->xattrs, "xattrs", "xattrs" },
		{ name_len, limits->xattr_name_bytes, "bytes of an xattr's name",
			"xattr-name-bytes" },
		{ len, limits->xattr_value_bytes, "bytes of an xattr's value",
			"xattr-value-bytes" },
		{ parse->pax->xattr_bytes, limits->xattr_bytes, "bytes of xattrs", "xattr-bytes" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (rows[i].got > rows[i].most)
			return nacre_fail(err, NACRE_E_LIMIT, "more than %llu %s (limit %s)",
				(unsigned long long)rows[i].most, rows[i].what, rows[i].limit);
	}
	return 0;
}

static int put_xattr(struct parse *parse, const struct record *record, struct nacre_err *err)
{
	const char *name = record->key + strlen(XATTR_PREFIX);
	size_t name_len = record->key_len - strlen(XATTR_PREFIX);
	struct nacre_pax *pax = parse->pax;
	int rc;

	if (name_len == 0)
		return nacre_fail(err, NACRE_E_FORMAT, "an xattr without a name");
	pax->xattr_bytes += name_len + record->len;
	rc = check_xattr(parse, name_len, record->len, err);
	if (rc)
		return rc;
	if (pax->xattr_count == parse->xattr_room) {
		size_t room = parse->xattr_room ? parse->xattr_room * 2 : 4;
		struct nacre_xattr *more = nacre_arena_new(parse->arena, room * sizeof(*more));

		if (!more)
			return nacre_fail_nomem(err);
		if (pax->xattr_count)
			memcpy(more, pax->xattrs, pax->xattr_count * sizeof(*more));
		pax->xattrs = more;
		parse->xattr_room = room;
	}
	/* key_len is where the "=" was, which nacre_pax_parse has made a NUL. */
	pax->xattrs[pax->xattr_count++] = (struct nacre_xattr){ name, record->value, record->len };
	return 0;
}

static int put_charset(struct parse *parse, const struct record *record, struct nacre_err *err)
{
	static const char *const same_bytes[] = { "BINARY", "ISO-IR 10646 2000 UTF-8" };

	(void)parse;
	for (size_t i = 0; i < 2; i++) {
		if (record->len == strlen(same_bytes[i]) &&
			memcmp(record->value, same_bytes[i], record->len) == 0)
			return 0;
	}
	return nacre_fail(err, NACRE_E_UNSUPPORTED, "pax %.*s '%.*s': names in another charset",
		(int)record->key_len, record->key, (int)(record->len < 40 ? record->len : 40),
		record->value);
}

static int refuse_sparse(struct parse *parse, const struct record *record, struct nacre_err *err)
{
	(void)parse;
	return nacre_fail(err, NACRE_E_UNSUPPORTED, "a sparse member (pax %.*s)",
		(int)(record->key_len < 80 ? record->key_len : 80), record->key);
}

/* Keys not listed (atime, ctime, comment, uname, LIBARCHIVE.…) change nothing here and are passed
 * over. */
static const struct {
	const char *key;
	bool is_prefix;
	int (*put)(struct parse *parse, const struct record *record, struct nacre_err *err);
} keys[] = {
	{ "path", false, put_path },
	{ "linkpath", false, put_link },
	{ "size", false, put_size },
	{ "uid", false, put_uid },
	{ "gid", false, put_gid },
	{ "mtime", false, put_mtime },
	{ "hdrcharset", false, put_charset },
	{ "charset", false, put_charset },
	{ XATTR_PREFIX, true, put_xattr },
	{ "GNU.sparse.", true, refuse_sparse },
	{ "SCHILY.realsize", false, refuse_sparse },
};

static int put_record(
	struct parse *parse, const struct record *record, unsigned *seen, struct nacre_err *err)
{
	if (parse->is_global) {
		if (strcmp(record->key, "comment") == 0)
			return 0;
		return nacre_fail(err, NACRE_E_UNSAFE,
			"a global pax header with '%.80s', which readers take differently",
			record->key);
	}
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		size_t len = strlen(keys[i].key);

		if (keys[i].is_prefix ? record->key_len < len : record->key_len != len)
			continue;
		if (memcmp(record->key, keys[i].key, len) != 0)
			continue;
		if (!keys[i].is_prefix && (*seen & 1U << i))
			return nacre_fail(err, NACRE_E_UNSAFE, "pax %s twice", keys[i].key);
		*seen |= 1U << i;
		return keys[i].put(parse, record, err);
	}
	return 0;
}

/* Takes one record off; FORMAT unless its length, key, "=" and newline are all where they must be.
 */
static int next_record(char **at, char *end, struct record *out_record, struct nacre_err *err)
{
	char *space = memchr(*at, ' ', (size_t)(end - *at)), *equals;
	uint64_t len = 0;

	if (!space || space == *at || **at == '0' ||
		!nacre_number_parse(*at, (size_t)(space - *at), &len) ||
		len > (uint64_t)(end - *at) || *at + len <= space + 1 || (*at)[len - 1] != '\n')
		return nacre_fail(err, NACRE_E_FORMAT, "a malformed pax record");
	equals = memchr(space + 1, '=', (size_t)(*at + len - 1 - (space + 1)));
	if (!equals || equals == space + 1 || memchr(space + 1, '\0', (size_t)(equals - space - 1)))
		return nacre_fail(err, NACRE_E_FORMAT, "a malformed pax record");
	*equals = '\0';
	out_record->key = space + 1;
	out_record->key_len = (size_t)(equals - space - 1);
	out_record->value = equals + 1;
	out_record->len = (size_t)(*at + len - 1 - (equals + 1));
	*at += len;
	return 0;
}

int nacre_pax_parse(char *body, size_t len, bool is_global, const struct nacre_limits *limits,
	struct nacre_arena *arena, struct nacre_pax *out_pax, struct nacre_err *err)
{
	struct parse parse = { out_pax, limits, arena, is_global, 0 };
	char *at = body, *end = body + len;
	unsigned seen = 0;
	int rc = 0;

	memset(out_pax, 0, sizeof(*out_pax));
	out_pax->is_there = true;
	while (rc == 0 && at < end) {
		struct record record;

		rc = next_record(&at, end, &record, err);
		if (rc == 0)
			rc = put_record(&parse, &record, &seen, err);
	}
	return rc;
}
