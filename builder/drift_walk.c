/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Looks at each entry once: one statx, one list of xattrs, for a file whose content is asked for
 * one open. All names are single ones in a directory that was reached from the root by single
 * names, so whatever somebody makes of the directory meanwhile, nothing outside of it is looked at.
 */
#include "builder/drift_walk.h"

#include "base/scope.h"
#include "builder/drift_entry.h"
#include "builder/drift_links.h"
#include "layers/dirs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>

#define TARGET_BYTES 4096 /* PATH_MAX: the kernel has no longer ones */
#define STATX_WANT (STATX_BASIC_STATS | STATX_MNT_ID)

struct walk {
	const struct nacre_drift_options *options;
	struct nacre_drift *drift;
	struct nacre_hash_pool *pool;
	int root;
	struct statx top; /* of the root: which mount all lies in */
	struct nacre_dirs *dirs;
	struct nacre_drift_xattrs xattrs;
	const struct nacre_drift_file **known; /* of an earlier walk, by their nodes */
	size_t known_count;
	bool go_down; /* what lies below the entry is to be looked at */
};

static const void *parent_of(const void *key)
{
	return ((const struct nacre_node *)key)->parent;
}

static const char *name_of(const void *key)
{
	return ((const struct nacre_node *)key)->name;
}

static int add_errno(
	struct walk *walk, struct nacre_node *node, const char *what, struct nacre_err *err)
{
	int number = errno;
	char reason[128], text[192];

	/* What was there a moment ago. */
	if (number == ENOENT || number == ENOTDIR || number == ELOOP || number == ESTALE)
		return nacre_drift_add(walk->drift, NACRE_DRIFT_CHANGING, node, NULL, NULL, err);
	(void)snprintf(
		text, sizeof(text), "%s: %s", what, strerror_r(number, reason, sizeof(reason)));
	return nacre_drift_add(walk->drift, NACRE_DRIFT_UNREADABLE, node, NULL, text, err);
}

/* By device alone where the kernel is older than 5.8. */
static bool is_mount(const struct walk *walk, const struct statx *st)
{
	if (st->stx_dev_major != walk->top.stx_dev_major ||
		st->stx_dev_minor != walk->top.stx_dev_minor)
		return true;
	return (st->stx_mask & walk->top.stx_mask & STATX_MNT_ID) &&
		st->stx_mnt_id != walk->top.stx_mnt_id;
}

/* ---------------------------------------------------------------- directories */

static int see_extra(
	struct walk *walk, struct nacre_node *dir, int fd, const char *name, struct nacre_err *err)
{
	struct nacre_drift_item item = {
		.what = NACRE_DRIFT_EXTRA, .node = dir, .extra = name, .have = "thing"
	};
	struct statx st;
	int rc;

	if (nacre_drift_ignore_has_name(walk->options->ignore, dir, name))
		return 0;
	if (statx(fd, name, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT, STATX_WANT, &st) < 0) {
		if (errno == ENOENT)
			return 0;
	} else {
		item.have = nacre_drift_type_name(st.stx_mode);
		item.what = is_mount(walk, &st) ? NACRE_DRIFT_MOUNT : NACRE_DRIFT_EXTRA;
		rc = nacre_drift_links_see_extra(walk->drift, &st, err);
		if (rc)
			return rc;
	}
	if (walk->options->ignore_extra)
		return 0;
	return nacre_drift_add_item(walk->drift, &item, err);
}

/* Opens what was looked at and nothing that has come into its place, a mount neither. */
static int open_dir(struct walk *walk, const struct nacre_node *node, const struct statx *seen)
{
	int path = nacre_dirs_get(walk->dirs, node);
	nacre_autofd int fd = -1;
	struct statx st;

	if (path < 0)
		return -1;
	fd = openat(path, ".", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || statx(fd, "", AT_EMPTY_PATH, STATX_WANT, &st) < 0)
		return -1;
	if (st.stx_ino != seen->stx_ino || is_mount(walk, &st)) {
		errno = ESTALE;
		return -1;
	}
	return nacre_steal_fd(&fd);
}

static int see_names(struct walk *walk, struct nacre_node *dir, DIR *stream, struct nacre_err *err)
{
	for (;;) {
		const struct dirent *entry;
		int rc = 0;

		errno = 0;
		entry = readdir(stream);
		if (!entry)
			return errno ? add_errno(walk, dir, "names", err) : 0;
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		if (!nacre_node_find(dir, entry->d_name, strlen(entry->d_name)))
			rc = see_extra(walk, dir, dirfd(stream), entry->d_name, err);
		if (rc)
			return rc;
	}
}

static int see_dir(
	struct walk *walk, struct nacre_node *node, const struct statx *seen, struct nacre_err *err)
{
	int fd = open_dir(walk, node, seen);
	DIR *stream = fd < 0 ? NULL : fdopendir(fd);
	int rc;

	if (!stream) {
		rc = add_errno(walk, node, "directory", err);
		nacre_fd_close(&fd);
		return rc;
	}
	walk->go_down = true;
	rc = see_names(walk, node, stream, err);
	(void)closedir(stream);
	return rc;
}

/* ------------------------------------------------------------------- contents */

static int by_node(const void *a, const void *b)
{
	uintptr_t x = (uintptr_t)(*(const struct nacre_drift_file *const *)a)->node;
	uintptr_t y = (uintptr_t)(*(const struct nacre_drift_file *const *)b)->node;

	return x < y ? -1 : x > y;
}

/* What an earlier walk has read, and nobody has touched since: that would change its ctime. */
static const struct nacre_drift_file *find_known(
	const struct walk *walk, const struct nacre_drift_file *file)
{
	const struct nacre_drift_file *const *found = walk->known_count == 0
		? NULL
		: bsearch(&file, walk->known, walk->known_count, sizeof(file), by_node);
	const struct nacre_hash_job *a = &file->job, *b = found ? &(*found)->job : NULL;

	if (!b || b->state != NACRE_HASH_DONE || a->dev != b->dev || a->ino != b->ino ||
		a->size_bytes != b->size_bytes || a->ctime.tv_sec != b->ctime.tv_sec ||
		a->ctime.tv_nsec != b->ctime.tv_nsec)
		return NULL;
	return *found;
}

static int remember_known(struct walk *walk, struct nacre_err *err)
{
	const struct nacre_drift *before = walk->options->before;

	if (!before || before->file_count == 0)
		return 0;
	walk->known = calloc(before->file_count, sizeof(struct nacre_drift_file *));
	if (!walk->known)
		return nacre_fail_nomem(err);
	for (size_t i = 0; i < before->file_count; i++)
		walk->known[walk->known_count++] = before->files[i];
	qsort(walk->known, walk->known_count, sizeof(struct nacre_drift_file *), by_node);
	return 0;
}

/* Reading leaves no trace where that is allowed: to root, and to the file's owner. */
static int open_file(int dir, const char *name)
{
	static const int flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
	int fd = openat(dir, name, flags | O_NOATIME);

	return fd < 0 && errno == EPERM ? openat(dir, name, flags) : fd;
}

static int add_file(
	struct nacre_drift *drift, struct nacre_drift_file **out_file, struct nacre_err *err)
{
	*out_file = nacre_arena_new(&drift->arena, sizeof(**out_file));
	if (!*out_file)
		return nacre_fail_nomem(err);
	if (drift->file_count == drift->file_room) {
		size_t room = drift->file_room ? drift->file_room * 2 : 256;
		struct nacre_drift_file **files =
			realloc(drift->files, room * sizeof(struct nacre_drift_file *));

		if (!files)
			return nacre_fail_nomem(err);
		drift->files = files;
		drift->file_room = room;
	}
	drift->files[drift->file_count++] = *out_file;
	return 0;
}

static int see_content(struct walk *walk, struct nacre_node *node, int dir, const struct statx *st,
	struct nacre_err *err)
{
	const struct nacre_drift_file *known;
	struct nacre_drift_file *file;
	int fd, rc;

	walk->drift->file_bytes += st->stx_size;
	if (st->stx_size == 0)
		return 0;
	rc = add_file(walk->drift, &file, err);
	if (rc)
		return rc;
	file->node = node;
	file->job = (struct nacre_hash_job){
		.dev = makedev(st->stx_dev_major, st->stx_dev_minor),
		.ino = st->stx_ino,
		.size_bytes = st->stx_size,
		.ctime = { st->stx_ctime.tv_sec, st->stx_ctime.tv_nsec },
	};
	known = find_known(walk, file);
	if (known) {
		file->job = known->job;
		return 0;
	}
	fd = open_file(dir, node->name);
	if (fd < 0) {
		walk->drift->file_count--;
		return add_errno(walk, node, "content", err);
	}
	nacre_hash_pool_add_take(walk->pool, &file->job, fd);
	return 0;
}

/* -------------------------------------------------------------------- entries */

static int see_target(struct walk *walk, struct nacre_node *node, int dir, struct nacre_err *err)
{
	char target[TARGET_BYTES + 1];
	ssize_t len = readlinkat(dir, node->name, target, TARGET_BYTES);

	if (len < 0)
		return add_errno(walk, node, "target", err);
	target[len] = '\0';
	if (strcmp(target, node->inode->u.target) == 0)
		return 0;
	return nacre_drift_add(
		walk->drift, NACRE_DRIFT_TARGET, node, node->inode->u.target, target, err);
}

static int see_attributes(struct walk *walk, struct nacre_node *node, int dir,
	const struct statx *st, struct nacre_err *err)
{
	const struct nacre_xattr_at at = { node->parent ? -1 : dir, dir, node->name };
	int rc = nacre_drift_entry(walk->drift, node, st, walk->options->ignore_times, err);

	return rc ? rc : nacre_drift_entry_xattrs(walk->drift, &walk->xattrs, node, &at, err);
}

static int see_right_type(struct walk *walk, struct nacre_node *node, int dir,
	const struct statx *st, struct nacre_err *err)
{
	enum nacre_type type = node->inode->type;
	bool known = false;
	int rc = 0;

	if (type != NACRE_TYPE_DIR)
		rc = nacre_drift_links_see(walk->drift, node, st, &known, err);
	if (rc || known)
		return rc;
	rc = see_attributes(walk, node, dir, st, err);
	if (rc == 0 && type == NACRE_TYPE_DIR)
		rc = see_dir(walk, node, st, err);
	if (rc == 0 && type == NACRE_TYPE_SYMLINK)
		rc = see_target(walk, node, dir, err);
	if (rc == 0 && type == NACRE_TYPE_FILE && st->stx_size == node->inode->size_bytes)
		rc = see_content(walk, node, dir, st, err);
	return rc;
}

static int see(struct walk *walk, struct nacre_node *node, struct nacre_err *err)
{
	int dir = node->parent ? nacre_dirs_get(walk->dirs, node->parent) : walk->root;
	struct statx st;

	walk->go_down = false;
	if (nacre_drift_ignore_has(walk->options->ignore, node))
		return 0;
	walk->drift->entries += node->parent ? 1 : 0;
	if (dir < 0)
		return add_errno(walk, node, "directory", err);
	if (statx(dir, node->name,
		    node->parent ? AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT : AT_EMPTY_PATH,
		    STATX_WANT, &st) < 0)
		return errno == ENOENT
			? nacre_drift_add(walk->drift, NACRE_DRIFT_MISSING, node, NULL, NULL, err)
			: add_errno(walk, node, "attributes", err);
	if (is_mount(walk, &st))
		return nacre_drift_add(walk->drift, NACRE_DRIFT_MOUNT, node, NULL, NULL, err);
	if (!nacre_drift_is_type(node->inode->type, st.stx_mode))
		return nacre_drift_add(walk->drift, NACRE_DRIFT_TYPE, node,
			nacre_type_name(node->inode->type), nacre_drift_type_name(st.stx_mode),
			err);
	return see_right_type(walk, node, dir, &st, err);
}

/* ----------------------------------------------------------------------- walk */

static void walk_clear(struct walk *walk)
{
	nacre_drift_xattrs_clear(&walk->xattrs);
	nacre_dirs_freep(&walk->dirs);
	free(walk->known);
}

int nacre_drift_dirs_new(int root, struct nacre_dirs **out_dirs, struct nacre_err *err)
{
	static const struct nacre_dirs_shape shape = { parent_of, name_of };

	return nacre_dirs_new(root, &shape, out_dirs, err);
}

int nacre_drift_walk(const struct nacre_tree *tree, int root,
	const struct nacre_drift_options *options, struct nacre_hash_pool *pool,
	const atomic_bool *stop, struct nacre_drift *drift, struct nacre_err *err)
{
	NACRE_CLEANUP(walk_clear)
	struct walk walk = { .options = options, .drift = drift, .pool = pool, .root = root };
	struct nacre_node *node = tree->root;
	int rc = nacre_drift_xattrs_init(&walk.xattrs, options->all_xattrs, err);

	if (rc == 0)
		rc = nacre_drift_dirs_new(root, &walk.dirs, err);
	if (rc == 0)
		rc = remember_known(&walk, err);
	if (rc == 0 && statx(root, "", AT_EMPTY_PATH, STATX_WANT, &walk.top) < 0)
		rc = nacre_fail_os(err, "stat");
	while (rc == 0 && node && !*stop) {
		rc = see(&walk, node, err);
		node = walk.go_down ? nacre_tree_next(node) : nacre_tree_next_skip(node);
	}
	return rc ? rc : nacre_drift_links_finish(drift, err);
}
