/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Writing a planned tree to disk, once: the second half of "plan, then write".
 *
 * Everything happens below one fresh directory of mode 0700, by parent descriptors and single names
 * that nothing follows a link on; no path is ever put together. The steps are new, dirs, a stream
 * for each origin that is read from its begin to its end (a layer), finish. After an error only
 * free is left, and the caller removes what is in the directory.
 */
#ifndef NACRE_LAYERS_WRITE_H
#define NACRE_LAYERS_WRITE_H

#include "layers/loss.h"
#include "layers/tree.h"

/** Safe when zero. */
struct nacre_write_options {
	bool keep_owner;     /* chown to the tree's owners; false: all is ours, as without root */
	bool devices;	     /* make device nodes; false: a tree with one is refused */
	bool keep_setid;     /* files that could not get their owner keep setuid and setgid */
	bool drop_setid;     /* no setuid, setgid and security.capability for files */
	bool drop_xattrs;    /* none but user.* and security.capability */
	bool bear_losses;    /* what the system refuses is a loss: owners for root, devices, modes,
				times, and names, which become others; false: an error */
	nacre_loss_fn *lost; /* told of each entry that loses something; NULL: nobody */
	void *user;	     /* handed to lost */
};

/** Whether these options want an xattr. */
bool nacre_write_wants_xattr(const struct nacre_write_options *options, const char *name);

struct nacre_writer;

/**
 * Checks the whole tree before anything is written.
 *
 * @param tree         without whiteouts; must not change while the writer lives. inode->first is
 *                     used during this call
 * @param staging_dir  borrowed, open for reading, empty, mode 0700; becomes the tree's root
 * @param env          borrowed; may be NULL
 *
 * Errors: UNSAFE (a device without options->devices, the device 0:0, numbers over 12/20 bits, a
 * bad name, a directory with two names, an owner of 4294967295), ARG (a whiteout, a staging
 * directory that is open to others), EXISTS (one that is not empty), IO, NOMEM.
 */
NACRE_CHECKED int nacre_writer_new(struct nacre_tree *tree, int staging_dir,
	const struct nacre_write_options *options, const struct nacre_env *env,
	struct nacre_writer **out_writer, struct nacre_err *err);
void nacre_writer_free(struct nacre_writer *writer);
void nacre_writer_freep(struct nacre_writer **writer);

/** Makes all directories; they stay 0700 until the end. Errors: IO, CANCELED. */
NACRE_CHECKED int nacre_writer_dirs(struct nacre_writer *writer, struct nacre_err *err);

/**
 * Reads a stream from its begin to its end, always all of it, and writes the files of `origin`,
 * whose keys are offsets in it.
 *
 * Errors: FORMAT (the stream ends too early), UNSAFE (two files lie in the same bytes), ARG (the
 * same origin again), IO, CANCELED, those of the source.
 */
NACRE_CHECKED int nacre_writer_stream(struct nacre_writer *writer,
	const struct nacre_origin *origin, struct nacre_source *source, struct nacre_err *err);

/**
 * Writes the files that no stream had, by opening their content, then all that is no file, then
 * further names, then the attributes of directories.
 *
 * An attribute that the file system refuses is a warning that names it and a loss; an owner is an
 * error for root unless losses are borne.
 *
 * Errors: IO, FORMAT (content of another size), CANCELED, those of origins.
 */
NACRE_CHECKED int nacre_writer_finish(struct nacre_writer *writer, struct nacre_err *err);

/** Flushes the file system; whether that is wanted (env->no_sync) is the caller's. Errors: IO. */
NACRE_CHECKED int nacre_writer_sync(struct nacre_writer *writer, struct nacre_err *err);

/** New, dirs and finish, for a tree whose contents can all be opened. Errors: theirs. */
NACRE_CHECKED int nacre_tree_write(struct nacre_tree *tree, int staging_dir,
	const struct nacre_write_options *options, const struct nacre_env *env,
	struct nacre_err *err);

#endif
