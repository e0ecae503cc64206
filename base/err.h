/* SPDX-License-Identifier: Apache-2.0 */
/** Making error messages. Together the three read from outside in: "layer 2 of 5: usr/x: too long".
 */
#ifndef NACRE_BASE_ERR_H
#define NACRE_BASE_ERR_H

#include <nacre/base.h>

#define NACRE_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))

/** Starts a message and returns `code`. */
int nacre_fail(struct nacre_err *err, enum nacre_code code, const char *fmt, ...)
	NACRE_PRINTF(3, 4);

/**
 * Starts a message that ends in what errno says, and returns the code that fits it: NOT_FOUND for
 * ENOENT, EXISTS for EEXIST and ENOTEMPTY, NOMEM for ENOMEM, IO for all else.
 */
int nacre_fail_os(struct nacre_err *err, const char *fmt, ...) NACRE_PRINTF(2, 3);

/** Puts the larger subject in front of the message there is, and returns `code`. */
int nacre_within(struct nacre_err *err, int code, const char *fmt, ...) NACRE_PRINTF(3, 4);

/** nacre_fail with NACRE_E_NOMEM. */
int nacre_fail_nomem(struct nacre_err *err);

#endif
