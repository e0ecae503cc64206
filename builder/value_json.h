/* SPDX-License-Identifier: Apache-2.0 */
/** JSON as values. */
#ifndef NACRE_BUILDER_VALUE_JSON_H
#define NACRE_BUILDER_VALUE_JSON_H

#include "builder/value.h"

/**
 * Parses one JSON text. Numbers, true, false and null become plain texts, as they are written.
 *
 * @param doc    has passed nacre_textfile_check()
 * @param out_value  lies in the arena
 *
 * Errors: FORMAT (also: a key twice, NUL in a string, half a surrogate pair), LIMIT (more than
 * NACRE_VALUE_DEPTH levels), NOMEM.
 * Spec:   RFC 8259; RFC 7493 (I-JSON), 2.1 and 2.3.
 */
NACRE_CHECKED int nacre_value_parse_json(const struct nacre_textfile *doc,
	struct nacre_arena *arena, struct nacre_value **out_value, struct nacre_err *err);

#endif
