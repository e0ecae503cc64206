/* SPDX-License-Identifier: Apache-2.0 */
/** Compression of layers: streams of bytes, in bounded memory, into other streams of bytes. */
#ifndef NACRE_LAYERS_CODEC_H
#define NACRE_LAYERS_CODEC_H

#include "base/stream.h"

enum nacre_codec {
	NACRE_CODEC_NONE,
	NACRE_CODEC_GZIP,
	NACRE_CODEC_ZSTD,
};

/** "none", "gzip", "zstd". */
const char *nacre_codec_name(enum nacre_codec codec);

/** Errors: ARG (none of the three names; the message lists them). */
NACRE_CHECKED int nacre_codec_parse(
	const char *name, enum nacre_codec *out_codec, struct nacre_err *err);

/** How many first bytes nacre_codec_detect() makes use of. */
#define NACRE_CODEC_HEAD 262

/**
 * What the first bytes of a blob say about its compression; NONE when nothing. A skippable first
 * frame counts as zstd. Bytes that also are a tar header ("ustar" at 257) are NONE: no compressor
 * writes them, and a tar may begin with a file of any name.
 *
 * Spec: RFC 1952, section 2.3.1; RFC 8878, sections 3.1.1 and 3.1.2.
 */
enum nacre_codec nacre_codec_detect(const void *head, size_t len);

/**
 * A source of uncompressed bytes. Never more than limits->layer_bytes come out of it. After an
 * error each further read gives the same error, after the end the end.
 *
 * gzip may have several members, zstd several frames, skippable ones too; checksums are verified
 * where the format has them, and nothing may follow the last member or frame.
 *
 * @param inner   borrowed; read from the first read on, never before
 * @param limits  none of its members zero; of it count layer_bytes, ratio and zstd_window_bytes
 *                (rounded down to a power of two, at least 1 KiB); not needed later
 *
 * Errors: NOMEM. Reads: those of `inner`; FORMAT (another compression than `codec`, a stream that
 * is damaged or ends early); UNSAFE (one that is followed by something); LIMIT (layer-bytes, ratio,
 * zstd-window-bytes); UNSUPPORTED (a zstd frame that needs a dictionary); NOMEM.
 * Spec:   OCI image-spec v1.1.1, layer.md; RFC 1952; RFC 8878.
 */
NACRE_CHECKED int nacre_decode_new(enum nacre_codec codec, struct nacre_source *inner,
	const struct nacre_limits *limits, struct nacre_source **out_source, struct nacre_err *err);

/**
 * Whether so many uncompressed bytes are more than limits->ratio allows of so many compressed
 * ones, past the 64 MiB that are always allowed. For what is made of several streams: each of them
 * has been judged by its source.
 *
 * Errors: LIMIT.
 */
NACRE_CHECKED int nacre_ratio_check(uint64_t in_bytes, uint64_t out_bytes,
	const struct nacre_limits *limits, struct nacre_err *err);

/**
 * A sink that compresses. The bytes depend on what is written, on the level and on the version of
 * the compression library: not on `jobs`, nor on how the input is cut into writes.
 *
 * Writes and finish return errors of `inner` as they are, and once one has failed they return the
 * same error for ever. Finish passes on to `inner`, once, when all is well.
 *
 * @param level  gzip 1 to 9, zstd 1 to 19; 0: the default (6; 3), and the only one for NONE
 * @param jobs   threads; 0 and 1 mean one, which is the caller's. Each takes some 10 MiB and what
 *               the library wants
 * @param inner  borrowed; written to by the caller's thread alone
 *
 * Errors: ARG (level); NOMEM.
 * Spec:   docs/layer-encoding.md, section 7; RFC 1952 (one member: no name, time 0, system 255);
 *         RFC 8878 (a frame for each part: no content size, no checksum, no skippable frames).
 */
NACRE_CHECKED int nacre_encode_new(enum nacre_codec codec, int level, unsigned jobs,
	struct nacre_sink *inner, struct nacre_sink **out_sink, struct nacre_err *err);

#endif
