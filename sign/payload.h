/* SPDX-License-Identifier: Apache-2.0 */
/** What is signed: a digest, the name that the image goes by, and what the signer adds. */
#ifndef NACRE_SIGN_PAYLOAD_H
#define NACRE_SIGN_PAYLOAD_H

#include "formats/list.h"

#define NACRE_MEDIA_PAYLOAD "application/vnd.dev.cosign.simplesigning.v1+json"

/** The most that is read of one. */
#define NACRE_PAYLOAD_BYTES 4194304

/** All zero is the empty payload. Not only of simple signing: a statement says the same. */
struct nacre_payload {
	char *identity; /* HOST/REPO:TAG, or another's HOST/REPO; NULL: none is signed */
	struct nacre_digest digest; /* of the manifest or index */
	struct nacre_pairs annotations;
};

void nacre_payload_clear(struct nacre_payload *payload);

/**
 * Adds what the signer wants to have signed besides.
 *
 * Errors: ARG (a name that means something else to readers: "timestamp"; an empty one); NOMEM.
 */
NACRE_CHECKED int nacre_payload_annotate(
	struct nacre_payload *payload, const char *name, const char *value, struct nacre_err *err);

/**
 * Parses a payload: these members and no others, in any order; whatever else two readers could take
 * differently is refused. Its annotations are the texts of "optional", in the order there.
 *
 * @param out_payload  taken as empty; untouched unless it succeeds
 *
 * Errors: FORMAT; UNSUPPORTED (another type, another digest algorithm); UNSAFE, LIMIT (as
 * nacre_json_parse()); NOMEM.
 * Spec:   containers/image, docs/containers-signature.5.md, "JSON data format"; cosign,
 *         specs/SIGNATURE_SPEC.md.
 */
NACRE_CHECKED int nacre_payload_parse(
	const void *data, size_t len, struct nacre_payload *out_payload, struct nacre_err *err);

/**
 * The same bytes for the same payload. The creator is nacre unless an annotation says another.
 *
 * @param payload   its identity is not NULL
 * @param out_json  the caller's to clear; set on success only
 * Errors: FORMAT (an identity that is not UTF-8), LIMIT, NOMEM.
 */
NACRE_CHECKED int nacre_payload_emit(
	const struct nacre_payload *payload, struct nacre_buf *out_json, struct nacre_err *err);

#endif
