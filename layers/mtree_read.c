/* SPDX-License-Identifier: Apache-2.0 */
/* An mtree list as a tree: a path means itself, and goes through no link. */
#include "layers/mtree.h"

#include "base/path.h"
#include "base/scope.h"

#include <string.h>

/* The directory that a path lies in; what is missing is made, and no link is gone through. */
static int make_parent(struct nacre_tree *tree, const char *path, struct nacre_node **out_dir,
	struct nacre_err *err)
{
	const char *at = path, *end = path + nacre_path_leaf(path), *name;
	struct nacre_node *here = tree->root;

	while (at < end) {
		size_t name_len = nacre_path_next(&at, &name);
		struct nacre_node *next = nacre_node_find(here, name, name_len);

		if (!next) {
			struct nacre_inode *inode = nacre_inode_new(tree, NACRE_TYPE_DIR);
			int rc = inode
				? nacre_tree_add(tree, here, name, name_len, inode, &next, err)
				: nacre_fail_nomem(err);

			if (rc)
				return rc;
		}
		if (next->inode->type != NACRE_TYPE_DIR)
			return nacre_fail(err, NACRE_E_UNSAFE, "'%.200s' lies below a %s", path,
				nacre_type_name(next->inode->type));
		here = next;
	}
	*out_dir = here;
	return 0;
}

/* A further name has what the first has: the list says it twice. */
static int join_group(const struct nacre_tree *tree, const char *path, struct nacre_inode **inode,
	struct nacre_err *err)
{
	struct nacre_node *first = nacre_tree_find(tree, path);

	if (!first || first->inode->type == NACRE_TYPE_DIR)
		return nacre_fail(
			err, NACRE_E_FORMAT, "no file was listed that is called '%.200s'", path);
	if (!nacre_inode_same_attrs(first->inode, *inode))
		return nacre_fail(err, NACRE_E_FORMAT, "not the same attributes as '%.200s'", path);
	*inode = first->inode;
	return 0;
}

static int place(
	struct nacre_tree *tree, const char *path, struct nacre_inode *inode, struct nacre_err *err)
{
	const char *leaf = path + nacre_path_leaf(path);
	struct nacre_node *dir = NULL, *node = tree->root;
	int rc;

	if (*path) {
		rc = make_parent(tree, path, &dir, err);
		if (rc)
			return rc;
		node = nacre_node_find(dir, leaf, strlen(leaf));
	}
	if (node && node->is_explicit)
		return nacre_fail(err, NACRE_E_UNSAFE, "'%.200s' stands there twice", path);
	if (node && inode->type != NACRE_TYPE_DIR)
		return nacre_fail(err, NACRE_E_UNSAFE, "'%.200s' is a directory", path);
	if (node) {
		node->inode = inode;
	} else {
		rc = nacre_tree_add(tree, dir, leaf, strlen(leaf), inode, &node, err);
		if (rc)
			return rc;
	}
	node->is_explicit = true;
	return 0;
}

static int check_first(const char *line, void *user, struct nacre_err *err)
{
	(void)user;
	return strcmp(line, "#mtree") == 0
		? 0
		: nacre_fail(err, NACRE_E_FORMAT, "the first line is not '#mtree'");
}

static int add_entry(const char *path, struct nacre_inode *inode, const char *hardlink, void *user,
	struct nacre_err *err)
{
	struct nacre_tree *tree = user;
	int rc = hardlink ? join_group(tree, hardlink, &inode, err) : 0;

	return rc ? rc : place(tree, path, inode, err);
}

int nacre_mtree_read(struct nacre_source *source, const struct nacre_limits *limits,
	struct nacre_tree *tree, struct nacre_err *err)
{
	static const struct nacre_mtree_listener listener = { check_first, NULL, add_entry };

	return nacre_mtree_each(source, limits, tree, &listener, tree, err);
}
