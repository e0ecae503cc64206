/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rules that the kernel holds the writer to, in the order in which it makes a file: created by
 * us, given away, then changed as somebody else's.
 */
#include "builder/plan_privileges.h"

#include "builder/capability.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct needs {
	const struct nacre_plan_maker *maker;
	bool keep_owner;
	bool is_foreign;   /* the file at hand belongs to another user */
	bool is_unrelated; /* and to a group that we are not in */
};

static bool has_prefix(const char *text, const char *prefix)
{
	return strncmp(text, prefix, strlen(prefix)) == 0;
}

static bool is_in_group(const struct nacre_plan_maker *maker, uint32_t gid)
{
	for (size_t i = 0; i < maker->group_count; i++) {
		if (maker->groups[i] == gid)
			return true;
	}
	return gid == maker->gid;
}

/* chown(2): to another user at all, or to a group that is not ours. */
static bool needs_chown(const struct needs *needs, const struct nacre_inode *inode)
{
	(void)inode;
	return needs->is_foreign || needs->is_unrelated;
}

static bool has_user_xattr(const struct nacre_inode *inode)
{
	for (size_t i = 0; inode->xattrs && i < inode->xattrs->count; i++) {
		if (has_prefix(inode->xattrs->items[i].name, "user."))
			return true;
	}
	return false;
}

/* xattr(7): a user.* attribute wants the right to write, and new files are 0600. */
static bool needs_dac_override(const struct needs *needs, const struct nacre_inode *inode)
{
	bool may_have = inode->type == NACRE_TYPE_FILE || inode->type == NACRE_TYPE_DIR;

	return needs->is_foreign && may_have && has_user_xattr(inode);
}

/* chmod(2), utimensat(2): what was given away is changed by its owner alone. */
static bool needs_fowner(const struct needs *needs, const struct nacre_inode *inode)
{
	(void)inode;
	return needs->is_foreign;
}

/* chmod(2): setgid is taken away where the group is not ours. */
static bool needs_fsetid(const struct needs *needs, const struct nacre_inode *inode)
{
	return needs->is_unrelated && (inode->mode & 02000) && inode->type != NACRE_TYPE_SYMLINK;
}

static bool needs_mknod(const struct needs *needs, const struct nacre_inode *inode)
{
	(void)needs;
	return inode->type == NACRE_TYPE_CHAR || inode->type == NACRE_TYPE_BLOCK;
}

static bool needs_setfcap(const struct needs *needs, const struct nacre_inode *inode)
{
	(void)needs;
	return nacre_xattr_find(inode->xattrs, "security.capability") != NULL;
}

static bool needs_sys_admin(const struct needs *needs, const struct nacre_inode *inode)
{
	(void)needs;
	for (size_t i = 0; inode->xattrs && i < inode->xattrs->count; i++) {
		const char *name = inode->xattrs->items[i].name;

		if (has_prefix(name, "trusted.") ||
			(has_prefix(name, "security.") && strcmp(name, "security.capability") != 0))
			return true;
	}
	return false;
}

static const struct {
	enum nacre_capability capability;
	bool (*is_needed)(const struct needs *needs, const struct nacre_inode *inode);
} rows[NACRE_PLAN_PRIVILEGES] = {
	{ NACRE_CAP_CHOWN, needs_chown },
	{ NACRE_CAP_DAC_OVERRIDE, needs_dac_override },
	{ NACRE_CAP_FOWNER, needs_fowner },
	{ NACRE_CAP_FSETID, needs_fsetid },
	{ NACRE_CAP_MKNOD, needs_mknod },
	{ NACRE_CAP_SETFCAP, needs_setfcap },
	{ NACRE_CAP_SYS_ADMIN, needs_sys_admin },
};

int nacre_plan_maker_init(struct nacre_plan_maker *maker, struct nacre_err *err)
{
	int count = getgroups(0, NULL);
	int rc;

	*maker = (struct nacre_plan_maker){ .uid = geteuid(), .gid = getegid() };
	if (count < 0)
		return nacre_fail_os(err, "groups of this process");
	maker->groups = calloc((size_t)count + 1, sizeof(maker->groups[0]));
	if (!maker->groups)
		return nacre_fail_nomem(err);
	rc = nacre_capabilities_read(&maker->held, err);
	if (rc)
		return rc;
	count = getgroups(count, maker->groups);
	if (count < 0)
		return nacre_fail_os(err, "groups of this process");
	maker->group_count = (size_t)count;
	return 0;
}

void nacre_plan_maker_clear(struct nacre_plan_maker *maker)
{
	free(maker->groups);
	memset(maker, 0, sizeof(*maker));
}

static int add_node(struct needs *needs, const struct nacre_node *node,
	struct nacre_path_list lists[NACRE_PLAN_PRIVILEGES], struct nacre_err *err)
{
	const struct nacre_inode *inode = node->inode;
	int rc = 0;

	needs->is_foreign = needs->keep_owner && inode->uid != needs->maker->uid;
	needs->is_unrelated = needs->keep_owner && !is_in_group(needs->maker, inode->gid);
	for (size_t i = 0; rc == 0 && i < NACRE_PLAN_PRIVILEGES; i++) {
		if (rows[i].is_needed(needs, inode))
			rc = nacre_path_list_add(&lists[i], node, err);
	}
	return rc;
}

int nacre_plan_privileges(struct nacre_tree *tree, const struct nacre_plan_maker *maker,
	bool keep_owner, struct nacre_plan_privilege out[NACRE_PLAN_PRIVILEGES],
	struct nacre_err *err)
{
	struct nacre_path_list lists[NACRE_PLAN_PRIVILEGES];
	struct needs needs = { .maker = maker, .keep_owner = keep_owner };
	int rc = 0;

	for (size_t i = 0; i < NACRE_PLAN_PRIVILEGES; i++)
		lists[i] = (struct nacre_path_list)NACRE_PATH_LIST(NACRE_PATH_LIST_FIRST);
	nacre_tree_forget_first(tree);
	for (struct nacre_node *node = tree->root; rc == 0 && node; node = nacre_tree_next(node)) {
		if (node->inode->first)
			continue;
		node->inode->first = node;
		rc = add_node(&needs, node, lists, err);
	}
	for (size_t i = 0; i < NACRE_PLAN_PRIVILEGES; i++) {
		out[i].name = nacre_capability_name(rows[i].capability);
		out[i].is_held = maker->held >> rows[i].capability & 1;
		out[i].paths = nacre_path_list_steal(&lists[i]);
	}
	return rc;
}
