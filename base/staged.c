/* SPDX-License-Identifier: Apache-2.0 */
/* Write aside, flush once, rename; and sweeping up what killed runs have left. */
#include "base/staged.h"

#include "base/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

int nacre_staging_name(char *out_name, size_t room, struct nacre_err *err)
{
	uint64_t bits;

	if (getrandom(&bits, sizeof(bits), 0) != (ssize_t)sizeof(bits))
		return nacre_fail_os(err, "random name");
	(void)snprintf(out_name, room, NACRE_STAGING_PREFIX "%016llx", (unsigned long long)bits);
	return 0;
}

/*
 * The lock says that somebody is at work. A sweep that met the file before it was locked holds the
 * lock or has removed the file: then it is not ours any more.
 */
static bool lock_new(int fd)
{
	struct stat st;

	if (flock(fd, LOCK_EX | LOCK_NB) < 0 && errno == EWOULDBLOCK)
		return false;
	return fstat(fd, &st) < 0 || st.st_nlink > 0;
}

int nacre_staged_open(struct nacre_staged *file, int dir, unsigned mode, struct nacre_err *err)
{
	nacre_autofd int fd = -1;
	int rc;

	do {
		nacre_fd_close(&fd);
		rc = nacre_staging_name(file->name, sizeof(file->name), err);
		if (rc)
			return rc;
		do
			fd = openat(dir, file->name,
				O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
		while (fd < 0 && errno == EINTR);
		if (fd < 0) {
			rc = nacre_fail_os(err, "new file");
			file->name[0] = '\0';
			return rc;
		}
	} while (!lock_new(fd));
	file->fd = nacre_steal_fd(&fd);
	file->dir = dir;
	return 0;
}

/* File systems without O_TMPFILE get a name that is gone before anything is written. */
static int open_named(int dir, int *out_fd, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_staged_clear)
	struct nacre_staged file = NACRE_STAGED;
	int rc = nacre_staged_open(&file, dir, 0600, err);

	if (rc)
		return rc;
	if (unlinkat(dir, file.name, 0) < 0)
		return nacre_fail_os(err, "remove the name of a temporary file");
	file.name[0] = '\0';
	*out_fd = nacre_steal_fd(&file.fd);
	return 0;
}

int nacre_nameless_open(int dir, int *out_fd, struct nacre_err *err)
{
	int fd;

	do
		fd = openat(dir, ".", O_TMPFILE | O_RDWR | O_EXCL | O_CLOEXEC, 0600);
	while (fd < 0 && errno == EINTR);
	/* The second is what a kernel says that does not know the flag at all. */
	if (fd < 0 && (errno == EOPNOTSUPP || errno == EISDIR))
		return open_named(dir, out_fd, err);
	if (fd < 0)
		return nacre_fail_os(err, "new temporary file");
	*out_fd = fd;
	return 0;
}

int nacre_staged_sync(struct nacre_staged *file, struct nacre_err *err)
{
	return fsync(file->fd) < 0 ? nacre_fail_os(err, "flush") : 0;
}

static int finish_rename(
	struct nacre_staged *file, const char *name, unsigned flags, struct nacre_err *err)
{
	if (renameat2(file->dir, file->name, file->dir, name, flags) < 0)
		return nacre_fail_os(err, "%s", name);
	file->name[0] = '\0';
	return 0;
}

int nacre_staged_rename(struct nacre_staged *file, const char *name, struct nacre_err *err)
{
	return finish_rename(file, name, 0, err);
}

int nacre_staged_rename_new(struct nacre_staged *file, const char *name, struct nacre_err *err)
{
	return finish_rename(file, name, RENAME_NOREPLACE, err);
}

int nacre_staged_commit(struct nacre_staged *file, const char *name, struct nacre_err *err)
{
	int rc = nacre_staged_sync(file, err);

	if (rc == 0)
		rc = nacre_staged_rename(file, name, err);
	if (rc == 0 && fsync(file->dir) < 0)
		rc = nacre_fail_os(err, "flush directory");
	return rc;
}

void nacre_staged_clear(struct nacre_staged *file)
{
	if (file->fd >= 0 && file->name[0])
		(void)unlinkat(file->dir, file->name, 0);
	nacre_fd_close(&file->fd);
	file->name[0] = '\0';
}

static bool is_staging_name(const char *name)
{
	size_t prefix = strlen(NACRE_STAGING_PREFIX);

	return strncmp(name, NACRE_STAGING_PREFIX, prefix) == 0 && strlen(name) == prefix + 16 &&
		strspn(name + prefix, "0123456789abcdef") == 16;
}

static void sweep_one(int dir, const char *name)
{
	nacre_autofd int fd = -1;
	char tree[64];
	struct stat st;

	/* Looked at first, because merely opening a device can have effects. */
	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISREG(st.st_mode))
		return;
	fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_uid != geteuid() ||
		st.st_nlink != 1 || flock(fd, LOCK_EX | LOCK_NB) < 0)
		return;
	(void)snprintf(tree, sizeof(tree), "%s" NACRE_STAGING_DIR_SUFFIX, name);
	if (nacre_tree_remove_at(dir, tree, NULL) == 0)
		(void)unlinkat(dir, name, 0);
}

void nacre_staging_sweep(int dir)
{
	int copy = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *stream = copy < 0 ? NULL : fdopendir(copy);
	struct dirent *entry;

	if (!stream) {
		nacre_fd_close(&copy);
		return;
	}
	while ((entry = readdir(stream))) {
		if (is_staging_name(entry->d_name))
			sweep_one(dir, entry->d_name);
	}
	(void)closedir(stream);
}
