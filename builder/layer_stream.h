/* SPDX-License-Identifier: Apache-2.0 */
/**
 * The tar of a layer, as a stream whose DiffID is proven at its end. Decompression happens in a
 * worker (base/worker.h), which has the blob and a pipe and nothing else.
 */
#ifndef NACRE_BUILDER_LAYER_STREAM_H
#define NACRE_BUILDER_LAYER_STREAM_H

#include "builder/layer_blob.h"

struct nacre_layer_stream;

/** Several may be open, one after the other or at once. Errors: IO, NOMEM. */
NACRE_CHECKED int nacre_layer_stream_open(struct nacre_layer_blob *blob,
	const struct nacre_env *env, struct nacre_layer_stream **out_stream, struct nacre_err *err);

/** The same in the calling process, which is a worker already. Errors: NOMEM. */
NACRE_CHECKED int nacre_layer_stream_open_here(struct nacre_layer_blob *blob,
	const struct nacre_env *env, struct nacre_layer_stream **out_stream, struct nacre_err *err);

/** Borrowed. Reads: those of the codec, UNSAFE (the worker was stopped), CANCELED. */
struct nacre_source *nacre_layer_stream_source(struct nacre_layer_stream *stream);

/**
 * Proves the DiffID; the source must have been read to its end.
 *
 * Errors: DIGEST; FORMAT (not read to its end); those of the worker.
 */
NACRE_CHECKED int nacre_layer_stream_finish(
	struct nacre_layer_stream *stream, uint64_t *out_tar_bytes, struct nacre_err *err);
void nacre_layer_stream_free(struct nacre_layer_stream *stream);
void nacre_layer_stream_freep(struct nacre_layer_stream **stream);

/**
 * Sends the whole tar through a sink that can be finished, in a worker, to one who proves the
 * DiffID of what arrives: nothing is hashed here.
 */
NACRE_CHECKED int nacre_layer_stream_send_unproven(
	struct nacre_layer_blob *blob, struct nacre_sink *sink, struct nacre_err *err);

/** Memory that decompressing takes, for the cage of a worker that does it. */
uint64_t nacre_layer_stream_memory(const struct nacre_limits *limits);

#endif
