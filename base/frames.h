/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Streams of bytes through a pipe, one after the other: each says where it ends, so that the end of
 * a process is not taken for the end of its data.
 *
 * On the pipe stand pieces, each behind its length (4 bytes, little-endian), and a length of 0 at
 * the end of a stream. Neither side reads or writes a byte beyond it.
 */
#ifndef NACRE_BASE_FRAMES_H
#define NACRE_BASE_FRAMES_H

#include "base/stream.h"

/** The most that one piece holds. */
#define NACRE_FRAME_BYTES ((size_t)256 << 10)

/** A pipe with much room, both ends close-on-exec. Errors: IO. */
NACRE_CHECKED int nacre_frames_pipe(int out_ends[2], struct nacre_err *err);

/**
 * The next stream that comes out of a borrowed descriptor.
 *
 * @param env  borrowed: whoever listens is asked whether to go on when a signal has come, and its
 *             time may be over, however long nothing comes; NULL: waits for as long as it takes
 *
 * Reads: CANCELED (the other end has gone, or who listens says so); FORMAT (a piece too long);
 * LIMIT (seconds); IO.
 */
NACRE_CHECKED int nacre_source_frames(int fd, const struct nacre_env *env,
	struct nacre_source **out_source, struct nacre_err *err);

/** Into a borrowed descriptor; finish writes the end. Writes: CANCELED (the other end has gone);
 * IO. */
NACRE_CHECKED int nacre_sink_frames(int fd, struct nacre_sink **out_sink, struct nacre_err *err);

#endif
