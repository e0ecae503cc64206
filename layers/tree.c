/* SPDX-License-Identifier: Apache-2.0 */
/* The file tree: nodes, inodes, walking and resolving. Nothing here reads or writes a file. */
#include "layers/tree.h"

#include <bsd/sys/tree.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAME_BYTES 255
#define LINKS_MOST 40
#define STEPS_MOST 4096

static int compare_names(const char *a, size_t a_len, const char *b, size_t b_len)
{
	int order = memcmp(a, b, a_len < b_len ? a_len : b_len);

	if (order)
		return order;
	return a_len < b_len ? -1 : a_len > b_len;
}

static int compare_nodes(struct nacre_node *a, struct nacre_node *b)
{
	return compare_names(a->name, a->name_len, b->name, b->name_len);
}

/* clang-format off */
#define MAYBE_UNUSED __attribute__((unused)) static
RB_PROTOTYPE_INTERNAL(nacre_node_head, nacre_node, links, compare_nodes, MAYBE_UNUSED);
RB_GENERATE_INTERNAL(nacre_node_head, nacre_node, links, compare_nodes, MAYBE_UNUSED)
/* clang-format on */

const char *nacre_type_name(enum nacre_type type)
{
	static const char *const names[] = { "file", "directory", "symlink", "character device",
		"block device", "fifo", "whiteout" };

	return names[type];
}

/* ------------------------------------------------------------------ inodes */

struct nacre_inode *nacre_inode_new(struct nacre_tree *tree, enum nacre_type type)
{
	struct nacre_inode *inode = nacre_arena_new(&tree->arena, sizeof(*inode));

	if (!inode)
		return NULL;
	inode->type = type;
	inode->mode = type == NACRE_TYPE_DIR ? 0755 : type == NACRE_TYPE_SYMLINK ? 0777 : 0644;
	return inode;
}

struct nacre_inode *nacre_inode_copy(struct nacre_tree *tree, const struct nacre_inode *from)
{
	struct nacre_inode *inode = nacre_arena_new(&tree->arena, sizeof(*inode));

	if (!inode)
		return NULL;
	*inode = *from;
	inode->first = NULL;
	inode->peer = NULL;
	inode->changed = false;
	if (from->type == NACRE_TYPE_SYMLINK) {
		inode->u.target =
			nacre_arena_text(&tree->arena, from->u.target, strlen(from->u.target));
		if (!inode->u.target)
			return NULL;
	}
	if (from->xattrs &&
		nacre_xattrs_make(&tree->arena, from->xattrs->items, from->xattrs->count,
			&inode->xattrs, NULL))
		return NULL;
	return inode;
}

static bool same_xattrs(const struct nacre_xattrs *a, const struct nacre_xattrs *b)
{
	size_t a_count = a ? a->count : 0, b_count = b ? b->count : 0;

	if (a_count != b_count)
		return false;
	for (size_t i = 0; i < a_count; i++) {
		if (strcmp(a->items[i].name, b->items[i].name) != 0 ||
			a->items[i].len != b->items[i].len ||
			memcmp(a->items[i].value, b->items[i].value, a->items[i].len) != 0)
			return false;
	}
	return true;
}

bool nacre_inode_same_attrs(const struct nacre_inode *a, const struct nacre_inode *b)
{
	if (a == b)
		return true;
	if (a->type != b->type || a->mode != b->mode || a->uid != b->uid || a->gid != b->gid ||
		a->mtime_s != b->mtime_s || a->mtime_ns != b->mtime_ns)
		return false;
	switch (a->type) {
	case NACRE_TYPE_FILE:
		if (a->size_bytes != b->size_bytes)
			return false;
		break;
	case NACRE_TYPE_SYMLINK:
		if (strcmp(a->u.target, b->u.target) != 0)
			return false;
		break;
	case NACRE_TYPE_CHAR:
	case NACRE_TYPE_BLOCK:
		if (a->u.device.major != b->u.device.major ||
			a->u.device.minor != b->u.device.minor)
			return false;
		break;
	default:
		break;
	}
	return same_xattrs(a->xattrs, b->xattrs);
}

int nacre_inode_open(
	const struct nacre_inode *inode, struct nacre_source **out_source, struct nacre_err *err)
{
	struct nacre_origin *origin = inode->u.content.origin;

	if (inode->type != NACRE_TYPE_FILE)
		return nacre_fail(
			err, NACRE_E_ARG, "a %s has no content", nacre_type_name(inode->type));
	if (inode->size_bytes == 0)
		return nacre_source_memory("", 0, out_source, err);
	return origin->open(origin, inode->u.content.key, inode->size_bytes, out_source, err);
}

bool nacre_inode_content_name(const struct nacre_inode *inode, char out_name[NACRE_CONTENT_NAME])
{
	struct nacre_origin *origin = inode->u.content.origin;

	return inode->type == NACRE_TYPE_FILE && inode->size_bytes > 0 && origin->name &&
		origin->name(origin, inode->u.content.key, inode->size_bytes, out_name);
}

/* ------------------------------------------------------------------ xattrs */

static int by_name(const void *a, const void *b)
{
	const struct nacre_xattr *x = a, *y = b;

	return strcmp(x->name, y->name);
}

int nacre_xattrs_make(struct nacre_arena *arena, const struct nacre_xattr *items, size_t count,
	const struct nacre_xattrs **out_xattrs, struct nacre_err *err)
{
	struct nacre_xattrs *xattrs;

	if (count == 0) {
		*out_xattrs = NULL;
		return 0;
	}
	xattrs = nacre_arena_new(arena, sizeof(*xattrs) + count * sizeof(xattrs->items[0]));
	if (!xattrs)
		return nacre_fail_nomem(err);
	xattrs->count = count;
	for (size_t i = 0; i < count; i++) {
		struct nacre_xattr *item = &xattrs->items[i];

		item->name = nacre_arena_text(arena, items[i].name, strlen(items[i].name));
		item->value = nacre_arena_text(arena, items[i].value, items[i].len);
		item->len = items[i].len;
		if (!item->name || !item->value)
			return nacre_fail_nomem(err);
	}
	qsort(xattrs->items, count, sizeof(xattrs->items[0]), by_name);
	for (size_t i = 1; i < count; i++) {
		if (strcmp(xattrs->items[i - 1].name, xattrs->items[i].name) == 0)
			return nacre_fail(
				err, NACRE_E_UNSAFE, "xattr '%s' twice", xattrs->items[i].name);
	}
	*out_xattrs = xattrs;
	return 0;
}

const struct nacre_xattr *nacre_xattr_find(const struct nacre_xattrs *xattrs, const char *name)
{
	for (size_t i = 0; xattrs && i < xattrs->count; i++) {
		if (strcmp(xattrs->items[i].name, name) == 0)
			return &xattrs->items[i];
	}
	return NULL;
}

/* ------------------------------------------------------------------- nodes */

static struct nacre_node *node_new(struct nacre_tree *tree, const char *name, size_t name_len)
{
	struct nacre_node *node =
		nacre_arena_new(&tree->arena, offsetof(struct nacre_node, name) + name_len + 1);

	if (!node)
		return NULL;
	node->name_len = (uint8_t)name_len;
	memcpy(node->name, name, name_len);
	return node;
}

int nacre_tree_init(struct nacre_tree *tree, struct nacre_err *err)
{
	*tree = (struct nacre_tree){ NACRE_ARENA, NULL, 0, 0, 0 };
	tree->root = node_new(tree, "", 0);
	if (tree->root)
		tree->root->inode = nacre_inode_new(tree, NACRE_TYPE_DIR);
	if (!tree->root || !tree->root->inode) {
		nacre_tree_clear(tree);
		return nacre_fail_nomem(err);
	}
	return 0;
}

void nacre_tree_clear(struct nacre_tree *tree)
{
	nacre_arena_clear(&tree->arena);
	tree->root = NULL;
	tree->nodes = 0;
}

struct nacre_node *nacre_node_find(const struct nacre_node *dir, const char *name, size_t name_len)
{
	struct nacre_node *node = dir->children.rbh_root;

	while (node) {
		int order = compare_names(name, name_len, node->name, node->name_len);

		if (order == 0)
			break;
		node = order < 0 ? RB_LEFT(node, links) : RB_RIGHT(node, links);
	}
	return node;
}

struct nacre_node *nacre_node_counterpart(
	const struct nacre_node *dir, const struct nacre_node *node)
{
	if (!dir || dir->inode->type != NACRE_TYPE_DIR)
		return NULL;
	return nacre_node_find(dir, node->name, node->name_len);
}

int nacre_tree_add(struct nacre_tree *tree, struct nacre_node *dir, const char *name,
	size_t name_len, struct nacre_inode *inode, struct nacre_node **out_node,
	struct nacre_err *err)
{
	struct nacre_node *node;

	if (dir->inode->type != NACRE_TYPE_DIR)
		return nacre_fail(err, NACRE_E_ARG, "'%s' is not a directory", dir->name);
	if (name_len > NAME_BYTES)
		return nacre_fail(err, NACRE_E_LIMIT, "a name of more than %d bytes", NAME_BYTES);
	node = node_new(tree, name, name_len);
	if (!node)
		return nacre_fail_nomem(err);
	node->parent = dir;
	node->inode = inode;
	if (RB_INSERT(nacre_node_head, &dir->children, node))
		return nacre_fail(err, NACRE_E_EXISTS, "'%s' is there already", node->name);
	tree->nodes++;
	if (out_node)
		*out_node = node;
	return 0;
}

int nacre_tree_rename(struct nacre_tree *tree, struct nacre_node *node, const char *name,
	size_t name_len, struct nacre_err *err)
{
	struct nacre_node *renamed = NULL;
	int rc = nacre_tree_add(tree, node->parent, name, name_len, node->inode, &renamed, err);

	if (rc)
		return rc;
	renamed->children = node->children;
	renamed->layer = node->layer;
	renamed->touched = node->touched;
	renamed->is_explicit = node->is_explicit;
	for (struct nacre_node *child = nacre_node_first(renamed); child;
		child = nacre_node_next(child))
		child->parent = renamed;
	node->children.rbh_root = NULL;
	nacre_tree_remove(tree, node);
	return 0;
}

void nacre_tree_remove(struct nacre_tree *tree, struct nacre_node *node)
{
	struct nacre_node *end = nacre_tree_next_skip(node);

	for (struct nacre_node *at = node; at != end; at = nacre_tree_next(at))
		tree->nodes--;
	RB_REMOVE(nacre_node_head, &node->parent->children, node);
	node->parent = NULL;
}

struct nacre_node *nacre_node_first(const struct nacre_node *dir)
{
	struct nacre_node *node = dir->children.rbh_root;

	while (node && RB_LEFT(node, links))
		node = RB_LEFT(node, links);
	return node;
}

struct nacre_node *nacre_node_next(struct nacre_node *node)
{
	return node->parent ? nacre_node_head_RB_NEXT(node) : NULL;
}

struct nacre_node *nacre_tree_next_skip(struct nacre_node *node)
{
	while (node) {
		struct nacre_node *next = nacre_node_next(node);

		if (next)
			return next;
		node = node->parent;
	}
	return NULL;
}

struct nacre_node *nacre_tree_next(struct nacre_node *node)
{
	struct nacre_node *child = nacre_node_first(node);

	return child ? child : nacre_tree_next_skip(node);
}

void nacre_tree_forget_first(struct nacre_tree *tree)
{
	for (struct nacre_node *node = tree->root; node; node = nacre_tree_next(node)) {
		if (node->inode)
			node->inode->first = NULL;
	}
}

static int clone_node(struct nacre_tree *tree, struct nacre_node *parent,
	const struct nacre_node *from, struct nacre_node **out_node, struct nacre_err *err)
{
	int rc = nacre_tree_add(
		tree, parent, from->name, from->name_len, from->inode, out_node, err);

	if (rc == 0) {
		(*out_node)->layer = from->layer;
		(*out_node)->is_explicit = from->is_explicit;
	}
	return rc;
}

int nacre_tree_clone(
	const struct nacre_tree *from, struct nacre_tree *out_tree, struct nacre_err *err)
{
	struct nacre_node *source = from->root, *copy;
	int rc = nacre_tree_init(out_tree, err);

	if (rc)
		return rc;
	copy = out_tree->root;
	copy->inode = source->inode;
	copy->layer = source->layer;
	copy->is_explicit = source->is_explicit;
	for (;;) {
		struct nacre_node *next = nacre_node_first(source), *parent = copy;

		/* Down if there is something below, else along, else up until there is. */
		while (!next && source != from->root) {
			next = nacre_node_next(source);
			parent = copy->parent;
			if (!next) {
				source = source->parent;
				copy = copy->parent;
			}
		}
		if (!next)
			return 0;
		rc = clone_node(out_tree, parent, next, &copy, err);
		if (rc) {
			nacre_tree_clear(out_tree);
			return rc;
		}
		source = next;
	}
}

/* ------------------------------------------------------------------- paths */

static size_t path_len(const struct nacre_node *node)
{
	size_t len = 0;

	for (; node->parent; node = node->parent)
		len += node->name_len + (node->parent->parent ? 1U : 0U);
	return len;
}

static void put_path(const struct nacre_node *node, char *end)
{
	for (; node->parent; node = node->parent) {
		end -= node->name_len;
		memcpy(end, node->name, node->name_len);
		if (node->parent->parent)
			*--end = '/';
	}
}

int nacre_node_path(const struct nacre_node *node, struct nacre_buf *buf, struct nacre_err *err)
{
	size_t len = path_len(node);
	int rc = nacre_buf_reserve(buf, len, err);

	if (rc)
		return rc;
	put_path(node, buf->data + buf->len + len);
	buf->len += len;
	buf->data[buf->len] = '\0';
	return 0;
}

const char *nacre_node_name(const struct nacre_node *node, char *out_text, size_t room)
{
	struct nacre_buf path = NACRE_BUF(SIZE_MAX / 2);

	if (!node->parent || nacre_node_path(node, &path, NULL))
		(void)snprintf(out_text, room, "/");
	else
		(void)snprintf(out_text, room, "%s", path.data);
	nacre_buf_clear(&path);
	return out_text;
}

struct nacre_node *nacre_tree_find(const struct nacre_tree *tree, const char *path)
{
	struct nacre_node *node = tree->root;

	while (node && *path) {
		size_t len = strcspn(path, "/");

		node = nacre_node_find(node, path, len);
		path += len + (path[len] == '/');
	}
	return node;
}

/*
 * What is still to be walked is a stack of texts: the path itself and the targets of links met on
 * the way, each continued where it was left.
 */
struct walk {
	const char *rest[LINKS_MOST + 1];
	size_t depth;
};

static size_t next_name(struct walk *walk, const char **out_name)
{
	while (walk->depth > 0) {
		const char **at = &walk->rest[walk->depth - 1];
		size_t len;

		*at += strspn(*at, "/");
		len = strcspn(*at, "/");
		if (len == 0) {
			walk->depth--;
			continue;
		}
		*out_name = *at;
		*at += len;
		return len;
	}
	return 0;
}

static bool is_last(const struct walk *walk)
{
	for (size_t i = 0; i < walk->depth; i++) {
		if (walk->rest[i][strspn(walk->rest[i], "/")])
			return false;
	}
	return true;
}

static int enter_link(struct walk *walk, const struct nacre_tree *tree, struct nacre_node *link,
	struct nacre_walked *walked, struct nacre_node **here, struct nacre_err *err)
{
	if (++walked->links > LINKS_MOST)
		return nacre_fail(err, NACRE_E_UNSAFE, "more than %d links", LINKS_MOST);
	/* A finished text makes place, so a chain of links needs no more than one. */
	while (walk->depth > 0 && !*walk->rest[walk->depth - 1])
		walk->depth--;
	walk->rest[walk->depth++] = link->inode->u.target;
	*here = link->inode->u.target[0] == '/' ? tree->root : link->parent;
	return 0;
}

static int walk_on(const struct nacre_tree *tree, struct walk *walk, struct nacre_node *here,
	unsigned how, unsigned layer, struct nacre_walked *walked, struct nacre_node **out_node,
	struct nacre_err *err)
{
	const char *name = NULL;
	size_t len;

	while ((len = next_name(walk, &name)) > 0) {
		struct nacre_node *next;
		int rc;

		/* Forty links of two thousand components each would be work without bound. */
		if (++walked->steps > STEPS_MOST)
			return nacre_fail(err, NACRE_E_UNSAFE, "more than %d steps", STEPS_MOST);
		if (here->inode->type != NACRE_TYPE_DIR)
			return 0;
		if (len == 1 && name[0] == '.')
			continue;
		if (len == 2 && name[0] == '.' && name[1] == '.') {
			here = here->parent ? here->parent : here;
			continue;
		}
		next = nacre_node_find(here, name, len);
		if (!next)
			return 0;
		if (next->inode->type != NACRE_TYPE_SYMLINK ||
			(is_last(walk) && !(how & NACRE_RESOLVE_FOLLOW))) {
			here = next;
			continue;
		}
		if (how & NACRE_RESOLVE_MARK)
			next->touched = (uint16_t)layer;
		rc = enter_link(walk, tree, next, walked, &here, err);
		if (rc)
			return rc;
	}
	*out_node = here;
	return 0;
}

int nacre_tree_resolve(const struct nacre_tree *tree, const char *path, unsigned how,
	unsigned layer, struct nacre_node **out_node, struct nacre_err *err)
{
	struct walk walk = { { path }, 1 };
	struct nacre_walked walked = { 0, 0 };
	int rc;

	*out_node = NULL;
	rc = walk_on(tree, &walk, tree->root, how, layer, &walked, out_node, err);
	return rc ? nacre_within(err, rc, "'%s'", path) : 0;
}

int nacre_tree_follow(struct nacre_tree *tree, struct nacre_node *link, unsigned layer,
	struct nacre_walked *walked, struct nacre_node **out_node, struct nacre_err *err)
{
	struct walk walk = { { NULL }, 0 };
	struct nacre_node *here = NULL;
	unsigned before = walked->steps;
	int rc;

	*out_node = NULL;
	link->touched = (uint16_t)layer;
	rc = enter_link(&walk, tree, link, walked, &here, err);
	if (rc == 0)
		rc = walk_on(tree, &walk, here, NACRE_RESOLVE_FOLLOW | NACRE_RESOLVE_MARK, layer,
			walked, out_node, err);
	tree->link_steps += 1 + walked->steps - before;
	return rc;
}
