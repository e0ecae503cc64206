/* SPDX-License-Identifier: Apache-2.0 */
/* Sources of a recipe, resolved beneath the context by the kernel (openat2). */
#include "builder/context.h"

#include "base/file.h"
#include "base/path.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>

/* The kernel answers EAGAIN while something is being renamed; that ends. */
#define TRIES 64

static int open_beneath(int dir, const char *path, int flags)
{
	struct open_how how = {
		.flags = (uint64_t)(flags | O_CLOEXEC),
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS,
	};
	long fd = -1;

	for (int i = 0; i < TRIES; i++) {
		fd = syscall(SYS_openat2, dir, path, &how, sizeof(how));
		if (fd >= 0 || (errno != EAGAIN && errno != EINTR))
			break;
	}
	return (int)fd;
}

static int fail_open(struct nacre_err *err, const char *path)
{
	if (errno == EXDEV)
		return nacre_fail(err, NACRE_E_UNSAFE, "'%s' leads out of the context", path);
	return nacre_fail_os(err, "'%s'", path);
}

int nacre_context_find(int context, const char *path, enum nacre_source_kind *out_kind,
	int *out_dir, const char **out_name, struct nacre_err *err)
{
	nacre_autofd int parent = -1, dir = -1;
	size_t leaf = nacre_path_leaf(path);
	nacre_autofree char *parent_path = leaf > 0 ? strndup(path, leaf - 1) : strdup(".");
	const char *name = path[leaf] ? path + leaf : ".";
	struct stat st;

	if (!parent_path)
		return nacre_fail_nomem(err);
	parent = open_beneath(context, parent_path, O_RDONLY | O_DIRECTORY);
	if (parent < 0 || fstatat(parent, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return fail_open(err, path);
	if (!S_ISDIR(st.st_mode)) {
		*out_kind = NACRE_SOURCE_OTHER;
		*out_dir = nacre_steal_fd(&parent);
		*out_name = name;
		return 0;
	}
	dir = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (dir < 0)
		return fail_open(err, path);
	*out_kind = NACRE_SOURCE_DIR;
	*out_dir = nacre_steal_fd(&dir);
	*out_name = "";
	return 0;
}

int nacre_context_open_file(int context, const char *path, int *out_fd, struct nacre_err *err)
{
	enum nacre_source_kind kind;
	nacre_autofd int dir = -1;
	const char *name;
	int rc = nacre_context_find(context, path, &kind, &dir, &name, err);

	if (rc == 0 && kind == NACRE_SOURCE_DIR)
		rc = nacre_fail(err, NACRE_E_UNSAFE, "'%s' is a directory", path);
	if (rc == 0)
		rc = nacre_file_open_at(dir, name, out_fd, NULL, err);
	return rc;
}
