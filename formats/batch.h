/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Writing into a layout, all or nothing.
 *
 * What is added lies aside, under names that nobody looks at, until the batch is committed. Killed
 * at any moment, a batch leaves the old index or the new one, and only whole blobs under their
 * digests. Two batches on one layout, in one process or in two, are both kept: index.json is read
 * and written under a lock for which the second waits. A batch is used by one thread; the sinks of
 * blobs that it has opened may each be written by another.
 */
#ifndef NACRE_FORMATS_BATCH_H
#define NACRE_FORMATS_BATCH_H

#include "base/stream.h"
#include "formats/layout.h"

struct nacre_layout_batch;

/**
 * Begins, and sweeps up what killed runs have left in the layout.
 *
 * @param layout  borrowed, must outlive the batch
 * @param env     borrowed likewise, may be NULL: limits, and no_sync
 * Errors: UNSUPPORTED (an archive); NOMEM.
 */
NACRE_CHECKED int nacre_batch_new(const struct nacre_layout *layout, const struct nacre_env *env,
	struct nacre_layout_batch **out_batch, struct nacre_err *err);

/** Drops everything that was not committed. */
void nacre_batch_free(struct nacre_layout_batch *batch);
void nacre_batch_freep(struct nacre_layout_batch **batch);

/**
 * Opens a blob of the batch or, when it is not there, of the layout, to be read by offsets. Its
 * digest is not proven.
 *
 * Errors: those of nacre_layout_open_blob().
 */
NACRE_CHECKED int nacre_batch_reopen_blob(const struct nacre_layout_batch *batch,
	const struct nacre_descriptor *desc, int *out_fd, struct nacre_err *err);

/**
 * Whether the layout has a blob, whole: all of it is read. What it has need not be written again.
 *
 * @param media_type  of the descriptor
 * @param out_desc    taken as empty; set when it has
 * Errors: NOMEM, CANCELED.
 */
NACRE_CHECKED int nacre_batch_find_blob(const struct nacre_layout_batch *batch,
	const struct nacre_digest *digest, uint64_t size_bytes, const char *media_type,
	struct nacre_descriptor *out_desc, bool *out_found, struct nacre_err *err);

/**
 * Opens a new blob: what is written to the sink is hashed, counted and kept aside.
 *
 * @param out_sink  the caller's: to hand to nacre_batch_close_blob(), or to free, which drops the
 *                  blob. Writing fails with LIMIT past blob-bytes
 * Errors: IO, NOMEM.
 */
NACRE_CHECKED int nacre_batch_open_blob(
	struct nacre_layout_batch *batch, struct nacre_sink **out_sink, struct nacre_err *err);

/**
 * Ends a blob and says what it is.
 *
 * @param sink        finished or not; freed and set to NULL, also on failure
 * @param media_type  of the descriptor
 * @param out_desc    taken as empty; set on success only
 * Errors: IO, NOMEM.
 */
NACRE_CHECKED int nacre_batch_close_blob(struct nacre_layout_batch *batch, struct nacre_sink **sink,
	const char *media_type, struct nacre_descriptor *out_desc, struct nacre_err *err);

/** Open, write, close. @param out_desc  NULL: not wanted. */
NACRE_CHECKED int nacre_batch_add_blob(struct nacre_layout_batch *batch, const void *data,
	size_t len, const char *media_type, struct nacre_descriptor *out_desc,
	struct nacre_err *err);

/**
 * The same for what is in a file, from `offset` on.
 *
 * @param size_bytes  as nacre_source_fd() has it: UINT64_MAX for all there is
 * Errors: also those of reading it.
 */
NACRE_CHECKED int nacre_batch_add_file(struct nacre_layout_batch *batch, int fd, uint64_t offset,
	uint64_t size_bytes, const char *media_type, struct nacre_descriptor *out_desc,
	struct nacre_err *err);

/**
 * Lists a descriptor in index.json, as nacre_index_amend() says.
 *
 * @param desc      copied; its blob must be in the layout or in the batch when that is committed
 * @param ref_name  NULL: no name
 * Errors: NOMEM.
 */
NACRE_CHECKED int nacre_batch_tag(struct nacre_layout_batch *batch,
	const struct nacre_descriptor *desc, const char *ref_name, struct nacre_err *err);

/** Takes a name off; NOT_FOUND comes from the commit. Errors: NOMEM. */
NACRE_CHECKED int nacre_batch_untag(
	struct nacre_layout_batch *batch, const char *ref_name, struct nacre_err *err);

/** Unlists all descriptors with a digest; NOT_FOUND comes from the commit. Errors: NOMEM. */
NACRE_CHECKED int nacre_batch_unlist(
	struct nacre_layout_batch *batch, const struct nacre_digest *digest, struct nacre_err *err);

/**
 * Makes it all visible: blobs first, then the index. Afterwards the batch is empty and may be
 * used again. An existing blob is replaced, which heals a damaged one.
 *
 * Errors: NOT_FOUND (a tag for a blob that is not there, untag, unlist); IO; as
 * nacre_index_parse(). The layout is then as before, but for blobs that nothing lists.
 */
NACRE_CHECKED int nacre_batch_commit(struct nacre_layout_batch *batch, struct nacre_err *err);

#endif
