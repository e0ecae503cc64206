/* SPDX-License-Identifier: Apache-2.0 */
/* A tree as records. Inodes with several names are found first, so that each can have a number. */
#include "layers/tree_wire.h"

#include "base/scope.h"

#include <stdlib.h>
#include <string.h>

/* The most that a record holds besides texts and xattrs. */
#define RECORD_BYTES 64

struct shared {
	const struct nacre_inode *inode;
	uint32_t number;
};

struct wire {
	struct nacre_sink *sink;
	struct nacre_origin *const *origins;
	size_t origin_count;
	size_t last_origin;    /* the one found last */
	struct shared *shared; /* sorted by inode */
	size_t shared_count;
	uint32_t numbered;
	size_t used;
	unsigned char block[4 + NACRE_WIRE_BLOCK];
};

static void put_number(unsigned char *out, uint64_t value, size_t bytes)
{
	for (size_t i = 0; i < bytes; i++)
		out[i] = (unsigned char)(value >> (8 * i));
}

static int flush(struct wire *wire, struct nacre_err *err)
{
	size_t used = wire->used;

	put_number(wire->block, used, 4);
	wire->used = 0;
	return nacre_sink_write(wire->sink, wire->block, 4 + used, err);
}

static int add(struct wire *wire, const void *data, size_t len, struct nacre_err *err)
{
	const char *at = data;

	while (len > 0) {
		size_t room = NACRE_WIRE_BLOCK - wire->used, part = len < room ? len : room;
		int rc = 0;

		memcpy(wire->block + 4 + wire->used, at, part);
		wire->used += part;
		at += part;
		len -= part;
		if (wire->used == NACRE_WIRE_BLOCK)
			rc = flush(wire, err);
		if (rc)
			return rc;
	}
	return 0;
}

/* ---------------------------------------------------------------- shared inodes */

static int by_inode(const void *a, const void *b)
{
	uintptr_t x = (uintptr_t)((const struct shared *)a)->inode;
	uintptr_t y = (uintptr_t)((const struct shared *)b)->inode;

	return x < y ? -1 : x > y;
}

/* inode->first becomes the second name of what has one; each such inode is counted once. */
static size_t count_shared(struct nacre_tree *tree)
{
	size_t count = 0;

	nacre_tree_forget_first(tree);
	for (struct nacre_node *node = tree->root; node; node = nacre_tree_next(node)) {
		struct nacre_inode *inode = node->inode;

		if (!inode->first)
			inode->first = node;
		else if (inode->first->inode == inode && inode->first != tree->root) {
			inode->first = tree->root; /* no inode but its own has that */
			count++;
		}
	}
	return count;
}

static int find_shared(struct wire *wire, struct nacre_tree *tree, struct nacre_err *err)
{
	size_t count = count_shared(tree), at = 0;

	if (count == 0)
		return 0;
	wire->shared = calloc(count, sizeof(*wire->shared));
	if (!wire->shared)
		return nacre_fail_nomem(err);
	for (struct nacre_node *node = tree->root; node; node = nacre_tree_next(node)) {
		if (node == tree->root || node->inode->first != tree->root)
			continue;
		wire->shared[at++].inode = node->inode;
		node->inode->first = NULL; /* its other names need not be seen */
	}
	wire->shared_count = count;
	qsort(wire->shared, count, sizeof(*wire->shared), by_inode);
	return 0;
}

static struct shared *shared_of(struct wire *wire, const struct nacre_inode *inode)
{
	struct shared key = { inode, 0 };

	return wire->shared_count == 0
		? NULL
		: bsearch(&key, wire->shared, wire->shared_count, sizeof(key), by_inode);
}

/* ---------------------------------------------------------------------- records */

static int origin_of(struct wire *wire, const struct nacre_inode *inode, uint64_t *out_number,
	struct nacre_err *err)
{
	for (size_t i = 0; i < wire->origin_count; i++) {
		size_t at = (wire->last_origin + i) % wire->origin_count;

		if (wire->origins[at] == inode->u.content.origin) {
			wire->last_origin = at;
			*out_number = at;
			return 0;
		}
	}
	return nacre_fail(err, NACRE_E_ARG, "content from an unknown origin");
}

static int add_xattrs(struct wire *wire, const struct nacre_xattrs *xattrs, struct nacre_err *err)
{
	int rc = 0;

	for (size_t i = 0; xattrs && i < xattrs->count && rc == 0; i++) {
		const struct nacre_xattr *item = &xattrs->items[i];
		size_t name_len = strlen(item->name);
		unsigned char number[4];

		if (name_len > UINT16_MAX || item->len > UINT32_MAX)
			return nacre_fail(
				err, NACRE_E_LIMIT, "xattr '%.100s': too long", item->name);
		put_number(number, name_len, 2);
		rc = add(wire, number, 2, err);
		if (rc == 0)
			rc = add(wire, item->name, name_len, err);
		put_number(number, item->len, 4);
		if (rc == 0)
			rc = add(wire, number, 4, err);
		if (rc == 0)
			rc = add(wire, item->value, item->len, err);
	}
	return rc;
}

static int add_kind(struct wire *wire, const struct nacre_inode *inode, struct nacre_err *err)
{
	unsigned char data[RECORD_BYTES];
	size_t len = 0;
	uint64_t origin = 0;
	int rc = 0;

	switch (inode->type) {
	case NACRE_TYPE_FILE:
		put_number(data, inode->size_bytes, 8);
		len = 8;
		if (inode->size_bytes == 0)
			break;
		rc = origin_of(wire, inode, &origin, err);
		put_number(data + 8, origin, 2);
		put_number(data + 10, inode->u.content.key, 8);
		len = 18;
		break;
	case NACRE_TYPE_CHAR:
	case NACRE_TYPE_BLOCK:
		put_number(data, inode->u.device.major, 4);
		put_number(data + 4, inode->u.device.minor, 4);
		len = 8;
		break;
	case NACRE_TYPE_SYMLINK:
		if (strlen(inode->u.target) > UINT16_MAX)
			return nacre_fail(err, NACRE_E_LIMIT, "a target that is too long");
		put_number(data, strlen(inode->u.target), 2);
		len = 2;
		break;
	case NACRE_TYPE_WHITEOUT:
		return nacre_fail(err, NACRE_E_ARG, "a whiteout");
	default:
		break;
	}
	if (rc == 0)
		rc = add(wire, data, len, err);
	if (rc == 0 && inode->type == NACRE_TYPE_SYMLINK)
		rc = add(wire, inode->u.target, strlen(inode->u.target), err);
	return rc;
}

static int add_inode(struct wire *wire, const struct nacre_inode *inode, struct nacre_err *err)
{
	size_t xattrs = inode->xattrs ? inode->xattrs->count : 0;
	unsigned char data[RECORD_BYTES];
	int rc;

	if (xattrs > UINT16_MAX)
		return nacre_fail(err, NACRE_E_LIMIT, "too many xattrs");
	put_number(data, inode->type, 1);
	put_number(data + 1, inode->mode, 2);
	put_number(data + 3, inode->uid, 4);
	put_number(data + 7, inode->gid, 4);
	put_number(data + 11, (uint64_t)inode->mtime_s, 8);
	put_number(data + 19, inode->mtime_ns, 4);
	put_number(data + 23, xattrs, 2);
	rc = add(wire, data, 25, err);
	if (rc == 0)
		rc = add_xattrs(wire, inode->xattrs, err);
	return rc ? rc : add_kind(wire, inode, err);
}

static int add_node(
	struct wire *wire, const struct nacre_node *node, uint32_t depth, struct nacre_err *err)
{
	struct shared *shared = node->parent ? shared_of(wire, node->inode) : NULL;
	bool is_link = shared && shared->number > 0;
	unsigned flags = node->is_explicit ? NACRE_WIRE_EXPLICIT : 0;
	unsigned char data[RECORD_BYTES];
	int rc;

	flags |= node->touched > node->layer ? NACRE_WIRE_TOUCHED : 0;
	flags |= !shared ? 0U : is_link ? NACRE_WIRE_LINK : NACRE_WIRE_SHARED;
	put_number(data, depth, 4);
	put_number(data + 4, flags, 1);
	put_number(data + 5, node->layer, 2);
	put_number(data + 7, node->name_len, 1);
	rc = add(wire, data, 8, err);
	if (rc == 0)
		rc = add(wire, node->name, node->name_len, err);
	if (rc)
		return rc;
	if (!is_link) {
		if (shared)
			shared->number = ++wire->numbered; /* one more than on the wire */
		return add_inode(wire, node->inode, err);
	}
	put_number(data, shared->number - 1, 4);
	return add(wire, data, 4, err);
}

static void wire_freep(struct wire **wire)
{
	if (*wire)
		free((*wire)->shared);
	free(*wire);
	*wire = NULL;
}

int nacre_tree_wire_write(struct nacre_tree *tree, struct nacre_origin *const *origins,
	size_t origin_count, struct nacre_sink *sink, struct nacre_err *err)
{
	NACRE_CLEANUP(wire_freep)
	struct wire *wire = calloc(1, sizeof(*wire));
	struct nacre_node *last = NULL;
	uint32_t depth = 0;
	int rc;

	if (!wire)
		return nacre_fail_nomem(err);
	if (origin_count > (size_t)UINT16_MAX + 1)
		return nacre_fail(err, NACRE_E_ARG, "too many origins");
	wire->sink = sink;
	wire->origins = origins;
	wire->origin_count = origin_count;
	rc = find_shared(wire, tree, err);
	for (struct nacre_node *node = tree->root; node && rc == 0; node = nacre_tree_next(node)) {
		if (last && node->parent == last)
			depth++;
		for (; last && last->parent != node->parent && node->parent != last;
			last = last->parent)
			depth--;
		rc = add_node(wire, node, depth, err);
		last = node;
	}
	if (rc == 0 && wire->used > 0)
		rc = flush(wire, err);
	return rc ? rc : flush(wire, err); /* an empty one: the end */
}
