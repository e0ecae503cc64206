/* SPDX-License-Identifier: Apache-2.0 */
/** Keys, for those who sign and verify with them. */
#ifndef NACRE_SIGN_KEY_H
#define NACRE_SIGN_KEY_H

#include "base/buf.h"

#include <nacre/sign.h>

void nacre_key_freep(struct nacre_key **key);

/** nacre_key_load(), with the path seen from a directory unless it is absolute. */
NACRE_CHECKED int nacre_key_load_from(int at, const char *path, const char *passphrase,
	unsigned flags, struct nacre_key **out_key, struct nacre_err *err);

/** @param out_signature  appended to. Errors: ARG (a public key); LIMIT, NOMEM. */
NACRE_CHECKED int nacre_key_sign(const struct nacre_key *key, const void *message, size_t len,
	struct nacre_buf *out_signature, struct nacre_err *err);

/** Whether the signature is good. */
bool nacre_key_verify(const struct nacre_key *key, const void *message, size_t len,
	const void *signature, size_t signature_len);

#endif
