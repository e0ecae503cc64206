/* SPDX-License-Identifier: Apache-2.0 */
#include "base/buf.h"
#include "base/file.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

static void a_buffer_takes_its_maximum_and_not_a_byte_more(void **state)
{
	struct nacre_buf buf = NACRE_BUF(5);
	struct nacre_err err;

	(void)state;
	assert_int_equal(nacre_buf_add(&buf, "hel", 3, &err), 0);
	assert_int_equal(nacre_buf_add_text(&buf, "lo", &err), 0);
	assert_string_equal(buf.data, "hello");
	assert_int_equal(nacre_buf_add(&buf, "", 0, &err), 0);
	assert_int_equal(nacre_buf_add(&buf, "!", 1, &err), NACRE_E_LIMIT);
	assert_string_equal(err.text, "more than 5 bytes");
	assert_string_equal(buf.data, "hello");
	assert_int_equal(nacre_buf_reserve(&buf, SIZE_MAX, &err), NACRE_E_LIMIT);
	nacre_buf_clear(&buf);
	nacre_buf_clear(&buf);
	assert_null(buf.data);
}

static void formatted_text_is_held_to_the_maximum_too(void **state)
{
	struct nacre_buf buf = NACRE_BUF(6);

	(void)state;
	assert_int_equal(nacre_buf_printf(&buf, NULL, "%d-%s", 12, "abc"), 0);
	assert_string_equal(buf.data, "12-abc");
	assert_int_equal(nacre_buf_printf(&buf, NULL, "x"), NACRE_E_LIMIT);
	assert_int_equal(nacre_buf_printf(&buf, NULL, "%s", ""), 0);
	nacre_buf_clear(&buf);
}

static void stolen_bytes_leave_an_empty_buffer_with_its_maximum(void **state)
{
	struct nacre_buf buf = NACRE_BUF(10), got;

	(void)state;
	assert_int_equal(nacre_buf_add_text(&buf, "abc", NULL), 0);
	got = nacre_buf_steal(&buf);
	assert_string_equal(got.data, "abc");
	assert_null(buf.data);
	assert_int_equal(buf.len, 0);
	assert_int_equal(buf.max, 10);
	nacre_buf_clear(&got);
}

static int file_of(size_t len)
{
	int fd = memfd_create("test", MFD_CLOEXEC);
	char data[1000];

	memset(data, 'x', sizeof(data));
	for (size_t left = len; left > 0;) {
		size_t now = left < sizeof(data) ? left : sizeof(data);

		assert_int_equal(nacre_write_all(fd, data, now, NULL), 0);
		left -= now;
	}
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	return fd;
}

static void a_file_of_exactly_the_maximum_is_read_and_a_longer_one_refused(void **state)
{
	static const size_t sizes[] = { 0, 1, 65535, 65536, 65537, 200000 };

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		nacre_autofd int fd = file_of(sizes[i]);
		struct nacre_buf all = NACRE_BUF(sizes[i]);
		struct nacre_err err;

		assert_int_equal(nacre_buf_read_fd(&all, fd, &err), 0);
		assert_int_equal(all.len, sizes[i]);
		assert_non_null(all.data);
		assert_int_equal(all.data[all.len], '\0');
		nacre_buf_clear(&all);
		if (sizes[i] == 0)
			continue;
		all.max = sizes[i] - 1;
		assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
		assert_int_equal(nacre_buf_read_fd(&all, fd, &err), NACRE_E_LIMIT);
		nacre_buf_clear(&all);
	}
}

static void what_is_read_stands_behind_what_was_there(void **state)
{
	nacre_autofd int fd = file_of(2);
	struct nacre_buf buf = NACRE_BUF(5);

	(void)state;
	assert_int_equal(nacre_buf_add_text(&buf, "abc", NULL), 0);
	assert_int_equal(nacre_buf_read_fd(&buf, fd, NULL), 0);
	assert_string_equal(buf.data, "abcxx");
	nacre_buf_clear(&buf);
}

static void a_descriptor_that_cannot_be_read_is_an_error(void **state)
{
	nacre_autofd int fd = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct nacre_buf buf = NACRE_BUF(5);
	struct nacre_err err;

	(void)state;
	assert_int_equal(nacre_buf_read_fd(&buf, fd, &err), NACRE_E_IO);
	assert_string_equal(err.text, "read: Is a directory");
	nacre_buf_clear(&buf);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_buffer_takes_its_maximum_and_not_a_byte_more),
		cmocka_unit_test(formatted_text_is_held_to_the_maximum_too),
		cmocka_unit_test(stolen_bytes_leave_an_empty_buffer_with_its_maximum),
		cmocka_unit_test(a_file_of_exactly_the_maximum_is_read_and_a_longer_one_refused),
		cmocka_unit_test(what_is_read_stands_behind_what_was_there),
		cmocka_unit_test(a_descriptor_that_cannot_be_read_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
