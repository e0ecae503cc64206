/* SPDX-License-Identifier: Apache-2.0 */
/* Reading a root file system from a directory, as it is. */
#include "builder/rootfs_tree.h"

#include "base/env.h"
#include "base/file.h"
#include "builder/ledger_file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

void nacre_rootfs_tree_clear(struct nacre_rootfs_tree *rootfs)
{
	nacre_scan_freep(&rootfs->scan);
	nacre_tree_clear(&rootfs->tree);
	nacre_fd_close(&rootfs->dir);
}

static int apply_file(
	int fd, const struct nacre_env *env, struct nacre_tree *tree, struct nacre_err *err)
{
	const struct nacre_limits limits = nacre_env_limits(env);
	NACRE_CLEANUP(nacre_source_freep)
	struct nacre_source *source = NULL;
	struct stat st;
	int rc;

	if (fstat(fd, &st) < 0)
		return nacre_fail_os(err, "stat");
	rc = nacre_source_fd(fd, 0, (uint64_t)st.st_size, &source, err);
	return rc ? rc : nacre_ledger_apply(source, &limits, tree, err);
}

static int apply_ledger(struct nacre_rootfs_tree *rootfs,
	const struct nacre_rootfs_tree_options *options, const struct nacre_env *env,
	struct nacre_err *err)
{
	nacre_autofd int fd = -1;
	int rc = 0;

	if (options->ledger)
		rc = nacre_file_open(options->ledger, &fd, NULL, err);
	else if (!options->no_ledger)
		rc = nacre_ledger_file_find(rootfs->dir, &fd, err);
	if (rc == 0 && fd >= 0)
		rc = apply_file(fd, env, &rootfs->tree, err);
	return rc ? nacre_within(err, rc, "ledger") : 0;
}

int nacre_rootfs_tree_read(int at, const char *path,
	const struct nacre_rootfs_tree_options *options, const struct nacre_env *env,
	struct nacre_rootfs_tree *out_rootfs, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_rootfs_tree_clear)
	struct nacre_rootfs_tree rootfs = NACRE_ROOTFS_TREE;
	const struct nacre_scan_options scan = {
		.keep_mode = true,
		.keep_owner = true,
		.keep_mtime = true,
		.keep_xattrs = true,
		.all_xattrs = options->all_xattrs,
		.keep_hard_links = true,
		.keep_special = true,
		.keep_top = true,
		.has_names = options->has_names,
		.racy_from = options->racy_from,
		.reversed = options->reversed,
	};
	int rc = nacre_user_open(at, path, O_DIRECTORY, &rootfs.dir, err);

	if (rc == 0)
		rc = nacre_tree_init(&rootfs.tree, err);
	if (rc == 0)
		rc = nacre_scan_dir(
			rootfs.dir, &scan, env, &rootfs.tree, rootfs.tree.root, &rootfs.scan, err);
	if (rc == 0)
		rc = apply_ledger(&rootfs, options, env, err);
	if (rc)
		return rc;
	*out_rootfs = rootfs;
	rootfs = (struct nacre_rootfs_tree)NACRE_ROOTFS_TREE;
	return 0;
}
