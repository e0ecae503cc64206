/* SPDX-License-Identifier: Apache-2.0 */
/** Hashing bytes into digests. */
#ifndef NACRE_BASE_DIGEST_H
#define NACRE_BASE_DIGEST_H

#include "base/err.h"

struct nacre_hash; /* a digest that is being made */

/** SHA-256. Errors: NOMEM. */
NACRE_CHECKED int nacre_hash_new(struct nacre_hash **out_hash, struct nacre_err *err);

/** With the algorithm of `like`, to compare with it afterwards. Errors: NOMEM. */
NACRE_CHECKED int nacre_hash_new_like(
	const struct nacre_digest *like, struct nacre_hash **out_hash, struct nacre_err *err);
void nacre_hash_free(struct nacre_hash *hash);
void nacre_hash_freep(struct nacre_hash **hash);
void nacre_hash_add(struct nacre_hash *hash, const void *data, size_t len);

/** May be called once. */
void nacre_hash_finish(struct nacre_hash *hash, struct nacre_digest *out_digest);

/** The sha256 digest of some bytes. */
void nacre_digest_of(const void *data, size_t len, struct nacre_digest *out_digest);

/** The hex digits behind the colon. */
const char *nacre_digest_hex(const struct nacre_digest *digest);

/** The 32 bytes of a sha256 digest. */
void nacre_digest_raw(const struct nacre_digest *digest, unsigned char out_raw[32]);

/** The sha256 digest that has these bytes. */
void nacre_digest_from_raw(const unsigned char raw[32], struct nacre_digest *out_digest);

/** "sha256" or "sha512". */
const char *nacre_digest_algorithm(const struct nacre_digest *digest);

/** A digest all of whose bytes are zero, as nobody parsed it yet. */
bool nacre_digest_is_empty(const struct nacre_digest *digest);

#endif
