/* SPDX-License-Identifier: Apache-2.0 */
/** Sigstore bundles of the kind that images have: a DSSE envelope, signed by a key. */
#ifndef NACRE_SIGN_BUNDLE_H
#define NACRE_SIGN_BUNDLE_H

#include "base/buf.h"

#define NACRE_MEDIA_BUNDLE "application/vnd.dev.sigstore.bundle.v0.3+json"

/** The most that is read of one. */
#define NACRE_BUNDLE_BYTES 8388608

/** All zero is the empty bundle. */
struct nacre_bundle {
	char *payload_type;
	struct nacre_buf payload;   /* that was signed, with its type */
	struct nacre_buf signature; /* raw */
	char *hint; /* which key, in base64 as nacre_key_hint() has it; NULL: not said */
};

void nacre_bundle_clear(struct nacre_bundle *bundle);

/** Whether a media type is that of a bundle, of any version that nacre reads. */
bool nacre_media_is_bundle(const char *media_type);

/**
 * Parses a bundle. Certificates, log entries and time stamps are looked past: they say nothing
 * about a key that is given.
 *
 * @param out_bundle  taken as empty; untouched unless it succeeds
 *
 * Errors: FORMAT; UNSUPPORTED (another version; a signature over a file; an envelope with more than
 * one signature, which cannot all be verified by one key); UNSAFE (a name that differs from a known
 * one only in case), UNSAFE, LIMIT (as nacre_json_parse()); NOMEM.
 * Spec:   sigstore protobuf-specs 0.3, sigstore_bundle.proto; DSSE v1.0.2, envelope.md.
 */
NACRE_CHECKED int nacre_bundle_parse(
	const void *data, size_t len, struct nacre_bundle *out_bundle, struct nacre_err *err);

/**
 * The same bytes for the same bundle, as cosign writes it.
 *
 * @param bundle    its hint is not NULL
 * @param out_json  the caller's to clear; set on success only
 * Errors: FORMAT (text that is not UTF-8), LIMIT, NOMEM.
 */
NACRE_CHECKED int nacre_bundle_emit(
	const struct nacre_bundle *bundle, struct nacre_buf *out_json, struct nacre_err *err);

/**
 * The bytes that are signed: type and payload, each with its length.
 *
 * @param out_bytes  the caller's to clear; set on success only
 * Errors: LIMIT, NOMEM.
 * Spec:   DSSE v1.0.2, protocol.md, "Signature Definition" (PAE).
 */
NACRE_CHECKED int nacre_dsse_bytes(const char *payload_type, const struct nacre_buf *payload,
	struct nacre_buf *out_bytes, struct nacre_err *err);

#endif
