/* SPDX-License-Identifier: Apache-2.0 */
/** An image as it is described to people and programs. */
#ifndef NACRE_BUILDER_INSPECT_H
#define NACRE_BUILDER_INSPECT_H

#include "formats/layout.h"

/** Everything that a description says, gathered. All zero is empty. */
struct nacre_inspected {
	struct nacre_descriptor top; /* what the reference names */
	struct nacre_descriptor desc;
	struct nacre_manifest manifest;
	struct nacre_config config;
	uint64_t signatures;
};

/** As one JSON object with a newline behind it. Errors: NOMEM. */
NACRE_CHECKED int nacre_inspect_json(
	const struct nacre_inspected *image, struct nacre_buf *out_text, struct nacre_err *err);

/**
 * For people, a line a fact. Control bytes and what is not UTF-8 are written as \xNN.
 *
 * Errors: NOMEM.
 */
NACRE_CHECKED int nacre_inspect_text(
	const struct nacre_inspected *image, struct nacre_buf *out_text, struct nacre_err *err);

#endif
