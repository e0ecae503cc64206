/* SPDX-License-Identifier: Apache-2.0 */
/** Base64 as RFC 4648 section 4 has it: "+" and "/", padded, no line breaks. */
#ifndef NACRE_BASE_BASE64_H
#define NACRE_BASE_BASE64_H

#include "base/buf.h"

/** The most bytes that `len` characters can stand for. */
#define NACRE_BASE64_ROOM(len) ((len) / 4 * 3)

/**
 * Decodes all of a text, or says that it is none: one text for each run of bytes, so that unused
 * bits must be zero.
 *
 * @param out_data  NACRE_BASE64_ROOM(len) bytes
 */
NACRE_CHECKED bool nacre_base64_decode(
	const char *text, size_t len, void *out_data, size_t *out_len);

/** Appends the text of some bytes. Errors: LIMIT, NOMEM. */
NACRE_CHECKED int nacre_base64_encode(
	const void *data, size_t len, struct nacre_buf *buf, struct nacre_err *err);

#endif
