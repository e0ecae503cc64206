/* SPDX-License-Identifier: Apache-2.0 */
/** Layouts in one file, as tar archives. */
#ifndef NACRE_BUILDER_ARCHIVE_H
#define NACRE_BUILDER_ARCHIVE_H

#include "base/env.h"
#include "formats/descriptor.h"
#include "formats/layout.h"

/**
 * Opens an archive to be read in place. Only the headers of its members are looked at; what is
 * asked for is found by its name, and believed by its digest, as in a directory.
 *
 * The archive stays open: another one that is renamed to its place meanwhile is not seen, and one
 * that is written over shows by a digest.
 *
 * Errors: NOT_FOUND, IO; UNSUPPORTED (compressed); UNSAFE (a name twice, a link in the place of a
 * file); FORMAT, LIMIT (as the tar streams of layers, and more than 65536 files); as
 * nacre_layout_open().
 * Spec:   OCI image-spec v1.1.1, image-layout.md.
 */
NACRE_CHECKED int nacre_archive_open(const char *path, const struct nacre_limits *limits,
	struct nacre_layout **out_layout, struct nacre_err *err);

/** The same for a file that is open already, whose descriptor is taken, also on failure. */
NACRE_CHECKED int nacre_archive_open_fd_take(int fd, uint64_t size_bytes,
	const struct nacre_limits *limits, struct nacre_layout **out_layout, struct nacre_err *err);

/**
 * Writes blobs of a layout into a new archive: the marker, an index.json that lists the
 * descriptors, and the blobs; each blob's digest is proven as it is read. The same content makes
 * the same bytes.
 *
 * @param listed  what index.json lists
 * @param blobs   all there are, without those twice
 * @param path    appears whole or not at all, over a file that is there
 *
 * Errors: NOT_FOUND, FORMAT, DIGEST (of the blobs); UNSAFE (something else than a file is there);
 * IO, CANCELED, NOMEM.
 */
NACRE_CHECKED int nacre_archive_write(const struct nacre_layout *layout,
	const struct nacre_descriptors *listed, const struct nacre_descriptors *blobs,
	const char *path, const struct nacre_env *env, struct nacre_err *err);

#endif
