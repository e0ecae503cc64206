/* SPDX-License-Identifier: Apache-2.0 */
/** Secrets, and the box that encrypted keys lie in. */
#ifndef NACRE_SIGN_BOX_H
#define NACRE_SIGN_BOX_H

#include "base/buf.h"

/* ----------------------------------------------------------------- secrets */

/**
 * Bytes of a fixed number that are wiped before they are freed, and until then are between guard
 * pages, in no core dump, and not swapped out where RLIMIT_MEMLOCK allows it. All zero is the empty
 * secret.
 */
struct nacre_secret {
	unsigned char *data;
	size_t len;
};

#define NACRE_SECRET                                                                               \
	{                                                                                          \
		NULL, 0                                                                            \
	}

/** Zeroed. @param out_secret  taken as empty. Errors: NOMEM, IO (no random numbers). */
NACRE_CHECKED int nacre_secret_new(
	size_t len, struct nacre_secret *out_secret, struct nacre_err *err);
void nacre_secret_clear(struct nacre_secret *secret);

/* ------------------------------------------------------------------ boxes */

#define NACRE_BOX_SALT 32
#define NACRE_BOX_NONCE 24
#define NACRE_BOX_MAC 16

/** What one needs, besides the passphrase, to open a box; none of it is secret. */
struct nacre_box {
	uint64_t n; /* scrypt's N; r is 8 and p is 1 */
	unsigned char salt[NACRE_BOX_SALT];
	unsigned char nonce[NACRE_BOX_NONCE];
	struct nacre_buf content; /* MAC and encrypted bytes */
};

void nacre_box_clear(struct nacre_box *box);

/**
 * Encrypts with a key from a passphrase, fresh salt and nonce, N = 65536.
 *
 * @param out_box  taken as empty
 * Errors: NOMEM, IO (no random numbers).
 */
NACRE_CHECKED int nacre_box_seal(const struct nacre_secret *plain, const char *passphrase,
	struct nacre_box *out_box, struct nacre_err *err);

/**
 * @param box        its n is trusted: nacre_keyfile_parse() has looked at it
 * @param out_plain  taken as empty
 * Errors: ARG (wrong passphrase); FORMAT (too short); NOMEM, IO (no random numbers).
 * Spec:   RFC 7914 (scrypt).
 */
NACRE_CHECKED int nacre_box_open(const struct nacre_box *box, const char *passphrase,
	struct nacre_secret *out_plain, struct nacre_err *err);

#endif
