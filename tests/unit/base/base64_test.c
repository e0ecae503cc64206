/* SPDX-License-Identifier: Apache-2.0 */
#include "base/base64.h"
#include "base/scope.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

/* RFC 4648, section 10, and bytes that use the last characters of the alphabet. */
static const struct {
	const char *bytes;
	const char *text;
} rows[] = {
	{ "", "" },
	{ "f", "Zg==" },
	{ "fo", "Zm8=" },
	{ "foo", "Zm9v" },
	{ "foob", "Zm9vYg==" },
	{ "fooba", "Zm9vYmE=" },
	{ "foobar", "Zm9vYmFy" },
	{ "\xfb\xff\xfe", "+//+" },
};

static void bytes_and_text_turn_into_each_other(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		NACRE_CLEANUP(nacre_buf_clear)
		struct nacre_buf buf = NACRE_BUF(64);
		unsigned char data[NACRE_BASE64_ROOM(64)];
		size_t len = 99;

		assert_int_equal(nacre_base64_parse(rows[i].text, strlen(rows[i].text), data,
					 sizeof(data), &len, NULL),
			0);
		assert_int_equal(len, strlen(rows[i].bytes));
		assert_memory_equal(data, rows[i].bytes, len);
		assert_int_equal(nacre_base64_emit(rows[i].bytes, len, &buf, NULL), 0);
		assert_string_equal(buf.data ? buf.data : "", rows[i].text);
	}
}

static void a_text_that_is_not_the_one_for_its_bytes_is_refused(void **state)
{
	static const char *const texts[] = { "Zg", "Zg=", "Zg===", "Zh==", "Zm9", "Zm8",
		"Zm9=", "Z===", "====", "=", "Z", "Zg==Zg==", "Zm 9v", " Zm9v", "Zm9v\n", "Zm-v",
		"-__-", "=Zg=", "Zm9v=", "Zm9v====" };
	unsigned char data[64];
	struct nacre_err err;
	size_t len = 99;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		assert_int_equal(nacre_base64_parse(texts[i], strlen(texts[i]), data, sizeof(data),
					 &len, &err),
			NACRE_E_FORMAT);
		assert_string_equal(err.text, "not base64");
	}
	assert_int_equal(
		nacre_base64_parse("Zg\0=", 4, data, sizeof(data), &len, &err), NACRE_E_FORMAT);
	assert_int_equal(len, 99);
}

static void more_bytes_than_there_is_room_for_are_an_error(void **state)
{
	struct nacre_err err;
	char data[3];
	size_t len = 0;

	(void)state;
	assert_int_equal(nacre_base64_parse("Zm9v", 4, data, 3, &len, NULL), 0);
	assert_int_equal(nacre_base64_parse("Zm9vYg==", 8, data, 3, &len, &err), NACRE_E_LIMIT);
	assert_string_equal(err.text, "more than 3 bytes");
}

static void a_text_beyond_the_buffers_maximum_is_an_error(void **state)
{
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf buf = NACRE_BUF(7);
	struct nacre_err err = { 0 };

	(void)state;
	assert_int_equal(nacre_base64_emit("foobar", 6, &buf, &err), NACRE_E_LIMIT);
	assert_string_equal(err.text, "more than 7 bytes");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bytes_and_text_turn_into_each_other),
		cmocka_unit_test(a_text_that_is_not_the_one_for_its_bytes_is_refused),
		cmocka_unit_test(more_bytes_than_there_is_room_for_are_an_error),
		cmocka_unit_test(a_text_beyond_the_buffers_maximum_is_an_error),
	};

	return cmocka_run_group_tests_name("base64", tests, NULL, NULL);
}
