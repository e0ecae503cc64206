/* SPDX-License-Identifier: Apache-2.0 */
/** Two lists of what a step has read: which of it changed. */
#ifndef NACRE_BUILDER_EXPLAIN_LIST_H
#define NACRE_BUILDER_EXPLAIN_LIST_H

#include "base/buf.h"

/**
 * Says in words what differs: "src/main.c changed, src/new.c is new and 3 more".
 *
 * @param before,now  items "DIGEST NAME", each with a NUL behind it, in any order
 */
void nacre_explain_lists(
	const struct nacre_buf *before, const struct nacre_buf *now, char *out_text, size_t room);

#endif
