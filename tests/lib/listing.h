/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Folded layers as text, one line a node, in the order of a walk:
 *
 *     TYPE MODE UID GID MTIME SIZE PATH[ -> TARGET][ CONTENT][ NAME=HEX]…[ = FIRST][ implied]
 *
 * TYPE is one of f d l c b p, SIZE is MAJOR:MINOR for devices and 0 for all but files; the root is
 * "/". In names and contents a backslash, a space and what is not printable ASCII is \xHH. CONTENT
 * is in quotes, or "sha256:" and 16 digits for more than 32 bytes. FIRST is the first name of a
 * hard-link group, on its further names. An implied directory is one that no member named.
 */
#ifndef NACRE_TESTS_LISTING_H
#define NACRE_TESTS_LISTING_H

#include "base/buf.h"
#include "layers/tree.h"

/** A layer whose bytes are in memory. */
struct listing_layer {
	struct nacre_origin origin; /* first: content.origin of its files */
	const void *data;
	size_t len;
};

void listing_layer_init(struct listing_layer *layer, const void *data, size_t len);

/** Folds layers, the lowest first. */
NACRE_CHECKED int listing_fold(struct nacre_tree *tree, struct listing_layer *layers, size_t count,
	const struct nacre_limits *limits, struct nacre_err *err);

/** Appends the listing of a tree. */
NACRE_CHECKED int listing_print(
	struct nacre_tree *tree, struct nacre_buf *out, struct nacre_err *err);

/** "UNSAFE" for NACRE_E_UNSAFE, … */
const char *listing_code(int code);

#endif
