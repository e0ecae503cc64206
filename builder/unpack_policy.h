/* SPDX-License-Identifier: Apache-2.0 */
/** What of an image's tree may reach a disk: devices, setuid bits, extended attributes. */
#ifndef NACRE_BUILDER_UNPACK_POLICY_H
#define NACRE_BUILDER_UNPACK_POLICY_H

#include "layers/write.h"

#include <nacre/builder.h>

/** What a writer is told of the options; nobody listens to losses. */
struct nacre_write_options nacre_unpack_how(const struct nacre_unpack_options *options);

enum nacre_xattr_verdict {
	NACRE_XATTR_KEEP,
	NACRE_XATTR_LEAVE_OUT,
	NACRE_XATTR_REFUSE, /* overlayfs would take it for its own */
};

/** What becomes of an extended attribute; `how` as nacre_unpack_how() has it. */
enum nacre_xattr_verdict nacre_unpack_judge_xattr(
	const struct nacre_write_options *how, const char *name);

/**
 * Refuses what must not be written and tells of what a writer will leave out, with a warning event
 * for each kind.
 *
 * @param out_unpacked  entries and file_bytes
 * Errors: UNSAFE (a device without options->devices, an overlay attribute), CANCELED.
 */
NACRE_CHECKED int nacre_unpack_policy_apply(struct nacre_tree *tree,
	const struct nacre_unpack_options *options, const struct nacre_env *env,
	struct nacre_unpacked *out_unpacked, struct nacre_err *err);

/**
 * Takes out of a tree what a writer with these options leaves out: the tree as it will be written,
 * for who counts and does not write.
 *
 * Errors: NOMEM.
 */
NACRE_CHECKED int nacre_unpack_policy_leave_out(
	struct nacre_tree *tree, const struct nacre_unpack_options *options, struct nacre_err *err);

#endif
