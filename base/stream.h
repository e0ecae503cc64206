/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Sources that are read from, sinks that are written to; stages wrap one another.
 *
 * A stage embeds the struct as its first member. Whoever made a stage frees it; a stage owns the
 * one it wraps only where its constructor is named …_take.
 */
#ifndef NACRE_BASE_STREAM_H
#define NACRE_BASE_STREAM_H

#include "base/buf.h"
#include "base/digest.h"

struct nacre_source {
	/** Reads up to cap bytes; *out_len is 0 only at the end. */
	int (*read)(struct nacre_source *source, void *data, size_t cap, size_t *out_len,
		struct nacre_err *err);
	void (*free)(struct nacre_source *source);
};

struct nacre_sink {
	int (*write)(struct nacre_sink *sink, const void *data, size_t len, struct nacre_err *err);
	/** Says that nothing more comes; called once, and passed on to the wrapped sink. */
	int (*finish)(struct nacre_sink *sink, struct nacre_err *err);
	void (*free)(struct nacre_sink *sink);
};

NACRE_CHECKED int nacre_source_read(struct nacre_source *source, void *data, size_t cap,
	size_t *out_len, struct nacre_err *err);

/** Reads exactly len bytes or to the end, whichever comes first. */
NACRE_CHECKED int nacre_source_read_full(struct nacre_source *source, void *data, size_t len,
	size_t *out_len, struct nacre_err *err);

/** Goes over up to len bytes, as far as the source can do that without reading; 0 when it cannot.
 */
uint64_t nacre_source_skip(struct nacre_source *source, uint64_t len);

void nacre_source_free(struct nacre_source *source);
void nacre_source_freep(struct nacre_source **source);

NACRE_CHECKED int nacre_sink_write(
	struct nacre_sink *sink, const void *data, size_t len, struct nacre_err *err);
NACRE_CHECKED int nacre_sink_finish(struct nacre_sink *sink, struct nacre_err *err);
void nacre_sink_free(struct nacre_sink *sink);
void nacre_sink_freep(struct nacre_sink **sink);

/** Moves everything; does not finish the sink. */
NACRE_CHECKED int nacre_stream_copy(struct nacre_source *from, struct nacre_sink *to,
	uint64_t *out_bytes, struct nacre_err *err);

/** Borrowed memory as a source. */
NACRE_CHECKED int nacre_source_memory(
	const void *data, size_t len, struct nacre_source **out_source, struct nacre_err *err);

/**
 * `size` bytes of a borrowed descriptor from `offset` on, by pread; a file that ends before is an
 * error. UINT64_MAX: to its end. With a size it can skip.
 */
NACRE_CHECKED int nacre_source_fd(int fd, uint64_t offset, uint64_t size,
	struct nacre_source **out_source, struct nacre_err *err);

/** Lets no more than `most` bytes pass. Reads: LIMIT (the message names no limit). */
NACRE_CHECKED int nacre_source_most(struct nacre_source *inner, uint64_t most,
	struct nacre_source **out_source, struct nacre_err *err);

/** Hashes what passes; the hash is borrowed. */
NACRE_CHECKED int nacre_source_hash(struct nacre_source *inner, struct nacre_hash *hash,
	struct nacre_source **out_source, struct nacre_err *err);

/** Into a borrowed descriptor. */
NACRE_CHECKED int nacre_sink_fd(int fd, struct nacre_sink **out_sink, struct nacre_err *err);

/** Into a borrowed buffer. */
NACRE_CHECKED int nacre_sink_buf(
	struct nacre_buf *buf, struct nacre_sink **out_sink, struct nacre_err *err);

/**
 * Hashes and counts what passes.
 *
 * @param inner      borrowed; NULL: the bytes go nowhere
 * @param hash       borrowed; NULL: only counts
 * @param out_bytes  set as bytes pass
 */
NACRE_CHECKED int nacre_sink_hash(struct nacre_sink *inner, struct nacre_hash *hash,
	uint64_t *out_bytes, struct nacre_sink **out_sink, struct nacre_err *err);

#endif
