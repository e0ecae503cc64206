/* SPDX-License-Identifier: Apache-2.0 */
/** What is to be found in a layout, whatever image in it is asked for. */
#ifndef NACRE_BUILDER_LINT_LAYOUT_H
#define NACRE_BUILDER_LINT_LAYOUT_H

#include "formats/layout.h"
#include "layers/lint.h"

/**
 * Looks at oci-layout, index.json and the names in blobs/sha256; opens no blob but the documents
 * that index.json leads to.
 *
 * @param out_usable  whether images can be found in index.json
 * Errors: NOT_FOUND (no index.json), IO, NOMEM, CANCELED.
 */
NACRE_CHECKED int nacre_lint_layout(const struct nacre_layout *layout,
	const struct nacre_limits *limits, struct nacre_lint *lint, bool *out_usable,
	struct nacre_err *err);

#endif
