/* SPDX-License-Identifier: Apache-2.0 */
/**
 * A directory that is made beside its target and takes its place whole, or vanishes.
 *
 * Beside the target lie, for a run at work, a locked file `.nacre-HEX` and the directory
 * `.nacre-HEX.d`. The file is made first and removed last; so whenever a run is killed, a directory
 * that it leaves has its file, and by the file the next sweep knows that it may be removed,
 * whatever its owner and mode have become. In order, with what a kill behind each step leaves:
 *
 *   1. file, directory, contents, syncfs      the target as before; the sweep removes the new tree
 *   2. rename, or exchange with the old tree  the target new; the sweep removes the old tree, if
 * any
 *   3. fsync of the parent                    the same; only now would a crash not undo step 2
 *   4. the old tree, then the file            the target new, nothing left
 *
 * When step 3 fails, step 2 is undone by a second exchange: nothing of the old tree is removed
 * before the new one is known to have its name for good.
 */
#ifndef NACRE_BUILDER_STAGING_H
#define NACRE_BUILDER_STAGING_H

#include "base/staged.h"

#include <nacre/base.h>

#include <sys/types.h>

struct nacre_staging {
	int parent; /* the directory that the target lies in */
	int dir;    /* the staging directory, mode 0700; -1 when there is none */
	char name[40];
	char target[256];
	struct nacre_staged mark; /* locked; stands for the directory until that is gone */
	bool replaces;		  /* the target is a directory, and this one: */
	dev_t old_dev;
	ino_t old_ino;
	bool is_exchanged; /* under `name` lies the old tree */
	bool is_kept;	   /* what lies under `name` is for the next sweep */
};

#define NACRE_STAGING                                                                              \
	{                                                                                          \
		-1, -1, "", "", NACRE_STAGED, false, 0, 0, false, false                            \
	}

/**
 * Checks that the target can be made, sweeps up what killed runs have left beside it, and makes the
 * staging directory.
 *
 * @param target   a path that the user named; nothing there, or an empty directory
 * @param replace  it may also be a directory with something in it
 *
 * Errors: EXISTS; NOT_FOUND, IO; UNSAFE (others may rename in the target's parent; to be replaced,
 * and a mount point, or one inside, or the working directory); ARG.
 */
NACRE_CHECKED int nacre_staging_open(
	struct nacre_staging *staging, const char *target, bool replace, struct nacre_err *err);

/**
 * Makes a staging directory in `parent` for things that take their places one by one: nothing
 * commits it, and clearing removes it. Sweeps up as nacre_staging_open() does.
 *
 * @param parent  borrowed
 * Errors: IO; UNSAFE (others may rename in `parent`).
 */
NACRE_CHECKED int nacre_staging_open_aside(
	struct nacre_staging *staging, int parent, struct nacre_err *err);

/** Only what nacre_staging_open() checks. */
NACRE_CHECKED int nacre_staging_check(const char *target, bool replace, struct nacre_err *err);

/**
 * Gives the staging directory the target's name, and flushes the parent if asked. A target that is
 * replaced is never gone: the two exchange their names (renameat2(RENAME_EXCHANGE)).
 *
 * Errors: EXISTS (something came to be there meanwhile); UNSUPPORTED (a file system that cannot
 * exchange two names); UNSAFE (something was mounted there meanwhile); IO.
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

/** Removes what was replaced. A warning where it cannot be: it is left for the next sweep. */
void nacre_staging_retire(struct nacre_staging *staging, const struct nacre_env *env);

/** Removes the staging directory unless it was committed; and what was replaced. */
void nacre_staging_clear(struct nacre_staging *staging);

#endif
