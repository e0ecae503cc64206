/* SPDX-License-Identifier: Apache-2.0 */
/** What a disk did not take of an entry, and what stands there instead. */
#ifndef NACRE_LAYERS_LOSS_H
#define NACRE_LAYERS_LOSS_H

#include "layers/tree.h"

#include <nacre/layers.h>

/** The bit of a kind in nacre_loss.kinds. */
#define NACRE_LOSS_BIT(kind) (1U << (kind))

/** A member that belongs to no kind in `kinds` says nothing. */
struct nacre_loss {
	const struct nacre_node *node; /* with all that is true of it */
	const char *path;	       /* on the disk, which differs where names were lost */
	unsigned kinds;
	uint32_t uid; /* OWNER: whose it is on the disk */
	uint32_t gid;
	uint32_t mode;	 /* MODE: on the disk */
	int64_t mtime_s; /* TIME: on the disk */
	uint32_t mtime_ns;
	const char *const *xattrs; /* XATTR: the names of those that are missing */
	size_t xattr_count;
};

/** Listens to losses. Errors: the listener's own. */
typedef int nacre_loss_fn(const struct nacre_loss *loss, void *user, struct nacre_err *err);

#endif
