/* SPDX-License-Identifier: Apache-2.0 */
/* POSIX ACLs as the kernel keeps them in xattrs. Whether an ACL makes sense is the kernel's. */
#include "layers/posix_acl.h"

#include <stdlib.h>

#define VERSION 2
#define NO_ID 0xffffffffU

int nacre_posix_acl_add(struct nacre_posix_acl *acl, enum nacre_posix_acl_tag tag, unsigned perm,
	int64_t id, struct nacre_err *err)
{
	bool wants_id = tag == NACRE_POSIX_ACL_USER || tag == NACRE_POSIX_ACL_GROUP;
	uint32_t got = wants_id ? (uint32_t)id : NO_ID;

	if (wants_id && (id < 0 || id >= NO_ID))
		return nacre_fail(err, NACRE_E_UNSUPPORTED, "an ACL for a name without a number");
	for (size_t i = 0; i < acl->count; i++) {
		if (acl->entries[i].tag == tag && acl->entries[i].id == got)
			return nacre_fail(err, NACRE_E_UNSAFE, "an ACL with an entry twice");
	}
	if (acl->count == NACRE_POSIX_ACL_ENTRIES)
		return nacre_fail(err, NACRE_E_LIMIT, "an ACL of more than %d entries",
			NACRE_POSIX_ACL_ENTRIES);
	acl->entries[acl->count++] = (struct nacre_posix_acl_entry){ tag, perm & 7, got };
	return 0;
}

static int compare(const void *left, const void *right)
{
	const struct nacre_posix_acl_entry *a = left, *b = right;

	if (a->tag != b->tag)
		return a->tag < b->tag ? -1 : 1;
	return a->id < b->id ? -1 : a->id > b->id;
}

static unsigned char *put(unsigned char *at, uint32_t value, size_t bytes)
{
	for (size_t i = 0; i < bytes; i++)
		*at++ = (unsigned char)(value >> (8 * i));
	return at;
}

size_t nacre_posix_acl_emit(
	struct nacre_posix_acl *acl, unsigned char out_value[NACRE_POSIX_ACL_BYTES])
{
	unsigned char *at = put(out_value, VERSION, 4);

	qsort(acl->entries, acl->count, sizeof(acl->entries[0]), compare);
	for (size_t i = 0; i < acl->count; i++) {
		at = put(at, acl->entries[i].tag, 2);
		at = put(at, acl->entries[i].perm, 2);
		at = put(at, acl->entries[i].id, 4);
	}
	return (size_t)(at - out_value);
}
