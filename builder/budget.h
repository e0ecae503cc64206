/* SPDX-License-Identifier: Apache-2.0 */
/**
 * What the manifest of an image says its layers hold: exact numbers, which whoever signs the
 * manifest signs too. A layer that has a budget is held to it. docs/budgets.md
 */
#ifndef NACRE_BUILDER_BUDGET_H
#define NACRE_BUILDER_BUDGET_H

#include "formats/list.h"
#include "layers/member.h"

/** Of one layer. All zero is none. */
struct nacre_budget {
	bool is_there;
	uint64_t bytes; /* of the uncompressed tar */
	uint64_t entries;
	uint64_t xattr_bytes;
};

/**
 * Reads the budget out of a layer's annotations: all of it, or there is none.
 *
 * Errors: FORMAT (a number is missing, or is none).
 */
NACRE_CHECKED int nacre_budget_parse(const struct nacre_pairs *annotations,
	struct nacre_budget *out_budget, struct nacre_err *err);

/** Puts a budget into a layer's annotations. Errors: NOMEM. */
NACRE_CHECKED int nacre_budget_annotate(
	const struct nacre_budget *budget, struct nacre_pairs *annotations, struct nacre_err *err);

/**
 * Lowers the limits for a layer to its budget, before anything looks into the layer.
 *
 * Errors: LIMIT (a budget beyond a limit).
 */
NACRE_CHECKED int nacre_budget_lower(
	const struct nacre_budget *budget, struct nacre_limits *limits, struct nacre_err *err);

/**
 * Settles the reading of a layer: with `rc` 0 what was read must be what the budget says; of a
 * limit that was met and is the budget's, the message says so.
 *
 * Errors: `rc`; FORMAT (less than the budget).
 */
NACRE_CHECKED int nacre_budget_settle(const struct nacre_budget *budget,
	const struct nacre_layer_counts *counts, uint64_t tar_bytes, int rc, struct nacre_err *err);

#endif
