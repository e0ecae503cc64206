/* SPDX-License-Identifier: Apache-2.0 */
/**
 * The layout that something is written to. One that is there is opened; one that is not is made
 * aside and appears whole, with what was written to it, or not at all.
 */
#ifndef NACRE_BUILDER_TARGET_H
#define NACRE_BUILDER_TARGET_H

#include "builder/staging.h"
#include "formats/batch.h"

struct nacre_target {
	struct nacre_layout *layout;
	struct nacre_staging staging; /* of a layout that is new */
	bool is_new;
};

#define NACRE_TARGET                                                                               \
	{                                                                                          \
		NULL, NACRE_STAGING, false                                                         \
	}

/**
 * @param ref    oci: or a name in the store
 * @param store  the layout of bare names; NULL: there is none. Its parents are made
 *
 * Errors: those of nacre_layout_open() and of making it; UNSUPPORTED (another transport).
 */
NACRE_CHECKED int nacre_target_open(struct nacre_target *target, const struct nacre_ref *ref,
	const char *store, struct nacre_err *err);

/**
 * Gives a new layout its name; the batches on it have been committed. Nothing for one that was
 * there.
 *
 * Errors: EXISTS (somebody else has made one meanwhile: then target->layout is still there to be
 * copied from), IO.
 */
NACRE_CHECKED int nacre_target_commit(
	struct nacre_target *target, bool sync, struct nacre_err *err);

/** Removes a new layout that was not committed. */
void nacre_target_clear(struct nacre_target *target);

#endif
