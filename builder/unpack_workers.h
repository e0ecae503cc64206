/* SPDX-License-Identifier: Apache-2.0 */
/**
 * The two workers of unpacking. The reader decompresses, parses and folds; it has the blobs, a file
 * without a name for the tree, and a pipe for contents, and no file system. The writer has the
 * tree, the other end of the pipe, the staging directory, and the file of the ledger. Neither can
 * reach anything else, and the caller, who renames in the end, parses nothing.
 *
 *   reader   folds, stores the tree, judges it, reports … sends each layer that is wanted, ends
 *   caller                       makes the staging directory, starts the writer, lets both go on
 *   writer                       loads the tree, judges it again, writes, flushes, reports, ends
 */
#ifndef NACRE_BUILDER_UNPACK_WORKERS_H
#define NACRE_BUILDER_UNPACK_WORKERS_H

#include "base/worker.h"
#include "builder/image_tree.h"
#include "layers/ledger.h"

#include <nacre/builder.h>

/** What both work on: all borrowed from the caller. */
struct nacre_unpack_work {
	struct nacre_image_tree *image;	   /* opened (nacre_image_tree_open) */
	const struct nacre_digest *digest; /* of its manifest */
	const struct nacre_unpack_options *options;
	const struct nacre_env *env;
	int tree_file; /* nacre_worker_file() */
	int contents;  /* the worker's end of the pipe (nacre_frames_pipe) */
	int staging;   /* of the writer: an empty directory, 0700 */
	int ledger;    /* of the writer: an empty file */
	struct nacre_ledger_id ledger_id;
};

/**
 * Starts the reader and waits until it has read everything and found nothing wrong; it then pauses.
 *
 * Errors: those of the layers; those of the policy; those of a worker.
 */
NACRE_CHECKED int nacre_unpack_reader_start(
	struct nacre_unpack_work *work, struct nacre_worker **out_worker, struct nacre_err *err);

/** Starts the writer. Errors: IO, NOMEM. */
NACRE_CHECKED int nacre_unpack_writer_start(
	struct nacre_unpack_work *work, struct nacre_worker **out_worker, struct nacre_err *err);

/**
 * Lets the reader go on and waits until both have ended.
 *
 * Errors: those of streams and of writing; those of a worker.
 */
NACRE_CHECKED int nacre_unpack_workers_finish(struct nacre_worker *reader,
	struct nacre_worker *writer, struct nacre_unpacked *out_unpacked, struct nacre_err *err);

#endif
