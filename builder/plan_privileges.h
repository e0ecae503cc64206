/* SPDX-License-Identifier: Apache-2.0 */
/** Which capabilities the files of a tree need. */
#ifndef NACRE_BUILDER_PLAN_PRIVILEGES_H
#define NACRE_BUILDER_PLAN_PRIVILEGES_H

#include "builder/path_list.h"

/** Who makes the files. */
struct nacre_plan_maker {
	uint32_t uid; /* of what is newly made */
	uint32_t gid;
	uint32_t *groups; /* besides gid */
	size_t group_count;
	unsigned held; /* as nacre_capabilities_read() has it */
};

/** Asks the system who this process is. Errors: IO, NOMEM. */
NACRE_CHECKED int nacre_plan_maker_init(struct nacre_plan_maker *maker, struct nacre_err *err);
void nacre_plan_maker_clear(struct nacre_plan_maker *maker);

/**
 * Which files of a tree need a capability to become what the tree says.
 *
 * @param tree        as it is going to be written; inode->first is used
 * @param keep_owner  as in struct nacre_write_options
 * @param out         NACRE_PLAN_PRIVILEGES of them; the caller's to clear, also after a failure
 *
 * Errors: NOMEM.
 * Spec:   capabilities(7).
 */
NACRE_CHECKED int nacre_plan_privileges(struct nacre_tree *tree,
	const struct nacre_plan_maker *maker, bool keep_owner,
	struct nacre_plan_privilege out[NACRE_PLAN_PRIVILEGES], struct nacre_err *err);

#endif
