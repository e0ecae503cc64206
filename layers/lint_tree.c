/* SPDX-License-Identifier: Apache-2.0 */
/* What is odd about names in the tree that all layers come to. */
#include "layers/lint_layer.h"

#include "base/scope.h"
#include "layers/twin.h"

#include <stdlib.h>
#include <string.h>

#define PATH_BYTES ((size_t)1 << 20)

struct twin {
	const char *key;
	struct nacre_node *node;
};

static int by_key(const void *a, const void *b)
{
	const struct twin *x = a, *y = b;
	int order = strcmp(x->key, y->key);

	return order ? order : strcmp(x->node->name, y->node->name);
}

static int about(struct nacre_lint *lint, const struct nacre_node *node, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf path = NACRE_BUF(PATH_BYTES);
	int rc = nacre_node_path(node, &path, err);

	return rc ? rc : nacre_lint_about(lint, path.data, err);
}

static int remark_twins(struct nacre_lint *lint, const struct nacre_node *a,
	const struct nacre_node *b, struct nacre_err *err)
{
	char a_key[NACRE_TWIN_KEY], b_key[NACRE_TWIN_KEY];
	int rc = about(lint, b, err);

	if (rc)
		return rc;
	nacre_twin_key(a->name, false, a_key);
	nacre_twin_key(b->name, false, b_key);
	if (strcmp(a_key, b_key) == 0)
		return nacre_lint_remark(lint, NACRE_RULE_UNICODE_TWINS, err,
			"the same text as '%s', composed in another way", a->name);
	return nacre_lint_remark(
		lint, NACRE_RULE_CASE_TWINS, err, "differs from '%s' only in case", a->name);
}

static size_t count_children(const struct nacre_node *dir)
{
	size_t count = 0;

	for (struct nacre_node *at = nacre_node_first(dir); at; at = nacre_node_next(at))
		count++;
	return count;
}

static int fill(struct twin *twins, const struct nacre_node *dir, struct nacre_arena *arena,
	struct nacre_err *err)
{
	size_t count = 0;

	for (struct nacre_node *at = nacre_node_first(dir); at; at = nacre_node_next(at)) {
		char key[NACRE_TWIN_KEY];

		nacre_twin_key(at->name, true, key);
		twins[count].node = at;
		twins[count].key = nacre_arena_text(arena, key, strlen(key));
		if (!twins[count++].key)
			return nacre_fail_nomem(err);
	}
	return 0;
}

static int find_twins(struct nacre_lint *lint, const struct nacre_node *dir, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_arena_clear)
	struct nacre_arena arena = { 0 };
	nacre_autofree struct twin *twins = NULL;
	size_t count = count_children(dir);
	int rc;

	if (count < 2)
		return 0;
	twins = calloc(count, sizeof(*twins));
	if (!twins)
		return nacre_fail_nomem(err);
	rc = fill(twins, dir, &arena, err);
	if (rc)
		return rc;
	qsort(twins, count, sizeof(*twins), by_key);
	for (size_t i = 1; i < count && rc == 0; i++) {
		if (strcmp(twins[i - 1].key, twins[i].key) == 0)
			rc = remark_twins(lint, twins[i - 1].node, twins[i].node, err);
	}
	return rc;
}

int nacre_lint_tree(struct nacre_tree *tree, struct nacre_lint *lint, struct nacre_err *err)
{
	int rc = 0;

	for (struct nacre_node *at = tree->root; at && rc == 0; at = nacre_tree_next(at)) {
		if (at->inode->type != NACRE_TYPE_DIR)
			continue;
		if (!at->is_explicit && at->parent) {
			rc = about(lint, at, err);
			if (rc == 0)
				rc = nacre_lint_remark(lint, NACRE_RULE_IMPLIED, err,
					"a directory that no layer names");
		}
		if (rc == 0)
			rc = find_twins(lint, at, err);
	}
	return rc ? rc : nacre_lint_about(lint, NULL, err);
}
