/* SPDX-License-Identifier: Apache-2.0 */
/** How an image was made: docs/reproducible.md, "The record". Nothing of it is in the image. */
#ifndef NACRE_BUILDER_BUILD_RECORD_H
#define NACRE_BUILDER_BUILD_RECORD_H

#include "builder/build_once.h"

/** Whether there is a directory for it: before there is anything to record. Errors: as below. */
NACRE_CHECKED int nacre_build_record_check(const char *path, struct nacre_err *err);

/**
 * Writes the record of a build, whole or not at all.
 *
 * @param path  a path that the user named; what is there is replaced
 *
 * Errors: NOT_FOUND, IO, ARG (no name), NOMEM, with the path in front.
 */
NACRE_CHECKED int nacre_build_record_write(
	const char *path, const struct nacre_build_once *once, struct nacre_err *err);

#endif
