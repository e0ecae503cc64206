/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Folding the members of one layer into the tree of the layers below it.
 *
 * Whiteouts reach what lower layers brought, whatever their order in the archive; then members are
 * placed in their order. A name on the way to a member may be a symlink: it is followed inside the
 * tree, as a process with this root would (merged /usr). docs/layer-encoding.md, "Folding", has the
 * rules.
 */
#ifndef NACRE_LAYERS_FOLD_H
#define NACRE_LAYERS_FOLD_H

#include "layers/lint.h"
#include "layers/member.h"

struct nacre_fold;

/**
 * @param tree    the lower layers, folded; changed as members come. After an error it is good for
 *                nothing but nacre_tree_clear
 * @param layer   1 for the first layer, 2, …, at most 65535
 * @param origin  where this layer's contents lie: becomes content.origin of its files
 *
 * Errors: NOMEM.
 */
NACRE_CHECKED int nacre_fold_new(struct nacre_tree *tree, unsigned layer,
	struct nacre_origin *origin, const struct nacre_limits *limits,
	struct nacre_fold **out_fold, struct nacre_err *err);

/** From now on violations are told, and folding goes on. @param lint  borrowed */
void nacre_fold_set_lint(struct nacre_fold *fold, struct nacre_lint *lint);

/** Errors: UNSAFE (names the member and what it clashes with), LIMIT (a link leads so deep that
 * path-bytes or depth is passed), NOMEM. */
NACRE_CHECKED int nacre_fold_add(
	struct nacre_fold *fold, const struct nacre_member *member, struct nacre_err *err);

/** Applies what had to wait for the last member. Errors: as nacre_fold_add. */
NACRE_CHECKED int nacre_fold_finish(struct nacre_fold *fold, struct nacre_err *err);
void nacre_fold_free(struct nacre_fold *fold);
void nacre_fold_freep(struct nacre_fold **fold);

/**
 * Reads all members of a layer's uncompressed bytes and folds them.
 *
 * @param out_counts  what was read, also when it fails
 * Errors: those of both.
 */
NACRE_CHECKED int nacre_fold_layer(struct nacre_tree *tree, unsigned layer,
	struct nacre_origin *origin, struct nacre_source *source, const struct nacre_limits *limits,
	struct nacre_layer_counts *out_counts, struct nacre_err *err);

#endif
