/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Extended attributes by descriptor and single name: no link is followed, nothing is opened. As the
 * system calls have it, each returns -1 with errno on failure.
 */
#ifndef NACRE_LAYERS_XATTR_AT_H
#define NACRE_LAYERS_XATTR_AT_H

#include <stddef.h>
#include <sys/types.h>

/** XATTR_LIST_MAX and XATTR_SIZE_MAX: what the kernel lets a list and a value be at most. */
#define NACRE_XATTR_LIST_BYTES 65536
#define NACRE_XATTR_VALUE_BYTES 65536

/** What has the attributes. */
struct nacre_xattr_at {
	int fd;		  /* an open file or directory; -1: */
	int dir;	  /* `name` lies in it; with the name "", what was opened with O_PATH */
	const char *name; /* a single name */
};

/** Names, each with its NUL. */
ssize_t nacre_xattr_at_list(const struct nacre_xattr_at *at, char *names, size_t room);

ssize_t nacre_xattr_at_get(
	const struct nacre_xattr_at *at, const char *xattr, void *value, size_t room);

int nacre_xattr_at_set(
	const struct nacre_xattr_at *at, const char *xattr, const void *value, size_t len);
int nacre_xattr_at_remove(const struct nacre_xattr_at *at, const char *xattr);

#endif
