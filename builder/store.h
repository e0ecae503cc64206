/* SPDX-License-Identifier: Apache-2.0 */
/** From a reference to the path of the layout that it lies in. */
#ifndef NACRE_BUILDER_STORE_H
#define NACRE_BUILDER_STORE_H

#include "base/err.h"

#include <nacre/formats.h>

/**
 * @param store     the layout of bare names; NULL: there is none
 * @param out_path  borrowed from one of the two
 *
 * Errors: ARG (a bare name without a store), UNSUPPORTED (a transport that is not in a directory).
 */
NACRE_CHECKED int nacre_store_path(const struct nacre_ref *ref, const char *store,
	const char **out_path, struct nacre_err *err);

/** Whether something is there: anything but nothing, and an empty directory too. Errors: IO. */
NACRE_CHECKED int nacre_store_look(const char *path, bool *out_is_there, struct nacre_err *err);

#endif
