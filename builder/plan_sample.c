/* SPDX-License-Identifier: Apache-2.0 */
/* Files sorted by their attributes, and one of each kind in a tree of its own. */
#include "builder/plan_sample.h"

#include "base/scope.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Every file system has this time. */
#define SAMPLE_TIME 1000000000

/* A file of the large tree. */
struct nacre_plan_item {
	const struct nacre_node *first; /* its first name … */
	size_t order;			/* … and where that comes in a walk */
	size_t sample;
};

/* ------------------------------------------------------------------- sorting */

static int by_inode(const void *a, const void *b)
{
	uintptr_t x = (uintptr_t)((const struct nacre_plan_item *)a)->first->inode;
	uintptr_t y = (uintptr_t)((const struct nacre_plan_item *)b)->first->inode;

	return x < y ? -1 : x > y;
}

static int compare(uint64_t x, uint64_t y)
{
	return x < y ? -1 : x > y;
}

static int compare_xattr(const struct nacre_xattr *x, const struct nacre_xattr *y)
{
	int order = strcmp(x->name, y->name);

	if (order == 0)
		order = compare(x->len, y->len);
	return order || x->len == 0 ? order : memcmp(x->value, y->value, x->len);
}

static int compare_xattrs(const struct nacre_xattrs *x, const struct nacre_xattrs *y)
{
	int order = compare(x ? x->count : 0, y ? y->count : 0);

	for (size_t i = 0; order == 0 && x && i < x->count; i++)
		order = compare_xattr(&x->items[i], &y->items[i]);
	return order;
}

static int compare_attrs(const struct nacre_node *a, const struct nacre_node *b)
{
	const struct nacre_inode *x = a->inode, *y = b->inode;
	int order = compare(a->parent != NULL, b->parent != NULL);

	if (order == 0)
		order = compare(x->type, y->type);
	if (order == 0)
		order = compare(x->mode, y->mode);
	if (order == 0)
		order = compare(x->uid, y->uid);
	if (order == 0)
		order = compare(x->gid, y->gid);
	return order ? order : compare_xattrs(x->xattrs, y->xattrs);
}

static int by_attrs(const void *a, const void *b)
{
	const struct nacre_plan_item *x = a, *y = b;
	int order = compare_attrs(x->first, y->first);

	return order ? order : compare(x->order, y->order);
}

static int list_items(
	struct nacre_tree *tree, struct nacre_plan_sample *sample, struct nacre_err *err)
{
	size_t order = 0;

	sample->items = calloc(tree->nodes + 1, sizeof(sample->items[0]));
	if (!sample->items)
		return nacre_fail_nomem(err);
	nacre_tree_forget_first(tree);
	for (struct nacre_node *at = tree->root; at; at = nacre_tree_next(at), order++) {
		if (at->inode->first)
			continue;
		at->inode->first = at;
		sample->items[sample->item_count++] = (struct nacre_plan_item){ at, order, 0 };
	}
	return 0;
}

/* File systems differ in how long a target they take: the longest stands for all. */
static void take_longer(struct nacre_inode *like, const struct nacre_inode *inode)
{
	if (like->type == NACRE_TYPE_SYMLINK && strlen(inode->u.target) > strlen(like->u.target))
		like->u.target = inode->u.target;
}

/* ------------------------------------------------------------ the small tree */

static int add_sample(
	struct nacre_plan_sample *sample, struct nacre_inode *like, struct nacre_err *err)
{
	struct nacre_inode *inode;
	char name[32];
	int len = snprintf(name, sizeof(name), "%zu", sample->count);

	like->mtime_s = SAMPLE_TIME;
	like->mtime_ns = 0;
	if (like->type == NACRE_TYPE_FILE) {
		like->size_bytes = 0;
		like->u.content.origin = NULL;
	}
	inode = nacre_inode_copy(&sample->tree, like);
	if (!inode)
		return nacre_fail_nomem(err);
	if (sample->count++ > 0)
		return nacre_tree_add(
			&sample->tree, sample->tree.root, name, (size_t)len, inode, NULL, err);
	sample->tree.root->inode = inode;
	return 0;
}

/* The items are sorted by attributes: those of a sample come together, the root first of all. */
static int add_samples(struct nacre_plan_sample *sample, struct nacre_err *err)
{
	size_t count = 0, next;
	int rc = 0;

	sample->likes = calloc(sample->item_count, sizeof(sample->likes[0]));
	if (!sample->likes)
		return nacre_fail_nomem(err);
	for (size_t i = 0; rc == 0 && i < sample->item_count; i = next, count++) {
		const struct nacre_node *first = sample->items[i].first;
		struct nacre_inode like = *first->inode;

		for (next = i; next < sample->item_count &&
			compare_attrs(first, sample->items[next].first) == 0;
			next++) {
			sample->items[next].sample = count;
			take_longer(&like, sample->items[next].first->inode);
		}
		sample->likes[count] = first;
		if (count < NACRE_PLAN_SAMPLES_MOST)
			rc = add_sample(sample, &like, err);
	}
	return rc;
}

int nacre_plan_sample_take(
	struct nacre_tree *tree, struct nacre_plan_sample *out_sample, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_plan_sample_clear)
	struct nacre_plan_sample sample = NACRE_PLAN_SAMPLE;
	int rc = nacre_tree_init(&sample.tree, err);

	if (rc == 0)
		rc = list_items(tree, &sample, err);
	if (rc)
		return rc;
	qsort(sample.items, sample.item_count, sizeof(sample.items[0]), by_attrs);
	rc = add_samples(&sample, err);
	if (rc)
		return rc;
	qsort(sample.items, sample.item_count, sizeof(sample.items[0]), by_inode);
	*out_sample = sample;
	sample = (struct nacre_plan_sample)NACRE_PLAN_SAMPLE;
	return 0;
}

void nacre_plan_sample_clear(struct nacre_plan_sample *sample)
{
	nacre_tree_clear(&sample->tree);
	free(sample->items);
	free(sample->likes);
	*sample = (struct nacre_plan_sample)NACRE_PLAN_SAMPLE;
}

size_t nacre_plan_sample_find(const struct nacre_plan_sample *sample, const struct nacre_node *node)
{
	const struct nacre_plan_item key = { .first = node };
	const struct nacre_plan_item *item =
		bsearch(&key, sample->items, sample->item_count, sizeof(key), by_inode);

	return item ? item->sample : SIZE_MAX;
}

size_t nacre_plan_sample_of(const struct nacre_node *node)
{
	return node->parent ? strtoul(node->name, NULL, 10) : 0;
}
