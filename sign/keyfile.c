/* SPDX-License-Identifier: Apache-2.0 */
/*
 * {"kdf":{"name":"scrypt","params":{…},"salt":…},"cipher":{"name":…,"nonce":…},"ciphertext":…}
 *
 * The parameters say how much memory and time opening takes, so they are held to the list that the
 * other tools have before anybody gets to use them. What is in the box is for key_crypto.c.
 */
#include "sign/keyfile.h"

#include "base/base64.h"
#include "base/scope.h"
#include "formats/json.h"

#include <string.h>

#define KDF "scrypt"
#define CIPHER "nacl/secretbox"
#define R 8
#define P 1

static const uint64_t allowed_n[] = { 32768, 65536, 131072 };

/* A text that must be the base64 of so many bytes. */
static int get_bytes(const struct nacre_jvalue *object, const char *name, unsigned char *out_data,
	size_t len, struct nacre_err *err)
{
	const char *text = NULL;
	size_t got = 0;
	int rc;

	rc = nacre_jvalue_get_text(object, name, &text, err);
	if (rc)
		return rc;
	rc = nacre_base64_parse(text, strlen(text), out_data, len, &got, err);
	if (rc == 0 && got != len)
		rc = nacre_fail(err, NACRE_E_FORMAT, "%zu bytes, not %zu", got, len);
	return rc ? nacre_within(err, rc, "%s", name) : 0;
}

/* A text that must be this one. */
static int get_name(const struct nacre_jvalue *object, const char *want, struct nacre_err *err)
{
	const char *text = NULL;
	int rc;

	rc = nacre_jvalue_get_text(object, "name", &text, err);
	if (rc == 0 && strcmp(text, want) != 0)
		rc = nacre_jvalue_fail(
			object, err, NACRE_E_UNSUPPORTED, "'%.32s', not '%s'", text, want);
	return rc;
}

static int parse_params(const struct nacre_jvalue *params, uint64_t *out_n, struct nacre_err *err)
{
	uint64_t n = 0, r = 0, p = 0;
	int rc;

	rc = nacre_jvalue_get_u64(params, "N", &n, err);
	if (rc == 0)
		rc = nacre_jvalue_get_u64(params, "r", &r, err);
	if (rc == 0)
		rc = nacre_jvalue_get_u64(params, "p", &p, err);
	if (rc)
		return rc;
	for (size_t i = 0; i < sizeof(allowed_n) / sizeof(allowed_n[0]); i++) {
		if (n == allowed_n[i] && r == R && p == P) {
			*out_n = n;
			return 0;
		}
	}
	return nacre_jvalue_fail(params, err, NACRE_E_UNSUPPORTED,
		"scrypt with N %llu, r %llu, p %llu; only N 32768, 65536 or 131072, r 8, p 1",
		(unsigned long long)n, (unsigned long long)r, (unsigned long long)p);
}

static int parse_kdf(const struct nacre_jvalue *root, struct nacre_box *box, struct nacre_err *err)
{
	const struct nacre_jvalue *kdf = NULL, *params = NULL;
	int rc;

	rc = nacre_jvalue_get(root, "kdf", NACRE_JOBJECT, &kdf, err);
	if (rc == 0)
		rc = get_name(kdf, KDF, err);
	if (rc == 0)
		rc = nacre_jvalue_get(kdf, "params", NACRE_JOBJECT, &params, err);
	if (rc == 0)
		rc = parse_params(params, &box->n, err);
	if (rc == 0)
		rc = get_bytes(kdf, "salt", box->salt, sizeof(box->salt), err);
	return rc;
}

static int parse_cipher(
	const struct nacre_jvalue *root, struct nacre_box *box, struct nacre_err *err)
{
	const struct nacre_jvalue *cipher = NULL;
	int rc;

	rc = nacre_jvalue_get(root, "cipher", NACRE_JOBJECT, &cipher, err);
	if (rc == 0)
		rc = get_name(cipher, CIPHER, err);
	if (rc == 0)
		rc = get_bytes(cipher, "nonce", box->nonce, sizeof(box->nonce), err);
	return rc;
}

static int parse_ciphertext(
	const struct nacre_jvalue *root, struct nacre_box *box, struct nacre_err *err)
{
	const char *text = NULL;
	size_t text_len;
	int rc;

	rc = nacre_jvalue_get_text(root, "ciphertext", &text, err);
	if (rc)
		return rc;
	text_len = strlen(text);
	box->content.max = text_len / 4 * 3;
	rc = nacre_buf_reserve(&box->content, box->content.max, err);
	if (rc == 0)
		rc = nacre_base64_parse(text, text_len, box->content.data, box->content.max,
			&box->content.len, err);
	if (rc == 0 && box->content.len <= NACRE_BOX_MAC)
		rc = nacre_fail(err, NACRE_E_FORMAT, "%zu bytes, too few", box->content.len);
	if (rc)
		return nacre_within(err, rc, "ciphertext");
	box->content.data[box->content.len] = '\0';
	return 0;
}

int nacre_keyfile_parse(
	const void *data, size_t len, struct nacre_box *out_box, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_json_freep)
	struct nacre_json *json = NULL;
	NACRE_CLEANUP(nacre_box_clear)
	struct nacre_box box = { 0 };
	const struct nacre_jvalue *root;
	int rc;

	rc = nacre_json_parse(data, len, NULL, &json, err);
	if (rc)
		return rc;
	root = nacre_json_root(json);
	rc = parse_kdf(root, &box, err);
	if (rc == 0)
		rc = parse_cipher(root, &box, err);
	if (rc == 0)
		rc = parse_ciphertext(root, &box, err);
	if (rc)
		return rc;
	*out_box = box;
	memset(&box, 0, sizeof(box));
	return 0;
}

static void emit_bytes(struct nacre_jemit *out, const char *name, const void *data, size_t len,
	int *rc, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf text = NACRE_BUF(NACRE_KEYFILE_BYTES);

	if (*rc == 0)
		*rc = nacre_base64_emit(data, len, &text, err);
	if (*rc == 0)
		nacre_jemit_text(out, name, text.data);
}

int nacre_keyfile_emit(
	const struct nacre_box *box, struct nacre_buf *out_json, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_jemit_clear)
	struct nacre_jemit out = NACRE_JEMIT(NACRE_KEYFILE_BYTES);
	int rc = 0;

	nacre_jemit_object(&out, NULL);
	nacre_jemit_object(&out, "kdf");
	nacre_jemit_text(&out, "name", KDF);
	nacre_jemit_object(&out, "params");
	nacre_jemit_u64(&out, "N", box->n);
	nacre_jemit_u64(&out, "r", R);
	nacre_jemit_u64(&out, "p", P);
	nacre_jemit_end(&out);
	emit_bytes(&out, "salt", box->salt, sizeof(box->salt), &rc, err);
	nacre_jemit_end(&out);
	nacre_jemit_object(&out, "cipher");
	nacre_jemit_text(&out, "name", CIPHER);
	emit_bytes(&out, "nonce", box->nonce, sizeof(box->nonce), &rc, err);
	nacre_jemit_end(&out);
	emit_bytes(&out, "ciphertext", box->content.data, box->content.len, &rc, err);
	nacre_jemit_end(&out);
	return rc ? rc : nacre_jemit_finish(&out, out_json, err);
}
