/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Makes a system call of the program fail, from between it and the C library (LD_PRELOAD). Only for
 * tests; tests/lib/faults.py drives it.
 *
 * FAILCALL_HOW   ENOSPC or EIO: the call number FAILCALL_AT (from 0) fails so and does nothing;
 *                KILL: the process dies instead of making it, caller or worker;
 *                EINTR, SHORT: every second read, write or lock is interrupted, or every read and
 *                write moves one byte only
 * FAILCALL_MARK  a file that gets the name of the function when the call has been reached
 *
 * Calls are counted over the program and the workers that it forks, which share the file as memory:
 * they may open nothing. What the C library calls inside of itself (stdio, readdir) does not pass
 * here.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum how {
	HOW_NOT_ASKED,
	HOW_NOTHING,
	HOW_FAIL,
	HOW_KILL,
	HOW_EINTR,
	HOW_SHORT,
};

#define MARK_BYTES 64

/* What the processes share. */
struct shared {
	char name[MARK_BYTES]; /* of the function that was reached */
	atomic_long calls;
};

static enum how how;
static int number; /* of the error */
static long at;
static pid_t first; /* the program itself */
static struct shared *shared;

static void ask(void)
{
	const char *text = getenv("FAILCALL_HOW"), *count = getenv("FAILCALL_AT");

	at = count ? strtol(count, NULL, 10) : -1;
	number = text && strcmp(text, "EIO") == 0 ? EIO : ENOSPC;
	how = !text			     ? HOW_NOTHING
		: strcmp(text, "KILL") == 0  ? HOW_KILL
		: strcmp(text, "EINTR") == 0 ? HOW_EINTR
		: strcmp(text, "SHORT") == 0 ? HOW_SHORT
					     : HOW_FAIL;
}

__attribute__((constructor)) static void prepare(void)
{
	const char *path = getenv("FAILCALL_MARK");
	long fd = path ? syscall(SYS_openat, AT_FDCWD, path, O_RDWR | O_CREAT, 0600) : -1;
	void *memory = MAP_FAILED;

	ask();
	first = getpid();
	if (fd >= 0 && syscall(SYS_ftruncate, fd, sizeof(*shared)) == 0)
		memory =
			mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED, (int)fd, 0);
	if (fd >= 0)
		(void)syscall(SYS_close, fd);
	if (memory == MAP_FAILED)
		how = HOW_NOTHING;
	else
		shared = memory;
}

static void die(void)
{
	if (getpid() == first)
		(void)kill(first, SIGKILL);
	_exit(137); /* a worker may send no signals, not even to itself */
}

/* Whether this call is the one. Of `moves`, the bytes that it is asked for, SHORT leaves one. */
static bool fails(const char *name, size_t *moves)
{
	if (how == HOW_NOT_ASKED || how == HOW_NOTHING)
		return false;
	if (how == HOW_SHORT || how == HOW_EINTR) {
		if (how == HOW_SHORT && moves && *moves > 1)
			*moves = 1 + *moves / 3;
		if (how == HOW_SHORT || !moves || atomic_fetch_add(&shared->calls, 1) % 2)
			return false;
		errno = EINTR;
		return true;
	}
	if (atomic_fetch_add(&shared->calls, 1) != at)
		return false;
	(void)snprintf(shared->name, sizeof(shared->name), "%s%s",
		getpid() == first ? "" : "a worker's ", name);
	if (how == HOW_KILL)
		die();
	errno = number;
	return true;
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

/* FORWARD(name, (parameters), (arguments)): a function that returns an int and moves no bytes. */
#define FORWARD(name, parameters, arguments)                                                       \
	int name parameters                                                                        \
	{                                                                                          \
		return fails(#name, NULL) ? -1 : REAL(name) arguments;                             \
	}

FORWARD(mkdirat, (int dir, const char *path, mode_t mode), (dir, path, mode))
FORWARD(fsync, (int fd), (fd))
FORWARD(syncfs, (int fd), (fd))
FORWARD(renameat, (int from, const char *a, int to, const char *b), (from, a, to, b))
FORWARD(renameat2, (int from, const char *a, int to, const char *b, unsigned flags),
	(from, a, to, b, flags))
FORWARD(linkat, (int from, const char *a, int to, const char *b, int flags),
	(from, a, to, b, flags))
FORWARD(symlinkat, (const char *target, int dir, const char *path), (target, dir, path))
FORWARD(fchown, (int fd, uid_t uid, gid_t gid), (fd, uid, gid))
FORWARD(fchownat, (int dir, const char *path, uid_t uid, gid_t gid, int flags),
	(dir, path, uid, gid, flags))
FORWARD(fchmod, (int fd, mode_t mode), (fd, mode))
FORWARD(fchmodat, (int dir, const char *path, mode_t mode, int flags), (dir, path, mode, flags))
FORWARD(mknodat, (int dir, const char *path, mode_t mode, dev_t dev), (dir, path, mode, dev))
FORWARD(futimens, (int fd, const struct timespec times[2]), (fd, times))
FORWARD(utimensat, (int dir, const char *path, const struct timespec times[2], int flags),
	(dir, path, times, flags))
FORWARD(pipe2, (int ends[2], int flags), (ends, flags))
FORWARD(socketpair, (int domain, int type, int protocol, int ends[2]),
	(domain, type, protocol, ends))
FORWARD(memfd_create, (const char *name, unsigned flags), (name, flags))
FORWARD(fork, (void), ())
FORWARD(poll, (struct pollfd * polls, nfds_t count, int msec), (polls, count, msec))
FORWARD(ftruncate, (int fd, off_t size), (fd, size))
FORWARD(ftruncate64, (int fd, off64_t size), (fd, size))

int flock(int fd, int operation)
{
	size_t none = 0;

	return fails("flock", how == HOW_EINTR ? &none : NULL) ? -1 : REAL(flock)(fd, operation);
}

/* MOVE(name, rest, pass): a function that moves `len` bytes. */
#define MOVE(name, type, rest, pass)                                                               \
	ssize_t name(int fd, type data, size_t len rest)                                           \
	{                                                                                          \
		return fails(#name, &len) ? -1 : REAL(name)(fd, data, len pass);                   \
	}
#define AND(...) , __VA_ARGS__

MOVE(read, void *, , )
MOVE(write, const void *, , )
MOVE(pread, void *, AND(off_t offset), AND(offset))
MOVE(pwrite, const void *, AND(off_t offset), AND(offset))
MOVE(pread64, void *, AND(off64_t offset), AND(offset))
MOVE(pwrite64, const void *, AND(off64_t offset), AND(offset))

ssize_t writev(int fd, const struct iovec *parts, int count)
{
	size_t len = 2;

	if (fails("writev", &len))
		return -1;
	for (int i = 0; i < count && how == HOW_SHORT; i++) {
		if (parts[i].iov_len > 0)
			return REAL(write)(fd, parts[i].iov_base, 1);
	}
	return REAL(writev)(fd, parts, count);
}

static mode_t mode_of(int flags, va_list ap)
{
	return flags & (O_CREAT | __O_TMPFILE) ? va_arg(ap, mode_t) : 0;
}

#define OPEN(name, parameters, arguments)                                                          \
	int name parameters                                                                        \
	{                                                                                          \
		va_list ap;                                                                        \
		mode_t mode;                                                                       \
                                                                                                   \
		va_start(ap, flags);                                                               \
		mode = mode_of(flags, ap);                                                         \
		va_end(ap);                                                                        \
		return fails(#name, NULL) ? -1 : REAL(name) arguments;                             \
	}

OPEN(open, (const char *path, int flags, ...), (path, flags, mode))
OPEN(open64, (const char *path, int flags, ...), (path, flags, mode))
OPEN(openat, (int dir, const char *path, int flags, ...), (dir, path, flags, mode))
OPEN(openat64, (int dir, const char *path, int flags, ...), (dir, path, flags, mode))
