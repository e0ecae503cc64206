/* SPDX-License-Identifier: Apache-2.0 */
/**
 * A directory on disk as a tree. By descriptors and single names, following no link; contents are
 * not read but opened later, and must then still be what was scanned.
 */
#ifndef NACRE_LAYERS_SCAN_H
#define NACRE_LAYERS_SCAN_H

#include "layers/tree.h"

/** Whether something is left out, with all below it. `path` is relative to the scanned directory.
 */
typedef bool nacre_scan_exclude_fn(const char *path, bool is_dir, void *user);

/**
 * Zero gives what does not depend on the machine: modes 0755 for directories and files with the
 * owner's x bit, 0644 for others, owner 0:0, time 0, no xattrs, no hard links, no special files.
 * The mode of a symlink is 0777 in any case.
 */
struct nacre_scan_options {
	bool keep_mode;
	bool keep_owner; /* false: uid, gid */
	bool keep_mtime; /* false: mtime_s, mtime_ns */
	uint32_t uid;
	uint32_t gid;
	int64_t mtime_s;
	uint32_t mtime_ns;
	bool keep_xattrs;     /* user.* without user.overlay.*, and security.capability */
	bool all_xattrs;      /* all that can be seen */
	bool keep_hard_links; /* names of one file share an inode; false: each gets its own */
	bool keep_special;    /* fifos and devices; false: refused */
	bool keep_top;	      /* `into` gets the attributes of the scanned directory too */
	nacre_scan_exclude_fn *exclude; /* NULL: nothing */
	void *user;			/* handed to exclude */
	bool reversed;	   /* names of a directory are taken in the reverse of its own order */
	bool has_names;	   /* contents of files that last changed before racy_from have names */
	int64_t racy_from; /* the first second in which a file may still change without a sign */
};

/** What is needed to open contents later: the origin of the inodes. Not for two threads at once. */
struct nacre_scan;

/**
 * Adds all that lies in a directory below a node.
 *
 * @param dir       open for reading; may be closed afterwards
 * @param env       for its limits: layer_members, path_bytes, depth, xattrs, xattr_bytes; may be
 *                  NULL
 * @param into      a directory of `tree`; on an error it may have got some names already
 * @param out_scan  must outlive the tree
 *
 * Errors: IO (unreadable, or changed meanwhile: the message has the path below `dir`), EXISTS (a
 * name that `into` has), LIMIT, UNSUPPORTED (a socket; a fifo or device without keep_special),
 * UNSAFE (a name that begins with ".wh."), NOMEM.
 */
NACRE_CHECKED int nacre_scan_dir(int dir, const struct nacre_scan_options *options,
	const struct nacre_env *env, struct nacre_tree *tree, struct nacre_node *into,
	struct nacre_scan **out_scan, struct nacre_err *err);

/**
 * Adds one file, symlink or special file; options->exclude is not asked.
 *
 * @param name  a single name in `dir`
 * @param as    its name in `into`; NULL: the same
 *
 * Errors: those of nacre_scan_dir; NOT_FOUND; ARG (a directory).
 */
NACRE_CHECKED int nacre_scan_file(int dir, const char *name,
	const struct nacre_scan_options *options, const struct nacre_env *env,
	struct nacre_tree *tree, struct nacre_node *into, const char *as,
	struct nacre_scan **out_scan, struct nacre_err *err);

void nacre_scan_free(struct nacre_scan *scan);
void nacre_scan_freep(struct nacre_scan **scan);

#endif
