/* SPDX-License-Identifier: Apache-2.0 */
#include "builder/context.h"

#include "fixture.h"

static int context = -1;

static int setup(void **state)
{
	int rc = open_scratch(state);

	context = open("context", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	put_dir("context/d");
	put_file("context/d/f", "inside");
	put_file("outside", "outside");
	return rc ? rc : context < 0;
}

static int teardown(void **state)
{
	nacre_fd_close(&context);
	return close_scratch(state);
}

static void assert_finds(const char *path, enum nacre_source_kind want_kind, const char *want_name)
{
	enum nacre_source_kind kind = NACRE_SOURCE_DIR;
	nacre_autofd int dir = -1;
	const char *name = NULL;

	assert_works(nacre_context_find(context, path, &kind, &dir, &name, err));
	assert_int_equal(kind, want_kind);
	assert_string_equal(name, want_name);
	assert_true(dir >= 0);
}

static void assert_path_refused(const char *path, int code, const char *message)
{
	enum nacre_source_kind kind;
	nacre_autofd int dir = -1;
	const char *name;

	assert_refused(nacre_context_find(context, path, &kind, &dir, &name, err), code, message);
	assert_int_equal(dir, -1);
}

static void files_directories_and_the_context_itself_are_found(void **state)
{
	(void)state;
	assert_finds("", NACRE_SOURCE_DIR, "");
	assert_finds("d", NACRE_SOURCE_DIR, "");
	assert_finds("d/f", NACRE_SOURCE_OTHER, "f");
}

static void a_link_at_the_end_is_what_is_found_and_one_on_the_way_is_followed(void **state)
{
	(void)state;
	assert_int_equal(symlink("d", "context/l"), 0);
	assert_int_equal(symlink("l/../d", "context/twice"), 0);
	assert_finds("l", NACRE_SOURCE_OTHER, "l");
	assert_finds("l/f", NACRE_SOURCE_OTHER, "f");
	assert_finds("twice/f", NACRE_SOURCE_OTHER, "f");
}

static void a_link_out_of_the_context_is_not_followed(void **state)
{
	char absolute[128];

	(void)state;
	(void)snprintf(absolute, sizeof(absolute), "%s/context/d", scratch.path);
	assert_int_equal(symlink("..", "context/up"), 0);
	assert_int_equal(symlink("/", "context/root"), 0);
	assert_int_equal(symlink(absolute, "context/absolute"), 0);
	assert_path_refused("up/outside", NACRE_E_UNSAFE, "'up/outside' leads out of the context");
	assert_path_refused(
		"root/etc/passwd", NACRE_E_UNSAFE, "'root/etc/passwd' leads out of the context");
	assert_path_refused("absolute/f", NACRE_E_UNSAFE, "'absolute/f' leads out of the context");
}

static void what_is_not_there_is_named_with_all_of_its_path(void **state)
{
	(void)state;
	assert_path_refused("d/x", NACRE_E_NOT_FOUND, "'d/x': No such file or directory");
	assert_path_refused("x/f", NACRE_E_NOT_FOUND, "'x/f': No such file or directory");
	assert_path_refused("d/f/x", NACRE_E_IO, "'d/f/x': Not a directory");
}

static void only_a_regular_file_is_opened(void **state)
{
	nacre_autofd int fd = -1;
	char got[8] = "";

	(void)state;
	assert_int_equal(symlink("f", "context/d/l"), 0);
	assert_int_equal(mkfifo("context/fifo", 0600), 0);
	assert_works(nacre_context_open_file(context, "d/f", &fd, err));
	assert_int_equal(read(fd, got, sizeof(got)), 6);
	assert_string_equal(got, "inside");
	assert_refused(nacre_context_open_file(context, "d", &fd, err), NACRE_E_UNSAFE,
		"'d' is a directory");
	assert_refused(nacre_context_open_file(context, "d/l", &fd, err), NACRE_E_UNSAFE,
		"l: not a regular file");
	assert_refused(nacre_context_open_file(context, "fifo", &fd, err), NACRE_E_UNSAFE,
		"fifo: not a regular file");
}

#define context_test(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		context_test(files_directories_and_the_context_itself_are_found),
		context_test(a_link_at_the_end_is_what_is_found_and_one_on_the_way_is_followed),
		context_test(a_link_out_of_the_context_is_not_followed),
		context_test(what_is_not_there_is_named_with_all_of_its_path),
		context_test(only_a_regular_file_is_opened),
	};

	return cmocka_run_group_tests_name("context", tests, NULL, NULL);
}
