/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Foreign archives by libarchive, held to what it can be believed in: formats and filters asked for
 * one by one, each warning looked at, sizes and counts limited. Cleaning paths and judging what a
 * member may do is the caller's.
 *
 * Names. libarchive turns UTF-8 names (of pax and zip) into the charset of the locale, and on the
 * way into normal form C, so that two names of the archive can become one. In the "C" locale that
 * conversion fails for all but ASCII; for tar it then warns and hands on the raw bytes, which is
 * what is wanted. For zip it hands on nothing; so zip is read in C.UTF-8, and names in it are of
 * form C. The locale is the thread's, and only during calls. The price: of several warnings
 * libarchive keeps the last, so a member whose pax name is not ASCII may lose a damaged ACL unseen.
 */
#include "layers/foreign.h"

#include "base/scope.h"
#include "base/text.h"
#include "layers/posix_acl.h"

#include <archive.h>
#include <archive_entry.h>

#include <errno.h>
#include <locale.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BLOCK_BYTES ((size_t)64 << 10)
#define RATIO_FREE_BYTES ((uint64_t)64 << 20)
#define OWNER_MOST ((int64_t)4294967294) /* 4294967295 is "leave it" to chown(2) */
#define SHOWN ".255s"			 /* how much of a path a message shows */

/* What the first bytes tell. */
enum kind {
	KIND_STREAM, /* tar or cpio, perhaps compressed */
	KIND_ZIP,
	KIND_AR,
};

struct nacre_foreign {
	struct nacre_source data;
	int fd;
	uint64_t fd_bytes;
	uint64_t at; /* in fd */
	enum kind kind;
	locale_t locale;
	struct nacre_limits limits;

	struct archive *outer; /* the ar around the data of a deb; else NULL */
	struct archive *archive;
	struct archive_entry *entry;
	int failed; /* the code in err, for ever */
	struct nacre_err err;

	bool is_at_end; /* no member follows */
	uint64_t members;
	uint64_t content_bytes; /* of all members so far, as their headers have it */
	uint64_t size_bytes;	/* of this member */
	uint64_t data_at;	/* what was read of it */
	bool is_open;		/* there is a member */
	bool is_ended;		/* its data has ended */
	bool is_sparse;
	const unsigned char *run; /* data that libarchive has handed out, from data_at + hole on */
	size_t run_len;
	uint64_t hole_bytes; /* zeros before it */

	struct nacre_xattr *xattrs;
	size_t xattrs_count;
	unsigned char acls[2][NACRE_POSIX_ACL_BYTES];

	unsigned char block[BLOCK_BYTES]; /* of fd */
	unsigned char inner[BLOCK_BYTES]; /* of the data in a deb */
};

/* -------------------------------------------------------------- libarchive */

/* What libarchive has to say of a call that did not go well. */
static int fail(struct nacre_foreign *f, struct archive *a, struct nacre_err *err)
{
	const char *text = archive_error_string(a);

	if (f->failed) {
		if (err)
			*err = f->err;
		return f->failed;
	}
	if (archive_errno(a) == ENOMEM)
		return nacre_fail_nomem(err);
	return nacre_fail(
		err, NACRE_E_FORMAT, "damaged archive: %.512s", text ? text : "no reason given");
}

/* Kept for fail(): a callback can only tell libarchive that there is no more. */
static la_ssize_t refuse(struct nacre_foreign *f, struct archive *a, int code)
{
	f->failed = code;
	archive_set_error(a, EIO, "refused");
	return ARCHIVE_FATAL;
}

static int check_ratio(
	const struct nacre_foreign *f, uint64_t bytes, uint64_t packed, struct nacre_err *err)
{
	uint64_t most;

	if (bytes <= RATIO_FREE_BYTES || __builtin_mul_overflow(packed, f->limits.ratio, &most) ||
		bytes <= most)
		return 0;
	return nacre_fail(err, NACRE_E_LIMIT,
		"more than %llu times its compressed size (limit ratio)",
		(unsigned long long)f->limits.ratio);
}

static int check_stream(const struct nacre_foreign *f, struct nacre_err *err)
{
	la_int64_t got = f->archive ? archive_filter_bytes(f->archive, 0) : 0;
	uint64_t bytes = got > 0 ? (uint64_t)got : 0;

	if (bytes > f->limits.layer_bytes)
		return nacre_fail(err, NACRE_E_LIMIT, "more than %llu bytes (limit layer-bytes)",
			(unsigned long long)f->limits.layer_bytes);
	return f->kind == KIND_ZIP ? 0 : check_ratio(f, bytes, f->at, err);
}

static la_ssize_t read_fd(struct archive *a, void *user, const void **out_data)
{
	struct nacre_foreign *f = user;
	ssize_t got;
	int rc = check_stream(f, &f->err);

	if (rc)
		return refuse(f, a, rc);
	do
		got = pread(f->fd, f->block, sizeof(f->block), (off_t)f->at);
	while (got < 0 && errno == EINTR);
	if (got < 0)
		return refuse(f, a, nacre_fail_os(&f->err, "read"));
	f->at += (uint64_t)got;
	*out_data = f->block;
	return got;
}

static la_int64_t seek_fd(struct archive *a, void *user, la_int64_t offset, int whence)
{
	struct nacre_foreign *f = user;
	int64_t from = whence == SEEK_SET ? 0
		: whence == SEEK_CUR	  ? (int64_t)f->at
					  : (int64_t)f->fd_bytes;
	int64_t to;

	(void)a;
	if (__builtin_add_overflow(from, offset, &to) || to < 0 || (uint64_t)to > f->fd_bytes)
		return ARCHIVE_FATAL;
	f->at = (uint64_t)to;
	return to;
}

/* The data member of a deb is the archive inside of it. */
static la_ssize_t read_outer(struct archive *a, void *user, const void **out_data)
{
	struct nacre_foreign *f = user;
	int rc = check_stream(f, &f->err);
	la_ssize_t got;

	if (rc)
		return refuse(f, a, rc);
	got = archive_read_data(f->outer, f->inner, sizeof(f->inner));
	if (got < 0)
		return refuse(f, a, fail(f, f->outer, &f->err));
	*out_data = f->inner;
	return got;
}

typedef int support_fn(struct archive *a);

static support_fn *const stream_support[] = {
	archive_read_support_format_tar,
	archive_read_support_format_cpio,
	archive_read_support_filter_gzip,
	archive_read_support_filter_bzip2,
	archive_read_support_filter_xz,
	archive_read_support_filter_zstd,
	NULL,
};

/* By the central directory alone: what lies between the members is nobody's. */
static support_fn *const zip_support[] = { archive_read_support_format_zip_seekable, NULL };
static support_fn *const ar_support[] = { archive_read_support_format_ar, NULL };

static support_fn *const *const support_of[] = {
	[KIND_STREAM] = stream_support,
	[KIND_ZIP] = zip_support,
	[KIND_AR] = ar_support,
};

static int new_archive(
	support_fn *const *support, struct archive **out_archive, struct nacre_err *err)
{
	struct archive *a = archive_read_new();

	if (!a)
		return nacre_fail_nomem(err);
	*out_archive = a;
	for (; *support; support++) {
		/* A warning here means that it would run a program for want of a library. */
		if ((*support)(a) != ARCHIVE_OK)
			return nacre_fail(err, NACRE_E_UNSUPPORTED,
				"this libarchive lacks something: %.256s", archive_error_string(a));
	}
	return 0;
}

static int open_fd(struct nacre_foreign *f, struct archive *a, struct nacre_err *err)
{
	if (archive_read_set_read_callback(a, read_fd) != ARCHIVE_OK ||
		archive_read_set_seek_callback(a, seek_fd) != ARCHIVE_OK ||
		archive_read_set_callback_data(a, f) != ARCHIVE_OK ||
		archive_read_open1(a) != ARCHIVE_OK)
		return fail(f, a, err);
	return 0;
}

/* --------------------------------------------------------------------- deb */

/* Reads past "debian-binary" (format 2.x) up to the data, and leaves the outer archive there. */
static int find_deb_data(struct nacre_foreign *f, struct nacre_err *err)
{
	struct archive_entry *entry;
	char version[2] = "";
	int result = archive_read_next_header(f->outer, &entry);
	const char *name = result == ARCHIVE_OK ? archive_entry_pathname(entry) : NULL;

	if (!name || strcmp(name, "debian-binary") != 0)
		return nacre_fail(
			err, NACRE_E_UNSUPPORTED, "an ar archive that is no Debian package");
	if (archive_read_data(f->outer, version, sizeof(version)) != (la_ssize_t)sizeof(version) ||
		memcmp(version, "2.", 2) != 0)
		return nacre_fail(
			err, NACRE_E_UNSUPPORTED, "a Debian package of another format than 2");
	for (;;) {
		result = archive_read_next_header(f->outer, &entry);
		if (result == ARCHIVE_EOF)
			return nacre_fail(err, NACRE_E_FORMAT, "a Debian package without data");
		if (result != ARCHIVE_OK)
			return fail(f, f->outer, err);
		name = archive_entry_pathname(entry);
		if (name && strncmp(name, "data.tar", 8) == 0 && (!name[8] || name[8] == '.'))
			return 0;
	}
}

static int open_deb(struct nacre_foreign *f, struct nacre_err *err)
{
	int rc = new_archive(ar_support, &f->outer, err);

	if (rc == 0)
		rc = open_fd(f, f->outer, err);
	if (rc == 0)
		rc = find_deb_data(f, err);
	if (rc == 0)
		rc = new_archive(stream_support, &f->archive, err);
	if (rc)
		return rc;
	if (archive_read_open(f->archive, f, NULL, read_outer, NULL) != ARCHIVE_OK)
		return fail(f, f->archive, err);
	return 0;
}

/* -------------------------------------------------------------------- data */

/* The next stretch of data, or that there is none. */
static int next_run(struct nacre_foreign *f, struct nacre_err *err)
{
	const void *data;
	la_int64_t offset;
	size_t len;
	int result = archive_read_data_block(f->archive, &data, &len, &offset);
	uint64_t end;

	if (result == ARCHIVE_EOF) {
		f->is_ended = true;
		if (f->data_at < f->size_bytes && !f->is_sparse)
			return nacre_fail(err, NACRE_E_FORMAT,
				"%llu bytes less than its header has",
				(unsigned long long)(f->size_bytes - f->data_at));
		f->hole_bytes = f->size_bytes - f->data_at;
		return 0;
	}
	if (result != ARCHIVE_OK)
		return fail(f, f->archive, err);
	if (offset < 0 || (uint64_t)offset < f->data_at ||
		__builtin_add_overflow((uint64_t)offset, len, &end) || end > f->size_bytes)
		return nacre_fail(err, NACRE_E_FORMAT, "more or other bytes than its header has");
	if ((uint64_t)offset > f->data_at && !f->is_sparse)
		return nacre_fail(err, NACRE_E_FORMAT, "a hole in a file that has none");
	f->hole_bytes = (uint64_t)offset - f->data_at;
	f->run = data;
	f->run_len = len;
	return 0;
}

static int read_some(
	struct nacre_foreign *f, void *data, size_t cap, size_t *out_len, struct nacre_err *err)
{
	size_t len;

	while (f->hole_bytes == 0 && f->run_len == 0) {
		int rc = f->is_ended ? 0 : next_run(f, err);

		if (rc)
			return rc;
		if (f->is_ended && f->hole_bytes == 0)
			return 0;
	}
	if (f->hole_bytes > 0) {
		len = cap < f->hole_bytes ? cap : (size_t)f->hole_bytes;
		memset(data, 0, len);
		f->hole_bytes -= len;
	} else {
		len = cap < f->run_len ? cap : f->run_len;
		memcpy(data, f->run, len);
		f->run += len;
		f->run_len -= len;
	}
	f->data_at += len;
	*out_len = len;
	return 0;
}

static int remember(struct nacre_foreign *f, int code, struct nacre_err *err)
{
	f->failed = code;
	if (err)
		*err = f->err;
	return code;
}

static int foreign_read(
	struct nacre_source *source, void *data, size_t cap, size_t *out_len, struct nacre_err *err)
{
	struct nacre_foreign *f = (struct nacre_foreign *)source;
	locale_t before;
	int rc;

	*out_len = 0;
	if (f->failed)
		return remember(f, f->failed, err);
	if (!f->is_open)
		return nacre_fail(err, NACRE_E_ARG, "no member is open");
	if (cap == 0)
		return 0;
	before = uselocale(f->locale);
	rc = read_some(f, data, cap, out_len, &f->err);
	(void)uselocale(before);
	if (rc == 0 && !f->failed)
		return 0;
	*out_len = 0;
	rc = rc ? rc : f->failed;
	rc = nacre_within(&f->err, rc, "%" SHOWN, archive_entry_pathname(f->entry));
	return remember(f, rc, err);
}

static void foreign_free(struct nacre_source *source)
{
	(void)source; /* part of the archive */
}

struct nacre_source *nacre_foreign_data(struct nacre_foreign *foreign)
{
	return &foreign->data;
}

/* Whoever has read the last byte, but not the end, still gets what the end has to say. */
static int leave_member(struct nacre_foreign *f, struct nacre_err *err)
{
	size_t none = 0;
	char probe;
	int rc = 0;

	if (f->is_open && f->data_at == f->size_bytes && !f->is_ended)
		rc = read_some(f, &probe, 1, &none, err);
	if (rc)
		rc = nacre_within(err, rc, "%" SHOWN, archive_entry_pathname(f->entry));
	f->is_open = false;
	return rc;
}

/* ------------------------------------------------------------------ header */

/*
 * The one warning that is known to be harmless: a name that the locale has no charset for, in
 * which case the raw bytes come. Names of the owner are not used at all.
 */
static bool is_about_charset(const struct nacre_foreign *f)
{
	const char *text = archive_error_string(f->archive);

	return f->kind != KIND_ZIP && text && strstr(text, "be converted from") &&
		(strstr(text, "Pathname") || strstr(text, "Linkname") || strstr(text, "Uname") ||
			strstr(text, "Gname"));
}

static int put_type(
	struct archive_entry *entry, struct nacre_foreign_member *out_member, struct nacre_err *err)
{
	static const struct {
		unsigned mode;
		enum nacre_type type;
	} rows[] = {
		{ AE_IFREG, NACRE_TYPE_FILE },
		{ AE_IFDIR, NACRE_TYPE_DIR },
		{ AE_IFLNK, NACRE_TYPE_SYMLINK },
		{ AE_IFCHR, NACRE_TYPE_CHAR },
		{ AE_IFBLK, NACRE_TYPE_BLOCK },
		{ AE_IFIFO, NACRE_TYPE_FIFO },
	};
	unsigned mode = archive_entry_filetype(entry);

	if (archive_entry_hardlink(entry)) {
		out_member->type = NACRE_TYPE_FILE;
		out_member->is_hard_link = true;
		return 0;
	}
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (rows[i].mode == mode) {
			out_member->type = rows[i].type;
			return 0;
		}
	}
	return nacre_fail(err, NACRE_E_UNSUPPORTED, "%s",
		mode == AE_IFSOCK ? "a socket" : "a type that is not known");
}

static int check_path(
	const struct nacre_foreign *f, const char *what, const char *text, struct nacre_err *err)
{
	if (!text || !text[0])
		return nacre_fail(err, NACRE_E_FORMAT, "a member without a %s", what);
	if (strlen(text) > f->limits.path_bytes)
		return nacre_fail(err, NACRE_E_LIMIT,
			"a %s of more than %llu bytes (limit path-bytes)", what,
			(unsigned long long)f->limits.path_bytes);
	return 0;
}

static int put_link(
	struct nacre_foreign *f, struct nacre_foreign_member *out_member, struct nacre_err *err)
{
	if (out_member->is_hard_link)
		out_member->link = archive_entry_hardlink(f->entry);
	else if (out_member->type == NACRE_TYPE_SYMLINK)
		out_member->link = archive_entry_symlink(f->entry);
	else
		return 0;
	return check_path(f, "link target", out_member->link, err);
}

static int put_owner(
	struct archive_entry *entry, struct nacre_foreign_member *out_member, struct nacre_err *err)
{
	int64_t uid = archive_entry_uid(entry), gid = archive_entry_gid(entry);

	if (uid < 0 || uid > OWNER_MOST || gid < 0 || gid > OWNER_MOST)
		return nacre_fail(err, NACRE_E_UNSAFE, "owner %lld:%lld, which no file can have",
			(long long)uid, (long long)gid);
	out_member->uid = (uint32_t)uid;
	out_member->gid = (uint32_t)gid;
	return 0;
}

static int put_time(const struct nacre_foreign *f, struct nacre_foreign_member *out_member,
	struct nacre_err *err)
{
	long ns = archive_entry_mtime_nsec(f->entry);

	/* libarchive reads the times of a zip by the time zone of the environment. */
	if (f->kind == KIND_ZIP || !archive_entry_mtime_is_set(f->entry))
		return 0;
	if (ns < 0 || ns > 999999999)
		return nacre_fail(err, NACRE_E_FORMAT, "a time with %ld nanoseconds", ns);
	out_member->mtime_s = archive_entry_mtime(f->entry);
	/* libarchive makes -1 s and 0.25 s of a pax time of -1.25, and nobody says which it means.
	 */
	if (out_member->mtime_s < 0 && ns > 0)
		return nacre_fail(
			err, NACRE_E_UNSUPPORTED, "a time before 1970 with a fraction of a second");
	out_member->mtime_ns = (uint32_t)ns;
	return 0;
}

static int put_device(
	struct archive_entry *entry, struct nacre_foreign_member *out_member, struct nacre_err *err)
{
	uint64_t major, minor;

	if (out_member->type != NACRE_TYPE_CHAR && out_member->type != NACRE_TYPE_BLOCK)
		return 0;
	major = archive_entry_rdevmajor(entry);
	minor = archive_entry_rdevminor(entry);
	/* Linux has 12 and 20 bits; mknod(2) would cut the rest off and make another device. */
	if (major >> 12 || minor >> 20)
		return nacre_fail(err, NACRE_E_UNSAFE,
			"device %llu:%llu, which Linux does not have", (unsigned long long)major,
			(unsigned long long)minor);
	out_member->major = (uint32_t)major;
	out_member->minor = (uint32_t)minor;
	return 0;
}

static int put_size(
	struct nacre_foreign *f, struct nacre_foreign_member *out_member, struct nacre_err *err)
{
	int64_t size = archive_entry_size(f->entry);
	int rc = 0;

	f->size_bytes = 0;
	if (out_member->type != NACRE_TYPE_FILE)
		return 0;
	if (!archive_entry_size_is_set(f->entry)) {
		if (out_member->is_hard_link)
			return 0;
		return nacre_fail(err, NACRE_E_FORMAT, "a file without a size");
	}
	if (size < 0 ||
		__builtin_add_overflow(f->content_bytes, (uint64_t)size, &f->content_bytes) ||
		f->content_bytes > f->limits.layer_bytes)
		return nacre_fail(err, NACRE_E_LIMIT, "more than %llu bytes (limit layer-bytes)",
			(unsigned long long)f->limits.layer_bytes);
	/* The size of a stream is limited as it is read; a zip unpacks each member by itself. */
	if (f->kind == KIND_ZIP)
		rc = check_ratio(f, f->content_bytes, f->fd_bytes, err);
	if (rc)
		return rc;
	f->size_bytes = (uint64_t)size;
	out_member->size_bytes = f->size_bytes;
	return 0;
}

/* ------------------------------------------------------------------ xattrs */

/* libarchive can write each xattr twice, in two forms, and reads both: the same twice is one. */
static int add_xattr(struct nacre_foreign *f, const char *name, const void *value, size_t len,
	struct nacre_err *err)
{
	for (size_t i = 0; i < f->xattrs_count; i++) {
		const struct nacre_xattr *had = &f->xattrs[i];

		if (strcmp(had->name, name) != 0)
			continue;
		if (had->len == len && (len == 0 || memcmp(had->value, value, len) == 0))
			return 0;
		return nacre_fail(err, NACRE_E_UNSAFE, "xattr '%.255s' with two values", name);
	}
	f->xattrs[f->xattrs_count++] = (struct nacre_xattr){ name, value, len };
	return 0;
}

static int gather_acl(
	struct nacre_foreign *f, int type, struct nacre_posix_acl *acl, struct nacre_err *err)
{
	static const struct {
		int tag;
		enum nacre_posix_acl_tag got;
	} rows[] = {
		{ ARCHIVE_ENTRY_ACL_USER_OBJ, NACRE_POSIX_ACL_USER_OBJ },
		{ ARCHIVE_ENTRY_ACL_USER, NACRE_POSIX_ACL_USER },
		{ ARCHIVE_ENTRY_ACL_GROUP_OBJ, NACRE_POSIX_ACL_GROUP_OBJ },
		{ ARCHIVE_ENTRY_ACL_GROUP, NACRE_POSIX_ACL_GROUP },
		{ ARCHIVE_ENTRY_ACL_MASK, NACRE_POSIX_ACL_MASK },
		{ ARCHIVE_ENTRY_ACL_OTHER, NACRE_POSIX_ACL_OTHER },
	};
	int kind, permset, tag, id, result;
	const char *name;

	(void)archive_entry_acl_reset(f->entry, type);
	while ((result = archive_entry_acl_next(
			f->entry, type, &kind, &permset, &tag, &id, &name)) == ARCHIVE_OK) {
		size_t i = 0;
		int rc;

		while (i < sizeof(rows) / sizeof(rows[0]) && rows[i].tag != tag)
			i++;
		if (i == sizeof(rows) / sizeof(rows[0]))
			return nacre_fail(err, NACRE_E_UNSUPPORTED, "an ACL entry of another kind");
		rc = nacre_posix_acl_add(acl, rows[i].got, (unsigned)permset & 7, id, err);
		if (rc)
			return rc;
	}
	return result == ARCHIVE_EOF ? 0 : nacre_fail(err, NACRE_E_FORMAT, "a damaged ACL");
}

/* The group bits of a file with a mask are the mask's (acl(5)), which libarchive does not know. */
static void put_mask(const struct nacre_posix_acl *acl, struct nacre_foreign_member *out_member)
{
	for (size_t i = 0; i < acl->count; i++) {
		if (acl->entries[i].tag == NACRE_POSIX_ACL_MASK)
			out_member->mode = (out_member->mode & ~070U) | acl->entries[i].perm << 3;
	}
}

static int add_acls(
	struct nacre_foreign *f, struct nacre_foreign_member *out_member, struct nacre_err *err)
{
	static const struct {
		int type;
		const char *name;
	} rows[] = {
		{ ARCHIVE_ENTRY_ACL_TYPE_ACCESS, "system.posix_acl_access" },
		{ ARCHIVE_ENTRY_ACL_TYPE_DEFAULT, "system.posix_acl_default" },
	};
	int types = archive_entry_acl_types(f->entry);

	if (types & ARCHIVE_ENTRY_ACL_TYPE_NFS4)
		return nacre_fail(err, NACRE_E_UNSUPPORTED, "an NFSv4 ACL");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct nacre_posix_acl acl = { .count = 0 };
		size_t len;
		int rc;

		if (!(types & rows[i].type))
			continue;
		rc = gather_acl(f, rows[i].type, &acl, err);
		if (rc)
			return rc;
		if (rows[i].type == ARCHIVE_ENTRY_ACL_TYPE_ACCESS)
			put_mask(&acl, out_member);
		len = nacre_posix_acl_emit(&acl, f->acls[i]);
		rc = add_xattr(f, rows[i].name, f->acls[i], len, err);
		if (rc)
			return rc;
	}
	return 0;
}

static int put_xattrs(
	struct nacre_foreign *f, struct nacre_foreign_member *out_member, struct nacre_err *err)
{
	int left = archive_entry_xattr_reset(f->entry);
	uint64_t bytes = 0;
	int rc = 0;

	f->xattrs_count = 0;
	/* Each may be there twice, see add_xattr(). */
	if (left < 0 || (uint64_t)left > 2 * f->limits.xattrs)
		return nacre_fail(err, NACRE_E_LIMIT, "more than %llu xattrs (limit xattrs)",
			(unsigned long long)f->limits.xattrs);
	free(f->xattrs);
	f->xattrs = calloc((size_t)left + 2, sizeof(*f->xattrs));
	if (!f->xattrs)
		return nacre_fail_nomem(err);
	while (rc == 0 && left-- > 0) {
		const char *name = NULL;
		const void *value = NULL;
		size_t len = 0;

		if (archive_entry_xattr_next(f->entry, &name, &value, &len) != ARCHIVE_OK || !name)
			return nacre_fail(err, NACRE_E_FORMAT, "a damaged xattr");
		rc = add_xattr(f, name, value, len, err);
	}
	if (rc == 0)
		rc = add_acls(f, out_member, err);
	if (rc)
		return rc;
	for (size_t i = 0; i < f->xattrs_count; i++)
		bytes += strlen(f->xattrs[i].name) + f->xattrs[i].len;
	if (f->xattrs_count > f->limits.xattrs)
		return nacre_fail(err, NACRE_E_LIMIT, "more than %llu xattrs (limit xattrs)",
			(unsigned long long)f->limits.xattrs);
	if (bytes > f->limits.xattr_bytes)
		return nacre_fail(err, NACRE_E_LIMIT,
			"xattrs of more than %llu bytes (limit xattr-bytes)",
			(unsigned long long)f->limits.xattr_bytes);
	out_member->xattrs = f->xattrs;
	out_member->xattrs_count = f->xattrs_count;
	return 0;
}

/* -------------------------------------------------------------------- next */

static int put_member(
	struct nacre_foreign *f, struct nacre_foreign_member *out_member, struct nacre_err *err)
{
	int rc;

	if (archive_entry_is_encrypted(f->entry))
		return nacre_fail(err, NACRE_E_UNSUPPORTED, "encrypted");
	out_member->mode = archive_entry_perm(f->entry) & 07777;
	rc = put_type(f->entry, out_member, err);
	if (rc == 0)
		rc = put_link(f, out_member, err);
	if (rc == 0)
		rc = put_owner(f->entry, out_member, err);
	if (rc == 0)
		rc = put_time(f, out_member, err);
	if (rc == 0)
		rc = put_device(f->entry, out_member, err);
	if (rc == 0)
		rc = put_size(f, out_member, err);
	if (rc == 0)
		rc = put_xattrs(f, out_member, err);
	return rc;
}

/* `result` is what libarchive said of the header. */
static int take_header(struct nacre_foreign *f, int result, struct nacre_foreign_member *out_member,
	struct nacre_err *err)
{
	const char *path = archive_entry_pathname(f->entry);
	int rc;

	if (result == ARCHIVE_OK || (result == ARCHIVE_WARN && is_about_charset(f)))
		rc = 0;
	else
		rc = fail(f, f->archive, err);
	if (rc)
		return path ? nacre_within(err, rc, "%" SHOWN, path) : rc;
	rc = check_path(f, "path", path, err);
	if (rc)
		return path && path[0] ? nacre_within(err, rc, "%" SHOWN, path) : rc;
	if (++f->members > f->limits.layer_members)
		return nacre_fail(err, NACRE_E_LIMIT,
			"more than %llu members (limit layer-members)",
			(unsigned long long)f->limits.layer_members);
	rc = put_member(f, out_member, err);
	if (rc)
		return nacre_within(err, rc, "%" SHOWN, path);
	out_member->path = path;
	f->is_sparse = archive_entry_sparse_reset(f->entry) > 0;
	f->data_at = 0;
	f->hole_bytes = 0;
	f->run_len = 0;
	f->is_ended = false;
	f->is_open = true;
	return 0;
}

static int next_member(struct nacre_foreign *f, struct nacre_foreign_member *out_member,
	bool *out_has, struct nacre_err *err)
{
	int result, rc = leave_member(f, err);

	if (rc || f->is_at_end)
		return rc;
	result = archive_read_next_header(f->archive, &f->entry);
	rc = check_stream(f, err);
	if (rc)
		return rc;
	f->is_at_end = result == ARCHIVE_EOF;
	if (f->is_at_end)
		return 0;
	if (result != ARCHIVE_OK && result != ARCHIVE_WARN)
		return fail(f, f->archive, err);
	rc = take_header(f, result, out_member, err);
	*out_has = rc == 0;
	return rc;
}

int nacre_foreign_next(struct nacre_foreign *foreign, struct nacre_foreign_member *out_member,
	bool *out_has, struct nacre_err *err)
{
	struct nacre_foreign_member member = { .path = NULL };
	locale_t before;
	int rc;

	*out_has = false;
	if (foreign->failed)
		return remember(foreign, foreign->failed, err);
	before = uselocale(foreign->locale);
	rc = next_member(foreign, &member, out_has, &foreign->err);
	(void)uselocale(before);
	/* A read that was refused is an error, also where libarchive takes it for the end. */
	if (rc == 0 && foreign->failed) {
		*out_has = false;
		rc = foreign->failed;
	}
	if (rc)
		return remember(foreign, rc, err);
	if (*out_has)
		*out_member = member;
	return 0;
}

/* ---------------------------------------------------------- open and close */

static int look(struct nacre_foreign *f, struct nacre_err *err)
{
	static const struct {
		enum kind kind;
		size_t len;
		char magic[8];
	} rows[] = {
		{ KIND_ZIP, 4, { 'P', 'K', 3, 4 } },
		{ KIND_ZIP, 4, { 'P', 'K', 5, 6 } }, /* of no members */
		{ KIND_AR, 8, { '!', '<', 'a', 'r', 'c', 'h', '>', '\n' } },
	};
	NACRE_CLEANUP(nacre_source_freep)
	struct nacre_source *source = NULL;
	char head[8] = "";
	struct stat st;
	size_t got;
	int rc;

	if (fstat(f->fd, &st) < 0)
		return nacre_fail_os(err, "archive");
	if (!S_ISREG(st.st_mode))
		return nacre_fail(err, NACRE_E_UNSUPPORTED, "not a regular file");
	f->fd_bytes = (uint64_t)st.st_size;
	rc = nacre_source_fd(f->fd, 0, UINT64_MAX, &source, err);
	if (rc == 0)
		rc = nacre_source_read_full(source, head, sizeof(head), &got, err);
	if (rc)
		return rc;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (memcmp(head, rows[i].magic, rows[i].len) == 0)
			f->kind = rows[i].kind;
	}
	return 0;
}

static int open_kind(struct nacre_foreign *f, struct nacre_err *err)
{
	locale_t before;
	int rc = look(f, err);

	if (rc)
		return rc;
	f->locale = newlocale(LC_ALL_MASK, f->kind == KIND_ZIP ? "C.UTF-8" : "C", (locale_t)0);
	if (f->locale == (locale_t)0)
		return nacre_fail(err, NACRE_E_UNSUPPORTED, "this system has no locale C.UTF-8");
	before = uselocale(f->locale);
	if (f->kind == KIND_AR) {
		rc = open_deb(f, err);
	} else {
		rc = new_archive(support_of[f->kind], &f->archive, err);
		if (rc == 0)
			rc = open_fd(f, f->archive, err);
	}
	(void)uselocale(before);
	return rc;
}

int nacre_foreign_open(int fd, const struct nacre_limits *limits,
	struct nacre_foreign **out_foreign, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_foreign_freep)
	struct nacre_foreign *f = calloc(1, sizeof(*f));
	int rc;

	if (!f)
		return nacre_fail_nomem(err);
	f->data = (struct nacre_source){ foreign_read, foreign_free };
	f->fd = fd;
	f->limits = *limits;
	rc = open_kind(f, err);
	if (rc)
		return rc;
	*out_foreign = nacre_steal(&f);
	return 0;
}

void nacre_foreign_free(struct nacre_foreign *foreign)
{
	if (!foreign)
		return;
	(void)archive_read_free(foreign->archive);
	(void)archive_read_free(foreign->outer);
	if (foreign->locale != (locale_t)0)
		freelocale(foreign->locale);
	free(foreign->xattrs);
	free(foreign);
}

void nacre_foreign_freep(struct nacre_foreign **foreign)
{
	nacre_foreign_free(*foreign);
	*foreign = NULL;
}

const char *nacre_foreign_version(void)
{
	return archive_version_string();
}
