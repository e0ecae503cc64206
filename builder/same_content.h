/* SPDX-License-Identifier: Apache-2.0 */
/** Whether two files have the same content, by reading both where a digest is not known. */
#ifndef NACRE_BUILDER_SAME_CONTENT_H
#define NACRE_BUILDER_SAME_CONTENT_H

#include "layers/diff.h"

/** A nacre_same_content_fn. Errors: those of opening and reading. */
NACRE_CHECKED int nacre_same_content(const struct nacre_inode *a, const struct nacre_inode *b,
	void *user, bool *out_same, struct nacre_err *err);

#endif
