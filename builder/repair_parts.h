/* SPDX-License-Identifier: Apache-2.0 */
/** What the parts of a repair share. For builder/repair*.c alone. */
#ifndef NACRE_BUILDER_REPAIR_PARTS_H
#define NACRE_BUILDER_REPAIR_PARTS_H

#include "builder/repair.h"
#include "layers/dirs.h"

#include <sys/stat.h>

/** A place of the tree that differs, and in what. */
struct nacre_repair_job {
	struct nacre_node *node;
	unsigned kinds; /* bits, 1U << kind */
	const struct nacre_drift_item *items;
	size_t item_count;
};

/** A directory whose names have been changed, or are about to be. */
struct nacre_repair_touched {
	const struct nacre_node *node;
	int64_t mtime_s; /* which it gets again */
	uint32_t mtime_ns;
	bool is_opened; /* its mode was widened for us */
};

struct nacre_repair {
	struct nacre_image_tree *image;
	int root;
	const struct nacre_drift *drift;
	const struct nacre_repair_options *options;
	const struct nacre_env *env;
	bool is_root;
	struct nacre_dirs *dirs;
	struct nacre_repair_job *jobs; /* in the order of the tree, a node each */
	size_t job_count;
	struct nacre_repair_touched *touched; /* by node */
	size_t touched_count;
	size_t touched_room;
	uint64_t done;
	uint64_t failed;
};

/** One of several kinds. */
#define NACRE_REPAIR_BIT(kind) (1U << (kind))

/** Differences that take a new file, or another name of one that is there. */
#define NACRE_REPAIR_NEW                                                                           \
	(NACRE_REPAIR_BIT(NACRE_DRIFT_MISSING) | NACRE_REPAIR_BIT(NACRE_DRIFT_TYPE) |              \
		NACRE_REPAIR_BIT(NACRE_DRIFT_SIZE) | NACRE_REPAIR_BIT(NACRE_DRIFT_CONTENT) |       \
		NACRE_REPAIR_BIT(NACRE_DRIFT_TARGET) | NACRE_REPAIR_BIT(NACRE_DRIFT_DEVICE) |      \
		NACRE_REPAIR_BIT(NACRE_DRIFT_LINK) | NACRE_REPAIR_BIT(NACRE_DRIFT_NAMES))

/** The directory above, open for reading; -1 when it is not of the same file system and mount. */
int nacre_repair_open_above(int root);

/** The job of a node, or NULL. */
const struct nacre_repair_job *nacre_repair_find(
	const struct nacre_repair *repair, const struct nacre_node *node);

/**
 * After an attempt at one place. A failure there is a warning: then returns 0 as well, unless
 * nothing can go on (CANCELED, NOMEM).
 *
 * @param extra  the name in the directory `node`, or NULL: the node itself
 */
NACRE_CHECKED int nacre_repair_bear(struct nacre_repair *repair, const struct nacre_node *node,
	const char *extra, int rc, struct nacre_err *err);

/* ------------------------------------------------------- repair_touch.c */

/**
 * The descriptor (O_PATH) of a directory of the tree on disk, borrowed until the next call.
 *
 * Errors: IO (it is gone, or something else), UNSAFE (something is mounted there).
 */
NACRE_CHECKED int nacre_repair_dir(struct nacre_repair *repair, const struct nacre_node *dir,
	int *out_fd, struct nacre_err *err);

/** The same for a directory whose names are to be changed: its time will be put back. */
NACRE_CHECKED int nacre_repair_touch(struct nacre_repair *repair, const struct nacre_node *dir,
	int *out_fd, struct nacre_err *err);

/** Puts back what touching has changed. Errors: CANCELED, NOMEM. */
NACRE_CHECKED int nacre_repair_untouch(struct nacre_repair *repair, struct nacre_err *err);

/* ------------------------------------------------------- repair_attrs.c */

/** Owner, xattrs, mode and time of what a job names. Errors: IO, UNSAFE. */
NACRE_CHECKED int nacre_repair_attrs(
	struct nacre_repair *repair, const struct nacre_repair_job *job, struct nacre_err *err);

/* ------------------------------------------------------- repair_renew.c */

/** Writes aside what is to be new, and puts it in place. Errors: those of nacre_repair_run(). */
NACRE_CHECKED int nacre_repair_renew(struct nacre_repair *repair, struct nacre_err *err);

#endif
