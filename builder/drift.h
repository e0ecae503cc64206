/* SPDX-License-Identifier: Apache-2.0 */
/**
 * What a directory on disk differs in from a tree, down to single attributes.
 *
 * The tree is in memory; the disk is looked at entry by entry, in the tree's order, by directory
 * descriptors and single names. Nothing but regular files is opened, no link is followed, no mount
 * is crossed. What is not in the tree is named and not looked into.
 */
#ifndef NACRE_BUILDER_DRIFT_H
#define NACRE_BUILDER_DRIFT_H

#include "builder/content_hash.h"
#include "builder/drift_ignore.h"
#include "builder/hash_pool.h"

#include <nacre/builder.h>

/** One difference. All text lies in the arena of its drift. */
struct nacre_drift_item {
	enum nacre_drift_kind what;
	struct nacre_node *node; /* what it is about; of NACRE_DRIFT_EXTRA the directory */
	const char *extra;	 /* the name in it that is not in the tree, else NULL */
	const char *xattr;	 /* else NULL */
	const char *want;	 /* may be NULL, as in struct nacre_finding */
	const char *have;
};

/** A regular file whose content was read, or need not be. */
struct nacre_drift_file {
	struct nacre_node *node;
	struct nacre_hash_job job;
};

struct nacre_drift_links;

struct nacre_drift {
	struct nacre_arena arena;
	uint64_t most_bytes; /* of the arena */
	struct nacre_drift_item *items;
	size_t count;
	size_t room;
	struct nacre_drift_file **files;
	size_t file_count;
	size_t file_room;
	struct nacre_drift_links *links;
	uint64_t entries;
	uint64_t file_bytes;
};

struct nacre_drift_options {
	const struct nacre_drift_ignore *ignore;
	bool ignore_times;
	bool ignore_extra;
	bool all_xattrs;
	/** An earlier look at the same directory, whose contents are still known; NULL: none. */
	const struct nacre_drift *before;
};

/** Nothing yet: for nacre_drift_clear(). */
#define NACRE_DRIFT                                                                                \
	{                                                                                          \
		.arena = NACRE_ARENA                                                               \
	}

/**
 * Compares, with env->jobs threads that hash files while a worker reads the layers.
 *
 * @param image      only read; inode->first is used before that
 * @param root       open for reading
 * @param hashes     of the image's contents: read now when there are none yet; the caller's to
 * clear
 * @param out_drift  sorted by path, kind and xattr; the caller's to clear, also on failure
 *
 * Errors: LIMIT (tree-bytes), those of the layers, IO (no thread), CANCELED, NOMEM. What cannot be
 * looked at is an item.
 */
NACRE_CHECKED int nacre_drift_find(struct nacre_image_tree *image, int root,
	const struct nacre_drift_options *options, const struct nacre_env *env,
	struct nacre_content_hashes *hashes, struct nacre_drift *out_drift, struct nacre_err *err);
void nacre_drift_clear(struct nacre_drift *drift);

/** By path as a walk goes, then by kind, then by xattr. */
int nacre_drift_compare(const struct nacre_drift_item *a, const struct nacre_drift_item *b);

/** Two nodes of one tree in the same order. */
int nacre_drift_compare_nodes(const struct nacre_node *a, const struct nacre_node *b);

/**
 * Adds a difference; texts are copied. Errors: LIMIT (tree-bytes), NOMEM.
 *
 * @param want,have  may be NULL
 */
NACRE_CHECKED int nacre_drift_add(struct nacre_drift *drift, enum nacre_drift_kind what,
	struct nacre_node *node, const char *want, const char *have, struct nacre_err *err);

/** The same for an xattr of a node, or with `extra` for a name in a directory. */
NACRE_CHECKED int nacre_drift_add_item(
	struct nacre_drift *drift, const struct nacre_drift_item *item, struct nacre_err *err);

#endif
