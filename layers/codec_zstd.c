/* SPDX-License-Identifier: Apache-2.0 */
/*
 * zstd by libzstd. Reading takes any number of frames, and knows itself where one begins: libzstd
 * would also read the formats of before 2016, which nothing else may. Writing makes one of each
 * part.
 */
#include "layers/codec_parts.h"

#include <zstd.h>
#include <zstd_errors.h>

#include <stdlib.h>
#include <string.h>

/* ------------------------------------------------------------------ decode */

#define MAGIC_BYTES 4
#define SKIPPABLE_BYTES 8 /* magic and size */
#define HEADER_MOST 18	  /* magic, descriptor, window, dictionary of 4, content size of 8 */
/* What libzstd makes in one go; the more it may, the more often it goes around its window. */
#define TURN_BYTES ((size_t)128 << 10)

struct zstd_decoder {
	struct nacre_decoder base;
	ZSTD_DCtx *ctx;
	uint64_t window_bytes;
	bool in_frame;
	size_t header_len; /* of a frame that is about to begin */
	unsigned char header[HEADER_MOST];
};

static int decode_error(const struct zstd_decoder *d, size_t result, struct nacre_err *err)
{
	switch (ZSTD_getErrorCode(result)) {
	case ZSTD_error_memory_allocation:
		return nacre_fail_nomem(err);
	case ZSTD_error_frameParameter_windowTooLarge:
		return nacre_fail(err, NACRE_E_LIMIT,
			"a zstd window of more than %llu bytes (limit zstd-window-bytes)",
			(unsigned long long)d->window_bytes);
	case ZSTD_error_dictionary_wrong:
		return nacre_fail(err, NACRE_E_UNSUPPORTED, "a zstd frame that needs a dictionary");
	default:
		return nacre_fail(
			err, NACRE_E_FORMAT, "damaged zstd: %s", ZSTD_getErrorName(result));
	}
}

/* Hands bytes to libzstd and sees whether the frame has ended. */
static int decode_some(struct zstd_decoder *d, ZSTD_inBuffer *in, struct nacre_decode_step *step,
	struct nacre_err *err)
{
	ZSTD_outBuffer out = { step->out, step->out_len < TURN_BYTES ? step->out_len : TURN_BYTES,
		0 };
	size_t result = ZSTD_decompressStream(d->ctx, &out, in);

	step->out += out.pos;
	step->out_len -= out.pos;
	if (ZSTD_isError(result))
		return decode_error(d, result, err);
	d->in_frame = result != 0;
	d->base.may_end = !d->in_frame;
	return 0;
}

/* Whether a frame, or a skippable one, may begin with these bytes (RFC 8878, 3.1.1 and 3.1.2). */
static bool may_begin(const unsigned char *magic, size_t len)
{
	static const unsigned char frame[MAGIC_BYTES] = { 0x28, 0xb5, 0x2f, 0xfd };
	static const unsigned char skippable[MAGIC_BYTES] = { 0x50, 0x2a, 0x4d, 0x18 };

	return memcmp(magic, frame, len) == 0 ||
		((magic[0] & 0xf0) == skippable[0] &&
			memcmp(magic + 1, skippable + 1, len - 1) == 0);
}

/* How long a header is, as far as its first bytes tell (RFC 8878, 3.1.1.1 and 3.1.2). */
static size_t header_bytes(const unsigned char *header, size_t len)
{
	static const size_t dictionary[] = { 0, 1, 2, 4 };
	static const size_t content[] = { 0, 2, 4, 8 };
	unsigned descriptor;
	bool is_single;

	if (len < MAGIC_BYTES)
		return MAGIC_BYTES;
	if ((header[0] & 0xf0) == 0x50)
		return SKIPPABLE_BYTES;
	if (len == MAGIC_BYTES)
		return MAGIC_BYTES + 1;
	descriptor = header[MAGIC_BYTES];
	is_single = (descriptor & 0x20) != 0;
	return MAGIC_BYTES + 1 + (is_single ? 0 : 1) + dictionary[descriptor & 3] +
		(is_single && descriptor >> 6 == 0 ? 1 : content[descriptor >> 6]);
}

/*
 * Gathers the header of the next frame, whose bytes may come one by one, and begins it.
 *
 * libzstd gets a header in one piece. Once it knows the size of the content it looks whether all of
 * the frame is there, and (1.5.4) takes the begin of its input for the begin of the frame: where
 * the magic had come before, what stands behind it could pass for another frame.
 */
static int begin_frame(
	struct zstd_decoder *d, struct nacre_decode_step *step, struct nacre_err *err)
{
	ZSTD_inBuffer in = { d->header, 0, 0 };

	while (d->header_len < header_bytes(d->header, d->header_len) && step->in_len > 0) {
		d->header[d->header_len++] = *step->in++;
		step->in_len--;
		d->base.may_end = false;
		if (d->header_len <= MAGIC_BYTES && !may_begin(d->header, d->header_len))
			return nacre_fail(
				err, NACRE_E_UNSAFE, "something follows the last zstd frame");
	}
	if (d->header_len < header_bytes(d->header, d->header_len))
		return 0;
	in.size = d->header_len;
	d->header_len = 0;
	return decode_some(d, &in, step, err);
}

static int zstd_run(
	struct nacre_decoder *decoder, struct nacre_decode_step *step, struct nacre_err *err)
{
	struct zstd_decoder *d = (struct zstd_decoder *)decoder;

	for (;;) {
		ZSTD_inBuffer in = { step->in, step->in_len, 0 };
		size_t had_out = step->out_len;
		int rc;

		if (!d->in_frame) {
			if (step->in_len == 0)
				return 0;
			rc = begin_frame(d, step, err);
			if (rc)
				return rc;
			continue;
		}
		rc = decode_some(d, &in, step, err);
		step->in += in.pos;
		step->in_len -= in.pos;
		if (rc || step->out_len == 0 || (in.pos == 0 && step->out_len == had_out))
			return rc;
	}
}

static void zstd_decoder_free(struct nacre_decoder *decoder)
{
	struct zstd_decoder *d = (struct zstd_decoder *)decoder;

	(void)ZSTD_freeDCtx(d->ctx);
	free(d);
}

/* The largest window within the limit that libzstd can be told. */
static int window_log(uint64_t window_bytes)
{
	ZSTD_bounds bounds = ZSTD_dParam_getBounds(ZSTD_d_windowLogMax);
	int log = 63 - __builtin_clzll(window_bytes | 1);

	if (log > bounds.upperBound)
		log = bounds.upperBound;
	return log < bounds.lowerBound ? bounds.lowerBound : log;
}

int nacre_zstd_decoder_new(const struct nacre_limits *limits, struct nacre_decoder **out_decoder,
	struct nacre_err *err)
{
	struct zstd_decoder *d = calloc(1, sizeof(*d));
	int log = window_log(limits->zstd_window_bytes);

	if (!d)
		return nacre_fail_nomem(err);
	d->base = (struct nacre_decoder){ zstd_run, zstd_decoder_free, false };
	d->window_bytes = (uint64_t)1 << log;
	d->ctx = ZSTD_createDCtx();
	if (!d->ctx || ZSTD_isError(ZSTD_DCtx_setParameter(d->ctx, ZSTD_d_windowLogMax, log))) {
		zstd_decoder_free(&d->base);
		return nacre_fail_nomem(err);
	}
	*out_decoder = &d->base;
	return 0;
}

/* ------------------------------------------------------------------ encode */

/* All that decides on the bytes besides libzstd itself: changes are a new NACRE_PARTS_FORMAT. */
static int set_parameters(ZSTD_CCtx *ctx, int level, struct nacre_err *err)
{
	const struct {
		ZSTD_cParameter name;
		int value;
	} rows[] = {
		{ ZSTD_c_compressionLevel, level },
		{ ZSTD_c_checksumFlag, 0 }, /* digests are better */
		{ ZSTD_c_contentSizeFlag, 0 },
		{ ZSTD_c_dictIDFlag, 0 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		size_t result = ZSTD_CCtx_setParameter(ctx, rows[i].name, rows[i].value);

		if (ZSTD_isError(result))
			return nacre_fail(err, NACRE_E_UNSUPPORTED,
				"libzstd refuses parameter %d: %s", (int)rows[i].name,
				ZSTD_getErrorName(result));
	}
	return 0;
}

static int pack_in(ZSTD_CCtx *ctx, const void *in, size_t len, void *out, size_t room,
	size_t *out_len, struct nacre_err *err)
{
	size_t result = ZSTD_compress2(ctx, out, room, in, len);

	if (!ZSTD_isError(result)) {
		*out_len = result;
		return 0;
	}
	if (ZSTD_getErrorCode(result) == ZSTD_error_memory_allocation)
		return nacre_fail_nomem(err);
	return nacre_fail(err, NACRE_E_UNSUPPORTED, "libzstd does not compress: %s",
		ZSTD_getErrorName(result));
}

/* A context for each part: none can depend on what its thread has compressed before. */
static int zstd_pack(int level, const void *in, size_t len, void *out, size_t room, size_t *out_len,
	struct nacre_err *err)
{
	ZSTD_CCtx *ctx = ZSTD_createCCtx();
	int rc = ctx ? set_parameters(ctx, level, err) : nacre_fail_nomem(err);

	if (rc == 0)
		rc = pack_in(ctx, in, len, out, room, out_len, err);
	(void)ZSTD_freeCCtx(ctx);
	return rc;
}

static size_t zstd_room(size_t len)
{
	return ZSTD_compressBound(len);
}

const struct nacre_packer nacre_zstd_packer = {
	.name = "zstd",
	.version = ZSTD_versionString,
	.room = zstd_room,
	.pack = zstd_pack,
};
