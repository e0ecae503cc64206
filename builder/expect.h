/* SPDX-License-Identifier: Apache-2.0 */
/** What unpacking an image makes of its tree on a given disk. */
#ifndef NACRE_BUILDER_EXPECT_H
#define NACRE_BUILDER_EXPECT_H

#include "layers/tree.h"

#include <nacre/builder.h>

/**
 * Turns the tree of an image into the one that nacre_unpack() with the same options has left in a
 * directory: the policy of unpacking, and with `no_owner` the owner that the directory has, without
 * the setuid and setgid bits that such files do not get.
 *
 * @param root  the directory, open
 * Errors: those of nacre_unpack_policy_apply(), IO.
 */
NACRE_CHECKED int nacre_expect_apply(struct nacre_tree *tree, int root,
	const struct nacre_unpack_options *options, struct nacre_err *err);

/**
 * Also takes account of the ledger beside the directory, if there is one: what the disk has not
 * taken is not expected of it. One of another image is not used, and a warning says so.
 *
 * @param image  the digest of the image's manifest
 * Errors: those of nacre_ledger_file_find() and nacre_ledger_expect(); UNSAFE (a ledger that
 * belongs neither to root, nor to us, nor to the directory's owner); CANCELED.
 */
NACRE_CHECKED int nacre_expect_ledger(struct nacre_tree *tree, int root,
	const struct nacre_digest *image, const struct nacre_env *env, struct nacre_err *err);

#endif
