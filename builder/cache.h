/* SPDX-License-Identifier: Apache-2.0 */
/**
 * What earlier builds have found out, in a directory of the user's: a table (cache_table.h), and
 * files under their digests. Everything in it may be missing, damaged or thrown away at any time;
 * a build is then slower, and the same. One cache is for one thread; any number of processes share
 * a directory.
 *
 * All calls but nacre_cache_open() take NULL for no cache: nothing is found, nothing is kept.
 */
#ifndef NACRE_BUILDER_CACHE_H
#define NACRE_BUILDER_CACHE_H

#include "base/arena.h"
#include "base/env.h"
#include "builder/cache_table.h"

#include <nacre/builder.h>

#include <time.h>

struct nacre_cache;

/**
 * Opens a cache directory, and makes it when it is not there. Where that is not possible there is
 * no cache; one that others may write to is not used, which is a warning.
 *
 * @param path       the user's; NULL: no cache
 * @param max_bytes  what may stay when it is closed; 0: NACRE_CACHE_BYTES
 * @param out_cache  NULL for no cache
 *
 * Errors: NOMEM, CANCELED.
 */
NACRE_CHECKED int nacre_cache_open(const char *path, uint64_t max_bytes,
	const struct nacre_env *env, struct nacre_cache **out_cache, struct nacre_err *err);

/** Makes room, so that no more stays than may. */
void nacre_cache_free(struct nacre_cache *cache);

/** As the table has them: cache_table.h. */
bool nacre_cache_get(struct nacre_cache *cache, enum nacre_cache_kind kind, const char *key,
	struct nacre_buf *out_value);
void nacre_cache_put(struct nacre_cache *cache, enum nacre_cache_kind kind, const char *key,
	const void *value, size_t len);
void nacre_cache_begin(struct nacre_cache *cache);
void nacre_cache_begin_reading(struct nacre_cache *cache);
void nacre_cache_end(struct nacre_cache *cache);

/**
 * Opens the file that was kept under a key, at its begin.
 *
 * @param proven  false: the caller proves its digest
 * @return false when it is not there, or not what was kept
 */
bool nacre_cache_open_file(struct nacre_cache *cache, enum nacre_cache_kind kind, const char *key,
	bool proven, int *out_fd, uint64_t *out_size_bytes, struct nacre_digest *out_digest);

/** Keeps `size_bytes` of a file from its begin on; what cannot be kept is not. */
void nacre_cache_keep_file(struct nacre_cache *cache, enum nacre_cache_kind kind, const char *key,
	int fd, uint64_t size_bytes);

/** Keeps some memory as a file. @param digest  of it */
void nacre_cache_keep_bytes(struct nacre_cache *cache, enum nacre_cache_kind kind, const char *key,
	const void *data, size_t len, const struct nacre_digest *digest);

/** Opens a file by its digest, which the caller proves. */
bool nacre_cache_open_blob(
	struct nacre_cache *cache, const struct nacre_digest *digest, int *out_fd);

/** A file of the inputs directory (inputs_dir.h) was used: it is one of those that are bounded. */
void nacre_cache_use_input(
	struct nacre_cache *cache, const struct nacre_digest *digest, uint64_t size_bytes);

/**
 * The second from which on a file that was changed may be changed again without a sign of it: two
 * before the time that the cache's file system said when the cache was opened. Git calls that racy.
 */
time_t nacre_cache_racy_from(const struct nacre_cache *cache);

/** Memory that lives as long as the cache; NULL without a cache, or when memory is out. */
void *nacre_cache_new(struct nacre_cache *cache, size_t size);

/** The digest of some text, as a key: 64 hex digits. */
void nacre_cache_key(const char *text, size_t len, char out_key[65]);

#endif
