/* SPDX-License-Identifier: Apache-2.0 */
/* Limits and results of parsing pax records; what is refused is in tests/vectors/layers too. */
#include "layers/tar_pax.h"

#include "base/env.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct nacre_limits limits;
static struct nacre_arena arena;
static struct nacre_pax pax;
static struct nacre_err err;
static char body[4096];

static int setup(void **state)
{
	(void)state;
	limits = nacre_env_limits(NULL);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	nacre_arena_clear(&arena);
	return 0;
}

static int parse(const char *text, size_t len, bool is_global)
{
	memcpy(body, text, len);
	body[len] = '\0';
	return nacre_pax_parse(body, len, is_global, &limits, &arena, NULL, &pax, &err);
}

#define PARSE(text) parse((text), sizeof(text) - 1, false)
#define PARSE_GLOBAL(text) parse((text), sizeof(text) - 1, true)

static void what_is_not_said_is_told_from_what_is(void **state)
{
	(void)state;
	assert_int_equal(PARSE(""), 0);
	assert_true(pax.is_there);
	assert_null(pax.path);
	assert_null(pax.link);
	assert_false(pax.has_size || pax.has_uid || pax.has_gid || pax.has_mtime);
	assert_int_equal(pax.xattr_count, 0);
	assert_int_equal(PARSE("8 uid=0\n8 gid=0\n9 size=0\n11 mtime=0\n"), 0);
	assert_true(pax.has_mtime);
	assert_int_equal(PARSE("8 uid=0\n8 gid=0\n9 size=0\n10 mtime=0\n"), NACRE_E_FORMAT);
	assert_int_equal(PARSE("8 uid=0\n8 gid=0\n9 size=0\n"), 0);
	assert_true(pax.has_size && pax.has_uid && pax.has_gid);
	assert_false(pax.has_mtime);
}

static void values_hold_newlines_equals_and_text_that_looks_like_a_record(void **state)
{
	(void)state;
	assert_int_equal(PARSE("19 path=a\n9 path=b\n"), 0);
	assert_int_equal(pax.path_len, 10);
	assert_memory_equal(pax.path, "a\n9 path=b", 10);
	assert_int_equal(PARSE("14 path=a=b=c\n"), 0);
	assert_int_equal(pax.path_len, 5);
	assert_memory_equal(pax.path, "a=b=c", 5);
}

static void numbers_of_64_bits_are_taken_whole(void **state)
{
	(void)state;
	assert_int_equal(PARSE("29 size=18446744073709551615\n"), 0);
	assert_true(pax.size_bytes == UINT64_MAX);
	assert_int_equal(PARSE("30 mtime=-9223372036854775806\n"), 0);
	assert_true(pax.mtime_s == INT64_MIN + 2);
	assert_int_equal(PARSE("32 mtime=-9223372036854775806.5\n"), 0);
	assert_true(pax.mtime_s == INT64_MIN + 1);
	assert_int_equal(pax.mtime_ns, 500000000);
	assert_int_equal(PARSE("29 mtime=9223372036854775807\n"), 0);
	assert_true(pax.mtime_s == INT64_MAX);
	assert_int_equal(PARSE("30 mtime=-9223372036854775808\n"), 0);
	assert_true(pax.mtime_s == INT64_MIN);
	assert_int_equal(PARSE("40 mtime=-9223372036854775807.000000001\n"), 0);
	assert_true(pax.mtime_s == INT64_MIN);
	assert_int_equal(pax.mtime_ns, 999999999);
}

static void times_beyond_64_bits_are_refused(void **state)
{
	(void)state;
	assert_int_equal(PARSE("29 mtime=9223372036854775808\n"), NACRE_E_FORMAT);
	assert_string_equal(err.text, "pax mtime is not a time");
	assert_int_equal(PARSE("30 mtime=-9223372036854775809\n"), NACRE_E_FORMAT);
	assert_int_equal(PARSE("32 mtime=-9223372036854775808.5\n"), NACRE_E_FORMAT);
	assert_int_equal(PARSE("33 mtime=-18446744073709551615.5\n"), NACRE_E_FORMAT);
	assert_string_equal(err.text, "pax mtime is not a time");
}

static void xattrs_are_counted_and_measured(void **state)
{
	(void)state;
	limits.xattrs = 2;
	limits.xattr_bytes = 15;
	assert_int_equal(PARSE("25 SCHILY.xattr.user.a=1\n25 SCHILY.xattr.user.b=2\n"), 0);
	assert_int_equal(pax.xattr_count, 2);
	assert_string_equal(pax.xattrs[1].name, "user.b");
	assert_memory_equal(pax.xattrs[1].value, "2", 1);
	assert_int_equal(PARSE("25 SCHILY.xattr.user.a=1\n25 SCHILY.xattr.user.b=2\n"
			       "25 SCHILY.xattr.user.c=3\n"),
		NACRE_E_LIMIT);
	assert_string_equal(err.text, "more than 2 xattrs (limit xattrs)");
	assert_int_equal(
		PARSE("25 SCHILY.xattr.user.a=1\n27 SCHILY.xattr.user.b=234\n"), NACRE_E_LIMIT);
	assert_string_equal(err.text, "more than 15 bytes of xattrs (limit xattr-bytes)");
}

static void a_global_header_may_comment_and_nothing_else(void **state)
{
	(void)state;
	assert_int_equal(PARSE_GLOBAL("13 comment=x\n14 comment=yz\n"), 0);
	assert_int_equal(PARSE_GLOBAL("9 Comment=x\n"), NACRE_E_FORMAT);
	assert_int_equal(PARSE_GLOBAL("13 Comment=x\n"), NACRE_E_UNSAFE);
	assert_string_equal(
		err.text, "a global pax header with 'Comment', which readers take differently");
	assert_int_equal(PARSE_GLOBAL(""), 0);
}

static void what_is_refused_leaves_no_result_to_trust(void **state)
{
	(void)state;
	assert_int_equal(PARSE("8 uid=1\n8 uid=2\n"), NACRE_E_UNSAFE);
	assert_string_equal(err.text, "pax uid twice");
	assert_int_equal(PARSE("8 uid=1"), NACRE_E_FORMAT);
	assert_int_equal(PARSE("8 uid=1\nx"), NACRE_E_FORMAT);
	assert_string_equal(err.text, "a malformed pax record");
	assert_int_equal(PARSE("17 SCHILY.xattr.="), NACRE_E_FORMAT);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(what_is_not_said_is_told_from_what_is),
		TEST(values_hold_newlines_equals_and_text_that_looks_like_a_record),
		TEST(numbers_of_64_bits_are_taken_whole),
		TEST(times_beyond_64_bits_are_refused),
		TEST(xattrs_are_counted_and_measured),
		TEST(a_global_header_may_comment_and_nothing_else),
		TEST(what_is_refused_leaves_no_result_to_trust),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
