/* SPDX-License-Identifier: Apache-2.0 */
/** The digest of a file that is open. */
#ifndef NACRE_BUILDER_FD_DIGEST_H
#define NACRE_BUILDER_FD_DIGEST_H

#include "base/stream.h"

#include <nacre/builder.h>

/**
 * The sha256 of all of a file, and how much that is.
 *
 * @param kept  gets the very bytes that are hashed; NULL: nobody does
 *
 * Errors: IO, NOMEM, those of `kept`.
 */
NACRE_CHECKED int nacre_fd_digest(int fd, struct nacre_sink *kept, struct nacre_digest *out_digest,
	uint64_t *out_size_bytes, struct nacre_err *err);

/**
 * Puts a copy without a name in the place of a file, which nobody else can change, and hashes that:
 * what is proven of it stays so. Shares blocks with the original where the file system can.
 *
 * @param fd          of the original, which is closed; at the begin of the copy then. As it was
 *                    after an error
 * @param scratch     a directory that has room for it
 * @param most_bytes  of the limit blob-bytes
 *
 * Errors: LIMIT (blob-bytes), IO, NOMEM.
 */
NACRE_CHECKED int nacre_fd_own(int *fd, int scratch, uint64_t most_bytes,
	struct nacre_digest *out_digest, uint64_t *out_size_bytes, struct nacre_err *err);

#endif
