/* SPDX-License-Identifier: Apache-2.0 */
/* Ledgers beside trees: made aside, renamed with the tree, found again. */
#include "builder/ledger_file.h"

#include "base/env.h"
#include "base/file.h"
#include "base/stream.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#define NEXT_SUFFIX ".new"

/* Sets both names of the ledger of `target`. */
static int set_names(
	const char *target, char out_name[256], char out_next[256], struct nacre_err *err)
{
	int len = snprintf(out_next, 256, "%s" NACRE_LEDGER_SUFFIX NEXT_SUFFIX, target);

	if (len < 0 || len >= 256)
		return nacre_fail(err, NACRE_E_ARG,
			"'%s': a name of more than %zu bytes leaves no room for a ledger's", target,
			255 - strlen(NACRE_LEDGER_SUFFIX NEXT_SUFFIX));
	(void)snprintf(out_name, 256, "%s" NACRE_LEDGER_SUFFIX, target);
	return 0;
}

int nacre_ledger_id_of(int dir, const struct nacre_digest *image, struct nacre_ledger_id *out_id,
	struct nacre_err *err)
{
	struct nacre_ledger_id id = { .has_birth = false };
	struct statx stx;

	if (statx(dir, "", AT_EMPTY_PATH, STATX_INO | STATX_BTIME, &stx) < 0)
		return nacre_fail_os(err, "root of the tree");
	if (image)
		id.image = *image;
	id.inode = stx.stx_ino;
	if (stx.stx_mask & STATX_BTIME) {
		id.has_birth = true;
		id.birth_s = stx.stx_btime.tv_sec;
		id.birth_ns = stx.stx_btime.tv_nsec;
	}
	*out_id = id;
	return 0;
}

/* ----------------------------------------------------------------- what lies there */

/* A file that may be a ledger, opened; fd -1: there is none. */
struct found {
	int fd;
	struct nacre_ledger_id id;
	bool has_entries;
};

static void found_clear(struct found *found)
{
	nacre_fd_close(&found->fd);
}

static int read_id(struct found *found, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_source_freep)
	struct nacre_source *source = NULL;
	char line[NACRE_LEDGER_FIRST + 1], *end;
	size_t len = 0;
	struct stat st;
	int rc;

	if (fstat(found->fd, &st) < 0)
		return nacre_fail_os(err, "stat");
	rc = nacre_source_fd(found->fd, 0,
		st.st_size < NACRE_LEDGER_FIRST ? (uint64_t)st.st_size : NACRE_LEDGER_FIRST,
		&source, err);
	if (rc == 0)
		rc = nacre_source_read_full(source, line, NACRE_LEDGER_FIRST, &len, err);
	if (rc)
		return rc;
	end = memchr(line, '\n', len);
	line[end ? end - line : 0] = '\0';
	found->has_entries = end && st.st_size > end - line + 1;
	return nacre_ledger_id_parse(line, &found->id, err);
}

static int look(int parent, const char *name, struct found *out_found, struct nacre_err *err)
{
	int rc = nacre_file_open_at(parent, name, &out_found->fd, NULL, err);

	if (rc == NACRE_E_NOT_FOUND)
		return 0;
	if (rc == 0)
		rc = read_id(out_found, err);
	return rc ? nacre_within(err, rc, "'%s'", name) : 0;
}

static int look_for_own(
	int parent, const char *name, struct found *out_found, struct nacre_err *err)
{
	int rc = look(parent, name, out_found, err);

	if (rc == NACRE_E_FORMAT || rc == NACRE_E_UNSAFE)
		return nacre_fail(
			err, NACRE_E_EXISTS, "'%s' is there already, and no ledger", name);
	return rc;
}

/* --------------------------------------------------------------------- making one */

/* As a system call: -1 and errno. */
static int put_in_place(const struct nacre_ledger_file *file, bool has_entries)
{
	if (has_entries)
		return renameat(file->parent, file->next, file->parent, file->name);
	/* In this order, so that the old one is never alone with the new tree. */
	if (unlinkat(file->parent, file->name, 0) < 0 && errno != ENOENT)
		return -1;
	return unlinkat(file->parent, file->next, 0);
}

static bool fits(int parent, const char *target, const struct nacre_ledger_id *want)
{
	nacre_autofd int dir = -1;
	struct nacre_ledger_id id;

	return nacre_dir_open_at(parent, target, &dir, NULL) == 0 &&
		nacre_ledger_id_of(dir, NULL, &id, NULL) == 0 &&
		nacre_ledger_id_same_tree(&id, want);
}

/* Whoever holds the lock is at work. */
static void finish_killed(const struct nacre_ledger_file *file, const struct found *next)
{
	if (flock(next->fd, LOCK_EX | LOCK_NB) < 0)
		return;
	if (fits(file->parent, file->target, &next->id))
		(void)put_in_place(file, next->has_entries);
	else
		(void)unlinkat(file->parent, file->next, 0);
}

int nacre_ledger_file_open(
	struct nacre_ledger_file *file, int parent, const char *target, struct nacre_err *err)
{
	NACRE_CLEANUP(found_clear)
	struct found next = { .fd = -1 };
	NACRE_CLEANUP(found_clear)
	struct found old = { .fd = -1 };
	int rc = set_names(target, file->name, file->next, err);

	file->parent = parent;
	(void)snprintf(file->target, sizeof(file->target), "%s", target);
	if (rc == 0)
		rc = look_for_own(parent, file->name, &old, err);
	if (rc == 0)
		rc = look_for_own(parent, file->next, &next, err);
	if (rc == 0 && next.fd >= 0)
		finish_killed(file, &next);
	return rc ? rc : nacre_staged_open(&file->staged, parent, 0644, err);
}

static bool is_there(const struct nacre_ledger_file *file)
{
	struct stat st;

	return fstatat(file->parent, file->name, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

int nacre_ledger_file_offer(struct nacre_ledger_file *file, bool sync, struct nacre_err *err)
{
	struct found written = { .fd = file->staged.fd };
	int rc = read_id(&written, err);

	file->id = written.id;
	file->has_entries = written.has_entries;
	if (rc || (!file->has_entries && !is_there(file)))
		return rc;
	if (sync)
		rc = nacre_staged_sync(&file->staged, err);
	if (rc == 0)
		rc = nacre_staged_rename_new(&file->staged, file->next, err);
	if (rc == NACRE_E_EXISTS)
		return nacre_fail(
			err, rc, "'%s' is there already: another run is at work", file->next);
	file->is_offered = rc == 0;
	return rc ? nacre_within(err, rc, "ledger") : 0;
}

void nacre_ledger_file_commit(struct nacre_ledger_file *file, const struct nacre_env *env)
{
	char reason[128];

	/* It is too late to be canceled. */
	if (file->is_offered && put_in_place(file, file->has_entries) < 0)
		(void)!nacre_warn(env, NULL, "the ledger is left as '%s' for the next run: %s",
			file->next, strerror_r(errno, reason, sizeof(reason)));
	file->is_offered = false;
}

void nacre_ledger_file_clear(struct nacre_ledger_file *file)
{
	/* A tree that could not be taken back is the target now, and this its ledger. */
	if (file->is_offered && !fits(file->parent, file->target, &file->id))
		(void)unlinkat(file->parent, file->next, 0);
	file->is_offered = false;
	nacre_staged_clear(&file->staged);
}

/* ------------------------------------------------------------------------ finding */

/* The name that a directory has in the one above it; empty for the root and for mount points. */
static int find_name(DIR *parent, int dir, char out_name[256], struct nacre_err *err)
{
	const struct dirent *entry;
	struct stat want, st;

	out_name[0] = '\0';
	if (fstat(dir, &want) < 0)
		return nacre_fail_os(err, "root of the tree");
	while ((entry = readdir(parent))) {
		if ((entry->d_type != DT_DIR && entry->d_type != DT_UNKNOWN) ||
			strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0 ||
			fstatat(dirfd(parent), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
			st.st_dev != want.st_dev || st.st_ino != want.st_ino)
			continue;
		(void)snprintf(out_name, 256, "%s", entry->d_name);
		return 0;
	}
	return 0;
}

/* Who can forge it could as well have changed the directory. */
static int check_owner(int ledger, int dir, const char *name, struct nacre_err *err)
{
	struct stat st, top;

	if (fstat(ledger, &st) < 0 || fstat(dir, &top) < 0)
		return nacre_fail_os(err, "'%s'", name);
	if (st.st_uid != 0 && st.st_uid != geteuid() && st.st_uid != top.st_uid)
		return nacre_fail(err, NACRE_E_UNSAFE, "'%s': it belongs to uid %lu", name,
			(unsigned long)st.st_uid);
	return 0;
}

/* What a stranger has put there for the time between two renames is not looked at. */
static int find_in(DIR *parent, int dir, int *out_fd, struct nacre_err *err)
{
	NACRE_CLEANUP(found_clear)
	struct found next = { .fd = -1 };
	NACRE_CLEANUP(found_clear)
	struct found found = { .fd = -1 };
	char target[256], name[256], next_name[256];
	struct nacre_ledger_id id;
	int rc = find_name(parent, dir, target, err);

	if (rc || !target[0] || set_names(target, name, next_name, NULL))
		return rc;
	rc = nacre_ledger_id_of(dir, NULL, &id, err);
	if (rc == 0 && look(dirfd(parent), next_name, &next, NULL) == 0 && next.fd >= 0 &&
		check_owner(next.fd, dir, next_name, NULL) == 0 &&
		nacre_ledger_id_same_tree(&id, &next.id)) {
		*out_fd = nacre_steal_fd(&next.fd);
		return 0;
	}
	if (rc == 0)
		rc = look(dirfd(parent), name, &found, err);
	if (rc == 0 && found.fd >= 0)
		rc = check_owner(found.fd, dir, name, err);
	if (rc == 0 && found.fd >= 0 && !nacre_ledger_id_same_tree(&id, &found.id))
		return nacre_fail(err, NACRE_E_UNSAFE, "'%s' is the ledger of another tree", name);
	if (rc == 0)
		*out_fd = nacre_steal_fd(&found.fd);
	return rc;
}

int nacre_ledger_file_find(int dir, int *out_fd, struct nacre_err *err)
{
	int above = openat(dir, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC), rc;
	DIR *parent = above < 0 ? NULL : fdopendir(above);

	*out_fd = -1;
	if (!parent) {
		rc = nacre_fail_os(err, "directory of the tree and its ledger");
		nacre_fd_close(&above);
		return rc;
	}
	rc = find_in(parent, dir, out_fd, err);
	(void)closedir(parent);
	return rc;
}
