/* SPDX-License-Identifier: Apache-2.0 */
/* Pieces of streams, on their way through a pipe. */
#include "base/frames.h"

#include "base/deadline.h"
#include "base/env.h"
#include "base/scope.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/uio.h>

#define HEAD 4
#define PIPE_BYTES (1 << 20)

struct frame_source {
	struct nacre_source base;
	int fd;
	const struct nacre_env *env;
	size_t left; /* of the piece */
	bool is_ended;
};

struct frame_sink {
	struct nacre_sink base;
	int fd;
};

int nacre_frames_pipe(int out_ends[2], struct nacre_err *err)
{
	if (pipe2(out_ends, O_CLOEXEC) < 0)
		return nacre_fail_os(err, "new pipe");
	(void)fcntl(out_ends[1], F_SETPIPE_SZ, PIPE_BYTES); /* faster, and not needed */
	return 0;
}

/* ---------------------------------------------------------------------- source */

/* Waits for something to read, or for a reason to stop. */
static int wait_for_some(const struct frame_source *f, struct nacre_err *err)
{
	struct pollfd ready = { f->fd, POLLIN, 0 };
	int count, rc = 0;

	while (rc == 0) {
		count = poll(&ready, 1, nacre_deadline_poll(f->env));
		if (count > 0)
			break;
		if (count < 0 && errno != EINTR)
			return nacre_fail_os(err, "wait for a pipe");
		rc = nacre_progress(f->env, "waiting", 0, 0, err);
	}
	return rc;
}

static int read_some(const struct frame_source *f, void *data, size_t cap, size_t *out_len,
	struct nacre_err *err)
{
	ssize_t got;
	int rc = f->env ? wait_for_some(f, err) : 0;

	if (rc)
		return rc;
	do
		got = read(f->fd, data, cap);
	while (got < 0 && errno == EINTR);
	if (got < 0)
		return nacre_fail_os(err, "read from a pipe");
	if (got == 0)
		return nacre_fail(err, NACRE_E_CANCELED, "the other end of a pipe has gone");
	*out_len = (size_t)got;
	return 0;
}

static int next_piece(struct frame_source *f, struct nacre_err *err)
{
	unsigned char head[HEAD];
	size_t have = 0;

	while (have < HEAD) {
		size_t got = 0;
		int rc = read_some(f, head + have, HEAD - have, &got, err);

		if (rc)
			return rc;
		have += got;
	}
	f->left = (size_t)head[0] | (size_t)head[1] << 8 | (size_t)head[2] << 16 |
		(size_t)head[3] << 24;
	f->is_ended = f->left == 0;
	if (f->left > NACRE_FRAME_BYTES)
		return nacre_fail(err, NACRE_E_FORMAT, "a piece of %zu bytes in a pipe", f->left);
	return 0;
}

static int frame_read(
	struct nacre_source *source, void *data, size_t cap, size_t *out_len, struct nacre_err *err)
{
	struct frame_source *f = (struct frame_source *)source;
	int rc = 0;

	*out_len = 0;
	if (cap > 0 && f->left == 0 && !f->is_ended)
		rc = next_piece(f, err);
	if (rc || cap == 0 || f->is_ended)
		return rc;
	rc = read_some(f, data, cap < f->left ? cap : f->left, out_len, err);
	f->left -= *out_len;
	return rc;
}

static void frame_source_free(struct nacre_source *source)
{
	free(source);
}

int nacre_source_frames(int fd, const struct nacre_env *env, struct nacre_source **out_source,
	struct nacre_err *err)
{
	struct frame_source *f = calloc(1, sizeof(*f));

	if (!f)
		return nacre_fail_nomem(err);
	f->base = (struct nacre_source){ frame_read, frame_source_free };
	f->fd = fd;
	f->env = env;
	*out_source = &f->base;
	return 0;
}

/* ------------------------------------------------------------------------ sink */

/* Takes what has been written off the front of two stretches. */
static void advance(struct iovec parts[2], size_t done)
{
	for (int i = 0; i < 2; i++) {
		size_t part = done < parts[i].iov_len ? done : parts[i].iov_len;

		parts[i].iov_base = (char *)parts[i].iov_base + part;
		parts[i].iov_len -= part;
		done -= part;
	}
}

static int put_piece(int fd, const void *data, size_t len, struct nacre_err *err)
{
	unsigned char head[HEAD] = { (unsigned char)len, (unsigned char)(len >> 8),
		(unsigned char)(len >> 16), (unsigned char)(len >> 24) };
	struct iovec parts[2] = { { head, HEAD }, { (void *)(uintptr_t)data, len } };

	while (parts[0].iov_len + parts[1].iov_len > 0) {
		ssize_t put = writev(fd, parts, 2);

		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0 && errno == EPIPE)
			return nacre_fail(
				err, NACRE_E_CANCELED, "the other end of a pipe has gone");
		if (put < 0)
			return nacre_fail_os(err, "write to a pipe");
		advance(parts, (size_t)put);
	}
	return 0;
}

static int frame_write(struct nacre_sink *sink, const void *data, size_t len, struct nacre_err *err)
{
	const char *at = data;
	int rc = 0;

	while (rc == 0 && len > 0) {
		size_t part = len < NACRE_FRAME_BYTES ? len : NACRE_FRAME_BYTES;

		rc = put_piece(((struct frame_sink *)sink)->fd, at, part, err);
		at += part;
		len -= part;
	}
	return rc;
}

static int frame_finish(struct nacre_sink *sink, struct nacre_err *err)
{
	return put_piece(((struct frame_sink *)sink)->fd, "", 0, err);
}

static void frame_sink_free(struct nacre_sink *sink)
{
	free(sink);
}

int nacre_sink_frames(int fd, struct nacre_sink **out_sink, struct nacre_err *err)
{
	struct frame_sink *f = calloc(1, sizeof(*f));

	if (!f)
		return nacre_fail_nomem(err);
	f->base = (struct nacre_sink){ frame_write, frame_finish, frame_sink_free };
	f->fd = fd;
	*out_sink = &f->base;
	return 0;
}
