/* SPDX-License-Identifier: Apache-2.0 */
/** Blobs that are not what their descriptors say. */
#ifndef NACRE_BUILDER_LINT_BLOB_H
#define NACRE_BUILDER_LINT_BLOB_H

#include "layers/lint.h"

/**
 * Makes a finding of what opening or loading a blob has failed with (formats/layout.h); what says
 * nothing of the blob goes through.
 */
NACRE_CHECKED int nacre_lint_refuse_blob(struct nacre_lint *lint, int rc, struct nacre_err *err);

#endif
