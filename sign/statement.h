/* SPDX-License-Identifier: Apache-2.0 */
/** An in-toto statement that an image is signed: what a bundle's signature is over. */
#ifndef NACRE_SIGN_STATEMENT_H
#define NACRE_SIGN_STATEMENT_H

#include "sign/payload.h"

#define NACRE_MEDIA_STATEMENT "application/vnd.in-toto+json"

/** What a signature says; all other predicates are attestations, which say something else. */
#define NACRE_PREDICATE_SIGNED "https://sigstore.dev/cosign/sign/v1"

/**
 * Parses the statement of a signature: one subject with a SHA-256, the predicate of a signature.
 * The identity is the subject's name; NULL when it has none.
 *
 * @param out_payload  taken as empty; untouched unless it succeeds
 *
 * Errors: FORMAT; UNSUPPORTED (an attestation, another type of statement, no SHA-256); UNSAFE (a
 * name that differs from a known one only in case), UNSAFE, LIMIT (as nacre_json_parse()); NOMEM.
 * Spec:   in-toto Attestation Framework, spec/v1, "Statement" and "ResourceDescriptor".
 */
NACRE_CHECKED int nacre_statement_parse(
	const void *data, size_t len, struct nacre_payload *out_payload, struct nacre_err *err);

/**
 * The same bytes for the same payload.
 *
 * @param out_json  the caller's to clear; set on success only
 * Errors: FORMAT (text that is not UTF-8), UNSUPPORTED (not a SHA-256), LIMIT, NOMEM.
 */
NACRE_CHECKED int nacre_statement_emit(
	const struct nacre_payload *payload, struct nacre_buf *out_json, struct nacre_err *err);

#endif
