/* SPDX-License-Identifier: Apache-2.0 */
/** What of a tree would not be on the disk: found by trying it, where the target would lie. */
#ifndef NACRE_BUILDER_PLAN_LOSSES_H
#define NACRE_BUILDER_PLAN_LOSSES_H

#include "layers/write.h"

#include <nacre/builder.h>

/**
 * Writes samples of a tree into a staging directory, by the same lines of code that would write the
 * tree, and removes them again. Times are tried one by one, and so are names where the file system
 * is one that has its own mind about them.
 *
 * @param tree         as it comes out of the image; inode->first is used
 * @param target       as for nacre_unpack(). NULL: some name in the working directory
 * @param how          options of the writer, without a listener
 * @param out_losses   is_known, or the reason why not
 * @param out_failure  what unpacking would fail with; "" when nothing was found
 *
 * Errors: NOMEM.
 */
NACRE_CHECKED int nacre_plan_losses(struct nacre_tree *tree, const char *target, bool replace,
	const struct nacre_write_options *how, struct nacre_plan_losses *out_losses,
	char out_failure[NACRE_ERR_TEXT], struct nacre_err *err);

#endif
