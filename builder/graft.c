/* SPDX-License-Identifier: Apache-2.0 */
/* Grafting trees. */
#include "builder/graft.h"

#include "base/scope.h"

#include <string.h>

/* The directory that a link of the tree leads to, or NULL. */
static struct nacre_node *linked_dir(const struct nacre_tree *tree, struct nacre_node *link)
{
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf path = NACRE_BUF(16 << 20);
	struct nacre_node *node = NULL;

	if (link->inode->type != NACRE_TYPE_SYMLINK || nacre_node_path(link, &path, NULL) ||
		nacre_tree_resolve(tree, path.data, NACRE_RESOLVE_FOLLOW, 0, &node, NULL))
		return NULL;
	return node && node->inode->type == NACRE_TYPE_DIR ? node : NULL;
}

int nacre_graft_name(struct nacre_tree *tree, struct nacre_node *dir, const char *name,
	struct nacre_inode *inode, struct nacre_node **out_node, struct nacre_err *err)
{
	struct nacre_node *node = nacre_node_find(dir, name, strlen(name)), *linked;
	char path[256];

	if (node && inode->type == NACRE_TYPE_DIR) {
		linked = node->inode->type == NACRE_TYPE_DIR ? node : linked_dir(tree, node);
		if (!linked)
			return nacre_fail(err, NACRE_E_EXISTS,
				"'%s' is a %s in the image, and a directory here",
				nacre_node_name(node, path, sizeof(path)),
				nacre_type_name(node->inode->type));
		*out_node = linked;
		return 0;
	}
	if (node && node->inode->type == NACRE_TYPE_DIR)
		return nacre_fail(err, NACRE_E_EXISTS,
			"'%s' is a directory in the image, and a %s here",
			nacre_node_name(node, path, sizeof(path)), nacre_type_name(inode->type));
	if (node) {
		node->inode = inode;
		*out_node = node;
		return 0;
	}
	return nacre_tree_add(tree, dir, name, strlen(name), inode, out_node, err);
}

/* Recursion is as deep as a tree may be: limits.depth. */
static int graft_below(struct nacre_tree *tree, struct nacre_node *dir,
	const struct nacre_node *from, struct nacre_err *err)
{
	int rc = 0;

	for (struct nacre_node *child = nacre_node_first(from); child && rc == 0;
		child = nacre_node_next(child)) {
		struct nacre_node *node = NULL;

		rc = nacre_graft_name(tree, dir, child->name, child->inode, &node, err);
		if (rc == 0 && child->inode->type == NACRE_TYPE_DIR)
			rc = graft_below(tree, node, child, err);
	}
	return rc;
}

int nacre_graft(struct nacre_tree *tree, struct nacre_node *dir, const struct nacre_node *from,
	struct nacre_err *err)
{
	return graft_below(tree, dir, from, err);
}
