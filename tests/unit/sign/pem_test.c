/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include "sign/pem.h"

#define REFUSED(text, code, message)                                                               \
	do {                                                                                       \
		struct nacre_pem refused_pem = { "before", NACRE_SECRET };                         \
		assert_refused(                                                                    \
			nacre_pem_parse(text, strlen(text), &refused_pem, err), code, message);    \
		assert_string_equal(refused_pem.label, "before");                                  \
		assert_null(refused_pem.content.data);                                             \
	} while (0)

static void what_is_written_is_read_again(void **state)
{
	static const size_t lens[] = { 0, 1, 2, 3, 47, 48, 49, 96, 1000 };
	unsigned char data[1000];

	(void)state;
	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (unsigned char)(i * 7);
	for (size_t i = 0; i < COUNT(lens); i++) {
		NACRE_CLEANUP(nacre_buf_clear)
		struct nacre_buf text = NACRE_BUF(4096);
		NACRE_CLEANUP(nacre_pem_clear)
		struct nacre_pem pem = { "", NACRE_SECRET };

		assert_works(nacre_pem_emit("SOME THING", data, lens[i], &text, err));
		assert_works(nacre_pem_parse(text.data, text.len, &pem, err));
		assert_string_equal(pem.label, "SOME THING");
		assert_int_equal(pem.content.len, lens[i]);
		assert_memory_equal(pem.content.data, data, lens[i]);
	}
}

static void lines_are_64_long(void **state)
{
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf text = NACRE_BUF(4096);
	char data[49];

	(void)state;
	memset(data, 0, sizeof(data));
	assert_works(nacre_pem_emit("X", data, sizeof(data), &text, err));
	assert_string_equal(text.data,
		"-----BEGIN X-----\n"
		"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n"
		"AA==\n"
		"-----END X-----\n");
}

static void other_line_ends_and_lengths_are_read(void **state)
{
	static const char text[] = "\r\n -----BEGIN X-----\r\nZm\r\n9v\r\n-----END X-----";
	NACRE_CLEANUP(nacre_pem_clear)
	struct nacre_pem pem = { "", NACRE_SECRET };

	(void)state;
	assert_works(nacre_pem_parse(text, strlen(text), &pem, err));
	assert_int_equal(pem.content.len, 3);
	assert_memory_equal(pem.content.data, "foo", 3);
}

static void a_text_that_is_not_one_block_is_refused(void **state)
{
	(void)state;
	REFUSED("", NACRE_E_FORMAT, "not a PEM file");
	REFUSED("Zm9v", NACRE_E_FORMAT, "not a PEM file");
	REFUSED("# key\n-----BEGIN X-----\nZm9v\n-----END X-----\n", NACRE_E_FORMAT,
		"not a PEM file");
	REFUSED("-----BEGIN -----\nZm9v\n-----END -----\n", NACRE_E_FORMAT,
		"a PEM block without a name");
	REFUSED("-----BEGIN X\nZm9v\n-----END X-----\n", NACRE_E_FORMAT,
		"a PEM block without a name");
	REFUSED("-----BEGIN X-----\nZm9v\n", NACRE_E_FORMAT, "'X' does not end");
	REFUSED("-----BEGIN X-----\nZm9v\n-----END Y-----\n", NACRE_E_FORMAT, "'X' does not end");
	REFUSED("-----BEGIN X-----\nZm9v\n-----END X----\n", NACRE_E_FORMAT, "'X' does not end");
	REFUSED("-----BEGIN X-----\nZm9\n-----END X-----\n", NACRE_E_FORMAT, "not base64");
	REFUSED("-----BEGIN X-----\nZm9v\n-----END X-----\n#", NACRE_E_FORMAT,
		"something stands behind 'X'");
	REFUSED("-----BEGIN X-----\nProc-Type: 4,ENCRYPTED\n\nZm9v\n-----END X-----\n",
		NACRE_E_UNSUPPORTED, "a PEM block with headers");
}

static void a_second_block_is_refused(void **state)
{
	(void)state;
	REFUSED("-----BEGIN X-----\nZm9v\n-----END X-----\n"
		"-----BEGIN X-----\nZm9v\n-----END X-----\n",
		NACRE_E_FORMAT, "something stands behind 'X'");
}

static void a_label_longer_than_any_is_refused(void **state)
{
	char text[256] = "-----BEGIN ";

	(void)state;
	memset(text + 11, 'A', 100);
	strcpy(text + 111, "-----\n");
	REFUSED(text, NACRE_E_FORMAT, "a PEM block without a name");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_written_is_read_again),
		cmocka_unit_test(lines_are_64_long),
		cmocka_unit_test(other_line_ends_and_lengths_are_read),
		cmocka_unit_test(a_text_that_is_not_one_block_is_refused),
		cmocka_unit_test(a_second_block_is_refused),
		cmocka_unit_test(a_label_longer_than_any_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
