/* SPDX-License-Identifier: Apache-2.0 */
/**
 * The ledger of an unpacked tree as a file beside it: for DIR it is `DIR.nacre-ledger`. The format
 * is that of layers/ledger.h.
 *
 * Tree and ledger change together although two names cannot: a ledger says whose it is, so that a
 * reader never takes one for another tree's. While a tree takes its place, the new ledger is there
 * as `DIR.nacre-ledger.new` (locked by who is at work), and whoever reads looks there first. In
 * order, with what a kill behind each step leaves, for the steps of builder/staging.h:
 *
 *   1. the ledger is written under a name for staging    as before; the sweep removes it
 *   2. renamed to DIR.nacre-ledger.new                   as before: it does not fit the old tree
 *   3. the tree gets its name                            new tree, whose ledger is the .new one
 *   4. .new is renamed to DIR.nacre-ledger               new tree, new ledger
 *
 * Step 4 is done by the next run that makes or replaces DIR, when a kill has left it out; and what
 * then fits no tree is removed. Where nothing was lost there is no ledger, and an old one goes: an
 * empty .new stands in for it between steps 2 and 4. Files of these names that are no ledgers are
 * never touched.
 */
#ifndef NACRE_BUILDER_LEDGER_FILE_H
#define NACRE_BUILDER_LEDGER_FILE_H

#include "base/staged.h"
#include "layers/ledger.h"

#define NACRE_LEDGER_SUFFIX ".nacre-ledger"

struct nacre_ledger_file {
	struct nacre_staged staged;
	int parent; /* borrowed */
	char target[256];
	char name[256];
	char next[256];
	struct nacre_ledger_id id; /* once it is offered, as has_entries is */
	bool has_entries;
	bool is_offered;
};

#define NACRE_LEDGER_FILE                                                                          \
	{                                                                                          \
		.staged = NACRE_STAGED, .parent = -1                                               \
	}

/**
 * Does what a killed run has left undone, and makes a new file for the ledger of a tree that will
 * be called `target`.
 *
 * @param parent  borrowed: the directory that target is or will be in
 *
 * Errors: EXISTS (a file of that name that is no ledger), ARG (a target whose name is too long for
 * a suffix), IO.
 */
NACRE_CHECKED int nacre_ledger_file_open(
	struct nacre_ledger_file *file, int parent, const char *target, struct nacre_err *err);

/**
 * Step 2, for what was written to file->staged.fd.
 *
 * Errors: EXISTS (another run is at work on this target), IO.
 */
NACRE_CHECKED int nacre_ledger_file_offer(
	struct nacre_ledger_file *file, bool sync, struct nacre_err *err);

/** Step 4. A warning where it cannot be done: it is left to the next run. */
void nacre_ledger_file_commit(struct nacre_ledger_file *file, const struct nacre_env *env);

/** Removes a ledger that was not committed. */
void nacre_ledger_file_clear(struct nacre_ledger_file *file);

/** Which tree it is that a descriptor is the root of. Errors: IO. */
NACRE_CHECKED int nacre_ledger_id_of(int dir, const struct nacre_digest *image,
	struct nacre_ledger_id *out_id, struct nacre_err *err);

/**
 * Finds the ledger of a tree, by its name and by what it says.
 *
 * @param dir     the tree's root
 * @param out_fd  open for reading, at the begin; -1 when there is none
 *
 * Errors: UNSAFE (the one that lies there is another tree's, or belongs neither to root, nor to us,
 * nor to the owner of the tree), FORMAT, UNSUPPORTED, IO.
 */
NACRE_CHECKED int nacre_ledger_file_find(int dir, int *out_fd, struct nacre_err *err);

#endif
