/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Compression in parts that stand for themselves: where a part of the input was compressed before,
 * its bytes can be used again, and the blob is the same as without.
 *
 * Spec: docs/layer-encoding.md, section 7 "Parts".
 */
#ifndef NACRE_LAYERS_PARTS_H
#define NACRE_LAYERS_PARTS_H

#include "layers/codec.h"

/** Changes whenever other bytes may come out of the same part, codec, library and level. */
#define NACRE_PARTS_FORMAT 1

/** Room for a key and its NUL. */
#define NACRE_PART_KEY_TEXT 256

/**
 * Where compressed parts are kept. Calls come from several threads, but one at a time. It need not
 * be reliable: what it hands out is measured by its digest, what is damaged or missing is
 * made anew, and a part that could not be kept is no error of the encoder's.
 *
 * A key is one line of printable ASCII without slashes: all that decides on the bytes of a part.
 */
struct nacre_part_store {
	/**
	 * Fills `out` with what made() was given for this key, and out_digest with the digest it
	 * was given; false when it is not there, or has more than `cap` bytes. Each part is asked
	 * for once, in any order.
	 *
	 * @param number  of the part in the stream, from 0
	 */
	bool (*find)(void *user, uint64_t number, const char *key, void *out, size_t cap,
		size_t *out_len, struct nacre_digest *out_digest);
	/** A part that was not found, or was not what its digest said; in the order of the stream,
	 * after all calls for the parts before it. */
	void (*made)(void *user, uint64_t number, const char *key, const void *data, size_t len,
		const struct nacre_digest *digest);
	void *user;
};

/**
 * nacre_encode_new() with a store.
 *
 * @param store  borrowed until the sink is freed; NULL: everything is compressed
 */
NACRE_CHECKED int nacre_encode_parts_new(enum nacre_codec codec, int level, unsigned jobs,
	const struct nacre_part_store *store, struct nacre_sink *inner,
	struct nacre_sink **out_sink, struct nacre_err *err);

/** How many bytes of a blob stand in front of the first part; what is behind the last is its tail.
 */
size_t nacre_encode_head_bytes(enum nacre_codec codec);

/** Room for what nacre_encode_version() says and its NUL. */
#define NACRE_ENCODE_VERSION 96

/**
 * All that decides on the bytes of a blob but its input: "1 zstd 1.5.4 3", of parts, codec, library
 * and level.
 *
 * @param level  0: the default
 */
void nacre_encode_version(enum nacre_codec codec, int level, char out_text[NACRE_ENCODE_VERSION]);

#endif
