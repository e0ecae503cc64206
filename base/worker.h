/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Work that is done in a process of its own, in a cage: a fork of the caller that keeps the
 * descriptors it was given and nothing else, and speaks to the caller through one pipe. Whatever it
 * says is taken for what anybody may have said.
 *
 * Events of the worker are the caller's events; when one asks to stop, or the caller goes, the
 * worker is killed.
 */
#ifndef NACRE_BASE_WORKER_H
#define NACRE_BASE_WORKER_H

#include "base/cage.h"

/** The most that a report holds. */
#define NACRE_WORKER_REPORT 1024

/** The worker's own side. */
struct nacre_worker_self;

/** The caller's env, with events that travel to the caller. */
const struct nacre_env *nacre_worker_env(const struct nacre_worker_self *self);

/**
 * Reports, and waits until the caller says to go on (nacre_worker_proceed). Ends the process when
 * the caller has gone.
 *
 * Errors: IO.
 */
NACRE_CHECKED int nacre_worker_pause(
	struct nacre_worker_self *self, const void *report, size_t bytes, struct nacre_err *err);

/** Reports; the work then ends or goes on. Errors: IO. */
NACRE_CHECKED int nacre_worker_report(
	struct nacre_worker_self *self, const void *report, size_t bytes, struct nacre_err *err);

/** The work. What it returns, with its message, is what waiting for it returns. */
typedef int nacre_worker_fn(struct nacre_worker_self *self, void *user, struct nacre_err *err);

struct nacre_worker_job {
	const char *name; /* "the reader", for messages; static */
	struct nacre_cage cage;
	const int *fds; /* what it keeps; cage.dir is kept anyway */
	size_t fd_count;
	nacre_worker_fn *run;
	void *user;
};

struct nacre_worker;

/**
 * Starts a worker. What of the cage this system does not have is a warning, or an error with
 * env->require_cage; either is the worker's and comes when it is waited for.
 *
 * @param env  borrowed until free; may be NULL
 *
 * Errors: IO, NOMEM.
 */
NACRE_CHECKED int nacre_worker_start(const struct nacre_worker_job *job,
	const struct nacre_env *env, struct nacre_worker **out_worker, struct nacre_err *err);

/**
 * Waits until each of some workers has reported or ended. When one fails, the others are killed.
 *
 * An error CANCELED of a worker (its pipe to another one broke) gives way to the others' errors.
 *
 * Errors: those of the work; CANCELED; UNSUPPORTED (a cage that is not whole, with
 * env->require_cage); UNSAFE (one ended by a forbidden system call or a fault, or spoke nonsense);
 * IO (one was killed from outside).
 */
NACRE_CHECKED int nacre_workers_wait(
	struct nacre_worker *const *workers, size_t count, struct nacre_err *err);

/**
 * What a worker has reported since it was last asked.
 *
 * Errors: UNSAFE (nothing, or not of `bytes`).
 */
NACRE_CHECKED int nacre_worker_take_report(
	struct nacre_worker *worker, void *out_report, size_t bytes, struct nacre_err *err);

/** Lets a worker that has paused go on. Errors: IO. */
NACRE_CHECKED int nacre_worker_proceed(struct nacre_worker *worker, struct nacre_err *err);

/** Waits for one worker and takes its report. Errors: those of both. */
NACRE_CHECKED int nacre_worker_wait(
	struct nacre_worker *worker, void *out_report, size_t bytes, struct nacre_err *err);

/** A file without a name, in memory, for what a worker hands back that is no report. Errors: IO. */
NACRE_CHECKED int nacre_worker_file(int *out_fd, struct nacre_err *err);

/** Lets nobody change such a file any more, who holds it as it may be. Errors: IO. */
NACRE_CHECKED int nacre_worker_file_seal(int fd, struct nacre_err *err);

/** Kills it, if it is still there. */
void nacre_worker_free(struct nacre_worker *worker);
void nacre_worker_freep(struct nacre_worker **worker);

#endif
