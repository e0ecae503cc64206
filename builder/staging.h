/* SPDX-License-Identifier: Apache-2.0 */
/** A directory that is made beside its target and takes its place whole, or vanishes. */
#ifndef NACRE_BUILDER_STAGING_H
#define NACRE_BUILDER_STAGING_H

#include "base/err.h"

struct nacre_staging {
	int parent; /* the directory that the target lies in */
	int dir;    /* the staging directory, mode 0700, locked; -1 when there is none */
	char name[32];
	char target[256];
};

#define NACRE_STAGING                                                                              \
	{                                                                                          \
		-1, -1, "", ""                                                                     \
	}

/**
 * Checks that the target can be made, sweeps up what killed runs have left beside it, and makes the
 * staging directory.
 *
 * @param target  a path that the user named; nothing there, or an empty directory
 *
 * Errors: EXISTS; NOT_FOUND, IO; UNSAFE (others may rename in the target's parent); ARG.
 */
NACRE_CHECKED int nacre_staging_open(
	struct nacre_staging *staging, const char *target, struct nacre_err *err);

/** Only what nacre_staging_open() checks. */
NACRE_CHECKED int nacre_staging_check(const char *target, struct nacre_err *err);

/**
 * Gives the staging directory the target's name, and flushes the parent if asked.
 *
 * Errors: EXISTS (something came to be there meanwhile), IO.
 */
NACRE_CHECKED int nacre_staging_commit(
	struct nacre_staging *staging, bool sync, struct nacre_err *err);

/**
 * The same for a directory inside of the staging directory, which itself is removed.
 *
 * Errors: EXISTS, IO.
 */
NACRE_CHECKED int nacre_staging_commit_inner(
	struct nacre_staging *staging, const char *name, bool sync, struct nacre_err *err);

/** Removes the staging directory unless it was committed. */
void nacre_staging_clear(struct nacre_staging *staging);

#endif
