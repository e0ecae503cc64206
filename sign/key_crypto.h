/* SPDX-License-Identifier: Apache-2.0 */
/** The mathematics of keys: DER in and out, signing, verifying. */
#ifndef NACRE_SIGN_KEY_CRYPTO_H
#define NACRE_SIGN_KEY_CRYPTO_H

#include "sign/box.h"

#include <nacre/sign.h>

/** More than any key here has as DER, and the longest signature. */
#define NACRE_SPKI_BYTES 4096
#define NACRE_SIGNATURE_BYTES 2048
#define NACRE_PKCS8_BYTES 16384

struct nacre_pkey; /* a key pair, or the public half of one */

/** Errors: as nacre_key_new(). */
NACRE_CHECKED int nacre_pkey_new(
	enum nacre_key_type type, struct nacre_pkey **out_pkey, struct nacre_err *err);
void nacre_pkey_free(struct nacre_pkey *pkey);
void nacre_pkey_freep(struct nacre_pkey **pkey);

/**
 * From the one DER form that its key has: a key never comes in two guises.
 *
 * Errors: FORMAT; UNSUPPORTED (another kind of key, RSA of another size); NOMEM.
 * Spec:   RFC 5280, section 4.1 (SubjectPublicKeyInfo); RFC 5480; RFC 8410; RFC 8017, A.1.
 */
NACRE_CHECKED int nacre_pkey_parse_public(
	const void *der, size_t len, struct nacre_pkey **out_pkey, struct nacre_err *err);

/**
 * From PKCS#8, not encrypted. That both halves belong together is tried out.
 *
 * Errors: as nacre_pkey_parse_public().
 * Spec:   RFC 5208 (PrivateKeyInfo).
 */
NACRE_CHECKED int nacre_pkey_parse_private(
	const void *der, size_t len, struct nacre_pkey **out_pkey, struct nacre_err *err);

/**
 * The private key that a PKCS#11 URI names. It signs where it is, and cannot be written down.
 *
 * Errors: those of nacre_token_open(); UNSUPPORTED (of a kind that nacre does not know).
 */
NACRE_CHECKED int nacre_pkey_open_token(
	const char *uri, const char *pin, struct nacre_pkey **out_pkey, struct nacre_err *err);

/** SPKI. @param out_der  appended to. Errors: LIMIT, NOMEM. */
NACRE_CHECKED int nacre_pkey_emit_public(
	const struct nacre_pkey *pkey, struct nacre_buf *out_der, struct nacre_err *err);

/** PKCS#8. @param out_der  taken as empty. Errors: NOMEM. */
NACRE_CHECKED int nacre_pkey_emit_private(
	const struct nacre_pkey *pkey, struct nacre_secret *out_der, struct nacre_err *err);

/** "P-256"; static but for RSA, whose name is the key's. */
const char *nacre_pkey_name(const struct nacre_pkey *pkey);

bool nacre_pkey_is_private(const struct nacre_pkey *pkey);

/**
 * Signs a message: ECDSA with SHA-256, in DER; Ed25519; RSA PKCS#1 v1.5 with SHA-256.
 *
 * @param out_signature  appended to
 * Errors: ARG (a public key); LIMIT, NOMEM.
 * Spec:   FIPS 186-5 (ECDSA); RFC 8032 (Ed25519); RFC 8017, section 8.2 (RSA).
 */
NACRE_CHECKED int nacre_pkey_sign(const struct nacre_pkey *pkey, const void *message, size_t len,
	struct nacre_buf *out_signature, struct nacre_err *err);

/** Whether the signature is good. ECDSA in DER alone: raw r||s is not. */
bool nacre_pkey_verify(const struct nacre_pkey *pkey, const void *message, size_t len,
	const void *signature, size_t signature_len);

#endif
