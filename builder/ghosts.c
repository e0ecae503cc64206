/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Leaving ghosts out of trees. A name of a layer's tree stays if the last tree has the same inode
 * there (of a directory, a directory), or if the tree before has it, since then it is of no layer
 * that is being made. All else goes, and what the tree before has under the name comes back, so
 * that the layer says nothing about it.
 */
#include "builder/ghosts.h"

#include "builder/same_content.h"

struct pass {
	struct nacre_tree *tree; /* of the layer */
	struct nacre_ghosts *ghosts;
};

static bool is_dir(const struct nacre_node *node)
{
	return node && node->inode->type == NACRE_TYPE_DIR;
}

/* A name that is a directory all the way is looked into; else it stays whole or goes whole. */
static bool stays(const struct nacre_node *node, const struct nacre_node *before,
	const struct nacre_node *last)
{
	if (is_dir(node))
		return is_dir(last) || is_dir(before);
	return (last && last->inode == node->inode) || (before && before->inode == node->inode);
}

/* Once an inode, however many names it has; one that the tree before has is told of there. */
static void count(struct pass *pass, struct nacre_node *top)
{
	struct nacre_node *end = nacre_tree_next_skip(top);

	for (struct nacre_node *node = top; node != end; node = nacre_tree_next(node)) {
		struct nacre_inode *inode = node->inode;

		if (inode->type != NACRE_TYPE_FILE || inode->first)
			continue;
		inode->first = node;
		pass->ghosts->files++;
		pass->ghosts->bytes += inode->size_bytes;
	}
}

static int add_copy(struct nacre_tree *tree, struct nacre_node *dir, const struct nacre_node *from,
	struct nacre_node **out_node, struct nacre_err *err)
{
	int rc = nacre_tree_add(tree, dir, from->name, from->name_len, from->inode, out_node, err);

	if (rc == 0)
		(*out_node)->is_explicit = from->is_explicit;
	return rc;
}

/* As deep as limits.depth lets a tree be, as are all recursions here. */
static int restore(struct nacre_tree *tree, struct nacre_node *dir, const struct nacre_node *from,
	struct nacre_err *err)
{
	struct nacre_node *copy = NULL;
	int rc = add_copy(tree, dir, from, &copy, err);

	for (struct nacre_node *child = is_dir(from) ? nacre_node_first(from) : NULL;
		child && rc == 0; child = nacre_node_next(child))
		rc = restore(tree, copy, child, err);
	return rc;
}

static int leave_out_below(struct pass *pass, struct nacre_node *dir,
	const struct nacre_node *before_dir, const struct nacre_node *last_dir,
	struct nacre_err *err)
{
	struct nacre_node *node = nacre_node_first(dir), *next;
	int rc = 0;

	for (; node && rc == 0; node = next) {
		const struct nacre_node *before = nacre_node_counterpart(before_dir, node);
		const struct nacre_node *last = nacre_node_counterpart(last_dir, node);

		next = nacre_node_next(node);
		if (stays(node, before, last)) {
			if (is_dir(node))
				rc = leave_out_below(pass, node, before, last, err);
			continue;
		}
		count(pass, node);
		nacre_tree_remove(pass->tree, node);
		if (before)
			rc = restore(pass->tree, dir, before, err);
	}
	return rc;
}

/* Marks what the base and the tree before have: no ghost of this layer. */
static void mark_known(struct nacre_tree *before)
{
	for (struct nacre_node *node = before->root; node; node = nacre_tree_next(node))
		node->inode->first = node;
}

static int leave_out(struct nacre_tree *tree, struct nacre_tree *before, struct nacre_tree *last,
	struct nacre_ghosts *ghosts, struct nacre_err *err)
{
	struct pass pass = { tree, ghosts };

	/* What was a ghost of a lower layer already is marked since it was counted there. */
	mark_known(before);
	return leave_out_below(&pass, tree->root, before->root, last->root, err);
}

/* From the lowest layer up: each is compared with the tree before as it is in the end. */
static int share(struct nacre_build_trees *trees, struct nacre_err *err)
{
	struct nacre_tree *before = nacre_base_tree(&trees->base);
	int rc = 0;

	for (size_t i = 0; i < trees->layer_count && rc == 0; i++) {
		rc = nacre_tree_share(
			before, &trees->layers[i].tree, nacre_same_content, NULL, err);
		before = &trees->layers[i].tree;
	}
	return rc;
}

int nacre_ghosts_leave_out(
	struct nacre_build_trees *trees, struct nacre_ghosts *out_ghosts, struct nacre_err *err)
{
	struct nacre_tree *before = nacre_base_tree(&trees->base), *last;
	int rc;

	*out_ghosts = (struct nacre_ghosts){ 0, 0 };
	if (trees->layer_count < 2)
		return 0;
	rc = share(trees, err);
	if (rc)
		return rc;
	last = &trees->layers[trees->layer_count - 1].tree;
	for (size_t i = 0; i < trees->layer_count; i++)
		nacre_tree_forget_first(&trees->layers[i].tree);
	for (size_t i = 0; i + 1 < trees->layer_count && rc == 0; i++) {
		struct nacre_build_layer *layer = &trees->layers[i];

		if (!layer->keeps_ghosts)
			rc = leave_out(&layer->tree, before, last, out_ghosts, err);
		before = &layer->tree;
	}
	return rc;
}
