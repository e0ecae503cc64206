/* SPDX-License-Identifier: Apache-2.0 */
/** Two builds of one recipe that are not the same: where they first differ. */
#ifndef NACRE_BUILDER_BUILD_DIFFER_H
#define NACRE_BUILDER_BUILD_DIFFER_H

#include "builder/build_once.h"

/**
 * Finds the first difference: by layer, entry, field and byte, with the line of the recipe that the
 * entry comes from; or of the documents.
 *
 * @param first   the one, in its batch
 * @param layout  with the other
 * @param second  its manifest
 *
 * Always an error: DIGEST with the explanation; else those of reading either.
 */
NACRE_CHECKED int nacre_build_differ(struct nacre_build_once *first,
	const struct nacre_layout *layout, const struct nacre_descriptor *second,
	struct nacre_err *err);

#endif
