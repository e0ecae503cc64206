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

/** Room for what tail() writes. */
#define NACRE_PACKER_TAIL 16

/** How a codec compresses one part of a stream; parts.c cuts and puts them behind each other. */
struct nacre_packer {
	const char *name;
	/** Of the library that compresses. */
	const char *(*version)(void);
	/** The most that `len` bytes can become. */
	size_t (*room)(size_t len);
	/**
	 * Compresses a part, which sees nothing of any other; called by many threads at once.
	 *
	 * @param room  always that of the largest part, since it may count in the choice of bytes
	 */
	int (*pack)(int level, const void *in, size_t len, void *out, size_t room, size_t *out_len,
		struct nacre_err *err);
	/** Checksum of a part, and of one behind another; NULL: the format has none. */
	uint32_t (*check)(const void *in, size_t len);
	uint32_t (*join)(uint32_t before, uint32_t part, size_t part_len);
	/** What stands in front of the first part. */
	const unsigned char *head;
	size_t head_len;
	/** What stands behind the last one; NULL: nothing. Returns its length. */
	size_t (*tail)(uint32_t check, uint64_t in_bytes, unsigned char out[NACRE_PACKER_TAIL]);
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
extern const struct nacre_packer nacre_gzip_packer;

NACRE_CHECKED int nacre_zstd_decoder_new(const struct nacre_limits *limits,
	struct nacre_decoder **out_decoder, struct nacre_err *err);
extern const struct nacre_packer nacre_zstd_packer;

struct nacre_part_store;

NACRE_CHECKED int nacre_parts_encoder_new(const struct nacre_packer *packer, int level,
	unsigned jobs, const struct nacre_part_store *store, struct nacre_sink *inner,
	struct nacre_encoder **out_encoder, struct nacre_err *err);

#endif
