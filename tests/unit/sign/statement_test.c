/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include "sign/statement.h"

#define HEX "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"
#define TYPE "\"_type\":\"https://in-toto.io/Statement/v1\""
#define DIGEST "\"digest\":{\"sha256\":\"" HEX "\"}"
#define NAME_OF "\"name\":\"example.org/app:1.4\""
#define SUBJECT "\"subject\":[{" NAME_OF "," DIGEST "}]"
#define PREDICATE "\"predicateType\":\"https://sigstore.dev/cosign/sign/v1\",\"predicate\":{}"
#define STATEMENT "{" TYPE "," SUBJECT "," PREDICATE "}"

/* A statement with these subjects, or with one that has these members. */
#define ABOUT(subjects) "{" TYPE ",\"subject\":[" subjects "]," PREDICATE "}"
#define OF(members) ABOUT("{" members "}")

static int parse(const char *text, struct nacre_payload *out_payload, struct nacre_err *err)
{
	return nacre_statement_parse(text, strlen(text), out_payload, err);
}

static void assert_emits(const struct nacre_payload *payload, const char *want)
{
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf json = NACRE_BUF(0);

	assert_works(nacre_statement_emit(payload, &json, err));
	assert_string_equal(json.data, want);
	assert_int_equal(json.len, strlen(want));
}

static void a_statement_has_exact_bytes(void **state)
{
	char identity[] = "example.org/app:1.4";
	struct nacre_payload payload = { 0 };

	(void)state;
	assert_works(nacre_digest_parse("sha256:" HEX, &payload.digest, err));
	assert_emits(&payload, OF(DIGEST));
	payload.identity = identity;
	assert_emits(&payload, STATEMENT);
	assert_works(nacre_payload_annotate(&payload, "b", "2", err));
	assert_works(nacre_payload_annotate(&payload, "a", "\"\n", err));
	assert_emits(&payload,
		OF(NAME_OF "," DIGEST ",\"annotations\":{\"b\":\"2\",\"a\":\"\\\"\\n\"}"));
	nacre_pairs_clear(&payload.annotations);
}

static void a_statement_names_images_by_sha256_alone(void **state)
{
	struct nacre_payload payload = { 0 };
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf json = NACRE_BUF(0);

	(void)state;
	assert_works(nacre_digest_parse("sha512:" HEX HEX, &payload.digest, err));
	assert_refused(nacre_statement_emit(&payload, &json, err), NACRE_E_UNSUPPORTED,
		"sha512:" HEX HEX ": bundles name images by sha256");
	assert_null(json.data);
}

static void what_others_add_is_read(void **state)
{
	static const struct {
		const char *text, *identity, *annotation;
	} rows[] = {
		{ STATEMENT, "example.org/app:1.4", NULL },
		{ " { " PREDICATE " ,\n" SUBJECT "," TYPE "\t}\n", "example.org/app:1.4", NULL },
		/* as cosign writes it */
		{ OF(DIGEST ",\"annotations\":{}"), NULL, NULL },
		{ OF(DIGEST ",\"annotations\":null"), NULL, NULL },
		{ OF(DIGEST ",\"annotations\":{\"a\":\"1\"}"), NULL, "1" },
		{ OF(DIGEST ",\"name\":\"\""), NULL, NULL },
		{ OF(DIGEST ",\"name\":null"), NULL, NULL },
		{ OF(DIGEST ",\"uri\":\"pkg:oci/app\",\"mediaType\":\"x\""), NULL, NULL },
		{ "{" TYPE "," SUBJECT ",\"predicateType\":\"https://sigstore.dev/cosign/sign/v1\""
		  "}",
			"example.org/app:1.4", NULL },
		{ "{" TYPE "," SUBJECT "," PREDICATE ",\"more\":[]}", "example.org/app:1.4", NULL },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		NACRE_CLEANUP(nacre_payload_clear)
		struct nacre_payload payload = { 0 };
		const char *annotation;

		assert_works(parse(rows[i].text, &payload, err));
		assert_string_equal(payload.digest.text, "sha256:" HEX);
		if (rows[i].identity)
			assert_string_equal(payload.identity, rows[i].identity);
		else
			assert_null(payload.identity);
		annotation = nacre_pairs_find(&payload.annotations, "a");
		if (rows[i].annotation)
			assert_string_equal(annotation, rows[i].annotation);
		else
			assert_int_equal(payload.annotations.count, 0);
	}
}

static const struct {
	const char *text;
	int code;
	const char *message;
} refused_rows[] = {
	{ "[]", NACRE_E_FORMAT, "not an object" },
	/* what it is */
	{ "{" SUBJECT "," PREDICATE "}", NACRE_E_FORMAT, "_type is missing" },
	{ "{\"_type\":\"https://in-toto.io/Statement/v0.1\"," SUBJECT "," PREDICATE "}",
		NACRE_E_UNSUPPORTED, "a statement of type 'https://in-toto.io/Statement/v0.1'" },
	{ "{\"_type\":[]," SUBJECT "," PREDICATE "}", NACRE_E_FORMAT, "_type: not a string" },
	{ "{" TYPE "," SUBJECT ",\"predicate\":{}}", NACRE_E_FORMAT, "predicateType is missing" },
	{ "{" TYPE "," SUBJECT ",\"predicateType\":\"https://slsa.dev/provenance/v1\","
	  "\"predicate\":{}}",
		NACRE_E_UNSUPPORTED,
		"an attestation and not a signature, with predicate "
		"'https://slsa.dev/provenance/v1'" },
	{ "{" TYPE "," SUBJECT ",\"predicateType\":\"https://sigstore.dev/cosign/sign/v1/\","
	  "\"predicate\":{}}",
		NACRE_E_UNSUPPORTED,
		"an attestation and not a signature, with predicate "
		"'https://sigstore.dev/cosign/sign/v1/'" },
	/* how many subjects */
	{ "{" TYPE "," PREDICATE "}", NACRE_E_FORMAT, "subject is missing" },
	{ "{" TYPE ",\"subject\":{}," PREDICATE "}", NACRE_E_FORMAT, "subject: not an array" },
	{ ABOUT(""), NACRE_E_UNSUPPORTED, "subject: 0 subjects, not one" },
	{ ABOUT("{" DIGEST "},{" DIGEST "}"), NACRE_E_UNSUPPORTED, "subject: 2 subjects, not one" },
	{ ABOUT("\"" HEX "\""), NACRE_E_FORMAT, "subject[0]: not an object" },
	/* which image */
	{ OF(NAME_OF), NACRE_E_FORMAT, "subject[0]: digest is missing" },
	{ OF("\"digest\":\"sha256:" HEX "\""), NACRE_E_FORMAT, "subject[0].digest: not an object" },
	{ OF("\"digest\":{}"), NACRE_E_UNSUPPORTED,
		"subject[0].digest: a subject without a sha256" },
	{ OF("\"digest\":{\"sha256\":null}"), NACRE_E_UNSUPPORTED,
		"subject[0].digest: a subject without a sha256" },
	{ OF("\"digest\":{\"sha512\":\"" HEX HEX "\"}"), NACRE_E_UNSUPPORTED,
		"subject[0].digest: a subject without a sha256" },
	{ OF("\"digest\":{\"sha256\":\"" HEX "\",\"sha512\":\"" HEX HEX "\"}"), NACRE_E_UNSUPPORTED,
		"subject[0].digest: a subject with more than one digest" },
	{ OF("\"digest\":{\"sha256\":\"" HEX HEX "\"}"), NACRE_E_FORMAT,
		"subject: digest 'sha256:" HEX "44136fa35': sha256 wants 64 lower-case hex "
		"digits" },
	{ OF("\"digest\":{\"sha256\":\"\"}"), NACRE_E_FORMAT,
		"subject: digest 'sha256:': sha256 wants 64 lower-case hex digits" },
	{ OF("\"digest\":{\"sha256\":\"sha256:" HEX "\"}"), NACRE_E_FORMAT,
		"subject: digest 'sha256:sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c"
		"060f61caaff8a': sha256 wants 64 lower-case hex digits" },
	{ OF("\"digest\":{\"sha256\":\"" HEX HEX HEX "\"}"), NACRE_E_FORMAT,
		"subject[0].digest: sha256 is too long" },
	/* what else is signed */
	{ OF(DIGEST ",\"name\":1"), NACRE_E_FORMAT, "subject[0].name: not a string" },
	{ OF(DIGEST ",\"annotations\":[]"), NACRE_E_FORMAT,
		"subject[0].annotations: not an object" },
	{ OF(DIGEST ",\"annotations\":{\"a\":1}"), NACRE_E_FORMAT,
		"subject[0].annotations.a: not a string" },
};

static void every_other_statement_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(refused_rows); i++) {
		struct nacre_payload payload = { 0 };

		assert_refused(parse(refused_rows[i].text, &payload, err), refused_rows[i].code,
			refused_rows[i].message);
		assert_null(payload.identity);
		assert_string_equal(payload.digest.text, "");
	}
}

static void a_digest_in_capitals_is_refused(void **state)
{
	char text[] = STATEMENT;
	struct nacre_payload payload = { 0 };

	(void)state;
	*strstr(text, "fa355") = 'F';
	assert_int_equal(parse(text, &payload, NULL), NACRE_E_FORMAT);
}

static void names_that_others_could_mistake_are_refused(void **state)
{
	static const char *const rows[] = {
		"{" TYPE "," TYPE "," SUBJECT "," PREDICATE "}",
		"{" TYPE "," SUBJECT "," SUBJECT "," PREDICATE "}",
		OF(DIGEST "," DIGEST),
		OF("\"digest\":{\"sha256\":\"" HEX "\",\"sha256\":\"" HEX "\"}"),
		"{" TYPE ",\"_Type\":\"x\"," SUBJECT "," PREDICATE "}",
		"{" TYPE "," SUBJECT ",\"Subject\":[]," PREDICATE "}",
		"{" TYPE "," SUBJECT ",\"\\u017fubject\":[]," PREDICATE "}",
		"{" TYPE "," SUBJECT "," PREDICATE ",\"PredicateType\":\"x\"}",
		OF(DIGEST ",\"Digest\":{}"),
		OF(DIGEST ",\"Name\":\"x\""),
		OF(DIGEST ",\"Annotations\":{}"),
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct nacre_payload payload = { 0 };

		assert_int_equal(parse(rows[i], &payload, NULL), NACRE_E_UNSAFE);
		assert_null(payload.identity);
	}
}

static void every_byte_cut_off_is_missed(void **state)
{
	(void)state;
	for (size_t len = 0; len < strlen(STATEMENT); len++) {
		struct nacre_payload payload = { 0 };

		assert_int_not_equal(nacre_statement_parse(STATEMENT, len, &payload, NULL), 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_statement_has_exact_bytes),
		cmocka_unit_test(a_statement_names_images_by_sha256_alone),
		cmocka_unit_test(what_others_add_is_read),
		cmocka_unit_test(every_other_statement_is_refused),
		cmocka_unit_test(a_digest_in_capitals_is_refused),
		cmocka_unit_test(names_that_others_could_mistake_are_refused),
		cmocka_unit_test(every_byte_cut_off_is_missed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
