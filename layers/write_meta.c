/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Attributes, by descriptor. The order matters: chown clears setuid and file capabilities, so it
 * comes first; xattrs come before the mode, since without root a user.* attribute cannot be set on
 * a file whose mode has no w; the times are last.
 */
#include "layers/write_meta.h"

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
 * The thing whose attributes are set: an open file or directory, or, with fd -1, its name in
 * `parent`, which is not followed and not opened: a fifo would wait, a device would start.
 */
struct thing {
	int fd;
	int parent;
	const char *name;
	const struct nacre_node *node;
};

static bool is_one_of(int number, const int *numbers, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (numbers[i] == number)
			return true;
	}
	return false;
}

bool nacre_write_is_refusal(int number)
{
	static const int numbers[] = { EOPNOTSUPP, EPERM, EACCES, EINVAL, ENOSYS };

	return is_one_of(number, numbers, sizeof(numbers) / sizeof(numbers[0]));
}

static int change_owner(const struct thing *thing)
{
	const struct nacre_inode *inode = thing->node->inode;

	if (thing->fd >= 0)
		return fchown(thing->fd, inode->uid, inode->gid);
	return fchownat(thing->parent, thing->name, inode->uid, inode->gid, AT_SYMLINK_NOFOLLOW);
}

/* The system has said no, and errno why. */
static int miss_owner(
	struct nacre_write_meta *meta, const struct thing *thing, struct nacre_err *err)
{
	const struct nacre_inode *inode = thing->node->inode;
	int number = errno;
	char what[64];

	(void)snprintf(what, sizeof(what), "owner %lu:%lu", (unsigned long)inode->uid,
		(unsigned long)inode->gid);
	errno = number;
	if ((meta->is_root && !meta->options.bear_losses) || !nacre_write_is_refusal(number))
		return nacre_write_fail_os(thing->node, what, err);
	return nacre_write_loss_warn_os(meta->loss, thing->node, what, err);
}

static int set_owner(struct nacre_write_meta *meta, const struct thing *thing, bool *out_kept,
	struct nacre_err *err)
{
	const struct nacre_inode *inode = thing->node->inode;
	/* The staging directory itself may have got another owner than what is made in it. */
	uint32_t uid = thing->node->parent ? meta->uid : meta->top_uid;
	uint32_t gid = thing->node->parent ? meta->gid : meta->top_gid;
	bool tries = meta->options.keep_owner;

	*out_kept = (inode->uid == uid && inode->gid == gid) || (tries && change_owner(thing) == 0);
	if (*out_kept)
		return 0;
	nacre_write_loss_owner(meta->loss, uid, gid);
	return tries ? miss_owner(meta, thing, err) : 0;
}

bool nacre_write_wants_xattr(const struct nacre_write_options *options, const char *name)
{
	if (strcmp(name, "security.capability") == 0)
		return !options->drop_setid;
	return !options->drop_xattrs || strncmp(name, "user.", 5) == 0;
}

/* What a file system or the system may say to an xattr without anything being broken. */
static bool is_bearable(int number)
{
	static const int numbers[] = { ENOSPC, E2BIG, ERANGE };

	return nacre_write_is_refusal(number) ||
		is_one_of(number, numbers, sizeof(numbers) / sizeof(numbers[0]));
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
	return (int)syscall(SYS_setxattrat, thing->parent, thing->name, AT_SYMLINK_NOFOLLOW,
		xattr->name, &value, sizeof(value));
#else
	(void)value;
	errno = ENOSYS;
	return -1;
#endif
}

static int put_xattr(struct nacre_write_meta *meta, const struct thing *thing,
	const struct nacre_xattr *xattr, struct nacre_err *err)
{
	char what[300];
	int rc, number;

	/* What is left out was told of when that was decided. */
	if (!nacre_write_wants_xattr(&meta->options, xattr->name))
		return nacre_write_loss_xattr(meta->loss, xattr->name, err);
	if (set_xattr(thing, xattr) == 0)
		return 0;
	number = errno;
	(void)snprintf(what, sizeof(what), "xattr %s", xattr->name);
	errno = number;
	if (!is_bearable(number))
		return nacre_write_fail_os(thing->node, what, err);
	errno = number;
	rc = nacre_write_loss_warn_os(meta->loss, thing->node, what, err);
	return rc ? rc : nacre_write_loss_xattr(meta->loss, xattr->name, err);
}

static int set_xattrs(
	struct nacre_write_meta *meta, const struct thing *thing, struct nacre_err *err)
{
	const struct nacre_xattrs *xattrs = thing->node->inode->xattrs;
	int rc = 0;

	if (xattrs && meta->masked && thing->fd >= 0 && fchmod(thing->fd, 0700) < 0)
		return nacre_write_fail_os(thing->node, "mode", err);
	for (size_t i = 0; rc == 0 && xattrs && i < xattrs->count; i++)
		rc = put_xattr(meta, thing, &xattrs->items[i], err);
	return rc;
}

/* A file that has not got its owner would run as somebody whom nobody meant. */
static int choose_mode(struct nacre_write_meta *meta, const struct thing *thing, bool owner_kept,
	uint32_t *out_mode, struct nacre_err *err)
{
	const struct nacre_inode *inode = thing->node->inode;
	bool is_file = thing->fd >= 0 && inode->type != NACRE_TYPE_DIR;
	uint32_t drop = 0;

	if (is_file && !owner_kept && !meta->options.keep_setid) {
		drop |= inode->uid != meta->uid ? S_ISUID : 0U;
		drop |= inode->gid != meta->gid ? S_ISGID : 0U;
	}
	if (is_file && meta->options.drop_setid)
		drop = S_ISUID | S_ISGID;
	drop &= inode->mode;
	*out_mode = inode->mode & ~drop;
	if (!drop)
		return 0;
	nacre_write_loss_mode(meta->loss, *out_mode);
	return meta->options.drop_setid ? 0
					: nacre_write_loss_warn(meta->loss, thing->node,
						  "setuid or setgid", "its owner is another", err);
}

static int look_at_time(struct nacre_write_meta *meta, const struct thing *thing,
	const struct timespec *got, struct nacre_err *err)
{
	const struct nacre_inode *inode = thing->node->inode;
	char reason[96];

	if (got->tv_sec == inode->mtime_s && got->tv_nsec == (long)inode->mtime_ns)
		return 0;
	nacre_write_loss_time(meta->loss, got->tv_sec, (uint32_t)got->tv_nsec);
	/* Where one time is not kept, most are not. */
	if (meta->has_told_of_time)
		return 0;
	meta->has_told_of_time = true;
	(void)snprintf(reason, sizeof(reason),
		"the file system has %lld.%09ld instead, and so for others", (long long)got->tv_sec,
		got->tv_nsec);
	return nacre_write_loss_warn(meta->loss, thing->node, "time", reason, err);
}

static int look_at_mode(struct nacre_write_meta *meta, const struct thing *thing, uint32_t mode,
	uint32_t got, struct nacre_err *err)
{
	char what[32];

	if (got == mode)
		return 0;
	nacre_write_loss_mode(meta->loss, got);
	(void)snprintf(what, sizeof(what), "mode %04o", mode);
	return nacre_write_loss_warn(
		meta->loss, thing->node, what, "the system keeps another", err);
}

/*
 * Whether mode and time have become what was asked for, unless that is sure. Setgid never is: the
 * system takes it away in silence from who is not in the group and lacks CAP_FSETID.
 */
static int look(struct nacre_write_meta *meta, const struct thing *thing, uint32_t mode,
	bool is_sure, struct nacre_err *err)
{
	const struct nacre_inode *inode = thing->node->inode;
	bool has_mode = inode->type != NACRE_TYPE_SYMLINK;
	struct stat st;
	int rc;

	if (is_sure && (!has_mode || (meta->disk.modes && !(mode & S_ISGID))) &&
		nacre_write_disk_keeps(&meta->disk, inode->mtime_s, inode->mtime_ns))
		return 0;
	rc = thing->fd >= 0 ? fstat(thing->fd, &st)
			    : fstatat(thing->parent, thing->name, &st, AT_SYMLINK_NOFOLLOW);
	if (rc < 0)
		return nacre_write_fail_os(thing->node, "stat", err);
	rc = has_mode ? look_at_mode(meta, thing, mode, st.st_mode & 07777, err) : 0;
	return rc ? rc : look_at_time(meta, thing, &st.st_mtim, err);
}

/* Whether a refusal can be borne: what there is instead is then looked at. */
static bool can_bear(const struct nacre_write_meta *meta)
{
	return meta->options.bear_losses && nacre_write_is_refusal(errno);
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
	struct thing thing = { fd, -1, NULL, node };
	struct timespec times[2];
	bool owner_kept = false, is_sure = true;
	uint32_t mode = 0;
	int rc;

	rc = set_owner(meta, &thing, &owner_kept, err);
	if (rc == 0)
		rc = set_xattrs(meta, &thing, err);
	if (rc == 0)
		rc = choose_mode(meta, &thing, owner_kept, &mode, err);
	if (rc)
		return rc;
	if (fchmod(fd, mode) < 0) {
		is_sure = false;
		if (!can_bear(meta))
			return nacre_write_fail_os(node, "mode", err);
	}
	times_of(node->inode, times);
	if (futimens(fd, times) < 0) {
		is_sure = false;
		if (!can_bear(meta))
			return nacre_write_fail_os(node, "time", err);
	}
	return look(meta, &thing, mode, is_sure, err);
}

/* mknod has given it its mode already; a chown may have taken setuid and setgid away again. */
static bool has_mode(int parent, const char *name, uint32_t mode)
{
	struct stat st;

	return fstatat(parent, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && (st.st_mode & 07777) == mode;
}

static int set_special_mode(int parent, const char *name, uint32_t mode)
{
#ifdef SYS_fchmodat2
	if (syscall(SYS_fchmodat2, parent, name, mode, AT_SYMLINK_NOFOLLOW) == 0)
		return 0;
#endif
	if (has_mode(parent, name, mode))
		return 0;
	/*
	 * Before Linux 6.6 there is no chmod that does not follow. Here it cannot be led astray:
	 * mknod has just made this name where nothing was, in a directory of mode 0700 below one
	 * of mode 0700, so nobody else can have put a link there. In a cage it is refused.
	 */
	return fchmodat(parent, name, mode, 0);
}

int nacre_write_meta_at(struct nacre_write_meta *meta, int parent, const char *name,
	const struct nacre_node *node, struct nacre_err *err)
{
	struct thing thing = { -1, parent, name, node };
	struct timespec times[2];
	bool owner_kept = false, is_sure = true;
	int rc;

	rc = set_owner(meta, &thing, &owner_kept, err);
	if (rc == 0)
		rc = set_xattrs(meta, &thing, err);
	if (rc)
		return rc;
	if (node->inode->type != NACRE_TYPE_SYMLINK &&
		set_special_mode(parent, name, node->inode->mode) < 0) {
		is_sure = false;
		if (!can_bear(meta))
			return nacre_write_fail_os(node, "mode", err);
	}
	times_of(node->inode, times);
	if (utimensat(parent, name, times, AT_SYMLINK_NOFOLLOW) < 0) {
		is_sure = false;
		if (!can_bear(meta))
			return nacre_write_fail_os(node, "time", err);
	}
	return look(meta, &thing, node->inode->mode, is_sure, err);
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

/* What new things get, and what the file system keeps, by a directory made and removed again. */
static int learn(struct nacre_write_meta *meta, int dir, struct nacre_err *err)
{
	static const char name[] = ".nacre-probe";
	nacre_autofd int probe = -1;
	struct stat st;

	if (mkdirat(dir, name, 0700) < 0 || fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return nacre_fail_os(err, "staging directory");
	meta->uid = st.st_uid;
	meta->gid = st.st_gid;
	meta->masked = (st.st_mode & 0700) != 0700;
	if (meta->masked && fchmodat(dir, name, 0700, 0) < 0)
		return nacre_fail_os(err, "staging directory");
	probe = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (probe < 0)
		return nacre_fail_os(err, "staging directory");
	nacre_write_disk_learn(&meta->disk, probe);
	if (unlinkat(dir, name, AT_REMOVEDIR) < 0)
		return nacre_fail_os(err, "staging directory");
	return 0;
}

int nacre_write_meta_init(struct nacre_write_meta *meta, int staging_dir,
	const struct nacre_write_options *options, struct nacre_write_loss *loss,
	struct nacre_err *err)
{
	struct stat st;
	int rc;

	*meta = (struct nacre_write_meta){
		.loss = loss,
		.options = *options,
		.is_root = geteuid() == 0,
	};
	if (fstat(staging_dir, &st) < 0)
		return nacre_fail_os(err, "staging directory");
	/* Everything here rests on nobody else reaching into it. */
	if (!S_ISDIR(st.st_mode) || (st.st_mode & 0777) != 0700)
		return nacre_fail(err, NACRE_E_ARG, "a staging directory of mode %04o, not 0700",
			st.st_mode & 07777U);
	meta->top_uid = st.st_uid;
	meta->top_gid = st.st_gid;
	rc = check_empty(staging_dir, err);
	if (rc == 0)
		rc = drop_acls(staging_dir, err);
	if (rc == 0)
		rc = learn(meta, staging_dir, err);
	return rc;
}
