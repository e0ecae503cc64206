/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Times are cut without an error, and names are compared as a file system likes. Neither can be
 * asked for; both can be tried.
 */
#include "builder/plan_probe.h"

#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>

/* What is tried in: for times, for names, and for sizes. */
static const char subject_name[] = "time";
static const char names_name[] = "names";
static const char size_name[] = "size";

static int make_file(int dir, const char *name)
{
	nacre_autofd int fd =
		openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

	return fd < 0 ? -1 : 0;
}

static int make_dir(int dir, const char *name, int *out_fd, struct nacre_err *err)
{
	if (mkdirat(dir, name, 0700) < 0)
		return nacre_fail_os(err, "new directory");
	return nacre_dir_open_at(dir, name, out_fd, err);
}

/*
 * Names that only an ordinary file system keeps apart and takes as they are: cases, two ways to
 * write an accent, bytes that are no text, what DOS reserved, dots and blanks at the end, length.
 */
static int try_names(struct nacre_plan_probe *probe, struct nacre_err *err)
{
	static const char *const names[] = { "a", "A", "\xc3\xa9", "\xc3\x89", "e\xcc\x81", "\xff",
		"a:b", "a\\b", "a?*<>|\"", "c", "c.", "c ", "\x01", "aux" };
	nacre_autofd int dir = -1;
	char longest[256];
	int rc = make_dir(probe->dir, names_name, &dir, err);

	if (rc)
		return rc;
	memset(longest, 'x', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	probe->is_odd = make_file(dir, longest) < 0;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		probe->is_odd |= make_file(dir, names[i]) < 0;
	return nacre_tree_remove_at(probe->dir, names_name, err);
}

int nacre_plan_probe_open(struct nacre_plan_probe *probe, int dir, struct nacre_err *err)
{
	int rc;

	probe->dir = dir;
	rc = make_dir(dir, subject_name, &probe->subject, err);
	if (rc)
		return rc;
	nacre_write_disk_learn(&probe->disk, probe->subject);
	return try_names(probe, err);
}

void nacre_plan_probe_clear(struct nacre_plan_probe *probe)
{
	if (probe->dir >= 0) {
		(void)!nacre_tree_remove_at(probe->dir, subject_name, NULL);
		(void)!nacre_tree_remove_at(probe->dir, names_name, NULL);
	}
	nacre_fd_close(&probe->subject);
	probe->dir = -1;
}

bool nacre_plan_probe_time(const struct nacre_plan_probe *probe, int64_t mtime_s, uint32_t mtime_ns)
{
	const struct timespec time = { mtime_s, (long)mtime_ns };
	const struct timespec times[2] = { time, time };
	struct stat st;

	if (nacre_write_disk_keeps(&probe->disk, mtime_s, mtime_ns))
		return true;
	return futimens(probe->subject, times) == 0 && fstat(probe->subject, &st) == 0 &&
		st.st_mtim.tv_sec == time.tv_sec && st.st_mtim.tv_nsec == time.tv_nsec;
}

/* A file beyond the limit of the process is not tried: the system would answer by a signal. */
static bool is_beyond_limit(uint64_t size_bytes)
{
	struct rlimit limit;

	return getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY &&
		size_bytes > limit.rlim_cur;
}

bool nacre_plan_probe_size(const struct nacre_plan_probe *probe, uint64_t size_bytes)
{
	nacre_autofd int fd = -1;
	int number = EFBIG;

	if (size_bytes > INT64_MAX || is_beyond_limit(size_bytes)) {
		errno = number;
		return false;
	}
	fd = openat(
		probe->dir, size_name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	number = fd < 0 || ftruncate(fd, (off_t)size_bytes) < 0 ? errno : 0;
	(void)unlinkat(probe->dir, size_name, 0);
	errno = number;
	return number == 0;
}

int nacre_plan_probe_names(const struct nacre_plan_probe *probe, const struct nacre_node *dir,
	nacre_plan_name_fn *each, void *user, struct nacre_err *err)
{
	nacre_autofd int fd = -1;
	int rc = make_dir(probe->dir, names_name, &fd, err);

	for (struct nacre_node *at = rc == 0 ? nacre_node_first(dir) : NULL; rc == 0 && at;
		at = nacre_node_next(at)) {
		if (make_file(fd, at->name) < 0)
			rc = each(at, errno, user, err);
	}
	return rc ? rc : nacre_tree_remove_at(probe->dir, names_name, err);
}
