/* SPDX-License-Identifier: Apache-2.0 */
/** The records of one pax extended header. */
#ifndef NACRE_LAYERS_TAR_PAX_H
#define NACRE_LAYERS_TAR_PAX_H

#include "layers/tree.h"

/** What the records of an "x" header say; text and values point into the header's bytes. */
struct nacre_pax {
	bool is_there;
	const char *path; /* NULL: not said */
	size_t path_len;
	const char *link;
	size_t link_len;
	bool has_size, has_uid, has_gid, has_mtime;
	uint64_t size_bytes;
	uint64_t uid;
	uint64_t gid;
	int64_t mtime_s;
	uint32_t mtime_ns;
	struct nacre_xattr *xattrs; /* in the arena that parsing was given */
	size_t xattr_count;
	uint64_t xattr_bytes; /* their names and values */
};

/**
 * Parses the body of an "x" header (is_global: of a "g" header, where only comments are let
 * through).
 *
 * @param body   changed: names are NUL-terminated in place
 * @param arena  for the list of xattrs
 *
 * Errors: FORMAT (malformed record), UNSAFE (what readers take differently: a record twice, an
 * empty or NUL-holding path), UNSUPPORTED (sparse records), LIMIT, NOMEM. Spec: POSIX.1-2017, pax,
 * "pax Extended Header"; SCHILY.xattr as star and libarchive write it.
 */
NACRE_CHECKED int nacre_pax_parse(char *body, size_t len, bool is_global,
	const struct nacre_limits *limits, struct nacre_arena *arena, struct nacre_pax *out_pax,
	struct nacre_err *err);

#endif
