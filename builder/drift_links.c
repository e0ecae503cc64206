/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two tables: the inodes of the tree that have several names, and the files on disk that do. Files
 * with one name, nearly all, are in neither.
 */
#include "builder/drift_links.h"

#include "base/scope.h"

#include <search.h>
#include <stdio.h>
#include <sys/sysmacros.h>

/* An inode of the tree with several names. */
struct group {
	const struct nacre_inode *inode;
	uint64_t names;
	struct nacre_node *found; /* the first of them that is a file on disk, */
	dev_t dev;		  /* and which one it is */
	ino_t ino;
};

/* A file on disk with several names. */
struct file {
	dev_t dev;
	ino_t ino;
	uint64_t nlink;
	struct nacre_node *node; /* the first name of the tree that it was found under */
	uint64_t want;		 /* names that the tree has for it */
	uint64_t seen;		 /* names found, of the tree and not */
};

struct nacre_drift_links {
	struct nacre_arena arena;
	void *groups; /* of struct group, by tsearch(3) */
	void *files;  /* of struct file */
};

static int by_inode(const void *a, const void *b)
{
	uintptr_t x = (uintptr_t)((const struct group *)a)->inode;
	uintptr_t y = (uintptr_t)((const struct group *)b)->inode;

	return x < y ? -1 : x > y;
}

static int by_number(const void *a, const void *b)
{
	const struct file *x = a, *y = b;

	if (x->dev != y->dev)
		return x->dev < y->dev ? -1 : 1;
	return x->ino < y->ino ? -1 : x->ino > y->ino;
}

/* --------------------------------------------------------------------- tables */

static struct group *find_group(
	const struct nacre_drift_links *links, const struct nacre_inode *inode)
{
	const struct group key = { .inode = inode };
	void *found = tfind(&key, &links->groups, by_inode);

	return found ? *(struct group **)found : NULL;
}

static int add_name(struct nacre_drift_links *links, struct nacre_inode *inode)
{
	struct group *group = find_group(links, inode);

	if (!group) {
		group = nacre_arena_new(&links->arena, sizeof(*group));
		if (!group)
			return -1;
		group->inode = inode;
		group->names = 1; /* the first one, which could not know */
		if (!tsearch(group, &links->groups, by_inode))
			return -1;
	}
	group->names++;
	return 0;
}

static struct file *get_file(struct nacre_drift_links *links, const struct statx *st)
{
	const struct file key = {
		.dev = makedev(st->stx_dev_major, st->stx_dev_minor),
		.ino = st->stx_ino,
	};
	void *found = tfind(&key, &links->files, by_number);
	struct file *file;

	if (found)
		return *(struct file **)found;
	file = nacre_arena_new(&links->arena, sizeof(*file));
	if (!file)
		return NULL;
	*file = key;
	return tsearch(file, &links->files, by_number) ? file : NULL;
}

static int see_file(struct nacre_drift_links *links, const struct statx *st, struct file **out_file)
{
	*out_file = NULL;
	if (st->stx_nlink < 2)
		return 0;
	*out_file = get_file(links, st);
	if (!*out_file)
		return -1;
	(*out_file)->nlink = st->stx_nlink;
	(*out_file)->seen++;
	return 0;
}

int nacre_drift_links_new(
	struct nacre_tree *tree, struct nacre_drift_links **out_links, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_drift_links_freep)
	struct nacre_drift_links *links = calloc(1, sizeof(*links));

	if (!links)
		return nacre_fail_nomem(err);
	nacre_tree_forget_first(tree);
	for (struct nacre_node *node = tree->root; node; node = nacre_tree_next(node)) {
		if (!node->inode->first)
			node->inode->first = node;
		else if (add_name(links, node->inode) < 0)
			return nacre_fail_nomem(err);
	}
	*out_links = nacre_steal(&links);
	return 0;
}

static void keep(void *item)
{
	(void)item; /* the arena's */
}

void nacre_drift_links_freep(struct nacre_drift_links **where)
{
	struct nacre_drift_links *links = *where;

	*where = NULL;
	if (!links)
		return;
	tdestroy(links->groups, keep);
	tdestroy(links->files, keep);
	nacre_arena_clear(&links->arena);
	free(links);
}

/* --------------------------------------------------------------------- seeing */

static int add_link(struct nacre_drift *drift, struct nacre_node *node,
	const struct nacre_node *want, const struct nacre_node *have, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf want_path = NACRE_BUF(SIZE_MAX / 2);
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf have_path = NACRE_BUF(SIZE_MAX / 2);
	int rc = want ? nacre_node_path(want, &want_path, err) : 0;

	if (rc == 0 && have)
		rc = nacre_node_path(have, &have_path, err);
	return rc ? rc
		  : nacre_drift_add(
			    drift, NACRE_DRIFT_LINK, node, want_path.data, have_path.data, err);
}

int nacre_drift_links_see(struct nacre_drift *drift, struct nacre_node *node,
	const struct statx *st, bool *out_known, struct nacre_err *err)
{
	struct nacre_drift_links *links = drift->links;
	struct group *group = find_group(links, node->inode);
	dev_t dev = makedev(st->stx_dev_major, st->stx_dev_minor);
	struct nacre_node *other;
	struct file *file;

	*out_known = false;
	if (see_file(links, st, &file) < 0)
		return nacre_fail_nomem(err);
	other = file ? file->node : NULL;
	if (file && !file->node) {
		file->node = node;
		file->want = group ? group->names : 1;
	}
	if (group && group->found) {
		*out_known = group->dev == dev && group->ino == st->stx_ino;
		return *out_known ? 0 : add_link(drift, node, group->found, other, err);
	}
	if (group) {
		group->found = node;
		group->dev = dev;
		group->ino = st->stx_ino;
	}
	return other ? add_link(drift, node, NULL, other, err) : 0;
}

int nacre_drift_links_see_extra(
	struct nacre_drift *drift, const struct statx *st, struct nacre_err *err)
{
	struct file *file;

	if (S_ISDIR(st->stx_mode))
		return 0;
	return see_file(drift->links, st, &file) < 0 ? nacre_fail_nomem(err) : 0;
}

struct finish {
	struct nacre_drift *drift;
	struct nacre_err *err;
	int rc;
};

/* A name that is neither in the tree nor extra lies where nobody has looked. */
static void finish_file(const void *item, VISIT visit, void *opaque)
{
	const struct file *file = *(const struct file *const *)item;
	struct finish *finish = opaque;
	char want[32], have[32];

	if (finish->rc || !file->node || (visit != postorder && visit != leaf) ||
		file->nlink <= (file->want > file->seen ? file->want : file->seen))
		return;
	(void)snprintf(want, sizeof(want), "%llu", (unsigned long long)file->want);
	(void)snprintf(have, sizeof(have), "%llu", (unsigned long long)file->nlink);
	finish->rc = nacre_drift_add(
		finish->drift, NACRE_DRIFT_NAMES, file->node, want, have, finish->err);
}

int nacre_drift_links_finish(struct nacre_drift *drift, struct nacre_err *err)
{
	struct finish finish = { drift, err, 0 };

	twalk_r(drift->links->files, finish_file, &finish);
	return finish.rc;
}

struct nacre_node *nacre_drift_links_find(
	const struct nacre_drift *drift, const struct nacre_inode *inode)
{
	const struct group *group = find_group(drift->links, inode);

	return group ? group->found : NULL;
}

uint64_t nacre_drift_links_most(
	const struct nacre_drift *drift, const struct nacre_inode *inode, dev_t dev, ino_t ino)
{
	const struct group *group = find_group(drift->links, inode);
	const struct file key = { .dev = dev, .ino = ino };
	void *found = tfind(&key, &drift->links->files, by_number);
	const struct file *file = found ? *(struct file **)found : NULL;
	uint64_t names = group ? group->names : 1;

	return file && file->seen > names ? file->seen : names;
}
