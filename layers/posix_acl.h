/* SPDX-License-Identifier: Apache-2.0 */
/** POSIX ACLs in the form of their xattrs, system.posix_acl_access and system.posix_acl_default. */
#ifndef NACRE_LAYERS_POSIX_ACL_H
#define NACRE_LAYERS_POSIX_ACL_H

#include "base/err.h"

enum nacre_posix_acl_tag {
	NACRE_POSIX_ACL_USER_OBJ = 0x01,
	NACRE_POSIX_ACL_USER = 0x02,
	NACRE_POSIX_ACL_GROUP_OBJ = 0x04,
	NACRE_POSIX_ACL_GROUP = 0x08,
	NACRE_POSIX_ACL_MASK = 0x10,
	NACRE_POSIX_ACL_OTHER = 0x20,
};

#define NACRE_POSIX_ACL_ENTRIES 256

struct nacre_posix_acl {
	size_t count;
	struct nacre_posix_acl_entry {
		enum nacre_posix_acl_tag tag;
		unsigned perm; /* 0 … 7 */
		uint32_t id;   /* of USER and GROUP; else 0xffffffff */
	} entries[NACRE_POSIX_ACL_ENTRIES];
};

/** The most that nacre_posix_acl_emit() writes. */
#define NACRE_POSIX_ACL_BYTES (4 + 8 * NACRE_POSIX_ACL_ENTRIES)

/**
 * Adds an entry.
 *
 * @param id  a number for USER and GROUP; not looked at for the others
 *
 * Errors: UNSUPPORTED (no number); UNSAFE (an entry twice); LIMIT (too many).
 */
NACRE_CHECKED int nacre_posix_acl_add(struct nacre_posix_acl *acl, enum nacre_posix_acl_tag tag,
	unsigned perm, int64_t id, struct nacre_err *err);

/**
 * The value of the xattr, whatever the order of adding; sorts the entries. Returns its length.
 *
 * Spec: Linux, include/uapi/linux/posix_acl_xattr.h, version 2: little endian, entries by tag, then
 *       by id.
 */
size_t nacre_posix_acl_emit(
	struct nacre_posix_acl *acl, unsigned char out_value[NACRE_POSIX_ACL_BYTES]);

#endif
