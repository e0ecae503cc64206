/* SPDX-License-Identifier: Apache-2.0 */
/* A nameless file that grows at its end and is read by offset. */
#include "layers/spool.h"

#include "base/scope.h"
#include "base/staged.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct nacre_spool {
	struct nacre_origin origin;
	int fd;
	uint64_t size;
	uint64_t max_bytes;
	char *name; /* NULL: its contents have none */
};

struct spool_sink {
	struct nacre_sink base;
	struct nacre_spool *spool;
};

static int origin_open(struct nacre_origin *origin, uint64_t key, uint64_t size,
	struct nacre_source **out_source, struct nacre_err *err)
{
	return nacre_spool_source((struct nacre_spool *)origin, key, size, out_source, err);
}

static bool origin_name(struct nacre_origin *origin, uint64_t key, uint64_t size, char *out_name)
{
	const struct nacre_spool *spool = (const struct nacre_spool *)origin;

	if (spool->name)
		(void)snprintf(out_name, NACRE_CONTENT_NAME, "%s %llu %llu", spool->name,
			(unsigned long long)key, (unsigned long long)size);
	return spool->name != NULL;
}

int nacre_spool_new(
	int dir, uint64_t max_bytes, struct nacre_spool **out_spool, struct nacre_err *err)
{
	nacre_autofd int fd = -1;
	struct nacre_spool *spool;
	int rc = nacre_nameless_open(dir, &fd, err);

	if (rc)
		return rc;
	spool = calloc(1, sizeof(*spool));
	if (!spool)
		return nacre_fail_nomem(err);
	spool->origin.open = origin_open;
	spool->origin.name = origin_name;
	spool->fd = nacre_steal_fd(&fd);
	spool->max_bytes = max_bytes;
	*out_spool = spool;
	return 0;
}

int nacre_spool_take(int *fd, uint64_t size, struct nacre_spool **out_spool, struct nacre_err *err)
{
	struct nacre_spool *spool = calloc(1, sizeof(*spool));

	if (!spool)
		return nacre_fail_nomem(err);
	spool->origin.open = origin_open;
	spool->origin.name = origin_name;
	spool->fd = nacre_steal_fd(fd);
	spool->size = spool->max_bytes = size;
	*out_spool = spool;
	return 0;
}

int nacre_spool_set_name(struct nacre_spool *spool, const char *name, struct nacre_err *err)
{
	if (strlen(name) + 48 > NACRE_CONTENT_NAME)
		return nacre_fail(err, NACRE_E_LIMIT, "a name of more than %d bytes",
			NACRE_CONTENT_NAME - 48);
	free(spool->name);
	spool->name = strdup(name);
	return spool->name ? 0 : nacre_fail_nomem(err);
}

void nacre_spool_free(struct nacre_spool *spool)
{
	if (!spool)
		return;
	nacre_fd_close(&spool->fd);
	free(spool->name);
	free(spool);
}

void nacre_spool_freep(struct nacre_spool **spool)
{
	nacre_spool_free(*spool);
	*spool = NULL;
}

uint64_t nacre_spool_size(const struct nacre_spool *spool)
{
	return spool->size;
}

int nacre_spool_fd(const struct nacre_spool *spool)
{
	return spool->fd;
}

int nacre_spool_grow(struct nacre_spool *spool, uint64_t size, struct nacre_err *err)
{
	struct stat st;

	if (fstat(spool->fd, &st) < 0)
		return nacre_fail_os(err, "a temporary file");
	if (size < spool->size || size > spool->max_bytes || size > (uint64_t)st.st_size)
		return nacre_fail(err, NACRE_E_UNSAFE, "a temporary file of another size");
	spool->size = size;
	return 0;
}

static int spool_write(struct nacre_sink *sink, const void *data, size_t len, struct nacre_err *err)
{
	struct nacre_spool *spool = ((struct spool_sink *)sink)->spool;
	const char *at = data;
	uint64_t end;

	if (__builtin_add_overflow(spool->size, len, &end) || end > spool->max_bytes)
		return nacre_fail(err, NACRE_E_LIMIT, "more than %llu bytes",
			(unsigned long long)spool->max_bytes);
	while (len > 0) {
		ssize_t put = pwrite(spool->fd, at, len, (off_t)(end - len));

		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return nacre_fail_os(err, "write a temporary file");
		at += put;
		len -= (size_t)put;
	}
	spool->size = end;
	return 0;
}

static int spool_finish(struct nacre_sink *sink, struct nacre_err *err)
{
	(void)sink;
	(void)err;
	return 0;
}

static void spool_sink_free(struct nacre_sink *sink)
{
	free(sink);
}

int nacre_spool_sink(struct nacre_spool *spool, struct nacre_sink **out_sink, struct nacre_err *err)
{
	struct spool_sink *s = calloc(1, sizeof(*s));

	if (!s)
		return nacre_fail_nomem(err);
	s->base = (struct nacre_sink){ spool_write, spool_finish, spool_sink_free };
	s->spool = spool;
	*out_sink = &s->base;
	return 0;
}

int nacre_spool_source(const struct nacre_spool *spool, uint64_t offset, uint64_t size,
	struct nacre_source **out_source, struct nacre_err *err)
{
	if (offset > spool->size || size > spool->size - offset)
		return nacre_fail(err, NACRE_E_ARG,
			"%llu bytes at %llu of a temporary file of %llu", (unsigned long long)size,
			(unsigned long long)offset, (unsigned long long)spool->size);
	return nacre_source_fd(spool->fd, offset, size, out_source, err);
}

struct nacre_origin *nacre_spool_origin(struct nacre_spool *spool)
{
	return &spool->origin;
}
