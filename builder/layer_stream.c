/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one place where the stages of reading a layer are put together: the blob, whose digest is
 * proven, decompression with its caps, the digest of the tar. Members are the fold's.
 *
 * The stages stand in a worker. The stream at our end of the pipe is the same struct, with the pipe
 * in the place of the stages.
 */
#include "builder/layer_stream.h"

#include "base/env.h"
#include "base/frames.h"
#include "base/scope.h"
#include "base/worker.h"

#include <stdlib.h>

#define MIB ((uint64_t)1 << 20)

struct nacre_layer_stream {
	struct nacre_source source; /* first: counts and tells progress */
	struct nacre_layer_blob *blob;
	const struct nacre_env *env;
	struct nacre_source *file;
	struct nacre_source *decoded;
	struct nacre_source *hashed; /* the last of the stages, or the pipe; NULL: decoded is */
	struct nacre_hash *hash;     /* NULL: it is another process that hashes */
	struct nacre_worker *worker;
	int pipe;
	uint64_t bytes;
	uint64_t told;
	bool is_ended;
};

/* What a broken pipe means, the worker knows. */
static int ask_worker(struct nacre_layer_stream *stream, int rc, struct nacre_err *err)
{
	struct nacre_err theirs;

	if (!stream->worker || rc != NACRE_E_CANCELED)
		return rc;
	/* Unless it was not the pipe: who listens has had enough. */
	if (nacre_progress(stream->env, stream->blob->name, stream->bytes, 0, err))
		return rc;
	rc = nacre_workers_wait(&stream->worker, 1, &theirs);
	if (rc && err)
		*err = theirs;
	return rc ? rc : NACRE_E_CANCELED;
}

static int stream_read(
	struct nacre_source *source, void *data, size_t cap, size_t *out_len, struct nacre_err *err)
{
	struct nacre_layer_stream *stream = (struct nacre_layer_stream *)source;
	struct nacre_source *last = stream->hashed ? stream->hashed : stream->decoded;
	int rc = nacre_source_read(last, data, cap, out_len, err);

	if (rc)
		return ask_worker(stream, rc, err);
	stream->is_ended = *out_len == 0;
	stream->bytes += *out_len;
	if (stream->bytes - stream->told < NACRE_LAYER_PROGRESS)
		return 0;
	stream->told = stream->bytes;
	return nacre_progress(stream->env, stream->blob->name, stream->bytes, 0, err);
}

static void stream_free(struct nacre_source *source)
{
	nacre_layer_stream_free((struct nacre_layer_stream *)source);
}

static struct nacre_layer_stream *new_stream(
	struct nacre_layer_blob *blob, const struct nacre_env *env)
{
	struct nacre_layer_stream *stream = calloc(1, sizeof(*stream));

	if (!stream)
		return NULL;
	stream->source = (struct nacre_source){ stream_read, stream_free };
	stream->blob = blob;
	stream->env = env;
	stream->pipe = -1;
	return stream;
}

/* @param proves  that the DiffID is proven here; else it is by who reads at another end */
static int open_stages(struct nacre_layer_blob *blob, bool proves, const struct nacre_env *env,
	struct nacre_layer_stream **out_stream, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_layer_stream_freep)
	struct nacre_layer_stream *stream = new_stream(blob, env);
	int rc;

	if (!stream)
		return nacre_fail_nomem(err);
	rc = nacre_source_fd(blob->fd, blob->offset, blob->size_bytes, &stream->file, err);
	if (rc == 0)
		rc = nacre_decode_new(
			blob->codec, stream->file, &blob->limits, &stream->decoded, err);
	if (rc == 0 && proves)
		rc = nacre_hash_new_like(&blob->diff_id, &stream->hash, err);
	if (rc == 0 && proves)
		rc = nacre_source_hash(stream->decoded, stream->hash, &stream->hashed, err);
	if (rc == 0)
		*out_stream = nacre_steal(&stream);
	return rc;
}

int nacre_layer_stream_open_here(struct nacre_layer_blob *blob, const struct nacre_env *env,
	struct nacre_layer_stream **out_stream, struct nacre_err *err)
{
	return open_stages(blob, true, env, out_stream, err);
}

/* Whoever reads at the other end tells how far it is. */
static int send_all(
	struct nacre_layer_blob *blob, bool proves, struct nacre_sink *sink, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_layer_stream_freep)
	struct nacre_layer_stream *stream = NULL;
	int rc = open_stages(blob, proves, NULL, &stream, err);

	if (rc == 0)
		rc = nacre_stream_copy(&stream->source, sink, NULL, err);
	if (rc == 0)
		rc = nacre_layer_stream_finish(stream, NULL, err);
	/* Only what is whole is said to have ended. */
	return rc ? rc : nacre_sink_finish(sink, err);
}

int nacre_layer_stream_send_unproven(
	struct nacre_layer_blob *blob, struct nacre_sink *sink, struct nacre_err *err)
{
	return send_all(blob, false, sink, err);
}

/* ---------------------------------------------------------------------- worker */

struct sending {
	struct nacre_layer_blob *blob;
	int pipe;
};

static int send_layer(struct nacre_worker_self *self, void *user, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_sink_freep)
	struct nacre_sink *sink = NULL;
	const struct sending *sending = user;
	int rc = nacre_sink_frames(sending->pipe, &sink, err);

	(void)self;
	return rc ? rc : send_all(sending->blob, true, sink, err);
}

static int start_worker(struct nacre_layer_stream *stream, int pipe, struct nacre_err *err)
{
	const int keep[] = { stream->blob->fd, pipe };
	struct sending sending = { stream->blob, pipe };
	const struct nacre_worker_job job = {
		.name = "the worker that decompresses",
		.cage = { .kind = NACRE_CAGE_READ,
			.memory_bytes = nacre_layer_stream_memory(&stream->blob->limits) },
		.fds = keep,
		.fd_count = 2,
		.run = send_layer,
		.user = &sending,
	};

	return nacre_worker_start(&job, stream->env, &stream->worker, err);
}

int nacre_layer_stream_open(struct nacre_layer_blob *blob, const struct nacre_env *env,
	struct nacre_layer_stream **out_stream, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_layer_stream_freep)
	struct nacre_layer_stream *stream = new_stream(blob, env);
	nacre_autofd int its_end = -1;
	int ends[2];
	int rc;

	if (!stream)
		return nacre_fail_nomem(err);
	rc = nacre_frames_pipe(ends, err);
	if (rc)
		return rc;
	stream->pipe = ends[0];
	its_end = ends[1];
	rc = start_worker(stream, its_end, err);
	if (rc == 0)
		rc = nacre_source_frames(stream->pipe, env, &stream->hashed, err);
	if (rc == 0)
		*out_stream = nacre_steal(&stream);
	return rc;
}

/* ---------------------------------------------------------------------- public */

struct nacre_source *nacre_layer_stream_source(struct nacre_layer_stream *stream)
{
	return &stream->source;
}

int nacre_layer_stream_finish(
	struct nacre_layer_stream *stream, uint64_t *out_tar_bytes, struct nacre_err *err)
{
	struct nacre_digest digest;

	if (!stream->is_ended)
		return nacre_fail(err, NACRE_E_FORMAT, "bytes behind what was read of the layer");
	if (out_tar_bytes)
		*out_tar_bytes = stream->bytes;
	if (stream->worker)
		return nacre_workers_wait(&stream->worker, 1, err);
	if (!stream->hash)
		return 0;
	nacre_hash_finish(stream->hash, &digest);
	if (!nacre_digest_equal(&digest, &stream->blob->diff_id))
		return nacre_fail(err, NACRE_E_DIGEST, "content has DiffID %s, the config says %s",
			digest.text, stream->blob->diff_id.text);
	return 0;
}

void nacre_layer_stream_free(struct nacre_layer_stream *stream)
{
	if (!stream)
		return;
	nacre_worker_free(stream->worker);
	nacre_source_free(stream->hashed);
	nacre_source_free(stream->decoded);
	nacre_source_free(stream->file);
	nacre_hash_free(stream->hash);
	nacre_fd_close(&stream->pipe);
	free(stream);
}

void nacre_layer_stream_freep(struct nacre_layer_stream **stream)
{
	nacre_layer_stream_free(*stream);
	*stream = NULL;
}

uint64_t nacre_layer_stream_memory(const struct nacre_limits *limits)
{
	uint64_t bytes;

	if (__builtin_mul_overflow(limits->zstd_window_bytes, (uint64_t)2, &bytes) ||
		__builtin_add_overflow(bytes, 64 * MIB, &bytes))
		return 0;
	return bytes;
}
