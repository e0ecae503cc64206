/* SPDX-License-Identifier: Apache-2.0 */
#include "base/file.h"
#include "base/stream.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

/* Hands out one byte at a time, then ends, or fails instead of ending. */
struct drip {
	struct nacre_source base;
	const char *text;
	bool fails;
};

static int drip_read(
	struct nacre_source *source, void *data, size_t cap, size_t *out_len, struct nacre_err *err)
{
	struct drip *drip = (struct drip *)source;

	assert_true(cap > 0);
	*out_len = *drip->text ? 1 : 0;
	if (*drip->text)
		memcpy(data, drip->text++, 1);
	else if (drip->fails)
		return nacre_fail(err, NACRE_E_IO, "the drip is broken");
	return 0;
}

static void short_reads_are_put_together(void **state)
{
	struct drip drip = { { drip_read, NULL }, "hello", false };
	char data[16] = "";
	size_t len = 99;

	(void)state;
	assert_int_equal(nacre_source_read_full(&drip.base, data, 3, &len, NULL), 0);
	assert_int_equal(len, 3);
	assert_memory_equal(data, "hel", 3);
	assert_int_equal(nacre_source_read_full(&drip.base, data, 10, &len, NULL), 0);
	assert_int_equal(len, 2);
	assert_int_equal(nacre_source_read_full(&drip.base, data, 10, &len, NULL), 0);
	assert_int_equal(len, 0);
	assert_int_equal(nacre_source_read_full(&drip.base, data, 0, &len, NULL), 0);
	assert_int_equal(len, 0);
}

static void an_error_in_the_middle_is_an_error(void **state)
{
	struct drip drip = { { drip_read, NULL }, "he", true };
	struct nacre_buf buf = NACRE_BUF(100);
	struct nacre_sink *sink = NULL;
	struct nacre_err err;
	char data[16];
	size_t len = 0;

	(void)state;
	assert_int_equal(nacre_source_read_full(&drip.base, data, 3, &len, &err), NACRE_E_IO);
	assert_string_equal(err.text, "the drip is broken");
	assert_int_equal(nacre_sink_buf(&buf, &sink, NULL), 0);
	assert_int_equal(nacre_stream_copy(&drip.base, sink, NULL, &err), NACRE_E_IO);
	nacre_sink_free(sink);
	nacre_buf_clear(&buf);
}

static void a_copy_moves_and_counts_everything(void **state)
{
	struct drip drip = { { drip_read, NULL }, "hello", false };
	struct nacre_buf buf = NACRE_BUF(5);
	struct nacre_sink *sink = NULL;
	uint64_t bytes = 0;

	(void)state;
	assert_int_equal(nacre_sink_buf(&buf, &sink, NULL), 0);
	assert_int_equal(nacre_stream_copy(&drip.base, sink, &bytes, NULL), 0);
	assert_int_equal(bytes, 5);
	assert_string_equal(buf.data, "hello");
	assert_int_equal(nacre_sink_write(sink, "!", 1, NULL), NACRE_E_LIMIT);
	assert_int_equal(nacre_sink_finish(sink, NULL), 0);
	nacre_sink_free(sink);
	nacre_buf_clear(&buf);
}

static int file_of(const char *text)
{
	int fd = memfd_create("test", MFD_CLOEXEC);

	assert_int_equal(nacre_write_all(fd, text, strlen(text), NULL), 0);
	return fd;
}

static void check_range(int fd, uint64_t offset, uint64_t size, int code, const char *want)
{
	struct nacre_source *source = NULL;
	char data[32] = "";
	size_t len = 0;

	assert_int_equal(nacre_source_fd(fd, offset, size, &source, NULL), 0);
	assert_int_equal(nacre_source_read_full(source, data, sizeof(data) - 1, &len, NULL), code);
	if (code == 0)
		assert_string_equal(data, want);
	nacre_source_free(source);
}

static void a_part_of_a_file_is_a_source(void **state)
{
	nacre_autofd int fd = file_of("hello");

	(void)state;
	check_range(fd, 0, 5, 0, "hello");
	check_range(fd, 1, 3, 0, "ell");
	check_range(fd, 5, 0, 0, "");
	check_range(fd, 99, 0, 0, "");
	check_range(fd, 3, UINT64_MAX, 0, "lo");
	check_range(fd, 99, UINT64_MAX, 0, "");
	check_range(fd, 3, 3, NACRE_E_FORMAT, NULL);
	check_range(fd, 5, 1, NACRE_E_FORMAT, NULL);
	/* By pread: where the descriptor stands does not matter and does not change. */
	assert_int_equal(lseek(fd, 0, SEEK_CUR), 5);
}

static void a_file_that_ends_early_says_by_how_much(void **state)
{
	nacre_autofd int fd = file_of("hello");
	struct nacre_source *source = NULL;
	struct nacre_err err;
	char data[32];
	size_t len = 0;

	(void)state;
	assert_int_equal(nacre_source_fd(fd, 2, 10, &source, NULL), 0);
	assert_int_equal(nacre_source_read_full(source, data, 20, &len, &err), NACRE_E_FORMAT);
	assert_string_equal(err.text, "7 bytes less than expected");
	nacre_source_freep(&source);
	nacre_source_freep(&source);
}

static void what_passes_is_hashed(void **state)
{
	struct nacre_hash *in = NULL, *out = NULL;
	struct nacre_source *memory = NULL, *source = NULL;
	struct nacre_digest want, got_in, got_out;
	struct nacre_buf buf = NACRE_BUF(100);
	struct nacre_sink *inner = NULL, *sink = NULL;
	uint64_t bytes = 77;

	(void)state;
	nacre_digest_of("some text", 9, &want);
	assert_int_equal(nacre_hash_new(&in, NULL), 0);
	assert_int_equal(nacre_hash_new(&out, NULL), 0);
	assert_int_equal(nacre_source_memory("some text", 9, &memory, NULL), 0);
	assert_int_equal(nacre_source_hash(memory, in, &source, NULL), 0);
	assert_int_equal(nacre_sink_buf(&buf, &inner, NULL), 0);
	assert_int_equal(nacre_sink_hash(inner, out, &bytes, &sink, NULL), 0);
	assert_int_equal(bytes, 0);
	assert_int_equal(nacre_stream_copy(source, sink, NULL, NULL), 0);
	assert_int_equal(nacre_sink_finish(sink, NULL), 0);
	nacre_hash_finish(in, &got_in);
	nacre_hash_finish(out, &got_out);
	assert_true(nacre_digest_equal(&want, &got_in));
	assert_true(nacre_digest_equal(&want, &got_out));
	assert_int_equal(bytes, 9);
	assert_string_equal(buf.data, "some text");
	nacre_source_free(source);
	nacre_source_free(memory);
	nacre_sink_free(sink);
	nacre_sink_free(inner);
	nacre_hash_freep(&in);
	nacre_hash_freep(&out);
	nacre_buf_clear(&buf);
}

static void a_sink_to_nowhere_still_counts(void **state)
{
	struct nacre_sink *sink = NULL;
	uint64_t bytes = 0;

	(void)state;
	assert_int_equal(nacre_sink_hash(NULL, NULL, &bytes, &sink, NULL), 0);
	assert_int_equal(nacre_sink_write(sink, "abc", 3, NULL), 0);
	assert_int_equal(nacre_sink_write(sink, "", 0, NULL), 0);
	assert_int_equal(nacre_sink_finish(sink, NULL), 0);
	assert_int_equal(bytes, 3);
	nacre_sink_freep(&sink);
	nacre_sink_freep(&sink);
}

static void bytes_go_into_a_descriptor(void **state)
{
	nacre_autofd int fd = file_of("");
	struct nacre_sink *sink = NULL;

	(void)state;
	assert_int_equal(nacre_sink_fd(fd, &sink, NULL), 0);
	assert_int_equal(nacre_sink_write(sink, "abc", 3, NULL), 0);
	assert_int_equal(nacre_sink_finish(sink, NULL), 0);
	nacre_sink_free(sink);
	check_range(fd, 0, UINT64_MAX, 0, "abc");
}

static void a_descriptor_that_cannot_be_written_is_an_error(void **state)
{
	struct nacre_err err;

	(void)state;
	assert_int_equal(nacre_write_all(-1, "x", 1, &err), NACRE_E_IO);
	assert_string_equal(err.text, "write: Bad file descriptor");
}

static void a_bounded_source_lets_no_more_pass(void **state)
{
	NACRE_CLEANUP(nacre_source_freep)
	struct nacre_source *inner = NULL;
	NACRE_CLEANUP(nacre_source_freep)
	struct nacre_source *source = NULL;
	struct nacre_err err;
	char data[8];
	size_t got = 0;

	(void)state;
	assert_int_equal(nacre_source_memory("12345", 5, &inner, NULL), 0);
	assert_int_equal(nacre_source_most(inner, 4, &source, NULL), 0);
	assert_int_equal(nacre_source_read(source, data, 4, &got, NULL), 0);
	assert_int_equal(got, 4);
	assert_int_equal(nacre_source_read(source, data, 4, &got, &err), NACRE_E_LIMIT);
	assert_string_equal(err.text, "more than 4 bytes");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_bounded_source_lets_no_more_pass),
		cmocka_unit_test(short_reads_are_put_together),
		cmocka_unit_test(an_error_in_the_middle_is_an_error),
		cmocka_unit_test(a_copy_moves_and_counts_everything),
		cmocka_unit_test(a_part_of_a_file_is_a_source),
		cmocka_unit_test(a_file_that_ends_early_says_by_how_much),
		cmocka_unit_test(what_passes_is_hashed),
		cmocka_unit_test(a_sink_to_nowhere_still_counts),
		cmocka_unit_test(bytes_go_into_a_descriptor),
		cmocka_unit_test(a_descriptor_that_cannot_be_written_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
