/* SPDX-License-Identifier: Apache-2.0 */
#include "builder/staging.h"
#include "fixture.h"

/** How many names that begin with ".nacre-" lie in the scratch directory. */
static int leftovers(void)
{
	DIR *stream = opendir(".");
	struct dirent *entry;
	int count = 0;

	assert_non_null(stream);
	while ((entry = readdir(stream)))
		count += strncmp(entry->d_name, ".nacre-", 7) == 0;
	(void)closedir(stream);
	return count;
}

static void what_is_committed_has_the_name_and_nothing_is_left(void **state)
{
	struct nacre_staging staging = NACRE_STAGING;

	(void)state;
	assert_works(nacre_staging_open(&staging, "root", err));
	assert_false(is_there("root"));
	assert_int_equal(mkdirat(staging.dir, "inside", 0755), 0);
	assert_works(nacre_staging_commit(&staging, false, err));
	nacre_staging_clear(&staging);
	assert_true(is_there("root/inside"));
	assert_int_equal(leftovers(), 0);
}

static void what_is_not_committed_vanishes_with_all_below_it(void **state)
{
	struct nacre_staging staging = NACRE_STAGING;

	(void)state;
	assert_works(nacre_staging_open(&staging, "root", err));
	assert_int_equal(mkdirat(staging.dir, "inside", 0), 0);
	assert_int_equal(leftovers(), 1);
	nacre_staging_clear(&staging);
	assert_int_equal(leftovers(), 0);
	assert_false(is_there("root"));
}

static void an_inner_directory_takes_the_name_and_its_shell_goes(void **state)
{
	struct nacre_staging staging = NACRE_STAGING;

	(void)state;
	assert_works(nacre_staging_open(&staging, "root", err));
	assert_int_equal(mkdirat(staging.dir, "layout", 0755), 0);
	assert_works(nacre_staging_commit_inner(&staging, "layout", false, err));
	nacre_staging_clear(&staging);
	assert_true(is_there("root"));
	assert_int_equal(leftovers(), 0);
}

static void an_empty_directory_is_replaced_and_anything_else_is_not(void **state)
{
	struct nacre_staging staging = NACRE_STAGING;

	(void)state;
	put_dir("empty");
	assert_works(nacre_staging_open(&staging, "empty", err));
	assert_works(nacre_staging_commit(&staging, false, err));
	nacre_staging_clear(&staging);
	put_dir("full");
	put_file("full/x", "x");
	assert_refused(nacre_staging_check("full", err), NACRE_E_EXISTS, "full: not empty");
	put_file("file", "x");
	assert_refused(nacre_staging_check("file", err), NACRE_E_EXISTS,
		"file: there already, and not a directory");
	assert_int_equal(symlink("empty", "link"), 0);
	assert_refused(nacre_staging_check("link", err), NACRE_E_EXISTS,
		"link: there already, and not a directory");
	assert_int_equal(leftovers(), 0);
}

static void what_comes_to_be_there_meanwhile_is_not_replaced(void **state)
{
	struct nacre_staging staging = NACRE_STAGING;

	(void)state;
	assert_works(nacre_staging_open(&staging, "root", err));
	put_dir("root");
	put_file("root/mine", "mine");
	assert_refused(nacre_staging_commit(&staging, false, err), NACRE_E_EXISTS,
		"root: Directory not empty");
	nacre_staging_clear(&staging);
	assert_true(is_there("root/mine"));
	assert_int_equal(leftovers(), 0);
}

static void a_parent_in_which_everybody_may_rename_is_refused(void **state)
{
	(void)state;
	put_dir("open");
	assert_int_equal(chmod("open", 0777), 0);
	assert_refused(nacre_staging_check("open/root", err), NACRE_E_UNSAFE,
		"open/root: everybody may write in the directory that it lies in");
	assert_int_equal(chmod("open", 01777), 0);
	assert_works(nacre_staging_check("open/root", err));
}

static void a_leftover_is_swept_and_one_at_work_is_not(void **state)
{
	struct nacre_staging first = NACRE_STAGING, second = NACRE_STAGING;

	(void)state;
	put_dir(".nacre-0123456789abcdef");
	put_file(".nacre-0123456789abcdef/x", "x");
	assert_works(nacre_staging_open(&first, "a", err));
	assert_int_equal(leftovers(), 1);
	assert_works(nacre_staging_open(&second, "b", err));
	assert_int_equal(leftovers(), 2);
	assert_works(nacre_staging_commit(&first, false, err));
	nacre_staging_clear(&first);
	nacre_staging_clear(&second);
	assert_true(is_there("a"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scratch_test(what_is_committed_has_the_name_and_nothing_is_left),
		scratch_test(what_is_not_committed_vanishes_with_all_below_it),
		scratch_test(an_inner_directory_takes_the_name_and_its_shell_goes),
		scratch_test(an_empty_directory_is_replaced_and_anything_else_is_not),
		scratch_test(what_comes_to_be_there_meanwhile_is_not_replaced),
		scratch_test(a_parent_in_which_everybody_may_rename_is_refused),
		scratch_test(a_leftover_is_swept_and_one_at_work_is_not),
	};

	return cmocka_run_group_tests_name("staging", tests, NULL, NULL);
}
