/* SPDX-License-Identifier: Apache-2.0 */
/**
 * A root file system on disk as a tree: all that it holds, with nothing made up and nothing left
 * out; and what a ledger knows of it (builder/ledger_file.h).
 */
#ifndef NACRE_BUILDER_ROOTFS_TREE_H
#define NACRE_BUILDER_ROOTFS_TREE_H

#include "layers/scan.h"

struct nacre_rootfs_tree {
	int dir; /* open for reading */
	struct nacre_tree tree;
	struct nacre_scan *scan; /* where the contents come from */
};

/** Nothing yet: for nacre_rootfs_tree_clear(). */
#define NACRE_ROOTFS_TREE                                                                          \
	{                                                                                          \
		.dir = -1, .tree = NACRE_TREE, .scan = NULL                                        \
	}

/** Zero is a good value. */
struct nacre_rootfs_tree_options {
	bool all_xattrs;    /* all that can be seen; false: user.* and security.capability */
	bool no_ledger;	    /* the tree is as the disk has it */
	const char *ledger; /* a ledger for this tree whatever tree it names, a path that the user
			       named; NULL: the one beside it, if there is one */
	bool has_names;	    /* these as nacre_scan_options has them */
	int64_t racy_from;
	bool reversed;
};

/**
 * Scans a directory: modes, owners, times, hard links, special files, and xattrs; and applies its
 * ledger.
 *
 * @param at          where a relative path begins, AT_FDCWD for the working directory
 * @param path        a path that the user named
 * @param out_rootfs  set on success only; the caller's to clear
 *
 * Errors: NOT_FOUND; those of nacre_scan_dir(), nacre_ledger_file_find() and nacre_ledger_apply().
 */
NACRE_CHECKED int nacre_rootfs_tree_read(int at, const char *path,
	const struct nacre_rootfs_tree_options *options, const struct nacre_env *env,
	struct nacre_rootfs_tree *out_rootfs, struct nacre_err *err);
void nacre_rootfs_tree_clear(struct nacre_rootfs_tree *rootfs);

#endif
