/* SPDX-License-Identifier: Apache-2.0 */
/* Patterns in trees. */
#include "builder/tree_glob.h"

#include "base/scope.h"
#include "builder/pattern.h"

#include <stdlib.h>
#include <string.h>

#define PATH_BYTES ((size_t)16 << 20)

void nacre_tree_glob_clear(struct nacre_tree_glob *glob)
{
	free(glob->items);
	*glob = (struct nacre_tree_glob)NACRE_TREE_GLOB;
}

/* No more than the tree has nodes. */
static int add(struct nacre_tree_glob *glob, struct nacre_node *node, struct nacre_err *err)
{
	if (glob->count == glob->room) {
		size_t room = glob->room ? 2 * glob->room : 16;
		struct nacre_node **items = realloc(glob->items, room * sizeof(items[0]));

		if (!items)
			return nacre_fail_nomem(err);
		glob->items = items;
		glob->room = room;
	}
	glob->items[glob->count++] = node;
	return 0;
}

int nacre_node_path_below(const struct nacre_node *top, const struct nacre_node *node,
	struct nacre_buf *out_path, struct nacre_err *err)
{
	size_t begin = 0;
	int rc = nacre_node_path(top, out_path, err);

	if (rc == 0) {
		begin = out_path->len;
		out_path->len = 0;
		rc = nacre_node_path(node, out_path, err);
	}
	if (rc)
		return rc;
	if (begin > 0 && begin < out_path->len)
		begin++; /* the slash */
	out_path->len -= begin;
	memmove(out_path->data, out_path->data + begin, out_path->len + 1);
	return 0;
}

static bool is_below(const struct nacre_node *top, const struct nacre_node *node)
{
	while (node && node != top)
		node = node->parent;
	return node == top;
}

static int find_below(struct nacre_tree_glob *glob, const char *pattern, size_t len, unsigned how,
	struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf path = NACRE_BUF(PATH_BYTES);
	struct nacre_node *node = nacre_tree_next(glob->top);
	int rc = 0;

	while (node && is_below(glob->top, node)) {
		bool is_match, goes_on;

		path.len = 0;
		rc = nacre_node_path_below(glob->top, node, &path, err);
		if (rc)
			return rc;
		is_match = nacre_pattern_match(pattern, len, path.data);
		goes_on = ((how & NACRE_GLOB_ALL) || !is_match) &&
			node->inode->type == NACRE_TYPE_DIR &&
			nacre_pattern_leads(pattern, len, path.data);
		if (is_match)
			rc = add(glob, node, err);
		if (rc)
			return rc;
		node = goes_on ? nacre_tree_next(node) : nacre_tree_next_skip(node);
	}
	return 0;
}

static int find_top(const struct nacre_tree *tree, const char *pattern, size_t plain,
	struct nacre_node **out_top, struct nacre_err *err)
{
	nacre_autofree char *text = malloc(plain + 1);

	if (!text)
		return nacre_fail_nomem(err);
	nacre_pattern_unescape(pattern, plain, text);
	for (size_t len = strlen(text); len > 0 && text[len - 1] == '/'; len--)
		text[len - 1] = '\0';
	return nacre_tree_resolve(tree, text, NACRE_RESOLVE_FOLLOW, 0, out_top, err);
}

/* A path without anything that has a meaning. */
static int find_one(const struct nacre_tree *tree, const struct nacre_recipe_text *path,
	bool is_pattern, unsigned how, struct nacre_tree_glob *glob, struct nacre_err *err)
{
	nacre_autofree char *text = malloc(path->len + 1);
	int rc;

	if (!text)
		return nacre_fail_nomem(err);
	memcpy(text, path->text, path->len + 1);
	if (is_pattern)
		nacre_pattern_unescape(path->text, path->len, text);
	rc = nacre_tree_resolve(tree, text,
		how & NACRE_GLOB_FOLLOW ? NACRE_RESOLVE_FOLLOW : NACRE_RESOLVE_NOFOLLOW, 0,
		&glob->top, err);
	if (rc == 0 && !glob->top)
		rc = nacre_fail(err, NACRE_E_NOT_FOUND, "'/%s' is not in the image", text);
	return rc ? rc : add(glob, glob->top, err);
}

static int find_matches(const struct nacre_tree *tree, const struct nacre_recipe_text *path,
	size_t plain, unsigned how, struct nacre_tree_glob *glob, struct nacre_err *err)
{
	int rc = find_top(tree, path->text, plain, &glob->top, err);

	if (rc == 0 && glob->top && glob->top->inode->type == NACRE_TYPE_DIR)
		rc = find_below(glob, path->text + plain, path->len - plain, how, err);
	if (rc == 0 && glob->count == 0)
		rc = nacre_fail(
			err, NACRE_E_NOT_FOUND, "nothing in the image matches '/%s'", path->text);
	return rc;
}

int nacre_tree_glob_find(const struct nacre_tree *tree, const struct nacre_recipe_text *path,
	bool is_pattern, unsigned how, struct nacre_tree_glob *out_glob, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_tree_glob_clear)
	struct nacre_tree_glob glob = NACRE_TREE_GLOB;
	size_t plain = is_pattern ? nacre_pattern_plain(path->text, path->len) : path->len;
	int rc = plain < path->len ? find_matches(tree, path, plain, how, &glob, err)
				   : find_one(tree, path, is_pattern, how, &glob, err);

	if (rc)
		return rc;
	*out_glob = glob;
	glob = (struct nacre_tree_glob)NACRE_TREE_GLOB;
	return 0;
}
