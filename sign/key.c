/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keys and what they are as text. The mathematics is in key_crypto.c, the encryption in box.c, how
 * that is written down in keyfile.c, and how it gets into files in key_store.c.
 */
#include "sign/key.h"

#include "base/base64.h"
#include "base/digest.h"
#include "base/file.h"
#include "sign/key_crypto.h"
#include "sign/keyfile.h"
#include "sign/pem.h"
#include "sign/token.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define LABEL_PUBLIC "PUBLIC KEY"
#define LABEL_PLAIN "PRIVATE KEY"
#define LABEL_SIGSTORE "ENCRYPTED SIGSTORE PRIVATE KEY"
#define LABEL_COSIGN "ENCRYPTED COSIGN PRIVATE KEY"

#define ID_BYTES 32
#define ID_TEXT 65

struct nacre_key {
	struct nacre_pkey *pkey;
	struct nacre_buf spki;
	struct nacre_buf hint;
	char id[ID_TEXT];
};

/* What each kind of PEM block holds. */
typedef int parse_fn(const struct nacre_pem *pem, const char *passphrase, unsigned flags,
	struct nacre_pkey **out_pkey, struct nacre_err *err);

void nacre_key_free(struct nacre_key *key)
{
	if (!key)
		return;
	nacre_pkey_free(key->pkey);
	nacre_buf_clear(&key->spki);
	nacre_buf_clear(&key->hint);
	free(key);
}

void nacre_key_freep(struct nacre_key **key)
{
	nacre_key_free(*key);
}

static unsigned char nibble(char c)
{
	return (unsigned char)(c <= '9' ? c - '0' : c - 'a' + 10);
}

static int set_id(struct nacre_key *key, struct nacre_err *err)
{
	struct nacre_digest digest;
	unsigned char raw[ID_BYTES];
	const char *hex;

	nacre_digest_of(key->spki.data, key->spki.len, &digest);
	hex = nacre_digest_hex(&digest);
	(void)snprintf(key->id, sizeof(key->id), "%s", hex);
	for (size_t i = 0; i < ID_BYTES; i++)
		raw[i] = (unsigned char)(nibble(hex[2 * i]) << 4 | nibble(hex[2 * i + 1]));
	return nacre_base64_emit(raw, sizeof(raw), &key->hint, err);
}

/* Takes *pkey. */
static int make_key(struct nacre_pkey **pkey, struct nacre_key **out_key, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_key_freep)
	struct nacre_key *key = calloc(1, sizeof(*key));
	int rc;

	if (!key)
		return nacre_fail_nomem(err);
	key->spki.max = NACRE_SPKI_BYTES;
	key->hint.max = ID_TEXT;
	key->pkey = nacre_steal(pkey);
	rc = nacre_pkey_emit_public(key->pkey, &key->spki, err);
	if (rc == 0)
		rc = set_id(key, err);
	if (rc == 0)
		*out_key = nacre_steal(&key);
	return rc;
}

int nacre_key_new(enum nacre_key_type type, struct nacre_key **out_key, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_pkey_freep)
	struct nacre_pkey *pkey = NULL;
	int rc = nacre_pkey_new(type, &pkey, err);

	return rc ? rc : make_key(&pkey, out_key, err);
}

static int parse_public(const struct nacre_pem *pem, const char *passphrase, unsigned flags,
	struct nacre_pkey **out_pkey, struct nacre_err *err)
{
	(void)passphrase;
	(void)flags;
	return nacre_pkey_parse_public(pem->content.data, pem->content.len, out_pkey, err);
}

static int parse_plain(const struct nacre_pem *pem, const char *passphrase, unsigned flags,
	struct nacre_pkey **out_pkey, struct nacre_err *err)
{
	(void)passphrase;
	if (!(flags & NACRE_KEY_PLAIN))
		return nacre_fail(err, NACRE_E_ARG, "a private key that is not encrypted");
	return nacre_pkey_parse_private(pem->content.data, pem->content.len, out_pkey, err);
}

static int parse_encrypted(const struct nacre_pem *pem, const char *passphrase, unsigned flags,
	struct nacre_pkey **out_pkey, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_secret_clear)
	struct nacre_secret plain = NACRE_SECRET;
	NACRE_CLEANUP(nacre_box_clear)
	struct nacre_box box = { 0 };
	int rc;

	(void)flags;
	rc = nacre_keyfile_parse(pem->content.data, pem->content.len, &box, err);
	if (rc)
		return rc;
	if (!passphrase)
		return nacre_fail(err, NACRE_E_ARG, "an encrypted key, and no passphrase");
	rc = nacre_box_open(&box, passphrase, &plain, err);
	if (rc == 0)
		rc = nacre_pkey_parse_private(plain.data, plain.len, out_pkey, err);
	return rc;
}

static const struct {
	const char *label;
	parse_fn *parse;
} blocks[] = {
	{ LABEL_PUBLIC, parse_public },
	{ LABEL_SIGSTORE, parse_encrypted },
	{ LABEL_COSIGN, parse_encrypted },
	{ LABEL_PLAIN, parse_plain },
};

int nacre_key_parse(const char *data, size_t len, const char *passphrase, unsigned flags,
	struct nacre_key **out_key, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_pkey_freep)
	struct nacre_pkey *pkey = NULL;
	NACRE_CLEANUP(nacre_pem_clear)
	struct nacre_pem pem = { "", NACRE_SECRET };
	int rc;

	if (len > NACRE_KEYFILE_BYTES)
		return nacre_fail(
			err, NACRE_E_LIMIT, "a key of more than %d bytes", NACRE_KEYFILE_BYTES);
	rc = nacre_pem_parse(data, len, &pem, err);
	if (rc)
		return rc;
	for (size_t i = 0; i < sizeof(blocks) / sizeof(blocks[0]); i++) {
		if (strcmp(blocks[i].label, pem.label) != 0)
			continue;
		rc = blocks[i].parse(&pem, passphrase, flags, &pkey, err);
		return rc ? rc : make_key(&pkey, out_key, err);
	}
	return nacre_fail(err, NACRE_E_UNSUPPORTED, "'%s' is no key that nacre reads", pem.label);
}

/* Into a secret, and not into a buffer that would leave copies behind as it grows. */
static int read_file(int at, const char *path, struct nacre_secret *out_text, size_t *out_len,
	struct nacre_err *err)
{
	nacre_autofd int fd = -1;
	ssize_t got;
	int rc;

	rc = nacre_file_open_from(at, path, &fd, NULL, err);
	if (rc == 0)
		rc = nacre_secret_new(NACRE_KEYFILE_BYTES + 1, out_text, err);
	if (rc)
		return rc;
	*out_len = 0;
	do {
		got = read(fd, out_text->data + *out_len, out_text->len - *out_len);
		if (got < 0 && errno != EINTR)
			return nacre_fail_os(err, "%s", path);
		*out_len += got > 0 ? (size_t)got : 0;
	} while (got != 0 && *out_len < out_text->len);
	return 0;
}

int nacre_key_load_from(int at, const char *path, const char *passphrase, unsigned flags,
	struct nacre_key **out_key, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_secret_clear)
	struct nacre_secret text = NACRE_SECRET;
	size_t len = 0;
	int rc;

	rc = read_file(at, path, &text, &len, err);
	if (rc)
		return rc;
	rc = nacre_key_parse((const char *)text.data, len, passphrase, flags, out_key, err);
	return rc ? nacre_within(err, rc, "%s", path) : 0;
}

int nacre_key_load(const char *path, const char *passphrase, unsigned flags,
	struct nacre_key **out_key, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_pkey_freep)
	struct nacre_pkey *pkey = NULL;
	int rc;

	if (!nacre_token_is_uri(path))
		return nacre_key_load_from(AT_FDCWD, path, passphrase, flags, out_key, err);
	rc = nacre_token_check(path, err);
	if (rc) /* and not its name, which may have a PIN in it */
		return rc;
	rc = nacre_pkey_open_token(path, passphrase, &pkey, err);
	if (rc == 0)
		rc = make_key(&pkey, out_key, err);
	return rc ? nacre_within(err, rc, "%.256s", path) : 0;
}

int nacre_key_emit_private(
	const struct nacre_key *key, const char *passphrase, char **out_text, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_secret_clear)
	struct nacre_secret plain = NACRE_SECRET;
	NACRE_CLEANUP(nacre_box_clear)
	struct nacre_box box = { 0 };
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf json = NACRE_BUF(0);
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf text = NACRE_BUF(NACRE_KEYFILE_BYTES);
	int rc;

	if (!nacre_key_is_private(key))
		return nacre_fail(err, NACRE_E_ARG, "a public key has no private half");
	if (!passphrase)
		return nacre_fail(err, NACRE_E_ARG, "no passphrase to encrypt the key with");
	rc = nacre_pkey_emit_private(key->pkey, &plain, err);
	if (rc == 0)
		rc = nacre_box_seal(&plain, passphrase, &box, err);
	if (rc == 0)
		rc = nacre_keyfile_emit(&box, &json, err);
	if (rc == 0)
		rc = nacre_pem_emit(LABEL_SIGSTORE, json.data, json.len, &text, err);
	if (rc == 0)
		*out_text = nacre_buf_steal(&text).data;
	return rc;
}

int nacre_key_emit_public(const struct nacre_key *key, char **out_text, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf text = NACRE_BUF(NACRE_KEYFILE_BYTES);
	int rc = nacre_pem_emit(LABEL_PUBLIC, key->spki.data, key->spki.len, &text, err);

	if (rc == 0)
		*out_text = nacre_buf_steal(&text).data;
	return rc;
}

/* ------------------------------------------------------------------- rest */

const char *nacre_key_id(const struct nacre_key *key)
{
	return key->id;
}

const char *nacre_key_hint(const struct nacre_key *key)
{
	return key->hint.data;
}

const char *nacre_key_type_name(const struct nacre_key *key)
{
	return nacre_pkey_name(key->pkey);
}

bool nacre_key_is_private(const struct nacre_key *key)
{
	return nacre_pkey_is_private(key->pkey);
}

int nacre_key_sign(const struct nacre_key *key, const void *message, size_t len,
	struct nacre_buf *out_signature, struct nacre_err *err)
{
	return nacre_pkey_sign(key->pkey, message, len, out_signature, err);
}

bool nacre_key_verify(const struct nacre_key *key, const void *message, size_t len,
	const void *signature, size_t signature_len)
{
	return nacre_pkey_verify(key->pkey, message, len, signature, signature_len);
}
