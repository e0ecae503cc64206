/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The list of system calls. Rows with a condition allow a call only where one of its arguments is
 * right; a call with several rows is allowed where one of them fits.
 */
#include "base/cage_parts.h"

#include <errno.h>
#include <fcntl.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/syscall.h>

/* Newer than the headers of Debian 12. The numbers are the same everywhere but on alpha. */
#ifndef SYS_fchmodat2
#define SYS_fchmodat2 452
#endif
#ifndef SYS_setxattrat
#define SYS_setxattrat 463
#endif

enum {
	R = 1 << NACRE_CAGE_READ,
	W = 1 << NACRE_CAGE_WRITE,
};

struct row {
	int call;
	unsigned kinds;
	unsigned arg;  /* the argument of the condition */
	uint64_t mask; /* 0: no condition */
	uint64_t want;
};

/* The sign of a descriptor: AT_FDCWD is negative, what is open is not. */
#define OPEN_DIR 0x80000000U
/*
 * Two kinds of open and no other, never through a link: of what is made new, and of directories. So
 * a device node that may be made cannot be opened.
 */
#define OPEN_NEW (O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC)
#define OPEN_DIR_MASK (O_ACCMODE | O_CREAT | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
#define OPEN_DIR_WANT (O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)

static const struct row rows[] = {
	/* Descriptors that are open. */
	{ SYS_read, R | W, 0, 0, 0 },
	{ SYS_readv, R | W, 0, 0, 0 },
	{ SYS_pread64, R | W, 0, 0, 0 },
	{ SYS_write, R | W, 0, 0, 0 },
	{ SYS_writev, R | W, 0, 0, 0 },
	{ SYS_pwrite64, R | W, 0, 0, 0 },
	{ SYS_lseek, R | W, 0, 0, 0 },
	{ SYS_fstat, R | W, 0, 0, 0 },
	/* Of fcntl nothing that has signals sent (F_SETOWN, F_SETSIG, O_ASYNC). */
	{ SYS_fcntl, R | W, 1, UINT32_MAX, F_GETFD },
	{ SYS_fcntl, R | W, 1, UINT32_MAX, F_SETFD },
	{ SYS_fcntl, R | W, 1, UINT32_MAX, F_GETFL },
	{ SYS_fcntl, W, 1, UINT32_MAX, F_DUPFD_CLOEXEC },
	{ SYS_close, R | W, 0, 0, 0 },
	/* Memory, none of which becomes code. */
	{ SYS_brk, R | W, 0, 0, 0 },
	{ SYS_mmap, R | W, 2, PROT_EXEC, 0 },
	{ SYS_mprotect, R | W, 2, PROT_EXEC, 0 },
	{ SYS_munmap, R | W, 0, 0, 0 },
	{ SYS_mremap, R | W, 0, 0, 0 },
	{ SYS_madvise, R | W, 0, 0, 0 },
	/* What the C library does by itself. */
	{ SYS_futex, R | W, 0, 0, 0 },
	{ SYS_getrandom, R | W, 0, 0, 0 },
	{ SYS_clock_gettime, R | W, 0, 0, 0 },
	{ SYS_sysinfo, R | W, 0, 0, 0 },
	{ SYS_getpid, R | W, 0, 0, 0 },
	{ SYS_geteuid, R | W, 0, 0, 0 },
	{ SYS_getegid, R | W, 0, 0, 0 },
	{ SYS_rt_sigreturn, R | W, 0, 0, 0 },
	{ SYS_rt_sigprocmask, R | W, 0, 0, 0 },
	{ SYS_restart_syscall, R | W, 0, 0, 0 },
	{ SYS_exit, R | W, 0, 0, 0 },
	{ SYS_exit_group, R | W, 0, 0, 0 },
	/* Single names below a directory that is open. */
	{ SYS_openat, W, 2, OPEN_NEW, OPEN_NEW },
	{ SYS_openat, W, 2, OPEN_DIR_MASK, OPEN_DIR_WANT },
	{ SYS_mkdirat, W, 0, OPEN_DIR, 0 },
	{ SYS_mknodat, W, 0, OPEN_DIR, 0 },
	{ SYS_symlinkat, W, 1, OPEN_DIR, 0 },
	{ SYS_linkat, W, 4, UINT32_MAX, 0 },
	{ SYS_unlinkat, W, 0, OPEN_DIR, 0 },
	{ SYS_newfstatat, W, 3, AT_SYMLINK_NOFOLLOW, AT_SYMLINK_NOFOLLOW },
	{ SYS_newfstatat, R | W, 3, AT_EMPTY_PATH, AT_EMPTY_PATH }, /* fstat */
	{ SYS_statx, W, 2, AT_SYMLINK_NOFOLLOW, AT_SYMLINK_NOFOLLOW },
	{ SYS_statx, W, 2, AT_EMPTY_PATH, AT_EMPTY_PATH },
	{ SYS_getdents64, W, 0, 0, 0 },
	/* Attributes: of what is open, or of a name itself and never of what it links to. */
	{ SYS_fchown, W, 0, 0, 0 },
	{ SYS_fchownat, W, 4, AT_SYMLINK_NOFOLLOW, AT_SYMLINK_NOFOLLOW },
	{ SYS_fchownat, W, 4, AT_EMPTY_PATH, AT_EMPTY_PATH },
	{ SYS_fchmod, W, 0, 0, 0 },
	{ SYS_fchmodat2, W, 3, AT_SYMLINK_NOFOLLOW, AT_SYMLINK_NOFOLLOW },
	{ SYS_fchmodat2, W, 3, AT_EMPTY_PATH, AT_EMPTY_PATH },
	{ SYS_fsetxattr, W, 0, 0, 0 },
	{ SYS_fgetxattr, W, 0, 0, 0 },
	{ SYS_fremovexattr, W, 0, 0, 0 },
	{ SYS_setxattrat, W, 2, AT_SYMLINK_NOFOLLOW, AT_SYMLINK_NOFOLLOW },
	{ SYS_setxattrat, W, 2, AT_EMPTY_PATH, AT_EMPTY_PATH },
	{ SYS_utimensat, W, 1, UINT64_MAX, 0 }, /* futimens */
	{ SYS_utimensat, W, 3, AT_SYMLINK_NOFOLLOW, AT_SYMLINK_NOFOLLOW },
	{ SYS_utimensat, W, 3, AT_EMPTY_PATH, AT_EMPTY_PATH },
	/* Room and durability. */
	{ SYS_ftruncate, W, 0, 0, 0 },
	{ SYS_fallocate, W, 0, 0, 0 },
	{ SYS_copy_file_range, W, 0, 0, 0 },
	{ SYS_fstatfs, W, 0, 0, 0 },
	{ SYS_fsync, W, 0, 0, 0 },
	{ SYS_fdatasync, W, 0, 0, 0 },
	{ SYS_syncfs, W, 0, 0, 0 },
};

/*
 * Calls that a library may make on its way without anything being wrong (looking for a
 * configuration, for a catalogue of messages), and calls for which there is another way. They fail,
 * and the process goes on.
 */
static const struct {
	struct row row;
	int number;
} refused[] = {
	{ { SYS_openat, R, 0, 0, 0 }, EACCES },
	{ { SYS_newfstatat, R, 3, AT_EMPTY_PATH, 0 }, EACCES },
	{ { SYS_statx, R, 0, 0, 0 }, ENOSYS },
	{ { SYS_ioctl, R | W, 0, 0, 0 }, ENOTTY },
	{ { SYS_prlimit64, R | W, 0, 0, 0 }, EPERM },
	{ { SYS_sched_getaffinity, R | W, 0, 0, 0 }, EPERM },
#ifdef SYS_open
	{ { SYS_open, R | W, 0, 0, 0 }, EACCES },
	{ { SYS_stat, R | W, 0, 0, 0 }, EACCES },
	{ { SYS_access, R | W, 0, 0, 0 }, EACCES },
	{ { SYS_readlink, R | W, 0, 0, 0 }, EACCES },
#endif
	{ { SYS_faccessat, R | W, 0, 0, 0 }, EACCES },
	{ { SYS_readlinkat, R | W, 0, 0, 0 }, EACCES },
	/* Before Linux 6.6 there is no other: see write_meta.c. */
	{ { SYS_fchmodat, W, 0, 0, 0 }, EPERM },
};

#if NACRE_SANITIZED
/* Its run-time library may do what it wants, as long as it opens and starts nothing. */
static const int sanitizer[] = { SYS_gettid, SYS_sigaltstack, SYS_rt_sigaction, SYS_sched_yield,
	SYS_tgkill, SYS_prctl, SYS_clock_nanosleep, SYS_getrusage, SYS_msync, SYS_mincore };
#define UNKNOWN SCMP_ACT_ERRNO(EPERM)
#else
#define UNKNOWN SCMP_ACT_KILL_PROCESS
#endif

static bool add_row(scmp_filter_ctx filter, uint32_t action, const struct row *row)
{
	const struct scmp_arg_cmp condition = { row->arg, SCMP_CMP_MASKED_EQ, row->mask,
		row->want };

	return seccomp_rule_add_array(filter, action, row->call, row->mask ? 1 : 0, &condition) ==
		0;
}

static bool fill(scmp_filter_ctx filter, unsigned kind)
{
	bool is_good = true;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (rows[i].kinds & kind)
			is_good = is_good && add_row(filter, SCMP_ACT_ALLOW, &rows[i]);
	}
	for (size_t i = 0; !NACRE_SANITIZED && i < sizeof(refused) / sizeof(refused[0]); i++) {
		if (refused[i].row.kinds & kind)
			is_good = is_good &&
				add_row(filter, SCMP_ACT_ERRNO((uint32_t)refused[i].number),
					&refused[i].row);
	}
#if NACRE_SANITIZED
	for (size_t i = 0; i < sizeof(sanitizer) / sizeof(sanitizer[0]); i++)
		is_good = is_good && seccomp_rule_add(filter, SCMP_ACT_ALLOW, sanitizer[i], 0) == 0;
#endif
	return is_good;
}

bool nacre_cage_filter(const struct nacre_cage *cage)
{
	scmp_filter_ctx filter = seccomp_init(UNKNOWN);
	bool is_on = filter && fill(filter, 1U << cage->kind) && seccomp_load(filter) == 0;

	seccomp_release(filter);
	return is_on;
}
