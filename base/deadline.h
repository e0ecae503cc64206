/* SPDX-License-Identifier: Apache-2.0 */
/**
 * When an env's time is over (limits.seconds, nacre_env_start()).
 *
 * nacre_step(), nacre_progress() and nacre_warn() look; so whatever tells of its progress stops by
 * itself. Who waits for another process waits for as long as nacre_deadline_poll() says.
 */
#ifndef NACRE_BASE_DEADLINE_H
#define NACRE_BASE_DEADLINE_H

#include "base/err.h"

/** @param env  may be NULL. Errors: LIMIT ("more than 60 seconds (limit seconds)"). */
NACRE_CHECKED int nacre_deadline_check(const struct nacre_env *env, struct nacre_err *err);

/** Milliseconds that are left, rounded up, for poll(2): -1 when time does not matter, 0 when none.
 */
int nacre_deadline_poll(const struct nacre_env *env);

#endif
