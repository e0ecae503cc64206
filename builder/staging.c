/* SPDX-License-Identifier: Apache-2.0 */
/* Staging directories: made beside, renamed into place. */
#include "builder/staging.h"

#include "base/env.h"
#include "base/file.h"
#include "builder/mount_point.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

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
	/* No name can be given to what takes the place of a mount point. */
	rc = is_empty ? nacre_mount_point_check(dirfd(stream), target, err)
		      : nacre_fail(err, NACRE_E_EXISTS, "%s: not empty", target);
	(void)closedir(stream);
	return rc;
}

/* What is replaced must be all of a tree, and nobody may have it under their feet. */
static int check_replaced(int parent, const char *name, const char *target, struct stat *out_st,
	struct nacre_err *err)
{
	nacre_autofd int dir = -1;
	struct stat here;
	int rc = nacre_dir_open_at(parent, name, &dir, err);

	if (rc)
		return rc;
	if (fstat(dir, out_st) < 0 || stat(".", &here) < 0)
		return nacre_fail_os(err, "%s", target);
	if (out_st->st_dev == here.st_dev && out_st->st_ino == here.st_ino)
		return nacre_fail(err, NACRE_E_UNSAFE, "%s: the working directory", target);
	return nacre_mount_point_check(dir, target, err);
}

/* @param out_old  zeroed unless there is a directory to be replaced */
static int check_target(int parent, const char *name, const char *target, bool replace,
	struct stat *out_old, struct nacre_err *err)
{
	struct stat st;

	memset(out_old, 0, sizeof(*out_old));
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
	return replace ? check_replaced(parent, name, target, out_old, err)
		       : check_empty(parent, name, target, err);
}

int nacre_staging_check(const char *target, bool replace, struct nacre_err *err)
{
	nacre_autofd int parent = -1;
	char name[256];
	struct stat old;
	int rc = nacre_dir_open_parent(target, &parent, name, sizeof(name), err);

	return rc ? rc : check_target(parent, name, target, replace, &old, err);
}

static int make_dir(struct nacre_staging *staging, struct nacre_err *err)
{
	char name[sizeof(staging->name)];
	int rc = nacre_staged_open(&staging->mark, staging->parent, 0600, err);

	if (rc)
		return nacre_within(err, rc, "beside '%s'", staging->target);
	(void)snprintf(name, sizeof(name), "%s" NACRE_STAGING_DIR_SUFFIX, staging->mark.name);
	if (mkdirat(staging->parent, name, 0700) < 0)
		return nacre_fail_os(err, "new directory beside '%s'", staging->target);
	memcpy(staging->name, name, sizeof(name));
	rc = nacre_dir_open_at(staging->parent, name, &staging->dir, err);
	/* A umask may have taken bits of ours. */
	if (rc == 0 && fchmod(staging->dir, 0700) < 0)
		rc = nacre_fail_os(err, "mode of '%s'", name);
	return rc;
}

int nacre_staging_open(
	struct nacre_staging *staging, const char *target, bool replace, struct nacre_err *err)
{
	struct stat old;
	int rc = nacre_dir_open_parent(
		target, &staging->parent, staging->target, sizeof(staging->target), err);

	if (rc == 0)
		rc = check_target(staging->parent, staging->target, target, replace, &old, err);
	if (rc)
		return rc;
	staging->replaces = old.st_mode != 0;
	staging->old_dev = old.st_dev;
	staging->old_ino = old.st_ino;
	nacre_staging_sweep(staging->parent);
	return make_dir(staging, err);
}

int nacre_staging_open_aside(struct nacre_staging *staging, int parent, struct nacre_err *err)
{
	struct stat st;

	(void)snprintf(staging->target, sizeof(staging->target), "the tree");
	staging->parent = fcntl(parent, F_DUPFD_CLOEXEC, 0);
	if (staging->parent < 0 || fstat(staging->parent, &st) < 0)
		return nacre_fail_os(err, "new directory");
	if ((st.st_mode & S_IWOTH) && !(st.st_mode & S_ISVTX))
		return nacre_fail(
			err, NACRE_E_UNSAFE, "everybody may write in the directory above");
	nacre_staging_sweep(staging->parent);
	return make_dir(staging, err);
}

static int flush_parent(const struct nacre_staging *staging, bool sync, struct nacre_err *err)
{
	if (sync && fsync(staging->parent) < 0)
		return nacre_fail_os(err, "flush the directory of '%s'", staging->target);
	return 0;
}

static int exchange_names(const struct nacre_staging *staging)
{
	return renameat2(
		staging->parent, staging->name, staging->parent, staging->target, RENAME_EXCHANGE);
}

static int exchange(struct nacre_staging *staging, struct nacre_err *err)
{
	if (exchange_names(staging) == 0) {
		staging->is_exchanged = true;
		return 0;
	}
	if (errno == EINVAL || errno == ENOSYS || errno == EOPNOTSUPP)
		return nacre_fail(err, NACRE_E_UNSUPPORTED,
			"%s: cannot be replaced, because its file system cannot exchange two names",
			staging->target);
	return nacre_fail_os(err, "%s", staging->target);
}

/* Only after a failure, whose message stays. */
static int undo_exchange(struct nacre_staging *staging, int rc)
{
	if (exchange_names(staging) == 0)
		staging->is_exchanged = false;
	else
		staging->is_kept = true; /* which of the two a crash would keep is not known */
	return rc;
}

/* What has come out must be what was looked at. */
static int check_old(const struct nacre_staging *staging, struct nacre_err *err)
{
	struct stat st;

	if (fstatat(staging->parent, staging->name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return nacre_fail_os(err, "%s", staging->target);
	if (st.st_dev != staging->old_dev || st.st_ino != staging->old_ino)
		return nacre_fail(
			err, NACRE_E_EXISTS, "%s: another one than before", staging->target);
	return 0;
}

static int commit_exchange(struct nacre_staging *staging, bool sync, struct nacre_err *err)
{
	struct stat old;
	int rc = check_replaced(staging->parent, staging->target, staging->target, &old, err);

	if (rc == 0)
		rc = exchange(staging, err);
	if (rc)
		return rc;
	rc = check_old(staging, err);
	if (rc == 0)
		rc = flush_parent(staging, sync, err);
	return rc ? undo_exchange(staging, rc) : 0;
}

int nacre_staging_commit(struct nacre_staging *staging, bool sync, struct nacre_err *err)
{
	if (staging->replaces)
		return commit_exchange(staging, sync, err);
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

void nacre_staging_retire(struct nacre_staging *staging, const struct nacre_env *env)
{
	struct nacre_err why;

	if (!staging->is_exchanged || staging->is_kept)
		return;
	if (nacre_tree_remove_at(staging->parent, staging->name, &why) == 0) {
		staging->name[0] = '\0';
		return;
	}
	staging->is_kept = true;
	/* It is too late to be canceled. */
	(void)!nacre_warn(env, NULL, "%s: the old tree is left as '%s' for the next run: %s",
		staging->target, staging->name, why.text);
}

void nacre_staging_clear(struct nacre_staging *staging)
{
	if (staging->name[0] &&
		(staging->is_kept || nacre_tree_remove_at(staging->parent, staging->name, NULL)))
		staging->mark.name[0] = '\0'; /* its file stays with it */
	staging->name[0] = '\0';
	nacre_staged_clear(&staging->mark);
	nacre_fd_close(&staging->dir);
	nacre_fd_close(&staging->parent);
}
