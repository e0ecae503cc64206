/* SPDX-License-Identifier: Apache-2.0 */
/* Opening, writing and removing by descriptors. */
#include "base/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

int nacre_write_all(int fd, const void *data, size_t len, struct nacre_err *err)
{
	const char *at = data;

	while (len > 0) {
		ssize_t put = write(fd, at, len);

		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return nacre_fail_os(err, "write");
		at += put;
		len -= (size_t)put;
	}
	return 0;
}

static int open_retry(int dir, const char *name, int flags)
{
	int fd;

	do
		fd = openat(dir, name, flags | O_CLOEXEC);
	while (fd < 0 && errno == EINTR);
	return fd;
}

int nacre_dir_open(const char *path, int *out_dir, struct nacre_err *err)
{
	*out_dir = open_retry(AT_FDCWD, path, O_RDONLY | O_DIRECTORY);
	return *out_dir < 0 ? nacre_fail_os(err, "%s", path) : 0;
}

int nacre_dir_open_at(int dir, const char *name, int *out_dir, struct nacre_err *err)
{
	*out_dir = open_retry(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
	return *out_dir < 0 ? nacre_fail_os(err, "%s", name) : 0;
}

int nacre_replaceable_at(int dir, const char *name, struct nacre_err *err)
{
	struct stat st;

	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : nacre_fail_os(err, "%s", name);
	return S_ISREG(st.st_mode)
		? 0
		: nacre_fail(err, NACRE_E_UNSAFE, "%s: not a regular file", name);
}

int nacre_dir_open_parent(
	const char *path, int *out_dir, char *out_name, size_t room, struct nacre_err *err)
{
	size_t len = strlen(path), begin;
	nacre_autofree char *parent = NULL;

	while (len > 1 && path[len - 1] == '/')
		len--;
	begin = len;
	while (begin > 0 && path[begin - 1] != '/')
		begin--;
	if (len == begin || len - begin >= room || strcmp(path + begin, ".") == 0 ||
		strcmp(path + begin, "..") == 0)
		return nacre_fail(err, NACRE_E_ARG, "'%s' has no last name to make", path);
	memcpy(out_name, path + begin, len - begin);
	out_name[len - begin] = '\0';
	if (strcmp(out_name, ".") == 0 || strcmp(out_name, "..") == 0)
		return nacre_fail(err, NACRE_E_ARG, "'%s' has no last name to make", path);
	parent = begin > 0 ? strndup(path, begin) : strdup(".");
	if (!parent)
		return nacre_fail_nomem(err);
	return nacre_dir_open(parent, out_dir, err);
}

static int check_regular(int fd, const char *name, uint64_t *out_size_bytes, struct nacre_err *err)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return nacre_fail_os(err, "%s", name);
	if (!S_ISREG(st.st_mode))
		return nacre_fail(err, NACRE_E_UNSAFE, "%s: not a regular file", name);
	if (out_size_bytes)
		*out_size_bytes = (uint64_t)st.st_size;
	return 0;
}

static int open_file(int dir, const char *name, int flags, int *out_fd, uint64_t *out_size_bytes,
	struct nacre_err *err)
{
	nacre_autofd int fd = -1;
	struct stat st;
	int rc;

	/* Looked at first, because merely opening a device or a fifo can have effects. */
	if (fstatat(dir, name, &st, flags & O_NOFOLLOW ? AT_SYMLINK_NOFOLLOW : 0) < 0)
		return nacre_fail_os(err, "%s", name);
	if (!S_ISREG(st.st_mode))
		return nacre_fail(err, NACRE_E_UNSAFE, "%s: not a regular file", name);
	fd = open_retry(dir, name, flags | O_RDONLY | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return nacre_fail_os(err, "%s", name);
	rc = check_regular(fd, name, out_size_bytes, err);
	if (rc == 0)
		*out_fd = nacre_steal_fd(&fd);
	return rc;
}

int nacre_file_open_at(
	int dir, const char *name, int *out_fd, uint64_t *out_size_bytes, struct nacre_err *err)
{
	return open_file(dir, name, O_NOFOLLOW, out_fd, out_size_bytes, err);
}

int nacre_file_open(const char *path, int *out_fd, uint64_t *out_size_bytes, struct nacre_err *err)
{
	return open_file(AT_FDCWD, path, 0, out_fd, out_size_bytes, err);
}

int nacre_file_open_from(
	int at, const char *path, int *out_fd, uint64_t *out_size_bytes, struct nacre_err *err)
{
	return open_file(at, path, 0, out_fd, out_size_bytes, err);
}

int nacre_user_open(int at, const char *path, int flags, int *out_fd, struct nacre_err *err)
{
	*out_fd = open_retry(at, path, flags | O_RDONLY | O_NONBLOCK | O_NOCTTY);
	return *out_fd < 0 ? nacre_fail_os(err, "'%s'", path) : 0;
}

int nacre_dir_make_parents(const char *path, struct nacre_err *err)
{
	nacre_autofree char *copy = strdup(path);

	if (!copy)
		return nacre_fail_nomem(err);
	for (char *slash = strchr(copy + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdir(copy, 0700) < 0 && errno != EEXIST)
			return nacre_fail_os(err, "%s", copy);
		*slash = '/';
	}
	return 0;
}

bool nacre_dir_same_mount(int a, int b)
{
	struct statx one, two;

	if (statx(a, "", AT_EMPTY_PATH, STATX_MNT_ID, &one) < 0 ||
		statx(b, "", AT_EMPTY_PATH, STATX_MNT_ID, &two) < 0)
		return false;
	if (one.stx_dev_major != two.stx_dev_major || one.stx_dev_minor != two.stx_dev_minor)
		return false;
	return !(one.stx_mask & two.stx_mask & STATX_MNT_ID) || one.stx_mnt_id == two.stx_mnt_id;
}

/* ---------------------------------------------------------------- removing */

#define NAMES_BYTES 4096

/*
 * Depth first without recursion and with one descriptor: the walk goes down by name and up by "..",
 * and comes up only into the directory that it left (same device and inode), so a tree of any depth
 * is removed and a directory that somebody moves meanwhile is an error, not an escape.
 */
struct place {
	dev_t dev; /* of the directory that was left … */
	ino_t ino;
	struct place *up;
	char name[256]; /* … for this one in it */
	size_t at, len; /* of what lies in `names` and was not gone into yet */
	char names[NAMES_BYTES];
};

static void free_place(struct place **place)
{
	struct place *up = (*place)->up;

	free(*place);
	*place = up;
}

/*
 * Removes the files and takes note of directories, as many as there is room for. One at a time
 * would mean to read each directory from its begin for each of them, where file systems look for
 * names that are no more.
 */
static int sweep(int dir, struct place *place, struct nacre_err *err)
{
	int copy = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *stream = copy < 0 ? NULL : fdopendir(copy);
	struct dirent *entry;
	int rc = 0;

	if (!stream) {
		rc = nacre_fail_os(err, "open directory");
		nacre_fd_close(&copy);
		return rc;
	}
	place->at = place->len = 0;
	while (rc == 0 && (entry = readdir(stream))) {
		size_t size = strlen(entry->d_name) + 1;

		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		/* Another sweep may be at the same tree. */
		if (unlinkat(dir, entry->d_name, 0) == 0 || errno == ENOENT)
			continue;
		if (errno != EISDIR && errno != EPERM)
			rc = nacre_fail_os(err, "remove '%s'", entry->d_name);
		else if (size > sizeof(place->names) - place->len)
			break;
		else
			place->len = (size_t)((char *)mempcpy(place->names + place->len,
						      entry->d_name, size) -
				place->names);
	}
	(void)closedir(stream);
	return rc;
}

/* The next directory to go into; NULL when there is none left. */
static const char *next_child(struct place *place)
{
	const char *name = place->names + place->at;

	if (place->at == place->len)
		return NULL;
	place->at += strlen(name) + 1;
	return name;
}

static int go_down(int *dir, const char *name, struct place **place, struct nacre_err *err)
{
	struct place *here = calloc(1, sizeof(*here));
	nacre_autofd int next = -1;
	struct stat st;

	if (!here)
		return nacre_fail_nomem(err);
	here->up = *place;
	*place = here;
	(void)strncpy(here->name, name, sizeof(here->name) - 1);
	if (fstat(*dir, &st) < 0)
		return nacre_fail_os(err, "stat");
	here->dev = st.st_dev;
	here->ino = st.st_ino;
	next = open_retry(*dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
	if (next < 0 && errno == EACCES && fchmodat(*dir, name, 0700, AT_SYMLINK_NOFOLLOW) == 0)
		next = open_retry(*dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
	if (next < 0 && errno == ENOENT) {
		free_place(place); /* the other sweep again */
		return 0;
	}
	if (next < 0 && errno == ENOTDIR)
		errno = EPERM; /* why unlinkat() did not take it: it is immutable */
	if (next < 0)
		return nacre_fail_os(err, "remove '%s'", name);
	/* What is mounted inside is somebody else's. */
	if (!nacre_dir_same_mount(*dir, next))
		return nacre_fail(err, NACRE_E_UNSAFE, "remove '%s': a mount point", name);
	nacre_fd_close(dir);
	*dir = nacre_steal_fd(&next);
	/* Without root a read-only directory keeps its names. */
	(void)fchmod(*dir, 0700);
	return 0;
}

static int go_up(int *dir, struct place **place, struct nacre_err *err)
{
	struct place *here = *place;
	nacre_autofd int up = open_retry(*dir, "..", O_RDONLY | O_DIRECTORY);
	struct stat st;

	if (up < 0 || fstat(up, &st) < 0)
		return nacre_fail_os(err, "remove '%s'", here->name);
	if (st.st_dev != here->dev || st.st_ino != here->ino)
		return nacre_fail(err, NACRE_E_UNSAFE, "remove '%s': moved meanwhile", here->name);
	if (unlinkat(up, here->name, AT_REMOVEDIR) < 0)
		return nacre_fail_os(err, "remove '%s'", here->name);
	nacre_fd_close(dir);
	*dir = nacre_steal_fd(&up);
	free_place(place);
	return 0;
}

static int remove_below(int dir, const char *name, struct place **place, struct nacre_err *err)
{
	nacre_autofd int here = open_retry(dir, ".", O_RDONLY | O_DIRECTORY);
	int rc;

	if (here < 0)
		return nacre_fail_os(err, "open directory");
	rc = go_down(&here, name, place, err);
	while (rc == 0 && *place) {
		const char *child = next_child(*place);

		if (!child) {
			rc = sweep(here, *place, err);
			if (rc == 0 && (*place)->len == 0)
				rc = go_up(&here, place, err);
		} else {
			rc = go_down(&here, child, place, err);
		}
	}
	return rc;
}

int nacre_tree_remove_at(int dir, const char *name, struct nacre_err *err)
{
	struct place *place = NULL;
	struct stat st;
	int rc;

	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : nacre_fail_os(err, "remove '%s'", name);
	if (!S_ISDIR(st.st_mode))
		return unlinkat(dir, name, 0) < 0 ? nacre_fail_os(err, "remove '%s'", name) : 0;
	rc = remove_below(dir, name, &place, err);
	while (place)
		free_place(&place);
	return rc;
}

bool nacre_stat_name(const struct stat *st, int64_t racy_from, char *out_name, size_t room)
{
	if (st->st_ctim.tv_sec >= racy_from || st->st_mtim.tv_sec >= racy_from)
		return false;
	(void)snprintf(out_name, room, "file %llu %llu %llu %lld.%09ld %lld.%09ld",
		(unsigned long long)st->st_dev, (unsigned long long)st->st_ino,
		(unsigned long long)st->st_size, (long long)st->st_mtim.tv_sec, st->st_mtim.tv_nsec,
		(long long)st->st_ctim.tv_sec, st->st_ctim.tv_nsec);
	return true;
}
