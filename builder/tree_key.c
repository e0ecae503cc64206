/* SPDX-License-Identifier: Apache-2.0 */
/* Hashing trees. Everything has its length or a fixed size, so that no two trees are one text. */
#include "builder/tree_key.h"

#include "base/scope.h"

#include <stdio.h>
#include <string.h>

static void add_number(struct nacre_hash *hash, uint64_t number)
{
	unsigned char bytes[8];

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (unsigned char)(number >> (8 * i));
	nacre_hash_add(hash, bytes, sizeof(bytes));
}

static void add_bytes(struct nacre_hash *hash, const void *data, size_t len)
{
	add_number(hash, len);
	nacre_hash_add(hash, data, len);
}

static void add_text(struct nacre_hash *hash, const char *text)
{
	add_bytes(hash, text, strlen(text));
}

static void add_xattrs(struct nacre_hash *hash, const struct nacre_xattrs *xattrs)
{
	size_t count = xattrs ? xattrs->count : 0;

	add_number(hash, count);
	for (size_t i = 0; i < count; i++) {
		add_text(hash, xattrs->items[i].name);
		add_bytes(hash, xattrs->items[i].value, xattrs->items[i].len);
	}
}

static void add_inode(struct nacre_hash *hash, const struct nacre_inode *inode)
{
	add_number(hash, inode->type);
	add_number(hash, inode->mode);
	add_number(hash, inode->uid);
	add_number(hash, inode->gid);
	add_number(hash, (uint64_t)inode->mtime_s);
	add_number(hash, inode->mtime_ns);
	add_xattrs(hash, inode->xattrs);
	switch (inode->type) {
	case NACRE_TYPE_FILE:
		add_number(hash, inode->size_bytes);
		if (inode->size_bytes > 0)
			nacre_hash_add(hash, inode->sha256, 32);
		break;
	case NACRE_TYPE_SYMLINK:
		add_text(hash, inode->u.target);
		break;
	case NACRE_TYPE_CHAR:
	case NACRE_TYPE_BLOCK:
		add_number(hash, inode->u.device.major);
		add_number(hash, inode->u.device.minor);
		break;
	default:
		break;
	}
}

static int digest_entry(const struct nacre_node *node, const char *first,
	struct nacre_digest *out_digest, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_hash_freep)
	struct nacre_hash *hash = NULL;
	int rc = nacre_hash_new(&hash, err);

	if (rc)
		return rc;
	add_number(hash, node->is_explicit);
	add_text(hash, first);
	if (!*first)
		add_inode(hash, node->inode);
	nacre_hash_finish(hash, out_digest);
	return 0;
}

/* A further name of a file says which the first was. */
static int digest_node(
	struct nacre_node *node, struct nacre_digest *out_digest, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf first = NACRE_BUF(SIZE_MAX / 2);
	int rc = 0;

	if (node->inode->first)
		rc = nacre_node_path(node->inode->first, &first, err);
	else if (node->inode->type != NACRE_TYPE_DIR)
		node->inode->first = node;
	return rc ? rc : digest_entry(node, first.data ? first.data : "", out_digest, err);
}

static size_t depth_of(const struct nacre_node *node)
{
	size_t depth = 0;

	for (; node->parent; node = node->parent)
		depth++;
	return depth;
}

int nacre_tree_key(struct nacre_tree *tree, nacre_tree_key_fn *each, void *user,
	struct nacre_digest *out_digest, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_hash_freep)
	struct nacre_hash *hash = NULL;
	int rc = nacre_hash_new(&hash, err);

	nacre_tree_forget_first(tree);
	if (rc == 0)
		add_number(hash, NACRE_TREE_KEY_FORMAT);
	for (struct nacre_node *node = tree->root; node && rc == 0; node = nacre_tree_next(node)) {
		struct nacre_digest digest;

		rc = digest_node(node, &digest, err);
		if (rc)
			break;
		add_number(hash, depth_of(node));
		add_bytes(hash, node->name, node->name_len);
		nacre_hash_add(hash, digest.text, strlen(digest.text));
		rc = each ? each(node, &digest, user, err) : 0;
	}
	if (rc == 0)
		nacre_hash_finish(hash, out_digest);
	return rc;
}
