/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What unpacking would do. The first half of it runs as it is: whatever that refuses is refused
 * here by the same lines of code. Then, instead of writing the tree, its names and files are
 * counted.
 */
#include "base/env.h"
#include "base/file.h"
#include "builder/capability.h"
#include "builder/image_tree.h"
#include "builder/path_list.h"
#include "builder/plan_losses.h"
#include "builder/plan_measure.h"
#include "builder/plan_privileges.h"
#include "builder/plan_space.h"
#include "builder/staging.h"
#include "builder/unpack_policy.h"
#include "layers/write_plan.h"
#include "sign/trusted.h"

#include <nacre/builder.h>

#include <stdlib.h>
#include <string.h>

/* -------------------------------------------------------------------- counts */

static uint64_t *kind_of(struct nacre_plan_kinds *kinds, enum nacre_type type)
{
	switch (type) {
	case NACRE_TYPE_DIR:
		return &kinds->dirs;
	case NACRE_TYPE_SYMLINK:
		return &kinds->symlinks;
	case NACRE_TYPE_CHAR:
		return &kinds->char_devices;
	case NACRE_TYPE_BLOCK:
		return &kinds->block_devices;
	case NACRE_TYPE_FIFO:
		return &kinds->fifos;
	default:
		return &kinds->files;
	}
}

static void count(struct nacre_tree *tree, struct nacre_planned *planned)
{
	planned->inodes = 1;
	nacre_tree_forget_first(tree);
	for (struct nacre_node *at = nacre_tree_next(tree->root); at; at = nacre_tree_next(at)) {
		if (at->inode->first) {
			planned->kinds.links++;
			continue;
		}
		at->inode->first = at;
		planned->inodes++;
		(*kind_of(&planned->kinds, at->inode->type))++;
	}
}

/* ------------------------------------------------------------ what is listed */

enum list {
	SETUID,
	SETGID,
	CAPABILITIES,
	SHADOWED,
	LISTS,
};

static bool is_listed(const struct nacre_node *node, enum list list)
{
	const struct nacre_inode *inode = node->inode;
	bool is_file = inode->type == NACRE_TYPE_FILE;

	switch (list) {
	case SETUID:
		return is_file && (inode->mode & 04000);
	case SETGID:
		return is_file && (inode->mode & 02000);
	case CAPABILITIES:
		return is_file && nacre_xattr_find(inode->xattrs, "security.capability");
	default:
		return inode->type == NACRE_TYPE_SYMLINK && node->touched > node->layer;
	}
}

static int fill_lists(
	const struct nacre_tree *tree, struct nacre_path_list lists[LISTS], struct nacre_err *err)
{
	int rc = 0;

	for (struct nacre_node *at = tree->root; rc == 0 && at; at = nacre_tree_next(at)) {
		for (enum list list = SETUID; rc == 0 && list < LISTS; list++) {
			if (is_listed(at, list))
				rc = nacre_path_list_add(&lists[list], at, err);
		}
	}
	return rc;
}

static int make_lists(
	const struct nacre_tree *tree, struct nacre_planned *planned, struct nacre_err *err)
{
	struct nacre_paths *const outs[LISTS] = { &planned->setuid, &planned->setgid,
		&planned->capabilities, &planned->shadowed };
	struct nacre_path_list lists[LISTS];
	int rc;

	for (size_t i = 0; i < LISTS; i++)
		lists[i] = (struct nacre_path_list)NACRE_PATH_LIST(NACRE_PATH_LIST_ALL);
	rc = fill_lists(tree, lists, err);
	for (size_t i = 0; i < LISTS; i++)
		*outs[i] = nacre_path_list_steal(&lists[i]);
	return rc;
}

/* ---------------------------------------------------------------------- plan */

static void compare_limits(const struct nacre_image_tree *image,
	const struct nacre_plan_measure *used, const struct nacre_env *env,
	struct nacre_planned *planned)
{
	const struct nacre_limits limits = nacre_env_limits(env);
	const struct nacre_plan_limit rows[NACRE_PLAN_LIMITS] = {
		{ "layers", image->layer_count, limits.layers },
		{ "image-bytes", image->tar_bytes, limits.image_bytes },
		{ "image-members", image->members, limits.image_members },
		{ "path-bytes", used->path_bytes, limits.path_bytes },
		{ "depth", used->depth, limits.depth },
		{ "xattrs", used->xattrs, limits.xattrs },
		{ "tree-bytes", image->tree.arena.used_bytes, limits.tree_bytes },
	};

	memcpy(planned->limits, rows, sizeof(rows));
}

static int look_at_space(struct nacre_tree *tree, const char *target,
	const struct nacre_plan_maker *maker, uint64_t ledger_bytes,
	struct nacre_plan_space *out_space, struct nacre_err *err)
{
	nacre_autofd int dir = -1;
	char name[256];
	bool may_use_reserve = maker->held >> NACRE_CAP_SYS_RESOURCE & 1;
	int rc = target ? nacre_dir_open_parent(target, &dir, name, sizeof(name), err)
			: nacre_dir_open(".", &dir, err);

	if (rc == 0)
		rc = nacre_plan_space_look(
			tree, ledger_bytes, dir, may_use_reserve, out_space, err);
	return rc;
}

/* What the writer refuses before it makes anything. */
static int check_tree(
	struct nacre_tree *tree, const struct nacre_write_options *how, struct nacre_err *err)
{
	struct nacre_write_plan plan;
	int rc = nacre_write_plan_init(&plan, tree, how, err);

	nacre_write_plan_clear(&plan);
	return rc;
}

static int find_losses(struct nacre_tree *tree, const char *target,
	const struct nacre_plan_options *options, const struct nacre_write_options *how,
	struct nacre_planned *planned, struct nacre_err *err)
{
	static const char untried[] = "nothing was tried out (--no-probe)";
	int rc;

	if (options->no_probe) {
		memcpy(planned->losses.unknown, untried, sizeof(untried));
		return 0;
	}
	rc = nacre_plan_losses(tree, target, options->unpack.replace, how, &planned->losses,
		planned->failure, err);
	for (size_t i = 0; i < NACRE_LOST_KINDS; i++)
		planned->unpacked.has_ledger |= planned->losses.kinds[i].count > 0;
	return rc;
}

static int describe(struct nacre_image_tree *image, const char *target,
	const struct nacre_plan_options *options, const struct nacre_write_options *how,
	const struct nacre_env *env, struct nacre_planned *planned, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_plan_maker_clear)
	struct nacre_plan_maker maker = { 0 };
	struct nacre_tree *tree = &image->tree;
	const struct nacre_plan_measure used = nacre_plan_measure(tree);
	const struct nacre_plan_losses *lost = &planned->losses;
	int rc = nacre_plan_maker_init(&maker, err);

	compare_limits(image, &used, env, planned);
	if (rc == 0)
		rc = find_losses(tree, target, options, how, planned, err);
	if (rc == 0)
		rc = nacre_unpack_policy_leave_out(tree, &options->unpack, err);
	if (rc == 0)
		rc = make_lists(tree, planned, err);
	if (rc == 0)
		rc = nacre_plan_privileges(tree, &maker, how->keep_owner, planned->privileges, err);
	if (rc == 0)
		rc = look_at_space(tree, target, &maker,
			lost->is_known && !planned->unpacked.has_ledger ? 0 : used.ledger_bytes,
			&planned->space, err);
	if (rc == 0)
		count(tree, planned);
	return rc;
}

int nacre_plan(const struct nacre_layout *layout, const struct nacre_trusted *trusted,
	const char *target, const struct nacre_plan_options *options, const struct nacre_env *env,
	struct nacre_planned *out_planned, struct nacre_err *err)
{
	static const struct nacre_plan_options plain;
	NACRE_CLEANUP(nacre_image_tree_clear)
	struct nacre_image_tree image;
	NACRE_CLEANUP(nacre_planned_clear)
	struct nacre_planned planned;
	struct nacre_write_options how;
	int rc;

	memset(&image, 0, sizeof(image));
	memset(&planned, 0, sizeof(planned));
	options = options ? options : &plain;
	how = nacre_unpack_how(&options->unpack);
	rc = target ? nacre_staging_check(target, options->unpack.replace, err) : 0;
	if (rc == 0)
		rc = nacre_image_tree_read(layout, nacre_trusted_manifest(trusted),
			nacre_trusted_config(trusted), -1, env, &image, err);
	if (rc == 0)
		rc = nacre_unpack_policy_apply(
			&image.tree, &options->unpack, env, &planned.unpacked, err);
	if (rc == 0)
		rc = check_tree(&image.tree, &how, err);
	if (rc)
		return rc;
	rc = describe(&image, target, options, &how, env, &planned, err);
	if (rc)
		return rc;
	*out_planned = planned;
	memset(&planned, 0, sizeof(planned));
	return 0;
}

static void paths_clear(struct nacre_paths *paths)
{
	free(paths->text);
	*paths = (struct nacre_paths){ 0, 0, NULL };
}

void nacre_planned_clear(struct nacre_planned *planned)
{
	struct nacre_paths *const lists[LISTS] = { &planned->setuid, &planned->setgid,
		&planned->capabilities, &planned->shadowed };

	for (size_t i = 0; i < LISTS; i++)
		paths_clear(lists[i]);
	for (size_t i = 0; i < NACRE_PLAN_PRIVILEGES; i++)
		paths_clear(&planned->privileges[i].paths);
	for (size_t i = 0; i < NACRE_LOST_KINDS; i++)
		paths_clear(&planned->losses.kinds[i]);
}
