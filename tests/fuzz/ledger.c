/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ledgers, applied to a small tree. Whatever one says: no entry comes or goes, each is found under
 * the name that it has, no name means something else in a layer, and nothing becomes another type
 * than an empty file may.
 */
#include "layers/ledger.h"

#include "base/env.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct nacre_node *put(
	struct nacre_tree *tree, struct nacre_node *dir, const char *name, enum nacre_type type)
{
	struct nacre_inode *inode = nacre_inode_new(tree, type);
	struct nacre_node *node = NULL;

	if (!inode || nacre_tree_add(tree, dir, name, strlen(name), inode, &node, NULL))
		abort();
	node->is_explicit = true;
	inode->uid = inode->gid = 1000;
	return node;
}

/* What a disk may have: a file, an empty one, a second name, one of each other type. */
static void fill(struct nacre_tree *tree)
{
	static const struct nacre_xattr item = { "user.a", "v", 1 };
	struct nacre_node *dir, *file;

	if (nacre_tree_init(tree, NULL))
		abort();
	dir = put(tree, tree->root, "d", NACRE_TYPE_DIR);
	file = put(tree, dir, "f", NACRE_TYPE_FILE);
	file->inode->size_bytes = 3;
	file->inode->mtime_s = 5;
	if (nacre_xattrs_make(&tree->arena, &item, 1, &file->inode->xattrs, NULL) ||
		nacre_tree_add(tree, tree->root, "g", 1, file->inode, NULL, NULL))
		abort();
	(void)put(tree, dir, "e", NACRE_TYPE_FILE);
	(void)put(tree, tree->root, "l", NACRE_TYPE_SYMLINK);
	(void)put(tree, tree->root, "p", NACRE_TYPE_FIFO);
}

static bool may_become(enum nacre_type was, enum nacre_type is)
{
	return was == is ||
		(was == NACRE_TYPE_FILE &&
			(is == NACRE_TYPE_CHAR || is == NACRE_TYPE_BLOCK || is == NACRE_TYPE_FIFO));
}

static void check_node(const struct nacre_node *node)
{
	if (node->parent && nacre_node_find(node->parent, node->name, node->name_len) != node)
		abort();
	if (node->parent &&
		(!node->name[0] || strchr(node->name, '/') || strncmp(node->name, ".wh.", 4) == 0 ||
			strcmp(node->name, ".") == 0 || strcmp(node->name, "..") == 0))
		abort();
	if (node->inode->mode > 07777 || node->inode->mtime_ns > 999999999 ||
		node->inode->uid == UINT32_MAX || node->inode->gid == UINT32_MAX || node->touched)
		abort();
	if (node->inode->type == NACRE_TYPE_CHAR && node->inode->u.device.major == 0 &&
		node->inode->u.device.minor == 0)
		abort();
}

static void count_types(struct nacre_tree *tree, unsigned counts[NACRE_TYPE_WHITEOUT + 1])
{
	memset(counts, 0, (NACRE_TYPE_WHITEOUT + 1) * sizeof(counts[0]));
	for (struct nacre_node *node = tree->root; node; node = nacre_tree_next(node)) {
		check_node(node);
		counts[node->inode->type]++;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct nacre_limits limits = nacre_env_limits(NULL);
	unsigned before[NACRE_TYPE_WHITEOUT + 1], after[NACRE_TYPE_WHITEOUT + 1];
	struct nacre_source *source = NULL;
	struct nacre_tree tree;

	fill(&tree);
	count_types(&tree, before);
	if (nacre_source_memory(data, size, &source, NULL))
		abort();
	(void)!nacre_ledger_apply(source, &limits, &tree, NULL);
	count_types(&tree, after);
	for (unsigned type = 0; type <= NACRE_TYPE_WHITEOUT; type++) {
		if (!may_become(NACRE_TYPE_FILE, (enum nacre_type)type) &&
			before[type] != after[type])
			abort();
	}
	if (tree.nodes != 6 || after[NACRE_TYPE_FILE] > before[NACRE_TYPE_FILE])
		abort();
	nacre_source_free(source);
	nacre_tree_clear(&tree);
	return 0;
}
