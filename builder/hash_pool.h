/* SPDX-License-Identifier: Apache-2.0 */
/** Files hashed on several threads, a bounded number of them open at a time. */
#ifndef NACRE_BUILDER_HASH_POOL_H
#define NACRE_BUILDER_HASH_POOL_H

#include "base/err.h"

#include <sys/types.h>
#include <time.h>

/** What has become of a job. */
enum nacre_hash_state {
	NACRE_HASH_WAITING,
	NACRE_HASH_DONE,
	NACRE_HASH_CHANGED, /* it is not what it was, or did not stay so */
	NACRE_HASH_FAILED,  /* job->error is the errno */
};

/** One file: what it is, and what comes of it. The pool writes in it until it is finished. */
struct nacre_hash_job {
	dev_t dev;
	ino_t ino;
	uint64_t size_bytes;
	struct timespec ctime; /* changes whenever anything else does */
	enum nacre_hash_state state;
	int error;
	char hex[65]; /* of its sha256 */
};

struct nacre_hash_pool;

/** @param threads  at least 1. Errors: NOMEM, IO. */
NACRE_CHECKED int nacre_hash_pool_new(
	unsigned threads, struct nacre_hash_pool **out_pool, struct nacre_err *err);

/**
 * Hands in a job; waits while too many are waiting. After nacre_hash_pool_stop() it does nothing.
 *
 * @param job  borrowed until nacre_hash_pool_finish()
 * @param fd   open for reading, by somebody who has looked at what it is; taken
 */
void nacre_hash_pool_add_take(struct nacre_hash_pool *pool, struct nacre_hash_job *job, int fd);

/** Leaves what has not begun; may be called from any thread. */
void nacre_hash_pool_stop(struct nacre_hash_pool *pool);

/** Waits for all jobs; nothing can be added afterwards. */
void nacre_hash_pool_finish(struct nacre_hash_pool *pool);
void nacre_hash_pool_freep(struct nacre_hash_pool **pool);

#endif
