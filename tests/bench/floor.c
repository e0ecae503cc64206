/* SPDX-License-Identifier: Apache-2.0 */
/* What the floors share, and which one it is. */
#include "floor.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CHUNKS 8

void die(const char *what)
{
	(void)fprintf(stderr, "floor: %s: %s\n", what, strerror(errno));
	exit(1);
}

/* ---------------------------------------------------------------------- hashes */

void hash_begin(struct hash *hash)
{
	static EVP_MD *sha256;

	if (!sha256)
		sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
	hash->context = EVP_MD_CTX_new();
	if (!hash->context || EVP_DigestInit_ex(hash->context, sha256, NULL) != 1)
		die("SHA-256");
}

void hash_add(struct hash *hash, const void *data, size_t len)
{
	if (EVP_DigestUpdate(hash->context, data, len) != 1)
		die("SHA-256");
}

void hash_end(struct hash *hash, const char *name)
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned len = 0;

	if (EVP_DigestFinal_ex(hash->context, digest, &len) != 1)
		die("SHA-256");
	EVP_MD_CTX_free(hash->context);
	if (!name)
		return;
	for (unsigned i = 0; i < len; i++)
		(void)printf("%02x", digest[i]);
	(void)printf("  %s\n", name);
}

/* ------------------------------------------------------------------------ ring */

static struct {
	unsigned char *data[CHUNKS];
	size_t len[CHUNKS];
	unsigned long put;   /* chunks */
	unsigned long taken; /* chunks */
	size_t at;	     /* in the chunk that is being taken */
	bool is_ended;
	ring_fn *run;
	void *user;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t changed;
} ring = { .lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER };

static void *ring_run(void *unused)
{
	(void)unused;
	ring.run(ring.user);
	(void)pthread_mutex_lock(&ring.lock);
	ring.is_ended = true;
	(void)pthread_cond_signal(&ring.changed);
	(void)pthread_mutex_unlock(&ring.lock);
	return NULL;
}

void ring_start(ring_fn *run, void *user)
{
	ring.run = run;
	ring.user = user;
	for (int i = 0; i < CHUNKS; i++) {
		ring.data[i] = malloc(CHUNK);
		if (!ring.data[i])
			die("memory");
	}
	if (pthread_create(&ring.thread, NULL, ring_run, NULL) != 0)
		die("thread");
}

unsigned char *ring_room(void)
{
	(void)pthread_mutex_lock(&ring.lock);
	while (ring.put - ring.taken == CHUNKS)
		(void)pthread_cond_wait(&ring.changed, &ring.lock);
	(void)pthread_mutex_unlock(&ring.lock);
	return ring.data[ring.put % CHUNKS];
}

void ring_put(size_t len)
{
	(void)pthread_mutex_lock(&ring.lock);
	ring.len[ring.put++ % CHUNKS] = len;
	(void)pthread_cond_signal(&ring.changed);
	(void)pthread_mutex_unlock(&ring.lock);
}

static void give_back(void)
{
	(void)pthread_mutex_lock(&ring.lock);
	ring.taken++;
	ring.at = 0;
	(void)pthread_cond_signal(&ring.changed);
	(void)pthread_mutex_unlock(&ring.lock);
}

size_t ring_get(unsigned char **out_data, size_t most)
{
	size_t len, chunk;
	bool is_there;

	/* What was handed out last time is free now. */
	if (ring.at > 0 && ring.at == ring.len[ring.taken % CHUNKS])
		give_back();
	(void)pthread_mutex_lock(&ring.lock);
	while (ring.put == ring.taken && !ring.is_ended)
		(void)pthread_cond_wait(&ring.changed, &ring.lock);
	is_there = ring.put != ring.taken;
	(void)pthread_mutex_unlock(&ring.lock);
	if (!is_there)
		return 0;
	chunk = ring.taken % CHUNKS;
	len = ring.len[chunk] - ring.at;
	len = len < most ? len : most;
	*out_data = ring.data[chunk] + ring.at;
	ring.at += len;
	return len;
}

void ring_join(void)
{
	(void)pthread_join(ring.thread, NULL);
}

/* --------------------------------------------------------------------- walking */

void walk(int dir, walk_fn *each, void *user)
{
	DIR *stream = fdopendir(dir);
	const struct dirent *entry;
	struct stat st;

	if (!stream)
		die("directory");
	while ((entry = readdir(stream))) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		if (fstatat(dir, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
			die(entry->d_name);
		each(dir, entry->d_name, &st, user);
	}
	(void)closedir(stream);
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* All names of a directory but . and .., sorted, and how many there are. */
static char **names_of(DIR *stream, size_t *out_count)
{
	const struct dirent *entry;
	char **names = NULL;
	size_t count = 0, room = 0;

	while ((entry = readdir(stream))) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		if (count == room) {
			room = room ? 2 * room : 64;
			names = realloc(names, room * sizeof(names[0]));
			if (!names)
				die("memory");
		}
		names[count] = strdup(entry->d_name);
		if (!names[count++])
			die("memory");
	}
	if (count > 0)
		qsort(names, count, sizeof(names[0]), compare_names);
	*out_count = count;
	return names;
}

void walk_sorted(int dir, walk_fn *each, void *user)
{
	DIR *stream = fdopendir(dir);
	struct stat st;
	size_t count = 0;
	char **names;

	if (!stream)
		die("directory");
	names = names_of(stream, &count);
	for (size_t i = 0; i < count; i++) {
		if (fstatat(dir, names[i], &st, AT_SYMLINK_NOFOLLOW) < 0)
			die(names[i]);
		each(dir, names[i], &st, user);
		free(names[i]);
	}
	free(names);
	(void)closedir(stream);
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		int (*run)(int argc, char **argv);
	} floors[] = {
		{ "hash", floor_hash },
		{ "deep", floor_deep },
		{ "walk", floor_walk },
		{ "tree", floor_tree },
		{ "pack", floor_pack },
		{ "unpack", floor_unpack },
	};

	for (size_t i = 0; argc > 2 && i < sizeof(floors) / sizeof(floors[0]); i++) {
		if (strcmp(argv[1], floors[i].name) == 0)
			return floors[i].run(argc - 2, argv + 2);
	}
	(void)fprintf(stderr,
		"usage: floor hash FILE...          SHA-256 of each, over two threads\n"
		"       floor deep BLOB             SHA-256 of a blob and of what is compressed in "
		"it\n"
		"       floor walk DIR              one fstatat of each name\n"
		"       floor tree DIR              the same, and SHA-256 of each file, over two "
		"threads\n"
		"       floor pack DIR OUT zstd     what a build of one layer cannot do without; "
		"or "
		"gzip\n"
		"       floor unpack BLOB OUT       what unpacking cannot do without\n");
	return 2;
}
