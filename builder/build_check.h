/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Whether a build is reproducible here: it is done once more by another process in other
 * surroundings (perturb.h), from the sources as they are then and without a cache, and both results
 * are compared.
 */
#ifndef NACRE_BUILDER_BUILD_CHECK_H
#define NACRE_BUILDER_BUILD_CHECK_H

#include "builder/build_once.h"

/**
 * @param first  that has been run; nothing of it is changed, and its batch is not committed
 *
 * Errors: DIGEST (not the same: the message names the first difference, as build_differ.h has it);
 * those of building; IO (no other process).
 */
NACRE_CHECKED int nacre_build_check(struct nacre_build_once *first, struct nacre_err *err);

#endif
