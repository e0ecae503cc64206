/* SPDX-License-Identifier: Apache-2.0 */
/* Steps that take away or change what is in the image: remove, perms. */
#include "base/scope.h"
#include "builder/owner.h"
#include "builder/step_parts.h"
#include "builder/tree_glob.h"

/* Like rm -r: links on the way are followed, the name itself is not. */
int nacre_step_remove(struct nacre_steps *steps, const struct nacre_recipe_step *step,
	struct nacre_tree *tree, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_tree_glob_clear)
	struct nacre_tree_glob glob = NACRE_TREE_GLOB;
	int rc = nacre_tree_glob_find(tree, &step->path, step->is_glob, 0, &glob, err);

	(void)steps;
	if (rc)
		return rc;
	for (size_t i = 0; i < glob.count; i++) {
		if (!glob.items[i]->parent)
			return nacre_fail(err, NACRE_E_UNSAFE, "the root cannot be removed");
	}
	for (size_t i = 0; i < glob.count; i++)
		nacre_tree_remove(tree, glob.items[i]);
	return 0;
}

/* ---------------------------------------------------------------------------- perms */

struct perms {
	struct nacre_steps *steps;
	const struct nacre_recipe_step *step;
	struct nacre_tree *tree;
	uint32_t uid;
	uint32_t gid;
	bool has_links; /* something changed may have further names */
};

static void set_mode(const struct perms *perms, struct nacre_inode *inode)
{
	const struct nacre_recipe_mode *mode = &perms->step->mode;

	if (mode->kind != NACRE_MODE_BITS || inode->type == NACRE_TYPE_SYMLINK)
		return;
	inode->mode = perms->step->recursive && inode->type == NACRE_TYPE_DIR
		? nacre_step_dir_mode(mode->bits)
		: mode->bits;
}

/* Links have none, and capabilities are for files: below a directory the others are passed over. */
static int set_xattrs(const struct perms *perms, struct nacre_inode *inode, struct nacre_err *err)
{
	struct nacre_recipe_step some = *perms->step;

	if (inode->type == NACRE_TYPE_SYMLINK)
		return 0;
	if (inode->type != NACRE_TYPE_FILE && some.capabilities.given) {
		if (!some.recursive)
			return nacre_fail(err, NACRE_E_UNSAFE,
				"capabilities are for files, and this is a %s",
				nacre_type_name(inode->type));
		some.capabilities.given = false;
		some.capabilities.count = 0;
	}
	return nacre_step_set_xattrs(&some, perms->tree, inode, err);
}

/* The changed copy of an inode; `peer` of the old one knows it, for its further names. */
static int change(struct perms *perms, struct nacre_node *node, struct nacre_err *err)
{
	const struct nacre_recipe_step *step = perms->step;
	struct nacre_inode *inode;

	if (node->inode->peer) {
		node->inode = node->inode->peer;
		return 0;
	}
	inode = nacre_inode_copy(perms->tree, node->inode);
	if (!inode)
		return nacre_fail_nomem(err);
	inode->maker = perms->steps->maker;
	set_mode(perms, inode);
	if (step->mtime.given) {
		inode->mtime_s = step->mtime.seconds;
		inode->mtime_ns = 0;
	}
	if (step->owner.given) {
		inode->uid = perms->uid;
		inode->gid = perms->gid;
	}
	perms->has_links = perms->has_links || inode->type != NACRE_TYPE_DIR;
	node->inode->peer = inode;
	inode->peer = inode; /* a changed one is its own: nothing is changed twice */
	node->inode = inode;
	return set_xattrs(perms, inode, err);
}

static int change_below(struct perms *perms, struct nacre_node *top, struct nacre_err *err)
{
	struct nacre_node *end = nacre_tree_next_skip(top);
	int rc = 0;

	for (struct nacre_node *node = top; node != end && rc == 0; node = nacre_tree_next(node))
		rc = change(perms, node, err);
	return rc;
}

/* A file has one mode, whatever name it was changed by. */
static void change_further_names(struct nacre_tree *tree)
{
	for (struct nacre_node *node = tree->root; node; node = nacre_tree_next(node)) {
		if (node->inode->peer)
			node->inode = node->inode->peer;
	}
}

static void forget_peers(struct nacre_tree *tree)
{
	for (struct nacre_node *node = tree->root; node; node = nacre_tree_next(node))
		node->inode->peer = NULL;
}

static int change_all(
	struct perms *perms, const struct nacre_tree_glob *glob, struct nacre_err *err)
{
	int rc = 0;

	for (size_t i = 0; i < glob->count && rc == 0; i++)
		rc = perms->step->recursive ? change_below(perms, glob->items[i], err)
					    : change(perms, glob->items[i], err);
	return rc;
}

int nacre_step_perms(struct nacre_steps *steps, const struct nacre_recipe_step *step,
	struct nacre_tree *tree, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_tree_glob_clear)
	struct nacre_tree_glob glob = NACRE_TREE_GLOB;
	struct perms perms = { steps, step, tree, 0, 0, false };
	int rc = nacre_tree_glob_find(tree, &step->path, step->is_glob,
		step->recursive ? NACRE_GLOB_FOLLOW : NACRE_GLOB_FOLLOW | NACRE_GLOB_ALL, &glob,
		err);

	if (rc == 0)
		rc = nacre_owner_find(tree, &step->owner, &perms.uid, &perms.gid, err);
	if (rc)
		return rc;
	forget_peers(tree);
	rc = change_all(&perms, &glob, err);
	if (perms.has_links)
		change_further_names(tree);
	forget_peers(tree);
	return rc;
}
