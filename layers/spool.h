/* SPDX-License-Identifier: Apache-2.0 */
/** Contents put aside in a file without a name, to be read in any order afterwards. */
#ifndef NACRE_LAYERS_SPOOL_H
#define NACRE_LAYERS_SPOOL_H

#include "layers/tree.h"

struct nacre_spool;

/**
 * Makes an empty spool. Its file never shows under a lasting name and goes with the spool, or with
 * the process.
 *
 * @param dir        where the file system has room; not needed later
 * @param max_bytes  the most that all of it may become
 *
 * Errors: IO, NOMEM.
 */
NACRE_CHECKED int nacre_spool_new(
	int dir, uint64_t max_bytes, struct nacre_spool **out_spool, struct nacre_err *err);
void nacre_spool_free(struct nacre_spool *spool);
void nacre_spool_freep(struct nacre_spool **spool);

/** How much it holds: where the next byte will lie. */
uint64_t nacre_spool_size(const struct nacre_spool *spool);

/** Its file: for a worker that adds to it. */
int nacre_spool_fd(const struct nacre_spool *spool);

/**
 * A worker has added to the file: all of it up to `size` is of the spool now.
 *
 * Errors: UNSAFE (less than there was, more than max_bytes, or than is in the file), IO.
 */
NACRE_CHECKED int nacre_spool_grow(struct nacre_spool *spool, uint64_t size, struct nacre_err *err);

/**
 * A sink that adds to the end. Several may exist; their writes line up as they come. A write that
 * fails has added nothing.
 *
 * Errors: NOMEM. Writes: LIMIT (max_bytes), IO.
 */
NACRE_CHECKED int nacre_spool_sink(
	struct nacre_spool *spool, struct nacre_sink **out_sink, struct nacre_err *err);

/**
 * A source of `size` bytes from `offset` on; any number of them may be open, also in several
 * threads, and also while the spool grows.
 *
 * Errors: ARG (not inside of what the spool holds), NOMEM. Reads: IO.
 */
NACRE_CHECKED int nacre_spool_source(const struct nacre_spool *spool, uint64_t offset,
	uint64_t size, struct nacre_source **out_source, struct nacre_err *err);

/**
 * Takes a file for a spool that nothing is added to.
 *
 * @param fd  open for reading, with at least `size` bytes; -1 afterwards
 * Errors: NOMEM.
 */
NACRE_CHECKED int nacre_spool_take(
	int *fd, uint64_t size, struct nacre_spool **out_spool, struct nacre_err *err);

/**
 * Says what the contents are of: a line that stands for what the whole spool will hold. With their
 * offset and size behind it they have names.
 *
 * Errors: NOMEM, LIMIT (too long).
 */
NACRE_CHECKED int nacre_spool_set_name(
	struct nacre_spool *spool, const char *name, struct nacre_err *err);

/** The spool as the origin of tree contents; a key is an offset. */
struct nacre_origin *nacre_spool_origin(struct nacre_spool *spool);

#endif
