/* SPDX-License-Identifier: Apache-2.0 */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <cmocka.h>

#define NOBODY 65534

static char top_name[64];
static int top = -1;

static int setup(void **state)
{
	(void)state;
	strcpy(top_name, "/tmp/nacre-file-XXXXXX");
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

static void put_file(int dir, const char *name, const char *text)
{
	nacre_autofd int fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);

	assert_int_equal(nacre_write_all(fd, text, strlen(text), NULL), 0);
}

static bool is_there(const char *name)
{
	return faccessat(top, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

static void only_a_regular_file_is_opened_and_a_fifo_makes_nobody_wait(void **state)
{
	static const char *const not_files[] = { "fifo", "dir", "link", "dangling" };
	nacre_autofd int fd = -1;
	uint64_t size = 0;

	(void)state;
	put_file(top, "f", "12345");
	assert_int_equal(mkfifoat(top, "fifo", 0600), 0);
	assert_int_equal(mkdirat(top, "dir", 0700), 0);
	assert_int_equal(symlinkat("f", top, "link"), 0);
	assert_int_equal(symlinkat("none", top, "dangling"), 0);
	assert_int_equal(nacre_file_open_at(top, "f", &fd, &size, NULL), 0);
	assert_int_equal(size, 5);
	assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
	for (size_t i = 0; i < 4; i++) {
		struct nacre_err err;
		char want[64];
		int none = -1;

		(void)snprintf(want, sizeof(want), "%s: not a regular file", not_files[i]);
		assert_int_equal(
			nacre_file_open_at(top, not_files[i], &none, NULL, &err), NACRE_E_UNSAFE);
		assert_string_equal(err.text, want);
		assert_int_equal(none, -1);
	}
}

static void a_missing_file_is_not_found(void **state)
{
	struct nacre_err err;
	int fd = -1;

	(void)state;
	assert_int_equal(nacre_file_open_at(top, "none", &fd, NULL, &err), NACRE_E_NOT_FOUND);
	assert_string_equal(err.text, "none: No such file or directory");
}

static void links_in_a_path_of_the_user_are_followed(void **state)
{
	nacre_autofd int fd = -1;
	char path[128];
	int none = -1;

	(void)state;
	put_file(top, "f", "x");
	assert_int_equal(symlinkat("f", top, "link"), 0);
	(void)snprintf(path, sizeof(path), "%s/link", top_name);
	assert_int_equal(nacre_file_open(path, &fd, NULL, NULL), 0);
	assert_int_equal(nacre_file_open("/dev/null", &none, NULL, NULL), NACRE_E_UNSAFE);
	assert_int_equal(none, -1);
}

static void a_directory_by_name_is_opened_without_following(void **state)
{
	nacre_autofd int dir = -1;
	int none = -1;

	(void)state;
	assert_int_equal(mkdirat(top, "d", 0700), 0);
	assert_int_equal(symlinkat("d", top, "link"), 0);
	put_file(top, "f", "x");
	assert_int_equal(nacre_dir_open_at(top, "d", &dir, NULL), 0);
	assert_int_equal(nacre_dir_open_at(top, "link", &none, NULL), NACRE_E_IO);
	assert_int_equal(nacre_dir_open_at(top, "f", &none, NULL), NACRE_E_IO);
	assert_int_equal(nacre_dir_open_at(top, "none", &none, NULL), NACRE_E_NOT_FOUND);
}

static void the_parent_of_a_path_is_opened_and_its_last_name_told(void **state)
{
	static const struct {
		const char *behind; /* of the top directory */
		const char *name;
		const char *parent;
	} rows[] = {
		{ "/x", "x", "" },
		{ "/x/", "x", "" },
		{ "/x///", "x", "" },
		{ "//x", "x", "" },
		{ "/d/x", "x", "/d" },
		{ "/d/../x", "x", "" },
		{ "/link/x", "x", "/d" },
		{ "/...", "...", "" },
	};

	(void)state;
	assert_int_equal(mkdirat(top, "d", 0700), 0);
	assert_int_equal(symlinkat("d", top, "link"), 0);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		nacre_autofd int dir = -1;
		char path[128], name[256];
		struct stat want, got;

		(void)snprintf(path, sizeof(path), "%s%s", top_name, rows[i].behind);
		assert_int_equal(nacre_dir_open_parent(path, &dir, name, sizeof(name), NULL), 0);
		assert_string_equal(name, rows[i].name);
		(void)snprintf(path, sizeof(path), "%s%s", top_name, rows[i].parent);
		assert_int_equal(stat(path, &want), 0);
		assert_int_equal(fstat(dir, &got), 0);
		assert_int_equal(want.st_ino, got.st_ino);
	}
}

static void a_path_without_a_last_name_is_refused(void **state)
{
	static const char *const rows[] = { "", "/", "//", ".", "..", "a/.", "a/..", "./", "a/../",
		"a/./" };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char name[256], want[64];
		struct nacre_err err;
		int dir = -1;

		assert_int_equal(nacre_dir_open_parent(rows[i], &dir, name, sizeof(name), &err),
			NACRE_E_ARG);
		(void)snprintf(want, sizeof(want), "'%s' has no last name to make", rows[i]);
		assert_string_equal(err.text, want);
		assert_int_equal(dir, -1);
	}
}

static void a_name_alone_lies_in_the_working_directory(void **state)
{
	nacre_autofd int dir = -1;
	struct stat want, got;
	char name[256];

	(void)state;
	assert_int_equal(nacre_dir_open_parent("x", &dir, name, sizeof(name), NULL), 0);
	assert_int_equal(stat(".", &want), 0);
	assert_int_equal(fstat(dir, &got), 0);
	assert_int_equal(want.st_ino, got.st_ino);
}

static void a_name_of_256_bytes_is_refused(void **state)
{
	char path[257], name[256];
	int dir = -1;

	(void)state;
	memset(path, 'n', 256);
	path[256] = '\0';
	assert_int_equal(nacre_dir_open_parent(path, &dir, name, sizeof(name), NULL), NACRE_E_ARG);
}

static void a_tree_of_any_depth_is_removed(void **state)
{
	nacre_autofd int dir = -1;

	(void)state;
	assert_int_equal(mkdirat(top, "t", 0700), 0);
	assert_int_equal(nacre_dir_open_at(top, "t", &dir, NULL), 0);
	for (unsigned i = 0; i < 3000; i++) {
		int next = -1;

		assert_int_equal(mkdirat(dir, "ddddddddd", 0700), 0);
		if (i % 500 == 0)
			put_file(dir, "f", "x");
		assert_int_equal(nacre_dir_open_at(dir, "ddddddddd", &next, NULL), 0);
		nacre_fd_close(&dir);
		dir = next;
	}
	assert_int_equal(nacre_tree_remove_at(top, "t", NULL), 0);
	assert_false(is_there("t"));
}

static void a_tree_of_many_directories_side_by_side_is_removed(void **state)
{
	nacre_autofd int dir = -1;

	(void)state;
	assert_int_equal(mkdirat(top, "t", 0700), 0);
	assert_int_equal(nacre_dir_open_at(top, "t", &dir, NULL), 0);
	for (unsigned i = 0; i < 500; i++) {
		nacre_autofd int in = -1;
		char name[256];

		/* Names of every length, up to the longest. */
		(void)snprintf(name, sizeof(name), "%03u%0*u", i, 1 + (int)(i * 7 % 252), i);
		name[255] = '\0';
		assert_int_equal(mkdirat(dir, name, 0700), 0);
		assert_int_equal(nacre_dir_open_at(dir, name, &in, NULL), 0);
		assert_int_equal(mkdirat(in, name, 0700), 0);
		put_file(in, "f", "x");
		if (i % 3 == 0)
			put_file(dir, name + 1, "x");
	}
	assert_int_equal(nacre_tree_remove_at(top, "t", NULL), 0);
	assert_false(is_there("t"));
}

static void removing_follows_no_link(void **state)
{
	char outside[128];

	(void)state;
	assert_int_equal(mkdirat(top, "outside", 0700), 0);
	assert_int_equal(mkdirat(top, "outside/d", 0700), 0);
	assert_int_equal(mkdirat(top, "t", 0700), 0);
	(void)snprintf(outside, sizeof(outside), "%s/outside", top_name);
	assert_int_equal(symlinkat(outside, top, "t/a"), 0);
	assert_int_equal(symlinkat("../outside", top, "t/b"), 0);
	assert_int_equal(symlinkat("outside", top, "direct"), 0);
	assert_int_equal(nacre_tree_remove_at(top, "t", NULL), 0);
	assert_int_equal(nacre_tree_remove_at(top, "direct", NULL), 0);
	assert_false(is_there("t"));
	assert_false(is_there("direct"));
	assert_true(is_there("outside/d"));
}

static void what_is_not_there_needs_no_removing(void **state)
{
	(void)state;
	put_file(top, "f", "x");
	assert_int_equal(nacre_tree_remove_at(top, "none", NULL), 0);
	assert_int_equal(nacre_tree_remove_at(top, "f", NULL), 0);
	assert_false(is_there("f"));
}

/* As nobody, in a child; root may do everything anyway. */
static int remove_as_nobody(const char *name)
{
	pid_t child = fork();
	int status = -1;

	if (child == 0) {
		if (geteuid() == 0 &&
			(setgroups(0, NULL) || setresgid(NOBODY, NOBODY, NOBODY) ||
				setresuid(NOBODY, NOBODY, NOBODY)))
			_exit(2);
		_exit(nacre_tree_remove_at(top, name, NULL) ? 1 : 0);
	}
	assert_true(child > 0);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void own_directories_without_permissions_are_removed_without_root(void **state)
{
	static const char *const dirs[] = { "t", "t/none", "t/none/d", "t/read", "t/read/d",
		"t/search" };
	static const char *const files[] = { "t/none/f", "t/read/f", "t/read/d/f", "t/search/f" };

	(void)state;
	for (size_t i = 0; i < 6; i++)
		assert_int_equal(mkdirat(top, dirs[i], 0700), 0);
	for (size_t i = 0; i < 4; i++)
		put_file(top, files[i], "x");
	if (geteuid() == 0) {
		assert_int_equal(fchmod(top, 0777), 0);
		for (size_t i = 0; i < 6; i++)
			assert_int_equal(fchownat(top, dirs[i], NOBODY, NOBODY, 0), 0);
	}
	assert_int_equal(fchmodat(top, "t/none", 0, 0), 0);
	assert_int_equal(fchmodat(top, "t/read", 0555, 0), 0);
	assert_int_equal(fchmodat(top, "t/search", 0111, 0), 0);
	assert_int_equal(fchmodat(top, "t", 0555, 0), 0);
	assert_int_equal(remove_as_nobody("t"), 0);
	assert_false(is_there("t"));
}

static void what_belongs_to_others_stays_and_is_an_error(void **state)
{
	(void)state;
	if (geteuid() != 0) {
		print_message("needs root\n");
		skip();
	}
	assert_int_equal(mkdirat(top, "t", 0755), 0);
	put_file(top, "t/f", "x");
	assert_int_equal(fchmod(top, 0777), 0);
	assert_int_equal(remove_as_nobody("t"), 1);
	assert_true(is_there("t/f"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			only_a_regular_file_is_opened_and_a_fifo_makes_nobody_wait, setup,
			teardown),
		cmocka_unit_test_setup_teardown(a_missing_file_is_not_found, setup, teardown),
		cmocka_unit_test_setup_teardown(
			links_in_a_path_of_the_user_are_followed, setup, teardown),
		cmocka_unit_test_setup_teardown(
			a_directory_by_name_is_opened_without_following, setup, teardown),
		cmocka_unit_test_setup_teardown(
			the_parent_of_a_path_is_opened_and_its_last_name_told, setup, teardown),
		cmocka_unit_test(a_path_without_a_last_name_is_refused),
		cmocka_unit_test(a_name_alone_lies_in_the_working_directory),
		cmocka_unit_test(a_name_of_256_bytes_is_refused),
		cmocka_unit_test_setup_teardown(a_tree_of_any_depth_is_removed, setup, teardown),
		cmocka_unit_test_setup_teardown(
			a_tree_of_many_directories_side_by_side_is_removed, setup, teardown),
		cmocka_unit_test_setup_teardown(removing_follows_no_link, setup, teardown),
		cmocka_unit_test_setup_teardown(
			what_is_not_there_needs_no_removing, setup, teardown),
		cmocka_unit_test_setup_teardown(
			own_directories_without_permissions_are_removed_without_root, setup,
			teardown),
		cmocka_unit_test_setup_teardown(
			what_belongs_to_others_stays_and_is_an_error, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
