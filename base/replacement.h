/* SPDX-License-Identifier: Apache-2.0 */
/** A file under a path that the user named: written aside, and there whole or not at all. */
#ifndef NACRE_BASE_REPLACEMENT_H
#define NACRE_BASE_REPLACEMENT_H

#include "base/staged.h"

struct nacre_replacement {
	int dir;
	struct nacre_staged file; /* to be written to */
	char name[256];
};

#define NACRE_REPLACEMENT                                                                          \
	{                                                                                          \
		-1, NACRE_STAGED, ""                                                               \
	}

/**
 * Whether nacre_replacement_open() would take a path: for what is better said before the work.
 *
 * Errors: NOT_FOUND, IO (its directory); UNSAFE (something else than a regular file has the name).
 */
NACRE_CHECKED int nacre_replacement_check(const char *path, struct nacre_err *err);

/** Opens a new file beside the path, after sweeping up what killed runs have left there. */
NACRE_CHECKED int nacre_replacement_open(struct nacre_replacement *replacement, const char *path,
	unsigned mode, struct nacre_err *err);

/** Gives it the name. @param sync  flushed to the disk before and after */
NACRE_CHECKED int nacre_replacement_commit(
	struct nacre_replacement *replacement, bool sync, struct nacre_err *err);

/** Removes the file unless it was committed. */
void nacre_replacement_clear(struct nacre_replacement *replacement);

#endif
