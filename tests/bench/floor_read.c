/* SPDX-License-Identifier: Apache-2.0 */
/* Floors of what only reads: verify, verify --deep, build again, check. */
#include "floor.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

static int open_or_die(int dir, const char *name, int flags)
{
	int fd = openat(dir, name, flags | O_RDONLY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		die(name);
	return fd;
}

static void hash_file(int dir, const char *name, unsigned char *buffer, const char *shown)
{
	int fd = open_or_die(dir, name, 0);
	struct hash hash;
	ssize_t got;

	hash_begin(&hash);
	while ((got = read(fd, buffer, CHUNK)) > 0)
		hash_add(&hash, buffer, (size_t)got);
	if (got < 0)
		die(name);
	(void)close(fd);
	hash_end(&hash, shown);
}

/* ------------------------------------------------------------------- two lists */

struct half {
	int first;
	int count;
	char **names;
};

static void *hash_half(void *user)
{
	const struct half *half = user;
	unsigned char *buffer = malloc(CHUNK);

	if (!buffer)
		die("memory");
	for (int i = half->first; i < half->count; i += 2)
		hash_file(AT_FDCWD, half->names[i], buffer, half->names[i]);
	free(buffer);
	return NULL;
}

int floor_hash(int argc, char **argv)
{
	struct half halves[2] = { { 0, argc, argv }, { 1, argc, argv } };
	pthread_t other;

	if (pthread_create(&other, NULL, hash_half, &halves[1]) != 0)
		die("thread");
	(void)hash_half(&halves[0]);
	(void)pthread_join(other, NULL);
	return 0;
}

/* --------------------------------------------------------------- decompressing */

static struct hash *content_hash; /* of whoever wants it made here */

static void hand_over(const unsigned char *data, size_t len)
{
	if (content_hash)
		hash_add(content_hash, data, len);
	ring_put(len);
}

static void read_zstd(int fd, struct hash *blob)
{
	ZSTD_DCtx *context = ZSTD_createDCtx();
	unsigned char *in = malloc(CHUNK);
	ZSTD_outBuffer out = { ring_room(), CHUNK, 0 };
	ssize_t got;

	while ((got = read(fd, in, CHUNK)) > 0) {
		ZSTD_inBuffer from = { in, (size_t)got, 0 };

		hash_add(blob, in, (size_t)got);
		/* Once more when the output was full: there may be more inside. */
		while (from.pos < from.size || out.pos == out.size) {
			if (out.pos == out.size) {
				hand_over(out.dst, out.pos);
				out = (ZSTD_outBuffer){ ring_room(), CHUNK, 0 };
			}
			if (ZSTD_isError(ZSTD_decompressStream(context, &out, &from)))
				die("zstd");
		}
	}
	if (out.pos > 0)
		hand_over(out.dst, out.pos);
	(void)ZSTD_freeDCtx(context);
	free(in);
}

static void read_gzip(int fd, struct hash *blob)
{
	z_stream z = { 0 };
	unsigned char *in = malloc(CHUNK);
	ssize_t got;
	int rc = Z_OK;

	if (inflateInit2(&z, 15 + 16) != Z_OK)
		die("zlib");
	z.next_out = ring_room();
	z.avail_out = (uInt)CHUNK;
	while ((got = read(fd, in, CHUNK)) > 0) {
		hash_add(blob, in, (size_t)got);
		z.next_in = in;
		z.avail_in = (uInt)got;
		while (z.avail_in > 0 || z.avail_out == 0) {
			if (z.avail_out == 0) {
				hand_over(z.next_out - CHUNK, CHUNK);
				z.next_out = ring_room();
				z.avail_out = (uInt)CHUNK;
			}
			if (rc == Z_STREAM_END)
				(void)inflateReset(&z);
			rc = inflate(&z, Z_NO_FLUSH);
			if (rc != Z_OK && rc != Z_STREAM_END && rc != Z_BUF_ERROR)
				die("zlib");
			if (rc == Z_STREAM_END && z.avail_in == 0)
				break;
		}
	}
	if (z.avail_out < CHUNK)
		hand_over(z.next_out - (CHUNK - z.avail_out), CHUNK - z.avail_out);
	(void)inflateEnd(&z);
	free(in);
}

void blob_read(void *user)
{
	const struct blob *from = user;
	const char *name = from->name;
	int fd = open_or_die(AT_FDCWD, name, 0);
	unsigned char magic[2] = { 0 };
	struct hash blob;

	content_hash = from->content;
	hash_begin(&blob);
	if (pread(fd, magic, sizeof(magic), 0) < 0)
		die(name);
	if (magic[0] == 0x1f && magic[1] == 0x8b)
		read_gzip(fd, &blob);
	else
		read_zstd(fd, &blob);
	(void)close(fd);
	hash_end(&blob, name);
}

int floor_deep(int argc, char **argv)
{
	struct blob blob = { .name = argv[0] };
	struct hash content;
	unsigned char *data = NULL;
	size_t got;

	(void)argc;
	hash_begin(&content);
	ring_start(blob_read, &blob);
	while ((got = ring_get(&data, CHUNK)) > 0)
		hash_add(&content, data, got);
	ring_join();
	hash_end(&content, "-");
	return 0;
}

/* --------------------------------------------------------------------- walking */

static void only_look(int dir, const char *name, const struct stat *st, void *user)
{
	if (S_ISDIR(st->st_mode))
		walk(open_or_die(dir, name, O_DIRECTORY), only_look, user);
}

int floor_walk(int argc, char **argv)
{
	(void)argc;
	walk(open_or_die(AT_FDCWD, argv[0], O_DIRECTORY), only_look, NULL);
	return 0;
}

/* Each thread walks all of the tree, and hashes every second file: the stats are cheap. */
struct share {
	const char *root;
	unsigned char *buffer;
	unsigned long number;
	unsigned long rest;
};

static void hash_mine(int dir, const char *name, const struct stat *st, void *user)
{
	struct share *share = user;

	if (S_ISDIR(st->st_mode))
		walk(open_or_die(dir, name, O_DIRECTORY), hash_mine, share);
	else if (S_ISREG(st->st_mode) && share->number++ % 2 == share->rest)
		hash_file(dir, name, share->buffer, NULL);
}

static void *hash_share(void *user)
{
	struct share *share = user;

	share->buffer = malloc(CHUNK);
	if (!share->buffer)
		die("memory");
	walk(open_or_die(AT_FDCWD, share->root, O_DIRECTORY), hash_mine, share);
	free(share->buffer);
	return NULL;
}

int floor_tree(int argc, char **argv)
{
	struct share shares[2] = { { argv[0], NULL, 0, 0 }, { argv[0], NULL, 0, 1 } };
	pthread_t other;

	(void)argc;
	if (pthread_create(&other, NULL, hash_share, &shares[1]) != 0)
		die("thread");
	(void)hash_share(&shares[0]);
	(void)pthread_join(other, NULL);
	return 0;
}
