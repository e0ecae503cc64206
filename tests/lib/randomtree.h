/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Small trees by chance, the same for the same seed: few names, so that they meet; files, links,
 * hard links, devices, attributes. What it takes to change one a little, and to compare two.
 */
#ifndef NACRE_TESTS_RANDOMTREE_H
#define NACRE_TESTS_RANDOMTREE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "layers/tree.h"
#include "lib/chance.h"

#include <string.h>

/* --------------------------------------------------------------- contents */

/* The content of a file is its key, again and again: two origins, so that bytes must be compared.
 */
static inline int open_pattern(struct nacre_origin *origin, uint64_t key, uint64_t size,
	struct nacre_source **out_source, struct nacre_err *err)
{
	static char patterns[16][1024];

	(void)origin;
	assert_true(key < 16 && size <= sizeof(patterns[0]));
	memset(patterns[key], (int)key + 'a', sizeof(patterns[0]));
	return nacre_source_memory(patterns[key], (size_t)size, out_source, err);
}

static struct nacre_origin before_origin = { .open = open_pattern };
static struct nacre_origin after_origin = { .open = open_pattern };

static inline bool same_bytes(const struct nacre_inode *a, const struct nacre_inode *b)
{
	struct nacre_source *x = NULL, *y = NULL;
	char from_x[1024], from_y[1024];
	size_t x_len = 0, y_len = 0;

	if (a->size_bytes != b->size_bytes)
		return false;
	assert_int_equal(nacre_inode_open(a, &x, NULL), 0);
	assert_int_equal(nacre_inode_open(b, &y, NULL), 0);
	assert_int_equal(nacre_source_read_full(x, from_x, sizeof(from_x), &x_len, NULL), 0);
	assert_int_equal(nacre_source_read_full(y, from_y, sizeof(from_y), &y_len, NULL), 0);
	nacre_source_free(x);
	nacre_source_free(y);
	assert_int_equal(x_len, a->size_bytes);
	return x_len == y_len && memcmp(from_x, from_y, x_len) == 0;
}

/* ------------------------------------------------------------ random trees */

static inline void set_attributes(struct nacre_tree *tree, struct nacre_inode *inode)
{
	static const struct nacre_xattr xattrs[] = { { "user.a", "1", 1 }, { "user.b", "\0", 1 } };

	inode->mode = pick(4) ? inode->mode : 04755;
	inode->uid = pick(4) ? 0 : 3000000;
	inode->gid = pick(4) ? 0 : 7;
	inode->mtime_s = pick(3) ? 5 : -1;
	inode->mtime_ns = pick(4) ? 0 : 250000000;
	inode->xattrs = NULL;
	if (pick(4) == 0)
		assert_int_equal(
			nacre_xattrs_make(&tree->arena, xattrs, 1 + pick(2), &inode->xattrs, NULL),
			0);
}

static inline void set_content(struct nacre_inode *inode, struct nacre_origin *origin)
{
	inode->size_bytes = pick(3) * 511;
	inode->u.content.origin = inode->size_bytes ? origin : NULL;
	inode->u.content.key = inode->size_bytes ? pick(3) : 0;
}

static inline struct nacre_inode *random_inode(
	struct nacre_tree *tree, enum nacre_type type, struct nacre_origin *origin)
{
	static const char *const targets[] = { "a", "../b", "/a/b", "nowhere" };
	struct nacre_inode *inode = nacre_inode_new(tree, type);

	assert_non_null(inode);
	set_attributes(tree, inode);
	if (type == NACRE_TYPE_FILE)
		set_content(inode, origin);
	else if (type == NACRE_TYPE_SYMLINK)
		inode->u.target = targets[pick(4)];
	else if (type == NACRE_TYPE_CHAR || type == NACRE_TYPE_BLOCK)
		inode->u.device.minor = pick(2);
	return inode;
}

/* Any node but the root, or NULL. */
static inline struct nacre_node *random_node(struct nacre_tree *tree)
{
	struct nacre_node *node = tree->root;

	if (tree->nodes == 0)
		return NULL;
	for (unsigned left = 1 + pick((unsigned)tree->nodes); left > 0; left--)
		node = nacre_tree_next(node);
	return node;
}

static inline struct nacre_node *random_dir(struct nacre_tree *tree)
{
	struct nacre_node *node = random_node(tree);

	while (node && node->inode->type != NACRE_TYPE_DIR)
		node = node->parent;
	return node ? node : tree->root;
}

static inline void add_random(struct nacre_tree *tree, struct nacre_origin *origin)
{
	static const enum nacre_type types[] = { NACRE_TYPE_DIR, NACRE_TYPE_DIR, NACRE_TYPE_DIR,
		NACRE_TYPE_FILE, NACRE_TYPE_FILE, NACRE_TYPE_SYMLINK, NACRE_TYPE_CHAR,
		NACRE_TYPE_FIFO };
	struct nacre_node *dir = random_dir(tree), *other = random_node(tree);
	char name[2] = { (char)('a' + pick(5)), '\0' };
	struct nacre_inode *inode;

	if (nacre_node_find(dir, name, 1))
		return;
	if (other && other->inode->type != NACRE_TYPE_DIR && pick(2))
		inode = other->inode;
	else
		inode = random_inode(tree, types[pick(8)], origin);
	assert_int_equal(nacre_tree_add(tree, dir, name, 1, inode, NULL, NULL), 0);
}

/* One small change to a tree that others may share inodes with. */
static inline void change_something(struct nacre_tree *tree, struct nacre_origin *origin)
{
	struct nacre_node *node = random_node(tree), *other = random_node(tree);
	struct nacre_inode *copy;

	switch (node ? pick(5) : 4) {
	case 0:
		nacre_tree_remove(tree, node);
		break;
	case 1: /* all names of the inode, or this one alone */
		copy = nacre_inode_copy(tree, node->inode);
		assert_non_null(copy);
		set_attributes(tree, copy);
		if (pick(2) && copy->type == NACRE_TYPE_FILE)
			set_content(copy, origin);
		for (struct nacre_node *at = tree->root; at && pick(4); at = nacre_tree_next(at)) {
			if (at->inode == node->inode && at != node)
				at->inode = copy;
		}
		node->inode = copy;
		break;
	case 2:
		if (node->inode->type != NACRE_TYPE_DIR && other->inode->type != NACRE_TYPE_DIR)
			node->inode = other->inode;
		break;
	case 3: /* the same, but no longer linked */
		node->inode = nacre_inode_copy(tree, node->inode);
		assert_non_null(node->inode);
		break;
	default:
		add_random(tree, origin);
	}
}

static inline void make_random(struct nacre_tree *tree, struct nacre_origin *origin)
{
	assert_int_equal(nacre_tree_init(tree, NULL), 0);
	for (unsigned count = pick(25); count > 0; count--)
		add_random(tree, origin);
}

/* A tree that shares nothing with `from` but its text: inodes are copied, links stay links. */
static inline void make_copy(struct nacre_tree *from, struct nacre_tree *out_tree)
{
	struct nacre_node *x = from->root, *y;

	assert_int_equal(nacre_tree_clone(from, out_tree, NULL), 0);
	for (; x; x = nacre_tree_next(x))
		x->inode->peer = NULL;
	for (x = from->root, y = out_tree->root; x;
		x = nacre_tree_next(x), y = nacre_tree_next(y)) {
		if (!x->inode->peer) {
			x->inode->peer = nacre_inode_copy(out_tree, x->inode);
			assert_non_null(x->inode->peer);
			if (x->inode->type == NACRE_TYPE_FILE && x->inode->u.content.origin)
				x->inode->peer->u.content.origin = &after_origin;
		}
		y->inode = x->inode->peer;
	}
}

/* ---------------------------------------------------------------- checking */

/* The two trees may share inodes, so their scratch fields say nothing here. */
static inline void check_equal(struct nacre_tree *want, struct nacre_tree *got)
{
	struct nacre_node *x = want->root, *y = got->root;

	for (; x && y; x = nacre_tree_next(x), y = nacre_tree_next(y)) {
		struct nacre_node *v = want->root, *w = got->root;

		assert_string_equal(x->name, y->name);
		assert_true(!x->parent == !y->parent);
		assert_true(nacre_inode_same_attrs(x->inode, y->inode));
		if (x->inode->type == NACRE_TYPE_FILE)
			assert_true(same_bytes(x->inode, y->inode));
		for (; v != x; v = nacre_tree_next(v), w = nacre_tree_next(w))
			assert_true((v->inode == x->inode) == (w->inode == y->inode));
	}
	assert_null(x);
	assert_null(y);
	assert_int_equal(want->nodes, got->nodes);
}

/* What another tree has at the path of a node, or NULL. */
static inline const struct nacre_node *same_path(
	const struct nacre_tree *tree, const struct nacre_node *node)
{
	char path[64];

	return node->parent ? nacre_tree_find(tree, nacre_node_name(node, path, sizeof(path)))
			    : tree->root;
}

#endif
