/* SPDX-License-Identifier: Apache-2.0 */
/* Digests as text, and hashing through OpenSSL. */
#include "base/digest.h"

#include <openssl/evp.h>

#include <stdlib.h>
#include <string.h>

struct algorithm {
	const char *name;
	size_t hex_digits;
	const EVP_MD *(*md)(void);
};

static const struct algorithm algorithms[] = {
	{ "sha256", 64, EVP_sha256 },
	{ "sha512", 128, EVP_sha512 },
};

struct nacre_hash {
	EVP_MD_CTX *ctx;
	const struct algorithm *algorithm;
};

static const struct algorithm *find_algorithm(const char *text)
{
	for (size_t i = 0; i < sizeof(algorithms) / sizeof(algorithms[0]); i++) {
		size_t len = strlen(algorithms[i].name);

		if (strncmp(text, algorithms[i].name, len) == 0 && text[len] == ':')
			return &algorithms[i];
	}
	return NULL;
}

static bool is_algorithm_name(const char *text, size_t len)
{
	static const char alnum[] = "abcdefghijklmnopqrstuvwxyz0123456789";
	bool want_alnum = true;

	for (size_t i = 0; i < len; i++) {
		if (strchr(alnum, text[i]))
			want_alnum = false;
		else if (!want_alnum && strchr("+._-", text[i]))
			want_alnum = true;
		else
			return false;
	}
	return len > 0 && !want_alnum;
}

int nacre_digest_parse(const char *text, struct nacre_digest *out_digest, struct nacre_err *err)
{
	const struct algorithm *algorithm = find_algorithm(text);
	const char *colon = strchr(text, ':');
	const char *hex;

	if (!algorithm) {
		if (colon && is_algorithm_name(text, (size_t)(colon - text)))
			return nacre_fail(err, NACRE_E_UNSUPPORTED,
				"digest '%.80s': algorithm is not sha256 or sha512", text);
		return nacre_fail(err, NACRE_E_FORMAT, "'%.80s' is not a digest", text);
	}
	hex = colon + 1;
	if (strlen(hex) != algorithm->hex_digits ||
		strspn(hex, "0123456789abcdef") != algorithm->hex_digits)
		return nacre_fail(err, NACRE_E_FORMAT,
			"digest '%.80s': %s wants %zu lower-case hex digits", text, algorithm->name,
			algorithm->hex_digits);
	memset(out_digest, 0, sizeof(*out_digest));
	memcpy(out_digest->text, text, strlen(text));
	return 0;
}

bool nacre_digest_equal(const struct nacre_digest *a, const struct nacre_digest *b)
{
	return strcmp(a->text, b->text) == 0;
}

static unsigned nibble(char digit)
{
	return (unsigned)(digit <= '9' ? digit - '0' : digit - 'a' + 10);
}

void nacre_digest_raw(const struct nacre_digest *digest, unsigned char out_raw[32])
{
	const char *hex = nacre_digest_hex(digest);

	for (size_t i = 0; i < 32; i++)
		out_raw[i] = (unsigned char)(nibble(hex[2 * i]) << 4 | nibble(hex[2 * i + 1]));
}

const char *nacre_digest_hex(const struct nacre_digest *digest)
{
	return digest->text[0] ? digest->text + 7 : digest->text;
}

const char *nacre_digest_algorithm(const struct nacre_digest *digest)
{
	const struct algorithm *algorithm = find_algorithm(digest->text);

	return algorithm ? algorithm->name : "";
}

bool nacre_digest_is_empty(const struct nacre_digest *digest)
{
	return digest->text[0] == '\0';
}

static int new_hash(
	const struct algorithm *algorithm, struct nacre_hash **out_hash, struct nacre_err *err)
{
	struct nacre_hash *hash = calloc(1, sizeof(*hash));

	if (!hash)
		return nacre_fail_nomem(err);
	hash->algorithm = algorithm;
	hash->ctx = EVP_MD_CTX_new();
	if (!hash->ctx || EVP_DigestInit_ex(hash->ctx, algorithm->md(), NULL) != 1) {
		nacre_hash_free(hash);
		return nacre_fail_nomem(err);
	}
	*out_hash = hash;
	return 0;
}

int nacre_hash_new(struct nacre_hash **out_hash, struct nacre_err *err)
{
	return new_hash(&algorithms[0], out_hash, err);
}

int nacre_hash_new_like(
	const struct nacre_digest *like, struct nacre_hash **out_hash, struct nacre_err *err)
{
	const struct algorithm *algorithm = find_algorithm(like->text);

	return new_hash(algorithm ? algorithm : &algorithms[0], out_hash, err);
}

void nacre_hash_free(struct nacre_hash *hash)
{
	if (!hash)
		return;
	EVP_MD_CTX_free(hash->ctx);
	free(hash);
}

void nacre_hash_freep(struct nacre_hash **hash)
{
	nacre_hash_free(*hash);
	*hash = NULL;
}

void nacre_hash_add(struct nacre_hash *hash, const void *data, size_t len)
{
	/* Cannot fail for the SHA-2 of the default provider once init has worked. */
	if (EVP_DigestUpdate(hash->ctx, data, len) != 1)
		abort();
}

static void put_text(const struct algorithm *algorithm, const unsigned char *raw, size_t len,
	struct nacre_digest *out_digest)
{
	static const char hex[] = "0123456789abcdef";
	char *at;

	memset(out_digest, 0, sizeof(*out_digest));
	at = stpcpy(out_digest->text, algorithm->name);
	*at++ = ':';
	for (size_t i = 0; i < len; i++) {
		*at++ = hex[raw[i] >> 4];
		*at++ = hex[raw[i] & 15];
	}
}

void nacre_hash_finish(struct nacre_hash *hash, struct nacre_digest *out_digest)
{
	unsigned char raw[EVP_MAX_MD_SIZE];
	unsigned len = 0;

	if (EVP_DigestFinal_ex(hash->ctx, raw, &len) != 1)
		abort();
	put_text(hash->algorithm, raw, len, out_digest);
}

void nacre_digest_of(const void *data, size_t len, struct nacre_digest *out_digest)
{
	unsigned char raw[EVP_MAX_MD_SIZE];
	unsigned raw_len = 0;

	if (EVP_Digest(data, len, raw, &raw_len, EVP_sha256(), NULL) != 1)
		abort();
	put_text(&algorithms[0], raw, raw_len, out_digest);
}

void nacre_digest_from_raw(const unsigned char raw[32], struct nacre_digest *out_digest)
{
	put_text(&algorithms[0], raw, 32, out_digest);
}
