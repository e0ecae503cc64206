/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one clock of the library. It decides when to give up, and nothing that is written depends on
 * it; an env without a deadline never reads it.
 */
#include "base/deadline.h"

#include <limits.h>
#include <time.h>

#define NS_PER_S ((uint64_t)1000000000)
#define NS_PER_MS ((uint64_t)1000000)

static uint64_t now_ns(void)
{
	struct timespec now = { 0, 0 };

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

void nacre_env_start(struct nacre_env *env)
{
	uint64_t ns;

	env->deadline_ns = 0;
	if (env->limits.seconds == 0 || __builtin_mul_overflow(env->limits.seconds, NS_PER_S, &ns))
		return;
	if (__builtin_add_overflow(ns, now_ns(), &env->deadline_ns))
		env->deadline_ns = 0;
}

/* 0: it is over. */
static uint64_t left_ns(const struct nacre_env *env)
{
	uint64_t now = now_ns();

	return now < env->deadline_ns ? env->deadline_ns - now : 0;
}

int nacre_deadline_check(const struct nacre_env *env, struct nacre_err *err)
{
	if (!env || env->deadline_ns == 0 || left_ns(env) > 0)
		return 0;
	return nacre_fail(err, NACRE_E_LIMIT, "more than %llu seconds (limit seconds)",
		(unsigned long long)env->limits.seconds);
}

int nacre_deadline_poll(const struct nacre_env *env)
{
	uint64_t ms;

	if (!env || env->deadline_ns == 0)
		return -1;
	ms = (left_ns(env) + NS_PER_MS - 1) / NS_PER_MS;
	return ms < INT_MAX ? (int)ms : INT_MAX;
}
