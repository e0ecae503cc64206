/* SPDX-License-Identifier: Apache-2.0 */
/** Base64 with the standard alphabet, padded, on one line. */
#ifndef NACRE_BASE_BASE64_H
#define NACRE_BASE_BASE64_H

#include "base/buf.h"

/** The most bytes that `len` characters can stand for. */
#define NACRE_BASE64_ROOM(len) ((len) / 4 * 3)

/** Appends the text of some bytes. Errors: LIMIT, NOMEM. */
NACRE_CHECKED int nacre_base64_emit(
	const void *data, size_t len, struct nacre_buf *out_text, struct nacre_err *err);

/**
 * The reverse: exactly what nacre_base64_emit() would have written, or an error.
 *
 * @param out_data  has room for `room` bytes
 * Errors: FORMAT ("not base64"), LIMIT (more than `room`).
 * Spec:   RFC 4648, sections 4 and 3.5.
 */
NACRE_CHECKED int nacre_base64_parse(const char *text, size_t text_len, void *out_data, size_t room,
	size_t *out_len, struct nacre_err *err);

#endif
