/* SPDX-License-Identifier: Apache-2.0 */
/* The floor of a build: read each file, hash, compress, hash, write. */
#include "floor.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#define LEVEL_ZSTD 3
#define LEVEL_GZIP 6
#define THREADS 2

static unsigned char *room; /* of the ring, being filled */
static size_t filled;

static void pass_on(void)
{
	if (filled > 0)
		ring_put(filled);
	room = NULL;
	filled = 0;
}

static void make_room(void)
{
	if (filled == CHUNK)
		pass_on();
	if (!room)
		room = ring_room();
}

/* As much as a header takes, and the end of a file. */
static void add_zeros(size_t len)
{
	while (len > 0) {
		size_t part;

		make_room();
		part = CHUNK - filled < len ? CHUNK - filled : len;
		memset(room + filled, 0, part);
		filled += part;
		len -= part;
	}
}

static void add_file(int fd)
{
	size_t total = 0;
	ssize_t got;

	do {
		make_room();
		got = read(fd, room + filled, CHUNK - filled);
		if (got < 0)
			die("read");
		filled += (size_t)got;
		total += (size_t)got;
	} while (got > 0);
	add_zeros((512 - total % 512) % 512);
}

static void add_one(int dir, const char *name, const struct stat *st, void *user)
{
	int fd;

	add_zeros(512);
	if (!S_ISDIR(st->st_mode) && !S_ISREG(st->st_mode))
		return;
	fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		die(name);
	if (S_ISDIR(st->st_mode)) {
		walk(fd, add_one, user);
		return;
	}
	add_file(fd);
	(void)close(fd);
}

static void read_tree(void *user)
{
	int dir = open(user, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (dir < 0)
		die(user);
	walk(dir, add_one, NULL);
	add_zeros(1024);
	pass_on();
}

/* ----------------------------------------------------------------- compressing */

static struct hash blob;
static int to;

static void put(const void *data, size_t len)
{
	hash_add(&blob, data, len);
	if (write(to, data, len) != (ssize_t)len)
		die("write");
}

static void pack_zstd(struct hash *content)
{
	ZSTD_CCtx *context = ZSTD_createCCtx();
	unsigned char *out = malloc(CHUNK), *data = NULL;
	size_t len, left;

	(void)ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, LEVEL_ZSTD);
	(void)ZSTD_CCtx_setParameter(context, ZSTD_c_nbWorkers, THREADS);
	do {
		ZSTD_inBuffer in;

		len = ring_get(&data, CHUNK);
		hash_add(content, data, len);
		in = (ZSTD_inBuffer){ data, len, 0 };
		do {
			ZSTD_outBuffer buffer = { out, CHUNK, 0 };

			left = ZSTD_compressStream2(
				context, &buffer, &in, len > 0 ? ZSTD_e_continue : ZSTD_e_end);
			if (ZSTD_isError(left))
				die("zstd");
			put(out, buffer.pos);
		} while (len > 0 ? in.pos < in.size : left > 0);
	} while (len > 0);
	(void)ZSTD_freeCCtx(context);
	free(out);
}

static void pack_gzip(struct hash *content)
{
	z_stream z = { 0 };
	unsigned char *out = malloc(CHUNK), *data = NULL;
	size_t len;
	int rc;

	if (deflateInit2(&z, LEVEL_GZIP, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK)
		die("zlib");
	do {
		len = ring_get(&data, CHUNK);
		hash_add(content, data, len);
		z.next_in = data;
		z.avail_in = (uInt)len;
		do {
			z.next_out = out;
			z.avail_out = (uInt)CHUNK;
			rc = deflate(&z, len > 0 ? Z_NO_FLUSH : Z_FINISH);
			put(out, CHUNK - z.avail_out);
		} while (rc == Z_OK && z.avail_out == 0);
	} while (len > 0);
	(void)deflateEnd(&z);
	free(out);
}

int floor_pack(int argc, char **argv)
{
	struct hash content;

	if (argc < 3)
		die("three operands are needed");
	to = open(argv[1], O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (to < 0)
		die(argv[1]);
	hash_begin(&content);
	hash_begin(&blob);
	ring_start(read_tree, argv[0]);
	if (strcmp(argv[2], "gzip") == 0)
		pack_gzip(&content);
	else
		pack_zstd(&content);
	ring_join();
	hash_end(&content, "-");
	hash_end(&blob, argv[1]);
	return close(to) ? 1 : 0;
}
