/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Attributes, by descriptor. The order matters: chown clears setuid and file capabilities, so it
 * comes first; xattrs come before the mode, since without root a user.* attribute cannot be set on
 * a file whose mode has no w; the times are last.
 */
#include "layers/write_meta.h"

#include "base/env.h"
#include "base/file.h"
#include "layers/write_plan.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>

/* Warnings of one writer; a tree of a million refused attributes is told in so many lines. */
#define WARNINGS_MOST 20

/* Newer than the headers of Debian 12. The numbers are the same everywhere but on alpha. */
#ifndef __alpha__
#ifndef SYS_fchmodat2
#define SYS_fchmodat2 452
#endif
#ifndef SYS_setxattrat
#define SYS_setxattrat 463
#endif
#endif

/* As linux/xattr.h of Linux 6.13 has it. */
struct value_of_xattr {
	_Alignas(8) uint64_t value;
	uint32_t size;
	uint32_t flags;
};

/*
 * The thing whose attributes are set: an open file or directory, or, with fd -1, the node's name in
 * `parent`, which is not followed and not opened: a fifo would wait, a device would start.
 */
struct thing {
	int fd;
	int parent;
	const struct nacre_node *node;
};

static int refused(struct nacre_write_meta *meta, const struct thing *thing, const char *what,
	const char *reason, struct nacre_err *err)
{
	char name[600];

	if (meta->refused++ >= WARNINGS_MOST)
		return 0;
	nacre_node_name(thing->node, name, sizeof(name));
	return nacre_warn(meta->env, err, "'%s': %s not set: %s", name, what, reason);
}

static int refused_os(struct nacre_write_meta *meta, const struct thing *thing, const char *what,
	struct nacre_err *err)
{
	char reason[128];

	return refused(meta, thing, what, strerror_r(errno, reason, sizeof(reason)), err);
}

static int set_owner(struct nacre_write_meta *meta, const struct thing *thing, bool *out_kept,
	struct nacre_err *err)
{
	const struct nacre_inode *inode = thing->node->inode;
	char what[64];
	int rc, number;

	*out_kept = inode->uid == meta->uid && inode->gid == meta->gid;
	/* The staging directory itself may have got another owner than what is made in it. */
	if (!meta->options.keep_owner || (*out_kept && thing->node->parent))
		return 0;
	rc = thing->fd >= 0 ? fchown(thing->fd, inode->uid, inode->gid)
			    : fchownat(thing->parent, thing->node->name, inode->uid, inode->gid,
				      AT_SYMLINK_NOFOLLOW);
	*out_kept = rc == 0;
	if (rc == 0)
		return 0;
	number = errno;
	(void)snprintf(what, sizeof(what), "owner %lu:%lu", (unsigned long)inode->uid,
		(unsigned long)inode->gid);
	errno = number;
	if (meta->is_root)
		return nacre_write_fail_os(thing->node, what, err);
	return refused_os(meta, thing, what, err);
}

/* What a file system or the system may say to an attribute without anything being broken. */
static bool is_bearable(int number)
{
	static const int numbers[] = { EOPNOTSUPP, EPERM, EACCES, ENOSPC, E2BIG, ERANGE, EINVAL,
		ENOSYS };

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		if (numbers[i] == number)
			return true;
	}
	return false;
}

static int set_xattr(const struct thing *thing, const struct nacre_xattr *xattr)
{
	struct value_of_xattr value = { (uintptr_t)xattr->value, (uint32_t)xattr->len, 0 };

	if (xattr->len > UINT32_MAX) {
		errno = E2BIG;
		return -1;
	}
	if (thing->fd >= 0)
		return fsetxattr(thing->fd, xattr->name, xattr->value, xattr->len, 0);
#ifdef SYS_setxattrat
	/* The one way that needs neither a path nor /proc. */
	return (int)syscall(SYS_setxattrat, thing->parent, thing->node->name, AT_SYMLINK_NOFOLLOW,
		xattr->name, &value, sizeof(value));
#else
	(void)value;
	errno = ENOSYS;
	return -1;
#endif
}

static int set_xattrs(
	struct nacre_write_meta *meta, const struct thing *thing, struct nacre_err *err)
{
	const struct nacre_xattrs *xattrs = thing->node->inode->xattrs;

	if (xattrs && meta->masked && thing->fd >= 0 && fchmod(thing->fd, 0700) < 0)
		return nacre_write_fail_os(thing->node, "mode", err);
	for (size_t i = 0; xattrs && i < xattrs->count; i++) {
		char what[300];
		int rc, number;

		if (set_xattr(thing, &xattrs->items[i]) == 0)
			continue;
		number = errno;
		(void)snprintf(what, sizeof(what), "xattr %s", xattrs->items[i].name);
		errno = number;
		rc = is_bearable(number) ? refused_os(meta, thing, what, err)
					 : nacre_write_fail_os(thing->node, what, err);
		if (rc)
			return rc;
	}
	return 0;
}

/* A file that has not got its owner would run as somebody whom nobody meant. */
static int choose_mode(struct nacre_write_meta *meta, const struct thing *thing, bool owner_kept,
	uint32_t *out_mode, struct nacre_err *err)
{
	const struct nacre_inode *inode = thing->node->inode;
	uint32_t drop = 0;

	if (inode->type == NACRE_TYPE_FILE && !owner_kept && !meta->options.keep_setid) {
		drop |= inode->uid != meta->uid ? S_ISUID : 0U;
		drop |= inode->gid != meta->gid ? S_ISGID : 0U;
	}
	drop &= inode->mode;
	*out_mode = inode->mode & ~drop;
	return drop ? refused(meta, thing, "setuid or setgid", "its owner is another", err) : 0;
}

static void times_of(const struct nacre_inode *inode, struct timespec times[2])
{
	times[0].tv_sec = inode->mtime_s;
	times[0].tv_nsec = (long)inode->mtime_ns;
	times[1] = times[0];
}

int nacre_write_meta_fd(
	struct nacre_write_meta *meta, int fd, const struct nacre_node *node, struct nacre_err *err)
{
	struct thing thing = { fd, -1, node };
	struct timespec times[2];
	bool owner_kept = false;
	uint32_t mode = 0;
	int rc;

	rc = set_owner(meta, &thing, &owner_kept, err);
	if (rc == 0)
		rc = set_xattrs(meta, &thing, err);
	if (rc == 0)
		rc = choose_mode(meta, &thing, owner_kept, &mode, err);
	if (rc)
		return rc;
	if (fchmod(fd, mode) < 0)
		return nacre_write_fail_os(node, "mode", err);
	times_of(node->inode, times);
	return futimens(fd, times) < 0 ? nacre_write_fail_os(node, "time", err) : 0;
}

static int set_special_mode(int parent, const struct nacre_node *node)
{
	mode_t mode = (mode_t)node->inode->mode;

#ifdef SYS_fchmodat2
	if (syscall(SYS_fchmodat2, parent, node->name, mode, AT_SYMLINK_NOFOLLOW) == 0)
		return 0;
#endif
	/*
	 * Before Linux 6.6 there is no chmod that does not follow. Here it cannot be led astray:
	 * mknod has just made this name where nothing was, in a directory of mode 0700 below one
	 * of mode 0700, so nobody else can have put a link there.
	 */
	return fchmodat(parent, node->name, mode, 0);
}

int nacre_write_meta_at(struct nacre_write_meta *meta, int parent, const struct nacre_node *node,
	struct nacre_err *err)
{
	struct thing thing = { -1, parent, node };
	struct timespec times[2];
	bool owner_kept = false;
	int rc;

	rc = set_owner(meta, &thing, &owner_kept, err);
	if (rc == 0)
		rc = set_xattrs(meta, &thing, err);
	if (rc)
		return rc;
	if (node->inode->type != NACRE_TYPE_SYMLINK && set_special_mode(parent, node) < 0)
		return nacre_write_fail_os(node, "mode", err);
	times_of(node->inode, times);
	if (utimensat(parent, node->name, times, AT_SYMLINK_NOFOLLOW) < 0)
		return nacre_write_fail_os(node, "time", err);
	return 0;
}

int nacre_write_meta_finish(struct nacre_write_meta *meta, struct nacre_err *err)
{
	if (meta->refused <= WARNINGS_MOST)
		return 0;
	return nacre_warn(meta->env, err, "%llu more attributes not set",
		(unsigned long long)(meta->refused - WARNINGS_MOST));
}

/* ------------------------------------------------- the staging directory */

static int check_empty(int dir, struct nacre_err *err)
{
	int copy = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *stream = copy < 0 ? NULL : fdopendir(copy);
	const struct dirent *entry;
	int rc = 0;

	if (!stream) {
		rc = nacre_fail_os(err, "staging directory");
		nacre_fd_close(&copy);
		return rc;
	}
	while (rc == 0 && (entry = readdir(stream))) {
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			rc = nacre_fail(err, NACRE_E_EXISTS, "the staging directory has '%s' in it",
				entry->d_name);
	}
	(void)closedir(stream);
	return rc;
}

/* A default ACL of the parent would add to the modes of everything that is made. */
static int drop_acls(int dir, struct nacre_err *err)
{
	static const char *const names[] = { "system.posix_acl_default",
		"system.posix_acl_access" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (fremovexattr(dir, names[i]) < 0 && errno != ENODATA && errno != EOPNOTSUPP)
			return nacre_fail_os(err, "staging directory: %s", names[i]);
	}
	return 0;
}

static int learn(struct nacre_write_meta *meta, int dir, struct nacre_err *err)
{
	static const char name[] = ".nacre-probe";
	struct stat st;

	if (mkdirat(dir, name, 0700) < 0 || fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
		unlinkat(dir, name, AT_REMOVEDIR) < 0)
		return nacre_fail_os(err, "staging directory");
	meta->uid = st.st_uid;
	meta->gid = st.st_gid;
	meta->masked = (st.st_mode & 0700) != 0700;
	return 0;
}

int nacre_write_meta_init(struct nacre_write_meta *meta, int staging_dir,
	const struct nacre_write_options *options, const struct nacre_env *env,
	struct nacre_err *err)
{
	struct stat st;
	int rc;

	*meta = (struct nacre_write_meta){ env, *options, 0, 0, geteuid() == 0, false, 0 };
	if (fstat(staging_dir, &st) < 0)
		return nacre_fail_os(err, "staging directory");
	/* Everything here rests on nobody else reaching into it. */
	if (!S_ISDIR(st.st_mode) || (st.st_mode & 0777) != 0700)
		return nacre_fail(err, NACRE_E_ARG, "a staging directory of mode %04o, not 0700",
			st.st_mode & 07777U);
	rc = check_empty(staging_dir, err);
	if (rc == 0)
		rc = drop_acls(staging_dir, err);
	if (rc == 0)
		rc = learn(meta, staging_dir, err);
	return rc;
}
