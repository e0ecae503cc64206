/* SPDX-License-Identifier: Apache-2.0 */
/** What is signed: a digest, and the name that the image goes by. */
#ifndef NACRE_SIGN_PAYLOAD_H
#define NACRE_SIGN_PAYLOAD_H

#include "base/buf.h"

#define NACRE_MEDIA_PAYLOAD "application/vnd.dev.cosign.simplesigning.v1+json"

/** The most that is read of one. */
#define NACRE_PAYLOAD_BYTES 4194304

/** All zero is the empty payload. */
struct nacre_payload {
	char *identity;		    /* HOST/REPO:TAG, or another's HOST/REPO */
	struct nacre_digest digest; /* of the manifest or index */
};

void nacre_payload_clear(struct nacre_payload *payload);

/**
 * Parses a payload: these members and no others, in any order; whatever else two readers could take
 * differently is refused.
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
 * The same bytes for the same payload.
 *
 * @param out_json  the caller's to clear; set on success only
 * Errors: FORMAT (an identity that is not UTF-8), LIMIT, NOMEM.
 */
NACRE_CHECKED int nacre_payload_emit(
	const struct nacre_payload *payload, struct nacre_buf *out_json, struct nacre_err *err);

#endif
