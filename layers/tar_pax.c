/* SPDX-License-Identifier: Apache-2.0 */
/* Parsing pax records: "LEN KEY=VALUE\n", where LEN counts the whole record. */
#include "layers/tar_pax.h"

#include "base/text.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define XATTR_PREFIX "SCHILY.xattr."
#define LIBARCHIVE_PREFIX "LIBARCHIVE.xattr."

struct record {
	const char *key;
	size_t key_len;
	const char *value;
	size_t len;
};

/* An xattr in libarchive's form: name and value encoded. */
struct encoded {
	struct encoded *next;
	struct record record; /* the key without what is in front */
};

struct parse {
	struct nacre_pax *pax;
	const struct nacre_limits *limits;
	struct nacre_arena *arena;
	struct nacre_lint *lint;
	bool is_global;
	size_t xattr_room;
	struct encoded *encoded;
};

static int put_text(struct parse *parse, const struct record *record, const char **where,
	size_t *out_len, struct nacre_err *err)
{
	if (record->len == 0 || memchr(record->value, '\0', record->len))
		return nacre_lint_refuse(parse->lint, NACRE_RULE_PAX_TEXT, err,
			"pax %.*s is empty or holds a NUL byte", (int)record->key_len, record->key);
	*where = record->value;
	*out_len = record->len;
	return 0;
}

static int put_path(struct parse *parse, const struct record *record, struct nacre_err *err)
{
	return put_text(parse, record, &parse->pax->path, &parse->pax->path_len, err);
}

static int put_link(struct parse *parse, const struct record *record, struct nacre_err *err)
{
	return put_text(parse, record, &parse->pax->link, &parse->pax->link_len, err);
}

static int put_number(struct parse *parse, const struct record *record, bool *has,
	uint64_t *out_value, struct nacre_err *err)
{
	if (!nacre_number_parse(record->value, record->len, out_value))
		return nacre_lint_refuse(parse->lint, NACRE_RULE_PAX_NUMBER, err,
			"pax %.*s is not a number of 64 bits", (int)record->key_len, record->key);
	*has = true;
	return 0;
}

static int put_size(struct parse *parse, const struct record *record, struct nacre_err *err)
{
	return put_number(parse, record, &parse->pax->has_size, &parse->pax->size_bytes, err);
}

static int put_uid(struct parse *parse, const struct record *record, struct nacre_err *err)
{
	return put_number(parse, record, &parse->pax->has_uid, &parse->pax->uid, err);
}

static int put_gid(struct parse *parse, const struct record *record, struct nacre_err *err)
{
	return put_number(parse, record, &parse->pax->has_gid, &parse->pax->gid, err);
}

static int put_major(struct parse *parse, const struct record *record, struct nacre_err *err)
{
	return put_number(parse, record, &parse->pax->has_major, &parse->pax->major, err);
}

static int put_minor(struct parse *parse, const struct record *record, struct nacre_err *err)
{
	return put_number(parse, record, &parse->pax->has_minor, &parse->pax->minor, err);
}

static int refuse_time(struct parse *parse, struct nacre_err *err)
{
	return nacre_lint_refuse(
		parse->lint, NACRE_RULE_PAX_NUMBER, err, "pax mtime is not a time");
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
		return refuse_time(parse, err);
	for (at = dot ? dot + 1 : end; at < end; at++) {
		if (*at < '0' || *at > '9')
			return refuse_time(parse, err);
		if (digits++ < 9)
			ns = ns * 10 + (uint64_t)(*at - '0');
	}
	for (; digits < 9; digits++)
		ns *= 10;
	counts_down = is_negative && ns > 0;
	if (seconds > (uint64_t)INT64_MAX + is_negative - counts_down)
		return refuse_time(parse, err);
	if (counts_down) {
		seconds++;
		ns = 1000000000 - ns;
	}
	parse->pax->has_mtime = true;
	parse->pax->mtime_s = (int64_t)(is_negative ? -seconds : seconds);
	parse->pax->mtime_ns = (uint32_t)ns;
	return counts_down ? nacre_lint_remark(parse->lint, NACRE_RULE_NEGATIVE_FRACTION, err,
				     "a time before 1970 with a fraction")
			   : 0;
}

/* What one more xattr would make of each; *out_fits is false for one that a lint leaves out. */
static int check_xattr(const struct parse *parse, size_t name_len, size_t len, bool *out_fits,
	struct nacre_err *err)
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

	*out_fits = true;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (rows[i].got <= rows[i].most)
			continue;
		*out_fits = false;
		return nacre_lint_refuse(parse->lint, NACRE_RULE_LIMIT, err,
			"more than %llu %s (limit %s)", (unsigned long long)rows[i].most,
			rows[i].what, rows[i].limit);
	}
	return 0;
}

static int put_xattr(struct parse *parse, const struct record *record, struct nacre_err *err)
{
	const char *name = record->key + strlen(XATTR_PREFIX);
	size_t name_len = record->key_len - strlen(XATTR_PREFIX);
	struct nacre_pax *pax = parse->pax;
	bool fits;
	int rc;

	if (name_len == 0)
		return nacre_lint_refuse(
			parse->lint, NACRE_RULE_XATTR_NAME, err, "an xattr without a name");
	pax->xattr_bytes += name_len + record->len;
	rc = check_xattr(parse, name_len, record->len, &fits, err);
	if (rc || !fits)
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

/* Judged when all records are known: bsdtar writes both forms, in any order. */
static int keep_encoded(struct parse *parse, const struct record *record, struct nacre_err *err)
{
	struct encoded *encoded = nacre_arena_new(parse->arena, sizeof(*encoded));

	if (!encoded)
		return nacre_fail_nomem(err);
	encoded->record = *record;
	encoded->record.key += strlen(LIBARCHIVE_PREFIX);
	encoded->record.key_len -= strlen(LIBARCHIVE_PREFIX);
	encoded->next = parse->encoded;
	parse->encoded = encoded;
	return 0;
}

static int put_charset(struct parse *parse, const struct record *record, struct nacre_err *err)
{
	static const char *const same_bytes[] = { "BINARY", "ISO-IR 10646 2000 UTF-8" };

	for (size_t i = 0; i < 2; i++) {
		if (record->len == strlen(same_bytes[i]) &&
			memcmp(record->value, same_bytes[i], record->len) == 0)
			return 0;
	}
	return nacre_lint_refuse(parse->lint, NACRE_RULE_PAX_CHARSET, err,
		"pax %.*s '%.*s': names in another charset", (int)record->key_len, record->key,
		(int)(record->len < 40 ? record->len : 40), record->value);
}

/* Refused when the member has its name; a map has a record for each hole. */
static int note_sparse(struct parse *parse, const struct record *record, struct nacre_err *err)
{
	(void)err;
	if (!parse->pax->sparse_key)
		parse->pax->sparse_key = record->key;
	return 0;
}

/* GNU tar puts a made-up one into the header and the path. */
static int put_sparse_name(struct parse *parse, const struct record *record, struct nacre_err *err)
{
	int rc = note_sparse(parse, record, err);

	return rc ? rc
		  : put_text(parse, record, &parse->pax->sparse_name, &parse->pax->sparse_name_len,
			    err);
}

static int pass_over(struct parse *parse, const struct record *record, struct nacre_err *err)
{
	return nacre_lint_remark(parse->lint, NACRE_RULE_PAX_PASSED_OVER, err,
		"pax %.*s is passed over", (int)(record->key_len < 80 ? record->key_len : 80),
		record->key);
}

/* Keys not listed (atime, ctime, comment, uname, …) mean the same to everybody, or nothing. */
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
	{ "SCHILY.devmajor", false, put_major },
	{ "SCHILY.devminor", false, put_minor },
	{ XATTR_PREFIX, true, put_xattr },
	{ LIBARCHIVE_PREFIX, true, keep_encoded },
	{ "GNU.sparse.name", false, put_sparse_name },
	{ "GNU.sparse.", true, note_sparse },
	{ "SCHILY.realsize", false, note_sparse },
	{ "SUN.holesdata", false, note_sparse },
	{ "SCHILY.acl.", true, pass_over },
	{ "SCHILY.fflags", false, pass_over },
	{ "RHT.security.", true, pass_over },
	{ "GNU.dumpdir", false, pass_over },
	{ "LIBARCHIVE.symlinktype", false, pass_over },
};

#define KEYS (sizeof(keys) / sizeof(keys[0]))

static int remark_case(struct parse *parse, const struct record *record, struct nacre_err *err)
{
	for (size_t i = 0; parse->lint && i < KEYS; i++) {
		size_t len = strlen(keys[i].key);

		if ((keys[i].is_prefix ? record->key_len >= len : record->key_len == len) &&
			strncasecmp(record->key, keys[i].key, len) == 0)
			return nacre_lint_remark(parse->lint, NACRE_RULE_PAX_CASE, err,
				"pax '%.80s' differs from '%s' only in case", record->key,
				keys[i].key);
	}
	return 0;
}

static int put_record(
	struct parse *parse, const struct record *record, unsigned *seen, struct nacre_err *err)
{
	if (parse->is_global) {
		if (strcmp(record->key, "comment") == 0)
			return 0;
		return nacre_lint_refuse(parse->lint, NACRE_RULE_GLOBAL, err,
			"a global pax header with '%.80s', which readers take differently",
			record->key);
	}
	for (size_t i = 0; i < KEYS; i++) {
		size_t len = strlen(keys[i].key);
		int rc = 0;

		if (keys[i].is_prefix ? record->key_len < len : record->key_len != len)
			continue;
		if (memcmp(record->key, keys[i].key, len) != 0)
			continue;
		if (!keys[i].is_prefix && (*seen & 1U << i))
			rc = nacre_lint_refuse(parse->lint, NACRE_RULE_PAX_KEY_TWICE, err,
				"pax %s twice", keys[i].key);
		*seen |= 1U << i;
		return rc ? rc : keys[i].put(parse, record, err);
	}
	return remark_case(parse, record, err);
}

/* ------------------------------------------------- xattrs in libarchive's form */

static int hex_digit(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *at = c ? strchr(digits, c >= 'A' && c <= 'F' ? c - 'A' + 'a' : c) : NULL;

	return at ? (int)(at - digits) : -1;
}

/* Whether a name as libarchive encodes it, "user.a%3Db", is this one. */
static bool same_name(const struct record *encoded, const char *name)
{
	const char *at = encoded->key, *end = at + encoded->key_len;

	for (; at < end && *name; name++) {
		int high = -1, low = -1;

		if (*at == '%' && end - at > 2) {
			high = hex_digit(at[1]);
			low = hex_digit(at[2]);
		}
		if (high >= 0 && low >= 0) {
			if ((unsigned char)*name != (high << 4 | low))
				return false;
			at += 3;
		} else if (*at++ != *name) {
			return false;
		}
	}
	return at == end && !*name;
}

/* Whether base64, as libarchive writes it without padding, stands for these bytes. */
static bool same_value(const struct record *encoded, const struct nacre_xattr *xattr)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const unsigned char *value = xattr->value;
	size_t done = 0, len = encoded->len;
	unsigned bits = 0, have = 0;

	while (len > 0 && encoded->value[len - 1] == '=')
		len--;
	for (size_t i = 0; i < len; i++) {
		const char *digit = encoded->value[i] ? strchr(digits, encoded->value[i]) : NULL;

		if (!digit)
			return false;
		bits = bits << 6 | (unsigned)(digit - digits);
		have += 6;
		if (have < 8)
			continue;
		have -= 8;
		if (done == xattr->len || value[done++] != (bits >> have & 0xff))
			return false;
	}
	return done == xattr->len;
}

static int judge_encoded(struct parse *parse, struct nacre_err *err)
{
	int rc = 0;

	for (const struct encoded *at = parse->encoded; at && rc == 0; at = at->next) {
		const struct nacre_pax *pax = parse->pax;
		size_t i = 0;

		while (i < pax->xattr_count && !same_name(&at->record, pax->xattrs[i].name))
			i++;
		if (i == pax->xattr_count)
			rc = nacre_lint_remark(parse->lint, NACRE_RULE_PAX_PASSED_OVER, err,
				"pax %s%.80s is passed over", LIBARCHIVE_PREFIX, at->record.key);
		else if (!same_value(&at->record, &pax->xattrs[i]))
			rc = nacre_lint_refuse(parse->lint, NACRE_RULE_XATTR_TWO_VALUES, err,
				"xattr '%s' has two values, one in libarchive's form",
				pax->xattrs[i].name);
	}
	return rc;
}

/* Takes one record off, unless its length, key, "=" and newline are not all where they must be. */
static bool next_record(char **at, char *end, struct record *out_record)
{
	char *space = memchr(*at, ' ', (size_t)(end - *at)), *equals;
	uint64_t len = 0;

	if (!space || space == *at || **at == '0' ||
		!nacre_number_parse(*at, (size_t)(space - *at), &len) ||
		len > (uint64_t)(end - *at) || *at + len <= space + 1 || (*at)[len - 1] != '\n')
		return false;
	equals = memchr(space + 1, '=', (size_t)(*at + len - 1 - (space + 1)));
	if (!equals || equals == space + 1 || memchr(space + 1, '\0', (size_t)(equals - space - 1)))
		return false;
	*equals = '\0';
	out_record->key = space + 1;
	out_record->key_len = (size_t)(equals - space - 1);
	out_record->value = equals + 1;
	out_record->len = (size_t)(*at + len - 1 - (equals + 1));
	*at += len;
	return true;
}

int nacre_pax_parse(char *body, size_t len, bool is_global, const struct nacre_limits *limits,
	struct nacre_arena *arena, struct nacre_lint *lint, struct nacre_pax *out_pax,
	struct nacre_err *err)
{
	struct parse parse = { .pax = out_pax,
		.limits = limits,
		.arena = arena,
		.lint = lint,
		.is_global = is_global };
	char *at = body, *end = body + len;
	unsigned seen = 0;
	int rc = 0;

	memset(out_pax, 0, sizeof(*out_pax));
	out_pax->is_there = true;
	while (rc == 0 && at < end) {
		struct record record;

		if (next_record(&at, end, &record)) {
			rc = put_record(&parse, &record, &seen, err);
		} else {
			rc = nacre_lint_refuse(
				lint, NACRE_RULE_PAX_RECORD, err, "a malformed pax record");
			at = end;
		}
	}
	return rc ? rc : judge_encoded(&parse, err);
}
