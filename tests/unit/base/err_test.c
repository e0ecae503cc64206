/* SPDX-License-Identifier: Apache-2.0 */
#include "base/err.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void messages_read_from_outside_in(void **state)
{
	struct nacre_err err;
	int rc = nacre_fail(&err, NACRE_E_LIMIT, "more than %d bytes", 5);

	(void)state;
	assert_int_equal(rc, NACRE_E_LIMIT);
	rc = nacre_within(&err, rc, "'%s'", "usr/x");
	rc = nacre_within(&err, rc, "layer %d of %d", 2, 5);
	assert_int_equal(rc, NACRE_E_LIMIT);
	assert_int_equal(err.code, NACRE_E_LIMIT);
	assert_string_equal(err.text, "layer 2 of 5: 'usr/x': more than 5 bytes");
}

static void a_message_too_long_loses_its_end(void **state)
{
	char text[NACRE_ERR_TEXT + 10];
	struct nacre_err err;

	(void)state;
	memset(text, 'x', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	assert_int_equal(nacre_fail(&err, NACRE_E_IO, "%s", text), NACRE_E_IO);
	assert_int_equal(strlen(err.text), NACRE_ERR_TEXT - 1);
	errno = ENOENT;
	assert_int_equal(nacre_fail_os(&err, "%s", text), NACRE_E_NOT_FOUND);
	assert_int_equal(strlen(err.text), NACRE_ERR_TEXT - 1);
	assert_int_equal(nacre_within(&err, NACRE_E_IO, "out"), NACRE_E_IO);
	assert_int_equal(strlen(err.text), NACRE_ERR_TEXT - 1);
	assert_memory_equal(err.text, "out: xxx", 8);
	assert_int_equal(nacre_within(&err, NACRE_E_IO, "%s", text), NACRE_E_IO);
	assert_int_equal(strlen(err.text), NACRE_ERR_TEXT - 1);
}

static void what_errno_says_decides_the_code(void **state)
{
	static const struct {
		int number;
		int code;
		const char *text;
	} rows[] = {
		{ ENOENT, NACRE_E_NOT_FOUND, "f: No such file or directory" },
		{ EEXIST, NACRE_E_EXISTS, "f: File exists" },
		{ ENOTEMPTY, NACRE_E_EXISTS, "f: Directory not empty" },
		{ ENOMEM, NACRE_E_NOMEM, "f: Cannot allocate memory" },
		{ EACCES, NACRE_E_IO, "f: Permission denied" },
		{ ELOOP, NACRE_E_IO, "f: Too many levels of symbolic links" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct nacre_err err;

		errno = rows[i].number;
		assert_int_equal(nacre_fail_os(&err, "%s", "f"), rows[i].code);
		assert_int_equal(err.code, rows[i].code);
		assert_string_equal(err.text, rows[i].text);
	}
}

static void nobody_needs_the_message(void **state)
{
	(void)state;
	errno = EEXIST;
	assert_int_equal(nacre_fail_os(NULL, "x"), NACRE_E_EXISTS);
	assert_int_equal(nacre_fail(NULL, NACRE_E_ARG, "x"), NACRE_E_ARG);
	assert_int_equal(nacre_within(NULL, NACRE_E_ARG, "x"), NACRE_E_ARG);
	assert_int_equal(nacre_fail_nomem(NULL), NACRE_E_NOMEM);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(messages_read_from_outside_in),
		cmocka_unit_test(a_message_too_long_loses_its_end),
		cmocka_unit_test(what_errno_says_decides_the_code),
		cmocka_unit_test(nobody_needs_the_message),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
