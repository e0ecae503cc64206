/* SPDX-License-Identifier: Apache-2.0 */
/** Getting what a URL names, known by its digest: resumed, tried again, kept. */
#ifndef NACRE_BUILDER_FETCH_H
#define NACRE_BUILDER_FETCH_H

#include <nacre/builder.h>

/**
 * Gets a file into a directory, where its name is the 64 hex digits of its sha256. One that is
 * there and right is not fetched again. What was broken off lies beside it, with ".part" behind its
 * name, and is gone on with, also by another process; of two processes one waits for the other.
 *
 * Tried up to 5 times without a byte more, with 0.25 to 2 seconds in between.
 *
 * @param dir     of inputs
 * @param out_fd  the file, whose content was proven just now
 *
 * Errors: DIGEST; those of nacre_transfer_run(); IO.
 */
NACRE_CHECKED int nacre_fetch(int dir, const char *url, const struct nacre_digest *sha256,
	const struct nacre_net *net, const struct nacre_env *env, int *out_fd,
	struct nacre_err *err);

#endif
