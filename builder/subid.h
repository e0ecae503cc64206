/* SPDX-License-Identifier: Apache-2.0 */
/** Subordinate ids: which ones a user may use besides the own (/etc/subuid, /etc/subgid). */
#ifndef NACRE_BUILDER_SUBID_H
#define NACRE_BUILDER_SUBID_H

#include "base/err.h"

/** What the kernel takes of a map is 340 lines; the first is the user's own id. */
#define NACRE_SUBID_RANGES 339

struct nacre_subid_range {
	uint32_t first;
	uint32_t count;
};

struct nacre_subids {
	size_t count;
	struct nacre_subid_range ranges[NACRE_SUBID_RANGES];
};

/**
 * Reads the ranges of a user out of the text of such a file: lines `USER:FIRST:COUNT`, where USER
 * is a name or a number. Empty lines and those that begin with `#` say nothing.
 *
 * @param name  NULL: the user has none
 *
 * Errors, with the line's number: FORMAT; UNSAFE (ranges that overlap, or hold the own id); LIMIT
 * (more ranges than the kernel takes).
 * Spec: subuid(5), subgid(5).
 */
NACRE_CHECKED int nacre_subid_parse(const char *text, size_t len, const char *name, uint32_t id,
	struct nacre_subids *out_ids, struct nacre_err *err);

#endif
