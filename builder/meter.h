/* SPDX-License-Identifier: Apache-2.0 */
/** A sink that tells the caller how much has passed, and lets them stop. */
#ifndef NACRE_BUILDER_METER_H
#define NACRE_BUILDER_METER_H

#include "base/stream.h"

/**
 * @param inner    borrowed
 * @param subject  of the events; borrowed
 *
 * Errors: NOMEM. Writes: CANCELED, those of `inner`.
 */
NACRE_CHECKED int nacre_meter_new(struct nacre_sink *inner, const struct nacre_env *env,
	const char *subject, struct nacre_sink **out_sink, struct nacre_err *err);

#endif
