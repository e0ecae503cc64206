/* SPDX-License-Identifier: Apache-2.0 */
/** Strict YAML: what means one thing to every reader, and nothing that unfolds. */
#ifndef NACRE_BUILDER_YAML_H
#define NACRE_BUILDER_YAML_H

#include "builder/value.h"

/**
 * Parses one document. Scalars stay text, whatever YAML would take them for.
 *
 * Refused with their place: anchors, aliases, tags, directives, "<<", a second document, keys that
 * are not texts or stand twice, NUL in a text, more than NACRE_VALUE_DEPTH levels.
 *
 * @param doc    has passed nacre_textfile_check()
 * @param out_value  lies in the arena
 *
 * Errors: FORMAT, LIMIT (depth), NOMEM.
 * Spec:   YAML 1.2.2, as far as libyaml reads it.
 */
NACRE_CHECKED int nacre_yaml_parse(const struct nacre_textfile *doc, struct nacre_arena *arena,
	struct nacre_value **out_value, struct nacre_err *err);

#endif
