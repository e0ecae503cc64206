/* SPDX-License-Identifier: Apache-2.0 */
/** All that is to be found in a layer, and in the tree that layers come to. */
#ifndef NACRE_LAYERS_LINT_LAYER_H
#define NACRE_LAYERS_LINT_LAYER_H

#include "layers/codec.h"
#include "layers/lint.h"
#include "layers/member.h"

/** What a layer turned out to be. */
struct nacre_linted {
	struct nacre_digest diff_id; /* "" if it could not be read to its end */
	uint64_t tar_bytes;
	struct nacre_layer_counts counts;
};

/**
 * Decompresses a layer, reads all members and folds them into the tree of the layers below, telling
 * what is wrong. Touches nothing but its arguments: no file, no clock.
 *
 * @param tree    as nacre_fold_new() has it, and good for the next layer afterwards, whatever was
 *                found; its files cannot be opened
 * @param layer   1 for the first layer, 2, …
 * @param codec   what the media type says; the first bytes decide
 * @param blob    the bytes as stored, borrowed
 * @param like    an algorithm for the DiffID: that of this digest
 *
 * Errors: those of `blob` that are no content's; NOMEM; CANCELED. A violation is a finding, never
 * an error.
 */
NACRE_CHECKED int nacre_lint_layer(struct nacre_tree *tree, unsigned layer, enum nacre_codec codec,
	struct nacre_source *blob, const struct nacre_digest *like,
	const struct nacre_limits *limits, struct nacre_lint *lint, struct nacre_linted *out_linted,
	struct nacre_err *err);

/** The same for a tar that is not compressed, and without its DiffID. */
NACRE_CHECKED int nacre_lint_tar(struct nacre_tree *tree, unsigned layer, struct nacre_source *tar,
	const struct nacre_limits *limits, struct nacre_lint *lint,
	struct nacre_layer_counts *out_counts, struct nacre_err *err);

/**
 * Tells what is odd about the names of a tree: those that some file systems take for one, and
 * directories that no layer names.
 *
 * Errors: NOMEM; CANCELED.
 */
NACRE_CHECKED int nacre_lint_tree(
	struct nacre_tree *tree, struct nacre_lint *lint, struct nacre_err *err);

#endif
