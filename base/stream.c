/* SPDX-License-Identifier: Apache-2.0 */
/* The plain sources and sinks: memory, descriptors, hashing. Codecs are in layers. */
#include "base/stream.h"

#include "base/file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CHUNK ((size_t)128 << 10)

int nacre_source_read(
	struct nacre_source *source, void *data, size_t cap, size_t *out_len, struct nacre_err *err)
{
	return source->read(source, data, cap, out_len, err);
}

int nacre_source_read_full(
	struct nacre_source *source, void *data, size_t len, size_t *out_len, struct nacre_err *err)
{
	size_t have = 0;

	while (have < len) {
		size_t got = 0;
		int rc = source->read(source, (char *)data + have, len - have, &got, err);

		if (rc)
			return rc;
		if (got == 0)
			break;
		have += got;
	}
	*out_len = have;
	return 0;
}

void nacre_source_free(struct nacre_source *source)
{
	if (source)
		source->free(source);
}

void nacre_source_freep(struct nacre_source **source)
{
	nacre_source_free(*source);
	*source = NULL;
}

int nacre_sink_write(struct nacre_sink *sink, const void *data, size_t len, struct nacre_err *err)
{
	return sink->write(sink, data, len, err);
}

int nacre_sink_finish(struct nacre_sink *sink, struct nacre_err *err)
{
	return sink->finish(sink, err);
}

void nacre_sink_free(struct nacre_sink *sink)
{
	if (sink)
		sink->free(sink);
}

void nacre_sink_freep(struct nacre_sink **sink)
{
	nacre_sink_free(*sink);
	*sink = NULL;
}

int nacre_stream_copy(struct nacre_source *from, struct nacre_sink *to, uint64_t *out_bytes,
	struct nacre_err *err)
{
	nacre_autofree char *data = malloc(CHUNK);
	uint64_t bytes = 0;

	if (!data)
		return nacre_fail_nomem(err);
	for (;;) {
		size_t got = 0;
		int rc = nacre_source_read(from, data, CHUNK, &got, err);

		if (rc == 0 && got > 0)
			rc = nacre_sink_write(to, data, got, err);
		if (rc)
			return rc;
		if (got == 0)
			break;
		bytes += got;
	}
	if (out_bytes)
		*out_bytes = bytes;
	return 0;
}

/* ------------------------------------------------------------------ memory */

struct memory_source {
	struct nacre_source base;
	const char *data;
	size_t left;
};

static int memory_read(
	struct nacre_source *source, void *data, size_t cap, size_t *out_len, struct nacre_err *err)
{
	struct memory_source *m = (struct memory_source *)source;
	size_t len = cap < m->left ? cap : m->left;

	(void)err;
	if (len)
		memcpy(data, m->data, len);
	m->data += len;
	m->left -= len;
	*out_len = len;
	return 0;
}

static void plain_source_free(struct nacre_source *source)
{
	free(source);
}

int nacre_source_memory(
	const void *data, size_t len, struct nacre_source **out_source, struct nacre_err *err)
{
	struct memory_source *m = calloc(1, sizeof(*m));

	if (!m)
		return nacre_fail_nomem(err);
	m->base = (struct nacre_source){ memory_read, plain_source_free };
	m->data = data ? data : "";
	m->left = len;
	*out_source = &m->base;
	return 0;
}

/* ------------------------------------------------------------- descriptors */

struct fd_source {
	struct nacre_source base;
	int fd;
	uint64_t offset;
	uint64_t left;
	bool to_end;
};

static int fd_read(
	struct nacre_source *source, void *data, size_t cap, size_t *out_len, struct nacre_err *err)
{
	struct fd_source *f = (struct fd_source *)source;
	size_t want = cap < f->left ? cap : (size_t)f->left;
	ssize_t got = 0;

	if (want > 0) {
		do
			got = pread(f->fd, data, want, (off_t)f->offset);
		while (got < 0 && errno == EINTR);
	}
	if (got < 0)
		return nacre_fail_os(err, "read");
	if (got == 0 && want > 0 && !f->to_end)
		return nacre_fail(err, NACRE_E_FORMAT, "%llu bytes less than expected",
			(unsigned long long)f->left);
	f->offset += (uint64_t)got;
	f->left -= (uint64_t)got;
	*out_len = (size_t)got;
	return 0;
}

uint64_t nacre_source_skip(struct nacre_source *source, uint64_t len)
{
	struct fd_source *f = (struct fd_source *)source;

	/* Without a size the end would not be seen. */
	if (source->read != fd_read || f->to_end)
		return 0;
	len = len < f->left ? len : f->left;
	f->offset += len;
	f->left -= len;
	return len;
}

int nacre_source_fd(int fd, uint64_t offset, uint64_t size, struct nacre_source **out_source,
	struct nacre_err *err)
{
	struct fd_source *f = calloc(1, sizeof(*f));

	if (!f)
		return nacre_fail_nomem(err);
	f->base = (struct nacre_source){ fd_read, plain_source_free };
	f->fd = fd;
	f->offset = offset;
	f->left = size;
	f->to_end = size == UINT64_MAX;
	*out_source = &f->base;
	return 0;
}

struct fd_sink {
	struct nacre_sink base;
	int fd;
};

static int fd_write(struct nacre_sink *sink, const void *data, size_t len, struct nacre_err *err)
{
	return nacre_write_all(((struct fd_sink *)sink)->fd, data, len, err);
}

static int plain_finish(struct nacre_sink *sink, struct nacre_err *err)
{
	(void)sink;
	(void)err;
	return 0;
}

static void plain_sink_free(struct nacre_sink *sink)
{
	free(sink);
}

int nacre_sink_fd(int fd, struct nacre_sink **out_sink, struct nacre_err *err)
{
	struct fd_sink *f = calloc(1, sizeof(*f));

	if (!f)
		return nacre_fail_nomem(err);
	f->base = (struct nacre_sink){ fd_write, plain_finish, plain_sink_free };
	f->fd = fd;
	*out_sink = &f->base;
	return 0;
}

struct buf_sink {
	struct nacre_sink base;
	struct nacre_buf *buf;
};

static int buf_write(struct nacre_sink *sink, const void *data, size_t len, struct nacre_err *err)
{
	return nacre_buf_add(((struct buf_sink *)sink)->buf, data, len, err);
}

int nacre_sink_buf(struct nacre_buf *buf, struct nacre_sink **out_sink, struct nacre_err *err)
{
	struct buf_sink *b = calloc(1, sizeof(*b));

	if (!b)
		return nacre_fail_nomem(err);
	b->base = (struct nacre_sink){ buf_write, plain_finish, plain_sink_free };
	b->buf = buf;
	*out_sink = &b->base;
	return 0;
}

/* ------------------------------------------------------------------- bounds */

struct most_source {
	struct nacre_source base;
	struct nacre_source *inner;
	uint64_t most;
	uint64_t left;
};

static int most_read(
	struct nacre_source *source, void *data, size_t cap, size_t *out_len, struct nacre_err *err)
{
	struct most_source *m = (struct most_source *)source;
	int rc = nacre_source_read(m->inner, data, cap, out_len, err);

	if (rc)
		return rc;
	if (*out_len > m->left)
		return nacre_fail(
			err, NACRE_E_LIMIT, "more than %llu bytes", (unsigned long long)m->most);
	m->left -= *out_len;
	return 0;
}

int nacre_source_most(struct nacre_source *inner, uint64_t most, struct nacre_source **out_source,
	struct nacre_err *err)
{
	struct most_source *m = calloc(1, sizeof(*m));

	if (!m)
		return nacre_fail_nomem(err);
	m->base = (struct nacre_source){ most_read, plain_source_free };
	m->inner = inner;
	m->most = m->left = most;
	*out_source = &m->base;
	return 0;
}

/* ----------------------------------------------------------------- hashing */

struct hash_source {
	struct nacre_source base;
	struct nacre_source *inner;
	struct nacre_hash *hash;
};

static int hash_read(
	struct nacre_source *source, void *data, size_t cap, size_t *out_len, struct nacre_err *err)
{
	struct hash_source *h = (struct hash_source *)source;
	int rc = nacre_source_read(h->inner, data, cap, out_len, err);

	if (rc == 0)
		nacre_hash_add(h->hash, data, *out_len);
	return rc;
}

int nacre_source_hash(struct nacre_source *inner, struct nacre_hash *hash,
	struct nacre_source **out_source, struct nacre_err *err)
{
	struct hash_source *h = calloc(1, sizeof(*h));

	if (!h)
		return nacre_fail_nomem(err);
	h->base = (struct nacre_source){ hash_read, plain_source_free };
	h->inner = inner;
	h->hash = hash;
	*out_source = &h->base;
	return 0;
}

struct hash_sink {
	struct nacre_sink base;
	struct nacre_sink *inner;
	struct nacre_hash *hash;
	uint64_t *bytes;
};

static int hash_write(struct nacre_sink *sink, const void *data, size_t len, struct nacre_err *err)
{
	struct hash_sink *h = (struct hash_sink *)sink;

	if (h->hash)
		nacre_hash_add(h->hash, data, len);
	if (h->bytes)
		*h->bytes += len;
	return h->inner ? nacre_sink_write(h->inner, data, len, err) : 0;
}

static int hash_finish(struct nacre_sink *sink, struct nacre_err *err)
{
	struct hash_sink *h = (struct hash_sink *)sink;

	return h->inner ? nacre_sink_finish(h->inner, err) : 0;
}

int nacre_sink_hash(struct nacre_sink *inner, struct nacre_hash *hash, uint64_t *out_bytes,
	struct nacre_sink **out_sink, struct nacre_err *err)
{
	struct hash_sink *h = calloc(1, sizeof(*h));

	if (!h)
		return nacre_fail_nomem(err);
	h->base = (struct nacre_sink){ hash_write, hash_finish, plain_sink_free };
	h->inner = inner;
	h->hash = hash;
	h->bytes = out_bytes;
	if (out_bytes)
		*out_bytes = 0;
	*out_sink = &h->base;
	return 0;
}
