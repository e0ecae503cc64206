/* SPDX-License-Identifier: Apache-2.0 */
#include "builder/staging.h"

#include "fixture.h"

#include <sys/file.h>

/* A staging directory with a file in it, which must become `target`. */
static void assert_takes_the_place_of(const char *target)
{
	NACRE_CLEANUP(nacre_staging_clear)
	struct nacre_staging staging = NACRE_STAGING;
	nacre_autofd int fd = -1;

	assert_works(nacre_staging_open(&staging, target, false, err));
	fd = openat(staging.dir, "f", O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	assert_true(fd >= 0);
	assert_false(is_there("t/f"));
	assert_works(nacre_staging_commit(&staging, true, err));
	assert_true(is_there("t/f"));
}

static void assert_target_refused(const char *target, int code, const char *message)
{
	NACRE_CLEANUP(nacre_staging_clear)
	struct nacre_staging staging = NACRE_STAGING;

	assert_refused(nacre_staging_check(target, false, err), code, message);
	assert_refused(nacre_staging_open(&staging, target, false, err), code, message);
	assert_false(has_leftovers("."));
}

static void it_takes_the_place_of_nothing_and_of_an_empty_directory(void **state)
{
	(void)state;
	assert_takes_the_place_of("t");
	assert_int_equal(unlink("t/f"), 0);
	assert_takes_the_place_of("t");
	assert_int_equal(unlink("t/f"), 0);
	assert_takes_the_place_of("./t///");
	assert_false(has_leftovers("."));
}

static void it_vanishes_with_all_in_it_unless_it_is_committed(void **state)
{
	struct nacre_staging staging = NACRE_STAGING;

	(void)state;
	assert_works(nacre_staging_open(&staging, "t", false, err));
	assert_int_equal(mkdirat(staging.dir, "d", 0), 0);
	assert_true(has_leftovers("."));
	nacre_staging_clear(&staging);
	assert_false(has_leftovers("."));
	assert_false(is_there("t"));
	nacre_staging_clear(&staging);
}

static void it_is_private_whatever_the_umask(void **state)
{
	NACRE_CLEANUP(nacre_staging_clear)
	struct nacre_staging staging = NACRE_STAGING;
	struct stat st;

	(void)state;
	(void)umask(0277);
	assert_works(nacre_staging_open(&staging, "t", false, err));
	(void)umask(022);
	assert_int_equal(fstat(staging.dir, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
}

static void what_is_there_is_not_replaced(void **state)
{
	(void)state;
	put_file("file", "x");
	put_dir("dir");
	put_dir("empty");
	put_file("dir/x", "x");
	assert_int_equal(symlink("empty", "link"), 0);
	assert_int_equal(symlink("none", "dangling"), 0);
	assert_target_refused("file", NACRE_E_EXISTS, "file: there already, and not a directory");
	assert_target_refused("link", NACRE_E_EXISTS, "link: there already, and not a directory");
	assert_target_refused("link/", NACRE_E_EXISTS, "link/: there already, and not a directory");
	assert_target_refused(
		"dangling", NACRE_E_EXISTS, "dangling: there already, and not a directory");
	assert_target_refused("dir", NACRE_E_EXISTS, "dir: not empty");
}

static void a_target_without_a_directory_to_lie_in_is_refused(void **state)
{
	(void)state;
	assert_target_refused("none/t", NACRE_E_NOT_FOUND, "none/: No such file or directory");
	assert_target_refused("..", NACRE_E_ARG, "'..' has no last name to make");
	assert_target_refused("/", NACRE_E_ARG, "'/' has no last name to make");
	assert_target_refused("", NACRE_E_ARG, "'' has no last name to make");
}

static void a_directory_that_everybody_may_rename_in_is_refused(void **state)
{
	(void)state;
	put_dir("open");
	assert_int_equal(chmod("open", 0777), 0);
	assert_target_refused("open/t", NACRE_E_UNSAFE,
		"open/t: everybody may write in the directory that it lies in");
	assert_int_equal(chmod("open", 01777), 0);
	assert_works(nacre_staging_check("open/t", false, err));
}

static void what_comes_to_be_there_meanwhile_is_not_replaced(void **state)
{
	NACRE_CLEANUP(nacre_staging_clear)
	struct nacre_staging staging = NACRE_STAGING;

	(void)state;
	assert_works(nacre_staging_open(&staging, "t", false, err));
	put_dir("t");
	put_file("t/mine", "x");
	assert_refused(nacre_staging_commit(&staging, false, err), NACRE_E_EXISTS,
		"t: Directory not empty");
	nacre_staging_clear(&staging);
	assert_true(is_there("t/mine"));
	assert_false(has_leftovers("."));
}

static void leftovers_of_killed_runs_are_swept_up_and_those_at_work_are_not(void **state)
{
	NACRE_CLEANUP(nacre_staging_clear)
	struct nacre_staging staging = NACRE_STAGING;
	nacre_autofd int locked = -1;

	(void)state;
	put_file(".nacre-0123456789abcdef", "");
	put_dir(".nacre-0123456789abcdef.d");
	put_file(".nacre-0123456789abcdef.d/x", "x");
	put_file(".nacre-fedcba9876543210", "");
	put_dir(".nacre-fedcba9876543210.d");
	put_dir(".nacre-0000000000000000.d");
	locked = open(".nacre-fedcba9876543210", O_RDONLY | O_CLOEXEC);
	assert_int_equal(flock(locked, LOCK_EX), 0);
	assert_works(nacre_staging_open(&staging, "t", false, err));
	assert_false(is_there(".nacre-0123456789abcdef"));
	assert_false(is_there(".nacre-0123456789abcdef.d"));
	assert_true(is_there(".nacre-fedcba9876543210.d"));
	assert_true(is_there(".nacre-0000000000000000.d"));
}

static void a_tree_is_exchanged_and_removed(void **state)
{
	NACRE_CLEANUP(nacre_staging_clear)
	struct nacre_staging staging = NACRE_STAGING;

	(void)state;
	put_dir("t");
	put_file("t/old", "x");
	assert_works(nacre_staging_open(&staging, "t", true, err));
	assert_true(is_there("t/old"));
	assert_int_equal(mkdirat(staging.dir, "new", 0700), 0);
	assert_works(nacre_staging_commit(&staging, true, err));
	assert_true(is_there("t/new"));
	assert_false(is_there("t/old"));
	nacre_staging_retire(&staging, NULL);
	assert_string_equal(staging.name, "");
	nacre_staging_clear(&staging);
	assert_false(has_leftovers("."));
}

static void another_directory_than_the_one_looked_at_is_put_back(void **state)
{
	NACRE_CLEANUP(nacre_staging_clear)
	struct nacre_staging staging = NACRE_STAGING;

	(void)state;
	put_dir("t");
	assert_works(nacre_staging_open(&staging, "t", true, err));
	assert_int_equal(rename("t", "away"), 0);
	put_dir("t");
	put_file("t/mine", "x");
	assert_refused(nacre_staging_commit(&staging, true, err), NACRE_E_EXISTS,
		"t: another one than before");
	nacre_staging_clear(&staging);
	assert_true(is_there("t/mine"));
	assert_true(is_there("away"));
	assert_false(has_leftovers("."));
}

static void the_working_directory_and_what_is_no_directory_are_not_replaced(void **state)
{
	nacre_autofree char *here = getcwd(NULL, 0);

	(void)state;
	put_file("file", "x");
	put_dir("dir");
	assert_int_equal(symlink("dir", "link"), 0);
	assert_refused(nacre_staging_check("file", true, err), NACRE_E_EXISTS,
		"file: there already, and not a directory");
	assert_refused(nacre_staging_check("link", true, err), NACRE_E_EXISTS,
		"link: there already, and not a directory");
	assert_int_equal(chdir("dir"), 0);
	assert_refused(nacre_staging_check("../dir", true, err), NACRE_E_UNSAFE,
		"../dir: the working directory");
	assert_int_equal(chdir(here), 0);
	assert_works(nacre_staging_check("dir", true, err));
	assert_refused(
		nacre_staging_check("/proc", true, err), NACRE_E_UNSAFE, "/proc: a mount point");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scratch_test(it_takes_the_place_of_nothing_and_of_an_empty_directory),
		scratch_test(it_vanishes_with_all_in_it_unless_it_is_committed),
		scratch_test(it_is_private_whatever_the_umask),
		scratch_test(what_is_there_is_not_replaced),
		scratch_test(a_target_without_a_directory_to_lie_in_is_refused),
		scratch_test(a_directory_that_everybody_may_rename_in_is_refused),
		scratch_test(what_comes_to_be_there_meanwhile_is_not_replaced),
		scratch_test(leftovers_of_killed_runs_are_swept_up_and_those_at_work_are_not),
		scratch_test(a_tree_is_exchanged_and_removed),
		scratch_test(another_directory_than_the_one_looked_at_is_put_back),
		scratch_test(the_working_directory_and_what_is_no_directory_are_not_replaced),
	};

	return cmocka_run_group_tests_name("staging", tests, NULL, NULL);
}
