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
				ring_put(out.pos);
				out = (ZSTD_outBuffer){ ring_room(), CHUNK, 0 };
			}
			if (ZSTD_isError(ZSTD_decompressStream(context, &out, &from)))
				die("zstd");
		}
	}
	if (out.pos > 0)
		ring_put(out.pos);
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
				ring_put(CHUNK);
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
		ring_put(CHUNK - z.avail_out);
	(void)inflateEnd(&z);
	free(in);
}

/* The stream of a blob into the ring, and the digest of the blob. */
static void read_blob(void *user)
{
	const char *name = user;
	int fd = open_or_die(AT_FDCWD, name, 0);
	unsigned char magic[2] = { 0 };
	struct hash blob;

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
	struct hash content;
	unsigned char *data = NULL;
	size_t got;

	(void)argc;
	hash_begin(&content);
	ring_start(read_blob, argv[0]);
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

/* ------------------------------------------------------------------- unpacking */

struct copy {
	int to;
};

static void skip(size_t len)
{
	unsigned char *data = NULL;

	while (len > 0) {
		size_t got = ring_get(&data, len);

		if (got == 0)
			return;
		len -= got;
	}
}

static void finish(int fd, const struct stat *st)
{
	const struct timespec times[2] = { st->st_mtim, st->st_mtim };

	if (fchown(fd, st->st_uid, st->st_gid) < 0 || fchmod(fd, st->st_mode & 07777) < 0 ||
		futimens(fd, times) < 0)
		die("attributes");
	(void)close(fd);
}

static void make_file(int to, const char *name, const struct stat *st)
{
	int fd = openat(to, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	size_t left = (size_t)st->st_size;
	unsigned char *data = NULL;

	if (fd < 0)
		die(name);
	while (left > 0) {
		size_t got = ring_get(&data, left);

		if (got == 0 || write(fd, data, got) != (ssize_t)got)
			break;
		left -= got;
	}
	finish(fd, st);
}

/*
 * The stream's bytes go into the tree's files in the order of the directories, which is not that of
 * the tar: what is written is nonsense of the right length, and costs the same.
 */
static void make_one(int dir, const char *name, const struct stat *st, void *user)
{
	struct copy inner, *copy = user;
	char target[4096];
	ssize_t len;

	if (S_ISDIR(st->st_mode)) {
		if (mkdirat(copy->to, name, 0700) < 0)
			die(name);
		inner.to = open_or_die(copy->to, name, O_DIRECTORY);
		walk(open_or_die(dir, name, O_DIRECTORY), make_one, &inner);
		finish(inner.to, st);
	} else if (S_ISREG(st->st_mode)) {
		skip(512);
		make_file(copy->to, name, st);
	} else if (S_ISLNK(st->st_mode)) {
		len = readlinkat(dir, name, target, sizeof(target) - 1);
		if (len < 0)
			die(name);
		target[len] = '\0';
		if (symlinkat(target, copy->to, name) < 0)
			die(name);
	}
}

int floor_unpack(int argc, char **argv)
{
	struct copy copy;

	if (argc < 3 || mkdir(argv[2], 0700) < 0)
		die("the new directory");
	copy.to = open_or_die(AT_FDCWD, argv[2], O_DIRECTORY);
	ring_start(read_blob, argv[0]);
	walk(open_or_die(AT_FDCWD, argv[1], O_DIRECTORY), make_one, &copy);
	skip(SIZE_MAX);
	ring_join();
	return 0;
}
