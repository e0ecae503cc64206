/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Stands in for a file system that few kernels of test machines have, one like FAT: two names that
 * differ in case are one, backslashes and bytes beyond ASCII are no letters of a name, and setuid,
 * setgid and sticky bits are dropped in silence. For LD_PRELOAD: it lies between a program and the
 * C library, and knows what makes a name.
 */
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static bool is_good(const char *name)
{
	for (; *name; name++) {
		if (*name == '\\' || (unsigned char)*name >= 0x80)
			return false;
	}
	return true;
}

/* Whether a name may be made in a directory; errno says why not. */
static bool is_free(int dir, const char *name)
{
	int copy = REAL(openat)(dir, ".", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *stream = copy < 0 ? NULL : fdopendir(copy);
	const struct dirent *entry;
	bool is_taken = false;

	if (!is_good(name)) {
		errno = EINVAL;
		is_taken = true;
	}
	while (stream && !is_taken && (entry = readdir(stream))) {
		is_taken = strcasecmp(entry->d_name, name) == 0;
		errno = EEXIST;
	}
	if (stream) {
		int number = errno;

		(void)closedir(stream);
		errno = number;
	}
	return stream && !is_taken;
}

int openat(int dir, const char *path, int flags, ...)
{
	mode_t mode = 0;
	va_list ap;

	va_start(ap, flags);
	if (flags & O_CREAT)
		mode = va_arg(ap, mode_t);
	va_end(ap);
	if ((flags & O_CREAT) && (flags & O_EXCL) && !is_free(dir, path))
		return -1;
	return REAL(openat)(dir, path, flags, mode);
}

int mkdirat(int dir, const char *path, mode_t mode)
{
	return is_free(dir, path) ? REAL(mkdirat)(dir, path, mode) : -1;
}

int mknodat(int dir, const char *path, mode_t mode, dev_t device)
{
	return is_free(dir, path) ? REAL(mknodat)(dir, path, mode, device) : -1;
}

int symlinkat(const char *target, int dir, const char *path)
{
	return is_free(dir, path) ? REAL(symlinkat)(target, dir, path) : -1;
}

int linkat(int from, const char *old, int dir, const char *path, int flags)
{
	return is_free(dir, path) ? REAL(linkat)(from, old, dir, path, flags) : -1;
}

int fchmod(int fd, mode_t mode)
{
	return REAL(fchmod)(fd, mode & 0777);
}
