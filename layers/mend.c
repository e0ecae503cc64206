/* SPDX-License-Identifier: Apache-2.0 */
/* Calls that take a descriptor without a name, and /proc where the kernel is too old for them. */
#include "layers/mend.h"

#include "base/scope.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/syscall.h>

/* Newer than the headers of Debian 12. The number is the same everywhere but on alpha. */
#ifndef SYS_fchmodat2
#ifndef __alpha__
#define SYS_fchmodat2 452
#else
#define SYS_fchmodat2 (-1)
#endif
#endif

#define PROC_TEXT 32

/* The entry in /proc is the file itself, and no way to it by names. */
static const char *proc_path(int fd, char text[PROC_TEXT])
{
	(void)snprintf(text, PROC_TEXT, "/proc/self/fd/%d", fd);
	return text;
}

int nacre_mend_open(int dir, const char *name, struct stat *out_st)
{
	nacre_autofd int fd = openat(dir, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0 || fstat(fd, out_st) < 0)
		return -1;
	return nacre_steal_fd(&fd);
}

int nacre_mend_owner(int fd, uint32_t uid, uint32_t gid)
{
	return fchownat(fd, "", uid, gid, AT_EMPTY_PATH);
}

int nacre_mend_mode(int fd, uint32_t mode)
{
	char text[PROC_TEXT];

	/* Since Linux 6.6. */
	if (syscall(SYS_fchmodat2, fd, "", (mode_t)mode, AT_EMPTY_PATH) == 0)
		return 0;
	if (errno != ENOSYS && errno != EPERM)
		return -1;
	return chmod(proc_path(fd, text), (mode_t)mode);
}

int nacre_mend_time(int fd, int64_t mtime_s, uint32_t mtime_ns)
{
	const struct timespec times[2] = {
		{ .tv_nsec = UTIME_OMIT },
		{ .tv_sec = mtime_s, .tv_nsec = (long)mtime_ns },
	};
	char text[PROC_TEXT];

	/* Since Linux 5.8. */
	if (utimensat(fd, "", times, AT_EMPTY_PATH) == 0)
		return 0;
	if (errno != ENOENT && errno != EINVAL)
		return -1;
	return utimensat(AT_FDCWD, proc_path(fd, text), times, 0);
}
