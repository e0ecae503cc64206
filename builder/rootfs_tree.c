/* SPDX-License-Identifier: Apache-2.0 */
/* Reading a root file system from a directory, as it is. */
#include "builder/rootfs_tree.h"

#include "base/file.h"

#include <string.h>

void nacre_rootfs_tree_clear(struct nacre_rootfs_tree *rootfs)
{
	nacre_scan_freep(&rootfs->scan);
	nacre_tree_clear(&rootfs->tree);
	nacre_fd_close(&rootfs->dir);
}

int nacre_rootfs_tree_read(const char *path, bool all_xattrs, const struct nacre_env *env,
	struct nacre_rootfs_tree *out_rootfs, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_rootfs_tree_clear)
	struct nacre_rootfs_tree rootfs = NACRE_ROOTFS_TREE;
	const struct nacre_scan_options options = {
		.keep_mode = true,
		.keep_owner = true,
		.keep_mtime = true,
		.keep_xattrs = true,
		.all_xattrs = all_xattrs,
		.keep_hard_links = true,
		.keep_special = true,
		.keep_top = true,
	};
	int rc = nacre_dir_open(path, &rootfs.dir, err);

	if (rc == 0)
		rc = nacre_tree_init(&rootfs.tree, err);
	if (rc == 0)
		rc = nacre_scan_dir(rootfs.dir, &options, env, &rootfs.tree, rootfs.tree.root,
			&rootfs.scan, err);
	if (rc)
		return nacre_within(err, rc, "%s", path);
	*out_rootfs = rootfs;
	rootfs = (struct nacre_rootfs_tree)NACRE_ROOTFS_TREE;
	return 0;
}
