/* SPDX-License-Identifier: Apache-2.0 */
#include "base/env.h"
#include "base/path.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const struct {
	const char *text;
	size_t len;
	const char *want; /* NULL: refused */
	int code;
	const char *message;
} rows[] = {
#define TAKES(text, want)                                                                          \
	{                                                                                          \
		(text), sizeof(text) - 1, (want), 0, NULL                                          \
	}
#define REFUSES(text, code, message)                                                               \
	{                                                                                          \
		(text), sizeof(text) - 1, NULL, (code), (message)                                  \
	}
	TAKES("a", "a"),
	TAKES("a/b", "a/b"),
	TAKES("a/b/c", "a/b/c"),
	TAKES("/a", "a"),
	TAKES("//a", "a"),
	TAKES("./a", "a"),
	TAKES(".//a", "a"),
	TAKES("/./a", "a"),
	TAKES("././a", "a"),
	TAKES("a/", "a"),
	TAKES("a//", "a"),
	TAKES("a/.", "a"),
	TAKES("a/./", "a"),
	TAKES("a//b", "a/b"),
	TAKES("a/./b", "a/b"),
	TAKES("a//b/./c/", "a/b/c"),
	TAKES(".", ""),
	TAKES("./", ""),
	TAKES("/", ""),
	TAKES("///", ""),
	TAKES("/.", ""),
	TAKES("./.", ""),
	TAKES("...", "..."),
	TAKES("..a", "..a"),
	TAKES("a..", "a.."),
	TAKES("a/...", "a/..."),
	TAKES(".a", ".a"),
	TAKES("a/.b", "a/.b"),
	TAKES(". /a", ". /a"),
	TAKES(" ", " "),
	TAKES("a\\..\\b", "a\\..\\b"),
	TAKES("\xff\n\x1b", "\xff\n\x1b"),
	TAKES("d/d/d", "d/d/d"),
	REFUSES("", NACRE_E_FORMAT, "an empty path"),
	REFUSES("..", NACRE_E_UNSAFE, "'..' in a path"),
	REFUSES("../a", NACRE_E_UNSAFE, "'..' in a path"),
	REFUSES("/..", NACRE_E_UNSAFE, "'..' in a path"),
	REFUSES("a/..", NACRE_E_UNSAFE, "'..' in a path"),
	REFUSES("a/../b", NACRE_E_UNSAFE, "'..' in a path"),
	REFUSES("a/../", NACRE_E_UNSAFE, "'..' in a path"),
	REFUSES("./..", NACRE_E_UNSAFE, "'..' in a path"),
	REFUSES("a//..//b", NACRE_E_UNSAFE, "'..' in a path"),
	REFUSES("a\0b", NACRE_E_UNSAFE, "a path with a NUL byte"),
	REFUSES("a\0", NACRE_E_UNSAFE, "a path with a NUL byte"),
	REFUSES("\0", NACRE_E_UNSAFE, "a path with a NUL byte"),
	REFUSES("d/d/d/d", NACRE_E_LIMIT, "more than 3 directories deep (limit depth)"),
	REFUSES("/d/./d//d/d/", NACRE_E_LIMIT, "more than 3 directories deep (limit depth)"),
	REFUSES("aaaaaaaaaa/aaaaaaaaaa", NACRE_E_LIMIT,
		"a path of more than 20 bytes (limit path-bytes)"),
	TAKES("aaaaaaaaaa/aaaaaaaaa//", "aaaaaaaaaa/aaaaaaaaa"),
	REFUSES("aaaaaaaaaa/aaaaaaaaaa/aaaaaaaaaa", NACRE_E_LIMIT,
		"a path of more than 20 bytes (limit path-bytes)"),
};

static void paths_take_their_one_form_or_are_refused(void **state)
{
	struct nacre_limits limits = nacre_env_limits(NULL);

	(void)state;
	limits.depth = 3;
	limits.path_bytes = 20;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct nacre_err err = { NACRE_OK, "" };
		char path[32];
		int rc = nacre_path_clean(
			rows[i].text, rows[i].len, &limits, path, sizeof(path), &err);

		assert_int_equal(rc, rows[i].code);
		if (rc)
			assert_string_equal(err.text, rows[i].message);
		else
			assert_string_equal(path, rows[i].want);
	}
}

static void a_name_has_255_bytes_at_most_and_a_marked_one_what_is_said(void **state)
{
	struct nacre_limits limits = nacre_env_limits(NULL);
	char text[300], path[300];
	struct nacre_err err;

	(void)state;
	memset(text, 'n', sizeof(text));
	memcpy(text, "a/", 2);
	assert_int_equal(nacre_path_clean(text, 257, &limits, path, sizeof(path), &err), 0);
	assert_int_equal(strlen(path), 257);
	assert_int_equal(
		nacre_path_clean(text, 258, &limits, path, sizeof(path), &err), NACRE_E_LIMIT);
	assert_string_equal(err.text, "a name of more than 255 bytes (limit name-bytes)");
	/* Only what has the mark is longer by it. */
	assert_int_equal(
		nacre_path_clean_marked(text, 258, &limits, ".m.", path, sizeof(path), &err),
		NACRE_E_LIMIT);
	memcpy(text + 2, ".m.", 3);
	assert_int_equal(
		nacre_path_clean_marked(text, 260, &limits, ".m.", path, sizeof(path), &err), 0);
	assert_int_equal(
		nacre_path_clean_marked(text, 261, &limits, ".m.", path, sizeof(path), &err),
		NACRE_E_LIMIT);
	assert_string_equal(err.text, "a name of more than 255 bytes (limit name-bytes)");
	limits.name_bytes = 2;
	assert_int_equal(nacre_path_clean("a/bc", 4, &limits, path, sizeof(path), &err), 0);
	assert_int_equal(
		nacre_path_clean("a/bcd", 5, &limits, path, sizeof(path), &err), NACRE_E_LIMIT);
	assert_string_equal(err.text, "a name of more than 2 bytes (limit name-bytes)");
}

static void a_path_that_fills_the_room_is_taken_and_a_longer_one_not(void **state)
{
	struct nacre_limits limits = nacre_env_limits(NULL);
	char path[4];
	struct nacre_err err;

	(void)state;
	assert_int_equal(nacre_path_clean("a/b", 3, &limits, path, sizeof(path), &err), 0);
	assert_string_equal(path, "a/b");
	assert_int_equal(
		nacre_path_clean("a/bc", 4, &limits, path, sizeof(path), &err), NACRE_E_LIMIT);
	assert_string_equal(err.text, "a path of more than 3 bytes");
	assert_int_equal(
		nacre_path_clean("abcd", 4, &limits, path, sizeof(path), &err), NACRE_E_LIMIT);
}

static void room_is_for_what_the_limit_allows_and_never_more_than_a_mebibyte(void **state)
{
	struct nacre_limits limits = nacre_env_limits(NULL);

	(void)state;
	assert_int_equal(nacre_path_room(&limits), 4096);
	limits.path_bytes = 1 << 20;
	assert_int_equal(nacre_path_room(&limits), (1 << 20) + 1);
	limits.path_bytes = UINT64_MAX;
	assert_int_equal(nacre_path_room(&limits), (1 << 20) + 1);
}

static void the_leaf_is_the_last_component(void **state)
{
	(void)state;
	assert_int_equal(nacre_path_leaf("a/b/cc"), 4);
	assert_int_equal(nacre_path_leaf("abc"), 0);
	assert_int_equal(nacre_path_leaf(""), 0);
}

static void components_come_one_after_the_other(void **state)
{
	const char *at = "usr/lib/x", *name = NULL;
	char text[32] = "";
	size_t len;

	(void)state;
	while ((len = nacre_path_next(&at, &name)) > 0) {
		strncat(text, name, len);
		strcat(text, ";");
	}
	assert_string_equal(text, "usr;lib;x;");
	at = "";
	assert_int_equal(nacre_path_next(&at, &name), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(paths_take_their_one_form_or_are_refused),
		cmocka_unit_test(a_name_has_255_bytes_at_most_and_a_marked_one_what_is_said),
		cmocka_unit_test(a_path_that_fills_the_room_is_taken_and_a_longer_one_not),
		cmocka_unit_test(room_is_for_what_the_limit_allows_and_never_more_than_a_mebibyte),
		cmocka_unit_test(the_leaf_is_the_last_component),
		cmocka_unit_test(components_come_one_after_the_other),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
