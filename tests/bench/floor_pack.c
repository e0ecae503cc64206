/* SPDX-License-Identifier: Apache-2.0 */
/* The floor of a build: read each file, hash, compress, hash, write. */
#include "floor.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zstd.h>

#define LEVEL 3
#define THREADS 2

static unsigned char *room; /* of the ring, being filled */
static size_t filled;
static char path[TAR_PATH]; /* of the directory that is read, with a slash at its end */

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

/* Zeros where there is no data. */
static void add(const unsigned char *data, size_t len)
{
	while (len > 0) {
		size_t part;

		make_room();
		part = CHUNK - filled < len ? CHUNK - filled : len;
		if (data) {
			memcpy(room + filled, data, part);
			data += part;
		} else {
			memset(room + filled, 0, part);
		}
		filled += part;
		len -= part;
	}
}

static void add_content(int fd, size_t size)
{
	size_t left = size;

	while (left > 0) {
		ssize_t got;

		make_room();
		got = read(fd, room + filled, CHUNK - filled < left ? CHUNK - filled : left);
		if (got <= 0)
			die("read");
		filled += (size_t)got;
		left -= (size_t)got;
	}
	add(NULL, tar_padding(size));
}

static char type_of(mode_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFDIR:
		return '5';
	case S_IFLNK:
		return '2';
	case S_IFCHR:
		return '3';
	case S_IFBLK:
		return '4';
	case S_IFIFO:
		return '6';
	default:
		return '0';
	}
}

static void add_header(int dir, const char *name, const struct stat *st)
{
	static unsigned char out[2 * TAR_PATH + 4 * TAR_BLOCK];
	static struct member member;
	ssize_t len = 0;

	member.type = type_of(st->st_mode);
	member.mode = st->st_mode & 07777;
	member.uid = st->st_uid;
	member.gid = st->st_gid;
	member.device = st->st_rdev;
	member.size = S_ISREG(st->st_mode) ? (unsigned long long)st->st_size : 0;
	member.mtime = st->st_mtime;
	strcpy(member.path, path);
	if (S_ISLNK(st->st_mode))
		len = readlinkat(dir, name, member.link, sizeof(member.link) - 1);
	if (len < 0)
		die(name);
	member.link[len] = '\0';
	add(out, tar_put(out, &member));
}

static void add_one(int dir, const char *name, const struct stat *st, void *user)
{
	size_t before = strlen(path);
	int fd = -1;

	if (before + strlen(name) + 2 > sizeof(path))
		die("a path that is too long");
	(void)sprintf(path + before, S_ISDIR(st->st_mode) ? "%s/" : "%s", name);
	if (S_ISDIR(st->st_mode) || S_ISREG(st->st_mode)) {
		fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
		if (fd < 0)
			die(path);
	}
	add_header(dir, name, st);
	if (S_ISDIR(st->st_mode)) {
		walk_sorted(fd, add_one, user);
	} else if (S_ISREG(st->st_mode)) {
		add_content(fd, (size_t)st->st_size);
		(void)close(fd);
	}
	path[before] = '\0';
}

static void read_tree(void *user)
{
	int dir = open(user, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (dir < 0)
		die(user);
	walk_sorted(dir, add_one, NULL);
	add(NULL, 2 * TAR_BLOCK);
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

	(void)ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, LEVEL);
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
	unsigned char *data = NULL;
	size_t len;

	gzip_start(THREADS, put);
	while ((len = ring_get(&data, CHUNK)) > 0) {
		hash_add(content, data, len);
		gzip_add(data, len);
	}
	gzip_end();
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
