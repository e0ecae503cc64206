/* SPDX-License-Identifier: Apache-2.0 */
#include "layers/spool.h"

#include "base/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <cmocka.h>

static char scratch[] = "/tmp/nacre-spool-XXXXXX";
static int dir = -1;

static int setup(void **state)
{
	(void)state;
	(void)strcpy(scratch + strlen(scratch) - 6, "XXXXXX");
	if (!mkdtemp(scratch))
		return -1;
	return nacre_dir_open(scratch, &dir, NULL);
}

static int teardown(void **state)
{
	(void)state;
	nacre_fd_close(&dir);
	return rmdir(scratch);
}

static size_t names_in_scratch(void)
{
	DIR *stream = opendir(scratch);
	struct dirent *entry;
	size_t count = 0;

	assert_non_null(stream);
	while ((entry = readdir(stream)))
		count += entry->d_name[0] != '.' || strlen(entry->d_name) > 2;
	(void)closedir(stream);
	return count;
}

static void expect(struct nacre_source *source, const char *want)
{
	char got[64];
	size_t len = 0;

	assert_int_equal(nacre_source_read_full(source, got, sizeof(got), &len, NULL), 0);
	assert_int_equal(len, strlen(want));
	assert_memory_equal(got, want, len);
}

static void what_was_put_aside_is_read_in_any_order(void **state)
{
	NACRE_CLEANUP(nacre_spool_freep)
	struct nacre_spool *spool = NULL;
	NACRE_CLEANUP(nacre_sink_freep)
	struct nacre_sink *one = NULL;
	NACRE_CLEANUP(nacre_sink_freep)
	struct nacre_sink *two = NULL;
	NACRE_CLEANUP(nacre_source_freep)
	struct nacre_source *early = NULL;
	NACRE_CLEANUP(nacre_source_freep)
	struct nacre_source *late = NULL;
	struct nacre_origin *origin;

	(void)state;
	assert_int_equal(nacre_spool_new(dir, 100, &spool, NULL), 0);
	assert_int_equal(nacre_spool_size(spool), 0);
	assert_int_equal(nacre_spool_sink(spool, &one, NULL), 0);
	assert_int_equal(nacre_spool_sink(spool, &two, NULL), 0);
	assert_int_equal(nacre_sink_write(one, "hello ", 6, NULL), 0);
	assert_int_equal(nacre_spool_source(spool, 0, 6, &early, NULL), 0);
	assert_int_equal(nacre_sink_write(two, "world", 5, NULL), 0);
	assert_int_equal(nacre_sink_finish(two, NULL), 0);
	assert_int_equal(nacre_sink_write(one, "!", 1, NULL), 0);
	assert_int_equal(nacre_spool_size(spool), 12);
	origin = nacre_spool_origin(spool);
	assert_int_equal(origin->open(origin, 6, 6, &late, NULL), 0);
	expect(late, "world!");
	expect(early, "hello ");
}

static void what_the_spool_does_not_hold_is_not_opened(void **state)
{
	static const uint64_t ranges[][2] = { { 0, 4 }, { 3, 1 }, { 4, 0 }, { 1, UINT64_MAX },
		{ UINT64_MAX, 1 }, { UINT64_MAX, UINT64_MAX } };
	NACRE_CLEANUP(nacre_spool_freep)
	struct nacre_spool *spool = NULL;
	NACRE_CLEANUP(nacre_sink_freep)
	struct nacre_sink *sink = NULL;
	NACRE_CLEANUP(nacre_source_freep)
	struct nacre_source *source = NULL;
	struct nacre_err err;

	(void)state;
	assert_int_equal(nacre_spool_new(dir, 100, &spool, NULL), 0);
	assert_int_equal(nacre_spool_sink(spool, &sink, NULL), 0);
	assert_int_equal(nacre_sink_write(sink, "abc", 3, NULL), 0);
	for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++)
		assert_int_equal(
			nacre_spool_source(spool, ranges[i][0], ranges[i][1], &source, &err),
			NACRE_E_ARG);
	assert_int_equal(nacre_spool_source(spool, 0, 4, &source, &err), NACRE_E_ARG);
	assert_string_equal(err.text, "4 bytes at 0 of a temporary file of 3");
	assert_null(source);
	assert_int_equal(nacre_spool_source(spool, 3, 0, &source, NULL), 0);
	expect(source, "");
}

static void a_write_beyond_the_limit_adds_nothing(void **state)
{
	NACRE_CLEANUP(nacre_spool_freep)
	struct nacre_spool *spool = NULL;
	NACRE_CLEANUP(nacre_sink_freep)
	struct nacre_sink *sink = NULL;
	NACRE_CLEANUP(nacre_source_freep)
	struct nacre_source *source = NULL;
	struct nacre_err err;

	(void)state;
	assert_int_equal(nacre_spool_new(dir, 5, &spool, NULL), 0);
	assert_int_equal(nacre_spool_sink(spool, &sink, NULL), 0);
	assert_int_equal(nacre_sink_write(sink, "abc", 3, NULL), 0);
	assert_int_equal(nacre_sink_write(sink, "def", 3, &err), NACRE_E_LIMIT);
	assert_string_equal(err.text, "more than 5 bytes");
	assert_int_equal(nacre_spool_size(spool), 3);
	assert_int_equal(nacre_sink_write(sink, "de", 2, &err), 0);
	assert_int_equal(nacre_spool_source(spool, 0, 5, &source, NULL), 0);
	expect(source, "abcde");
}

static void nothing_is_left_in_the_directory(void **state)
{
	NACRE_CLEANUP(nacre_spool_freep)
	struct nacre_spool *spool = NULL;

	(void)state;
	assert_int_equal(nacre_spool_new(dir, 5, &spool, NULL), 0);
	assert_int_equal(names_in_scratch(), 0);
}

/* From here on the system says of O_TMPFILE what file systems without it say. */
static bool forbid_tmpfile(void)
{
	const uint32_t flag = O_TMPFILE & ~O_DIRECTORY;
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_openat, 0, 3),
		/* The low half of the third argument; little endian. */
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[2])),
		BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, flag, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EOPNOTSUPP),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { sizeof(filter) / sizeof(filter[0]), filter };

	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
		prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) == 0 &&
		openat(dir, ".", O_TMPFILE | O_RDWR, 0600) < 0 && errno == EOPNOTSUPP;
}

static int use_without_tmpfile(void)
{
	struct nacre_spool *spool = NULL;
	struct nacre_sink *sink = NULL;
	struct nacre_source *source = NULL;
	char got[8] = "";
	size_t len = 0;
	bool ok;

	if (!forbid_tmpfile())
		return 77;
	if (nacre_spool_new(dir, 5, &spool, NULL))
		return 1;
	ok = names_in_scratch() == 0 && nacre_spool_sink(spool, &sink, NULL) == 0 &&
		nacre_sink_write(sink, "abc", 3, NULL) == 0 &&
		nacre_spool_source(spool, 1, 2, &source, NULL) == 0 &&
		nacre_source_read_full(source, got, sizeof(got), &len, NULL) == 0 && len == 2 &&
		memcmp(got, "bc", 2) == 0;
	nacre_source_free(source);
	nacre_sink_free(sink);
	nacre_spool_free(spool);
	return ok ? 0 : 2;
}

static void a_file_system_without_nameless_files_does_too(void **state)
{
	pid_t child = fork();
	int status = 0;

	(void)state;
	assert_true(child >= 0);
	if (child == 0)
		_exit(use_without_tmpfile());
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == 77) {
		print_message("no seccomp filters here\n");
		skip();
	}
	assert_int_equal(WEXITSTATUS(status), 0);
	assert_int_equal(names_in_scratch(), 0);
}

static void a_directory_that_is_none_is_an_error(void **state)
{
	struct nacre_spool *spool = NULL;
	nacre_autofd int file = open("/dev/null", O_RDONLY | O_CLOEXEC);
	struct nacre_err err;

	(void)state;
	assert_int_equal(nacre_spool_new(file, 5, &spool, &err), NACRE_E_IO);
	assert_string_equal(err.text, "new temporary file: Not a directory");
	assert_null(spool);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			what_was_put_aside_is_read_in_any_order, setup, teardown),
		cmocka_unit_test_setup_teardown(
			what_the_spool_does_not_hold_is_not_opened, setup, teardown),
		cmocka_unit_test_setup_teardown(
			a_write_beyond_the_limit_adds_nothing, setup, teardown),
		cmocka_unit_test_setup_teardown(nothing_is_left_in_the_directory, setup, teardown),
		cmocka_unit_test_setup_teardown(
			a_file_system_without_nameless_files_does_too, setup, teardown),
		cmocka_unit_test(a_directory_that_is_none_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
