/* SPDX-License-Identifier: Apache-2.0 */
/**
 * How a runtime asks whether what it runs is well.
 *
 * Spec: OCI image-spec v1.1.1, config.md, reserves "Healthcheck" in `config`; its members are those
 *       of Docker's image specification v1.2, where times are nanoseconds.
 */
#ifndef NACRE_FORMATS_HEALTH_H
#define NACRE_FORMATS_HEALTH_H

#include "formats/json.h"
#include "formats/list.h"

/** All zero: none. Of the numbers, 0 is "left out". */
struct nacre_health {
	bool given;
	struct nacre_texts test; /* "CMD", "CMD-SHELL" or "NONE" first; empty: the base's */
	uint64_t interval_ns;
	uint64_t timeout_ns;
	uint64_t start_period_ns;
	uint64_t start_interval_ns;
	uint64_t retries;
};

void nacre_health_clear(struct nacre_health *health);

/** @param out_health  taken as empty. Errors: NOMEM. */
NACRE_CHECKED int nacre_health_copy(
	const struct nacre_health *from, struct nacre_health *out_health, struct nacre_err *err);

/**
 * Reads the member "Healthcheck" of an object; without one nothing is set.
 *
 * @param out_health  taken as empty; the caller's to clear, also after an error
 * Errors: FORMAT, UNSAFE (a member whose name differs only in case), NOMEM.
 */
NACRE_CHECKED int nacre_health_parse(
	const struct nacre_jvalue *object, struct nacre_health *out_health, struct nacre_err *err);

/** Nothing, when it is not given. */
void nacre_health_emit(const struct nacre_health *health, struct nacre_jemit *out);

#endif
