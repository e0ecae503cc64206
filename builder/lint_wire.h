/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Findings on their way from the worker that reads layers, through a file without a name. What
 * comes back is taken for what anybody may have written.
 */
#ifndef NACRE_BUILDER_LINT_WIRE_H
#define NACRE_BUILDER_LINT_WIRE_H

#include "layers/lint.h"

/** The most that the file holds; of what comes then, only the number is kept. */
#define NACRE_LINT_WIRE_BYTES ((uint64_t)64 << 20)

/** How many findings did not go into the file, by severity. */
struct nacre_lint_rest {
	uint64_t refused;
	uint64_t warnings;
	uint64_t notes;
};

/** The worker's side; `user` of nacre_lint_wire_tell(). Zero but for `fd`. */
struct nacre_lint_wire {
	int fd; /* borrowed */
	uint64_t bytes;
	struct nacre_lint_rest rest;
	int rc; /* of writing, with its message */
	struct nacre_err err;
};

/** A nacre_lint_fn. */
int nacre_lint_wire_tell(const struct nacre_lint_finding *finding, void *user);

/**
 * The caller's side: tells all that is in the file, in its order.
 *
 * @param layers  how many there are
 * Errors: UNSAFE (nonsense); CANCELED; IO.
 */
NACRE_CHECKED int nacre_lint_wire_replay(int fd, size_t layers, const struct nacre_lint_rest *rest,
	struct nacre_lint *lint, struct nacre_err *err);

#endif
