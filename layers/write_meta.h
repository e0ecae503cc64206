/* SPDX-License-Identifier: Apache-2.0 */
/** Owners, xattrs, modes and times of what a writer has made. */
#ifndef NACRE_LAYERS_WRITE_META_H
#define NACRE_LAYERS_WRITE_META_H

#include "layers/write.h"

struct nacre_write_meta {
	const struct nacre_env *env;
	struct nacre_write_options options;
	uint32_t uid; /* of whatever is newly made in the staging directory */
	uint32_t gid;
	bool is_root;
	bool masked; /* the umask takes away what we need of our own directories and files */
	uint64_t refused;
};

/**
 * Frees the staging directory from what it may have inherited, and learns by a directory made and
 * removed again what new things get: so no chown is needed where it would change nothing.
 *
 * Errors: ARG (open to others), EXISTS (not empty), IO.
 */
NACRE_CHECKED int nacre_write_meta_init(struct nacre_write_meta *meta, int staging_dir,
	const struct nacre_write_options *options, const struct nacre_env *env,
	struct nacre_err *err);

/** Of a regular file or a directory that is open. Errors: IO, CANCELED. */
NACRE_CHECKED int nacre_write_meta_fd(struct nacre_write_meta *meta, int fd,
	const struct nacre_node *node, struct nacre_err *err);

/** Of a symlink, fifo or device just made in `parent`. Errors: IO, CANCELED. */
NACRE_CHECKED int nacre_write_meta_at(struct nacre_write_meta *meta, int parent,
	const struct nacre_node *node, struct nacre_err *err);

/** Tells how many refused attributes had no warning of their own. Errors: CANCELED. */
NACRE_CHECKED int nacre_write_meta_finish(struct nacre_write_meta *meta, struct nacre_err *err);

#endif
