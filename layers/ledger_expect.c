/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a disk should have of a tree that it could not take. Names first, parents before what lies
 * in them, since the paths of a ledger are those on the disk; then attributes.
 */
#include "base/scope.h"
#include "layers/ledger.h"

#include <stdlib.h>
#include <string.h>

/* An entry that has another name on the disk. */
struct renamed {
	const char *path; /* on the disk */
	const char *name; /* in the tree */
};

/* What was read; all text lies in the tree's arena. */
struct noted {
	const char *path;
	struct nacre_loss loss;
};

struct expect {
	struct nacre_tree *tree;
	struct renamed *renamed;
	size_t renamed_count;
	size_t renamed_room;
	struct noted *noted;
	size_t noted_count;
	size_t noted_room;
};

static void expect_clear(struct expect *expect)
{
	free(expect->renamed);
	free(expect->noted);
}

/* -------------------------------------------------------------------- reading */

static void *grow(void *items, size_t count, size_t *room, size_t size)
{
	size_t want = *room ? 2 * *room : 64;
	void *grown;

	if (count < *room)
		return items;
	grown = reallocarray(items, want, size);
	if (grown)
		*room = want;
	return grown;
}

static const char *keep(struct expect *expect, const char *text)
{
	return nacre_arena_text(&expect->tree->arena, text, strlen(text));
}

static int keep_xattrs(struct expect *expect, struct nacre_loss *loss, struct nacre_err *err)
{
	const char **names;

	if (loss->xattr_count == 0)
		return 0;
	names = nacre_arena_new(&expect->tree->arena, loss->xattr_count * sizeof(*names));
	if (!names)
		return nacre_fail_nomem(err);
	for (size_t i = 0; i < loss->xattr_count; i++) {
		names[i] = keep(expect, loss->xattrs[i]);
		if (!names[i])
			return nacre_fail_nomem(err);
	}
	loss->xattrs = names;
	return 0;
}

static int note(const char *path, const struct nacre_inode *want, const char *name,
	const struct nacre_loss *loss, void *user, struct nacre_err *err)
{
	struct expect *expect = user;
	struct noted *noted =
		grow(expect->noted, expect->noted_count, &expect->noted_room, sizeof(*noted));
	struct renamed *renamed;

	(void)want;
	if (!noted)
		return nacre_fail_nomem(err);
	expect->noted = noted;
	noted += expect->noted_count++;
	*noted = (struct noted){ keep(expect, path), *loss };
	if (!noted->path)
		return nacre_fail_nomem(err);
	if (name) {
		renamed = grow(expect->renamed, expect->renamed_count, &expect->renamed_room,
			sizeof(*renamed));
		if (!renamed)
			return nacre_fail_nomem(err);
		expect->renamed = renamed;
		renamed += expect->renamed_count++;
		*renamed = (struct renamed){ noted->path, keep(expect, name) };
		if (!renamed->name)
			return nacre_fail_nomem(err);
	}
	return keep_xattrs(expect, &noted->loss, err);
}

/* ---------------------------------------------------------------------- names */

static size_t depth_of(const char *path)
{
	size_t depth = 0;

	for (; *path; path++)
		depth += *path == '/';
	return depth;
}

static int parents_first(const void *a, const void *b)
{
	const struct renamed *x = a, *y = b;
	size_t depth_x = depth_of(x->path), depth_y = depth_of(y->path);

	return depth_x != depth_y ? (depth_x < depth_y ? -1 : 1) : strcmp(x->path, y->path);
}

static int rename_one(struct expect *expect, const struct renamed *renamed, struct nacre_err *err)
{
	const char *slash = strrchr(renamed->path, '/'), *leaf = slash ? slash + 1 : renamed->path;
	nacre_autofree char *above =
		strndup(renamed->path, slash ? (size_t)(slash - renamed->path) : 0);
	struct nacre_node *dir, *node;
	int rc;

	if (!above)
		return nacre_fail_nomem(err);
	dir = nacre_tree_find(expect->tree, above);
	node = dir && dir->inode->type == NACRE_TYPE_DIR
		? nacre_node_find(dir, renamed->name, strlen(renamed->name))
		: NULL;
	if (!node)
		return 0;
	rc = nacre_tree_rename(expect->tree, node, leaf, strlen(leaf), err);
	return rc ? nacre_within(err, rc, "'%.300s'", renamed->path) : 0;
}

/* ----------------------------------------------------------------- attributes */

static bool has_lost(const struct nacre_loss *loss, enum nacre_lost kind)
{
	return loss->kinds & NACRE_LOSS_BIT(kind);
}

static bool is_lost_xattr(const struct nacre_loss *loss, const char *name)
{
	for (size_t i = 0; i < loss->xattr_count; i++) {
		if (strcmp(loss->xattrs[i], name) == 0)
			return true;
	}
	return false;
}

static int lose_xattrs(struct nacre_arena *arena, struct nacre_inode *inode,
	const struct nacre_loss *loss, struct nacre_err *err)
{
	size_t count = 0;
	nacre_autofree struct nacre_xattr *items = NULL;

	if (!inode->xattrs)
		return 0;
	items = calloc(inode->xattrs->count + 1, sizeof(*items));
	if (!items)
		return nacre_fail_nomem(err);
	for (size_t i = 0; i < inode->xattrs->count; i++) {
		if (!is_lost_xattr(loss, inode->xattrs->items[i].name))
			items[count++] = inode->xattrs->items[i];
	}
	return nacre_xattrs_make(arena, items, count, &inode->xattrs, err);
}

static int lose(struct nacre_arena *arena, struct nacre_inode *inode, const struct nacre_loss *loss,
	struct nacre_err *err)
{
	if (has_lost(loss, NACRE_LOST_OWNER)) {
		inode->uid = loss->uid;
		inode->gid = loss->gid;
	}
	if (has_lost(loss, NACRE_LOST_MODE))
		inode->mode = loss->mode;
	if (has_lost(loss, NACRE_LOST_TIME)) {
		inode->mtime_s = loss->mtime_s;
		inode->mtime_ns = loss->mtime_ns;
	}
	if (has_lost(loss, NACRE_LOST_DEVICE)) {
		inode->type = NACRE_TYPE_FILE;
		inode->size_bytes = 0;
		inode->u.content.origin = NULL;
		inode->u.content.key = 0;
	}
	return has_lost(loss, NACRE_LOST_XATTR) ? lose_xattrs(arena, inode, loss, err) : 0;
}

int nacre_ledger_expect(struct nacre_source *source, const struct nacre_limits *limits,
	struct nacre_tree *tree, struct nacre_err *err)
{
	NACRE_CLEANUP(expect_clear)
	struct expect expect = { .tree = tree };
	int rc = nacre_ledger_each(source, limits, tree, note, &expect, err);

	if (rc == 0 && expect.renamed_count > 0)
		qsort(expect.renamed, expect.renamed_count, sizeof(*expect.renamed), parents_first);
	for (size_t i = 0; rc == 0 && i < expect.renamed_count; i++)
		rc = rename_one(&expect, &expect.renamed[i], err);
	for (size_t i = 0; rc == 0 && i < expect.noted_count; i++) {
		struct nacre_node *node = nacre_tree_find(tree, expect.noted[i].path);

		if (node)
			rc = lose(&tree->arena, node->inode, &expect.noted[i].loss, err);
	}
	return rc;
}
