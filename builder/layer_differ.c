/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two layers side by side: member by member, then byte by byte of the archives, then of the blobs.
 */
#include "builder/layer_differ.h"

#include "base/scope.h"
#include "layers/tar_read.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define CHUNK 65536

/* One of the two, as an archive. */
struct side {
	struct nacre_source *blob;
	struct nacre_source *tar;
	struct nacre_tar_reader *reader;
	const struct nacre_member *member; /* NULL: there is no further one */
};

static void side_clear(struct side *side)
{
	nacre_tar_reader_freep(&side->reader);
	nacre_source_freep(&side->tar);
	nacre_source_freep(&side->blob);
}

static int side_open(struct side *side, const struct nacre_layer_file *file, enum nacre_codec codec,
	const struct nacre_limits *limits, struct nacre_err *err)
{
	int rc = nacre_source_fd(file->fd, 0, file->size_bytes, &side->blob, err);

	if (rc == 0)
		rc = nacre_decode_new(codec, side->blob, limits, &side->tar, err);
	return rc ? rc : nacre_tar_reader_new(side->tar, limits, &side->reader, err);
}

struct comparison {
	struct side one;
	struct side two;
	struct nacre_layer_difference *found;
	bool is_found;
};

static void comparison_clear(struct comparison *c)
{
	side_clear(&c->one);
	side_clear(&c->two);
}

static void NACRE_PRINTF(2, 3) tell(struct comparison *c, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(c->found->text, sizeof(c->found->text), fmt, ap);
	va_end(ap);
	c->is_found = true;
}

/* ------------------------------------------------------------------ fields */

static const char *kind_of(const struct nacre_member *member)
{
	switch (member->kind) {
	case NACRE_MEMBER_LINK:
		return "hard link";
	case NACRE_MEMBER_WHITEOUT:
		return "whiteout";
	case NACRE_MEMBER_OPAQUE:
		return "opaque whiteout";
	default:
		return nacre_type_name(member->inode.type);
	}
}

static void compare_number(
	struct comparison *c, const char *field, const char *path, uint64_t a, uint64_t b)
{
	if (!c->is_found && a != b)
		tell(c, "'%.200s': %s %" PRIu64 ", and %" PRIu64 " the second time", path, field, a,
			b);
}

static void compare_text(
	struct comparison *c, const char *field, const char *path, const char *a, const char *b)
{
	if (!c->is_found && strcmp(a, b) != 0)
		tell(c, "'%.200s': %s '%.80s', and '%.80s' the second time", path, field, a, b);
}

static void compare_xattrs(struct comparison *c, const char *path, const struct nacre_xattrs *a,
	const struct nacre_xattrs *b)
{
	size_t count = a ? a->count : 0, other = b ? b->count : 0;

	for (size_t i = 0; !c->is_found && (i < count || i < other); i++) {
		const struct nacre_xattr *x = i < count ? &a->items[i] : NULL,
					 *y = i < other ? &b->items[i] : NULL;

		if (!x || !y || strcmp(x->name, y->name) != 0)
			tell(c, "'%.200s': xattr '%.80s', and '%.80s' the second time", path,
				x ? x->name : "none", y ? y->name : "none");
		else if (x->len != y->len || memcmp(x->value, y->value, x->len) != 0)
			tell(c, "'%.200s': another value of the xattr '%.80s'", path, x->name);
	}
}

static void compare_inodes(struct comparison *c, const char *path, const struct nacre_inode *a,
	const struct nacre_inode *b)
{
	if (a->mode != b->mode)
		tell(c, "'%.200s': mode %04o, and %04o the second time", path, a->mode, b->mode);
	compare_number(c, "uid", path, a->uid, b->uid);
	compare_number(c, "gid", path, a->gid, b->gid);
	if (!c->is_found && (a->mtime_s != b->mtime_s || a->mtime_ns != b->mtime_ns))
		tell(c, "'%.200s': mtime %" PRId64 ".%09u, and %" PRId64 ".%09u the second time",
			path, a->mtime_s, a->mtime_ns, b->mtime_s, b->mtime_ns);
	compare_xattrs(c, path, a->xattrs, b->xattrs);
	if (a->type == NACRE_TYPE_SYMLINK)
		compare_text(c, "target", path, a->u.target, b->u.target);
	if (a->type == NACRE_TYPE_CHAR || a->type == NACRE_TYPE_BLOCK) {
		compare_number(c, "major", path, a->u.device.major, b->u.device.major);
		compare_number(c, "minor", path, a->u.device.minor, b->u.device.minor);
	}
	if (a->type == NACRE_TYPE_FILE)
		compare_number(c, "size", path, a->size_bytes, b->size_bytes);
}

/* ------------------------------------------------------------------- bytes */

typedef int read_fn(void *from, void *data, size_t cap, size_t *out_len, struct nacre_err *err);

static int read_member(void *from, void *data, size_t cap, size_t *out_len, struct nacre_err *err)
{
	return nacre_tar_reader_data(from, data, cap, out_len, err);
}

static int read_source(void *from, void *data, size_t cap, size_t *out_len, struct nacre_err *err)
{
	return nacre_source_read(from, data, cap, out_len, err);
}

static int fill(
	read_fn *read, void *from, unsigned char *data, size_t *out_len, struct nacre_err *err)
{
	size_t got = 1;
	int rc = 0;

	*out_len = 0;
	while (rc == 0 && got > 0 && *out_len < CHUNK) {
		rc = read(from, data + *out_len, CHUNK - *out_len, &got, err);
		*out_len += rc == 0 ? got : 0;
	}
	return rc;
}

/* @param out_at  the first byte that differs; UINT64_MAX when there is none */
static int find_byte(read_fn *read, void *one, void *two, uint64_t *out_at, int out_bytes[2],
	struct nacre_err *err)
{
	nacre_autofree unsigned char *a = malloc(CHUNK), *b = malloc(CHUNK);
	size_t a_len = 1, b_len = 1;
	uint64_t done = 0;
	int rc = a && b ? 0 : nacre_fail_nomem(err);

	*out_at = UINT64_MAX;
	while (rc == 0 && (a_len > 0 || b_len > 0)) {
		size_t i = 0;

		rc = fill(read, one, a, &a_len, err);
		if (rc == 0)
			rc = fill(read, two, b, &b_len, err);
		while (rc == 0 && i < a_len && i < b_len && a[i] == b[i])
			i++;
		if (rc == 0 && (i < a_len || i < b_len)) {
			*out_at = done + i;
			out_bytes[0] = i < a_len ? a[i] : -1;
			out_bytes[1] = i < b_len ? b[i] : -1;
			return 0;
		}
		done += a_len;
	}
	return rc;
}

static const char *name_byte(int byte, char text[16])
{
	(void)snprintf(text, 16, byte < 0 ? "the end" : "0x%02x", byte);
	return text;
}

static int compare_bytes(struct comparison *c, read_fn *read, void *one, void *two, const char *of,
	struct nacre_err *err)
{
	char a[16], b[16];
	int bytes[2] = { -1, -1 };
	uint64_t at = 0;
	int rc = find_byte(read, one, two, &at, bytes, err);

	if (rc == 0 && at != UINT64_MAX)
		tell(c, "%s: byte %" PRIu64 " is %s, and %s the second time", of, at,
			name_byte(bytes[0], a), name_byte(bytes[1], b));
	return rc;
}

/* ----------------------------------------------------------------- members */

static void set_path(struct comparison *c, const struct nacre_member *member)
{
	c->found->is_entry = true;
	(void)snprintf(c->found->path, sizeof(c->found->path), "%.*s",
		(int)sizeof(c->found->path) - 1, member->path);
}

static int compare_members(struct comparison *c, struct nacre_err *err)
{
	const struct nacre_member *a = c->one.member, *b = c->two.member;
	const char *path;
	char of[320];

	set_path(c, a ? a : b);
	path = *c->found->path ? c->found->path : "/";
	if (!a || !b || strcmp(a->path, b->path) != 0) {
		tell(c, "'%.200s' where the second time is '%.200s'", a ? a->path : "the end",
			b ? b->path : "the end");
		return 0;
	}
	compare_text(c, "a", path, kind_of(a), kind_of(b));
	if (c->is_found)
		return 0;
	if (a->kind == NACRE_MEMBER_LINK)
		compare_text(c, "linked to", path, a->link_path, b->link_path);
	if (a->kind != NACRE_MEMBER_ENTRY || c->is_found)
		return 0;
	compare_inodes(c, path, &a->inode, &b->inode);
	if (c->is_found || a->inode.type != NACRE_TYPE_FILE)
		return 0;
	(void)snprintf(of, sizeof(of), "content of '%.200s'", path);
	return compare_bytes(c, read_member, c->one.reader, c->two.reader, of, err);
}

static int compare_archives(struct comparison *c, struct nacre_err *err)
{
	do {
		int rc = nacre_tar_reader_next(c->one.reader, &c->one.member, err);

		if (rc == 0)
			rc = nacre_tar_reader_next(c->two.reader, &c->two.member, err);
		if (rc == 0 && (c->one.member || c->two.member))
			rc = compare_members(c, err);
		if (rc)
			return rc;
	} while (!c->is_found && c->one.member);
	if (!c->is_found)
		c->found->is_entry = false;
	return 0;
}

int nacre_layers_differ(const struct nacre_layer_file *one, const struct nacre_layer_file *two,
	enum nacre_codec codec, const struct nacre_limits *limits,
	struct nacre_layer_difference *out_difference, struct nacre_err *err)
{
	/* First by members; then, opened anew each time, by the bytes of the archives and blobs. */
	for (int how = 0; how < 3; how++) {
		NACRE_CLEANUP(comparison_clear)
		struct comparison c = { .found = out_difference };
		int rc = side_open(&c.one, one, codec, limits, err);

		if (rc == 0)
			rc = side_open(&c.two, two, codec, limits, err);
		if (rc == 0 && how == 0)
			rc = compare_archives(&c, err);
		else if (rc == 0)
			rc = compare_bytes(&c, read_source, how == 1 ? c.one.tar : c.one.blob,
				how == 1 ? c.two.tar : c.two.blob,
				how == 1 ? "the archive's encoding" : "the compressed blob", err);
		if (rc || c.is_found)
			return rc;
	}
	(void)snprintf(out_difference->text, sizeof(out_difference->text),
		"nothing: its bytes are the same, and its digest is not");
	return 0;
}
