/* SPDX-License-Identifier: Apache-2.0 */
/** The attributes of one entry on disk against those of a node. */
#ifndef NACRE_BUILDER_DRIFT_ENTRY_H
#define NACRE_BUILDER_DRIFT_ENTRY_H

#include "builder/drift.h"
#include "layers/xattr_at.h"

#include <sys/stat.h>

/** "file", "directory", "socket", … */
const char *nacre_drift_type_name(unsigned mode);

/** Whether the disk has the kind of thing that the node is. */
bool nacre_drift_is_type(enum nacre_type type, unsigned mode);

/**
 * Mode, owner, time, size, device numbers: whatever stat says of an entry of the right type. The
 * mode of a symlink is not looked at.
 *
 * Errors: those of nacre_drift_add().
 */
NACRE_CHECKED int nacre_drift_entry(struct nacre_drift *drift, struct nacre_node *node,
	const struct statx *st, bool ignore_times, struct nacre_err *err);

/** Room for the xattrs of one entry after the other. */
struct nacre_drift_xattrs {
	bool all;
	char *names;
	char **sorted; /* those of `names` that count */
	size_t count;
	char *value;
	struct nacre_buf want;
	struct nacre_buf have;
};

/** Errors: NOMEM. */
NACRE_CHECKED int nacre_drift_xattrs_init(
	struct nacre_drift_xattrs *xattrs, bool all, struct nacre_err *err);
void nacre_drift_xattrs_clear(struct nacre_drift_xattrs *xattrs);

/** Errors: those of nacre_drift_add(). What cannot be read is an item. */
NACRE_CHECKED int nacre_drift_entry_xattrs(struct nacre_drift *drift,
	struct nacre_drift_xattrs *xattrs, struct nacre_node *node, const struct nacre_xattr_at *at,
	struct nacre_err *err);

#endif
