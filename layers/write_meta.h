/* SPDX-License-Identifier: Apache-2.0 */
/** Owners, xattrs, modes and times of what a writer has made. */
#ifndef NACRE_LAYERS_WRITE_META_H
#define NACRE_LAYERS_WRITE_META_H

#include "layers/write_disk.h"
#include "layers/write_loss.h"

struct nacre_write_meta {
	struct nacre_write_loss *loss; /* borrowed */
	struct nacre_write_options options;
	struct nacre_write_disk disk;
	uint32_t uid; /* of whatever is newly made in the staging directory */
	uint32_t gid;
	uint32_t top_uid; /* of the staging directory itself */
	uint32_t top_gid;
	bool is_root;
	bool masked; /* the umask takes away what we need of our own directories and files */
	bool has_told_of_time;
};

/**
 * Frees the staging directory from what it may have inherited, and learns by a directory made and
 * removed again what new things get: so no chown is needed where it would change nothing.
 *
 * Errors: ARG (open to others), EXISTS (not empty), IO.
 */
NACRE_CHECKED int nacre_write_meta_init(struct nacre_write_meta *meta, int staging_dir,
	const struct nacre_write_options *options, struct nacre_write_loss *loss,
	struct nacre_err *err);

/** Of a regular file or a directory that is open; what is lost goes to `loss`. Errors: IO,
 * CANCELED. */
NACRE_CHECKED int nacre_write_meta_fd(struct nacre_write_meta *meta, int fd,
	const struct nacre_node *node, struct nacre_err *err);

/** Of a symlink, fifo or device just made as `name` in `parent`. Errors: IO, CANCELED. */
NACRE_CHECKED int nacre_write_meta_at(struct nacre_write_meta *meta, int parent, const char *name,
	const struct nacre_node *node, struct nacre_err *err);

/** What the system says when it has no such attribute, or when it is not ours to set. */
bool nacre_write_is_refusal(int number);

#endif
