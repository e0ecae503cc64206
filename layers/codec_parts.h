/* SPDX-License-Identifier: Apache-2.0 */
/**
 * What a compression is made of: codec.c turns these into sources and sinks. For codec*.c alone.
 *
 * A decoder only turns bytes into bytes; buffers, limits and ends are codec.c's. An encoder writes
 * to the sink it was born with and leaves finishing that to codec.c.
 */
#ifndef NACRE_LAYERS_CODEC_PARTS_H
#define NACRE_LAYERS_CODEC_PARTS_H

#include "base/stream.h"

/** A stretch of input and of room for output; run() moves the pointers on. */
struct nacre_decode_step {
	const unsigned char *in;
	size_t in_len;
	unsigned char *out;
	size_t out_len;
};

struct nacre_decoder {
	/**
	 * Goes on until the input is used up or the room is full; must use or fill some of the one
	 * or the other unless both are empty.
	 */
	int (*run)(struct nacre_decoder *decoder, struct nacre_decode_step *step,
		struct nacre_err *err);
	void (*free)(struct nacre_decoder *decoder);
	/** Kept by run(): the input might end here, behind a whole member or frame. */
	bool may_end;
};

struct nacre_encoder {
	/** len is never 0. */
	int (*add)(
		struct nacre_encoder *encoder, const void *data, size_t len, struct nacre_err *err);
	int (*end)(struct nacre_encoder *encoder, struct nacre_err *err);
	void (*free)(struct nacre_encoder *encoder);
};

NACRE_CHECKED int nacre_gzip_decoder_new(const struct nacre_limits *limits,
	struct nacre_decoder **out_decoder, struct nacre_err *err);
NACRE_CHECKED int nacre_gzip_encoder_new(int level, unsigned jobs, struct nacre_sink *inner,
	struct nacre_encoder **out_encoder, struct nacre_err *err);

NACRE_CHECKED int nacre_zstd_decoder_new(const struct nacre_limits *limits,
	struct nacre_decoder **out_decoder, struct nacre_err *err);
NACRE_CHECKED int nacre_zstd_encoder_new(int level, unsigned jobs, struct nacre_sink *inner,
	struct nacre_encoder **out_encoder, struct nacre_err *err);

#endif
