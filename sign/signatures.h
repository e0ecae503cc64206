/* SPDX-License-Identifier: Apache-2.0 */
/**
 * The manifest that the signatures of an image lie in: a layer each, the payload being the layer
 * and the signature an annotation of its descriptor.
 */
#ifndef NACRE_SIGN_SIGNATURES_H
#define NACRE_SIGN_SIGNATURES_H

#include "formats/batch.h"

/** The most that one manifest may hold. */
#define NACRE_SIGNATURES 100

/** Annotations of descriptors in index.json by which cosign knows what is what. */
#define NACRE_ANNOTATION_KIND "kind"
#define NACRE_KIND_IMAGE "dev.cosignproject.cosign/image"
#define NACRE_KIND_INDEX "dev.cosignproject.cosign/imageIndex"
#define NACRE_KIND_SIGNATURES "dev.cosignproject.cosign/sigs"

#define NACRE_SIGNATURES_NAME (NACRE_DIGEST_TEXT + 4)

/** The tag for the signatures of a digest: "sha256-HEX.sig". */
void nacre_signatures_name(const struct nacre_digest *digest, char out_name[NACRE_SIGNATURES_NAME]);

/**
 * Whether a descriptor of a layout's index leads to signatures of this digest. One of that kind
 * without a name may: cosign leaves it out.
 */
bool nacre_signatures_match(const struct nacre_descriptor *desc, const struct nacre_digest *digest);

/**
 * Whether an image lies there as cosign saves it: marked, and without a name. Version 3 puts
 * bundles beside it that no list names; elsewhere what no list names is what somebody has taken
 * away.
 */
bool nacre_is_saved_by_cosign(const struct nacre_descriptor *image);

/**
 * Loads the manifest.
 *
 * @param out_manifest  taken as empty
 * Errors: as nacre_layout_load_manifest(); UNSUPPORTED (not a manifest); LIMIT (more than 100).
 */
NACRE_CHECKED int nacre_signatures_load(const struct nacre_layout *layout,
	const struct nacre_descriptor *desc, const struct nacre_limits *limits,
	struct nacre_manifest *out_manifest, struct nacre_err *err);

/** Whether a layer is one of ours at all. */
bool nacre_signature_is(const struct nacre_descriptor *layer);

/** The signature out of a layer's annotation. @param out_bytes  the caller's to clear; set on
 * success only. Errors: FORMAT (none there, not base64), LIMIT, NOMEM. */
NACRE_CHECKED int nacre_signature_get(
	const struct nacre_descriptor *layer, struct nacre_buf *out_bytes, struct nacre_err *err);

/** Loads the payload and proves its digest. @param out_payload  as nacre_layout_load(). */
NACRE_CHECKED int nacre_signature_load(const struct nacre_layout *layout,
	const struct nacre_descriptor *layer, const struct nacre_limits *limits,
	struct nacre_buf *out_payload, struct nacre_err *err);

/**
 * Adds a layer. Its payload goes into the layout with nacre_signatures_store().
 *
 * Errors: LIMIT (more than 100), NOMEM.
 */
NACRE_CHECKED int nacre_signatures_add(struct nacre_manifest *manifest,
	const struct nacre_buf *payload, const struct nacre_buf *signature, struct nacre_err *err);

/**
 * Puts payload, config and manifest into the batch and tags them.
 *
 * @param manifest    its config is made anew
 * @param digest      of what is signed
 * @param out_digest  of the signatures' manifest
 * Errors: as nacre_batch_add_blob().
 */
NACRE_CHECKED int nacre_signatures_store(struct nacre_layout_batch *batch,
	struct nacre_manifest *manifest, const struct nacre_buf *payload,
	const struct nacre_digest *digest, struct nacre_digest *out_digest, struct nacre_err *err);

#endif
