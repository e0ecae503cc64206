/* SPDX-License-Identifier: Apache-2.0 */
#include "base/file.h"
#include "base/staged.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <cmocka.h>

static char top_name[64];
static int top = -1;

static int setup(void **state)
{
	(void)state;
	strcpy(top_name, "/tmp/nacre-staged-XXXXXX");
	if (!mkdtemp(top_name))
		return -1;
	return nacre_dir_open(top_name, &top, NULL);
}

static int teardown(void **state)
{
	nacre_autofd int tmp = -1;

	(void)state;
	nacre_fd_close(&top);
	if (nacre_dir_open("/tmp", &tmp, NULL))
		return -1;
	return nacre_tree_remove_at(tmp, strrchr(top_name, '/') + 1, NULL);
}

static unsigned names_in(int dir)
{
	DIR *stream = fdopendir(openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	unsigned count = 0;

	assert_non_null(stream);
	while (readdir(stream))
		count++;
	(void)closedir(stream);
	return count - 2;
}

static void check_content(const char *name, const char *want)
{
	nacre_autofd int fd = -1;
	char data[64] = "";

	assert_int_equal(nacre_file_open_at(top, name, &fd, NULL, NULL), 0);
	assert_int_equal(read(fd, data, sizeof(data) - 1), strlen(want));
	assert_string_equal(data, want);
}

static void make_staged(struct nacre_staged *file, const char *text)
{
	assert_int_equal(nacre_staged_open(file, top, 0644, NULL), 0);
	assert_int_equal(strncmp(file->name, NACRE_STAGING_PREFIX, 7), 0);
	assert_int_equal(nacre_write_all(file->fd, text, strlen(text), NULL), 0);
}

static void a_commit_replaces_and_leaves_nothing_aside(void **state)
{
	struct nacre_staged file = NACRE_STAGED, again = NACRE_STAGED;

	(void)state;
	make_staged(&file, "one");
	assert_int_equal(names_in(top), 1);
	assert_int_equal(nacre_staged_commit(&file, "name", NULL), 0);
	nacre_staged_clear(&file);
	check_content("name", "one");
	make_staged(&again, "two");
	assert_int_equal(nacre_staged_commit(&again, "name", NULL), 0);
	nacre_staged_clear(&again);
	check_content("name", "two");
	assert_int_equal(names_in(top), 1);
}

static void what_is_not_committed_vanishes(void **state)
{
	struct nacre_staged file = NACRE_STAGED;

	(void)state;
	make_staged(&file, "one");
	nacre_staged_clear(&file);
	nacre_staged_clear(&file);
	assert_int_equal(file.fd, -1);
	assert_int_equal(names_in(top), 0);
}

static void a_new_name_that_is_taken_is_not_replaced(void **state)
{
	struct nacre_staged file = NACRE_STAGED, again = NACRE_STAGED;
	struct nacre_err err;

	(void)state;
	make_staged(&file, "one");
	assert_int_equal(nacre_staged_rename_new(&file, "name", NULL), 0);
	nacre_staged_clear(&file);
	make_staged(&again, "two");
	assert_int_equal(nacre_staged_rename_new(&again, "name", &err), NACRE_E_EXISTS);
	assert_string_equal(err.text, "name: File exists");
	nacre_staged_clear(&again);
	check_content("name", "one");
	assert_int_equal(names_in(top), 1);
}

static void a_file_in_no_directory_is_an_error(void **state)
{
	struct nacre_staged file = NACRE_STAGED;
	struct nacre_err err;

	(void)state;
	assert_int_equal(rmdir(top_name), 0);
	assert_int_equal(nacre_staged_open(&file, top, 0644, &err), NACRE_E_NOT_FOUND);
	assert_string_equal(err.text, "new file: No such file or directory");
	nacre_staged_clear(&file);
	assert_int_equal(mkdir(top_name, 0700), 0);
}

static void two_names_are_never_the_same(void **state)
{
	char a[32], b[32], small[24];

	(void)state;
	assert_int_equal(nacre_staging_name(a, sizeof(a), NULL), 0);
	assert_int_equal(nacre_staging_name(b, sizeof(b), NULL), 0);
	assert_string_not_equal(a, b);
	assert_int_equal(strlen(a), strlen(NACRE_STAGING_PREFIX) + 16);
	assert_int_equal(nacre_staging_name(small, sizeof(small), NULL), 0);
}

static void a_sweep_takes_what_killed_runs_have_left_and_nothing_else(void **state)
{
	struct nacre_staged at_work = NACRE_STAGED;
	char at_work_dir[64];

	(void)state;
	make_staged(&at_work, "x");
	(void)snprintf(at_work_dir, sizeof(at_work_dir), "%s.d", at_work.name);
	assert_int_equal(mkdirat(top, at_work_dir, 0700), 0);
	assert_int_equal(close(openat(top, ".nacre-0000000000000003", O_WRONLY | O_CREAT, 0)), 0);
	assert_int_equal(mkdirat(top, ".nacre-0000000000000003.d", 0755), 0);
	assert_int_equal(mkdirat(top, ".nacre-0000000000000003.d/d", 0700), 0);
	assert_int_equal(symlinkat("/", top, ".nacre-0000000000000003.d/d/root"), 0);
	assert_int_equal(close(openat(top, ".nacre-0000000000000004", O_WRONLY | O_CREAT, 0)), 0);
	assert_int_equal(mkfifoat(top, ".nacre-0000000000000005", 0600), 0);
	/* Of others: no file stands for them, or it is not one that a run makes. */
	assert_int_equal(mkdirat(top, ".nacre-0000000000000001.d", 0700), 0);
	assert_int_equal(mkdirat(top, ".nacre-0000000000000002", 0700), 0);
	assert_int_equal(close(openat(top, ".nacre-000000000000000X", O_WRONLY | O_CREAT, 0)), 0);
	assert_int_equal(close(openat(top, ".nacre-0000000000000007", O_WRONLY | O_CREAT, 0)), 0);
	assert_int_equal(linkat(top, ".nacre-0000000000000007", top, "linked", 0), 0);
	assert_int_equal(mkdirat(top, ".nacre-", 0700), 0);
	assert_int_equal(mkdirat(top, ".nacre-cache", 0700), 0);
	assert_int_equal(mkdirat(top, "x.nacre-0000000000000001", 0700), 0);
	assert_int_equal(symlinkat("/", top, ".nacre-0000000000000006"), 0);
	nacre_staging_sweep(top);
	assert_int_equal(names_in(top), 12);
	assert_int_equal(faccessat(top, at_work.name, F_OK, 0), 0);
	assert_int_equal(faccessat(top, at_work_dir, F_OK, 0), 0);
	assert_int_equal(faccessat(top, ".nacre-0000000000000001.d", F_OK, 0), 0);
	assert_int_equal(faccessat(top, ".nacre-0000000000000003.d", F_OK, 0), -1);
	assert_int_equal(faccessat(top, ".nacre-0000000000000003", F_OK, 0), -1);
	assert_int_equal(faccessat(top, ".nacre-0000000000000004", F_OK, 0), -1);
	assert_int_equal(faccessat(top, ".nacre-0000000000000006", F_OK, AT_SYMLINK_NOFOLLOW), 0);
	nacre_staged_clear(&at_work);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			a_commit_replaces_and_leaves_nothing_aside, setup, teardown),
		cmocka_unit_test_setup_teardown(what_is_not_committed_vanishes, setup, teardown),
		cmocka_unit_test_setup_teardown(
			a_new_name_that_is_taken_is_not_replaced, setup, teardown),
		cmocka_unit_test_setup_teardown(
			a_file_in_no_directory_is_an_error, setup, teardown),
		cmocka_unit_test(two_names_are_never_the_same),
		cmocka_unit_test_setup_teardown(
			a_sweep_takes_what_killed_runs_have_left_and_nothing_else, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
