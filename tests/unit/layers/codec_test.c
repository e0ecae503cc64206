/* SPDX-License-Identifier: Apache-2.0 */
/* Streams are put together by hand, so that what is refused does not depend on what we write. */
#include "layers/codec.h"

#include "base/scope.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define MIB ((size_t)1 << 20)
#define ENOUGH (64 * MIB)

static struct nacre_limits limits;

static int setup(void **state)
{
	(void)state;
	memset(&limits, 0, sizeof(limits));
	nacre_limits_default(&limits);
	return 0;
}

/* ------------------------------------------------------------- streams by hand */

static uint32_t crc32_of(const unsigned char *data, size_t len)
{
	uint32_t crc = 0xffffffff;

	for (size_t i = 0; i < len; i++) {
		crc ^= data[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0xedb88320 : 0);
	}
	return ~crc;
}

static void add(struct nacre_buf *buf, const void *data, size_t len)
{
	assert_int_equal(nacre_buf_add(buf, data, len, NULL), 0);
}

static void add_number(struct nacre_buf *buf, uint64_t value, size_t bytes)
{
	for (size_t i = 0; i < bytes; i++) {
		unsigned char byte = (unsigned char)(value >> (8 * i));

		add(buf, &byte, 1);
	}
}

/* The header as given, one stored block, the trailer. */
static void add_gzip_with(struct nacre_buf *buf, const void *header, size_t header_len,
	const char *text, uint32_t crc, uint32_t size)
{
	size_t len = strlen(text);

	add(buf, header, header_len);
	add_number(buf, 1, 1);
	add_number(buf, len, 2);
	add_number(buf, ~len, 2);
	add(buf, text, len);
	add_number(buf, crc, 4);
	add_number(buf, size, 4);
}

static void add_gzip(struct nacre_buf *buf, const char *text)
{
	add_gzip_with(buf, "\x1f\x8b\x08\0\0\0\0\0\0\xff", 10, text,
		crc32_of((const unsigned char *)text, strlen(text)), (uint32_t)strlen(text));
}

#define RAW_BLOCK 0U
#define RLE_BLOCK 1U
#define LAST 1U

/* A window of 1 KiB << (exponent of `window`), no content size, no checksum. */
static void add_zstd_header(struct nacre_buf *buf, unsigned descriptor, unsigned window)
{
	add(buf, "\x28\xb5\x2f\xfd", 4);
	add_number(buf, descriptor, 1);
	add_number(buf, window, 1);
}

static void add_zstd_block(struct nacre_buf *buf, unsigned kind, size_t size, unsigned last)
{
	add_number(buf, size << 3 | kind << 1 | last, 3);
}

static void add_zstd(struct nacre_buf *buf, const char *text)
{
	add_zstd_header(buf, 0, 0);
	add_zstd_block(buf, RAW_BLOCK, strlen(text), LAST);
	add(buf, text, strlen(text));
}

static void add_skippable(struct nacre_buf *buf, unsigned number, size_t size)
{
	add_number(buf, 0x184d2a50 + number, 4);
	add_number(buf, size, 4);
	for (size_t i = 0; i < size; i++)
		add_number(buf, 0x77, 1);
}

/* Text of 63 letters and a repetition now and then: it compresses about as a layer does. */
static void add_plain(struct nacre_buf *buf, size_t len)
{
	uint64_t state = 88172645463325252U;
	size_t begin = buf->len;

	assert_int_equal(nacre_buf_reserve(buf, len, NULL), 0);
	while (buf->len - begin < len) {
		size_t done = buf->len - begin, run = 1;

		state ^= state << 13;
		state ^= state >> 7;
		state ^= state << 17;
		if (done > 100000 && state % 16 == 0) {
			run = 8 + state / 16 % 56;
			run = run < len - done ? run : len - done;
			memcpy(buf->data + buf->len,
				buf->data + buf->len - 64 - state / 1024 % 99000, run);
		} else {
			buf->data[buf->len] = (char)('!' + state / 65536 % 63);
		}
		buf->len += run;
	}
}

/* A source that gives one byte at a time, and then an error if it has one. */
struct drip {
	struct nacre_source base;
	const struct nacre_buf *buf;
	size_t at;
	const char *error;
};

static int drip_read(
	struct nacre_source *source, void *data, size_t cap, size_t *out_len, struct nacre_err *err)
{
	struct drip *d = (struct drip *)source;

	assert_true(cap > 0);
	*out_len = d->at < d->buf->len;
	if (*out_len == 0 && d->error)
		return nacre_fail(err, NACRE_E_IO, "%s", d->error);
	if (*out_len)
		memcpy(data, d->buf->data + d->at++, 1);
	return 0;
}

/* --------------------------------------------------------------------- reading */

static int decode_from(enum nacre_codec codec, struct nacre_source *inner, size_t chunk,
	struct nacre_buf *out, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_source_freep)
	struct nacre_source *source = NULL;
	size_t got = 1;
	int rc = nacre_decode_new(codec, inner, &limits, &source, err);

	assert_int_equal(rc, 0);
	while (rc == 0 && got > 0) {
		assert_int_equal(nacre_buf_reserve(out, chunk, NULL), 0);
		rc = nacre_source_read(source, out->data + out->len, chunk, &got, err);
		if (rc == 0)
			out->len += got;
	}
	/* The end and an error stay. */
	for (int again = 0; again < 2; again++) {
		struct nacre_err second = { NACRE_OK, "" };
		char byte;

		assert_int_equal(nacre_source_read(source, &byte, 1, &got, &second), rc);
		assert_int_equal(got, 0);
		if (rc)
			assert_string_equal(second.text, err->text);
	}
	return rc;
}

static int decode(enum nacre_codec codec, const struct nacre_buf *in, size_t chunk,
	struct nacre_buf *out, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_source_freep)
	struct nacre_source *inner = NULL;

	assert_int_equal(nacre_source_memory(in->data, in->len, &inner, NULL), 0);
	return decode_from(codec, inner, chunk, out, err);
}

/* However the input comes and the output is asked for, the text or the refusal is the same. */
static void expect_at(
	int line, enum nacre_codec codec, struct nacre_buf *in, int code, const char *text)
{
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf out = NACRE_BUF(ENOUGH);
	struct nacre_err err = { NACRE_OK, "" };

	for (size_t i = 0; i < 4; i++) {
		struct drip drip = { { drip_read, NULL }, in, 0, NULL };
		size_t chunk = i % 2 ? 1 : 65536;
		int rc;

		nacre_buf_clear(&out);
		rc = i < 2 ? decode(codec, in, chunk, &out, &err)
			   : decode_from(codec, &drip.base, chunk, &out, &err);
		if (rc != code)
			fail_msg("line %d, way %zu: %d '%s'", line, i, rc, err.text);
		if (rc && strcmp(err.text, text) != 0)
			fail_msg("line %d, way %zu: '%s'", line, i, err.text);
		if (rc == 0 && (out.len != strlen(text) || memcmp(out.data, text, out.len) != 0))
			fail_msg("line %d, way %zu: wrong bytes", line, i);
	}
	nacre_buf_clear(in);
}

#define expect(codec, in, code, text) expect_at(__LINE__, codec, in, code, text)

static void names_and_codecs_belong_together(void **state)
{
	enum nacre_codec got = NACRE_CODEC_NONE;
	struct nacre_err err;

	(void)state;
	for (int codec = NACRE_CODEC_NONE; codec <= NACRE_CODEC_ZSTD; codec++) {
		const char *name = nacre_codec_name((enum nacre_codec)codec);

		assert_int_equal(nacre_codec_parse(name, &got, NULL), 0);
		assert_int_equal(got, codec);
	}
	assert_string_equal(nacre_codec_name(NACRE_CODEC_GZIP), "gzip");
	assert_int_equal(nacre_codec_parse("xz", &got, &err), NACRE_E_ARG);
	assert_string_equal(err.text, "compression 'xz' is not none, gzip or zstd");
	assert_int_equal(got, NACRE_CODEC_ZSTD);
}

static void the_first_bytes_tell_the_compression(void **state)
{
	static const struct {
		const char *head;
		size_t len;
		enum nacre_codec codec;
	} rows[] = {
		{ "", 0, NACRE_CODEC_NONE },
		{ "\x1f", 1, NACRE_CODEC_NONE },
		{ "\x1f\x8b", 2, NACRE_CODEC_GZIP },
		{ "\x1f\x8c", 2, NACRE_CODEC_NONE },
		{ "\x28\xb5\x2f", 3, NACRE_CODEC_NONE },
		{ "\x28\xb5\x2f\xfd", 4, NACRE_CODEC_ZSTD },
		{ "\x27\xb5\x2f\xfd", 4, NACRE_CODEC_NONE }, /* zstd 0.7 */
		{ "\x50\x2a\x4d\x18", 4, NACRE_CODEC_ZSTD },
		{ "\x5f\x2a\x4d\x18", 4, NACRE_CODEC_ZSTD },
		{ "\x60\x2a\x4d\x18", 4, NACRE_CODEC_NONE },
		{ "\x50\x2a\x4d\x19", 4, NACRE_CODEC_NONE },
		{ "usr/", 4, NACRE_CODEC_NONE },
	};
	char tar[512] = "\x1f\x8b";

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(nacre_codec_detect(rows[i].head, rows[i].len), rows[i].codec);
	assert_int_equal(nacre_codec_detect(tar, sizeof(tar)), NACRE_CODEC_GZIP);
	memcpy(tar + 257, "ustar", 5);
	assert_int_equal(nacre_codec_detect(tar, NACRE_CODEC_HEAD), NACRE_CODEC_NONE);
}

static void another_compression_than_the_named_one_is_refused(void **state)
{
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf in = NACRE_BUF(ENOUGH);

	(void)state;
	add_gzip(&in, "x");
	expect(NACRE_CODEC_ZSTD, &in, NACRE_E_FORMAT, "compression is gzip, expected zstd");
	add_zstd(&in, "x");
	expect(NACRE_CODEC_GZIP, &in, NACRE_E_FORMAT, "compression is zstd, expected gzip");
	add_zstd(&in, "x");
	expect(NACRE_CODEC_NONE, &in, NACRE_E_FORMAT, "compression is zstd, expected none");
	add(&in, "plain", 5);
	expect(NACRE_CODEC_GZIP, &in, NACRE_E_FORMAT, "compression is none, expected gzip");
	expect(NACRE_CODEC_GZIP, &in, NACRE_E_FORMAT, "empty, expected compression gzip");
	expect(NACRE_CODEC_ZSTD, &in, NACRE_E_FORMAT, "empty, expected compression zstd");
	expect(NACRE_CODEC_NONE, &in, 0, "");
	add(&in, "plain", 5);
	expect(NACRE_CODEC_NONE, &in, 0, "plain");
}

static void gzip_may_have_several_members_and_nothing_else(void **state)
{
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf in = NACRE_BUF(ENOUGH);

	(void)state;
	add_gzip(&in, "hello ");
	add_gzip(&in, "");
	add_gzip(&in, "world");
	expect(NACRE_CODEC_GZIP, &in, 0, "hello world");
	add_gzip(&in, "x");
	add(&in, "\0", 1);
	expect(NACRE_CODEC_GZIP, &in, NACRE_E_UNSAFE, "something follows the last gzip member");
	add_gzip(&in, "x");
	add(&in, "\x1f", 1);
	expect(NACRE_CODEC_GZIP, &in, NACRE_E_FORMAT, "ends in the middle of a gzip stream");
	add_gzip(&in, "x");
	add(&in, "\x1f\x9d\x90", 3);
	expect(NACRE_CODEC_GZIP, &in, NACRE_E_FORMAT, "damaged gzip: incorrect header check");
}

static void a_gzip_member_is_checked_in_all_its_parts(void **state)
{
	static const char plain[] = "\x1f\x8b\x08\0\0\0\0\0\0\xff";
	static const char name[] = "\x1f\x8b\x08\x08\0\0\0\0\0\xff"
				   "layer.tar\0";
	static const char header_crc[] = "\x1f\x8b\x08\x02\0\0\0\0\0\xff\0\0";
	static const char reserved[] = "\x1f\x8b\x08\x20\0\0\0\0\0\xff";
	static const char method[] = "\x1f\x8b\x07\0\0\0\0\0\0\xff";
	uint32_t crc = crc32_of((const unsigned char *)"hello", 5);
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf in = NACRE_BUF(ENOUGH);

	(void)state;
	add_gzip_with(&in, plain, 10, "hello", crc, 5);
	expect(NACRE_CODEC_GZIP, &in, 0, "hello");
	add_gzip_with(&in, name, 20, "hello", crc, 5);
	expect(NACRE_CODEC_GZIP, &in, 0, "hello");
	add_gzip_with(&in, plain, 10, "hello", crc ^ 1, 5);
	expect(NACRE_CODEC_GZIP, &in, NACRE_E_FORMAT, "damaged gzip: incorrect data check");
	add_gzip_with(&in, plain, 10, "hello", crc, 6);
	expect(NACRE_CODEC_GZIP, &in, NACRE_E_FORMAT, "damaged gzip: incorrect length check");
	add_gzip_with(&in, header_crc, 12, "hello", crc, 5);
	expect(NACRE_CODEC_GZIP, &in, NACRE_E_FORMAT, "damaged gzip: header crc mismatch");
	add_gzip_with(&in, reserved, 10, "hello", crc, 5);
	expect(NACRE_CODEC_GZIP, &in, NACRE_E_FORMAT, "damaged gzip: unknown header flags set");
	add_gzip_with(&in, method, 10, "hello", crc, 5);
	expect(NACRE_CODEC_GZIP, &in, NACRE_E_FORMAT, "damaged gzip: unknown compression method");
}

/* Every cut but those between members or frames is noticed. */
static void check_cuts(enum nacre_codec codec, struct nacre_buf *in, size_t allowed)
{
	char text[80];
	size_t full = in->len;

	(void)snprintf(
		text, sizeof(text), "ends in the middle of a %s stream", nacre_codec_name(codec));
	for (size_t cut = 4; cut < full; cut++) {
		NACRE_CLEANUP(nacre_buf_clear)
		struct nacre_buf part = NACRE_BUF(ENOUGH);

		add(&part, in->data, cut);
		if (cut != allowed)
			expect(codec, &part, NACRE_E_FORMAT, text);
	}
}

static void a_cut_at_any_byte_is_noticed(void **state)
{
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf gzip = NACRE_BUF(ENOUGH);
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf zstd = NACRE_BUF(ENOUGH);
	size_t first;

	(void)state;
	add_gzip(&gzip, "hello");
	first = gzip.len;
	add_gzip(&gzip, "world");
	check_cuts(NACRE_CODEC_GZIP, &gzip, first);
	add_zstd(&zstd, "hello");
	first = zstd.len;
	add_skippable(&zstd, 3, 9);
	check_cuts(NACRE_CODEC_ZSTD, &zstd, first);
}

static void zstd_may_have_several_and_skippable_frames_and_nothing_else(void **state)
{
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf in = NACRE_BUF(ENOUGH);

	(void)state;
	add_skippable(&in, 0, 5);
	add_zstd(&in, "hello ");
	add_skippable(&in, 15, 0);
	add_zstd(&in, "");
	add_zstd(&in, "world");
	add_skippable(&in, 1, 300);
	expect(NACRE_CODEC_ZSTD, &in, 0, "hello world");
	add_skippable(&in, 0, 0);
	expect(NACRE_CODEC_ZSTD, &in, 0, "");
	add_zstd(&in, "x");
	add(&in, "\0\0\0\0", 4);
	expect(NACRE_CODEC_ZSTD, &in, NACRE_E_UNSAFE, "something follows the last zstd frame");
	add_zstd(&in, "x");
	add(&in, "\0", 1);
	expect(NACRE_CODEC_ZSTD, &in, NACRE_E_UNSAFE, "something follows the last zstd frame");
	add_zstd(&in, "x");
	add(&in, "\x27\xb5\x2f\xfd whatever zstd 0.7 had", 26);
	expect(NACRE_CODEC_ZSTD, &in, NACRE_E_UNSAFE, "something follows the last zstd frame");
}

/*
 * Behind the magic of the one frame stands what could be the magic of a skippable one, which would
 * end inside of the second frame, where a third one lies.
 */
static void a_zstd_frame_is_not_read_from_behind_its_magic(void **state)
{
	enum { SIZE = 0x184d + 256, SKIPPED = (SIZE << 3 | RLE_BLOCK << 1 | LAST) };
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf in = NACRE_BUF(ENOUGH);
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf out = NACRE_BUF(ENOUGH);
	NACRE_CLEANUP(nacre_source_freep)
	struct nacre_source *inner = NULL;
	struct nacre_err err = { NACRE_OK, "" };

	(void)state;
	add_skippable(&in, 1, 1000);			 /* so that all the rest is read at once */
	add(&in, "\x28\xb5\x2f\xfd\x50\x2a\x4d\x18", 8); /* content of SIZE bytes */
	add_zstd_block(&in, RLE_BLOCK, SIZE, LAST);
	add_number(&in, 0, 1);
	add_skippable(&in, 0, SKIPPED - 8 + 10);
	/* What is skipped ends with the frame that would be read instead. */
	in.len -= 10;
	add_zstd(&in, "b");
	assert_int_equal(nacre_source_memory(in.data, in.len, &inner, NULL), 0);
	assert_int_equal(decode_from(NACRE_CODEC_ZSTD, inner, 65536, &out, &err), 0);
	assert_int_equal(out.len, SIZE);
	for (size_t i = 0; i < SIZE; i++)
		assert_int_equal(out.data[i], 0);
}

static void a_damaged_zstd_frame_is_refused(void **state)
{
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf in = NACRE_BUF(ENOUGH);

	(void)state;
	add_zstd_header(&in, 4, 0); /* with a checksum */
	add_zstd_block(&in, RAW_BLOCK, 5, LAST);
	add(&in, "helloXXXX", 9);
	expect(NACRE_CODEC_ZSTD, &in, NACRE_E_FORMAT,
		"damaged zstd: Restored data doesn't match checksum");
	add_zstd_header(&in, 1, 0); /* with a dictionary */
	add_number(&in, 7, 1);
	add_zstd_block(&in, RAW_BLOCK, 0, LAST);
	expect(NACRE_CODEC_ZSTD, &in, NACRE_E_UNSUPPORTED, "a zstd frame that needs a dictionary");
}

static void a_zstd_window_beyond_the_limit_is_refused(void **state)
{
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf in = NACRE_BUF(ENOUGH);

	(void)state;
	limits.zstd_window_bytes = 3 * MIB; /* as good as 2 MiB */
	for (unsigned i = 0; i < 2; i++) {
		add_zstd_header(&in, 0, (11 + i) << 3);
		add_zstd_block(&in, RAW_BLOCK, 2, LAST);
		add(&in, "ok", 2);
		if (i == 0)
			expect(NACRE_CODEC_ZSTD, &in, 0, "ok");
	}
	expect(NACRE_CODEC_ZSTD, &in, NACRE_E_LIMIT,
		"a zstd window of more than 2097152 bytes (limit zstd-window-bytes)");
}

static void more_than_layer_bytes_never_come_out(void **state)
{
	enum nacre_codec codec = NACRE_CODEC_NONE;
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf in = NACRE_BUF(ENOUGH);
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf out = NACRE_BUF(ENOUGH);
	struct nacre_err err;

	(void)state;
	for (size_t i = 0; i < 6; i++) {
		codec = (enum nacre_codec)(i / 2);
		limits.layer_bytes = i % 2 ? 10 : 11;
		if (codec == NACRE_CODEC_NONE)
			add(&in, "hello world", 11);
		else if (codec == NACRE_CODEC_GZIP)
			add_gzip(&in, "hello world");
		else
			add_zstd(&in, "hello world");
		if (i % 2 == 0) {
			expect(codec, &in, 0, "hello world");
			continue;
		}
		nacre_buf_clear(&out);
		assert_int_equal(decode(codec, &in, 3, &out, &err), NACRE_E_LIMIT);
		assert_int_equal(out.len, 10);
		expect(codec, &in, NACRE_E_LIMIT, "more than 10 bytes (limit layer-bytes)");
	}
}

/* `blocks` of 128 KiB of one byte each, four bytes a block, behind `noise` bytes. */
static int read_rle(size_t blocks, size_t noise, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf in = NACRE_BUF(ENOUGH);
	NACRE_CLEANUP(nacre_source_freep)
	struct nacre_source *inner = NULL;
	NACRE_CLEANUP(nacre_source_freep)
	struct nacre_source *source = NULL;
	NACRE_CLEANUP(nacre_sink_freep)
	struct nacre_sink *nowhere = NULL;
	uint64_t bytes;

	add_zstd_header(&in, 0, 7 << 3);
	for (; noise > 0; noise -= 65536) {
		add_zstd_block(&in, RAW_BLOCK, 65536, !LAST);
		add_plain(&in, 65536);
	}
	for (size_t i = 1; i <= blocks; i++) {
		add_zstd_block(&in, RLE_BLOCK, 131072, i == blocks);
		add_number(&in, 'x', 1);
	}
	assert_int_equal(nacre_source_memory(in.data, in.len, &inner, NULL), 0);
	assert_int_equal(nacre_decode_new(NACRE_CODEC_ZSTD, inner, &limits, &source, NULL), 0);
	assert_int_equal(nacre_sink_hash(NULL, NULL, &bytes, &nowhere, NULL), 0);
	return nacre_stream_copy(source, nowhere, &bytes, err);
}

static void the_ratio_of_several_streams_counts_as_that_of_one(void **state)
{
	const uint64_t free_bytes = (uint64_t)64 << 20;
	struct nacre_err err = { NACRE_OK, "" };

	(void)state;
	assert_int_equal(nacre_ratio_check(1, free_bytes, &limits, &err), 0);
	assert_int_equal(nacre_ratio_check(1, free_bytes + 1, &limits, &err), NACRE_E_LIMIT);
	assert_string_equal(err.text, "more than 100 times its compressed size (limit ratio)");
	assert_int_equal(nacre_ratio_check(1 << 20, (uint64_t)100 << 20, &limits, &err), 0);
	assert_int_equal(nacre_ratio_check(UINT64_MAX / 2, UINT64_MAX, &limits, &err), 0);
}

static void the_ratio_counts_from_64_mib_on(void **state)
{
	struct nacre_err err = { NACRE_OK, "" };

	(void)state;
	assert_int_equal(read_rle(512, 0, &err), 0);
	assert_int_equal(read_rle(513, 0, &err), NACRE_E_LIMIT);
	assert_string_equal(err.text, "more than 100 times its compressed size (limit ratio)");
	assert_int_equal(read_rle(513, MIB, &err), 0);
	limits.ratio = 10;
	assert_int_equal(read_rle(513, MIB, &err), NACRE_E_LIMIT);
	assert_string_equal(err.text, "more than 10 times its compressed size (limit ratio)");
}

static void an_error_of_the_inner_source_comes_out_as_it_is(void **state)
{
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf in = NACRE_BUF(ENOUGH);
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf out = NACRE_BUF(ENOUGH);
	struct nacre_err err;

	(void)state;
	add_gzip(&in, "x");
	for (size_t i = 0; i < 300; i++)
		add_gzip(&in, "y");
	for (size_t len = 0; len < in.len; len += in.len / 2) {
		struct nacre_buf part = { in.data, len, 0, ENOUGH };
		struct drip drip = { { drip_read, NULL }, &part, 0, "disk on fire" };

		nacre_buf_clear(&out);
		assert_int_equal(
			decode_from(NACRE_CODEC_GZIP, &drip.base, 64, &out, &err), NACRE_E_IO);
		assert_string_equal(err.text, "disk on fire");
	}
}

/* --------------------------------------------------------------------- writing */

/* Takes `room` bytes and fails then; counts what is said to it. */
struct end_sink {
	struct nacre_sink base;
	struct nacre_hash *hash;
	uint64_t room;
	uint64_t bytes;
	unsigned finished;
	int finish_code;
};

static int end_write(struct nacre_sink *sink, const void *data, size_t len, struct nacre_err *err)
{
	struct end_sink *e = (struct end_sink *)sink;

	if (len > e->room - e->bytes)
		return nacre_fail(err, NACRE_E_IO, "no space after %u", (unsigned)e->room);
	e->bytes += len;
	nacre_hash_add(e->hash, data, len);
	return 0;
}

static int end_finish(struct nacre_sink *sink, struct nacre_err *err)
{
	struct end_sink *e = (struct end_sink *)sink;

	e->finished++;
	return e->finish_code ? nacre_fail(err, NACRE_E_IO, "cannot finish") : 0;
}

static void init_end(struct end_sink *e, uint64_t room)
{
	*e = (struct end_sink){ .base = { end_write, end_finish, NULL }, .room = room };
	assert_int_equal(nacre_hash_new(&e->hash, NULL), 0);
}

struct encoding {
	enum nacre_codec codec;
	int level;
	unsigned jobs;
	size_t chunk;
};

static int encode(const struct encoding *how, const struct nacre_buf *in, struct nacre_sink *to,
	struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_sink_freep)
	struct nacre_sink *sink = NULL;
	int rc = nacre_encode_new(how->codec, how->level, how->jobs, to, &sink, err);

	for (size_t at = 0; rc == 0 && at < in->len; at += how->chunk) {
		size_t left = in->len - at;

		rc = nacre_sink_write(
			sink, in->data + at, left < how->chunk ? left : how->chunk, err);
	}
	return rc ? rc : nacre_sink_finish(sink, err);
}

static void encode_digest(
	const struct encoding *how, const struct nacre_buf *in, struct nacre_digest *out_digest)
{
	struct end_sink end;
	struct nacre_err err;

	init_end(&end, UINT64_MAX);
	if (encode(how, in, &end.base, &err))
		fail_msg("%s", err.text);
	assert_int_equal(end.finished, 1);
	nacre_hash_finish(end.hash, out_digest);
	nacre_hash_free(end.hash);
}

static void check_same_bytes(enum nacre_codec codec, size_t size)
{
	static const struct encoding ways[] = {
		{ .jobs = 1, .chunk = 511 },
		{ .jobs = 1, .chunk = 65536 },
		{ .jobs = 2, .chunk = MIB },
		{ .jobs = 2, .chunk = 511 },
		{ .jobs = 3, .chunk = 65536 },
		{ .jobs = 8, .chunk = MIB },
		{ .jobs = 8, .chunk = 1 },
	};
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf in = NACRE_BUF(ENOUGH);
	struct encoding how = { codec, 0, 1, size };
	struct nacre_digest first, next;

	add_plain(&in, size);
	encode_digest(&how, &in, &first);
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		how = ways[i];
		how.codec = codec;
		encode_digest(&how, &in, &next);
		if (!nacre_digest_equal(&first, &next))
			fail_msg("%u jobs and chunks of %zu give other bytes", how.jobs, how.chunk);
	}
}

static void gzip_bytes_do_not_depend_on_jobs_and_chunks(void **state)
{
	(void)state;
	check_same_bytes(NACRE_CODEC_GZIP, 5 * MIB);
}

static void zstd_bytes_do_not_depend_on_jobs_and_chunks(void **state)
{
	(void)state;
	check_same_bytes(NACRE_CODEC_ZSTD, 20 * MIB);
}

/* Where all of the input has been handed over before the end, too. */
static void a_zstd_frame_never_ends_in_an_empty_block_of_its_own(void **state)
{
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf in = NACRE_BUF(ENOUGH);
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf packed = NACRE_BUF(ENOUGH);
	NACRE_CLEANUP(nacre_sink_freep)
	struct nacre_sink *to = NULL;

	(void)state;
	add_plain(&in, 8 * MIB);
	assert_int_equal(nacre_sink_buf(&packed, &to, NULL), 0);
	for (unsigned i = 0; i < 6; i++) {
		struct encoding how = { NACRE_CODEC_ZSTD, 1, 1 + i % 2, i < 3 ? 8 * MIB : 65536 };

		packed.len = 0;
		in.len = i % 3 ? 8 * MIB : 4 * MIB;
		assert_int_equal(encode(&how, &in, to, NULL), 0);
		assert_memory_not_equal(packed.data + packed.len - 3, "\x01\0\0", 3);
	}
}

static void what_was_written_is_read_again(void **state)
{
	/* Around the borders of blocks and dictionaries, and nothing at all. */
	static const size_t sizes[] = { 0, 1, 32768, 131071, 131072, 131073, 262144, 4 * MIB,
		9 * MIB + 7 };
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf in = NACRE_BUF(ENOUGH);
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf packed = NACRE_BUF(ENOUGH);
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf out = NACRE_BUF(ENOUGH);
	struct nacre_err err;

	(void)state;
	add_plain(&in, 9 * MIB + 7);
	for (size_t i = 0; i < 3 * sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct encoding how = { (enum nacre_codec)(i % 3), 0, 1 + i % 4, 100000 };
		NACRE_CLEANUP(nacre_sink_freep)
		struct nacre_sink *to = NULL;

		packed.len = 0;
		out.len = 0;
		in.len = sizes[i / 3];
		assert_int_equal(nacre_sink_buf(&packed, &to, NULL), 0);
		assert_int_equal(encode(&how, &in, to, &err), 0);
		assert_int_equal(nacre_codec_detect(packed.data, packed.len), how.codec);
		assert_int_equal(decode(how.codec, &packed, 70000, &out, &err), 0);
		assert_int_equal(out.len, in.len);
		if (in.len > 0)
			assert_memory_equal(out.data, in.data, in.len);
		if (in.len == 4 * MIB && how.codec != NACRE_CODEC_NONE)
			assert_true(packed.len < in.len);
	}
}

static void what_cannot_be_compressed_hardly_grows(void **state)
{
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf in = NACRE_BUF(ENOUGH);
	uint64_t noise = 88172645463325252U;

	(void)state;
	while (in.len < MIB) {
		noise ^= noise << 13;
		noise ^= noise >> 7;
		noise ^= noise << 17;
		add(&in, &noise, 8);
	}
	for (int i = 0; i < 9; i++) {
		struct encoding how = { NACRE_CODEC_GZIP, 1 + i, 2, 65536 };
		struct end_sink end;

		init_end(&end, MIB + MIB / 1000);
		assert_int_equal(encode(&how, &in, &end.base, NULL), 0);
		nacre_hash_free(end.hash);
	}
}

static void frames_have_just_the_header_that_the_specification_fixes(void **state)
{
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf in = NACRE_BUF(ENOUGH);
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf packed = NACRE_BUF(ENOUGH);
	struct encoding how = { NACRE_CODEC_GZIP, 0, 1, 65536 };
	NACRE_CLEANUP(nacre_sink_freep)
	struct nacre_sink *to = NULL;

	(void)state;
	add_plain(&in, MIB);
	assert_int_equal(nacre_sink_buf(&packed, &to, NULL), 0);
	assert_int_equal(encode(&how, &in, to, NULL), 0);
	assert_memory_equal(packed.data, "\x1f\x8b\x08\0\0\0\0\0\0\xff", 10);
	packed.len = 0;
	how.codec = NACRE_CODEC_ZSTD;
	assert_int_equal(encode(&how, &in, to, NULL), 0);
	/* No content size, no single segment, no checksum, no dictionary; a window of 1 MiB, as the
	 * part has. */
	assert_memory_equal(packed.data, "\x28\xb5\x2f\xfd\0\x50", 6);
}

static void the_level_makes_a_difference_and_has_bounds(void **state)
{
	static const struct {
		enum nacre_codec codec;
		int level;
		const char *text;
	} rows[] = {
		{ NACRE_CODEC_NONE, 1, "compression none takes no level" },
		{ NACRE_CODEC_GZIP, 10, "compression gzip has no level 10, only 1 to 9" },
		{ NACRE_CODEC_GZIP, -1, "compression gzip has no level -1, only 1 to 9" },
		{ NACRE_CODEC_ZSTD, 20, "compression zstd has no level 20, only 1 to 19" },
		{ NACRE_CODEC_ZSTD, -5, "compression zstd has no level -5, only 1 to 19" },
	};
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf in = NACRE_BUF(ENOUGH);
	struct nacre_digest normal, other;
	struct end_sink end;
	struct nacre_err err;

	(void)state;
	init_end(&end, UINT64_MAX);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct encoding how = { rows[i].codec, rows[i].level, 1, 1 };

		assert_int_equal(encode(&how, &in, &end.base, &err), NACRE_E_ARG);
		assert_string_equal(err.text, rows[i].text);
	}
	assert_int_equal(end.finished, 0);
	nacre_hash_free(end.hash);
	add_plain(&in, MIB);
	for (int codec = NACRE_CODEC_GZIP; codec <= NACRE_CODEC_ZSTD; codec++) {
		static const int defaults[] = { 0, 6, 3 }, most[] = { 0, 9, 19 };
		struct encoding how = { (enum nacre_codec)codec, 0, 1, MIB };

		encode_digest(&how, &in, &normal);
		how.level = defaults[codec];
		encode_digest(&how, &in, &other);
		assert_string_equal(normal.text, other.text);
		how.level = most[codec];
		encode_digest(&how, &in, &other);
		assert_string_not_equal(normal.text, other.text);
	}
}

static void an_error_of_the_inner_sink_comes_out_as_it_is_and_stays(void **state)
{
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf in = NACRE_BUF(ENOUGH);
	struct nacre_err err;

	(void)state;
	add_plain(&in, 9 * MIB);
	for (unsigned i = 0; i < 18; i++) {
		enum nacre_codec codec = (enum nacre_codec)(i % 3);
		unsigned jobs = i / 3 % 2 ? 3 : 1;
		uint64_t room = i / 6 == 0 ? 0 : i / 6 == 1 ? 5 : 2 * MIB;
		NACRE_CLEANUP(nacre_sink_freep)
		struct nacre_sink *sink = NULL;
		struct end_sink end;
		char text[64];
		int rc;

		init_end(&end, room);
		(void)snprintf(text, sizeof(text), "no space after %u", (unsigned)room);
		assert_int_equal(nacre_encode_new(codec, 0, jobs, &end.base, &sink, &err), 0);
		rc = nacre_sink_write(sink, in.data, in.len, &err);
		if (rc == 0)
			rc = nacre_sink_finish(sink, &err);
		assert_int_equal(rc, NACRE_E_IO);
		assert_string_equal(err.text, text);
		memset(&err, 0, sizeof(err));
		assert_int_equal(nacre_sink_write(sink, "x", 1, &err), NACRE_E_IO);
		assert_string_equal(err.text, text);
		assert_int_equal(nacre_sink_finish(sink, NULL), NACRE_E_IO);
		assert_int_equal(end.finished, 0);
		nacre_hash_free(end.hash);
	}
}

static void finish_passes_on_once_and_its_error_comes_out(void **state)
{
	struct nacre_err err;

	(void)state;
	for (int codec = NACRE_CODEC_NONE; codec <= NACRE_CODEC_ZSTD; codec++) {
		NACRE_CLEANUP(nacre_sink_freep)
		struct nacre_sink *sink = NULL;
		struct end_sink end;
		uint64_t bytes;

		init_end(&end, UINT64_MAX);
		assert_int_equal(
			nacre_encode_new((enum nacre_codec)codec, 0, 2, &end.base, &sink, &err), 0);
		assert_int_equal(nacre_sink_finish(sink, &err), 0);
		bytes = end.bytes;
		assert_int_equal(nacre_sink_finish(sink, &err), NACRE_E_ARG);
		assert_string_equal(err.text, "compression was finished before");
		assert_int_equal(nacre_sink_write(sink, "x", 1, &err), NACRE_E_ARG);
		assert_int_equal(end.finished, 1);
		assert_int_equal(end.bytes, bytes);
		nacre_sink_freep(&sink);
		end.finish_code = NACRE_E_IO;
		assert_int_equal(
			nacre_encode_new((enum nacre_codec)codec, 0, 2, &end.base, &sink, &err), 0);
		assert_int_equal(nacre_sink_finish(sink, &err), NACRE_E_IO);
		assert_string_equal(err.text, "cannot finish");
		nacre_hash_free(end.hash);
	}
}

static void an_encoder_may_be_freed_in_the_middle(void **state)
{
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf in = NACRE_BUF(ENOUGH);

	(void)state;
	add_plain(&in, 5 * MIB);
	for (unsigned i = 0; i < 6; i++) {
		struct nacre_sink *sink = NULL;
		struct end_sink end;

		init_end(&end, UINT64_MAX);
		assert_int_equal(nacre_encode_new((enum nacre_codec)(i % 3), 0, 1 + i, &end.base,
					 &sink, NULL),
			0);
		assert_int_equal(nacre_sink_write(sink, in.data, in.len, NULL), 0);
		nacre_sink_free(sink);
		assert_int_equal(end.finished, 0);
		nacre_hash_free(end.hash);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(names_and_codecs_belong_together, setup),
		cmocka_unit_test_setup(the_first_bytes_tell_the_compression, setup),
		cmocka_unit_test_setup(another_compression_than_the_named_one_is_refused, setup),
		cmocka_unit_test_setup(gzip_may_have_several_members_and_nothing_else, setup),
		cmocka_unit_test_setup(a_gzip_member_is_checked_in_all_its_parts, setup),
		cmocka_unit_test_setup(a_cut_at_any_byte_is_noticed, setup),
		cmocka_unit_test_setup(
			zstd_may_have_several_and_skippable_frames_and_nothing_else, setup),
		cmocka_unit_test_setup(a_zstd_frame_is_not_read_from_behind_its_magic, setup),
		cmocka_unit_test_setup(a_damaged_zstd_frame_is_refused, setup),
		cmocka_unit_test_setup(a_zstd_window_beyond_the_limit_is_refused, setup),
		cmocka_unit_test_setup(more_than_layer_bytes_never_come_out, setup),
		cmocka_unit_test_setup(the_ratio_of_several_streams_counts_as_that_of_one, setup),
		cmocka_unit_test_setup(the_ratio_counts_from_64_mib_on, setup),
		cmocka_unit_test_setup(an_error_of_the_inner_source_comes_out_as_it_is, setup),
		cmocka_unit_test_setup(gzip_bytes_do_not_depend_on_jobs_and_chunks, setup),
		cmocka_unit_test_setup(zstd_bytes_do_not_depend_on_jobs_and_chunks, setup),
		cmocka_unit_test_setup(a_zstd_frame_never_ends_in_an_empty_block_of_its_own, setup),
		cmocka_unit_test_setup(what_was_written_is_read_again, setup),
		cmocka_unit_test_setup(what_cannot_be_compressed_hardly_grows, setup),
		cmocka_unit_test_setup(
			frames_have_just_the_header_that_the_specification_fixes, setup),
		cmocka_unit_test_setup(the_level_makes_a_difference_and_has_bounds, setup),
		cmocka_unit_test_setup(
			an_error_of_the_inner_sink_comes_out_as_it_is_and_stays, setup),
		cmocka_unit_test_setup(finish_passes_on_once_and_its_error_comes_out, setup),
		cmocka_unit_test_setup(an_encoder_may_be_freed_in_the_middle, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
