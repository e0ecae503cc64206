/* SPDX-License-Identifier: Apache-2.0 */
/* Lists and reads xattrs, by descriptor where there is one, and keeps those that are wanted. */
#include "layers/scan_xattrs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

#define LIST_BYTES 65536 /* XATTR_LIST_MAX: the kernel's own limit */

/* Newer than the headers of Debian 12. The numbers are the same everywhere but on alpha. */
#ifndef __alpha__
#ifndef SYS_getxattrat
#define SYS_getxattrat 464
#endif
#ifndef SYS_listxattrat
#define SYS_listxattrat 465
#endif
#endif

/* As linux/xattr.h of Linux 6.13 has it. */
struct value_of_xattr {
	_Alignas(8) uint64_t value;
	uint32_t size;
	uint32_t flags;
};

struct subject {
	int fd;
	int dir;
	const char *name;
};

int nacre_xattr_reader_init(struct nacre_xattr_reader *reader, const struct nacre_limits *limits,
	bool all, struct nacre_err *err)
{
	size_t most = limits->xattrs < LIST_BYTES ? (size_t)limits->xattrs : LIST_BYTES;

	*reader = (struct nacre_xattr_reader){ limits, all, NULL, NULL, NULL };
	if (limits->xattr_bytes >= SIZE_MAX)
		return nacre_fail_nomem(err);
	reader->names = malloc(LIST_BYTES);
	reader->values = malloc((size_t)limits->xattr_bytes + 1);
	reader->items = calloc(most + 1, sizeof(reader->items[0]));
	if (!reader->names || !reader->values || !reader->items) {
		nacre_xattr_reader_clear(reader);
		return nacre_fail_nomem(err);
	}
	return 0;
}

void nacre_xattr_reader_clear(struct nacre_xattr_reader *reader)
{
	free(reader->names);
	free(reader->values);
	free(reader->items);
	*reader = (struct nacre_xattr_reader){ 0 };
}

/* Before Linux 6.13 the directory's descriptor becomes a path; the last name is not followed. */
static int path_of(const struct subject *subject, char *out_path, size_t room)
{
	int len = snprintf(out_path, room, "/proc/self/fd/%d/%s", subject->dir, subject->name);

	if (len >= 0 && (size_t)len < room)
		return 0;
	errno = ENAMETOOLONG;
	return -1;
}

static ssize_t list_names(const struct subject *subject, char *names, size_t room)
{
	char path[320];

	if (subject->fd >= 0)
		return flistxattr(subject->fd, names, room);
#ifdef SYS_listxattrat
	{
		long got = syscall(SYS_listxattrat, subject->dir, subject->name,
			AT_SYMLINK_NOFOLLOW, names, room);

		if (got >= 0 || (errno != ENOSYS && errno != EPERM))
			return got;
	}
#endif
	return path_of(subject, path, sizeof(path)) < 0 ? -1 : llistxattr(path, names, room);
}

static ssize_t get_value(const struct subject *subject, const char *name, char *value, size_t room)
{
	char path[320];

	if (subject->fd >= 0)
		return fgetxattr(subject->fd, name, value, room);
#ifdef SYS_getxattrat
	{
		struct value_of_xattr args = { (uintptr_t)value,
			room < UINT32_MAX ? (uint32_t)room : UINT32_MAX, 0 };
		long got = syscall(SYS_getxattrat, subject->dir, subject->name, AT_SYMLINK_NOFOLLOW,
			name, &args, sizeof(args));

		if (got >= 0 || (errno != ENOSYS && errno != EPERM))
			return got;
	}
#endif
	return path_of(subject, path, sizeof(path)) < 0 ? -1 : lgetxattr(path, name, value, room);
}

static bool is_wanted(const struct nacre_xattr_reader *reader, const char *name)
{
	if (reader->all || strcmp(name, "security.capability") == 0)
		return true;
	return strncmp(name, "user.", 5) == 0 && strncmp(name, "user.overlay.", 13) != 0;
}

/* Puts one xattr behind the others. One that has gone since it was listed is none. */
static int take(struct nacre_xattr_reader *reader, const struct subject *subject, const char *name,
	size_t *count, size_t *used, struct nacre_err *err)
{
	uint64_t most = reader->limits->xattr_bytes, name_len = strlen(name);
	ssize_t len;

	if (*count >= reader->limits->xattrs)
		return nacre_fail(err, NACRE_E_LIMIT, "more than %llu xattrs (limit xattrs)",
			(unsigned long long)reader->limits->xattrs);
	len = get_value(subject, name, reader->values + *used, (size_t)(most - *used) + 1);
	if (len < 0 && errno == ENODATA)
		return 0;
	if (len < 0 && errno != ERANGE)
		return nacre_fail_os(err, "xattr %s", name);
	if (len < 0 || name_len + (uint64_t)len > most - *used)
		return nacre_fail(err, NACRE_E_LIMIT,
			"more than %llu bytes of xattrs (limit xattr-bytes)",
			(unsigned long long)most);
	reader->items[(*count)++] =
		(struct nacre_xattr){ name, reader->values + *used, (size_t)len };
	/* The name needs no room here, but it counts. */
	*used += (size_t)(name_len + (uint64_t)len);
	return 0;
}

int nacre_xattr_reader_read(struct nacre_xattr_reader *reader, int fd, int dir, const char *name,
	struct nacre_arena *arena, const struct nacre_xattrs **out_xattrs, struct nacre_err *err)
{
	struct subject subject = { fd, dir, name };
	ssize_t len = list_names(&subject, reader->names, LIST_BYTES);
	size_t count = 0, used = 0;

	*out_xattrs = NULL;
	if (len < 0)
		return errno == EOPNOTSUPP ? 0 : nacre_fail_os(err, "xattrs");
	for (const char *at = reader->names; at < reader->names + len; at += strlen(at) + 1) {
		int rc = is_wanted(reader, at) ? take(reader, &subject, at, &count, &used, err) : 0;

		if (rc)
			return rc;
	}
	return nacre_xattrs_make(arena, reader->items, count, out_xattrs, err);
}
