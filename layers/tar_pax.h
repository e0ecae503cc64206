/* SPDX-License-Identifier: Apache-2.0 */
/** The records of one pax extended header. */
#ifndef NACRE_LAYERS_TAR_PAX_H
#define NACRE_LAYERS_TAR_PAX_H

#include "layers/lint.h"
#include "layers/tree.h"

/** What the records of an "x" header say; text and values point into the header's bytes. */
struct nacre_pax {
	bool is_there;
	const char *path; /* NULL: not said */
	size_t path_len;
	const char *link;
	size_t link_len;
	bool has_size, has_uid, has_gid, has_mtime, has_major, has_minor;
	const char *sparse_key;	 /* one of those that a sparse member has; NULL: it is none … */
	const char *sparse_name; /* … and its name, NULL: as others have it */
	size_t sparse_name_len;
	uint64_t size_bytes;
	uint64_t uid;
	uint64_t gid;
	uint64_t major; /* libarchive's own records, for what the header has no room for */
	uint64_t minor;
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
 * @param lint   NULL: the first violation is an error
 *
 * Errors: FORMAT (malformed record), UNSAFE (what readers take differently: a record twice, an
 * empty or NUL-holding path, an xattr in two forms with two values), UNSUPPORTED (another charset),
 * LIMIT, NOMEM. Spec: POSIX.1-2017, pax, "pax Extended Header"; SCHILY.xattr as star and libarchive
 * write it.
 */
NACRE_CHECKED int nacre_pax_parse(char *body, size_t len, bool is_global,
	const struct nacre_limits *limits, struct nacre_arena *arena, struct nacre_lint *lint,
	struct nacre_pax *out_pax, struct nacre_err *err);

#endif
