/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Archives that are not layers: root file system tarballs, zip, cpio, Debian packages.
 *
 * Formats: tar (old, ustar, pax, GNU), cpio (all), zip (by its central directory), deb. Around tar
 * and cpio: gzip, bzip2, xz, zstd. What an archive is, is told from its bytes, never from its name.
 */
#ifndef NACRE_LAYERS_FOREIGN_H
#define NACRE_LAYERS_FOREIGN_H

#include "layers/tree.h"

struct nacre_foreign;

/**
 * One member, as the archive has it. `path` and `link` are the bytes of the archive: absolute,
 * with "..", not UTF-8, whatever; the caller cleans them (nacre_path_clean).
 *
 * Of a zip, two things do not come as they are: names and targets that are marked as UTF-8 are in
 * Unicode's normal form C, and times are 0, as they are in an unknown time zone.
 */
struct nacre_foreign_member {
	const char *path;
	enum nacre_type type; /* never WHITEOUT; FILE for a hard link */
	bool is_hard_link;    /* then `link` is a path in the archive; see size_bytes */
	const char *link;     /* target of a symlink or hard link; else NULL */
	uint32_t mode;	      /* 07777 */
	uint32_t uid;
	uint32_t gid;
	int64_t mtime_s;
	uint32_t mtime_ns; /* 0 … 999999999, counted forward from mtime_s */
	/**
	 * Of a file, holes included. A hard link rarely has any (cpio): then the content is that of
	 * the file it is a name of, in place of what came before.
	 */
	uint64_t size_bytes;
	uint32_t major; /* of a device; else 0 */
	uint32_t minor;
	const struct nacre_xattr *xattrs; /* as they come */
	size_t xattrs_count;
};

/**
 * Opens an archive, and of a deb its data.
 *
 * @param fd      a regular file, borrowed until free; read from its first byte on, its position
 *                neither matters nor changes
 * @param limits  none of its members zero; of it count layer_bytes, layer_members, path_bytes,
 *                ratio, xattrs and xattr_bytes; copied
 *
 * Errors: FORMAT (no archive of these kinds, or damaged), UNSUPPORTED (an ar archive that is no
 * deb), LIMIT, IO, NOMEM.
 */
NACRE_CHECKED int nacre_foreign_open(int fd, const struct nacre_limits *limits,
	struct nacre_foreign **out_foreign, struct nacre_err *err);

/**
 * The next member, in the order of the archive. What was not read of the last one is skipped.
 *
 * POSIX ACLs are handed on as the xattrs system.posix_acl_access and system.posix_acl_default;
 * ACLs of other kinds are refused, as are members that libarchive has a doubt about.
 *
 * @param out_member  valid until the next call
 * @param out_has     false: the archive has ended, and *out_member is left alone
 *
 * Errors: FORMAT, UNSUPPORTED (encrypted, a socket, an unknown type, other ACLs, a time
 * before 1970 with a fraction), UNSAFE (an owner
 * or device number that no Linux has), LIMIT (the limit is named), IO, NOMEM. They name the member
 * as soon as its name is known.
 */
NACRE_CHECKED int nacre_foreign_next(struct nacre_foreign *foreign,
	struct nacre_foreign_member *out_member, bool *out_has, struct nacre_err *err);

/**
 * The content of the member that nacre_foreign_next() has just given: exactly size_bytes, holes as
 * zeros. Borrowed from `foreign`, which it must not outlive; reads fail with ARG once the next
 * member was asked for. Empty for what has no content.
 *
 * Reads: FORMAT (damaged, or not of size_bytes), LIMIT, IO, NOMEM; they name the member.
 */
struct nacre_source *nacre_foreign_data(struct nacre_foreign *foreign);

void nacre_foreign_free(struct nacre_foreign *foreign);
void nacre_foreign_freep(struct nacre_foreign **foreign);

/** Of the library that reads archives: "libarchive 3.6.2". */
const char *nacre_foreign_version(void);

#endif
