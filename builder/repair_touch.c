/* SPDX-License-Identifier: Apache-2.0 */
/* Directories in which names are changed, and how they become again what they were. */
#include "base/file.h"
#include "builder/repair_parts.h"
#include "layers/mend.h"
#include "layers/write_plan.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

int nacre_repair_dir(struct nacre_repair *repair, const struct nacre_node *dir, int *out_fd,
	struct nacre_err *err)
{
	*out_fd = nacre_dirs_get(repair->dirs, dir);
	if (*out_fd < 0)
		return nacre_write_fail_os(dir, "open directory", err);
	if (!nacre_dir_same_mount(repair->root, *out_fd))
		return nacre_write_within(
			dir, nacre_fail(err, NACRE_E_UNSAFE, "a mount point"), err);
	return 0;
}

static struct nacre_repair_touched *find_touched(
	struct nacre_repair *repair, const struct nacre_node *dir, size_t *out_at)
{
	size_t low = 0, high = repair->touched_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if ((uintptr_t)repair->touched[middle].node < (uintptr_t)dir)
			low = middle + 1;
		else
			high = middle;
	}
	*out_at = low;
	return low < repair->touched_count && repair->touched[low].node == dir
		? &repair->touched[low]
		: NULL;
}

static int add_touched(struct nacre_repair *repair, size_t at,
	const struct nacre_repair_touched *touched, struct nacre_err *err)
{
	if (repair->touched_count == repair->touched_room) {
		size_t room = repair->touched_room ? repair->touched_room * 2 : 64;
		struct nacre_repair_touched *grown =
			realloc(repair->touched, room * sizeof(*grown));

		if (!grown)
			return nacre_fail_nomem(err);
		repair->touched = grown;
		repair->touched_room = room;
	}
	memmove(repair->touched + at + 1, repair->touched + at,
		(repair->touched_count - at) * sizeof(*touched));
	repair->touched[at] = *touched;
	repair->touched_count++;
	return 0;
}

int nacre_repair_touch(struct nacre_repair *repair, const struct nacre_node *dir, int *out_fd,
	struct nacre_err *err)
{
	const struct nacre_inode *inode = dir->inode;
	struct nacre_repair_touched touched = { dir, inode->mtime_s, inode->mtime_ns, false };
	struct stat st;
	size_t at;
	int rc = nacre_repair_dir(repair, dir, out_fd, err);

	if (rc || find_touched(repair, dir, &at))
		return rc;
	if (fstat(*out_fd, &st) < 0)
		return nacre_write_fail_os(dir, "stat", err);
	if (repair->options->ignore_times) {
		touched.mtime_s = st.st_mtim.tv_sec;
		touched.mtime_ns = (uint32_t)st.st_mtim.tv_nsec;
	}
	/* Without root a directory that is read-only keeps its names. */
	if (!repair->is_root && (st.st_mode & 0300) != 0300) {
		if (nacre_mend_mode(*out_fd, (st.st_mode & 07777) | 0300) < 0)
			return nacre_write_fail_os(dir, "mode", err);
		touched.is_opened = true;
	}
	return add_touched(repair, at, &touched, err);
}

static size_t depth_of(const struct nacre_node *node)
{
	size_t depth = 0;

	for (; node->parent; node = node->parent)
		depth++;
	return depth;
}

static int deepest_first(const void *a, const void *b)
{
	size_t x = depth_of(((const struct nacre_repair_touched *)a)->node);
	size_t y = depth_of(((const struct nacre_repair_touched *)b)->node);

	return x > y ? -1 : x < y;
}

static int put_back(struct nacre_repair *repair, const struct nacre_repair_touched *touched,
	struct nacre_err *err)
{
	int fd = -1;
	int rc = nacre_repair_dir(repair, touched->node, &fd, err);

	if (rc)
		return rc;
	if (nacre_mend_time(fd, touched->mtime_s, touched->mtime_ns) < 0)
		return nacre_write_fail_os(touched->node, "time", err);
	if (touched->is_opened && nacre_mend_mode(fd, touched->node->inode->mode) < 0)
		return nacre_write_fail_os(touched->node, "mode", err);
	return 0;
}

/* The deepest first: a directory that loses its x again is not needed any more. */
int nacre_repair_untouch(struct nacre_repair *repair, struct nacre_err *err)
{
	int rc = 0;

	if (repair->touched_count > 0)
		qsort(repair->touched, repair->touched_count, sizeof(*repair->touched),
			deepest_first);
	for (size_t i = 0; rc == 0 && i < repair->touched_count; i++) {
		rc = put_back(repair, &repair->touched[i], err);
		rc = nacre_repair_bear(repair, repair->touched[i].node, NULL, rc, err);
	}
	return rc;
}
