/* SPDX-License-Identifier: Apache-2.0 */
/* mtree lists: what is accepted, emitted again, must be accepted and emit the same text. */
#include "layers/mtree.h"
#include "base/env.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int read_list(const void *data, size_t size, struct nacre_tree *tree)
{
	struct nacre_limits limits = nacre_env_limits(NULL);
	struct nacre_source *source = NULL;
	int rc;

	if (nacre_tree_init(tree, NULL) || nacre_source_memory(data, size, &source, NULL))
		abort();
	rc = nacre_mtree_read(source, &limits, tree, NULL);
	nacre_source_free(source);
	return rc;
}

static void emit_list(struct nacre_tree *tree, struct nacre_buf *buf)
{
	nacre_tree_forget_first(tree);
	if (nacre_buf_add_text(buf, NACRE_MTREE_BEGIN, NULL))
		abort();
	for (struct nacre_node *at = tree->root; at; at = nacre_tree_next(at)) {
		if (at->is_explicit && nacre_mtree_emit(at, at->inode->first, NULL, buf, NULL))
			abort();
		if (!at->inode->first)
			at->inode->first = at;
	}
}

static void check_same(struct nacre_tree *a, struct nacre_tree *b)
{
	struct nacre_node *x = a->root, *y = b->root;

	for (; x && y; x = nacre_tree_next(x), y = nacre_tree_next(y)) {
		if (strcmp(x->name, y->name) != 0 || x->is_explicit != y->is_explicit ||
			!nacre_inode_same_attrs(x->inode, y->inode))
			abort();
	}
	if (x || y)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct nacre_buf text = NACRE_BUF((size_t)1 << 28), again = NACRE_BUF((size_t)1 << 28);
	struct nacre_tree tree, second;

	if (read_list(data, size, &tree) == 0) {
		emit_list(&tree, &text);
		if (read_list(text.data, text.len, &second))
			abort();
		emit_list(&second, &again);
		check_same(&tree, &second);
		if (text.len != again.len || memcmp(text.data, again.data, text.len) != 0)
			abort();
		nacre_tree_clear(&second);
	}
	nacre_tree_clear(&tree);
	nacre_buf_clear(&text);
	nacre_buf_clear(&again);
	return 0;
}
