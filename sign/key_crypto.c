/* SPDX-License-Identifier: Apache-2.0 */
/*
 * All that nacre has from OpenSSL besides hashes. Files and their encryption are for key.c; which
 * keys count, and for what, for policy.c and verify.c.
 *
 * An EC key can be written down in several ways (named curve or parameters, compressed or not). Two
 * of them would have two fingerprints and count as two keys, so there is one form for each.
 */
#include "sign/key_crypto.h"

#include "base/scope.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <string.h>

#define RSA_LEAST_BITS 2048
#define RSA_MOST_BITS 16384

struct kind {
	enum nacre_key_type type;
	const char *name;
	const char *algorithm; /* as OpenSSL has it */
	bool is_made;
	const char *group;     /* of the curve, for making one */
	bool hashes;	       /* signs the SHA-256 of the message, not the message */
	size_t der_len;	       /* of its SPKI; 0: any */
	const char *der_begin; /* the bytes before the key proper, in hex */
};

static const struct kind kinds[] = {
	{ NACRE_KEY_ED25519, "Ed25519", "ED25519", true, NULL, false, 44,
		"302a300506032b6570032100" },
	{ NACRE_KEY_P256, "P-256", "EC", true, "P-256", true, 91,
		"3059301306072a8648ce3d020106082a8648ce3d03010703420004" },
	{ NACRE_KEY_P384, "P-384", "EC", false, NULL, true, 120,
		"3076301006072a8648ce3d020106052b8104002203620004" },
	{ NACRE_KEY_RSA, "RSA", "RSA", false, NULL, true, 0, "" },
};

#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

struct nacre_pkey {
	EVP_PKEY *evp;
	const struct kind *kind;
	bool is_private;
	char name[16];
};

static void free_evp(EVP_PKEY **evp)
{
	EVP_PKEY_free(*evp);
}

static void free_der(unsigned char **der)
{
	OPENSSL_free(*der);
}

static void free_context(EVP_MD_CTX **context)
{
	EVP_MD_CTX_free(*context);
}

static void free_pkcs8(PKCS8_PRIV_KEY_INFO **info)
{
	PKCS8_PRIV_KEY_INFO_free(*info); /* wipes the key in it */
}

/* What the library has to say is of no use to the user; left there, it would be told to another. */
static int refuse(struct nacre_err *err, enum nacre_code code, const char *what)
{
	ERR_clear_error();
	return nacre_fail(err, code, "%s", what);
}

void nacre_pkey_free(struct nacre_pkey *pkey)
{
	if (pkey)
		EVP_PKEY_free(pkey->evp);
	free(pkey);
}

void nacre_pkey_freep(struct nacre_pkey **pkey)
{
	nacre_pkey_free(*pkey);
}

static bool begins_with(const unsigned char *der, size_t len, const char *hex)
{
	for (; *hex; hex += 2, der++, len--) {
		char byte[3];

		if (len == 0)
			return false;
		(void)snprintf(byte, sizeof(byte), "%02x", *der);
		if (memcmp(byte, hex, 2) != 0)
			return false;
	}
	return true;
}

/* By the bytes of the public half, which say curve and form. */
static const struct kind *find_kind(const EVP_PKEY *evp, const unsigned char *der, size_t len)
{
	for (size_t i = 0; i < KINDS; i++) {
		const struct kind *kind = &kinds[i];

		if (EVP_PKEY_is_a(evp, kind->algorithm) &&
			(kind->der_len == 0 || kind->der_len == len) &&
			begins_with(der, len, kind->der_begin))
			return kind;
	}
	return NULL;
}

static int wrap(
	EVP_PKEY **evp, bool is_private, struct nacre_pkey **out_pkey, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_pkey_freep)
	struct nacre_pkey *pkey = calloc(1, sizeof(*pkey));
	NACRE_CLEANUP(free_der)
	unsigned char *der = NULL;
	int bits = EVP_PKEY_get_bits(*evp);
	int len;

	if (!pkey)
		return nacre_fail_nomem(err);
	len = i2d_PUBKEY(*evp, &der);
	if (len <= 0 || !der)
		return refuse(err, NACRE_E_UNSUPPORTED, "a key of a kind that is not known");
	pkey->kind = find_kind(*evp, der, (size_t)len);
	if (!pkey->kind)
		return refuse(err, NACRE_E_UNSUPPORTED,
			"a key other than Ed25519, RSA, or an uncompressed P-256 or P-384");
	if (pkey->kind->type == NACRE_KEY_RSA && (bits < RSA_LEAST_BITS || bits > RSA_MOST_BITS))
		return nacre_fail(err, NACRE_E_UNSUPPORTED, "an RSA key of %d bits, not %d to %d",
			bits, RSA_LEAST_BITS, RSA_MOST_BITS);
	(void)snprintf(pkey->name, sizeof(pkey->name),
		pkey->kind->type == NACRE_KEY_RSA ? "%s-%d" : "%s", pkey->kind->name, bits);
	pkey->is_private = is_private;
	pkey->evp = nacre_steal(evp);
	*out_pkey = nacre_steal(&pkey);
	return 0;
}

int nacre_pkey_new(enum nacre_key_type type, struct nacre_pkey **out_pkey, struct nacre_err *err)
{
	NACRE_CLEANUP(free_evp)
	EVP_PKEY *evp = NULL;
	const struct kind *kind = NULL;

	for (size_t i = 0; i < KINDS; i++) {
		if (kinds[i].type == type && kinds[i].is_made)
			kind = &kinds[i];
	}
	if (!kind)
		return nacre_fail(err, NACRE_E_UNSUPPORTED,
			"only Ed25519 and P-256 keys are made: others do not work everywhere");
	evp = EVP_PKEY_Q_keygen(NULL, NULL, kind->algorithm, kind->group);
	if (!evp)
		return refuse(err, NACRE_E_NOMEM, "a key could not be made");
	return wrap(&evp, true, out_pkey, err);
}

int nacre_pkey_parse_public(
	const void *der, size_t len, struct nacre_pkey **out_pkey, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_pkey_freep)
	struct nacre_pkey *pkey = NULL;
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf again = NACRE_BUF(NACRE_SPKI_BYTES);
	NACRE_CLEANUP(free_evp)
	EVP_PKEY *evp = NULL;
	const unsigned char *at = der;
	int rc;

	if (len > NACRE_SPKI_BYTES)
		return nacre_fail(err, NACRE_E_LIMIT, "more than %d bytes", NACRE_SPKI_BYTES);
	evp = d2i_PUBKEY(NULL, &at, (long)len);
	if (!evp)
		return refuse(err, NACRE_E_FORMAT, "not a public key");
	rc = wrap(&evp, false, &pkey, err);
	if (rc == 0)
		rc = nacre_pkey_emit_public(pkey, &again, err);
	if (rc)
		return rc;
	if (again.len != len || memcmp(again.data, der, len) != 0)
		return nacre_fail(err, NACRE_E_FORMAT, "a public key that is not in DER");
	*out_pkey = nacre_steal(&pkey);
	return 0;
}

/* A private key whose public half is another's would make signatures that nobody can verify. */
static int check_pair(const struct nacre_pkey *pkey, struct nacre_err *err)
{
	static const char message[] = "nacre";
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf signature = NACRE_BUF(NACRE_SIGNATURE_BYTES);
	int rc;

	rc = nacre_pkey_sign(pkey, message, sizeof(message), &signature, err);
	if (rc == 0 &&
		!nacre_pkey_verify(pkey, message, sizeof(message), signature.data, signature.len))
		rc = nacre_fail(
			err, NACRE_E_FORMAT, "a private key whose public half is another one's");
	return rc;
}

int nacre_pkey_parse_private(
	const void *der, size_t len, struct nacre_pkey **out_pkey, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_pkey_freep)
	struct nacre_pkey *pkey = NULL;
	NACRE_CLEANUP(free_pkcs8)
	PKCS8_PRIV_KEY_INFO *info = NULL;
	NACRE_CLEANUP(free_evp)
	EVP_PKEY *evp = NULL;
	const unsigned char *at = der;
	int rc;

	if (len > NACRE_PKCS8_BYTES)
		return nacre_fail(err, NACRE_E_LIMIT, "more than %d bytes", NACRE_PKCS8_BYTES);
	info = d2i_PKCS8_PRIV_KEY_INFO(NULL, &at, (long)len);
	if (!info || at != (const unsigned char *)der + len)
		return refuse(err, NACRE_E_FORMAT, "not a private key in PKCS#8");
	evp = EVP_PKCS82PKEY(info);
	if (!evp)
		return refuse(err, NACRE_E_FORMAT, "not a private key that can be used");
	rc = wrap(&evp, true, &pkey, err);
	if (rc == 0)
		rc = check_pair(pkey, err);
	if (rc == 0)
		*out_pkey = nacre_steal(&pkey);
	return rc;
}

int nacre_pkey_emit_public(
	const struct nacre_pkey *pkey, struct nacre_buf *out_der, struct nacre_err *err)
{
	NACRE_CLEANUP(free_der)
	unsigned char *der = NULL;
	int len = i2d_PUBKEY(pkey->evp, &der);

	if (len <= 0 || !der)
		return refuse(err, NACRE_E_NOMEM, "out of memory");
	return nacre_buf_add(out_der, der, (size_t)len, err);
}

int nacre_pkey_emit_private(
	const struct nacre_pkey *pkey, struct nacre_secret *out_der, struct nacre_err *err)
{
	NACRE_CLEANUP(free_pkcs8)
	PKCS8_PRIV_KEY_INFO *info = EVP_PKEY2PKCS8(pkey->evp);
	unsigned char *at;
	int len = info ? i2d_PKCS8_PRIV_KEY_INFO(info, NULL) : -1;
	int rc;

	if (len <= 0)
		return refuse(err, NACRE_E_NOMEM, "out of memory");
	rc = nacre_secret_new((size_t)len, out_der, err);
	if (rc)
		return rc;
	at = out_der->data;
	(void)i2d_PKCS8_PRIV_KEY_INFO(info, &at);
	return 0;
}

const char *nacre_pkey_name(const struct nacre_pkey *pkey)
{
	return pkey->name;
}

bool nacre_pkey_is_private(const struct nacre_pkey *pkey)
{
	return pkey->is_private;
}

static const EVP_MD *hash_of(const struct nacre_pkey *pkey)
{
	return pkey->kind->hashes ? EVP_sha256() : NULL;
}

int nacre_pkey_sign(const struct nacre_pkey *pkey, const void *message, size_t len,
	struct nacre_buf *out_signature, struct nacre_err *err)
{
	NACRE_CLEANUP(free_context)
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	unsigned char signature[NACRE_SIGNATURE_BYTES];
	size_t signature_len = sizeof(signature);

	if (!pkey->is_private)
		return nacre_fail(err, NACRE_E_ARG, "a public key cannot sign");
	if (!context || EVP_DigestSignInit(context, NULL, hash_of(pkey), NULL, pkey->evp) != 1 ||
		EVP_DigestSign(context, signature, &signature_len, message, len) != 1)
		return refuse(err, NACRE_E_FORMAT, "a private key that does not sign");
	return nacre_buf_add(out_signature, signature, signature_len, err);
}

bool nacre_pkey_verify(const struct nacre_pkey *pkey, const void *message, size_t len,
	const void *signature, size_t signature_len)
{
	NACRE_CLEANUP(free_context)
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	bool good;

	good = context &&
		EVP_DigestVerifyInit(context, NULL, hash_of(pkey), NULL, pkey->evp) == 1 &&
		EVP_DigestVerify(context, signature, signature_len, message, len) == 1;
	/* A wrong signature leaves its reasons in the queue. */
	ERR_clear_error();
	return good;
}
