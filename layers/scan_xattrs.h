/* SPDX-License-Identifier: Apache-2.0 */
/** Reading the extended attributes of something on disk. */
#ifndef NACRE_LAYERS_SCAN_XATTRS_H
#define NACRE_LAYERS_SCAN_XATTRS_H

#include "layers/tree.h"

/** Room for them, kept from one file to the next. */
struct nacre_xattr_reader {
	const struct nacre_limits *limits;
	bool all; /* false: user.* without user.overlay.*, and security.capability */
	char *names;
	char *values;
	struct nacre_xattr *items;
};

/** @param limits  borrowed. Errors: NOMEM. */
NACRE_CHECKED int nacre_xattr_reader_init(struct nacre_xattr_reader *reader,
	const struct nacre_limits *limits, bool all, struct nacre_err *err);
void nacre_xattr_reader_clear(struct nacre_xattr_reader *reader);

/**
 * Reads all of them into an arena; a file system without any has none.
 *
 * @param fd    an open file or directory, or -1: then `name` in `dir`, following no link
 * Errors: LIMIT (xattrs, xattr-bytes), IO, NOMEM.
 */
NACRE_CHECKED int nacre_xattr_reader_read(struct nacre_xattr_reader *reader, int fd, int dir,
	const char *name, struct nacre_arena *arena, const struct nacre_xattrs **out_xattrs,
	struct nacre_err *err);

#endif
