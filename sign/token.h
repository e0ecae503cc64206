/* SPDX-License-Identifier: Apache-2.0 */
/** Private keys that stay where they are: in a smart card or a hardware module, by PKCS#11. */
#ifndef NACRE_SIGN_TOKEN_H
#define NACRE_SIGN_TOKEN_H

#include "base/err.h"

#include <stdbool.h>

struct evp_pkey_st;	/* EVP_PKEY */
struct ossl_lib_ctx_st; /* OSSL_LIB_CTX */

/** A library context of its own, with OpenSSL's provider for PKCS#11 in it, for all keys. */
struct nacre_token;

void nacre_token_free(struct nacre_token *token);
void nacre_token_freep(struct nacre_token **token);

/** Whether the name of a key is a URI: "pkcs11:…". */
bool nacre_token_is_uri(const char *name);

/**
 * Looks at a URI before anything is done with it: a token is named in it, and no PIN.
 *
 * Errors: UNSAFE (a PIN, or where one is, which others can read); FORMAT (no token: a PIN would be
 * tried at each that there is). The messages do not repeat the URI.
 */
NACRE_CHECKED int nacre_token_check(const char *uri, struct nacre_err *err);

/**
 * Finds the one private key that a URI names.
 *
 * @param uri      trusted: nacre_token_check() has looked at it
 * @param pin      NULL: none was given
 * @param out_key  the caller's to free, before the token
 *
 * Errors: ARG (no PIN, or none that can be one); UNSAFE (several keys); NOT_FOUND (the provider is
 * not installed; no such token; no such key, or a wrong PIN: it does not say which); UNSUPPORTED
 * (the provider has no module that works); NOMEM.
 * Spec:   RFC 7512 (PKCS#11 URIs).
 */
NACRE_CHECKED int nacre_token_open(const char *uri, const char *pin, struct nacre_token **out_token,
	struct evp_pkey_st **out_key, struct nacre_err *err);

/** Whatever is done with the key is done in this context; borrowed. */
struct ossl_lib_ctx_st *nacre_token_context(const struct nacre_token *token);

#endif
