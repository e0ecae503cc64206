/* SPDX-License-Identifier: Apache-2.0 */
#include "builder/exclude.h"

#include "fixture.h"

#include <locale.h>

static bool matches(const char *pattern, const char *path, bool is_dir)
{
	struct nacre_recipe_text item = { .text = pattern, .len = strlen(pattern) };
	const struct nacre_recipe_list list = { .given = true, .count = 1, .items = &item };

	return nacre_exclude_match(&list, path, is_dir);
}

static const struct {
	const char *pattern;
	const char *path;
	bool is_dir;
	bool want;
} rows[] = {
	/* without a slash: the last name */
	{ "x.o", "x.o", false, true },
	{ "x.o", "a/b/x.o", false, true },
	{ "x.o", "x.o/b", false, false },
	{ "*.o", "a/.o", false, true },
	{ "*", ".hidden", false, true },
	{ "b", "a/bb", false, false },
	/* with one: the whole path */
	{ "a/b", "a/b", false, true },
	{ "a/b", "z/a/b", false, false },
	{ "a/*", "a/b", false, true },
	{ "a/*", "a/b/c", false, false },
	{ "*/c", "a/b/c", false, false },
	{ "/a", "a", false, true },
	{ "/a", "z/a", false, false },
	/* at the end: directories only */
	{ "b/", "a/b", true, true },
	{ "b/", "a/b", false, false },
	{ "a/b/", "a/b", true, true },
	{ "a/b/", "z/a/b", true, false },
	{ "/", "a", true, false },
	/* the shell's */
	{ "[a-c]?", "b1", false, true },
	{ "[!a-c]?", "b1", false, false },
	{ "a\\*", "a*", false, true },
	{ "a\\*", "ab", false, false },
	/* byte by byte: a letter of two bytes is two */
	{ "?", "\xc3\xa4", false, false },
	{ "??", "\xc3\xa4", false, true },
	{ "*", "\xff", false, true },
};

static void a_pattern_matches_what_the_header_says(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		if (matches(rows[i].pattern, rows[i].path, rows[i].is_dir) != rows[i].want)
			fail_msg("'%s' on '%s'", rows[i].pattern, rows[i].path);
	}
}

static void the_locale_changes_nothing_and_stays_as_it_is(void **state)
{
	locale_t utf8 = newlocale(LC_ALL_MASK, "C.UTF-8", (locale_t)0);
	locale_t before;

	(void)state;
	if (!utf8) {
		print_message("no C.UTF-8 here\n");
		skip();
	}
	before = uselocale(utf8);
	a_pattern_matches_what_the_header_says(state);
	assert_ptr_equal(uselocale(before), utf8);
	freelocale(utf8);
}

static void any_pattern_of_a_list_will_do_and_an_empty_list_matches_nothing(void **state)
{
	struct nacre_recipe_text items[] = { { .text = "a", .len = 1 }, { .text = "b", .len = 1 } };
	struct nacre_recipe_list list = { .count = 2, .items = items };

	(void)state;
	assert_true(nacre_exclude_match(&list, "b", false));
	assert_false(nacre_exclude_match(&list, "c", false));
	list.count = 0;
	assert_false(nacre_exclude_match(&list, "a", false));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_pattern_matches_what_the_header_says),
		cmocka_unit_test(the_locale_changes_nothing_and_stays_as_it_is),
		cmocka_unit_test(any_pattern_of_a_list_will_do_and_an_empty_list_matches_nothing),
	};

	return cmocka_run_group_tests_name("exclude", tests, NULL, NULL);
}
