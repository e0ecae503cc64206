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
#include "sign/token.h"

#include <endian.h>
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
	size_t private_len;    /* of the number that is secret; 0: it is not one number */
	const char *pkcs8_begin, *pkcs8_middle; /* before it, and between it and the public half */
};

static const struct kind kinds[] = {
	{ NACRE_KEY_ED25519, "Ed25519", "ED25519", true, NULL, false, 44,
		"302a300506032b6570032100", 32, "302e020100300506032b657004220420", NULL },
	{ NACRE_KEY_P256, "P-256", "EC", true, "P-256", true, 91,
		"3059301306072a8648ce3d020106082a8648ce3d03010703420004", 32,
		"308187020100301306072a8648ce3d020106082a8648ce3d030107046d306b0201010420",
		"a14403420004" },
	{ NACRE_KEY_P384, "P-384", "EC", false, NULL, true, 120,
		"3076301006072a8648ce3d020106052b8104002203620004", 48,
		"3081b6020100301006072a8648ce3d020106052b8104002204819e30819b0201010430",
		"a16403620004" },
	{ NACRE_KEY_RSA, "RSA", "RSA", false, NULL, true, 0, "", 0, NULL, NULL },
};

#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

struct nacre_pkey {
	EVP_PKEY *evp;
	EVP_PKEY *half;		   /* of a key in a token: what verifies; NULL: evp does */
	struct nacre_token *token; /* where evp is; NULL: in memory */
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
	if (pkey) {
		EVP_PKEY_free(pkey->half);
		EVP_PKEY_free(pkey->evp);
		nacre_token_free(pkey->token);
	}
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

/*
 * Ed25519 in the one form that everybody writes. OpenSSL, when it decodes a key, leaves copies of
 * it in memory that it frees without wiping, and none when it is given the number.
 */
static EVP_PKEY *parse_ed25519(const unsigned char *der, size_t len)
{
	const struct kind *kind = &kinds[0]; /* its row */
	size_t begin = strlen(kind->pkcs8_begin) / 2;

	if (len != begin + kind->private_len || !begins_with(der, len, kind->pkcs8_begin))
		return NULL;
	return EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, der + begin, kind->private_len);
}

static int parse_pkcs8(
	const unsigned char *der, size_t len, EVP_PKEY **out_evp, struct nacre_err *err)
{
	const unsigned char *at = der;
	NACRE_CLEANUP(free_pkcs8)
	PKCS8_PRIV_KEY_INFO *info = d2i_PKCS8_PRIV_KEY_INFO(NULL, &at, (long)len);

	if (!info || at != der + len)
		return refuse(err, NACRE_E_FORMAT, "not a private key in PKCS#8");
	*out_evp = EVP_PKCS82PKEY(info);
	if (!*out_evp)
		return refuse(err, NACRE_E_FORMAT, "not a private key that can be used");
	return 0;
}

int nacre_pkey_parse_private(
	const void *der, size_t len, struct nacre_pkey **out_pkey, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_pkey_freep)
	struct nacre_pkey *pkey = NULL;
	NACRE_CLEANUP(free_evp)
	EVP_PKEY *evp = NULL;
	int rc = 0;

	if (len > NACRE_PKCS8_BYTES)
		return nacre_fail(err, NACRE_E_LIMIT, "more than %d bytes", NACRE_PKCS8_BYTES);
	evp = parse_ed25519(der, len);
	if (!evp)
		rc = parse_pkcs8(der, len, &evp, err);
	if (rc == 0)
		rc = wrap(&evp, true, &pkey, err);
	if (rc == 0)
		rc = check_pair(pkey, err);
	if (rc == 0)
		*out_pkey = nacre_steal(&pkey);
	return rc;
}

/* What a token has of the public half is read once, and used in its one form from then on. */
static int set_half(struct nacre_pkey *pkey, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_pkey_freep)
	struct nacre_pkey *half = NULL;
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf spki = NACRE_BUF(NACRE_SPKI_BYTES);
	int rc = nacre_pkey_emit_public(pkey, &spki, err);

	if (rc == 0)
		rc = nacre_pkey_parse_public(spki.data, spki.len, &half, err);
	if (rc == 0)
		pkey->half = nacre_steal(&half->evp);
	return rc;
}

int nacre_pkey_open_token(
	const char *uri, const char *pin, struct nacre_pkey **out_pkey, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_token_freep)
	struct nacre_token *token = NULL;
	NACRE_CLEANUP(free_evp)
	EVP_PKEY *evp = NULL;
	NACRE_CLEANUP(nacre_pkey_freep)
	struct nacre_pkey *pkey = NULL;
	int rc = nacre_token_open(uri, pin, &token, &evp, err);

	if (rc == 0 && i2d_PUBKEY(evp, NULL) <= 0) /* on a curve it is not in the private half */
		rc = refuse(err, NACRE_E_UNSUPPORTED,
			"a private key without its public half in the token");
	if (rc == 0)
		rc = wrap(&evp, true, &pkey, err);
	if (rc)
		return rc;
	pkey->token = nacre_steal(&token);
	rc = set_half(pkey, err);
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

static unsigned char nibble(char c)
{
	return (unsigned char)(c <= '9' ? c - '0' : c - 'a' + 10);
}

static unsigned char *put_hex(unsigned char *at, const char *hex)
{
	for (; hex && *hex; hex += 2)
		*at++ = (unsigned char)(nibble(hex[0]) << 4 | nibble(hex[1]));
	return at;
}

/*
 * The secret number, big-endian as DER has it. As a parameter it is copied to here alone;
 * EVP_PKEY_get_raw_private_key() leaves another copy.
 */
static bool put_number(const struct nacre_pkey *pkey, unsigned char *at)
{
	size_t len = pkey->kind->private_len;
	bool is_bytes = pkey->kind->type == NACRE_KEY_ED25519;
	OSSL_PARAM params[] = {
		{ "priv", is_bytes ? OSSL_PARAM_OCTET_STRING : OSSL_PARAM_UNSIGNED_INTEGER, at, len,
			0 },
		{ NULL, 0, NULL, 0, 0 },
	};

	if (EVP_PKEY_get_params(pkey->evp, params) != 1 || params[0].return_size != len)
		return false;
	/* A number comes in the order of the machine, with zeros up to its length. */
	for (size_t i = 0; !is_bytes && BYTE_ORDER == LITTLE_ENDIAN && i < len / 2; i++) {
		unsigned char byte = at[i];

		at[i] = at[len - 1 - i];
		at[len - 1 - i] = byte;
	}
	return true;
}

/*
 * OpenSSL, when it encodes a key, leaves copies of it in memory that it frees without wiping. So
 * the keys that are one number are put together here: all but that and the public half is fixed.
 */
static int emit_number(
	const struct nacre_pkey *pkey, struct nacre_secret *out_der, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf spki = NACRE_BUF(NACRE_SPKI_BYTES);
	const struct kind *kind = pkey->kind;
	size_t begin = strlen(kind->pkcs8_begin) / 2, spki_begin = strlen(kind->der_begin) / 2;
	size_t middle = kind->pkcs8_middle ? strlen(kind->pkcs8_middle) / 2 : 0;
	size_t rest = middle > 0 ? kind->der_len - spki_begin : 0;
	unsigned char *at;
	int rc;

	rc = nacre_pkey_emit_public(pkey, &spki, err);
	if (rc == 0)
		rc = nacre_secret_new(begin + kind->private_len + middle + rest, out_der, err);
	if (rc)
		return rc;
	at = put_hex(out_der->data, kind->pkcs8_begin);
	if (!put_number(pkey, at))
		return refuse(err, NACRE_E_NOMEM, "a private key that cannot be written down");
	at = put_hex(at + kind->private_len, kind->pkcs8_middle);
	memcpy(at, spki.data + spki_begin, rest);
	return 0;
}

int nacre_pkey_emit_private(
	const struct nacre_pkey *pkey, struct nacre_secret *out_der, struct nacre_err *err)
{
	NACRE_CLEANUP(free_pkcs8)
	PKCS8_PRIV_KEY_INFO *info = NULL;
	unsigned char *at;
	int len, rc;

	if (pkey->token)
		return nacre_fail(err, NACRE_E_ARG,
			"a key in a token stays there, and cannot be written down");
	if (pkey->kind->private_len > 0)
		return emit_number(pkey, out_der, err);
	info = EVP_PKEY2PKCS8(pkey->evp);
	len = info ? i2d_PKCS8_PRIV_KEY_INFO(info, NULL) : -1;
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

static bool begin_signing(const struct nacre_pkey *pkey, EVP_MD_CTX *context)
{
	OSSL_LIB_CTX *library = pkey->token ? nacre_token_context(pkey->token) : NULL;

	return EVP_DigestSignInit_ex(context, NULL, pkey->kind->hashes ? "SHA256" : NULL, library,
		       NULL, pkey->evp, NULL) == 1;
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
	if (!context || !begin_signing(pkey, context) ||
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
		EVP_DigestVerifyInit(context, NULL, hash_of(pkey), NULL,
			pkey->half ? pkey->half : pkey->evp) == 1 &&
		EVP_DigestVerify(context, signature, signature_len, message, len) == 1;
	/* A wrong signature leaves its reasons in the queue. */
	ERR_clear_error();
	return good;
}
