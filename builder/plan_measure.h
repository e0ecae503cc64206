/* SPDX-License-Identifier: Apache-2.0 */
/** How long, deep and rich a tree is, for limits and for the size of a ledger. */
#ifndef NACRE_BUILDER_PLAN_MEASURE_H
#define NACRE_BUILDER_PLAN_MEASURE_H

#include "layers/tree.h"

/** The largest of each, but for the last. */
struct nacre_plan_measure {
	uint64_t path_bytes;
	uint64_t depth;
	uint64_t xattrs;
	uint64_t ledger_bytes; /* of a ledger in which each entry has lost all that it can */
};

struct nacre_plan_measure nacre_plan_measure(const struct nacre_tree *tree);

#endif
