/* SPDX-License-Identifier: Apache-2.0 */
/* Steps that make something of what stands in the recipe: dir, file, link, hardlink. */
#include "builder/graft.h"
#include "builder/owner.h"
#include "builder/step_parts.h"

/* A directory that is there gets what the step says and keeps the rest. */
static int change_dir(struct nacre_steps *steps, const struct nacre_recipe_step *step,
	struct nacre_tree *tree, struct nacre_node *node, struct nacre_err *err)
{
	struct nacre_inode *inode = nacre_inode_copy(tree, node->inode);
	int rc = 0;

	if (!inode)
		return nacre_fail_nomem(err);
	inode->maker = steps->maker;
	if (step->mode.kind == NACRE_MODE_BITS)
		inode->mode = step->mode.bits;
	if (step->mtime.given) {
		inode->mtime_s = step->mtime.seconds;
		inode->mtime_ns = 0;
	}
	if (step->owner.given)
		rc = nacre_owner_find(tree, &step->owner, &inode->uid, &inode->gid, err);
	if (rc == 0)
		rc = nacre_step_set_xattrs(step, tree, inode, err);
	node->inode = inode;
	return rc;
}

int nacre_step_dir(struct nacre_steps *steps, const struct nacre_recipe_step *step,
	struct nacre_tree *tree, struct nacre_err *err)
{
	struct nacre_node *node = NULL;
	struct nacre_inode *inode = NULL;
	int rc = nacre_tree_resolve(tree, step->path.text, NACRE_RESOLVE_FOLLOW, 0, &node, err);

	if (rc)
		return rc;
	if (node && node->inode->type == NACRE_TYPE_DIR)
		return change_dir(steps, step, tree, node, err);
	rc = nacre_step_make_inode(steps, step, tree, NACRE_TYPE_DIR, &inode, err);
	return rc ? rc : nacre_step_put(steps, tree, step->path.text, inode, err);
}

int nacre_step_file(struct nacre_steps *steps, const struct nacre_recipe_step *step,
	struct nacre_tree *tree, struct nacre_err *err)
{
	struct nacre_inode *inode = NULL;
	int rc = nacre_step_make_inode(steps, step, tree, NACRE_TYPE_FILE, &inode, err);

	if (rc)
		return rc;
	inode->size_bytes = step->content.len;
	if (step->content.len > 0) {
		inode->u.content.origin = &steps->texts;
		inode->u.content.key = (uintptr_t)step->content.text;
	}
	return nacre_step_put(steps, tree, step->path.text, inode, err);
}

int nacre_step_link(struct nacre_steps *steps, const struct nacre_recipe_step *step,
	struct nacre_tree *tree, struct nacre_err *err)
{
	struct nacre_inode *inode = NULL;
	int rc = nacre_step_make_inode(steps, step, tree, NACRE_TYPE_SYMLINK, &inode, err);

	if (rc)
		return rc;
	inode->u.target = step->to.text;
	return nacre_step_put(steps, tree, step->path.text, inode, err);
}

/* Like ln: links on the way are followed, one at the end is what gets another name. */
int nacre_step_hardlink(struct nacre_steps *steps, const struct nacre_recipe_step *step,
	struct nacre_tree *tree, struct nacre_err *err)
{
	struct nacre_node *node = NULL;
	int rc = nacre_tree_resolve(tree, step->to.text, NACRE_RESOLVE_NOFOLLOW, 0, &node, err);

	if (rc)
		return rc;
	if (!node)
		return nacre_fail(
			err, NACRE_E_NOT_FOUND, "'/%s' is not in the image", step->to.text);
	if (node->inode->type == NACRE_TYPE_DIR)
		return nacre_fail(err, NACRE_E_UNSAFE,
			"'/%s' is a directory, which can have one name only", step->to.text);
	return nacre_step_put(steps, tree, step->path.text, node->inode, err);
}
