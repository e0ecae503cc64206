/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gzip by zlib. Reading takes any number of members. Writing makes the parts of one, each for
 * itself; parts.c puts them together.
 */
#include "layers/codec_parts.h"

#define ZLIB_CONST /* input is const */
#include <zlib.h>

#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* ------------------------------------------------------------------ decode */

#define GZIP_FIRST_BYTE 0x1f
#define WINDOW_BITS 15
#define ONLY_GZIP 16 /* for inflateInit2: header and trailer are gzip's, and checked */

struct gzip_decoder {
	struct nacre_decoder base;
	z_stream z;
	bool in_member;
};

static int decode_error(const struct gzip_decoder *d, int result, struct nacre_err *err)
{
	if (result == Z_MEM_ERROR)
		return nacre_fail_nomem(err);
	return nacre_fail(
		err, NACRE_E_FORMAT, "damaged gzip: %s", d->z.msg ? d->z.msg : "bad data");
}

static int begin_member(
	struct gzip_decoder *d, const struct nacre_decode_step *step, struct nacre_err *err)
{
	if (step->in[0] != GZIP_FIRST_BYTE)
		return nacre_fail(err, NACRE_E_UNSAFE, "something follows the last gzip member");
	if (inflateReset(&d->z) != Z_OK)
		return nacre_fail(err, NACRE_E_FORMAT, "damaged gzip: no new member");
	d->in_member = true;
	d->base.may_end = false;
	return 0;
}

static uInt most(size_t len)
{
	return len < UINT_MAX ? (uInt)len : UINT_MAX;
}

static int inflate_some(struct gzip_decoder *d, struct nacre_decode_step *step)
{
	uInt in_len = most(step->in_len), out_len = most(step->out_len);
	int result;

	d->z.next_in = step->in;
	d->z.avail_in = in_len;
	d->z.next_out = step->out;
	d->z.avail_out = out_len;
	result = inflate(&d->z, Z_NO_FLUSH);
	step->in += in_len - d->z.avail_in;
	step->in_len -= in_len - d->z.avail_in;
	step->out += out_len - d->z.avail_out;
	step->out_len -= out_len - d->z.avail_out;
	return result;
}

static int gzip_run(
	struct nacre_decoder *decoder, struct nacre_decode_step *step, struct nacre_err *err)
{
	struct gzip_decoder *d = (struct gzip_decoder *)decoder;

	for (;;) {
		int result;

		if (!d->in_member) {
			int rc = step->in_len > 0 ? begin_member(d, step, err) : 0;

			if (rc || !d->in_member)
				return rc;
		}
		result = inflate_some(d, step);
		if (result == Z_BUF_ERROR)
			return 0; /* wants input or room */
		if (result != Z_OK && result != Z_STREAM_END)
			return decode_error(d, result, err);
		d->in_member = result != Z_STREAM_END;
		d->base.may_end = !d->in_member;
	}
}

static void gzip_decoder_free(struct nacre_decoder *decoder)
{
	struct gzip_decoder *d = (struct gzip_decoder *)decoder;

	(void)inflateEnd(&d->z);
	free(d);
}

int nacre_gzip_decoder_new(const struct nacre_limits *limits, struct nacre_decoder **out_decoder,
	struct nacre_err *err)
{
	struct gzip_decoder *d = calloc(1, sizeof(*d));

	(void)limits; /* its window is 32 KiB at most */
	if (!d)
		return nacre_fail_nomem(err);
	d->base = (struct nacre_decoder){ gzip_run, gzip_decoder_free, false };
	if (inflateInit2(&d->z, WINDOW_BITS + ONLY_GZIP) != Z_OK) {
		free(d);
		return nacre_fail_nomem(err);
	}
	*out_decoder = &d->base;
	return 0;
}

/* ------------------------------------------------------------------ encode */

/* Decides on the bytes, as WINDOW_BITS does: another one is another NACRE_PARTS_FORMAT. */
#define MEM_LEVEL 8

/* deflate grows what it cannot shrink by 5 bytes for each 16 KiB; this is far more. */
static size_t gzip_room(size_t len)
{
	return len + len / 8 + 1024;
}

/*
 * Raw deflate up to a byte boundary, with an empty stored block as the end (Z_SYNC_FLUSH), so that
 * parts can be put behind each other.
 */
static int gzip_pack(int level, const void *in, size_t len, void *out, size_t room, size_t *out_len,
	struct nacre_err *err)
{
	z_stream z = { .next_in = in, .avail_in = (uInt)len, .next_out = out };
	int result;

	z.avail_out = (uInt)room;
	if (deflateInit2(&z, level, Z_DEFLATED, -WINDOW_BITS, MEM_LEVEL, Z_DEFAULT_STRATEGY) !=
		Z_OK)
		return nacre_fail_nomem(err);
	result = deflate(&z, Z_SYNC_FLUSH);
	*out_len = room - z.avail_out;
	/* Z_DATA_ERROR, as what was flushed is no end: of no interest. */
	(void)deflateEnd(&z);
	if (result != Z_OK || z.avail_in > 0 || z.avail_out == 0)
		return nacre_fail(err, NACRE_E_UNSUPPORTED, "zlib does not compress: %d", result);
	return 0;
}

static uint32_t gzip_check(const void *in, size_t len)
{
	return (uint32_t)crc32(0, in, (uInt)len);
}

static uint32_t gzip_join(uint32_t before, uint32_t part, size_t part_len)
{
	return (uint32_t)crc32_combine(before, part, (z_off_t)part_len);
}

static void put_u32(unsigned char *at, uint64_t value)
{
	for (size_t i = 0; i < 4; i++)
		at[i] = (unsigned char)(value >> (8 * i));
}

/* The last block, an empty one, then checksum and size (modulo 2^32). */
static size_t gzip_tail(uint32_t check, uint64_t in_bytes, unsigned char out[NACRE_PACKER_TAIL])
{
	out[0] = 0x03;
	out[1] = 0x00;
	put_u32(out + 2, check);
	put_u32(out + 6, in_bytes);
	return 10;
}

/* Magic, deflate, no flags, no time, no hint, system unknown. */
static const unsigned char gzip_head[10] = { 0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255 };

const struct nacre_packer nacre_gzip_packer = {
	.name = "gzip",
	.version = zlibVersion,
	.room = gzip_room,
	.pack = gzip_pack,
	.check = gzip_check,
	.join = gzip_join,
	.head = gzip_head,
	.head_len = sizeof(gzip_head),
	.tail = gzip_tail,
};
