/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include "sign/payload.h"

#define HEX "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"
#define IDENTITY "\"identity\":{\"docker-reference\":\"example.org/app:1.4\"}"
#define IMAGE "\"image\":{\"docker-manifest-digest\":\"sha256:" HEX "\"}"
#define TYPE "\"type\":\"cosign container image signature\""
#define CRITICAL "\"critical\":{" IDENTITY "," IMAGE "," TYPE "}"
#define OPTIONAL "\"optional\":{\"creator\":\"nacre\"}"

#define REFUSED(text, code, message)                                                               \
	do {                                                                                       \
		struct nacre_payload refused = { 0 };                                              \
		assert_refused(                                                                    \
			nacre_payload_parse(text, strlen(text), &refused, err), code, message);    \
		assert_null(refused.identity);                                                     \
	} while (0)

static void a_payload_has_exact_bytes(void **state)
{
	char identity[] = "example.org/app:1.4";
	struct nacre_payload payload = { .identity = identity };
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf json = NACRE_BUF(0);

	(void)state;
	assert_works(nacre_digest_parse("sha256:" HEX, &payload.digest, err));
	assert_works(nacre_payload_emit(&payload, &json, err));
	assert_string_equal(json.data, "{" CRITICAL "," OPTIONAL "}");
}

static void any_order_spacing_and_options_are_read(void **state)
{
	static const char *const rows[] = {
		"{" CRITICAL "," OPTIONAL "}",
		"{ \"optional\" : null ,\n " CRITICAL " }",
		"{\"critical\":{" TYPE "," IMAGE "," IDENTITY "},\"optional\":{}}",
		"{" CRITICAL ",\"optional\":{\"creator\":7,\"timestamp\":1700000000,\"x\":[{}]}}",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		NACRE_CLEANUP(nacre_payload_clear)
		struct nacre_payload payload = { 0 };

		assert_works(nacre_payload_parse(rows[i], strlen(rows[i]), &payload, err));
		assert_string_equal(payload.identity, "example.org/app:1.4");
		assert_string_equal(payload.digest.text, "sha256:" HEX);
	}
}

static void a_member_more_or_less_is_refused(void **state)
{
	(void)state;
	REFUSED("[]", NACRE_E_FORMAT, "not an object");
	REFUSED("{}", NACRE_E_FORMAT, "critical is missing");
	REFUSED("{" CRITICAL "}", NACRE_E_FORMAT, "optional is missing");
	REFUSED("{" CRITICAL "," OPTIONAL ",\"x\":1}", NACRE_E_FORMAT,
		"x: not a member of a signature");
	REFUSED("{\"critical\":{" IDENTITY "," IMAGE "}," OPTIONAL "}", NACRE_E_FORMAT,
		"critical: type is missing");
	REFUSED("{\"critical\":{" IDENTITY "," IMAGE "," TYPE ",\"x\":1}," OPTIONAL "}",
		NACRE_E_FORMAT, "critical.x: not a member of a signature");
	REFUSED("{\"critical\":{" IDENTITY ",\"image\":{}," TYPE "}," OPTIONAL "}", NACRE_E_FORMAT,
		"critical.image: docker-manifest-digest is missing");
	REFUSED("{\"critical\":{\"identity\":{\"docker-reference\":\"a\",\"Docker-reference\":"
		"\"b\"}," IMAGE "," TYPE "}," OPTIONAL "}",
		NACRE_E_FORMAT, "critical.identity.Docker-reference: not a member of a signature");
}

static void a_member_of_another_type_is_refused(void **state)
{
	(void)state;
	REFUSED("{\"critical\":[]," OPTIONAL "}", NACRE_E_FORMAT, "critical: not an object");
	REFUSED("{" CRITICAL ",\"optional\":[]}", NACRE_E_FORMAT, "optional: not an object");
	REFUSED("{" CRITICAL ",\"optional\":{\"timestamp\":1.5}}", NACRE_E_FORMAT,
		"optional.timestamp: not a whole number");
	REFUSED("{" CRITICAL ",\"optional\":{\"timestamp\":\"1\"}}", NACRE_E_FORMAT,
		"optional.timestamp: not a whole number");
	REFUSED("{\"critical\":{" IDENTITY "," IMAGE ",\"type\":\"atomic container signature\"},"
		"" OPTIONAL "}",
		NACRE_E_UNSUPPORTED, "critical: type 'atomic container signature'");
}

static void a_duplicate_member_is_refused(void **state)
{
	struct nacre_payload payload = { 0 };
	static const char text[] = "{" CRITICAL "," OPTIONAL "," OPTIONAL "}";

	(void)state;
	assert_int_equal(nacre_payload_parse(text, strlen(text), &payload, NULL), NACRE_E_UNSAFE);
}

static void every_byte_cut_off_is_missed(void **state)
{
	static const char text[] = "{" CRITICAL "," OPTIONAL "}";

	(void)state;
	for (size_t len = 0; len < strlen(text); len++) {
		struct nacre_payload payload = { 0 };

		assert_int_not_equal(nacre_payload_parse(text, len, &payload, NULL), 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_payload_has_exact_bytes),
		cmocka_unit_test(any_order_spacing_and_options_are_read),
		cmocka_unit_test(a_member_more_or_less_is_refused),
		cmocka_unit_test(a_member_of_another_type_is_refused),
		cmocka_unit_test(a_duplicate_member_is_refused),
		cmocka_unit_test(every_byte_cut_off_is_missed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
