/* SPDX-License-Identifier: Apache-2.0 */
#include "builder/pattern.h"

#include "fixture.h"
#include "lib/chance.h"

#include <fnmatch.h>
#include <time.h>

static bool matches(const char *pattern, const char *path)
{
	return nacre_pattern_match(pattern, strlen(pattern), path);
}

static const struct {
	const char *pattern;
	const char *path;
	bool want;
} rows[] = {
	/* names */
	{ "a", "a", true },
	{ "a", "ab", false },
	{ "ab", "a", false },
	{ "a/b", "a/b", true },
	{ "a/b", "a", false },
	{ "a", "a/b", false },
	{ "/a/b", "a/b", true },
	{ "", "", true },
	{ "", "a", false },
	{ "*", "", false },
	{ "*", ".hidden", true },
	{ "*.o", ".o", true },
	{ "a*b*c", "a-b-b-c", true },
	{ "a*b*c", "a-b-b-c-", false },
	{ "*a", "baa", true },
	{ "?", "\xc3\xa4", false },
	{ "??", "\xc3\xa4", true },
	{ "*", "\xff", true },
	{ "*", "a/b", false },
	{ "a/*", "a/b/c", false },
	{ "a?b", "a/b", false },
	{ "a[/]b", "a/b", false },
	{ "a[!x]b", "a/b", false },
	/* classes */
	{ "[abc]", "b", true },
	{ "[abc]", "d", false },
	{ "[a-c]x", "bx", true },
	{ "[!a-c]", "d", true },
	{ "[^a-c]", "d", true },
	{ "[!a-c]", "b", false },
	{ "[]]", "]", true },
	{ "[]a]", "a", true },
	{ "[!]]", "]", false },
	{ "[!]]", "a", true },
	{ "[a-]", "-", true },
	{ "[-a]", "-", true },
	{ "[c-a]", "b", false },
	{ "[\\]]", "]", true },
	{ "[\\-a]", "-", true },
	{ "[\\!]", "!", true },
	{ "[a-\\c]", "b", true },
	{ "[[:digit:]]", "7", true },
	{ "[[:digit:]]", "x", false },
	{ "[![:digit:]_]", "x", true },
	{ "[![:digit:]_]", "_", false },
	{ "[[:none:]]", ":]", true },
	{ "[\x80-\xff]", "\xc3", true },
	{ "[", "[", true },
	{ "[a", "[a", true },
	{ "a[", "a[", true },
	{ "[]", "[]", true },
	{ "[!]", "[!]", true },
	{ "*[", "x[", true },
	/* the backslash */
	{ "a\\*", "a*", true },
	{ "a\\*", "ab", false },
	{ "\\a", "a", true },
	{ "\\\\", "\\", true },
	{ "\\[a]", "[a]", true },
	{ "a\\", "a", false },
	{ "a\\", "a\\", false },
	/* any names */
	{ "**", "a", true },
	{ "**", "a/b/c", true },
	{ "**", "", false },
	{ "a/**", "a", false },
	{ "a/**", "a/b", true },
	{ "a/**", "a/b/c", true },
	{ "**/c", "c", true },
	{ "**/c", "a/b/c", true },
	{ "**/c", "a/b/cc", false },
	{ "a/**/c", "a/c", true },
	{ "a/**/c", "a/b/b/c", true },
	{ "a/**/c", "b/c", false },
	{ "a/**/**/c", "a/c", true },
	{ "**/b/**/d", "a/b/c/b/d", true },
	{ "**/b/d", "b/c/b/d", true },
	{ "**/*.c", "x/y.c", true },
	/* only as a whole name */
	{ "a**", "ab", true },
	{ "a**", "ab/c", false },
	{ "**a", "b/a", false },
	{ "***", "a/b", false },
};

static void a_pattern_matches_what_the_header_says(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		if (matches(rows[i].pattern, rows[i].path) != rows[i].want)
			fail_msg("'%s' on '%s'", rows[i].pattern, rows[i].path);
	}
}

static const struct {
	const char *pattern;
	const char *dir;
	bool want;
} leads[] = {
	{ "a/b", "", true },
	{ "a/b", "a", true },
	{ "a/b", "a/b", false },
	{ "a/b", "b", false },
	{ "*/b", "x", true },
	{ "**", "a/b/c", true },
	{ "a/**/c", "a/x/y", true },
	{ "a/**/c", "b", false },
	{ "a/?/c", "a/xx", false },
	{ "", "", false },
};

static void what_leads_to_a_match_is_gone_into_and_nothing_else(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(leads); i++) {
		if (nacre_pattern_leads(leads[i].pattern, strlen(leads[i].pattern), leads[i].dir) !=
			leads[i].want)
			fail_msg("'%s' on '%s'", leads[i].pattern, leads[i].dir);
	}
}

static void plain_names_in_front_are_found_and_freed_of_backslashes(void **state)
{
	static const struct {
		const char *pattern;
		size_t plain;
		const char *text;
	} plains[] = {
		{ "usr/l*", 4, "usr/" },
		{ "*", 0, "" },
		{ "a/b", 3, "a/b" },
		{ "a\\*/b?", 4, "a*/" },
		{ "\\[x]/y", 6, "[x]/y" },
		{ "a/**/b", 2, "a/" },
	};
	char text[16];

	(void)state;
	for (size_t i = 0; i < COUNT(plains); i++) {
		size_t got = nacre_pattern_plain(plains[i].pattern, strlen(plains[i].pattern));

		assert_int_equal(got, plains[i].plain);
		nacre_pattern_unescape(plains[i].pattern, got, text);
		assert_string_equal(text, plains[i].text);
	}
}

/* ------------------------------------------------------------- against fnmatch(3) */

/* Few bytes, so that random patterns match now and then. */
static void random_text(const char *bytes, unsigned longest, char *out_text)
{
	unsigned len = pick(longest + 1), count = (unsigned)strlen(bytes);

	for (unsigned i = 0; i < len; i++)
		*out_text++ = bytes[pick(count)];
	*out_text = '\0';
}

/* Slashes at the ends and in a row are not in any clean path; "**" has a meaning of its own; and
 * glibc takes a slash in brackets in its own way. */
static bool is_common(const char *pattern)
{
	size_t len = strlen(pattern);

	return !strstr(pattern, "//") && pattern[0] != '/' &&
		(len == 0 || pattern[len - 1] != '/') && !strstr(pattern, "**") &&
		!(strchr(pattern, '[') && strchr(pattern, '/')) && !strstr(pattern, "\\/") &&
		!strstr(pattern, "[.") && !strstr(pattern, "[=") && !strstr(pattern, "[:");
}

static void random_patterns_are_taken_as_fnmatch_takes_them(void **state)
{
	char pattern[16], path[16];
	unsigned common = 0, matched = 0;

	(void)state;
	for (unsigned i = 0; i < 2000000; i++) {
		bool got, want;

		random_text("aab*?[]!-^\\/", 9, pattern);
		random_text("aab-!]^\\/", 5, path);
		if (!is_common(pattern) || !path[0] || !is_common(path))
			continue;
		got = matches(pattern, path);
		want = fnmatch(pattern, path, FNM_PATHNAME) == 0;
		if (got != want)
			fail_msg("'%s' on '%s': %d", pattern, path, got);
		common++;
		matched += got;
	}
	assert_true(common > 500000);
	assert_true(matched > 10000);
}

/* ---------------------------------------------------------------------- bounded time */

static void hostile_patterns_take_no_more_time_than_their_length_allows(void **state)
{
	static const char *const parts[] = { "a*", "*[a]", "?*", "**/", "**/a*/", "[" };
	clock_t begin = clock();
	char path[4001];

	(void)state;
	for (size_t i = 0; i < 4000; i++)
		path[i] = "aaa/"[i % 4];
	path[3999] = 'b';
	path[4000] = '\0';
	for (size_t i = 0; i < COUNT(parts); i++) {
		char pattern[4096] = "";
		size_t len = 0, part = strlen(parts[i]);

		while (len + part < 2000) {
			memcpy(pattern + len, parts[i], part + 1);
			len += part;
		}
		pattern[len++] = 'c';
		pattern[len] = '\0';
		assert_false(matches(pattern, path));
		memset(path, 'a', 255);
		path[255] = '\0';
		assert_false(matches(pattern, path));
		path[255] = 'a';
	}
	assert_true(clock() - begin < 20 * CLOCKS_PER_SEC);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_pattern_matches_what_the_header_says),
		cmocka_unit_test(what_leads_to_a_match_is_gone_into_and_nothing_else),
		cmocka_unit_test(plain_names_in_front_are_found_and_freed_of_backslashes),
		cmocka_unit_test(random_patterns_are_taken_as_fnmatch_takes_them),
		cmocka_unit_test(hostile_patterns_take_no_more_time_than_their_length_allows),
	};

	return cmocka_run_group_tests_name("pattern", tests, NULL, NULL);
}
