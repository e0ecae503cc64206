/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include "sign/box.h"

static struct nacre_secret make_secret(const char *text)
{
	struct nacre_secret secret = NACRE_SECRET;

	assert_works(nacre_secret_new(strlen(text), &secret, err));
	memcpy(secret.data, text, strlen(text));
	return secret;
}

static void a_sealed_box_opens_with_its_passphrase_alone(void **state)
{
	NACRE_CLEANUP(nacre_secret_clear)
	struct nacre_secret plain = make_secret("attack at dawn");
	NACRE_CLEANUP(nacre_secret_clear)
	struct nacre_secret again = NACRE_SECRET;
	NACRE_CLEANUP(nacre_box_clear)
	struct nacre_box box = { 0 };

	(void)state;
	assert_works(nacre_box_seal(&plain, "sesame", &box, err));
	assert_int_equal(box.n, 65536);
	assert_int_equal(box.content.len, plain.len + NACRE_BOX_MAC);
	assert_refused(nacre_box_open(&box, "sesam", &again, err), NACRE_E_ARG, "wrong passphrase");
	assert_null(again.data);
	assert_refused(nacre_box_open(&box, "", &again, err), NACRE_E_ARG, "wrong passphrase");
	assert_works(nacre_box_open(&box, "sesame", &again, err));
	assert_int_equal(again.len, plain.len);
	assert_memory_equal(again.data, plain.data, plain.len);
}

static void an_empty_passphrase_is_a_passphrase(void **state)
{
	NACRE_CLEANUP(nacre_secret_clear)
	struct nacre_secret plain = make_secret("x");
	NACRE_CLEANUP(nacre_secret_clear)
	struct nacre_secret again = NACRE_SECRET;
	NACRE_CLEANUP(nacre_box_clear)
	struct nacre_box box = { 0 };

	(void)state;
	assert_works(nacre_box_seal(&plain, "", &box, err));
	assert_works(nacre_box_open(&box, "", &again, err));
	assert_memory_equal(again.data, "x", 1);
}

static void two_boxes_have_nothing_in_common(void **state)
{
	NACRE_CLEANUP(nacre_secret_clear)
	struct nacre_secret plain = make_secret("same");
	NACRE_CLEANUP(nacre_box_clear)
	struct nacre_box a = { 0 };
	NACRE_CLEANUP(nacre_box_clear)
	struct nacre_box b = { 0 };

	(void)state;
	assert_works(nacre_box_seal(&plain, "p", &a, err));
	assert_works(nacre_box_seal(&plain, "p", &b, err));
	assert_memory_not_equal(a.salt, b.salt, sizeof(a.salt));
	assert_memory_not_equal(a.nonce, b.nonce, sizeof(a.nonce));
	assert_memory_not_equal(a.content.data, b.content.data, a.content.len);
}

static void a_damaged_box_does_not_open(void **state)
{
	NACRE_CLEANUP(nacre_secret_clear)
	struct nacre_secret plain = make_secret("x");
	NACRE_CLEANUP(nacre_secret_clear)
	struct nacre_secret again = NACRE_SECRET;
	NACRE_CLEANUP(nacre_box_clear)
	struct nacre_box box = { 0 };

	(void)state;
	assert_works(nacre_box_seal(&plain, "p", &box, err));
	box.content.data[NACRE_BOX_MAC] ^= 1;
	assert_refused(nacre_box_open(&box, "p", &again, err), NACRE_E_ARG, "wrong passphrase");
	box.content.len = NACRE_BOX_MAC - 1;
	assert_refused(nacre_box_open(&box, "p", &again, err), NACRE_E_FORMAT,
		"too short to be encrypted");
}

static void base64_is_the_one_of_the_rfc(void **state)
{
	/* RFC 4648, section 10 */
	static const char *const rows[][2] = {
		{ "", "" },
		{ "f", "Zg==" },
		{ "fo", "Zm8=" },
		{ "foo", "Zm9v" },
		{ "foob", "Zm9vYg==" },
		{ "fooba", "Zm9vYmE=" },
		{ "foobar", "Zm9vYmFy" },
		{ "\xfb\xff\xfe", "+//+" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		NACRE_CLEANUP(nacre_buf_clear)
		struct nacre_buf text = NACRE_BUF(64);
		char data[8];
		size_t len = 99;

		assert_works(nacre_base64_emit(rows[i][0], strlen(rows[i][0]), &text, err));
		assert_string_equal(text.data, rows[i][1]);
		assert_works(nacre_base64_parse(text.data, text.len, data, 8, &len, err));
		assert_int_equal(len, strlen(rows[i][0]));
		assert_memory_equal(data, rows[i][0], len);
	}
}

static void base64_that_is_written_otherwise_is_refused(void **state)
{
	static const char *const rows[] = { "Zg", "Zg=", "Zg===", "Zh==", "Zm9", "Zm8",
		"Zm9=", "Zm9v\n", " Zm9v", "Zm 9v", "-__-", "Zg==Zg==", "=", "Z",
		"Zm9v=", "Zm9v====" };

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		char data[16];
		size_t len = 99;

		assert_refused(
			nacre_base64_parse(rows[i], strlen(rows[i]), data, sizeof(data), &len, err),
			NACRE_E_FORMAT, "not base64");
		assert_int_equal(len, 99);
	}
}

static void base64_of_more_than_there_is_room_for_is_refused(void **state)
{
	char data[3];
	size_t len = 0;

	(void)state;
	assert_works(nacre_base64_parse("Zm9v", 4, data, 3, &len, err));
	assert_refused(nacre_base64_parse("Zm9vYg==", 8, data, 3, &len, err), NACRE_E_LIMIT,
		"more than 3 bytes");
	assert_refused(nacre_base64_parse("Zm9vZm9vZm9v", 12, data, 3, &len, err), NACRE_E_LIMIT,
		"more than 3 bytes");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_sealed_box_opens_with_its_passphrase_alone),
		cmocka_unit_test(an_empty_passphrase_is_a_passphrase),
		cmocka_unit_test(two_boxes_have_nothing_in_common),
		cmocka_unit_test(a_damaged_box_does_not_open),
		cmocka_unit_test(base64_is_the_one_of_the_rfc),
		cmocka_unit_test(base64_that_is_written_otherwise_is_refused),
		cmocka_unit_test(base64_of_more_than_there_is_room_for_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
