/* SPDX-License-Identifier: Apache-2.0 */
/** The lock that lies beside a recipe: nacre.lock for nacre.yaml, app.lock for app.json. */
#ifndef NACRE_BUILDER_LOCK_FILE_H
#define NACRE_BUILDER_LOCK_FILE_H

#include "builder/lock.h"

struct nacre_lock_file {
	int dir; /* of the recipe */
	char name[256];
};

#define NACRE_LOCK_FILE                                                                            \
	{                                                                                          \
		-1, ""                                                                             \
	}

/**
 * Finds its place, whether it is there or not.
 *
 * @param options   their recipe
 * @param context   of options->context
 * @param out_file  the caller's to clear, also after an error
 *
 * Errors: NOT_FOUND, IO; ARG (a name that leaves no room for the suffix).
 */
NACRE_CHECKED int nacre_lock_file_find(const struct nacre_build_options *options, int context,
	struct nacre_lock_file *out_file, struct nacre_err *err);
void nacre_lock_file_clear(struct nacre_lock_file *file);

/**
 * Reads it.
 *
 * @param out_lock      the caller's to clear; empty when there is none
 * @param out_is_there  set on success only
 *
 * Errors: those of nacre_lock_parse(), UNSAFE (not a regular file), IO.
 */
NACRE_CHECKED int nacre_lock_file_load(const struct nacre_lock_file *file,
	const struct nacre_env *env, struct nacre_lock *out_lock, bool *out_is_there,
	struct nacre_err *err);

/** Puts a lock in its place. Errors: LIMIT (one that could not be read again), IO, NOMEM. */
NACRE_CHECKED int nacre_lock_file_store(const struct nacre_lock_file *file,
	const struct nacre_lock *lock, const struct nacre_env *env, struct nacre_err *err);

#endif
