/* SPDX-License-Identifier: Apache-2.0 */
/**
 * One try to get what a URL names into a file. Tries, resuming and what is right of it are
 * builder/fetch.h's.
 */
#ifndef NACRE_BUILDER_TRANSFER_H
#define NACRE_BUILDER_TRANSFER_H

#include "base/err.h"

#include <nacre/builder.h>

/** How a try has ended, when it is no error of ours. */
enum nacre_transfer_end {
	NACRE_TRANSFER_DONE,
	NACRE_TRANSFER_AGAIN, /* broken off, or the server is in trouble: try again, from here on */
	NACRE_TRANSFER_RESTART, /* the server cannot go on from there: from the start */
};

struct nacre_transfer {
	const char *url;     /* https: or file: */
	int fd;		     /* written at its offset */
	uint64_t offset;     /* that much is there already */
	uint64_t most_bytes; /* of the whole */
};

/**
 * Follows up to 10 redirections, from https to https only. Slower than a byte a second for half a
 * minute is broken off.
 *
 * @param net      proxy and certificates; NULL: no proxy, the system's certificates
 * @param out_end  set on success only
 * @param err      of NACRE_TRANSFER_AGAIN too, it tells why
 *
 * Errors: NOT_FOUND (404, 410, no such file); IO (other answers, certificates, protocol errors);
 * LIMIT (blob-bytes); CANCELED; UNSUPPORTED (there is no libcurl on this machine); NOMEM.
 */
NACRE_CHECKED int nacre_transfer_run(const struct nacre_transfer *transfer,
	const struct nacre_net *net, const struct nacre_env *env, enum nacre_transfer_end *out_end,
	struct nacre_err *err);

#endif
