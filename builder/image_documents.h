/* SPDX-License-Identifier: Apache-2.0 */
/** The two documents of an image that is made: what building and reworking end with. */
#ifndef NACRE_BUILDER_IMAGE_DOCUMENTS_H
#define NACRE_BUILDER_IMAGE_DOCUMENTS_H

#include "formats/batch.h"
#include "formats/config.h"

#include <nacre/builder.h>

/**
 * Adds config and manifest to a batch.
 *
 * @param manifest  gets the config's descriptor
 * @param built     gets image ID and manifest digest
 * @param out_desc  of the manifest, with the config's platform; taken as empty
 *
 * Errors: LIMIT (document-bytes: what no reader would take), those of the batch, NOMEM; with
 * "config" or "manifest" in front.
 */
NACRE_CHECKED int nacre_image_documents_add(struct nacre_layout_batch *batch,
	const struct nacre_config *config, struct nacre_manifest *manifest,
	const struct nacre_env *env, struct nacre_built *built, struct nacre_descriptor *out_desc,
	struct nacre_err *err);

#endif
