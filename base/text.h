/* SPDX-License-Identifier: Apache-2.0 */
/** Small things about text: UTF-8, numbers, times, nearest names. Bytes, never the locale. */
#ifndef NACRE_BASE_TEXT_H
#define NACRE_BASE_TEXT_H

#include "base/err.h"

/** Whether all of it is well-formed UTF-8 (no overlong forms, no surrogates). */
bool nacre_utf8_valid(const char *text, size_t len);

/** The bytes of the character that a NUL-terminated text begins with; 0: none, or not UTF-8. */
size_t nacre_utf8_len(const char *text);

/** Decimal digits only, no sign, no overflow. */
bool nacre_number_parse(const char *text, size_t len, uint64_t *out_value);

/**
 * RFC 3339 with "Z": 2026-01-01T00:00:00Z, no fraction, years 0001 to 9999.
 *
 * Errors: FORMAT.
 */
NACRE_CHECKED int nacre_time_parse(const char *text, int64_t *out_seconds, struct nacre_err *err);

#define NACRE_TIME_TEXT 32

/** The same way back. Seconds outside of the years 0001 to 9999 are cut to them. */
void nacre_time_print(int64_t seconds, char out_text[NACRE_TIME_TEXT]);

/** How many single-byte edits (insert, delete, replace, swap of neighbours) lie between two names.
 */
size_t nacre_edit_distance(const char *a, const char *b);

/** The name in a NULL-terminated list nearest to `got`, or NULL when none is near. */
const char *nacre_nearest(const char *got, const char *const *names);

#endif
