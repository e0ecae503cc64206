/* SPDX-License-Identifier: Apache-2.0 */
/**
 * The table of the cache: short values under keys, in SQLite, with an order of use. It holds
 * nothing that cannot be made again: what is damaged, or of another program or version, is set
 * aside and begun anew, and every row proves itself. Any number of processes may use one table.
 */
#ifndef NACRE_BUILDER_CACHE_TABLE_H
#define NACRE_BUILDER_CACHE_TABLE_H

#include "base/buf.h"

/** What a key is a key of. Numbers are in the file: only add. */
enum nacre_cache_kind {
	NACRE_CACHE_CONTENT = 1, /* the sha256 of a file: content_key.h */
	NACRE_CACHE_STEP = 2,	 /* a step that was done: step_key.h */
	NACRE_CACHE_LIST = 3,	 /* what a step has read when it was last done: step_key.h */
	NACRE_CACHE_TREE = 4,	 /* a tree that was read out of something: cache_tree.h */
	NACRE_CACHE_LAYER = 5,	 /* a layer that was written: cache_layer.h */
	NACRE_CACHE_PART = 6,	 /* a compressed part: cache_parts.h */
	NACRE_CACHE_INPUT = 7,	 /* a file that was fetched; its key is its sha256 */
	NACRE_CACHE_BLOB = 8,	 /* a file beside the table; its key is its sha256 */
};

/** The most that a value has. */
#define NACRE_CACHE_VALUE ((size_t)1 << 20)

struct nacre_cache_table;

/**
 * Opens DIR/build.db, and makes it when it is not there.
 *
 * @param dir   the same directory as `path`
 * @param path  a path that the user named: SQLite takes no descriptor
 *
 * Errors: IO (it cannot be opened, and not be set aside either), NOMEM.
 */
NACRE_CHECKED int nacre_cache_table_open(
	int dir, const char *path, struct nacre_cache_table **out_table, struct nacre_err *err);

/** Sets the table aside when it turned out to be damaged. */
void nacre_cache_table_free(struct nacre_cache_table *table);

/**
 * Finds a value, which counts as use.
 *
 * @param out_value  emptied first; not NUL-terminated when there is nothing in it
 * @return false when it is not there, or not what was put there
 */
bool nacre_cache_table_get(struct nacre_cache_table *table, enum nacre_cache_kind kind,
	const char *key, struct nacre_buf *out_value);

/**
 * Puts a value, in the place of any other. What cannot be kept is not kept.
 *
 * @param bytes  that go when this row goes, but for the row's own
 */
void nacre_cache_table_put(struct nacre_cache_table *table, enum nacre_cache_kind kind,
	const char *key, const void *value, size_t len, uint64_t bytes);

/** Many puts at once, up to the next nacre_cache_table_end(): others wait for it. */
void nacre_cache_table_begin(struct nacre_cache_table *table);

/** Many gets at once: what others put meanwhile is not seen. */
void nacre_cache_table_begin_reading(struct nacre_cache_table *table);
void nacre_cache_table_end(struct nacre_cache_table *table);

/** What all rows stand for. */
uint64_t nacre_cache_table_bytes(struct nacre_cache_table *table);

/** What is asked about each row that goes. */
typedef void nacre_cache_gone_fn(enum nacre_cache_kind kind, const char *key, void *user);

/** Takes rows out, those first that were used longest ago, until the rest is `most` bytes or less.
 */
void nacre_cache_table_trim(
	struct nacre_cache_table *table, uint64_t most, nacre_cache_gone_fn *gone, void *user);

#endif
