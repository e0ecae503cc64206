/* SPDX-License-Identifier: Apache-2.0 */
/** A file that is written aside and appears whole under its name, or not at all. */
#ifndef NACRE_BASE_STAGED_H
#define NACRE_BASE_STAGED_H

#include "base/err.h"

/** What every staging name begins with, so that a later run can know what a killed one left. */
#define NACRE_STAGING_PREFIX ".nacre-"

/** What a staged directory has behind the name of the staged file that stands for it. */
#define NACRE_STAGING_DIR_SUFFIX ".d"

struct nacre_staged {
	int fd;	 /* open for writing and reading; -1 when there is none */
	int dir; /* borrowed */
	char name[32];
};

#define NACRE_STAGED                                                                               \
	{                                                                                          \
		-1, -1, ""                                                                         \
	}

/** Makes a new file with a random name in `dir`, which must outlive it, and locks it (flock). */
NACRE_CHECKED int nacre_staged_open(
	struct nacre_staged *file, int dir, unsigned mode, struct nacre_err *err);

/** Flushes its content to the disk. */
NACRE_CHECKED int nacre_staged_sync(struct nacre_staged *file, struct nacre_err *err);

/** Renames it, replacing what has the name; the caller flushes file and directory. */
NACRE_CHECKED int nacre_staged_rename(
	struct nacre_staged *file, const char *name, struct nacre_err *err);

/** Renames it unless the name is taken. Errors: EXISTS, IO. */
NACRE_CHECKED int nacre_staged_rename_new(
	struct nacre_staged *file, const char *name, struct nacre_err *err);

/** Flush, rename, flush the directory. */
NACRE_CHECKED int nacre_staged_commit(
	struct nacre_staged *file, const char *name, struct nacre_err *err);

/** Removes the file unless it was renamed. */
void nacre_staged_clear(struct nacre_staged *file);

/**
 * Makes a new file in `dir`, 0600, for writing and reading, that never has a lasting name and goes
 * with its descriptor.
 */
NACRE_CHECKED int nacre_nameless_open(int dir, int *out_fd, struct nacre_err *err);

/** Makes a fresh staging name: the prefix and 64 random bits. */
NACRE_CHECKED int nacre_staging_name(char *out_name, size_t room, struct nacre_err *err);

/**
 * Removes what killed runs have left in `dir`: regular files that are ours, with one name, made of
 * the staging prefix and 16 hexadecimal digits, on which nobody holds a lock; each after the
 * directory of the same name with NACRE_STAGING_DIR_SUFFIX. So a directory goes only with the file
 * that stands for it: what is in it may have any owner and mode, and one that is merely named alike
 * is not touched. What cannot be removed stays, with its file.
 */
void nacre_staging_sweep(int dir);

#endif
