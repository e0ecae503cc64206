/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Layers: an archive that is folded, written and folded again must give the same tree in every
 * attribute, content and hard link, and its second writing the same bytes as the first. A lint must
 * find something to refuse in exactly those that are refused.
 *
 * The first byte is the length of the lower layer in blocks of 512, so that whiteouts find
 * something.
 */
#include "base/env.h"
#include "layers/fold.h"
#include "layers/lint_layer.h"
#include "layers/tar_write.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct memory_origin {
	struct nacre_origin base;
	const char *data;
	size_t len;
};

static int open_memory(struct nacre_origin *origin, uint64_t key, uint64_t size,
	struct nacre_source **out_source, struct nacre_err *err)
{
	const struct memory_origin *memory = (const struct memory_origin *)origin;

	if (key > memory->len || size > memory->len - key)
		abort();
	return nacre_source_memory(memory->data + key, (size_t)size, out_source, err);
}

static bool fold(struct nacre_tree *tree, unsigned layer, struct memory_origin *origin)
{
	struct nacre_limits limits = nacre_env_limits(NULL);
	struct nacre_source *source = NULL;
	struct nacre_layer_counts counts;
	int rc = nacre_source_memory(origin->data, origin->len, &source, NULL);

	if (rc == 0)
		rc = nacre_fold_layer(tree, layer, &origin->base, source, &limits, &counts, NULL);
	nacre_source_free(source);
	return rc == 0;
}

static void write_whole(struct nacre_tree *tree, struct nacre_buf *out_bytes)
{
	struct nacre_limits limits = nacre_env_limits(NULL);
	struct nacre_layer_stats stats;
	struct nacre_sink *sink = NULL;

	for (struct nacre_node *at = tree->root; at; at = nacre_tree_next(at))
		at->is_explicit = true;
	if (nacre_sink_buf(out_bytes, &sink, NULL) ||
		nacre_tar_write(tree, &limits, sink, &stats, NULL))
		abort();
	nacre_sink_free(sink);
}

static void check_content(const struct nacre_inode *a, const struct nacre_inode *b)
{
	struct nacre_source *x = NULL, *y = NULL;
	char from_x[512], from_y[512];
	size_t x_len = 1, y_len = 1;

	if (nacre_inode_open(a, &x, NULL) || nacre_inode_open(b, &y, NULL))
		abort();
	while (x_len > 0) {
		if (nacre_source_read_full(x, from_x, sizeof(from_x), &x_len, NULL) ||
			nacre_source_read_full(y, from_y, sizeof(from_y), &y_len, NULL) ||
			x_len != y_len || memcmp(from_x, from_y, x_len) != 0)
			abort();
	}
	nacre_source_free(x);
	nacre_source_free(y);
}

static void check_same(struct nacre_tree *a, struct nacre_tree *b)
{
	struct nacre_node *x = a->root, *y = b->root;

	nacre_tree_forget_first(a);
	nacre_tree_forget_first(b);
	for (; x && y; x = nacre_tree_next(x), y = nacre_tree_next(y)) {
		struct nacre_node *x_first = x->inode->first, *y_first = y->inode->first;

		if (strcmp(x->name, y->name) != 0 || !nacre_inode_same_attrs(x->inode, y->inode) ||
			!x_first != !y_first)
			abort();
		if (x_first && strcmp(x_first->name, y_first->name) != 0)
			abort();
		if (x->inode->type == NACRE_TYPE_FILE && !x_first)
			check_content(x->inode, y->inode);
		if (!x_first) {
			x->inode->first = x;
			y->inode->first = y;
		}
	}
	if (x || y || a->nodes != b->nodes)
		abort();
}

static void check_written(struct nacre_tree *tree)
{
	struct nacre_buf bytes = NACRE_BUF((size_t)1 << 28), again = NACRE_BUF((size_t)1 << 28);
	struct memory_origin origin = { { .open = open_memory }, NULL, 0 };
	struct nacre_tree second;

	write_whole(tree, &bytes);
	origin.data = bytes.data;
	origin.len = bytes.len;
	if (nacre_tree_init(&second, NULL) || !fold(&second, 1, &origin))
		abort();
	check_same(tree, &second);
	write_whole(&second, &again);
	if (again.len != bytes.len || memcmp(again.data, bytes.data, bytes.len) != 0)
		abort();
	nacre_tree_clear(&second);
	nacre_buf_clear(&bytes);
	nacre_buf_clear(&again);
}

static int see(const struct nacre_lint_finding *finding, void *user)
{
	(void)user;
	if (!finding->rule->id || !finding->text[0] || finding->layer > 2)
		abort();
	return 0;
}

static void lint(const struct memory_origin *origins, bool is_taken)
{
	const struct nacre_limits limits = nacre_env_limits(NULL);
	struct nacre_lint findings = { .tell = see };
	struct nacre_err err = { NACRE_OK, "" };
	struct nacre_tree tree;
	int rc = nacre_tree_init(&tree, &err);

	for (unsigned i = 0; i < 2 && rc == 0; i++) {
		struct nacre_source *source = NULL;
		struct nacre_layer_counts counts;

		rc = nacre_lint_enter(&findings, "layer", i + 1, &err);
		if (rc == 0)
			rc = nacre_source_memory(origins[i].data, origins[i].len, &source, &err);
		if (rc == 0)
			rc = nacre_lint_tar(
				&tree, i + 1, source, &limits, &findings, &counts, &err);
		nacre_source_free(source);
	}
	if (rc == 0)
		rc = nacre_lint_tree(&tree, &findings, &err);
	if (rc != 0 && rc != NACRE_E_NOMEM)
		abort();
	if (rc == 0 && (findings.refused == 0) != is_taken)
		abort();
	nacre_tree_clear(&tree);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	bool is_taken;
	size_t lower = size > 0 ? (size_t)data[0] * 512 : 0;
	struct memory_origin origins[2];
	struct nacre_tree tree;

	if (size == 0)
		return 0;
	data++;
	size--;
	lower = lower < size ? lower : size;
	origins[0] = (struct memory_origin){ { .open = open_memory }, (const char *)data, lower };
	origins[1] = (struct memory_origin){ { .open = open_memory }, (const char *)data + lower,
		size - lower };
	if (nacre_tree_init(&tree, NULL))
		return 0;
	is_taken = fold(&tree, 1, &origins[0]) && fold(&tree, 2, &origins[1]);
	if (is_taken)
		check_written(&tree);
	nacre_tree_clear(&tree);
	lint(origins, is_taken);
	return 0;
}
