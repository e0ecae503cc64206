/* SPDX-License-Identifier: Apache-2.0 */
/** Taking blobs over from one layout into another. */
#ifndef NACRE_BUILDER_BLOB_COPY_H
#define NACRE_BUILDER_BLOB_COPY_H

#include "formats/batch.h"

/**
 * Copies a blob into a batch and proves its digest on the way; nothing is done when both layouts
 * are the same directory.
 *
 * Errors: those of nacre_layout_open_blob(), DIGEST, UNSUPPORTED (another algorithm than
 * sha256), those of the batch.
 */
NACRE_CHECKED int nacre_blob_copy(const struct nacre_layout *from,
	const struct nacre_descriptor *desc, const struct nacre_layout *to,
	struct nacre_layout_batch *batch, struct nacre_err *err);

/** Copies a manifest with its config and its layers. Errors: as nacre_blob_copy(). */
NACRE_CHECKED int nacre_image_copy(const struct nacre_layout *from,
	const struct nacre_descriptor *manifest, const struct nacre_layout *to,
	struct nacre_layout_batch *batch, const struct nacre_env *env, struct nacre_err *err);

#endif
