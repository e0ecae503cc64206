/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Makes a machine on which a build is not reproducible, from between the program and the C library
 * (LD_PRELOAD). Only for tests: in surroundings that nacre build --check has changed, which it
 * tells by the time zone, things are not what they were.
 *
 * UNSTEADY  what changes: mode (files are executable), content (byte 5 of each read that begins
 *           with "steady"), gone (there is no name "steady"), target (of symlinks)
 */
#include <dirent.h>
#include <dlfcn.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool is_unsteady(const char *what)
{
	const char *zone = getenv("TZ"), *wanted = getenv("UNSTEADY");

	return zone && wanted && strcmp(zone, "Pacific/Kiritimati") == 0 &&
		strcmp(wanted, what) == 0;
}

int fstatat64(int dir, const char *name, struct stat64 *st, int flags)
{
	int (*real)(int, const char *, struct stat64 *, int) = dlsym(RTLD_NEXT, "fstatat64");
	int rc = real(dir, name, st, flags);

	if (rc == 0 && S_ISREG(st->st_mode) && is_unsteady("mode"))
		st->st_mode |= 0100;
	return rc;
}

ssize_t read(int fd, void *data, size_t len)
{
	ssize_t (*real)(int, void *, size_t) = dlsym(RTLD_NEXT, "read");
	ssize_t got = real(fd, data, len);

	if (got > 6 && memcmp(data, "steady", 6) == 0 && is_unsteady("content"))
		((char *)data)[5] = 'Y';
	return got;
}

ssize_t readlinkat(int dir, const char *name, char *target, size_t room)
{
	ssize_t (*real)(int, const char *, char *, size_t) = dlsym(RTLD_NEXT, "readlinkat");
	ssize_t got = real(dir, name, target, room);

	if (got > 0 && is_unsteady("target"))
		target[0] = 'T';
	return got;
}

struct dirent64 *readdir64(DIR *dir)
{
	struct dirent64 *(*real)(DIR *) = dlsym(RTLD_NEXT, "readdir64");
	struct dirent64 *entry = real(dir);

	if (entry && strcmp(entry->d_name, "steady") == 0 && is_unsteady("gone"))
		return real(dir);
	return entry;
}
