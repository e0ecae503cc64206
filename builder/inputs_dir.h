/* SPDX-License-Identifier: Apache-2.0 */
/** Where what is fetched is kept: CACHE/inputs/sha256. */
#ifndef NACRE_BUILDER_INPUTS_DIR_H
#define NACRE_BUILDER_INPUTS_DIR_H

#include "base/err.h"

/**
 * Opens the directory, and makes what is missing of it and above it, 0700.
 *
 * @param cache  the user's path; NULL: there is none
 * Errors: ARG (no cache), IO, NOMEM.
 */
NACRE_CHECKED int nacre_inputs_dir_open(const char *cache, int *out_dir, struct nacre_err *err);

#endif
