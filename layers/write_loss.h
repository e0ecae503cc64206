/* SPDX-License-Identifier: Apache-2.0 */
/** Gathers what an entry loses while it is written, and tells whoever listens. */
#ifndef NACRE_LAYERS_WRITE_LOSS_H
#define NACRE_LAYERS_WRITE_LOSS_H

#include "layers/write_names.h"
#include "layers/write_plan.h"

struct nacre_write_loss {
	const struct nacre_env *env;
	const struct nacre_write_options *options;
	struct nacre_loss now; /* of the entry that is being written */
	const char **xattrs;
	size_t xattr_room;
	struct nacre_buf path;
	struct nacre_arena kept; /* for further names of what is written */
	uint64_t told;		 /* warnings that there was reason for */
};

/** @param options  must outlive it */
void nacre_write_loss_init(struct nacre_write_loss *loss, const struct nacre_env *env,
	const struct nacre_write_options *options);
void nacre_write_loss_clear(struct nacre_write_loss *loss);

/** Each says what the entry that is being written has lost. */
void nacre_write_loss_owner(struct nacre_write_loss *loss, uint32_t uid, uint32_t gid);
void nacre_write_loss_mode(struct nacre_write_loss *loss, uint32_t mode);
void nacre_write_loss_time(struct nacre_write_loss *loss, int64_t mtime_s, uint32_t mtime_ns);
void nacre_write_loss_device(struct nacre_write_loss *loss);
NACRE_CHECKED int nacre_write_loss_xattr(
	struct nacre_write_loss *loss, const char *name, struct nacre_err *err);

/**
 * The entry is written: tells what it has lost, and keeps that for its further names.
 *
 * Errors: those of options->lost, NOMEM, LIMIT.
 */
NACRE_CHECKED int nacre_write_loss_settle(struct nacre_write_loss *loss,
	const struct nacre_node *node, const struct nacre_write_names *names,
	const struct nacre_write_plan *plan, struct nacre_err *err);

/** The same for a further name: it has lost what the first had, and perhaps its own name. */
NACRE_CHECKED int nacre_write_loss_settle_link(struct nacre_write_loss *loss,
	const struct nacre_write_link *link, const struct nacre_write_names *names,
	struct nacre_err *err);

/** A warning that something of a node is not as it should be, one of a bounded number. */
NACRE_CHECKED int nacre_write_loss_warn(struct nacre_write_loss *loss,
	const struct nacre_node *node, const char *what, const char *reason, struct nacre_err *err);

/** The same with the reason that errno has. */
NACRE_CHECKED int nacre_write_loss_warn_os(struct nacre_write_loss *loss,
	const struct nacre_node *node, const char *what, struct nacre_err *err);

/** Tells how many had no warning of their own. Errors: CANCELED. */
NACRE_CHECKED int nacre_write_loss_finish(struct nacre_write_loss *loss, struct nacre_err *err);

#endif
