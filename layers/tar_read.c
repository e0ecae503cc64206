/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The strict tar reader. A member is a header, with at most one pax header and one GNU long name
 * and long link before it. Placing members in a tree is the fold's; decompression and digests are
 * stages below.
 */
#include "layers/tar_read.h"

#include "base/path.h"
#include "base/scope.h"
#include "base/text.h"
#include "layers/tar_header.h"
#include "layers/tar_pax.h"

#include <stdlib.h>
#include <string.h>

#define TARGET_BYTES 4095 /* PATH_MAX without its NUL */
#define STAR_PREFIX 131	  /* what star leaves of it */
#define OPAQUE ".wh..wh..opq"
#define AUFS_PREFIX ".wh..wh."

struct nacre_tar_reader {
	struct nacre_source *source;
	struct nacre_limits limits;
	uint64_t offset;    /* of what is read next */
	uint64_t data_left; /* of the current member */
	unsigned padding;   /* behind its data */
	struct nacre_layer_counts counts;
	bool is_ended;
	struct nacre_lint *lint; /* NULL: the first violation is an error */

	/* Of the current member: */
	bool is_dropped; /* a lint was told that it cannot be placed */
	struct nacre_arena arena;
	struct nacre_tar_header header;
	struct nacre_pax pax;
	struct nacre_buf pax_body;
	struct nacre_buf global_body;
	struct nacre_buf long_name;
	struct nacre_buf long_link;
	bool has_long_name;
	bool has_long_link;
	char name_field[sizeof(((struct nacre_tar_header *)0)->prefix) + 1 + 100 + 1];
	char link_field[101];
	size_t path_room;
	char *path;
	char *link_path;
	char target[TARGET_BYTES + 1];
	struct nacre_member member;
};

int nacre_tar_reader_new(struct nacre_source *source, const struct nacre_limits *limits,
	struct nacre_tar_reader **out_reader, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_tar_reader_freep)
	struct nacre_tar_reader *reader = calloc(1, sizeof(*reader));

	if (!reader)
		return nacre_fail_nomem(err);
	reader->path_room = nacre_path_room(limits);
	reader->path = calloc(1, reader->path_room);
	reader->link_path = calloc(1, reader->path_room);
	if (!reader->path || !reader->link_path)
		return nacre_fail_nomem(err);
	reader->source = source;
	reader->limits = *limits;
	reader->pax_body = (struct nacre_buf)NACRE_BUF(limits->pax_bytes);
	reader->global_body = (struct nacre_buf)NACRE_BUF(limits->pax_bytes);
	reader->long_name = (struct nacre_buf)NACRE_BUF(limits->long_name_bytes);
	reader->long_link = (struct nacre_buf)NACRE_BUF(limits->long_name_bytes);
	*out_reader = nacre_steal(&reader);
	return 0;
}

void nacre_tar_reader_free(struct nacre_tar_reader *reader)
{
	if (!reader)
		return;
	nacre_arena_clear(&reader->arena);
	nacre_buf_clear(&reader->pax_body);
	nacre_buf_clear(&reader->global_body);
	nacre_buf_clear(&reader->long_name);
	nacre_buf_clear(&reader->long_link);
	free(reader->path);
	free(reader->link_path);
	free(reader);
}

void nacre_tar_reader_freep(struct nacre_tar_reader **reader)
{
	nacre_tar_reader_free(*reader);
	*reader = NULL;
}

void nacre_tar_reader_set_lint(struct nacre_tar_reader *reader, struct nacre_lint *lint)
{
	reader->lint = lint;
}

/* ------------------------------------------------------------ bytes and blocks */

static bool is_zero(const void *data, size_t len)
{
	const unsigned char *at = data;

	return len == 0 || (at[0] == 0 && memcmp(at, at + 1, len - 1) == 0);
}

/* Reads len bytes or fails: an archive may end only between members. */
static int read_exactly(
	struct nacre_tar_reader *reader, void *data, size_t len, struct nacre_err *err)
{
	size_t got = 0;
	int rc = nacre_source_read_full(reader->source, data, len, &got, err);

	reader->offset += got;
	if (rc == 0 && got < len)
		return nacre_lint_end(reader->lint, NACRE_RULE_CUT, err,
			"the archive ends in the middle of a member");
	return rc;
}

static int skip_padding(struct nacre_tar_reader *reader, struct nacre_err *err)
{
	char data[NACRE_TAR_BLOCK];
	unsigned len = reader->padding;
	int rc;

	reader->padding = 0;
	rc = read_exactly(reader, data, len, err);
	if (rc == 0 && !is_zero(data, len))
		return nacre_lint_refuse(reader->lint, NACRE_RULE_PADDING, err,
			"hidden bytes in the padding behind its data");
	return rc;
}

int nacre_tar_reader_data(struct nacre_tar_reader *reader, void *data, size_t cap, size_t *out_len,
	struct nacre_err *err)
{
	size_t want = cap < reader->data_left ? cap : (size_t)reader->data_left;
	int rc;

	*out_len = 0;
	if (want == 0)
		return 0;
	rc = nacre_source_read(reader->source, data, want, out_len, err);
	reader->offset += *out_len;
	reader->data_left -= *out_len;
	if (rc == 0 && *out_len == 0)
		return nacre_lint_end(reader->lint, NACRE_RULE_CUT, err,
			"the archive ends in the middle of a member");
	return rc;
}

static int finish_member(struct nacre_tar_reader *reader, struct nacre_err *err)
{
	char data[16384];
	uint64_t skipped = nacre_source_skip(reader->source, reader->data_left);
	int rc = 0;

	reader->offset += skipped;
	reader->data_left -= skipped;
	while (rc == 0 && reader->data_left > 0) {
		size_t got;

		rc = nacre_tar_reader_data(reader, data, sizeof(data), &got, err);
	}
	if (rc == 0 && reader->padding > 0)
		rc = skip_padding(reader, err);
	return rc;
}

static void expect_data(struct nacre_tar_reader *reader, uint64_t size_bytes)
{
	reader->data_left = size_bytes;
	reader->padding = (unsigned)(-size_bytes & (NACRE_TAR_BLOCK - 1));
}

/* Only zeros may follow the first zero block, as many as there are. */
static int read_to_end(struct nacre_tar_reader *reader, struct nacre_err *err)
{
	char data[16384];
	uint64_t begin = reader->offset;
	bool is_told = false;

	for (;;) {
		size_t got = 0;
		int rc = nacre_source_read(reader->source, data, sizeof(data), &got, err);

		if (rc)
			return rc;
		if (got == 0)
			break;
		if (!is_told && !is_zero(data, got)) {
			rc = nacre_lint_refuse(reader->lint, NACRE_RULE_BEHIND_END, err,
				"hidden bytes behind the end of the archive, after byte %llu",
				(unsigned long long)reader->offset);
			if (rc)
				return rc;
			is_told = true;
		}
		reader->offset += got;
	}
	reader->is_ended = true;
	if (is_told || reader->offset - begin >= NACRE_TAR_BLOCK)
		return 0;
	return nacre_lint_remark(reader->lint, NACRE_RULE_END_MISSING, err,
		"no two zero blocks at the end of the archive");
}

/* --------------------------------------------------------------------- fields */

/*
 * Octal digits with spaces or zeros in front, ended by a space, a NUL or the field's end; nothing
 * at all is zero. Or, with the first bit set, a big-endian number in two's complement ("base-256").
 */
static int parse_number(const char *field, size_t len, int64_t *out_value)
{
	const unsigned char *at = (const unsigned char *)field, *end = at + len;
	uint64_t value = 0;

	if (at[0] & 0x80) {
		bool is_negative = at[0] == 0xff;

		if (!is_negative && at[0] != 0x80)
			return NACRE_E_FORMAT;
		for (size_t i = 1; i < len; i++) {
			if (len - i >= 8 &&
				(i == len - 8 ? (at[i] & 0x80) != (is_negative ? 0x80 : 0)
					      : at[i] != (is_negative ? 0xff : 0)))
				return NACRE_E_FORMAT;
			value = value << 8 | at[i];
		}
		if (is_negative && len < 9)
			value |= ~(uint64_t)0 << 8 * (len - 1);
		*out_value = (int64_t)value;
		return 0;
	}
	while (at < end && *at == ' ')
		at++;
	for (; at < end && *at >= '0' && *at <= '7'; at++)
		value = value << 3 | (uint64_t)(*at - '0');
	for (; at < end; at++) {
		if (*at != ' ' && *at != '\0')
			return NACRE_E_FORMAT;
	}
	*out_value = (int64_t)value;
	return 0;
}

/* With a lint, what is no number is 0. */
static int get_number(const struct nacre_tar_reader *reader, const char *what, const char *field,
	size_t len, bool may_be_negative, int64_t *out_value, struct nacre_err *err)
{
	enum nacre_rule_id rule = NACRE_RULE_NUMBER;

	if (parse_number(field, len, out_value) == 0) {
		if (*out_value >= 0 || may_be_negative)
			return 0;
		rule = NACRE_RULE_NEGATIVE;
	}
	*out_value = 0;
	return nacre_lint_refuse(reader->lint, rule, err,
		rule == NACRE_RULE_NUMBER ? "its %s is not a number" : "its %s is negative", what);
}

/* Without its size nobody knows where the next header is. */
static int get_size_field(
	const struct nacre_tar_reader *reader, uint64_t *out_size, struct nacre_err *err)
{
	const struct nacre_tar_header *header = &reader->header;
	int64_t value = 0;

	if (parse_number(header->size, sizeof(header->size), &value))
		return nacre_lint_end(
			reader->lint, NACRE_RULE_NUMBER, err, "its size is not a number");
	if (value < 0)
		return nacre_lint_end(
			reader->lint, NACRE_RULE_NEGATIVE, err, "its size is negative");
	*out_size = (uint64_t)value;
	return 0;
}

static int check_sum(const struct nacre_tar_reader *reader, struct nacre_err *err)
{
	const struct nacre_tar_header *header = &reader->header;
	int32_t signed_sum = 0;
	uint32_t sum = nacre_tar_checksum(header, &signed_sum);
	int64_t want = 0;

	if (header->checksum[0] & 0x80 ||
		parse_number(header->checksum, sizeof(header->checksum), &want) ||
		(want != (int64_t)sum && want != signed_sum))
		return nacre_lint_end(reader->lint, NACRE_RULE_CHECKSUM, err,
			"byte %llu: a tar header with a wrong checksum",
			(unsigned long long)(reader->offset - NACRE_TAR_BLOCK));
	return 0;
}

enum dialect {
	V7,
	USTAR,
	GNU,
	STAR,
};

static int get_dialect(
	const struct nacre_tar_reader *reader, enum dialect *out_dialect, struct nacre_err *err)
{
	const struct nacre_tar_header *header = &reader->header;

	if (memcmp(header->magic, "ustar\0", 6) == 0 &&
		(memcmp(header->version, "00", 2) == 0 || is_zero(header->version, 2))) {
		*out_dialect = USTAR;
		if (memcmp(header->rest + 8, "tar\0", 4) != 0)
			return 0;
		*out_dialect = STAR;
		return nacre_lint_refuse(reader->lint, NACRE_RULE_STAR, err,
			"byte %llu: a header of star, whose fields lie elsewhere",
			(unsigned long long)(reader->offset - NACRE_TAR_BLOCK));
	}
	if (memcmp(header->magic, "ustar ", 6) == 0 && memcmp(header->version, " \0", 2) == 0)
		*out_dialect = GNU;
	else if (is_zero(header->magic, 6) && is_zero(header->version, 2))
		*out_dialect = V7;
	else
		return nacre_lint_end(reader->lint, NACRE_RULE_MAGIC, err,
			"byte %llu: not a tar header",
			(unsigned long long)(reader->offset - NACRE_TAR_BLOCK));
	return 0;
}

/*
 * Where ustar has its prefix, the old format has nothing and GNU has times, offsets and maps. Go
 * and Python read text there as a prefix nevertheless, because writers of theirs once put one
 * there.
 */
static int check_prefix(
	const struct nacre_tar_reader *reader, enum dialect dialect, struct nacre_err *err)
{
	const char *field = reader->header.prefix;
	int64_t time = 0;

	/* Letters are GNU's own types, which keep more there. */
	if (dialect == USTAR || dialect == STAR || reader->header.type >= 'A' ||
		is_zero(field, sizeof(reader->header.prefix)))
		return 0;
	if (dialect == GNU && parse_number(field, 12, &time) == 0 &&
		parse_number(field + 12, 12, &time) == 0 &&
		is_zero(field + 24, sizeof(reader->header.prefix) - 24))
		return nacre_lint_remark(reader->lint, NACRE_RULE_GNU_TIMES, err,
			"times where ustar has its prefix");
	return nacre_lint_refuse(reader->lint, NACRE_RULE_PREFIX, err,
		"something where ustar has its prefix, in a header that is not ustar's");
}

/* --------------------------------------- headers that belong to the next one */

static int read_body(struct nacre_tar_reader *reader, const char *what, const char *limit,
	struct nacre_buf *out_body, struct nacre_err *err)
{
	uint64_t size = 0;
	int rc = get_size_field(reader, &size, err);

	if (rc)
		return rc;
	if (size > out_body->max)
		return nacre_lint_end(reader->lint, NACRE_RULE_LIMIT, err,
			"a %s of more than %zu bytes (limit %s)", what, out_body->max, limit);
	out_body->len = 0;
	rc = nacre_buf_reserve(out_body, (size_t)size, err);
	if (rc == 0)
		rc = read_exactly(reader, out_body->data, (size_t)size, err);
	if (rc)
		return rc;
	out_body->len = (size_t)size;
	out_body->data[size] = '\0';
	reader->padding = (unsigned)(-size & (NACRE_TAR_BLOCK - 1));
	return skip_padding(reader, err);
}

static void forget_pax(struct nacre_tar_reader *reader)
{
	nacre_arena_clear(&reader->arena);
	memset(&reader->pax, 0, sizeof(reader->pax));
}

/* What is refused about where a pax header stands. */
static int check_pax_place(
	const struct nacre_tar_reader *reader, bool is_global, struct nacre_err *err)
{
	if (is_global && reader->pax.is_there)
		return nacre_lint_refuse(reader->lint, NACRE_RULE_GLOBAL_BETWEEN, err,
			"a global header behind a member's own");
	if (reader->has_long_name || reader->has_long_link)
		return nacre_lint_refuse(reader->lint,
			is_global ? NACRE_RULE_GLOBAL_BETWEEN : NACRE_RULE_PAX_AND_LONG_NAME, err,
			"a pax header and a GNU long name");
	if (reader->pax.is_there)
		return nacre_lint_refuse(
			reader->lint, NACRE_RULE_PAX_TWICE, err, "two pax headers for one member");
	return 0;
}

static int read_pax(struct nacre_tar_reader *reader, bool is_global, struct nacre_err *err)
{
	struct nacre_buf *body = is_global ? &reader->global_body : &reader->pax_body;
	struct nacre_pax pax;
	int rc = check_pax_place(reader, is_global, err);

	/* A lint goes on, with the new header in the place of the old one. */
	if (!is_global)
		forget_pax(reader);
	if (rc == 0)
		rc = read_body(reader, "pax header", "pax-bytes", body, err);
	if (rc == 0)
		rc = nacre_pax_parse(body->data, body->len, is_global, &reader->limits,
			&reader->arena, reader->lint, &pax, err);
	if (rc == 0 && !is_global)
		reader->pax = pax;
	return rc;
}

/* GNU "L" and "K": one text with a NUL behind it. */
static int read_long(struct nacre_tar_reader *reader, struct nacre_buf *out_text, bool *out_has,
	struct nacre_err *err)
{
	const char *nul;
	int rc = 0;

	if (*out_has)
		rc = nacre_lint_refuse(reader->lint, NACRE_RULE_LONG_NAME_TWICE, err,
			"two GNU long names for one member");
	else if (reader->pax.is_there)
		rc = nacre_lint_refuse(reader->lint, NACRE_RULE_PAX_AND_LONG_NAME, err,
			"a pax header and a GNU long name");
	if (rc == 0)
		rc = read_body(reader, "GNU long name", "long-name-bytes", out_text, err);
	if (rc)
		return rc;
	if (out_text->len > 0 && out_text->data[out_text->len - 1] == '\0')
		out_text->len--;
	nul = out_text->len > 0 ? memchr(out_text->data, '\0', out_text->len) : NULL;
	if (out_text->len == 0 || nul) {
		rc = nacre_lint_refuse(reader->lint, NACRE_RULE_LONG_NAME, err,
			"a GNU long name that is empty or holds a NUL byte");
		out_text->len = nul ? (size_t)(nul - out_text->data) : 0;
	}
	*out_has = out_text->len > 0;
	return rc;
}

static void forget_member(struct nacre_tar_reader *reader)
{
	forget_pax(reader);
	reader->is_dropped = false;
	reader->has_long_name = false;
	reader->has_long_link = false;
	memset(&reader->member, 0, sizeof(reader->member));
}

/* The header block at hand, if it is one that belongs to the next. */
static int read_addition(struct nacre_tar_reader *reader, bool *out_is_one, struct nacre_err *err)
{
	int rc;

	*out_is_one = true;
	switch (reader->header.type) {
	case 'x':
		rc = read_pax(reader, false, err);
		break;
	case 'g':
		rc = read_pax(reader, true, err);
		break;
	case 'L':
		rc = read_long(reader, &reader->long_name, &reader->has_long_name, err);
		break;
	case 'K':
		rc = read_long(reader, &reader->long_link, &reader->has_long_link, err);
		break;
	default:
		*out_is_one = false;
		return 0;
	}
	return rc ? nacre_within(err, rc, "before byte %llu", (unsigned long long)reader->offset)
		  : 0;
}

static int end_archive(struct nacre_tar_reader *reader, struct nacre_err *err)
{
	bool is_pending = reader->pax.is_there || reader->has_long_name || reader->has_long_link;
	int rc = nacre_lint_about_member(reader->lint, reader->offset, NULL, err);

	if (rc == 0 && is_pending)
		rc = nacre_lint_refuse(reader->lint, NACRE_RULE_HEADER_ALONE, err,
			"the archive ends behind a header that belongs to a member");
	return rc ? rc : read_to_end(reader, err);
}

/*
 * Reads up to the header of a member proper, through those that only add to it.
 *
 * *out_found is false at the end of the archive.
 */
static int read_header(struct nacre_tar_reader *reader, enum dialect *out_dialect, bool *out_found,
	struct nacre_err *err)
{
	*out_found = false;
	for (;;) {
		size_t got = 0;
		bool is_addition = false;
		int rc = nacre_source_read_full(
			reader->source, &reader->header, NACRE_TAR_BLOCK, &got, err);

		if (rc)
			return rc;
		nacre_lint_hold(reader->lint, reader->offset);
		reader->offset += got;
		if (got > 0 && got < NACRE_TAR_BLOCK)
			return nacre_lint_end(reader->lint, NACRE_RULE_CUT, err,
				"the archive ends in the middle of a header");
		if (got == 0 || is_zero(&reader->header, NACRE_TAR_BLOCK))
			return end_archive(reader, err);
		rc = check_sum(reader, err);
		if (rc == 0)
			rc = get_dialect(reader, out_dialect, err);
		if (rc == 0)
			rc = read_addition(reader, &is_addition, err);
		if (rc)
			return rc;
		if (!is_addition) {
			*out_found = true;
			return 0;
		}
	}
}

/* ---------------------------------------------------------------------- names */

static void get_name(struct nacre_tar_reader *reader, enum dialect dialect, const char **out_name,
	size_t *out_len)
{
	const struct nacre_tar_header *header = &reader->header;
	char *at = reader->name_field;

	if (reader->pax.sparse_name) {
		*out_name = reader->pax.sparse_name;
		*out_len = reader->pax.sparse_name_len;
		return;
	}
	if (reader->pax.path) {
		*out_name = reader->pax.path;
		*out_len = reader->pax.path_len;
		return;
	}
	if (reader->has_long_name) {
		*out_name = reader->long_name.data;
		*out_len = reader->long_name.len;
		return;
	}
	if ((dialect == USTAR || dialect == STAR) && header->prefix[0]) {
		size_t room = dialect == STAR ? STAR_PREFIX : sizeof(header->prefix);

		at = mempcpy(at, header->prefix, strnlen(header->prefix, room));
		*at++ = '/';
	}
	at = mempcpy(at, header->name, strnlen(header->name, sizeof(header->name)));
	*at = '\0';
	*out_name = reader->name_field;
	*out_len = (size_t)(at - reader->name_field);
}

static void get_link(struct nacre_tar_reader *reader, const char **out_link, size_t *out_len)
{
	const struct nacre_tar_header *header = &reader->header;
	size_t len = strnlen(header->link, sizeof(header->link));

	if (reader->pax.link) {
		*out_link = reader->pax.link;
		*out_len = reader->pax.link_len;
	} else if (reader->has_long_link) {
		*out_link = reader->long_link.data;
		*out_len = reader->long_link.len;
	} else {
		memcpy(reader->link_field, header->link, len);
		reader->link_field[len] = '\0';
		*out_link = reader->link_field;
		*out_len = len;
	}
}

static bool has_prefix(const char *text, const char *prefix)
{
	return strncmp(text, prefix, strlen(prefix)) == 0;
}

/* Whether a directory on the way to the leaf, or with `with_leaf` the leaf too, begins with a
 * prefix. */
static bool has_component(const char *path, const char *prefix, bool with_leaf)
{
	for (const char *at = path; at; at = strchr(at, '/')) {
		at += *at == '/';
		if (has_prefix(at, prefix) && (with_leaf || strchr(at, '/')))
			return true;
	}
	return false;
}

/* A file that AUFS kept for the names it has elsewhere, which are hard links to it. */
static bool is_aufs_link_target(const char *path)
{
	size_t len = strlen(NACRE_AUFS_LINKS "/");

	return has_prefix(path, NACRE_AUFS_LINKS "/") && !strchr(path + len, '/') &&
		!has_prefix(path + len, NACRE_WHITEOUT_PREFIX);
}

/*
 * Turns ".wh." names into what they mean.
 *
 * *out_ignored is true for what AUFS left behind, which was never part of any image.
 */
static int place_whiteout(
	struct nacre_tar_reader *reader, char type, bool *out_ignored, struct nacre_err *err)
{
	size_t leaf_at = nacre_path_leaf(reader->path);
	char *leaf = reader->path + leaf_at;
	const char *hidden = leaf + strlen(NACRE_WHITEOUT_PREFIX);
	bool is_opaque = strcmp(leaf, OPAQUE) == 0;

	if (!has_component(reader->path, NACRE_WHITEOUT_PREFIX, true))
		return 0;
	if (has_component(reader->path, OPAQUE "/", true))
		return nacre_lint_drop(reader->lint, NACRE_RULE_WHITEOUT_DIRECTORY, err,
			"a directory whose name begins with '.wh.'");
	if (has_component(reader->path, AUFS_PREFIX, true) && !is_opaque) {
		*out_ignored = type != '0' || !is_aufs_link_target(reader->path);
		return nacre_lint_remark(
			reader->lint, NACRE_RULE_AUFS, err, "what AUFS left behind");
	}
	if (has_component(reader->path, NACRE_WHITEOUT_PREFIX, false))
		return nacre_lint_drop(reader->lint, NACRE_RULE_WHITEOUT_DIRECTORY, err,
			"a directory whose name begins with '.wh.'");
	/*
	 * On AUFS all whiteouts are one file, and Docker wrote all but the first as links to one of
	 * the others. A link to anything else nobody has written in earnest.
	 */
	if (type != '0' &&
		(type != '1' || !has_component(reader->link_path, NACRE_WHITEOUT_PREFIX, true)))
		return nacre_lint_drop(reader->lint, NACRE_RULE_WHITEOUT_TYPE, err,
			"a whiteout that is not a regular file");
	if (reader->data_left > 0)
		return nacre_lint_drop(
			reader->lint, NACRE_RULE_WHITEOUT_DATA, err, "a whiteout with data");
	if (is_opaque) {
		reader->member.kind = NACRE_MEMBER_OPAQUE;
		reader->path[leaf_at > 0 ? leaf_at - 1 : 0] = '\0';
		return 0;
	}
	if (!*hidden || strcmp(hidden, ".") == 0 || strcmp(hidden, "..") == 0)
		return nacre_lint_drop(
			reader->lint, NACRE_RULE_WHITEOUT_NAME, err, "a whiteout of no name");
	reader->member.kind = NACRE_MEMBER_WHITEOUT;
	memmove(leaf, hidden, strlen(hidden) + 1);
	return 0;
}

static int check_link_path(const struct nacre_tar_reader *reader, struct nacre_err *err)
{
	if (reader->member.kind != NACRE_MEMBER_LINK ||
		!has_component(reader->link_path, NACRE_WHITEOUT_PREFIX, true) ||
		is_aufs_link_target(reader->link_path))
		return 0;
	return nacre_lint_drop(
		reader->lint, NACRE_RULE_WHITEOUT_LINK, err, "a hard link to a whiteout");
}

/* --------------------------------------------------------------------- member */

/*
 * Type NUL is a file of old archives, and with a slash at its end a directory. Whose end: Python
 * looks at the name in the header, Go and libarchive at the one that counts.
 */
static int get_old_type(const struct nacre_tar_reader *reader, bool has_slash, char *out_type,
	struct nacre_err *err)
{
	const char *field = reader->header.name;
	size_t len = strnlen(field, sizeof(reader->header.name));
	bool field_has_slash = len > 0 && field[len - 1] == '/';

	*out_type = has_slash ? '5' : '0';
	if (has_slash == field_has_slash)
		return 0;
	return nacre_lint_refuse(reader->lint, NACRE_RULE_TWO_TYPES, err,
		"type NUL and two names, one with a slash behind it");
}

static int refuse_type(struct nacre_tar_reader *reader, char type, struct nacre_err *err)
{
	if (type == 'S')
		return nacre_lint_drop(reader->lint, NACRE_RULE_SPARSE, err, "a sparse member");
	if (type > ' ' && type < 127)
		return nacre_lint_drop(
			reader->lint, NACRE_RULE_TYPE, err, "a member of type '%c'", type);
	return nacre_lint_drop(
		reader->lint, NACRE_RULE_TYPE, err, "a member of type %d", (unsigned char)type);
}

static const char *type_word(char type)
{
	static const char *const words[] = { "file", "hard link", "symlink", "character device",
		"block device", "directory", "fifo" };

	return words[type - '0'];
}

static int get_type(struct nacre_tar_reader *reader, const char *name, size_t name_len,
	char *out_type, struct nacre_err *err)
{
	char type = reader->header.type;
	bool has_slash = name_len > 0 && name[name_len - 1] == '/';

	*out_type = '0';
	if (type == '\0')
		return get_old_type(reader, has_slash, out_type, err);
	if (type < '0' || type > '6')
		return refuse_type(reader, type, err);
	*out_type = type;
	if (has_slash && type != '5')
		return nacre_lint_refuse(reader->lint, NACRE_RULE_SLASH, err,
			"a %s with a slash behind its name", type_word(type));
	return 0;
}

static enum nacre_rule_id path_rule(int rc)
{
	return rc == NACRE_E_LIMIT     ? NACRE_RULE_LIMIT
		: rc == NACRE_E_FORMAT ? NACRE_RULE_NAME_EMPTY
				       : NACRE_RULE_DOT_DOT;
}

static int get_path(
	struct nacre_tar_reader *reader, const char *name, size_t name_len, struct nacre_err *err)
{
	int rc = nacre_path_clean_marked(name, name_len, &reader->limits, NACRE_WHITEOUT_PREFIX,
		reader->path, reader->path_room, err);

	reader->member.path = reader->path;
	if (rc)
		return nacre_lint_drop_as(reader->lint, path_rule(rc), rc, err);
	if (reader->lint && !nacre_utf8_valid(name, name_len))
		return nacre_lint_remark(
			reader->lint, NACRE_RULE_NAME_BYTES, err, "a name that is not UTF-8");
	return 0;
}

static int get_size(struct nacre_tar_reader *reader, char type, struct nacre_err *err)
{
	const struct nacre_pax *pax = &reader->pax;
	uint64_t size = 0;
	int rc = get_size_field(reader, &size, err);

	if (rc)
		return rc;
	if (pax->has_size) {
		if (size != 0 && size != pax->size_bytes)
			rc = nacre_lint_refuse(reader->lint, NACRE_RULE_TWO_SIZES, err,
				"two sizes, %llu and %llu", (unsigned long long)size,
				(unsigned long long)pax->size_bytes);
		size = pax->size_bytes;
	}
	if (rc == 0 && type != '0' && size > 0)
		rc = nacre_lint_refuse(
			reader->lint, NACRE_RULE_DATA, err, "data behind what is not a file");
	if (rc == 0 && size > reader->limits.layer_bytes)
		rc = nacre_lint_end(reader->lint, NACRE_RULE_LIMIT, err,
			"more than %llu bytes (limit layer-bytes)",
			(unsigned long long)reader->limits.layer_bytes);
	if (rc == 0)
		expect_data(reader, size);
	return rc;
}

/* Old GNU maps of holes: where 21 are not enough, more follow the header, each block saying whether
 * there is another. */
static int skip_sparse_maps(struct nacre_tar_reader *reader, struct nacre_err *err)
{
	char block[NACRE_TAR_BLOCK];
	const char *header = (const char *)&reader->header;
	bool has_more = header[482] != 0;
	int rc = 0;

	while (rc == 0 && has_more) {
		rc = read_exactly(reader, block, sizeof(block), err);
		has_more = block[504] != 0;
	}
	return rc;
}

static int get_id(const struct nacre_tar_reader *reader, const char *what, const char *field,
	bool has_pax, uint64_t pax_value, uint32_t *out_id, struct nacre_err *err)
{
	int64_t value = 0;
	int rc = get_number(reader, what, field, 8, has_pax, &value, err);

	*out_id = 0;
	if (rc)
		return rc;
	if (has_pax)
		value = pax_value > UINT32_MAX ? (int64_t)UINT32_MAX : (int64_t)pax_value;
	/* 2^32-1 means "leave as it is" to chown(2), and what is beyond would be cut. */
	if (value >= UINT32_MAX)
		return nacre_lint_refuse(
			reader->lint, NACRE_RULE_ID, err, "its %s is above 4294967294", what);
	*out_id = (uint32_t)value;
	return 0;
}

static int get_device(
	struct nacre_tar_reader *reader, struct nacre_inode *inode, struct nacre_err *err)
{
	const struct nacre_pax *pax = &reader->pax;
	int64_t major = 0, minor = 0;
	int rc = get_number(reader, "device number", reader->header.major, 8, false, &major, err);

	if (rc == 0)
		rc = get_number(
			reader, "device number", reader->header.minor, 8, false, &minor, err);
	if (rc)
		return rc;
	/* mknod(2) would cut them, to another device. */
	if (major > 0xfff || minor > 0xfffff)
		return nacre_lint_drop(reader->lint, NACRE_RULE_DEVICE, err,
			"device number %lld:%lld is beyond 4095:1048575", (long long)major,
			(long long)minor);
	inode->u.device.major = (uint32_t)major;
	inode->u.device.minor = (uint32_t)minor;
	if ((pax->has_major && pax->major != (uint64_t)major) ||
		(pax->has_minor && pax->minor != (uint64_t)minor))
		return nacre_lint_refuse(reader->lint, NACRE_RULE_TWO_DEVICES, err,
			"two device numbers, one in pax SCHILY.devmajor and devminor");
	return 0;
}

static int get_target(
	struct nacre_tar_reader *reader, struct nacre_inode *inode, struct nacre_err *err)
{
	const char *link = NULL;
	size_t len = 0;

	get_link(reader, &link, &len);
	if (len == 0 || len > TARGET_BYTES)
		return nacre_lint_drop(
			reader->lint, NACRE_RULE_TARGET, err, "a symlink target of %zu bytes", len);
	memcpy(reader->target, link, len);
	reader->target[len] = '\0';
	inode->u.target = reader->target;
	return 0;
}

static int get_link_path(struct nacre_tar_reader *reader, struct nacre_err *err)
{
	const char *link = NULL;
	size_t len = 0;
	int rc;

	get_link(reader, &link, &len);
	rc = nacre_path_clean(
		link, len, &reader->limits, reader->link_path, reader->path_room, err);
	if (rc) {
		rc = nacre_within(err, rc, "hard link target");
		return nacre_lint_drop_as(reader->lint, path_rule(rc), rc, err);
	}
	reader->member.kind = NACRE_MEMBER_LINK;
	reader->member.link_path = reader->link_path;
	return 0;
}

/* Some writers put the type's bits in the mode, too (st_mode as it is). */
static int remark_mode_type(
	const struct nacre_tar_reader *reader, int64_t mode, struct nacre_err *err)
{
	static const int64_t bits[] = { 0100000, 0100000, 0120000, 0020000, 0060000, 0040000,
		0010000 };
	char type = reader->header.type;

	if (!reader->lint || !(mode & 0170000) || type < '0' || type > '6' || type == '1' ||
		(mode & 0170000) == bits[type - '0'])
		return 0;
	return nacre_lint_remark(reader->lint, NACRE_RULE_MODE_TYPE, err,
		"mode 0%llo has the type of something else", (unsigned long long)mode);
}

static int get_attributes(
	struct nacre_tar_reader *reader, struct nacre_inode *inode, struct nacre_err *err)
{
	const struct nacre_tar_header *header = &reader->header;
	const struct nacre_pax *pax = &reader->pax;
	int64_t mode = 0, mtime = 0;
	int rc = get_number(reader, "mode", header->mode, sizeof(header->mode), false, &mode, err);

	if (rc == 0)
		rc = get_id(reader, "uid", header->uid, pax->has_uid, pax->uid, &inode->uid, err);
	if (rc == 0)
		rc = get_id(reader, "gid", header->gid, pax->has_gid, pax->gid, &inode->gid, err);
	if (rc == 0)
		rc = get_number(
			reader, "mtime", header->mtime, sizeof(header->mtime), true, &mtime, err);
	if (rc == 0)
		rc = nacre_xattrs_make(
			&reader->arena, pax->xattrs, pax->xattr_count, &inode->xattrs, err);
	if (rc == NACRE_E_UNSAFE)
		rc = nacre_lint_refuse_as(reader->lint, NACRE_RULE_XATTR_TWICE, rc, err);
	inode->mode = (uint32_t)(mode & 07777);
	inode->mtime_s = pax->has_mtime ? pax->mtime_s : mtime;
	inode->mtime_ns = pax->has_mtime ? pax->mtime_ns : 0;
	return rc ? rc : remark_mode_type(reader, mode, err);
}

static int get_inode(struct nacre_tar_reader *reader, char type, struct nacre_err *err)
{
	static const enum nacre_type types[] = { NACRE_TYPE_FILE, NACRE_TYPE_FILE,
		NACRE_TYPE_SYMLINK, NACRE_TYPE_CHAR, NACRE_TYPE_BLOCK, NACRE_TYPE_DIR,
		NACRE_TYPE_FIFO };
	struct nacre_inode *inode = &reader->member.inode;
	int rc = get_attributes(reader, inode, err);

	inode->type = types[type - '0'];
	if (rc == 0 && type == '1')
		rc = get_link_path(reader, err);
	else if (rc == 0 && type == '2')
		rc = get_target(reader, inode, err);
	else if (rc == 0 && (type == '3' || type == '4'))
		rc = get_device(reader, inode, err);
	inode->size_bytes = reader->data_left;
	if (rc == 0 && type == '0')
		inode->u.content.key = reader->offset;
	return rc;
}

static int check_root(const struct nacre_tar_reader *reader, char type, struct nacre_err *err)
{
	enum nacre_member_kind kind = reader->member.kind;

	if (reader->path[0] != '\0' || kind == NACRE_MEMBER_OPAQUE || type == '5')
		return 0;
	return nacre_lint_drop(reader->lint, NACRE_RULE_ROOT, err, "the root is not a directory");
}

/* Behind a violation that costs the member, a lint goes on: its data must be skipped, and there may
 * be more to tell. */
static int go_on(struct nacre_tar_reader *reader, int rc)
{
	int left = nacre_lint_resume(reader->lint, rc);

	reader->is_dropped |= left != rc;
	return left;
}

static int check_sparse(const struct nacre_tar_reader *reader, struct nacre_err *err)
{
	if (!reader->pax.sparse_key)
		return 0;
	return nacre_lint_drop(reader->lint, NACRE_RULE_SPARSE, err, "a sparse member (pax %.80s)",
		reader->pax.sparse_key);
}

static int make_member(struct nacre_tar_reader *reader, enum dialect dialect, const char *name,
	size_t name_len, bool *out_ignored, struct nacre_err *err)
{
	char type = 0;
	int rc = check_prefix(reader, dialect, err);

	*out_ignored = false;
	reader->is_dropped = false;
	if (rc == 0)
		rc = go_on(reader, check_sparse(reader, err));
	if (rc == 0)
		rc = go_on(reader, get_type(reader, name, name_len, &type, err));
	if (rc == 0)
		rc = go_on(reader, get_path(reader, name, name_len, err));
	if (rc == 0)
		rc = get_size(reader, type, err);
	if (rc == 0 && reader->header.type == 'S')
		rc = skip_sparse_maps(reader, err);
	if (rc == 0)
		rc = go_on(reader, get_inode(reader, type, err));
	if (rc == 0 && !reader->is_dropped)
		rc = go_on(reader, place_whiteout(reader, type, out_ignored, err));
	if (rc == 0 && !reader->is_dropped && !*out_ignored)
		rc = go_on(reader, check_link_path(reader, err));
	if (rc == 0 && !reader->is_dropped)
		rc = go_on(reader, check_root(reader, type, err));
	*out_ignored |= reader->is_dropped;
	return rc;
}

/* What its headers have said is known by now; nothing of it has been copied. */
static int count_member(struct nacre_tar_reader *reader, struct nacre_err *err)
{
	struct nacre_layer_counts *counts = &reader->counts;

	if (++counts->members > reader->limits.layer_members)
		return nacre_lint_end(reader->lint, NACRE_RULE_LIMIT, err,
			"more than %llu members (limit layer-members)",
			(unsigned long long)reader->limits.layer_members);
	counts->xattr_bytes += reader->pax.xattr_bytes;
	if (counts->xattr_bytes > reader->limits.layer_xattr_bytes)
		return nacre_lint_end(reader->lint, NACRE_RULE_LIMIT, err,
			"more than %llu bytes of xattrs in a layer (limit layer-xattr-bytes)",
			(unsigned long long)reader->limits.layer_xattr_bytes);
	return 0;
}

int nacre_tar_reader_next(struct nacre_tar_reader *reader, const struct nacre_member **out_member,
	struct nacre_err *err)
{
	int rc;

	*out_member = NULL;
	if (reader->is_ended)
		return 0;
	rc = finish_member(reader, err);
	if (rc)
		return nacre_within(err, rc, "'%s'", reader->path);
	for (;;) {
		enum dialect dialect = V7;
		const char *name = NULL;
		size_t name_len = 0;
		bool found = false, is_ignored = false;

		forget_member(reader);
		rc = read_header(reader, &dialect, &found, err);
		if (rc || !found)
			return rc;
		reader->member.offset = reader->offset - NACRE_TAR_BLOCK;
		get_name(reader, dialect, &name, &name_len);
		rc = nacre_lint_name(reader->lint, name, name_len, err);
		if (rc == 0)
			rc = count_member(reader, err);
		if (rc)
			return rc;
		rc = make_member(reader, dialect, name, name_len, &is_ignored, err);
		if (rc)
			return nacre_within(
				err, rc, "'%.*s'", (int)(name_len < 300 ? name_len : 300), name);
		if (!is_ignored)
			break;
		rc = finish_member(reader, err);
		if (rc)
			return rc;
	}
	*out_member = &reader->member;
	return 0;
}

const struct nacre_layer_counts *nacre_tar_reader_counts(const struct nacre_tar_reader *reader)
{
	return &reader->counts;
}
