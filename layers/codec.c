/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sources and sinks around compression: which codec it is, buffers, limits, ends and errors that
 * stay. Knows no compressed format beyond its first bytes; codec_gzip.c and codec_zstd.c do.
 */
#include "layers/codec.h"

#include "base/scope.h"
#include "layers/codec_parts.h"
#include "layers/parts.h"

#include <stdio.h>
#include <string.h>

#define BUFFER_BYTES ((size_t)128 << 10)
#define RATIO_FREE_BYTES ((uint64_t)64 << 20)

typedef int decoder_new_fn(const struct nacre_limits *limits, struct nacre_decoder **out_decoder,
	struct nacre_err *err);

static const struct codec {
	const char *name;
	decoder_new_fn *decoder_new; /* NULL: bytes pass as they are */
	const struct nacre_packer *packer;
	int level_default;
	int level_max; /* 0: takes no level */
} codecs[] = {
	[NACRE_CODEC_NONE] = { "none", NULL, NULL, 0, 0 },
	[NACRE_CODEC_GZIP] = { "gzip", nacre_gzip_decoder_new, &nacre_gzip_packer, 6, 9 },
	[NACRE_CODEC_ZSTD] = { "zstd", nacre_zstd_decoder_new, &nacre_zstd_packer, 3, 19 },
};

#define CODECS (sizeof(codecs) / sizeof(codecs[0]))

const char *nacre_codec_name(enum nacre_codec codec)
{
	return codecs[codec].name;
}

int nacre_codec_parse(const char *name, enum nacre_codec *out_codec, struct nacre_err *err)
{
	for (size_t i = 0; i < CODECS; i++) {
		if (strcmp(codecs[i].name, name) == 0) {
			*out_codec = (enum nacre_codec)i;
			return 0;
		}
	}
	return nacre_fail(err, NACRE_E_ARG, "compression '%.32s' is not none, gzip or zstd", name);
}

enum nacre_codec nacre_codec_detect(const void *head, size_t len)
{
	static const struct {
		enum nacre_codec codec;
		size_t len;
		unsigned char mask; /* of the first byte */
		unsigned char magic[4];
	} rows[] = {
		{ NACRE_CODEC_GZIP, 2, 0xff, { 0x1f, 0x8b } },
		{ NACRE_CODEC_ZSTD, 4, 0xff, { 0x28, 0xb5, 0x2f, 0xfd } },
		{ NACRE_CODEC_ZSTD, 4, 0xf0, { 0x50, 0x2a, 0x4d, 0x18 } }, /* skippable frame */
	};
	const unsigned char *at = head;

	if (len >= NACRE_CODEC_HEAD && memcmp(at + 257, "ustar", 5) == 0)
		return NACRE_CODEC_NONE;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (len >= rows[i].len && (at[0] & rows[i].mask) == rows[i].magic[0] &&
			memcmp(at + 1, rows[i].magic + 1, rows[i].len - 1) == 0)
			return rows[i].codec;
	}
	return NACRE_CODEC_NONE;
}

/* ------------------------------------------------------------------ decode */

struct decode_source {
	struct nacre_source base;
	struct nacre_source *inner;
	struct nacre_decoder *decoder; /* NULL: none */
	enum nacre_codec codec;
	uint64_t layer_bytes;
	uint64_t ratio;
	uint64_t in_bytes; /* what the decoder has used */
	uint64_t out_bytes;
	bool begun;
	bool inner_ended;
	bool ended;
	int failed; /* the code in err, for ever */
	struct nacre_err err;
	size_t at, len; /* of the bytes in buffer, not used yet */
	unsigned char buffer[BUFFER_BYTES];
};

/* Fills the buffer with the head at least, as far as there is one, and looks at it. */
static int begin(struct decode_source *d, struct nacre_err *err)
{
	const char *want = codecs[d->codec].name;
	enum nacre_codec got;
	int rc = nacre_source_read_full(d->inner, d->buffer, NACRE_CODEC_HEAD, &d->len, err);

	if (rc)
		return rc;
	d->begun = true;
	d->inner_ended = d->len < NACRE_CODEC_HEAD;
	if (d->len == 0 && d->codec != NACRE_CODEC_NONE)
		return nacre_fail(err, NACRE_E_FORMAT, "empty, expected compression %s", want);
	got = nacre_codec_detect(d->buffer, d->len);
	if (got != d->codec)
		return nacre_fail(err, NACRE_E_FORMAT, "compression is %s, expected %s",
			codecs[got].name, want);
	return 0;
}

static int refill(struct decode_source *d, struct nacre_err *err)
{
	int rc;

	if (d->at < d->len || d->inner_ended)
		return 0;
	d->at = 0;
	d->len = 0;
	rc = nacre_source_read(d->inner, d->buffer, sizeof(d->buffer), &d->len, err);
	if (rc == 0 && d->len == 0)
		d->inner_ended = true;
	return rc;
}

static int copy_run(struct nacre_decode_step *step)
{
	size_t len = step->in_len < step->out_len ? step->in_len : step->out_len;

	if (len > 0)
		memcpy(step->out, step->in, len);
	step->in_len -= len;
	step->out_len -= len;
	return 0;
}

/* One turn of the decoder over what lies in the buffer. */
static int turn(
	struct decode_source *d, void *data, size_t cap, size_t *out_len, struct nacre_err *err)
{
	struct nacre_decode_step step = { d->buffer + d->at, d->len - d->at, data, cap };
	size_t had = step.in_len, used;
	int rc = d->decoder ? d->decoder->run(d->decoder, &step, err) : copy_run(&step);

	used = had - step.in_len;
	*out_len = cap - step.out_len;
	d->at += used;
	d->in_bytes += used;
	if (rc)
		return rc;
	if (had > 0 && used == 0 && *out_len == 0)
		return nacre_fail(err, NACRE_E_FORMAT, "damaged %s", codecs[d->codec].name);
	return 0;
}

/* Decodes until there is something or the end. */
static int decode(
	struct decode_source *d, void *data, size_t cap, size_t *out_len, struct nacre_err *err)
{
	*out_len = 0;
	while (*out_len == 0) {
		int rc = refill(d, err);

		if (rc == 0)
			rc = turn(d, data, cap, out_len, err);
		if (rc)
			return rc;
		if (*out_len > 0 || d->at < d->len || !d->inner_ended)
			continue;
		if (d->decoder && !d->decoder->may_end)
			return nacre_fail(err, NACRE_E_FORMAT, "ends in the middle of a %s stream",
				codecs[d->codec].name);
		d->ended = true;
		break;
	}
	return 0;
}

static int check_ratio(uint64_t in_bytes, uint64_t out_bytes, uint64_t ratio, struct nacre_err *err)
{
	uint64_t most;

	if (out_bytes <= RATIO_FREE_BYTES || __builtin_mul_overflow(in_bytes, ratio, &most) ||
		out_bytes <= most)
		return 0;
	return nacre_fail(err, NACRE_E_LIMIT,
		"more than %llu times its compressed size (limit ratio)",
		(unsigned long long)ratio);
}

int nacre_ratio_check(uint64_t in_bytes, uint64_t out_bytes, const struct nacre_limits *limits,
	struct nacre_err *err)
{
	return check_ratio(in_bytes, out_bytes, limits->ratio, err);
}

static int decode_limited(
	struct decode_source *d, void *data, size_t cap, size_t *out_len, struct nacre_err *err)
{
	uint64_t left = d->layer_bytes - d->out_bytes;
	unsigned char probe;
	int rc = d->begun ? 0 : begin(d, err);

	if (rc)
		return rc;
	if (left == 0) {
		/* At the limit one more byte is asked for, to tell "full" from "too much". */
		rc = decode(d, &probe, 1, out_len, err);
		if (rc == 0 && *out_len > 0)
			rc = nacre_fail(err, NACRE_E_LIMIT,
				"more than %llu bytes (limit layer-bytes)",
				(unsigned long long)d->layer_bytes);
		return rc;
	}
	rc = decode(d, data, cap < left ? cap : (size_t)left, out_len, err);
	if (rc)
		return rc;
	d->out_bytes += *out_len;
	return check_ratio(d->in_bytes, d->out_bytes, d->ratio, err);
}

static int repeat(const struct nacre_err *stored, int code, struct nacre_err *err)
{
	if (err)
		*err = *stored;
	return code;
}

static int decode_read(
	struct nacre_source *source, void *data, size_t cap, size_t *out_len, struct nacre_err *err)
{
	struct decode_source *d = (struct decode_source *)source;

	*out_len = 0;
	if (!d->failed && !d->ended && cap > 0) {
		d->failed = decode_limited(d, data, cap, out_len, &d->err);
		if (d->failed)
			*out_len = 0;
	}
	return d->failed ? repeat(&d->err, d->failed, err) : 0;
}

static void decode_free(struct nacre_source *source)
{
	struct decode_source *d = (struct decode_source *)source;

	if (d->decoder)
		d->decoder->free(d->decoder);
	free(d);
}

int nacre_decode_new(enum nacre_codec codec, struct nacre_source *inner,
	const struct nacre_limits *limits, struct nacre_source **out_source, struct nacre_err *err)
{
	nacre_autofree struct decode_source *d = calloc(1, sizeof(*d));
	int rc = 0;

	if (!d)
		return nacre_fail_nomem(err);
	d->base = (struct nacre_source){ decode_read, decode_free };
	d->inner = inner;
	d->codec = codec;
	d->layer_bytes = limits->layer_bytes;
	d->ratio = limits->ratio;
	if (codecs[codec].decoder_new)
		rc = codecs[codec].decoder_new(limits, &d->decoder, err);
	if (rc)
		return rc;
	*out_source = &nacre_steal(&d)->base;
	return 0;
}

/* ------------------------------------------------------------------ encode */

struct encode_sink {
	struct nacre_sink base;
	struct nacre_sink *inner;
	struct nacre_encoder *encoder; /* NULL: none */
	bool finished;
	int failed; /* the code in err, for ever */
	struct nacre_err err;
};

/* Whether it may still be written to; else leaves the reason in e->err. */
static bool is_open(struct encode_sink *e)
{
	if (!e->failed && e->finished)
		e->failed = nacre_fail(&e->err, NACRE_E_ARG, "compression was finished before");
	return !e->failed;
}

static int encode_write(
	struct nacre_sink *sink, const void *data, size_t len, struct nacre_err *err)
{
	struct encode_sink *e = (struct encode_sink *)sink;

	if (is_open(e) && len > 0)
		e->failed = e->encoder ? e->encoder->add(e->encoder, data, len, &e->err)
				       : nacre_sink_write(e->inner, data, len, &e->err);
	return e->failed ? repeat(&e->err, e->failed, err) : 0;
}

static int encode_finish(struct nacre_sink *sink, struct nacre_err *err)
{
	struct encode_sink *e = (struct encode_sink *)sink;

	if (is_open(e)) {
		if (e->encoder)
			e->failed = e->encoder->end(e->encoder, &e->err);
		if (!e->failed)
			e->failed = nacre_sink_finish(e->inner, &e->err);
		e->finished = true;
	}
	return e->failed ? repeat(&e->err, e->failed, err) : 0;
}

static void encode_free(struct nacre_sink *sink)
{
	struct encode_sink *e = (struct encode_sink *)sink;

	if (e->encoder)
		e->encoder->free(e->encoder);
	free(e);
}

static int check_level(const struct codec *codec, int level, struct nacre_err *err)
{
	if (level == 0 || (level >= 1 && level <= codec->level_max))
		return 0;
	if (codec->level_max == 0)
		return nacre_fail(err, NACRE_E_ARG, "compression %s takes no level", codec->name);
	return nacre_fail(err, NACRE_E_ARG, "compression %s has no level %d, only 1 to %d",
		codec->name, level, codec->level_max);
}

int nacre_encode_parts_new(enum nacre_codec codec, int level, unsigned jobs,
	const struct nacre_part_store *store, struct nacre_sink *inner,
	struct nacre_sink **out_sink, struct nacre_err *err)
{
	const struct codec *row = &codecs[codec];
	nacre_autofree struct encode_sink *e = NULL;
	int rc = check_level(row, level, err);

	if (rc)
		return rc;
	e = calloc(1, sizeof(*e));
	if (!e)
		return nacre_fail_nomem(err);
	e->base = (struct nacre_sink){ encode_write, encode_finish, encode_free };
	e->inner = inner;
	if (row->packer)
		rc = nacre_parts_encoder_new(row->packer, level ? level : row->level_default,
			jobs ? jobs : 1, store, inner, &e->encoder, err);
	if (rc)
		return rc;
	*out_sink = &nacre_steal(&e)->base;
	return 0;
}

size_t nacre_encode_head_bytes(enum nacre_codec codec)
{
	return codecs[codec].packer ? codecs[codec].packer->head_len : 0;
}

void nacre_encode_version(enum nacre_codec codec, int level, char out_text[NACRE_ENCODE_VERSION])
{
	const struct codec *row = &codecs[codec];

	(void)snprintf(out_text, NACRE_ENCODE_VERSION, "%d %s %s %d", NACRE_PARTS_FORMAT, row->name,
		row->packer ? row->packer->version() : "-", level ? level : row->level_default);
}

int nacre_encode_new(enum nacre_codec codec, int level, unsigned jobs, struct nacre_sink *inner,
	struct nacre_sink **out_sink, struct nacre_err *err)
{
	return nacre_encode_parts_new(codec, level, jobs, NULL, inner, out_sink, err);
}
