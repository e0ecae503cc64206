/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the reader does besides telling good archives from bad ones, which tests/vectors/layers
 * holds it to: data, offsets, short reads, limits.
 */
#include "layers/tar_read.h"

#include "base/env.h"
#include "layers/tar_header.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct nacre_buf archive;
static struct nacre_limits limits;
static struct nacre_source *source;
static struct nacre_tar_reader *reader;
static const struct nacre_member *member;
static struct nacre_err err;

static int setup(void **state)
{
	(void)state;
	archive = (struct nacre_buf)NACRE_BUF(8 << 20);
	limits = nacre_env_limits(NULL);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	nacre_tar_reader_freep(&reader);
	nacre_source_freep(&source);
	nacre_buf_clear(&archive);
	return 0;
}

static void add_zeros(size_t len)
{
	static const char zeros[1024];

	assert_int_equal(nacre_buf_add(&archive, zeros, len, NULL), 0);
}

static void add_header(const char *name, char type, const char size[12])
{
	struct nacre_tar_header header;

	memset(&header, 0, sizeof(header));
	memcpy(header.name, name, strlen(name));
	(void)snprintf(header.mode, sizeof(header.mode), "0000644");
	memcpy(header.size, size, sizeof(header.size));
	header.type = type;
	memcpy(header.magic, "ustar", 6);
	memcpy(header.version, "00", 2);
	(void)snprintf(header.checksum, 7, "%06o", nacre_tar_checksum(&header, NULL) & 0777777);
	assert_int_equal(nacre_buf_add(&archive, &header, sizeof(header), NULL), 0);
}

static void add_member(const char *name, char type, const char *data)
{
	size_t len = strlen(data);
	char size[12];

	(void)snprintf(size, sizeof(size), "%011o", (unsigned)len & 077777777);
	add_header(name, type, size);
	assert_int_equal(nacre_buf_add(&archive, data, len, NULL), 0);
	add_zeros((512 - len % 512) % 512);
}

static void open_archive(void)
{
	assert_int_equal(nacre_source_memory(archive.data, archive.len, &source, NULL), 0);
	assert_int_equal(nacre_tar_reader_new(source, &limits, &reader, NULL), 0);
}

static int next(void)
{
	return nacre_tar_reader_next(reader, &member, &err);
}

static void members_come_with_their_data_and_where_it_lies(void **state)
{
	char data[64] = "";
	size_t len = 0;

	(void)state;
	add_member("a", '0', "hello");
	add_member("b", '0', "");
	add_member("c", '0', "world");
	add_zeros(1024);
	open_archive();
	assert_int_equal(next(), 0);
	assert_string_equal(member->path, "a");
	assert_int_equal(member->inode.u.content.key, 512);
	assert_int_equal(member->inode.size_bytes, 5);
	assert_int_equal(nacre_tar_reader_data(reader, data, 3, &len, NULL), 0);
	assert_int_equal(len, 3);
	assert_int_equal(nacre_tar_reader_data(reader, data + 3, 60, &len, NULL), 0);
	assert_int_equal(len, 2);
	assert_string_equal(data, "hello");
	assert_int_equal(nacre_tar_reader_data(reader, data, 60, &len, NULL), 0);
	assert_int_equal(len, 0);
	assert_int_equal(next(), 0);
	assert_int_equal(nacre_tar_reader_data(reader, data, 60, &len, NULL), 0);
	assert_int_equal(len, 0);
	assert_int_equal(next(), 0);
	assert_string_equal(member->path, "c");
	assert_int_equal(member->inode.u.content.key, 512 + 512 + 512 + 512);
	/* What was not read of the data is passed over. */
	assert_int_equal(next(), 0);
	assert_null(member);
	assert_int_equal(next(), 0);
	assert_null(member);
}

/* One byte at a time. */
struct drip {
	struct nacre_source base;
	const char *at;
	size_t left;
};

static int drip_read(
	struct nacre_source *from, void *data, size_t cap, size_t *out_len, struct nacre_err *error)
{
	struct drip *drip = (struct drip *)from;

	(void)error;
	assert_true(cap > 0);
	*out_len = drip->left > 0;
	if (drip->left > 0) {
		memcpy(data, drip->at++, 1);
		drip->left--;
	}
	return 0;
}

static void a_source_that_hands_out_single_bytes_gives_the_same_members(void **state)
{
	struct drip drip = { { drip_read, NULL }, NULL, 0 };

	(void)state;
	add_member("x", 'x', "12 path=abc\n");
	add_member("a", '0', "hello");
	add_zeros(1024);
	drip.at = archive.data;
	drip.left = archive.len;
	assert_int_equal(nacre_tar_reader_new(&drip.base, &limits, &reader, NULL), 0);
	assert_int_equal(next(), 0);
	assert_string_equal(member->path, "abc");
	assert_int_equal(next(), 0);
	assert_null(member);
	assert_int_equal(drip.left, 0);
}

static int fail_read(
	struct nacre_source *from, void *data, size_t cap, size_t *out_len, struct nacre_err *error)
{
	(void)from;
	(void)data;
	(void)cap;
	(void)out_len;
	return nacre_fail(error, NACRE_E_DIGEST, "not what was named");
}

static void an_error_of_the_source_is_handed_on(void **state)
{
	struct nacre_source broken = { fail_read, NULL };

	(void)state;
	assert_int_equal(nacre_tar_reader_new(&broken, &limits, &reader, NULL), 0);
	assert_int_equal(next(), NACRE_E_DIGEST);
	assert_string_equal(err.text, "not what was named");
}

static void so_many_members_are_read_and_no_more(void **state)
{
	(void)state;
	limits.layer_members = 2;
	add_member("a", '0', "");
	add_member("b", '0', "");
	add_member("c", '0', "");
	open_archive();
	assert_int_equal(next(), 0);
	assert_int_equal(next(), 0);
	assert_int_equal(next(), NACRE_E_LIMIT);
	assert_string_equal(err.text, "more than 2 members (limit layer-members)");
}

static void what_is_passed_over_counts_too(void **state)
{
	(void)state;
	limits.layer_members = 2;
	add_member(".wh..wh.a", '0', "");
	add_member(".wh..wh.b", '0', "");
	add_member(".wh..wh.c", '0', "");
	open_archive();
	assert_int_equal(next(), NACRE_E_LIMIT);
}

static void limits_are_met_exactly(void **state)
{
	(void)state;
	limits.layer_bytes = 5;
	limits.pax_bytes = 12;
	add_member("x", 'x', "12 path=abc\n");
	add_member("a", '0', "hello");
	add_member("b", '0', "hello!");
	open_archive();
	assert_int_equal(next(), 0);
	assert_int_equal(next(), NACRE_E_LIMIT);
	assert_string_equal(err.text, "'b': more than 5 bytes (limit layer-bytes)");
	nacre_tar_reader_freep(&reader);
	nacre_source_freep(&source);
	limits.pax_bytes = 11;
	open_archive();
	assert_int_equal(next(), NACRE_E_LIMIT);
	assert_string_equal(
		err.text, "before byte 512: a pax header of more than 11 bytes (limit pax-bytes)");
}

static void a_source_is_read_to_its_end(void **state)
{
	struct drip drip = { { drip_read, NULL }, NULL, 0 };

	(void)state;
	add_member("a", '0', "");
	add_zeros(1024);
	add_zeros(1024);
	add_zeros(100);
	drip.at = archive.data;
	drip.left = archive.len;
	assert_int_equal(nacre_tar_reader_new(&drip.base, &limits, &reader, NULL), 0);
	assert_int_equal(next(), 0);
	assert_int_equal(next(), 0);
	assert_null(member);
	assert_int_equal(drip.left, 0);
}

/* A pax header that names a path, and its member. */
static void add_long(size_t path_len)
{
	size_t room = path_len + 32;
	char *record = malloc(room), digits[16];
	size_t len = path_len + strlen(" path=\n");

	assert_non_null(record);
	len += (size_t)snprintf(digits, sizeof(digits), "%zu", len);
	(void)snprintf(record, room, "%zu path=", len);
	memset(record + len - path_len - 1, 'n', path_len);
	for (size_t i = 200; i < path_len; i += 200)
		record[len - path_len - 1 + i] = '/';
	record[len - 1] = '\n';
	record[len] = '\0';
	add_member("x", 'x', record);
	add_member("cut", '0', "");
	free(record);
}

static void a_path_is_as_long_as_its_limit_allows_and_no_longer(void **state)
{
	(void)state;
	add_long(4095);
	add_long(4096);
	open_archive();
	assert_int_equal(next(), 0);
	assert_int_equal(strlen(member->path), 4095);
	assert_int_equal(next(), NACRE_E_LIMIT);
	assert_non_null(strstr(err.text, ": a path of more than 4095 bytes (limit path-bytes)"));
}

static void a_path_of_a_mebibyte_is_read_where_limits_allow_it(void **state)
{
	(void)state;
	limits.path_bytes = 1 << 20;
	limits.pax_bytes = 2 << 20;
	limits.depth = 10000;
	add_long(1 << 20);
	add_long((1 << 20) + 1);
	open_archive();
	assert_int_equal(next(), 0);
	assert_int_equal(strlen(member->path), 1 << 20);
	assert_int_equal(next(), NACRE_E_LIMIT);
	assert_non_null(strstr(err.text, "more than 1048576 bytes (limit path-bytes)"));
}

/* Of data that is not there: the header is all that is asked for. */
static void expect_size(uint64_t size_bytes)
{
	open_archive();
	assert_int_equal(next(), 0);
	assert_true(member->inode.size_bytes == size_bytes);
	nacre_tar_reader_freep(&reader);
	nacre_source_freep(&source);
	archive.len = 0;
}

static void a_size_of_8_GiB_is_read_however_it_is_written(void **state)
{
	(void)state;
	add_member("pax", 'x', "19 size=8589934593\n");
	add_header("a", '0', "00000000000");
	expect_size(8589934593);
	add_header("base-256", '0', "\200\0\0\0\0\0\0\2\0\0\0\1");
	expect_size(8589934593);
	add_header("twelve digits", '0', "100000000001");
	expect_size(8589934593);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(a_size_of_8_GiB_is_read_however_it_is_written),
		TEST(members_come_with_their_data_and_where_it_lies),
		TEST(a_source_that_hands_out_single_bytes_gives_the_same_members),
		TEST(an_error_of_the_source_is_handed_on),
		TEST(so_many_members_are_read_and_no_more),
		TEST(what_is_passed_over_counts_too),
		TEST(limits_are_met_exactly),
		TEST(a_path_is_as_long_as_its_limit_allows_and_no_longer),
		TEST(a_path_of_a_mebibyte_is_read_where_limits_allow_it),
		TEST(a_source_is_read_to_its_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
