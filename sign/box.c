/* SPDX-License-Identifier: Apache-2.0 */
/*
 * All that nacre has from libsodium: memory for secrets, scrypt and secretbox, random bytes. What
 * the encrypted bytes mean, and how they are written down, is for keyfile.c.
 */
#include "sign/box.h"

#include "base/scope.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#define SCRYPT_N 65536
#define SCRYPT_R 8
#define SCRYPT_P 1

_Static_assert(NACRE_BOX_NONCE == crypto_secretbox_NONCEBYTES, "the nonce of secretbox");
_Static_assert(NACRE_BOX_MAC == crypto_secretbox_MACBYTES, "the MAC of secretbox");

/*
 * The library chooses its code for this CPU, and a canary for its memory, once; until then it may
 * not be used.
 */
static int start(struct nacre_err *err)
{
	return sodium_init() < 0 ? nacre_fail(err, NACRE_E_IO, "no random numbers to be had") : 0;
}

/*
 * sodium_malloc() locks the pages and keeps them out of core dumps, as far as the system lets it:
 * where RLIMIT_MEMLOCK is too small they are ordinary memory, which is wiped nevertheless.
 */
int nacre_secret_new(size_t len, struct nacre_secret *out_secret, struct nacre_err *err)
{
	int rc = start(err);

	if (rc)
		return rc;
	out_secret->data = sodium_malloc(len);
	if (!out_secret->data)
		return nacre_fail_nomem(err);
	sodium_memzero(out_secret->data, len);
	out_secret->len = len;
	return 0;
}

void nacre_secret_clear(struct nacre_secret *secret)
{
	sodium_free(secret->data); /* wipes it */
	secret->data = NULL;
	secret->len = 0;
}

void nacre_box_clear(struct nacre_box *box)
{
	nacre_buf_clear(&box->content);
	memset(box, 0, sizeof(*box));
}

static int derive(const struct nacre_box *box, const char *passphrase, struct nacre_secret *out_key,
	struct nacre_err *err)
{
	int rc = nacre_secret_new(crypto_secretbox_KEYBYTES, out_key, err);

	if (rc)
		return rc;
	/* It can fail only for want of memory: the parameters are in the right range. */
	if (crypto_pwhash_scryptsalsa208sha256_ll((const unsigned char *)passphrase,
		    strlen(passphrase), box->salt, sizeof(box->salt), box->n, SCRYPT_R, SCRYPT_P,
		    out_key->data, out_key->len))
		return nacre_fail_nomem(err);
	return 0;
}

int nacre_box_seal(const struct nacre_secret *plain, const char *passphrase,
	struct nacre_box *out_box, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_box_clear)
	struct nacre_box box = { .n = SCRYPT_N };
	NACRE_CLEANUP(nacre_secret_clear)
	struct nacre_secret key = NACRE_SECRET;
	int rc = start(err);

	if (rc)
		return rc;
	randombytes_buf(box.salt, sizeof(box.salt));
	randombytes_buf(box.nonce, sizeof(box.nonce));
	box.content.max = plain->len + NACRE_BOX_MAC;
	rc = nacre_buf_reserve(&box.content, box.content.max, err);
	if (rc == 0)
		rc = derive(&box, passphrase, &key, err);
	if (rc)
		return rc;
	(void)crypto_secretbox_easy(
		(unsigned char *)box.content.data, plain->data, plain->len, box.nonce, key.data);
	box.content.len = box.content.max;
	box.content.data[box.content.len] = '\0';
	*out_box = box;
	memset(&box, 0, sizeof(box));
	return 0;
}

int nacre_box_open(const struct nacre_box *box, const char *passphrase,
	struct nacre_secret *out_plain, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_secret_clear)
	struct nacre_secret plain = NACRE_SECRET;
	NACRE_CLEANUP(nacre_secret_clear)
	struct nacre_secret key = NACRE_SECRET;
	int rc = 0;
	int wrong;

	if (box->content.len < NACRE_BOX_MAC)
		rc = nacre_fail(err, NACRE_E_FORMAT, "too short to be encrypted");
	if (rc == 0)
		rc = nacre_secret_new(box->content.len - NACRE_BOX_MAC, &plain, err);
	if (rc == 0)
		rc = derive(box, passphrase, &key, err);
	if (rc)
		return rc;
	wrong = crypto_secretbox_open_easy(plain.data, (const unsigned char *)box->content.data,
		box->content.len, box->nonce, key.data);
	/* Damage looks the same, but a wrong passphrase is what it mostly is. */
	if (wrong)
		return nacre_fail(err, NACRE_E_ARG, "wrong passphrase");
	*out_plain = plain;
	memset(&plain, 0, sizeof(plain));
	return 0;
}
