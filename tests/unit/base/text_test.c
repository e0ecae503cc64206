/* SPDX-License-Identifier: Apache-2.0 */
#include "base/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

static void utf8_is_told_from_other_bytes(void **state)
{
	static const struct {
		const char *text;
		bool valid;
	} rows[] = {
		{ "", true },
		{ "plain", true },
		{ "\x7f", true },
		{ "\xc2\x80", true },
		{ "\xdf\xbf", true },
		{ "\xe0\xa0\x80", true },
		{ "\xed\x9f\xbf", true },
		{ "\xee\x80\x80", true },
		{ "\xef\xbf\xbf", true },
		{ "\xf0\x90\x80\x80", true },
		{ "\xf4\x8f\xbf\xbf", true },
		{ "a\xc3\xa9z", true },
		{ "\x80", false }, /* a tail alone */
		{ "\xbf", false },
		{ "\xc0\x80", false },	       /* overlong NUL */
		{ "\xc1\xbf", false },	       /* overlong */
		{ "\xe0\x9f\xbf", false },     /* overlong */
		{ "\xf0\x8f\xbf\xbf", false }, /* overlong */
		{ "\xed\xa0\x80", false },     /* surrogates */
		{ "\xed\xbf\xbf", false },
		{ "\xf4\x90\x80\x80", false }, /* beyond U+10FFFF */
		{ "\xf5\x80\x80\x80", false },
		{ "\xff", false },
		{ "\xfe", false },
		{ "\xc3", false }, /* cut */
		{ "\xe2\x82", false },
		{ "\xf0\x9f\x92", false },
		{ "\xc3z", false }, /* a tail missing */
		{ "\xe2\x82z", false },
		{ "\xf0\x9f\x92z", false },
		{ "ok\xc3\xa9\xc3", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(
			nacre_utf8_valid(rows[i].text, strlen(rows[i].text)), rows[i].valid);
	assert_true(nacre_utf8_valid("a\0b", 3));
}

static void numbers_are_digits_that_fit(void **state)
{
	static const char *const refused[] = { "", "-1", "+1", " 1", "1 ", "1x", "0x1", "1.0",
		"18446744073709551616", "99999999999999999999999" };
	uint64_t value = 5;

	(void)state;
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
		assert_false(nacre_number_parse(refused[i], strlen(refused[i]), &value));
	assert_int_equal(value, 5);
	assert_true(nacre_number_parse("18446744073709551615", 20, &value));
	assert_true(value == UINT64_MAX);
	assert_true(nacre_number_parse("007", 3, &value));
	assert_int_equal(value, 7);
	assert_true(nacre_number_parse("12345", 2, &value));
	assert_int_equal(value, 12);
}

static const struct {
	const char *text;
	int64_t seconds;
} times[] = {
	{ "1970-01-01T00:00:00Z", 0 },
	{ "1970-01-01T00:00:01Z", 1 },
	{ "1969-12-31T23:59:59Z", -1 },
	{ "2000-02-29T12:34:56Z", 951827696 },
	{ "2026-01-01T00:00:00Z", 1767225600 },
	{ "2038-01-19T03:14:08Z", (int64_t)1 << 31 },
	{ "2024-02-29T00:00:00Z", 1709164800 },
	{ "2100-02-28T23:59:59Z", 4107542399 },
	{ "2100-03-01T00:00:00Z", 4107542400 },
	{ "1900-03-01T00:00:00Z", -2203891200 },
	{ "1600-02-29T00:00:00Z", -11670998400 },
	{ "0001-01-01T00:00:00Z", -62135596800 },
	{ "9999-12-31T23:59:59Z", 253402300799 },
};

static void times_are_read_and_printed_the_same(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
		char text[NACRE_TIME_TEXT];
		int64_t seconds = 0;

		assert_int_equal(nacre_time_parse(times[i].text, &seconds, NULL), 0);
		assert_true(seconds == times[i].seconds);
		nacre_time_print(seconds, text);
		assert_string_equal(text, times[i].text);
	}
}

static void every_day_of_the_calendar_is_that_of_the_c_library(void **state)
{
	(void)state;
	for (int64_t day = -719162; day <= 2932896; day += 97) {
		time_t seconds = (time_t)(day * 86400 + day % 86400);
		char want[80], got[NACRE_TIME_TEXT];
		int64_t back = 0;
		struct tm tm;

		if (seconds < -62135596800)
			continue;
		assert_non_null(gmtime_r(&seconds, &tm));
		(void)snprintf(want, sizeof(want), "%04d-%02d-%02dT%02d:%02d:%02dZ",
			tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min,
			tm.tm_sec);
		nacre_time_print(seconds, got);
		assert_string_equal(got, want);
		assert_int_equal(nacre_time_parse(got, &back, NULL), 0);
		assert_true(back == seconds);
	}
}

static void times_beyond_the_calendar_are_cut_to_it(void **state)
{
	char text[NACRE_TIME_TEXT];

	(void)state;
	nacre_time_print(INT64_MIN, text);
	assert_string_equal(text, "0001-01-01T00:00:00Z");
	nacre_time_print(INT64_MAX, text);
	assert_string_equal(text, "9999-12-31T23:59:59Z");
	nacre_time_print(253402300800, text);
	assert_string_equal(text, "9999-12-31T23:59:59Z");
}

static void what_is_no_time_is_refused(void **state)
{
	static const char *const no_form[] = { "", "2026-01-01", "2026-01-01T00:00:00",
		"2026-01-01 00:00:00Z", "2026-01-01T00:00:00z", "2026-01-01T00:00:00.5Z",
		"2026-01-01T00:00:00+00:00", "12026-01-01T00:00:00Z" };
	static const char *const no_day[] = { "0000-01-01T00:00:00Z", "2026-00-01T00:00:00Z",
		"2026-13-01T00:00:00Z", "2026-01-00T00:00:00Z", "2026-01-32T00:00:00Z",
		"2026-04-31T00:00:00Z", "2026-02-29T00:00:00Z", "2100-02-29T00:00:00Z",
		"2026-01-01T24:00:00Z", "2026-01-01T00:60:00Z", "2026-01-01T00:00:60Z",
		"2026-01-01T-1:00:00Z", "20x6-01-01T00:00:00Z", "2026- 1-01T00:00:00Z" };
	struct nacre_err err;
	int64_t seconds = 5;
	char want[128];

	(void)state;
	for (size_t i = 0; i < sizeof(no_form) / sizeof(no_form[0]); i++) {
		assert_int_equal(nacre_time_parse(no_form[i], &seconds, &err), NACRE_E_FORMAT);
		(void)snprintf(want, sizeof(want), "'%s' is not a time like 2026-01-31T12:00:00Z",
			no_form[i]);
		assert_string_equal(err.text, want);
	}
	for (size_t i = 0; i < sizeof(no_day) / sizeof(no_day[0]); i++) {
		assert_int_equal(nacre_time_parse(no_day[i], &seconds, &err), NACRE_E_FORMAT);
		(void)snprintf(want, sizeof(want), "'%s' is no time of the calendar", no_day[i]);
		assert_string_equal(err.text, want);
	}
	assert_int_equal(seconds, 5);
}

static void edits_are_counted(void **state)
{
	static const struct {
		const char *a, *b;
		size_t distance;
	} rows[] = {
		{ "", "", 0 },
		{ "", "abc", 3 },
		{ "abc", "abc", 0 },
		{ "abc", "abd", 1 },
		{ "abc", "ab", 1 },
		{ "abc", "acb", 1 }, /* neighbours swapped */
		{ "kitten", "sitting", 3 },
		{ "ca", "abc", 3 },
		{ "steps", "setps", 1 },
	};
	char long_name[100];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(nacre_edit_distance(rows[i].a, rows[i].b), rows[i].distance);
		assert_int_equal(nacre_edit_distance(rows[i].b, rows[i].a), rows[i].distance);
	}
	memset(long_name, 'x', sizeof(long_name));
	long_name[99] = '\0';
	assert_int_equal(nacre_edit_distance(long_name, ""), 48);
}

static void the_nearest_name_is_found_if_one_is_near(void **state)
{
	static const char *const names[] = { "copy", "file", "files", "remove", NULL };
	static const char *const none[] = { NULL };

	(void)state;
	assert_string_equal(nacre_nearest("cpoy", names), "copy");
	assert_string_equal(nacre_nearest("fil", names), "file");
	assert_string_equal(nacre_nearest("filess", names), "files");
	assert_string_equal(nacre_nearest("remvoe", names), "remove");
	assert_null(nacre_nearest("entrypoint", names));
	assert_null(nacre_nearest("copy", none));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(utf8_is_told_from_other_bytes),
		cmocka_unit_test(numbers_are_digits_that_fit),
		cmocka_unit_test(times_are_read_and_printed_the_same),
		cmocka_unit_test(every_day_of_the_calendar_is_that_of_the_c_library),
		cmocka_unit_test(times_beyond_the_calendar_are_cut_to_it),
		cmocka_unit_test(what_is_no_time_is_refused),
		cmocka_unit_test(edits_are_counted),
		cmocka_unit_test(the_nearest_name_is_found_if_one_is_near),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
