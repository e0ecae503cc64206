/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The calls of Linux 6.13 that take a directory and a name; before it, /proc stands in: the
 * directory's descriptor becomes a path, whose last name is not followed. What was opened with
 * O_PATH no call takes: that is behind its own entry in /proc, links too.
 */
#include "layers/xattr_at.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

/* Newer than the headers of Debian 12. The numbers are the same everywhere but on alpha. */
#ifndef __alpha__
#ifndef SYS_setxattrat
#define SYS_setxattrat 463
#endif
#ifndef SYS_getxattrat
#define SYS_getxattrat 464
#endif
#ifndef SYS_listxattrat
#define SYS_listxattrat 465
#endif
#ifndef SYS_removexattrat
#define SYS_removexattrat 466
#endif
#else
#define SYS_setxattrat (-1)
#define SYS_getxattrat (-1)
#define SYS_listxattrat (-1)
#define SYS_removexattrat (-1)
#endif

/* As linux/xattr.h of Linux 6.13 has it. */
struct value_of_xattr {
	_Alignas(8) uint64_t value;
	uint32_t size;
	uint32_t flags;
};

static bool is_path(const struct nacre_xattr_at *at)
{
	return at->name[0] == '\0';
}

/* What a kernel, or a seccomp filter, says to a call that it does not know. */
static bool is_unknown(long got)
{
	return got < 0 && (errno == ENOSYS || errno == EPERM);
}

static long unknown(void)
{
	errno = ENOSYS;
	return -1;
}

static int path_of(const struct nacre_xattr_at *at, char *out_path, size_t room)
{
	int len = snprintf(
		out_path, room, "/proc/self/fd/%d%s%s", at->dir, is_path(at) ? "" : "/", at->name);

	if (len >= 0 && (size_t)len < room)
		return 0;
	errno = ENAMETOOLONG;
	return -1;
}

ssize_t nacre_xattr_at_list(const struct nacre_xattr_at *at, char *names, size_t room)
{
	char path[320];
	long got;

	if (at->fd >= 0)
		return flistxattr(at->fd, names, room);
	got = is_path(at)
		? unknown()
		: syscall(SYS_listxattrat, at->dir, at->name, AT_SYMLINK_NOFOLLOW, names, room);
	if (!is_unknown(got))
		return got;
	if (path_of(at, path, sizeof(path)) < 0)
		return -1;
	return is_path(at) ? listxattr(path, names, room) : llistxattr(path, names, room);
}

ssize_t nacre_xattr_at_get(
	const struct nacre_xattr_at *at, const char *xattr, void *value, size_t room)
{
	uint32_t size = room < UINT32_MAX ? (uint32_t)room : UINT32_MAX;
	struct value_of_xattr args = { (uintptr_t)value, size, 0 };
	char path[320];
	long got;

	if (at->fd >= 0)
		return fgetxattr(at->fd, xattr, value, room);
	got = is_path(at) ? unknown()
			  : syscall(SYS_getxattrat, at->dir, at->name, AT_SYMLINK_NOFOLLOW, xattr,
				    &args, sizeof(args));
	if (!is_unknown(got))
		return got;
	if (path_of(at, path, sizeof(path)) < 0)
		return -1;
	return is_path(at) ? getxattr(path, xattr, value, room)
			   : lgetxattr(path, xattr, value, room);
}

int nacre_xattr_at_set(
	const struct nacre_xattr_at *at, const char *xattr, const void *value, size_t len)
{
	struct value_of_xattr args = { (uintptr_t)value, (uint32_t)len, 0 };
	char path[320];
	long got;

	if (len > UINT32_MAX) {
		errno = E2BIG;
		return -1;
	}
	if (at->fd >= 0)
		return fsetxattr(at->fd, xattr, value, len, 0);
	got = is_path(at) ? unknown()
			  : syscall(SYS_setxattrat, at->dir, at->name, AT_SYMLINK_NOFOLLOW, xattr,
				    &args, sizeof(args));
	if (!is_unknown(got))
		return (int)got;
	if (path_of(at, path, sizeof(path)) < 0)
		return -1;
	return is_path(at) ? setxattr(path, xattr, value, len, 0)
			   : lsetxattr(path, xattr, value, len, 0);
}

int nacre_xattr_at_remove(const struct nacre_xattr_at *at, const char *xattr)
{
	char path[320];
	long got;

	if (at->fd >= 0)
		return fremovexattr(at->fd, xattr);
	got = is_path(at)
		? unknown()
		: syscall(SYS_removexattrat, at->dir, at->name, AT_SYMLINK_NOFOLLOW, xattr);
	if (!is_unknown(got))
		return (int)got;
	if (path_of(at, path, sizeof(path)) < 0)
		return -1;
	return is_path(at) ? removexattr(path, xattr) : lremovexattr(path, xattr);
}
