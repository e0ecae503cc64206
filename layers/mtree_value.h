/* SPDX-License-Identifier: Apache-2.0 */
/** The values in mtree lists; layers/mtree.h has the format. */
#ifndef NACRE_LAYERS_MTREE_VALUE_H
#define NACRE_LAYERS_MTREE_VALUE_H

#include "base/err.h"

/** Takes the \ooo out of a text, in place. Errors: FORMAT. */
NACRE_CHECKED int nacre_mtree_unescape(char *text, struct nacre_err *err);

/** Octal, up to 07777. */
bool nacre_mtree_mode(const char *text, uint32_t *out_value);

bool nacre_mtree_u32(const char *text, size_t len, uint32_t most, uint32_t *out_value);

/** Seconds, and exactly nine digits of nanoseconds: NetBSD's mtree takes ".5" for five of them. */
bool nacre_mtree_time(const char *text, int64_t *out_seconds, uint32_t *out_ns);

#endif
