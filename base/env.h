/* SPDX-License-Identifier: Apache-2.0 */
/** Telling the caller what goes on. */
#ifndef NACRE_BASE_ENV_H
#define NACRE_BASE_ENV_H

#include "base/err.h"

/** Each returns 0, CANCELED, or LIMIT when the time is over. `env` may be NULL or listen to
 * nothing. */
NACRE_CHECKED int nacre_step(const struct nacre_env *env, struct nacre_err *err, const char *fmt,
	...) NACRE_PRINTF(3, 4);
NACRE_CHECKED int nacre_progress(const struct nacre_env *env, const char *subject,
	uint64_t done_bytes, uint64_t total_bytes, struct nacre_err *err);
NACRE_CHECKED int nacre_warn(const struct nacre_env *env, struct nacre_err *err, const char *fmt,
	...) NACRE_PRINTF(3, 4);

/** The limits of an env, or the defaults for NULL; no member of the result is zero. */
struct nacre_limits nacre_env_limits(const struct nacre_env *env);

#endif
