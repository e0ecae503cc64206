/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include "base/base64.h"
#include "sign/bundle.h"
#include "sign/key_crypto.h"
#include "sign/payload.h"

#define MEDIA "\"mediaType\":\"application/vnd.dev.sigstore.bundle.v0.3+json\""
#define HINT "\"publicKey\":{\"hint\":\"aGludA==\"}"
#define MATERIAL "\"verificationMaterial\":{" HINT "}"
#define PAYLOAD "\"payload\":\"cGF5bG9hZA==\""
#define TYPE "\"payloadType\":\"application/vnd.in-toto+json\""
#define SIG "\"sig\":\"c2ln\""
#define SIGS "\"signatures\":[{" SIG "}]"
#define ENVELOPE "\"dsseEnvelope\":{" PAYLOAD "," TYPE "," SIGS "}"
#define BUNDLE "{" MEDIA "," MATERIAL "," ENVELOPE "}"

/* A bundle whose envelope has these members. */
#define WITH(members) "{" MEDIA "," MATERIAL ",\"dsseEnvelope\":{" members "}}"

#define OF_VERSION(type) "{\"mediaType\":\"" type "\"," MATERIAL "," ENVELOPE "}"

static int parse(const char *text, struct nacre_bundle *out_bundle, struct nacre_err *err)
{
	return nacre_bundle_parse(text, strlen(text), out_bundle, err);
}

static bool is_text(const struct nacre_buf *bytes, const char *text)
{
	return bytes->len == strlen(text) && memcmp(bytes->data, text, bytes->len) == 0;
}

static void a_bundle_has_exact_bytes(void **state)
{
	char type[] = "application/vnd.in-toto+json", hint[] = "aGludA==", payload[] = "payload",
	     signature[] = "sig";
	const struct nacre_bundle bundle = {
		.payload_type = type,
		.payload = { payload, strlen(payload), 0, 0 },
		.signature = { signature, strlen(signature), 0, 0 },
		.hint = hint,
	};
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf json = NACRE_BUF(0);

	(void)state;
	assert_works(nacre_bundle_emit(&bundle, &json, err));
	assert_string_equal(json.data, BUNDLE);
	assert_int_equal(json.len, strlen(BUNDLE));
}

static void what_says_nothing_of_the_key_is_looked_past(void **state)
{
	static const char *const rows[] = {
		BUNDLE,
		" { " ENVELOPE " ,\n" MATERIAL "," MEDIA "\t}\n",
		OF_VERSION("application/vnd.dev.sigstore.bundle+json;version=0.1"),
		OF_VERSION("application/vnd.dev.sigstore.bundle+json;version=0.2"),
		OF_VERSION("application/vnd.dev.sigstore.bundle+json;version=0.3"),
		"{" MEDIA ",\"verificationMaterial\":{" HINT ",\"tlogEntries\":[{\"logIndex\":\"1\""
		"}],\"timestampVerificationData\":{}}," ENVELOPE "}",
		"{" MEDIA ",\"later\":[1]," MATERIAL "," ENVELOPE "}",
		WITH(PAYLOAD "," TYPE ",\"signatures\":[{" SIG ",\"keyid\":\"\"}]"),
		WITH(PAYLOAD "," TYPE ",\"signatures\":[{" SIG ",\"keyid\":\"aGludA==\"}]"),
		WITH(PAYLOAD "," TYPE ",\"signatures\":[{" SIG ",\"keyid\":null}]"),
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		NACRE_CLEANUP(nacre_bundle_clear)
		struct nacre_bundle bundle = { 0 };
		NACRE_CLEANUP(nacre_buf_clear)
		struct nacre_buf json = NACRE_BUF(0);

		assert_works(parse(rows[i], &bundle, err));
		assert_true(is_text(&bundle.payload, "payload"));
		assert_true(is_text(&bundle.signature, "sig"));
		assert_string_equal(bundle.payload_type, "application/vnd.in-toto+json");
		assert_string_equal(bundle.hint, "aGludA==");
		assert_works(nacre_bundle_emit(&bundle, &json, err));
		assert_string_equal(json.data, BUNDLE);
	}
}

static void a_bundle_need_not_say_whose_it_is(void **state)
{
	static const char *const rows[] = {
		"{" MEDIA "," ENVELOPE "}",
		"{" MEDIA ",\"verificationMaterial\":null," ENVELOPE "}",
		"{" MEDIA ",\"verificationMaterial\":{\"certificate\":{\"rawBytes\":\"AA==\"}},"
		"" ENVELOPE "}",
		"{" MEDIA ",\"verificationMaterial\":{\"publicKey\":{}}," ENVELOPE "}",
		"{" MEDIA ",\"verificationMaterial\":{\"publicKey\":{\"hint\":\"\"}}," ENVELOPE "}",
		"{" MEDIA ",\"dsseEnvelope\":{" PAYLOAD "," TYPE ",\"signatures\":[{" SIG
		",\"keyid\":\"anybody\"}]}}",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		NACRE_CLEANUP(nacre_bundle_clear)
		struct nacre_bundle bundle = { 0 };

		assert_works(parse(rows[i], &bundle, err));
		assert_null(bundle.hint);
		assert_true(is_text(&bundle.payload, "payload"));
	}
}

static const struct {
	const char *text;
	int code;
	const char *message;
} refused_rows[] = {
	/* which version */
	{ "{" MATERIAL "," ENVELOPE "}", NACRE_E_FORMAT, "mediaType is missing" },
	{ "{\"mediaType\":3," MATERIAL "," ENVELOPE "}", NACRE_E_FORMAT,
		"mediaType: not a string" },
	{ OF_VERSION(""), NACRE_E_UNSUPPORTED, "'' is no bundle that nacre reads" },
	{ OF_VERSION("application/vnd.dev.sigstore.bundle.v0.4+json"), NACRE_E_UNSUPPORTED,
		"'application/vnd.dev.sigstore.bundle.v0.4+json' is no bundle that nacre reads" },
	{ OF_VERSION("application/vnd.dev.sigstore.bundle+json;version=0.4"), NACRE_E_UNSUPPORTED,
		"'application/vnd.dev.sigstore.bundle+json;version=0.4' is no bundle that nacre "
		"reads" },
	{ OF_VERSION("Application/vnd.dev.sigstore.bundle.v0.3+json"), NACRE_E_UNSUPPORTED,
		"'Application/vnd.dev.sigstore.bundle.v0.3+json' is no bundle that nacre reads" },
	{ "[]", NACRE_E_FORMAT, "not an object" },
	/* which form */
	{ "{" MEDIA "," MATERIAL "}", NACRE_E_FORMAT, "dsseEnvelope: dsseEnvelope is missing" },
	{ "{" MEDIA "," MATERIAL ",\"messageSignature\":{\"messageDigest\":{},\"signature\":"
	  "\"c2ln\"}}",
		NACRE_E_UNSUPPORTED, "a signature over a file, and not over an image" },
	{ "{" MEDIA "," MATERIAL "," ENVELOPE ",\"messageSignature\":{}}", NACRE_E_UNSUPPORTED,
		"a signature over a file, and not over an image" },
	{ "{" MEDIA "," MATERIAL "," ENVELOPE ",\"messageSignature\":null}", NACRE_E_UNSUPPORTED,
		"a signature over a file, and not over an image" },
	{ "{" MEDIA "," MATERIAL ",\"dsseEnvelope\":[]}", NACRE_E_FORMAT,
		"dsseEnvelope: dsseEnvelope: not an object" },
	/* whose */
	{ "{" MEDIA ",\"verificationMaterial\":[]," ENVELOPE "}", NACRE_E_FORMAT,
		"verificationMaterial: not an object" },
	{ "{" MEDIA ",\"verificationMaterial\":{\"publicKey\":\"k\"}," ENVELOPE "}", NACRE_E_FORMAT,
		"verificationMaterial.publicKey: not an object" },
	{ "{" MEDIA ",\"verificationMaterial\":{\"publicKey\":{\"hint\":1}}," ENVELOPE "}",
		NACRE_E_FORMAT, "verificationMaterial.publicKey.hint: not a string" },
	/* how often */
	{ WITH(PAYLOAD "," TYPE), NACRE_E_FORMAT,
		"dsseEnvelope: dsseEnvelope: signatures is missing" },
	{ WITH(PAYLOAD "," TYPE ",\"signatures\":{}"), NACRE_E_FORMAT,
		"dsseEnvelope: dsseEnvelope.signatures: not an array" },
	{ WITH(PAYLOAD "," TYPE ",\"signatures\":[]"), NACRE_E_UNSUPPORTED,
		"dsseEnvelope: dsseEnvelope.signatures: 0 signatures, not one" },
	{ WITH(PAYLOAD "," TYPE ",\"signatures\":[{" SIG "},{" SIG "}]"), NACRE_E_UNSUPPORTED,
		"dsseEnvelope: dsseEnvelope.signatures: 2 signatures, not one" },
	{ WITH(PAYLOAD "," TYPE ",\"signatures\":[\"c2ln\"]"), NACRE_E_FORMAT,
		"dsseEnvelope: dsseEnvelope.signatures[0]: not an object" },
	{ WITH(PAYLOAD "," TYPE ",\"signatures\":[{}]"), NACRE_E_FORMAT,
		"dsseEnvelope: dsseEnvelope.signatures[0]: sig is missing" },
	{ WITH(PAYLOAD "," TYPE ",\"signatures\":[{" SIG ",\"keyid\":\"other\"}]"), NACRE_E_FORMAT,
		"dsseEnvelope: dsseEnvelope.signatures[0]: keyid 'other' is not the hint "
		"'aGludA=='" },
	/* what is signed */
	{ WITH(TYPE "," SIGS), NACRE_E_FORMAT, "dsseEnvelope: dsseEnvelope: payload is missing" },
	{ WITH(PAYLOAD "," SIGS), NACRE_E_FORMAT,
		"dsseEnvelope: dsseEnvelope: payloadType is missing" },
	{ WITH("\"payload\":\"\"," TYPE "," SIGS), NACRE_E_FORMAT, "dsseEnvelope: payload: empty" },
	{ WITH("\"payload\":{}," TYPE "," SIGS), NACRE_E_FORMAT,
		"dsseEnvelope: dsseEnvelope.payload: not a string" },
	{ WITH(PAYLOAD "," TYPE ",\"signatures\":[{\"sig\":\"\"}]"), NACRE_E_FORMAT,
		"dsseEnvelope: sig: empty" },
};

static void every_other_bundle_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(refused_rows); i++) {
		struct nacre_bundle bundle = { 0 };

		assert_refused(parse(refused_rows[i].text, &bundle, err), refused_rows[i].code,
			refused_rows[i].message);
		assert_null(bundle.payload_type);
		assert_null(bundle.payload.data);
		assert_null(bundle.hint);
	}
}

static void base64_is_read_in_one_spelling(void **state)
{
	static const char *const rows[] = {
		"c2l", "c2l=", "c2ln=", "c2ln====", "c2ln\\n", " c2ln", "c2 ln", "c2-n", "c2_n",
		"c2lnc", "====", "c2lm\\u0000", "cGF5bG9hZB==", /* bits behind the end */
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct nacre_bundle bundle = { 0 };
		struct nacre_err err = { 0 };
		char text[1024];

		(void)snprintf(
			text, sizeof(text), WITH("\"payload\":\"%s\"," TYPE "," SIGS), rows[i]);
		assert_int_not_equal(parse(text, &bundle, &err), 0);
		(void)snprintf(text, sizeof(text),
			WITH(PAYLOAD "," TYPE ",\"signatures\":[{\"sig\":\"%s\"}]"), rows[i]);
		assert_int_not_equal(parse(text, &bundle, &err), 0);
		assert_null(bundle.payload.data);
	}
}

static void names_that_others_could_mistake_are_refused(void **state)
{
	static const char *const rows[] = {
		"{" MEDIA "," MEDIA "," MATERIAL "," ENVELOPE "}",
		"{" MEDIA "," MATERIAL "," ENVELOPE "," ENVELOPE "}",
		WITH(PAYLOAD "," PAYLOAD "," TYPE "," SIGS),
		WITH(PAYLOAD "," TYPE ",\"signatures\":[{" SIG "," SIG "}]"),
		"{" MEDIA ",\"MediaType\":\"x\"," MATERIAL "," ENVELOPE "}",
		"{" MEDIA "," MATERIAL "," ENVELOPE ",\"DSSEEnvelope\":{}}",
		"{" MEDIA "," MATERIAL "," ENVELOPE ",\"messagesignature\":{}}",
		"{" MEDIA "," MATERIAL ",\"VerificationMaterial\":{}," ENVELOPE "}",
		WITH(PAYLOAD ",\"Payload\":\"eA==\"," TYPE "," SIGS),
		WITH(PAYLOAD "," TYPE ",\"payloadtype\":\"x\"," SIGS),
		WITH(PAYLOAD "," TYPE "," SIGS ",\"\\u017fignatures\":[]"),
		WITH(PAYLOAD "," TYPE ",\"signatures\":[{" SIG ",\"Sig\":\"eA==\"}]"),
		WITH(PAYLOAD "," TYPE ",\"signatures\":[{" SIG ",\"KeyID\":\"x\"}]"),
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct nacre_bundle bundle = { 0 };

		assert_int_equal(parse(rows[i], &bundle, NULL), NACRE_E_UNSAFE);
		assert_null(bundle.payload.data);
	}
}

static void every_byte_cut_off_is_missed(void **state)
{
	(void)state;
	for (size_t len = 0; len < strlen(BUNDLE); len++) {
		struct nacre_bundle bundle = { 0 };

		assert_int_not_equal(nacre_bundle_parse(BUNDLE, len, &bundle, NULL), 0);
	}
}

/* A bundle with so many bytes of payload and of signature. */
static struct nacre_buf make_large(size_t payload_len, size_t signature_len)
{
	nacre_autofree char *zeros = calloc(1, payload_len + signature_len + 1);
	struct nacre_buf text = NACRE_BUF((size_t)16 << 20);

	assert_works(nacre_buf_add_text(
		&text, "{" MEDIA "," MATERIAL ",\"dsseEnvelope\":{" TYPE ",\"payload\":\"", err));
	assert_works(nacre_base64_emit(zeros, payload_len, &text, err));
	assert_works(nacre_buf_add_text(&text, "\",\"signatures\":[{\"sig\":\"", err));
	assert_works(nacre_base64_emit(zeros, signature_len, &text, err));
	assert_works(nacre_buf_add_text(&text, "\"}]}}", err));
	return text;
}

static void what_is_too_large_is_refused_and_not_read(void **state)
{
	static const struct {
		size_t payload_len, signature_len;
		const char *message; /* NULL: it is not too large */
	} rows[] = {
		{ NACRE_PAYLOAD_BYTES, 64, NULL },
		{ NACRE_PAYLOAD_BYTES + 1, 64, "dsseEnvelope: payload: more than 4194304 bytes" },
		{ 1, NACRE_SIGNATURE_BYTES, NULL },
		{ 1, NACRE_SIGNATURE_BYTES + 1, "dsseEnvelope: sig: more than 2048 bytes" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		NACRE_CLEANUP(nacre_buf_clear)
		struct nacre_buf text = make_large(rows[i].payload_len, rows[i].signature_len);
		NACRE_CLEANUP(nacre_bundle_clear)
		struct nacre_bundle bundle = { 0 };

		if (rows[i].message) {
			assert_refused(nacre_bundle_parse(text.data, text.len, &bundle, err),
				NACRE_E_LIMIT, rows[i].message);
			continue;
		}
		assert_works(nacre_bundle_parse(text.data, text.len, &bundle, err));
		assert_int_equal(bundle.payload.len, rows[i].payload_len);
		assert_int_equal(bundle.signature.len, rows[i].signature_len);
	}
}

/* The first is the example of DSSE's protocol.md; lengths are of bytes, not of characters. */
static void type_and_payload_are_signed_with_their_lengths(void **state)
{
	static const struct {
		const char *type, *payload, *want;
	} rows[] = {
		{ "http://example.com/HelloWorld", "hello world",
			"DSSEv1 29 http://example.com/HelloWorld 11 hello world" },
		{ "", "", "DSSEv1 0  0 " },
		{ "a 1 b", "", "DSSEv1 5 a 1 b 0 " },
		{ "a", "b 0 ", "DSSEv1 1 a 4 b 0 " },
		{ "\xc3\xa4", "\xe2\x82\xac", "DSSEv1 2 \xc3\xa4 3 \xe2\x82\xac" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		NACRE_CLEANUP(nacre_buf_clear)
		struct nacre_buf payload = NACRE_BUF(64);
		NACRE_CLEANUP(nacre_buf_clear)
		struct nacre_buf bytes = NACRE_BUF(0);

		assert_works(nacre_buf_add_text(&payload, rows[i].payload, err));
		assert_works(nacre_dsse_bytes(rows[i].type, &payload, &bytes, err));
		assert_string_equal(bytes.data, rows[i].want);
		assert_int_equal(bytes.len, strlen(rows[i].want));
	}
}

static void a_payload_is_signed_behind_a_nul_too(void **state)
{
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf payload = NACRE_BUF(64);
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf bytes = NACRE_BUF(0);

	(void)state;
	assert_works(nacre_buf_add(&payload, "a\0b", 3, err));
	assert_works(nacre_dsse_bytes("t", &payload, &bytes, err));
	assert_int_equal(bytes.len, 16);
	assert_memory_equal(bytes.data, "DSSEv1 1 t 3 a\0b", 16);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_bundle_has_exact_bytes),
		cmocka_unit_test(what_says_nothing_of_the_key_is_looked_past),
		cmocka_unit_test(a_bundle_need_not_say_whose_it_is),
		cmocka_unit_test(every_other_bundle_is_refused),
		cmocka_unit_test(base64_is_read_in_one_spelling),
		cmocka_unit_test(names_that_others_could_mistake_are_refused),
		cmocka_unit_test(every_byte_cut_off_is_missed),
		cmocka_unit_test(what_is_too_large_is_refused_and_not_read),
		cmocka_unit_test(type_and_payload_are_signed_with_their_lengths),
		cmocka_unit_test(a_payload_is_signed_behind_a_nul_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
