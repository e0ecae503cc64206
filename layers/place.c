/* SPDX-License-Identifier: Apache-2.0 */
/* Going down a path in the tree, making what is missing. */
#include "layers/place.h"

#include "base/path.h"

static int follow_link(struct nacre_tree *tree, struct nacre_node *link, unsigned layer,
	struct nacre_walked *walked, struct nacre_node **out_node, struct nacre_err *err)
{
	char name[512];
	int rc = nacre_tree_follow(tree, link, layer, walked, out_node, err);

	if (rc == 0 && (!*out_node || (*out_node)->inode->type != NACRE_TYPE_DIR))
		rc = nacre_fail(err, NACRE_E_UNSAFE,
			"'%.300s' is a link to '%.300s', which is not a directory in the image",
			nacre_node_name(link, name, sizeof(name)), link->inode->u.target);
	return rc;
}

static int make_dir(struct nacre_tree *tree, struct nacre_node *parent, const char *name,
	size_t len, const struct nacre_inode *missing, unsigned layer, struct nacre_node **out_node,
	struct nacre_err *err)
{
	struct nacre_inode *inode = nacre_inode_copy(tree, missing);
	int rc = inode ? nacre_tree_add(tree, parent, name, len, inode, out_node, err)
		       : nacre_fail_nomem(err);

	if (rc)
		return rc;
	(*out_node)->layer = (uint16_t)layer;
	tree->implied_dirs++;
	return 0;
}

int nacre_tree_make_dirs(struct nacre_tree *tree, const char *path, size_t len,
	const struct nacre_inode *missing, unsigned layer, struct nacre_node **out_dir,
	struct nacre_err *err)
{
	const char *at = path, *end = path + len, *name;
	struct nacre_node *here = tree->root;
	struct nacre_walked walked = { 0, 0 };

	while (at < end) {
		size_t name_len = nacre_path_next(&at, &name);
		struct nacre_node *next = nacre_node_find(here, name, name_len);
		int rc = 0;

		if (!next)
			rc = make_dir(tree, here, name, name_len, missing, layer, &next, err);
		else if (next->inode->type == NACRE_TYPE_SYMLINK)
			rc = follow_link(tree, next, layer, &walked, &next, err);
		else if (next->inode->type != NACRE_TYPE_DIR)
			rc = nacre_fail(err, NACRE_E_UNSAFE, "'%.*s' is a %s",
				(int)(name + name_len - path), path,
				nacre_type_name(next->inode->type));
		if (rc)
			return rc;
		here = next;
	}
	*out_dir = here;
	return 0;
}
