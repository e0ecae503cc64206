/* SPDX-License-Identifier: Apache-2.0 */
/* The tree as it should be found. What is warned of on unpacking is not warned of again. */
#include "builder/expect.h"

#include "base/env.h"
#include "base/scope.h"
#include "builder/ledger_file.h"
#include "builder/unpack_policy.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

struct owner {
	uint32_t uid;
	uint32_t gid;
};

/*
 * Who has unpacked: the directory is theirs. Its group is no proof where it has come from the
 * directory above, which hands its own down to what is made in it, but not below that.
 */
static int find_owner(
	int root, const struct stat *top, struct owner *out_owner, struct nacre_err *err)
{
	struct stat above;

	if (fstatat(root, "..", &above, AT_SYMLINK_NOFOLLOW) < 0)
		return nacre_fail_os(err, "stat");
	*out_owner = (struct owner){ top->st_uid, top->st_gid };
	if ((above.st_mode & S_ISGID) && above.st_gid == top->st_gid)
		out_owner->gid = getegid();
	return 0;
}

static void give(struct nacre_inode *inode, const struct owner *owner)
{
	if (inode->type == NACRE_TYPE_FILE && inode->uid != owner->uid)
		inode->mode &= ~(uint32_t)S_ISUID;
	if (inode->type == NACRE_TYPE_FILE && inode->gid != owner->gid)
		inode->mode &= ~(uint32_t)S_ISGID;
	inode->uid = owner->uid;
	inode->gid = owner->gid;
}

static int give_all(struct nacre_tree *tree, int root, struct nacre_err *err)
{
	struct owner owner = { 0, 0 };
	struct stat top;
	int rc;

	if (fstat(root, &top) < 0)
		return nacre_fail_os(err, "stat");
	rc = find_owner(root, &top, &owner, err);
	if (rc)
		return rc;
	/* A further name of a file finds it given already, and so changes nothing. */
	for (struct nacre_node *node = tree->root; node; node = nacre_tree_next(node))
		give(node->inode, &owner);
	tree->root->inode->gid = top.st_gid;
	return 0;
}

int nacre_expect_apply(struct nacre_tree *tree, int root,
	const struct nacre_unpack_options *options, struct nacre_err *err)
{
	struct nacre_unpacked unpacked;
	int rc = nacre_unpack_policy_apply(tree, options, NULL, &unpacked, err);

	if (rc == 0)
		rc = nacre_unpack_policy_leave_out(tree, options, err);
	return rc == 0 && options->no_owner ? give_all(tree, root, err) : rc;
}

/* ---------------------------------------------------------------------- ledger */

static int read_id(int fd, struct nacre_ledger_id *out_id, struct nacre_err *err)
{
	char line[NACRE_LEDGER_FIRST + 1];
	ssize_t len = pread(fd, line, NACRE_LEDGER_FIRST, 0);
	char *end = len > 0 ? memchr(line, '\n', (size_t)len) : NULL;

	if (len < 0)
		return nacre_fail_os(err, "read");
	if (!end)
		return nacre_fail(err, NACRE_E_FORMAT, "not the first line of a ledger");
	*end = '\0';
	return nacre_ledger_id_parse(line, out_id, err);
}

static int apply_ledger(
	struct nacre_tree *tree, int fd, const struct nacre_env *env, struct nacre_err *err)
{
	const struct nacre_limits limits = nacre_env_limits(env);
	NACRE_CLEANUP(nacre_source_freep)
	struct nacre_source *source = NULL;
	int rc = nacre_source_fd(fd, 0, UINT64_MAX, &source, err);

	return rc ? rc : nacre_ledger_expect(source, &limits, tree, err);
}

int nacre_expect_ledger(struct nacre_tree *tree, int root, const struct nacre_digest *image,
	const struct nacre_env *env, struct nacre_err *err)
{
	nacre_autofd int fd = -1;
	struct nacre_ledger_id id;
	int rc = nacre_ledger_file_find(root, &fd, err);

	if (rc == 0 && fd < 0)
		return 0;
	if (rc == 0)
		rc = read_id(fd, &id, err);
	if (rc == 0 && !nacre_digest_equal(&id.image, image))
		return nacre_warn(
			env, err, "the ledger is of image %s, and not used", id.image.text);
	if (rc == 0)
		rc = apply_ledger(tree, fd, env, err);
	return rc ? nacre_within(err, rc, "ledger") : 0;
}
