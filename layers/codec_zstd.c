/* SPDX-License-Identifier: Apache-2.0 */
/*
 * zstd by libzstd. Reading takes any number of frames, and knows itself where one begins: libzstd
 * would also read the formats of before 2016, which nothing else may. Writing makes one frame.
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

/*
 * A job is what one thread compresses at a time; the overlap is what it sees of the job before it
 * (6: an eighth of the window). Smaller jobs keep more threads busy on a small layer, larger ones
 * compress better. Part of what decides on the bytes: changing it changes blob digests.
 */
#define JOB_BYTES (4 << 20)
#define OVERLAP_LOG 6
#define OUT_BYTES ((size_t)128 << 10)

struct zstd_encoder {
	struct nacre_encoder base;
	struct nacre_sink *inner;
	ZSTD_CCtx *ctx;
	unsigned char held; /* the last byte of the input so far */
	size_t held_len;    /* 0 before the first, then 1 */
	unsigned char out[OUT_BYTES];
};

/* One call of libzstd, and what it made goes on. */
static int encode_some(struct zstd_encoder *e, ZSTD_inBuffer *in, ZSTD_EndDirective how,
	size_t *out_left, struct nacre_err *err)
{
	ZSTD_outBuffer out = { e->out, sizeof(e->out), 0 };

	*out_left = ZSTD_compressStream2(e->ctx, &out, in, how);
	if (ZSTD_isError(*out_left)) {
		if (ZSTD_getErrorCode(*out_left) == ZSTD_error_memory_allocation)
			return nacre_fail_nomem(err);
		return nacre_fail(err, NACRE_E_UNSUPPORTED, "libzstd does not compress: %s",
			ZSTD_getErrorName(*out_left));
	}
	return out.pos > 0 ? nacre_sink_write(e->inner, e->out, out.pos, err) : 0;
}

/* Has libzstd take some input, and with ZSTD_e_end also all that it still has inside. */
static int encode_all(struct zstd_encoder *e, const void *data, size_t len, ZSTD_EndDirective how,
	struct nacre_err *err)
{
	ZSTD_inBuffer in = { data, len, 0 };
	size_t left = how == ZSTD_e_end;

	while (in.pos < in.size || (how == ZSTD_e_end && left > 0)) {
		int rc = encode_some(e, &in, how, &left, err);

		if (rc)
			return rc;
	}
	return 0;
}

/*
 * The last byte is held back, to be handed over together with the end. Otherwise, where the input
 * ends just where a job does, it is a race that decides on the bytes: if the job was handed to a
 * thread already, the end becomes an empty block behind it; if all threads were busy, the job
 * itself becomes the last one.
 */
static int zstd_add(
	struct nacre_encoder *encoder, const void *data, size_t len, struct nacre_err *err)
{
	struct zstd_encoder *e = (struct zstd_encoder *)encoder;
	int rc = encode_all(e, &e->held, e->held_len, ZSTD_e_continue, err);

	if (rc == 0)
		rc = encode_all(e, data, len - 1, ZSTD_e_continue, err);
	e->held = ((const unsigned char *)data)[len - 1];
	e->held_len = 1;
	return rc;
}

static int zstd_end(struct nacre_encoder *encoder, struct nacre_err *err)
{
	struct zstd_encoder *e = (struct zstd_encoder *)encoder;

	return encode_all(e, &e->held, e->held_len, ZSTD_e_end, err);
}

static void zstd_encoder_free(struct nacre_encoder *encoder)
{
	struct zstd_encoder *e = (struct zstd_encoder *)encoder;

	(void)ZSTD_freeCCtx(e->ctx); /* waits for its threads */
	free(e);
}

/*
 * Everything that decides on the bytes is set here, and nothing left to libzstd's choice by number
 * of threads: with no worker at all it would take another path, without jobs, and give other bytes.
 */
static int set_parameters(ZSTD_CCtx *ctx, int level, unsigned jobs, struct nacre_err *err)
{
	int most = ZSTD_cParam_getBounds(ZSTD_c_nbWorkers).upperBound;
	const struct {
		ZSTD_cParameter name;
		int value;
	} rows[] = {
		{ ZSTD_c_compressionLevel, level },
		{ ZSTD_c_checksumFlag, 0 }, /* digests are better */
		{ ZSTD_c_contentSizeFlag, 0 },
		{ ZSTD_c_dictIDFlag, 0 },
		{ ZSTD_c_nbWorkers, jobs < (unsigned)most ? (int)jobs : most },
		{ ZSTD_c_jobSize, JOB_BYTES },
		{ ZSTD_c_overlapLog, OVERLAP_LOG },
	};

	if (most < 1)
		return nacre_fail(err, NACRE_E_UNSUPPORTED,
			"this libzstd was built without threads, so its bytes would not be the "
			"same "
			"as elsewhere");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		size_t result = ZSTD_CCtx_setParameter(ctx, rows[i].name, rows[i].value);

		if (ZSTD_isError(result))
			return nacre_fail(err, NACRE_E_UNSUPPORTED,
				"libzstd refuses parameter %d: %s", (int)rows[i].name,
				ZSTD_getErrorName(result));
	}
	return 0;
}

int nacre_zstd_encoder_new(int level, unsigned jobs, struct nacre_sink *inner,
	struct nacre_encoder **out_encoder, struct nacre_err *err)
{
	struct zstd_encoder *e = calloc(1, sizeof(*e));
	int rc;

	if (!e)
		return nacre_fail_nomem(err);
	e->base = (struct nacre_encoder){ zstd_add, zstd_end, zstd_encoder_free };
	e->inner = inner;
	e->ctx = ZSTD_createCCtx();
	rc = e->ctx ? set_parameters(e->ctx, level, jobs, err) : nacre_fail_nomem(err);
	if (rc) {
		zstd_encoder_free(&e->base);
		return rc;
	}
	*out_encoder = &e->base;
	return 0;
}
