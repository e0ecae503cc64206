/* SPDX-License-Identifier: Apache-2.0 */
/* The directory of the cache: its table, and the files that lie beside it. */
#include "builder/cache.h"

#include "base/file.h"
#include "base/scope.h"
#include "base/staged.h"
#include "base/stream.h"
#include "builder/fd_digest.h"
#include "builder/inputs_dir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define RACY_SECONDS 2 /* the coarsest time of a file system: FAT's */

struct nacre_cache {
	int dir;
	int blobs;
	int inputs;
	struct nacre_cache_table *table;
	uint64_t max_bytes;
	uint64_t new_bytes; /* put since it was opened */
	time_t opened;	    /* by the file system's clock */
	struct nacre_arena arena;
};

/* ----------------------------------------------------------------- opening */

/* Whoever writes here decides what is in later images. */
static int check_owner(int dir, struct nacre_err *err)
{
	struct stat st;

	if (fstat(dir, &st) < 0)
		return nacre_fail_os(err, "stat");
	if (st.st_uid != geteuid() || (st.st_mode & 022))
		return nacre_fail(err, NACRE_E_UNSAFE, "others may write to it");
	return 0;
}

static int open_below(const char *path, const char *below, int *out_dir, struct nacre_err *err)
{
	nacre_autofree char *full = NULL;
	int rc;

	if (asprintf(&full, "%s/%s", path, below) < 0) {
		full = NULL;
		return nacre_fail_nomem(err);
	}
	rc = nacre_dir_make_parents(full, err);
	if (rc == 0)
		rc = nacre_dir_open(full, out_dir, err);
	return rc ? rc : check_owner(*out_dir, err);
}

/* What the file system takes for the time, whatever the process does. */
static int ask_time(struct nacre_cache *cache, struct nacre_err *err)
{
	nacre_autofd int fd = -1;
	struct stat st;
	int rc = nacre_nameless_open(cache->blobs, &fd, err);

	if (rc)
		return rc;
	if (fstat(fd, &st) < 0)
		return nacre_fail_os(err, "stat");
	cache->opened = st.st_ctim.tv_sec;
	return 0;
}

static int open_all(struct nacre_cache *cache, const char *path, struct nacre_err *err)
{
	int rc = open_below(path, "", &cache->dir, err);

	if (rc == 0)
		rc = open_below(path, "blobs/sha256/", &cache->blobs, err);
	if (rc == 0)
		rc = nacre_inputs_dir_open(path, &cache->inputs, err);
	if (rc == 0)
		nacre_staging_sweep(cache->blobs);
	if (rc == 0)
		rc = ask_time(cache, err);
	return rc ? rc : nacre_cache_table_open(cache->dir, path, &cache->table, err);
}

static void close_all(struct nacre_cache *cache)
{
	nacre_cache_table_free(cache->table);
	nacre_fd_close(&cache->inputs);
	nacre_fd_close(&cache->blobs);
	nacre_fd_close(&cache->dir);
	nacre_arena_clear(&cache->arena);
	free(cache);
}

int nacre_cache_open(const char *path, uint64_t max_bytes, const struct nacre_env *env,
	struct nacre_cache **out_cache, struct nacre_err *err)
{
	struct nacre_cache *cache;
	struct nacre_err why;

	*out_cache = NULL;
	if (!path)
		return 0;
	cache = calloc(1, sizeof(*cache));
	if (!cache)
		return nacre_fail_nomem(err);
	cache->dir = cache->blobs = cache->inputs = -1;
	cache->max_bytes = max_bytes > 0 ? max_bytes : NACRE_CACHE_BYTES;
	if (open_all(cache, path, &why) == 0) {
		*out_cache = cache;
		return 0;
	}
	close_all(cache);
	return why.code == NACRE_E_UNSAFE
		? nacre_warn(env, err, "cache %s: not used: %s", path, why.text)
		: 0;
}

/* ------------------------------------------------------------------- files */

/* The value of a row that stands for a file: its digest and its size. */
static bool take_file(
	const void *value, size_t len, struct nacre_digest *out_digest, uint64_t *out_size_bytes)
{
	char text[NACRE_DIGEST_TEXT + 32];
	unsigned long long size = 0;
	char digest[NACRE_DIGEST_TEXT];

	if (len >= sizeof(text))
		return false;
	memcpy(text, value, len);
	text[len] = '\0';
	if (sscanf(text, "%135s %llu", digest, &size) != 2 ||
		nacre_digest_parse(digest, out_digest, NULL))
		return false;
	*out_size_bytes = size;
	return true;
}

/* The row of the file itself, which is what goes with it. */
static void list_file(struct nacre_cache *cache, enum nacre_cache_kind kind,
	const struct nacre_digest *digest, uint64_t size_bytes)
{
	cache->new_bytes += size_bytes;
	nacre_cache_table_put(cache->table, kind, nacre_digest_hex(digest), NULL, 0, size_bytes);
}

static void put_file(struct nacre_cache *cache, enum nacre_cache_kind kind, const char *key,
	const struct nacre_digest *digest, uint64_t size_bytes)
{
	char text[NACRE_DIGEST_TEXT + 32];
	int len = snprintf(
		text, sizeof(text), "%s %llu", digest->text, (unsigned long long)size_bytes);

	list_file(cache, NACRE_CACHE_BLOB, digest, size_bytes);
	nacre_cache_table_put(cache->table, kind, key, text, (size_t)len, 0);
}

static bool is_proven(int fd, const struct nacre_digest *digest)
{
	struct nacre_digest got;
	uint64_t size;

	return nacre_fd_digest(fd, NULL, &got, &size, NULL) == 0 &&
		nacre_digest_equal(&got, digest) && lseek(fd, 0, SEEK_SET) == 0;
}

bool nacre_cache_open_blob(
	struct nacre_cache *cache, const struct nacre_digest *digest, int *out_fd)
{
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf nothing = NACRE_BUF(0);

	return cache &&
		nacre_cache_table_get(
			cache->table, NACRE_CACHE_BLOB, nacre_digest_hex(digest), &nothing) &&
		nacre_file_open_at(cache->blobs, nacre_digest_hex(digest), out_fd, NULL, NULL) == 0;
}

bool nacre_cache_open_file(struct nacre_cache *cache, enum nacre_cache_kind kind, const char *key,
	bool proven, int *out_fd, uint64_t *out_size_bytes, struct nacre_digest *out_digest)
{
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf value = NACRE_BUF(NACRE_CACHE_VALUE);
	nacre_autofd int fd = -1;

	if (!nacre_cache_get(cache, kind, key, &value) ||
		!take_file(value.data, value.len, out_digest, out_size_bytes) ||
		!nacre_cache_open_blob(cache, out_digest, &fd) ||
		(proven && !is_proven(fd, out_digest)))
		return false;
	*out_fd = nacre_steal_fd(&fd);
	return true;
}

/* No flush: what a crash of the machine tears does not have its digest. */
static bool keep(struct nacre_cache *cache, struct nacre_source *source, uint64_t size_bytes,
	struct nacre_digest *out_digest)
{
	NACRE_CLEANUP(nacre_staged_clear)
	struct nacre_staged file = NACRE_STAGED;
	NACRE_CLEANUP(nacre_sink_freep)
	struct nacre_sink *sink = NULL;
	NACRE_CLEANUP(nacre_sink_freep)
	struct nacre_sink *hasher = NULL;
	NACRE_CLEANUP(nacre_hash_freep)
	struct nacre_hash *hash = NULL;
	uint64_t bytes = 0;

	if (size_bytes > cache->max_bytes / 2 ||
		nacre_staged_open(&file, cache->blobs, 0600, NULL) ||
		nacre_sink_fd(file.fd, &sink, NULL) || nacre_hash_new(&hash, NULL) ||
		nacre_sink_hash(sink, hash, NULL, &hasher, NULL) ||
		nacre_stream_copy(source, hasher, &bytes, NULL) || bytes != size_bytes)
		return false;
	nacre_hash_finish(hash, out_digest);
	return nacre_staged_rename(&file, nacre_digest_hex(out_digest), NULL) == 0;
}

void nacre_cache_keep_file(struct nacre_cache *cache, enum nacre_cache_kind kind, const char *key,
	int fd, uint64_t size_bytes)
{
	NACRE_CLEANUP(nacre_source_freep)
	struct nacre_source *source = NULL;
	struct nacre_digest digest;

	if (cache && nacre_source_fd(fd, 0, size_bytes, &source, NULL) == 0 &&
		keep(cache, source, size_bytes, &digest))
		put_file(cache, kind, key, &digest, size_bytes);
}

void nacre_cache_keep_bytes(struct nacre_cache *cache, enum nacre_cache_kind kind, const char *key,
	const void *data, size_t len, const struct nacre_digest *digest)
{
	NACRE_CLEANUP(nacre_staged_clear)
	struct nacre_staged file = NACRE_STAGED;

	if (!cache || len > cache->max_bytes / 2 ||
		nacre_staged_open(&file, cache->blobs, 0600, NULL) ||
		nacre_write_all(file.fd, data, len, NULL) ||
		nacre_staged_rename(&file, nacre_digest_hex(digest), NULL))
		return;
	put_file(cache, kind, key, digest, len);
}

void nacre_cache_use_input(
	struct nacre_cache *cache, const struct nacre_digest *digest, uint64_t size_bytes)
{
	if (cache)
		list_file(cache, NACRE_CACHE_INPUT, digest, size_bytes);
}

/* ------------------------------------------------------------------- table */

bool nacre_cache_get(struct nacre_cache *cache, enum nacre_cache_kind kind, const char *key,
	struct nacre_buf *out_value)
{
	return cache && nacre_cache_table_get(cache->table, kind, key, out_value);
}

void nacre_cache_put(struct nacre_cache *cache, enum nacre_cache_kind kind, const char *key,
	const void *value, size_t len)
{
	if (!cache)
		return;
	cache->new_bytes += len;
	nacre_cache_table_put(cache->table, kind, key, value, len, 0);
}

void nacre_cache_begin(struct nacre_cache *cache)
{
	if (cache)
		nacre_cache_table_begin(cache->table);
}

void nacre_cache_begin_reading(struct nacre_cache *cache)
{
	if (cache)
		nacre_cache_table_begin_reading(cache->table);
}

void nacre_cache_end(struct nacre_cache *cache)
{
	if (cache)
		nacre_cache_table_end(cache->table);
}

/* ----------------------------------------------------------------- closing */

static void remove_file(enum nacre_cache_kind kind, const char *key, void *user)
{
	const struct nacre_cache *cache = user;

	if (kind == NACRE_CACHE_BLOB || kind == NACRE_CACHE_INPUT)
		(void)unlinkat(kind == NACRE_CACHE_BLOB ? cache->blobs : cache->inputs, key, 0);
}

/*
 * Files that no row stands for: of killed builds, or of a table that was set aside. They are listed
 * as rows of their own, used now, and so go in their turn.
 */
static void list_lost(struct nacre_cache *cache, int dir, enum nacre_cache_kind kind)
{
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf nothing = NACRE_BUF(0);
	int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *stream = fd >= 0 ? fdopendir(fd) : NULL;
	const struct dirent *entry;

	if (!stream) {
		nacre_fd_close(&fd);
		return;
	}
	nacre_cache_begin(cache);
	while ((entry = readdir(stream))) {
		struct nacre_digest digest;
		char text[NACRE_DIGEST_TEXT];
		struct stat st;

		(void)snprintf(text, sizeof(text), "sha256:%.64s", entry->d_name);
		if (nacre_digest_parse(text, &digest, NULL) ||
			nacre_cache_table_get(cache->table, kind, entry->d_name, &nothing) ||
			fstatat(dir, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
			continue;
		list_file(cache, kind, &digest, (uint64_t)st.st_size);
	}
	nacre_cache_end(cache);
	(void)closedir(stream);
}

static uint64_t bytes_in(int dir)
{
	int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *stream = fd >= 0 ? fdopendir(fd) : NULL;
	const struct dirent *entry;
	uint64_t bytes = 0;
	struct stat st;

	if (!stream) {
		nacre_fd_close(&fd);
		return 0;
	}
	while ((entry = readdir(stream))) {
		if (fstatat(dir, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
			S_ISREG(st.st_mode))
			bytes += (uint64_t)st.st_size;
	}
	(void)closedir(stream);
	return bytes;
}

/* A tenth more goes than has to, so that not each build has something to throw away. */
static void make_room(struct nacre_cache *cache)
{
	uint64_t files, rows;

	if (cache->new_bytes == 0)
		return;
	nacre_cache_end(cache);
	files = bytes_in(cache->blobs) + bytes_in(cache->inputs);
	rows = nacre_cache_table_bytes(cache->table);
	if (files <= cache->max_bytes && rows <= cache->max_bytes)
		return;
	if (files > rows) {
		list_lost(cache, cache->blobs, NACRE_CACHE_BLOB);
		list_lost(cache, cache->inputs, NACRE_CACHE_INPUT);
	}
	nacre_cache_table_trim(cache->table, cache->max_bytes / 10 * 9, remove_file, cache);
}

void nacre_cache_free(struct nacre_cache *cache)
{
	if (!cache)
		return;
	make_room(cache);
	close_all(cache);
}

time_t nacre_cache_racy_from(const struct nacre_cache *cache)
{
	return cache ? cache->opened - RACY_SECONDS : 0;
}

void *nacre_cache_new(struct nacre_cache *cache, size_t size)
{
	return cache ? nacre_arena_new(&cache->arena, size) : NULL;
}

void nacre_cache_key(const char *text, size_t len, char out_key[65])
{
	struct nacre_digest digest;

	nacre_digest_of(text, len, &digest);
	memcpy(out_key, nacre_digest_hex(&digest), 64);
	out_key[64] = '\0';
}
