/* SPDX-License-Identifier: Apache-2.0 */
/* Records back to a tree. Nothing that stands in them is taken as it is. */
#include "layers/tree_wire.h"

#include "base/scope.h"

#include <stdlib.h>
#include <string.h>

#define ID_MOST 4294967294U
#define NS_MOST 999999999U
#define MODE_MOST 07777U
#define TARGET_BYTES 4095

struct wire {
	struct nacre_source *source;
	struct nacre_origin *const *origins;
	size_t origin_count;
	const struct nacre_limits *limits;
	struct nacre_tree *tree;
	struct nacre_node *last;
	uint64_t last_depth;
	uint64_t path_bytes; /* of `last`, with a slash behind each name */
	struct nacre_inode **shared;
	size_t shared_count;
	size_t shared_room;
	bool is_ended;
	size_t at;
	size_t len;
	unsigned char block[NACRE_WIRE_BLOCK];
};

static int malformed(const char *what, struct nacre_err *err)
{
	return nacre_fail(err, NACRE_E_FORMAT, "a tree on the wire: %s", what);
}

static uint64_t number_in(const unsigned char *data, size_t bytes)
{
	uint64_t value = 0;

	for (size_t i = bytes; i > 0; i--)
		value = value << 8 | data[i - 1];
	return value;
}

/* ----------------------------------------------------------------------- blocks */

static int read_exactly(struct wire *wire, void *data, size_t len, struct nacre_err *err)
{
	size_t got = 0;
	int rc = nacre_source_read_full(wire->source, data, len, &got, err);

	if (rc == 0 && got < len)
		rc = malformed("it ends too early", err);
	return rc;
}

static int next_block(struct wire *wire, struct nacre_err *err)
{
	unsigned char head[4];
	uint64_t len = 0;
	int rc = read_exactly(wire, head, sizeof(head), err);

	if (rc)
		return rc;
	len = number_in(head, sizeof(head));
	if (len > NACRE_WIRE_BLOCK)
		return malformed("a block that is too long", err);
	wire->is_ended = len == 0;
	wire->at = 0;
	wire->len = (size_t)len;
	return read_exactly(wire, wire->block, wire->len, err);
}

static int take(struct wire *wire, void *data, size_t len, struct nacre_err *err)
{
	char *out = data;

	while (len > 0) {
		size_t left = wire->len - wire->at, part = len < left ? len : left;
		int rc;

		memcpy(out, wire->block + wire->at, part);
		wire->at += part;
		out += part;
		len -= part;
		if (len == 0)
			break;
		rc = next_block(wire, err);
		if (rc == 0 && wire->is_ended)
			rc = malformed("it ends inside of a record", err);
		if (rc)
			return rc;
	}
	return 0;
}

static int take_number(struct wire *wire, size_t bytes, uint64_t *out_value, struct nacre_err *err)
{
	unsigned char data[8];
	int rc = take(wire, data, bytes, err);

	*out_value = rc ? 0 : number_in(data, bytes);
	return rc;
}

/* A text in the arena. */
static int take_text(struct wire *wire, size_t len, const char **out_text, struct nacre_err *err)
{
	char *text = nacre_arena_new(&wire->tree->arena, len + 1);
	int rc = text ? take(wire, text, len, err) : nacre_fail_nomem(err);

	if (rc == 0 && memchr(text, '\0', len))
		rc = malformed("a text with a NUL", err);
	*out_text = text;
	return rc;
}

/* ----------------------------------------------------------------------- inodes */

/* Bounded before anything is allocated for it. */
static int take_xattr(
	struct wire *wire, struct nacre_xattr *xattr, uint64_t *sum, struct nacre_err *err)
{
	uint64_t name_len = 0, len = 0;
	char *name;
	int rc = take_number(wire, 2, &name_len, err);

	if (rc)
		return rc;
	if (name_len == 0)
		return malformed("an xattr without a name", err);
	if (*sum + name_len > wire->limits->xattr_bytes)
		return nacre_fail(err, NACRE_E_LIMIT,
			"more bytes of xattrs than %llu (limit "
			"xattr-bytes)",
			(unsigned long long)wire->limits->xattr_bytes);
	name = nacre_arena_new(&wire->tree->arena, (size_t)name_len + 1);
	rc = name ? take(wire, name, (size_t)name_len, err) : nacre_fail_nomem(err);
	if (rc == 0 && memchr(name, '\0', (size_t)name_len))
		rc = malformed("an xattr's name with a NUL", err);
	if (rc == 0)
		rc = take_number(wire, 4, &len, err);
	if (rc)
		return rc;
	*sum += name_len + len;
	if (*sum > wire->limits->xattr_bytes)
		return nacre_fail(err, NACRE_E_LIMIT,
			"more bytes of xattrs than %llu (limit "
			"xattr-bytes)",
			(unsigned long long)wire->limits->xattr_bytes);
	xattr->name = name;
	xattr->len = (size_t)len;
	xattr->value = nacre_arena_new(&wire->tree->arena, (size_t)len + 1);
	if (!xattr->value)
		return nacre_fail_nomem(err);
	return take(wire, (void *)(uintptr_t)xattr->value, (size_t)len, err);
}

static int take_xattrs(
	struct wire *wire, struct nacre_inode *inode, uint64_t count, struct nacre_err *err)
{
	struct nacre_xattrs *xattrs;
	uint64_t sum = 0;
	int rc = 0;

	if (count == 0)
		return 0;
	if (count > wire->limits->xattrs)
		return nacre_fail(err, NACRE_E_LIMIT, "more than %llu xattrs (limit xattrs)",
			(unsigned long long)wire->limits->xattrs);
	xattrs = nacre_arena_new(
		&wire->tree->arena, sizeof(*xattrs) + (size_t)count * sizeof(xattrs->items[0]));
	if (!xattrs)
		return nacre_fail_nomem(err);
	xattrs->count = (size_t)count;
	for (size_t i = 0; i < count && rc == 0; i++) {
		rc = take_xattr(wire, &xattrs->items[i], &sum, err);
		if (rc == 0 && i > 0 &&
			strcmp(xattrs->items[i - 1].name, xattrs->items[i].name) >= 0)
			rc = malformed("xattrs out of order", err);
	}
	inode->xattrs = xattrs;
	return rc;
}

static int take_content(struct wire *wire, struct nacre_inode *inode, struct nacre_err *err)
{
	uint64_t origin = 0, end;
	int rc = take_number(wire, 8, &inode->size_bytes, err);

	if (rc || inode->size_bytes == 0)
		return rc;
	rc = take_number(wire, 2, &origin, err);
	if (rc == 0)
		rc = take_number(wire, 8, &inode->u.content.key, err);
	if (rc)
		return rc;
	if (origin >= wire->origin_count)
		return malformed("content from nowhere", err);
	if (__builtin_add_overflow(inode->u.content.key, inode->size_bytes, &end))
		return malformed("content beyond the largest offset", err);
	inode->u.content.origin = wire->origins[origin];
	return 0;
}

static int take_device(struct wire *wire, struct nacre_inode *inode, struct nacre_err *err)
{
	uint64_t major = 0, minor = 0;
	int rc = take_number(wire, 4, &major, err);

	if (rc == 0)
		rc = take_number(wire, 4, &minor, err);
	inode->u.device.major = (uint32_t)major;
	inode->u.device.minor = (uint32_t)minor;
	return rc;
}

static int take_target(struct wire *wire, struct nacre_inode *inode, struct nacre_err *err)
{
	uint64_t len = 0;
	int rc = take_number(wire, 2, &len, err);

	if (rc)
		return rc;
	if (len == 0 || len > TARGET_BYTES)
		return malformed("a target of no good length", err);
	return take_text(wire, (size_t)len, &inode->u.target, err);
}

static int take_kind(struct wire *wire, struct nacre_inode *inode, struct nacre_err *err)
{
	switch (inode->type) {
	case NACRE_TYPE_FILE:
		return take_content(wire, inode, err);
	case NACRE_TYPE_CHAR:
	case NACRE_TYPE_BLOCK:
		return take_device(wire, inode, err);
	case NACRE_TYPE_SYMLINK:
		return take_target(wire, inode, err);
	default:
		return 0;
	}
}

static int take_inode(struct wire *wire, struct nacre_inode **out_inode, struct nacre_err *err)
{
	struct nacre_inode *inode;
	unsigned char data[25];
	int rc = take(wire, data, sizeof(data), err);

	if (rc)
		return rc;
	if (data[0] >= NACRE_TYPE_WHITEOUT)
		return malformed("an unknown type", err);
	inode = nacre_inode_new(wire->tree, (enum nacre_type)data[0]);
	if (!inode)
		return nacre_fail_nomem(err);
	inode->mode = (uint32_t)number_in(data + 1, 2);
	inode->uid = (uint32_t)number_in(data + 3, 4);
	inode->gid = (uint32_t)number_in(data + 7, 4);
	inode->mtime_s = (int64_t)number_in(data + 11, 8);
	inode->mtime_ns = (uint32_t)number_in(data + 19, 4);
	if (inode->mode > MODE_MOST || inode->uid > ID_MOST || inode->gid > ID_MOST ||
		inode->mtime_ns > NS_MOST)
		return malformed("a mode, owner or time beyond its range", err);
	rc = take_xattrs(wire, inode, number_in(data + 23, 2), err);
	if (rc == 0)
		rc = take_kind(wire, inode, err);
	*out_inode = inode;
	return rc;
}

/* ------------------------------------------------------------------------ names */

static int keep_shared(struct wire *wire, struct nacre_inode *inode, struct nacre_err *err)
{
	if (inode->type == NACRE_TYPE_DIR)
		return malformed("a directory with several names", err);
	if (wire->shared_count == wire->shared_room) {
		size_t room = wire->shared_room ? wire->shared_room * 2 : 64;
		struct nacre_inode **shared = realloc(wire->shared, room * sizeof(*shared));

		if (!shared)
			return nacre_fail_nomem(err);
		wire->shared = shared;
		wire->shared_room = room;
	}
	wire->shared[wire->shared_count++] = inode;
	return 0;
}

static int find_shared(struct wire *wire, struct nacre_inode **out_inode, struct nacre_err *err)
{
	uint64_t number = 0;
	int rc = take_number(wire, 4, &number, err);

	if (rc == 0 && number >= wire->shared_count)
		rc = malformed("a name of what has not come", err);
	if (rc == 0)
		*out_inode = wire->shared[number];
	return rc;
}

/* Goes from the last node to the directory that the next one lies in. */
static int find_parent(
	struct wire *wire, uint64_t depth, struct nacre_node **out_parent, struct nacre_err *err)
{
	if (depth == 0 || depth > wire->last_depth + 1)
		return malformed("a depth that leads nowhere", err);
	for (; wire->last_depth >= depth; wire->last_depth--) {
		wire->path_bytes -= wire->last->name_len + 1U;
		wire->last = wire->last->parent;
	}
	if (wire->last->inode->type != NACRE_TYPE_DIR)
		return malformed("a name below what is no directory", err);
	*out_parent = wire->last;
	return 0;
}

static bool is_bad_name(const char *name, size_t len)
{
	return len == 0 || memchr(name, '/', len) || memchr(name, '\0', len) ||
		(name[0] == '.' && (len == 1 || (len == 2 && name[1] == '.')));
}

static int check_reach(
	const struct wire *wire, uint64_t depth, size_t name_len, struct nacre_err *err)
{
	if (depth > wire->limits->depth)
		return nacre_fail(err, NACRE_E_LIMIT,
			"more than %llu directories deep (limit depth)",
			(unsigned long long)wire->limits->depth);
	if (wire->path_bytes + name_len > wire->limits->path_bytes)
		return nacre_fail(err, NACRE_E_LIMIT,
			"a path of more than %llu bytes (limit path-bytes)",
			(unsigned long long)wire->limits->path_bytes);
	if (wire->tree->arena.used_bytes > wire->limits->tree_bytes)
		return nacre_fail(err, NACRE_E_LIMIT,
			"the tree takes more than %llu bytes (limit tree-bytes)",
			(unsigned long long)wire->limits->tree_bytes);
	return 0;
}

/* Names come sorted, so the one before a new last one is the greatest. */
static bool is_in_order(const struct nacre_node *parent, const char *name)
{
	const struct nacre_node *last = parent->children.rbh_root;

	while (last && last->links.rbe_right)
		last = last->links.rbe_right;
	return !last || strcmp(last->name, name) < 0;
}

static void put_marks(struct nacre_node *node, unsigned flags, unsigned layer)
{
	node->is_explicit = (flags & NACRE_WIRE_EXPLICIT) != 0;
	node->layer = (uint16_t)layer;
	node->touched =
		(uint16_t)(flags & NACRE_WIRE_TOUCHED && layer < UINT16_MAX ? layer + 1 : layer);
}

static int put_node(struct wire *wire, uint64_t depth, unsigned flags, unsigned layer,
	const char *name, size_t name_len, struct nacre_err *err)
{
	struct nacre_node *parent = NULL, *node = NULL;
	struct nacre_inode *inode = NULL;
	int rc;

	if (is_bad_name(name, name_len))
		return malformed("a name that is none", err);
	rc = find_parent(wire, depth, &parent, err);
	if (rc == 0)
		rc = check_reach(wire, depth, name_len, err);
	if (rc == 0 && !is_in_order(parent, name))
		rc = malformed("names out of order", err);
	if (rc == 0)
		rc = flags & NACRE_WIRE_LINK ? find_shared(wire, &inode, err)
					     : take_inode(wire, &inode, err);
	if (rc == 0 && (flags & NACRE_WIRE_SHARED))
		rc = keep_shared(wire, inode, err);
	if (rc == 0)
		rc = nacre_tree_add(wire->tree, parent, name, name_len, inode, &node, err);
	if (rc)
		return rc;
	put_marks(node, flags, layer);
	wire->last = node;
	wire->last_depth = depth;
	wire->path_bytes += name_len + 1;
	return 0;
}

static int put_root(struct wire *wire, uint64_t depth, unsigned flags, unsigned layer,
	size_t name_len, struct nacre_err *err)
{
	struct nacre_node *root = wire->tree->root;
	struct nacre_inode *inode = NULL;
	int rc;

	if (depth != 0 || name_len != 0 || (flags & (NACRE_WIRE_LINK | NACRE_WIRE_SHARED)))
		return malformed("it does not begin with the root", err);
	rc = take_inode(wire, &inode, err);
	if (rc)
		return rc;
	if (inode->type != NACRE_TYPE_DIR)
		return malformed("a root that is no directory", err);
	root->inode = inode;
	put_marks(root, flags, layer);
	wire->last = root;
	return 0;
}

static int take_record(struct wire *wire, struct nacre_err *err)
{
	unsigned char head[8];
	char name[256];
	uint64_t depth;
	unsigned flags, layer;
	size_t name_len;
	int rc = take(wire, head, sizeof(head), err);

	if (rc)
		return rc;
	depth = number_in(head, 4);
	flags = head[4];
	layer = (unsigned)number_in(head + 5, 2);
	name_len = head[7];
	rc = take(wire, name, name_len, err);
	if (rc)
		return rc;
	name[name_len] = '\0';
	if (flags > 15 ||
		(flags & (NACRE_WIRE_LINK | NACRE_WIRE_SHARED)) ==
			(NACRE_WIRE_LINK | NACRE_WIRE_SHARED))
		return malformed("unknown flags", err);
	return wire->last ? put_node(wire, depth, flags, layer, name, name_len, err)
			  : put_root(wire, depth, flags, layer, name_len, err);
}

static void wire_freep(struct wire **wire)
{
	if (*wire) {
		free((*wire)->shared);
		free(*wire);
	}
	*wire = NULL;
}

int nacre_tree_wire_read(struct nacre_source *source, struct nacre_origin *const *origins,
	size_t origin_count, const struct nacre_limits *limits, struct nacre_tree *tree,
	struct nacre_err *err)
{
	NACRE_CLEANUP(wire_freep)
	struct wire *wire = calloc(1, sizeof(*wire));
	int rc;

	if (!wire)
		return nacre_fail_nomem(err);
	wire->source = source;
	wire->origins = origins;
	wire->origin_count = origin_count;
	wire->limits = limits;
	wire->tree = tree;
	for (;;) {
		rc = wire->at < wire->len ? 0 : next_block(wire, err);
		if (rc || wire->is_ended)
			break;
		rc = take_record(wire, err);
		if (rc)
			break;
	}
	if (rc == 0 && !wire->last)
		rc = malformed("nothing in it", err);
	return rc;
}
