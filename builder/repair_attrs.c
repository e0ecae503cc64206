/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Attributes of what is right in kind and content, and stays the file that it is. The order is that
 * of layers/write_meta.c: chown takes away setuid and capabilities, an ACL has part of the mode,
 * and the time is last.
 */
#include "base/scope.h"
#include "builder/drift_entry.h"
#include "builder/drift_links.h"
#include "builder/repair_parts.h"
#include "layers/mend.h"
#include "layers/write_plan.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#define CAPABILITY "security.capability"
#define OWNER (NACRE_REPAIR_BIT(NACRE_DRIFT_UID) | NACRE_REPAIR_BIT(NACRE_DRIFT_GID))

struct mend {
	struct nacre_repair *repair;
	const struct nacre_repair_job *job;
	const struct nacre_inode *inode;
	int fd; /* O_PATH */
	bool needs_mode;
};

static bool has(const struct mend *mend, unsigned kinds)
{
	return mend->job->kinds & kinds;
}

static int fail_os(const struct mend *mend, const char *what, struct nacre_err *err)
{
	return nacre_write_fail_os(mend->job->node, what, err);
}

static int set_xattr(const struct mend *mend, const char *name, struct nacre_err *err)
{
	const struct nacre_xattr_at at = { -1, mend->fd, "" };
	const struct nacre_xattr *xattr = nacre_xattr_find(mend->inode->xattrs, name);
	int rc;

	if (xattr)
		rc = nacre_xattr_at_set(&at, name, xattr->value, xattr->len);
	else
		rc = nacre_xattr_at_remove(&at, name);
	if (rc == 0 || (!xattr && errno == ENODATA))
		return 0;
	return fail_os(mend, name, err);
}

static int set_owner(struct mend *mend, struct nacre_err *err)
{
	if (!has(mend, OWNER))
		return 0;
	if (nacre_mend_owner(mend->fd, mend->inode->uid, mend->inode->gid) < 0)
		return fail_os(mend, "owner", err);
	if (mend->inode->mode & (S_ISUID | S_ISGID))
		mend->needs_mode = true;
	return nacre_xattr_find(mend->inode->xattrs, CAPABILITY) ? set_xattr(mend, CAPABILITY, err)
								 : 0;
}

static int set_xattrs(struct mend *mend, struct nacre_err *err)
{
	int rc = 0;

	if (!has(mend, NACRE_REPAIR_BIT(NACRE_DRIFT_XATTR)))
		return 0;
	/* Without root user.* attributes want a mode with w; and an ACL changes the mode. */
	if (!mend->repair->is_root && mend->inode->type != NACRE_TYPE_SYMLINK &&
		nacre_mend_mode(mend->fd, mend->inode->mode | S_IRUSR | S_IWUSR) < 0)
		return fail_os(mend, "mode", err);
	mend->needs_mode = true;
	for (size_t i = 0; rc == 0 && i < mend->job->item_count; i++) {
		if (mend->job->items[i].what == NACRE_DRIFT_XATTR)
			rc = set_xattr(mend, mend->job->items[i].xattr, err);
	}
	return rc;
}

static int set_mode(const struct mend *mend, struct nacre_err *err)
{
	if (mend->inode->type == NACRE_TYPE_SYMLINK ||
		(!mend->needs_mode && !has(mend, NACRE_REPAIR_BIT(NACRE_DRIFT_MODE))))
		return 0;
	return nacre_mend_mode(mend->fd, mend->inode->mode) < 0 ? fail_os(mend, "mode", err) : 0;
}

static int set_time(const struct mend *mend, struct nacre_err *err)
{
	if (!has(mend, NACRE_REPAIR_BIT(NACRE_DRIFT_MTIME)) ||
		nacre_mend_time(mend->fd, mend->inode->mtime_s, mend->inode->mtime_ns) == 0)
		return 0;
	return fail_os(mend, "time", err);
}

/*
 * What was compared was this kind of file, with no name out of sight. Somebody who can make names
 * here could since have put a name of another file in its place, which is not ours to change.
 */
static int check_same(const struct mend *mend, const struct stat *st, struct nacre_err *err)
{
	uint64_t names =
		nacre_drift_links_most(mend->repair->drift, mend->inode, st->st_dev, st->st_ino);
	int rc = 0;

	if (!nacre_drift_is_type(mend->inode->type, st->st_mode) ||
		(mend->inode->type != NACRE_TYPE_DIR && st->st_nlink > names))
		rc = nacre_fail(err, NACRE_E_UNSAFE, "changed meanwhile");
	return rc ? nacre_write_within(mend->job->node, rc, err) : 0;
}

static int open_thing(
	const struct mend *mend, int *out_fd, struct stat *out_st, struct nacre_err *err)
{
	const struct nacre_node *node = mend->job->node;
	int dir = mend->repair->root;
	int rc = node->parent ? nacre_repair_dir(mend->repair, node->parent, &dir, err) : 0;

	if (rc)
		return rc;
	*out_fd = nacre_mend_open(dir, node->parent ? node->name : ".", out_st);
	return *out_fd < 0 ? fail_os(mend, "open", err) : 0;
}

int nacre_repair_attrs(
	struct nacre_repair *repair, const struct nacre_repair_job *job, struct nacre_err *err)
{
	nacre_autofd int fd = -1;
	struct mend mend = { repair, job, job->node->inode, -1, false };
	struct stat st;
	int rc = open_thing(&mend, &fd, &st, err);

	mend.fd = fd;
	if (rc == 0)
		rc = check_same(&mend, &st, err);
	if (rc == 0)
		rc = set_owner(&mend, err);
	if (rc == 0)
		rc = set_xattrs(&mend, err);
	if (rc == 0)
		rc = set_mode(&mend, err);
	if (rc == 0)
		rc = set_time(&mend, err);
	return rc;
}
