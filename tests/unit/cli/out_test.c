/* SPDX-License-Identifier: Apache-2.0 */
/* Nothing that comes from outside may speak to a terminal, or break a JSON document. */
#include "cli/out.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static void expect(void (*out)(FILE *, const char *), const char *text, const char *wanted)
{
	char *got = NULL;
	size_t len = 0;
	FILE *to = open_memstream(&got, &len);

	assert_non_null(to);
	out(to, text);
	assert_int_equal(fclose(to), 0);
	assert_string_equal(got, wanted);
	free(got);
}

static void out_path(FILE *to, const char *text)
{
	out_json_bytes(to, "path", text);
}

static void a_name_that_is_not_utf8_is_kept_in_base64(void **state)
{
	(void)state;
	expect(out_path, "a\"\x1b\u00e4", "\"path\":\"a\\\"\\u001b\u00e4\"");
	expect(out_path, "", "\"path\":\"\"");
	expect(out_path, "\xff", "\"path_base64\":\"/w==\"");
	expect(out_path, "a\xff", "\"path_base64\":\"Yf8=\"");
	expect(out_path,
		"a\xff"
		"b",
		"\"path_base64\":\"Yf9i\"");
	expect(out_path, "\xc3(\xfa\xfb", "\"path_base64\":\"wyj6+w==\"");
}

static void ordinary_text_is_left_alone(void **state)
{
	(void)state;
	expect(out_text, "", "");
	expect(out_text, "usr/lib/libz.so: ümläut 日本 𝄞 'x' \"y\" \\z",
		"usr/lib/libz.so: ümläut 日本 𝄞 'x' \"y\" \\z");
}

static void control_characters_are_shown(void **state)
{
	(void)state;
	expect(out_text, "a\nb\tc\rd", "a\\nb\\x09c\\x0dd");
	expect(out_text, "\x1b[31mred\x07\x7f", "\\x1b[31mred\\x07\\x7f");
}

static void the_second_set_of_control_characters_is_shown(void **state)
{
	(void)state;
	expect(out_text,
		"\xc2\x9b"
		"31m",
		"\\xc2\\x9b31m");
	expect(out_text, "\xc2\x80\xc2\x9f\xc2\xa0", "\\xc2\\x80\\xc2\\x9f\xc2\xa0");
	expect(out_text,
		"\x9b"
		"31m",
		"\\x9b31m");
}

static void characters_that_turn_text_around_are_shown(void **state)
{
	(void)state;
	expect(out_text, "a\u202eb\u2066c\u200fd\ufeff",
		"a\\xe2\\x80\\xaeb\\xe2\\x81\\xa6c\\xe2\\x80\\x8fd\\xef\\xbb\\xbf");
	expect(out_text, "\u2028", "\\xe2\\x80\\xa8");
}

static void bytes_that_are_no_text_are_shown(void **state)
{
	(void)state;
	expect(out_text, "\xff", "\\xff");
	expect(out_text, "\xc3", "\\xc3");
	expect(out_text, "\xc3(", "\\xc3(");
	expect(out_text, "\xe2\x82", "\\xe2\\x82");
	expect(out_text, "\xc0\xaf", "\\xc0\\xaf");
	expect(out_text, "\xe0\x80\xaf", "\\xe0\\x80\\xaf");
	expect(out_text, "\xed\xa0\x80", "\\xed\\xa0\\x80");
	expect(out_text, "\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80");
	expect(out_text, "\xf8\x88\x80\x80\x80", "\\xf8\\x88\\x80\\x80\\x80");
}

static void two_names_never_look_the_same(void **state)
{
	(void)state;
	expect(out_name, "a\x1b", "a\\x1b");
	expect(out_name, "a\\x1b", "a\\\\x1b");
	expect(out_name, "a\nb", "a\\nb");
}

static void json_strings_hold_any_text(void **state)
{
	(void)state;
	expect(out_json, "", "\"\"");
	expect(out_json, "a\"b\\c/ü", "\"a\\\"b\\\\c/ü\"");
	expect(out_json, "a\nb\x1b\x7f", "\"a\\u000ab\\u001b\\u007f\"");
	expect(out_json, "\xff\xc3(", "\"\\ufffd\\ufffd(\"");
	expect(out_json, "\u202e\U000e0041𝄞", "\"\\u202e\\udb40\\udc41𝄞\"");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_name_that_is_not_utf8_is_kept_in_base64),
		cmocka_unit_test(ordinary_text_is_left_alone),
		cmocka_unit_test(control_characters_are_shown),
		cmocka_unit_test(the_second_set_of_control_characters_is_shown),
		cmocka_unit_test(characters_that_turn_text_around_are_shown),
		cmocka_unit_test(bytes_that_are_no_text_are_shown),
		cmocka_unit_test(two_names_never_look_the_same),
		cmocka_unit_test(json_strings_hold_any_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
