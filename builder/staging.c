/* SPDX-License-Identifier: Apache-2.0 */
/* Staging directories: made beside, renamed into place. */
#include "builder/staging.h"

#include "base/file.h"
#include "base/staged.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#define TRIES 16

static int check_empty(int parent, const char *name, const char *target, struct nacre_err *err)
{
	nacre_autofd int dir = -1;
	struct dirent *entry;
	DIR *stream;
	bool is_empty = true;
	int rc = nacre_dir_open_at(parent, name, &dir, err);

	if (rc)
		return rc;
	stream = fdopendir(dir);
	if (!stream)
		return nacre_fail_os(err, "%s", target);
	(void)nacre_steal_fd(&dir);
	while (is_empty && (entry = readdir(stream)))
		is_empty = strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0;
	(void)closedir(stream);
	return is_empty ? 0 : nacre_fail(err, NACRE_E_EXISTS, "%s: not empty", target);
}

static int check_target(int parent, const char *name, const char *target, struct nacre_err *err)
{
	struct stat st;

	if (fstat(parent, &st) < 0)
		return nacre_fail_os(err, "%s", target);
	/* Whoever may rename here could put another tree in the place of ours. */
	if ((st.st_mode & S_IWOTH) && !(st.st_mode & S_ISVTX))
		return nacre_fail(err, NACRE_E_UNSAFE,
			"%s: everybody may write in the directory that it lies in", target);
	if (fstatat(parent, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : nacre_fail_os(err, "%s", target);
	if (!S_ISDIR(st.st_mode))
		return nacre_fail(
			err, NACRE_E_EXISTS, "%s: there already, and not a directory", target);
	return check_empty(parent, name, target, err);
}

int nacre_staging_check(const char *target, struct nacre_err *err)
{
	nacre_autofd int parent = -1;
	char name[256];
	int rc = nacre_dir_open_parent(target, &parent, name, sizeof(name), err);

	return rc ? rc : check_target(parent, name, target, err);
}

/* Opens and locks the new directory. Errors: NOT_FOUND when a sweep of another run has taken it. */
static int lock_dir(struct nacre_staging *staging, struct nacre_err *err)
{
	struct stat st;
	int rc = nacre_dir_open_at(staging->parent, staging->name, &staging->dir, err);

	if (rc)
		return rc;
	while (flock(staging->dir, LOCK_EX) < 0) {
		if (errno != EINTR)
			return nacre_fail_os(err, "lock '%s'", staging->name);
	}
	if (fstat(staging->dir, &st) < 0)
		return nacre_fail_os(err, "stat '%s'", staging->name);
	return st.st_nlink > 0
		? 0
		: nacre_fail(err, NACRE_E_NOT_FOUND, "'%s': vanished", staging->name);
}

static int make_dir(struct nacre_staging *staging, struct nacre_err *err)
{
	char name[sizeof(staging->name)];
	int rc = nacre_staging_name(name, sizeof(name), err);

	if (rc)
		return rc;
	if (mkdirat(staging->parent, name, 0700) < 0)
		return nacre_fail_os(err, "new directory beside '%s'", staging->target);
	memcpy(staging->name, name, sizeof(name));
	rc = lock_dir(staging, err);
	/* A umask may have taken bits of ours. */
	if (rc == 0 && fchmod(staging->dir, 0700) < 0)
		rc = nacre_fail_os(err, "mode of '%s'", name);
	return rc;
}

/*
 * Between making it and locking it, the sweep of another run that works beside us may take it for a
 * leftover. Then it is made anew.
 */
static int make_locked_dir(struct nacre_staging *staging, struct nacre_err *err)
{
	int rc = NACRE_E_NOT_FOUND;

	for (int tries = 0; tries < TRIES && rc == NACRE_E_NOT_FOUND; tries++) {
		nacre_fd_close(&staging->dir);
		rc = make_dir(staging, err);
	}
	return rc;
}

int nacre_staging_open(struct nacre_staging *staging, const char *target, struct nacre_err *err)
{
	int rc = nacre_dir_open_parent(
		target, &staging->parent, staging->target, sizeof(staging->target), err);

	if (rc == 0)
		rc = check_target(staging->parent, staging->target, target, err);
	if (rc)
		return rc;
	nacre_staging_sweep(staging->parent);
	return make_locked_dir(staging, err);
}

static int flush_parent(const struct nacre_staging *staging, bool sync, struct nacre_err *err)
{
	if (sync && fsync(staging->parent) < 0)
		return nacre_fail_os(err, "flush the directory of '%s'", staging->target);
	return 0;
}

int nacre_staging_commit(struct nacre_staging *staging, bool sync, struct nacre_err *err)
{
	/* Without NOREPLACE, because rename(2) replaces an empty directory and nothing more. */
	if (renameat(staging->parent, staging->name, staging->parent, staging->target) < 0)
		return nacre_fail_os(err, "%s", staging->target);
	staging->name[0] = '\0';
	return flush_parent(staging, sync, err);
}

int nacre_staging_commit_inner(
	struct nacre_staging *staging, const char *name, bool sync, struct nacre_err *err)
{
	if (renameat(staging->dir, name, staging->parent, staging->target) < 0)
		return nacre_fail_os(err, "%s", staging->target);
	/* What is done is done: an empty directory that stays is for the next sweep. */
	if (unlinkat(staging->parent, staging->name, AT_REMOVEDIR) == 0)
		staging->name[0] = '\0';
	return flush_parent(staging, sync, err);
}

void nacre_staging_clear(struct nacre_staging *staging)
{
	if (staging->name[0])
		(void)!nacre_tree_remove_at(staging->parent, staging->name, NULL);
	staging->name[0] = '\0';
	nacre_fd_close(&staging->dir);
	nacre_fd_close(&staging->parent);
}
