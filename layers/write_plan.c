/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Checks a tree for what must never reach a system call and sorts it into the lists that are
 * written one after the other. Looks at no file system.
 */
#include "layers/write_plan.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define NAME_TEXT 600	  /* of a path in a message, so that the reason still fits behind it */
#define TARGET_BYTES 4095 /* PATH_MAX without its NUL */
#define MAJOR_MOST 0xfffU /* what mknod(2) does not cut */
#define MINOR_MOST 0xfffffU

int nacre_write_fail_os(const struct nacre_node *node, const char *what, struct nacre_err *err)
{
	int number = errno;
	char name[NAME_TEXT];

	nacre_node_name(node, name, sizeof(name));
	errno = number;
	return nacre_fail_os(err, "'%s': %s", name, what);
}

int nacre_write_within(const struct nacre_node *node, int code, struct nacre_err *err)
{
	char name[NAME_TEXT];

	return nacre_within(err, code, "'%s'", nacre_node_name(node, name, sizeof(name)));
}

/* ------------------------------------------------------------------ checks */

static bool name_is_bad(const struct nacre_node *node)
{
	size_t len = strlen(node->name);

	return len == 0 || len != node->name_len || strchr(node->name, '/') ||
		strcmp(node->name, ".") == 0 || strcmp(node->name, "..") == 0;
}

static int check_device(const struct nacre_inode *inode, const struct nacre_write_options *options,
	struct nacre_err *err)
{
	unsigned major = inode->u.device.major, minor = inode->u.device.minor;
	const char *type = nacre_type_name(inode->type);

	if (!options->devices)
		return nacre_fail(err, NACRE_E_UNSAFE, "a %s (%u:%u), and devices are not allowed",
			type, major, minor);
	if (major > MAJOR_MOST || minor > MINOR_MOST)
		return nacre_fail(err, NACRE_E_UNSAFE,
			"a %s %u:%u: numbers of more than 12 and 20 bits", type, major, minor);
	/* To overlayfs this is a whiteout: it would hide files of whatever lies below. */
	if (inode->type == NACRE_TYPE_CHAR && major == 0 && minor == 0)
		return nacre_fail(err, NACRE_E_UNSAFE, "a character device 0:0");
	return 0;
}

static int check_kind(const struct nacre_inode *inode, const struct nacre_write_options *options,
	struct nacre_err *err)
{
	size_t len;

	switch (inode->type) {
	case NACRE_TYPE_CHAR:
	case NACRE_TYPE_BLOCK:
		return check_device(inode, options, err);
	case NACRE_TYPE_SYMLINK:
		len = strlen(inode->u.target);
		if (len == 0 || len > TARGET_BYTES)
			return nacre_fail(
				err, NACRE_E_UNSAFE, "a symlink target of %zu bytes", len);
		return 0;
	case NACRE_TYPE_FILE:
		if (inode->size_bytes > INT64_MAX)
			return nacre_fail(err, NACRE_E_LIMIT, "a file of %llu bytes",
				(unsigned long long)inode->size_bytes);
		if (inode->size_bytes > 0 && !inode->u.content.origin)
			return nacre_fail(err, NACRE_E_ARG, "a file without content");
		return 0;
	case NACRE_TYPE_WHITEOUT:
		return nacre_fail(err, NACRE_E_ARG, "a whiteout in a tree to write");
	default:
		return 0;
	}
}

static int check_node(const struct nacre_node *node, const struct nacre_write_options *options,
	struct nacre_err *err)
{
	const struct nacre_inode *inode = node->inode;

	if (node->parent && name_is_bad(node))
		return nacre_fail(err, NACRE_E_UNSAFE, "no name for a file");
	/* chown(2) takes this number for "leave it", and a setuid file would stay ours. */
	if (inode->uid == UINT32_MAX || inode->gid == UINT32_MAX)
		return nacre_fail(err, NACRE_E_UNSAFE, "an owner %lu:%lu",
			(unsigned long)inode->uid, (unsigned long)inode->gid);
	if (inode->mode > 07777 || inode->mtime_ns > 999999999)
		return nacre_fail(err, NACRE_E_ARG, "a mode or time out of range");
	if (inode->type == NACRE_TYPE_DIR && inode->first)
		return nacre_fail(err, NACRE_E_UNSAFE, "a directory with two names");
	return check_kind(inode, options, err);
}

/* ------------------------------------------------------------------- lists */

static void count_node(struct nacre_write_plan *plan, struct nacre_node *node)
{
	struct nacre_inode *inode = node->inode;

	if (inode->first) {
		plan->link_count++;
		return;
	}
	inode->first = node;
	if (inode->type == NACRE_TYPE_DIR) {
		plan->dir_count += node->parent ? 1 : 0;
	} else if (inode->type == NACRE_TYPE_FILE && inode->size_bytes > 0) {
		plan->file_count++;
		if (__builtin_add_overflow(plan->bytes, inode->size_bytes, &plan->bytes))
			plan->bytes = UINT64_MAX;
	} else {
		plan->other_count++;
	}
}

static void put_node(struct nacre_write_plan *plan, struct nacre_node *node)
{
	struct nacre_inode *inode = node->inode;

	if (inode->first != node) {
		plan->links[plan->link_count++] =
			(struct nacre_write_link){ inode->first, node, NULL };
	} else if (inode->type == NACRE_TYPE_DIR) {
		if (node->parent)
			plan->dirs[plan->dir_count++] = node;
	} else if (inode->type == NACRE_TYPE_FILE && inode->size_bytes > 0) {
		plan->files[plan->file_count++] = (struct nacre_write_file){ node, false };
	} else {
		plan->others[plan->other_count++] = node;
	}
}

/* Origins are sorted by where they lie in memory: the same ones come together, no more. */
static int by_place(const void *a, const void *b)
{
	const struct nacre_inode *x = ((const struct nacre_write_file *)a)->node->inode;
	const struct nacre_inode *y = ((const struct nacre_write_file *)b)->node->inode;
	uintptr_t at_x = (uintptr_t)x->u.content.origin, at_y = (uintptr_t)y->u.content.origin;

	if (at_x != at_y)
		return at_x < at_y ? -1 : 1;
	if (x->u.content.key != y->u.content.key)
		return x->u.content.key < y->u.content.key ? -1 : 1;
	return 0;
}

static int by_old(const void *a, const void *b)
{
	const struct nacre_write_link *x = *(struct nacre_write_link *const *)a;
	const struct nacre_write_link *y = *(struct nacre_write_link *const *)b;

	if (x->old != y->old)
		return (uintptr_t)x->old < (uintptr_t)y->old ? -1 : 1;
	return x < y ? -1 : x > y;
}

static int make_room(struct nacre_write_plan *plan, struct nacre_err *err)
{
	/* One more than needed, since an empty allocation may be NULL. */
	plan->dirs = calloc(plan->dir_count + 1, sizeof(struct nacre_node *));
	plan->files = calloc(plan->file_count + 1, sizeof(plan->files[0]));
	plan->others = calloc(plan->other_count + 1, sizeof(struct nacre_node *));
	plan->links = calloc(plan->link_count + 1, sizeof(plan->links[0]));
	plan->links_by_old = calloc(plan->link_count + 1, sizeof(struct nacre_write_link *));
	plan->dir_count = plan->file_count = plan->other_count = plan->link_count = 0;
	if (!plan->dirs || !plan->files || !plan->others || !plan->links || !plan->links_by_old)
		return nacre_fail_nomem(err);
	return 0;
}

int nacre_write_plan_init(struct nacre_write_plan *plan, struct nacre_tree *tree,
	const struct nacre_write_options *options, struct nacre_err *err)
{
	int rc;

	*plan = (struct nacre_write_plan){ 0 };
	nacre_tree_forget_first(tree);
	for (struct nacre_node *node = tree->root; node; node = nacre_tree_next(node)) {
		rc = check_node(node, options, err);
		if (rc)
			return nacre_write_within(node, rc, err);
		count_node(plan, node);
	}
	rc = make_room(plan, err);
	if (rc) {
		nacre_write_plan_clear(plan);
		return rc;
	}
	for (struct nacre_node *node = tree->root; node; node = nacre_tree_next(node))
		put_node(plan, node);
	qsort(plan->files, plan->file_count, sizeof(plan->files[0]), by_place);
	for (size_t i = 0; i < plan->link_count; i++)
		plan->links_by_old[i] = &plan->links[i];
	qsort(plan->links_by_old, plan->link_count, sizeof(struct nacre_write_link *), by_old);
	return 0;
}

void nacre_write_plan_clear(struct nacre_write_plan *plan)
{
	free(plan->dirs);
	free(plan->files);
	free(plan->others);
	free(plan->links);
	free(plan->links_by_old);
	*plan = (struct nacre_write_plan){ 0 };
}

struct nacre_write_link *const *nacre_write_plan_links(
	const struct nacre_write_plan *plan, const struct nacre_node *node, size_t *out_count)
{
	size_t low = 0, high = plan->link_count, end;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if ((uintptr_t)plan->links_by_old[middle]->old < (uintptr_t)node)
			low = middle + 1;
		else
			high = middle;
	}
	for (end = low; end < plan->link_count && plan->links_by_old[end]->old == node; end++)
		;
	*out_count = end - low;
	return plan->links_by_old + low;
}

/* The first file whose origin is not before `origin`, or, with `after`, is behind it. */
static size_t find_origin(
	const struct nacre_write_plan *plan, const struct nacre_origin *origin, bool after)
{
	size_t low = 0, high = plan->file_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct nacre_inode *inode = plan->files[middle].node->inode;
		uintptr_t at = (uintptr_t)inode->u.content.origin;

		if (at < (uintptr_t)origin || (after && at == (uintptr_t)origin))
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

int nacre_write_plan_range(struct nacre_write_plan *plan, const struct nacre_origin *origin,
	size_t *out_begin, size_t *out_end, struct nacre_err *err)
{
	size_t begin = find_origin(plan, origin, false), end = find_origin(plan, origin, true);
	uint64_t free_from = 0;
	int rc = 0;

	for (size_t i = begin; i < end && rc == 0; i++) {
		const struct nacre_inode *inode = plan->files[i].node->inode;

		if (plan->files[i].written)
			rc = nacre_fail(err, NACRE_E_ARG, "written before");
		else if (inode->u.content.key < free_from)
			rc = nacre_fail(err, NACRE_E_UNSAFE, "lies in the bytes of another file");
		else if (__builtin_add_overflow(
				 inode->u.content.key, inode->size_bytes, &free_from))
			rc = nacre_fail(err, NACRE_E_UNSAFE, "ends beyond the largest offset");
		if (rc)
			return nacre_write_within(plan->files[i].node, rc, err);
	}
	*out_begin = begin;
	*out_end = end;
	return 0;
}
