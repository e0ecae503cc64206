/* SPDX-License-Identifier: Apache-2.0 */
#include "base/deadline.h"
#include "base/env.h"

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void every_limit_has_a_default_and_can_be_set_by_its_name(void **state)
{
	struct nacre_limits limits = nacre_env_limits(NULL), none;
	size_t count = 0;

	(void)state;
	assert_int_equal(limits.layer_bytes, (uint64_t)16 << 30);
	assert_int_equal(limits.depth, 1000);
	memset(&none, 0, sizeof(none));
	for (; nacre_limits_name(count); count++) {
		char name[64];

		assert_true(strlen(nacre_limits_name(count)) < sizeof(name));
		strcpy(name, nacre_limits_name(count));
		for (char *at = name; *at; at++)
			*at = *at == '-' ? '_' : *at;
		assert_int_equal(nacre_limits_set(&none, name, 3, NULL), 0);
		assert_int_equal(nacre_limits_set(&limits, nacre_limits_name(count), 3, NULL), 0);
	}
	/* As many limits as the struct has members, and each has set another one. */
	assert_int_equal(count, sizeof(limits) / sizeof(uint64_t));
	for (size_t i = 0; i < count; i++) {
		uint64_t value;

		memcpy(&value, (char *)&limits + i * sizeof(value), sizeof(value));
		assert_int_equal(value, 3);
	}
	assert_memory_equal(&none, &limits, sizeof(none));
}

static void only_what_is_zero_takes_the_default(void **state)
{
	struct nacre_env env;
	struct nacre_limits limits;

	(void)state;
	memset(&env, 0, sizeof(env));
	env.limits.depth = 7;
	limits = nacre_env_limits(&env);
	assert_int_equal(limits.depth, 7);
	assert_int_equal(limits.path_bytes, 4095);
	assert_int_equal(env.limits.path_bytes, 0);
}

static void a_limit_that_is_none_is_refused(void **state)
{
	struct nacre_limits limits = nacre_env_limits(NULL), before = limits;
	struct nacre_err err;

	(void)state;
	assert_int_equal(nacre_limits_set(&limits, "dept", 1, &err), NACRE_E_NOT_FOUND);
	assert_string_equal(err.text, "there is no limit 'dept'");
	assert_int_equal(nacre_limits_set(&limits, "depth-", 1, &err), NACRE_E_NOT_FOUND);
	assert_int_equal(nacre_limits_set(&limits, "layer bytes", 1, &err), NACRE_E_NOT_FOUND);
	assert_int_equal(nacre_limits_set(&limits, "", 1, &err), NACRE_E_NOT_FOUND);
	assert_int_equal(nacre_limits_set(&limits, "depth", 0, &err), NACRE_E_ARG);
	assert_string_equal(err.text, "limit 'depth' is zero");
	assert_int_equal(nacre_limits_set(&limits, "depth", 10001, &err), NACRE_E_ARG);
	assert_string_equal(err.text, "limit 'depth' is at most 10000");
	assert_int_equal(nacre_limits_set(&limits, "layers", 65536, &err), NACRE_E_ARG);
	assert_string_equal(err.text, "limit 'layers' is at most 65535");
	assert_memory_equal(&limits, &before, sizeof(limits));
	assert_int_equal(nacre_limits_set(&limits, "depth", 10000, &err), 0);
	assert_int_equal(limits.depth, 10000);
}

struct heard {
	char text[4096];
	int answer;
};

static int listen(const struct nacre_event *event, void *user)
{
	struct heard *heard = user;

	(void)snprintf(heard->text, sizeof(heard->text), "%d %s %llu/%llu", (int)event->kind,
		event->subject, (unsigned long long)event->done_bytes,
		(unsigned long long)event->total_bytes);
	return heard->answer;
}

static void events_reach_the_listener(void **state)
{
	struct heard heard = { "", 0 };
	struct nacre_env env;

	(void)state;
	memset(&env, 0, sizeof(env));
	env.event = listen;
	env.user = &heard;
	assert_int_equal(nacre_step(&env, NULL, "layer %d of %d", 2, 5), 0);
	assert_string_equal(heard.text, "0 layer 2 of 5 0/0");
	assert_int_equal(nacre_progress(&env, "x", 1, (uint64_t)1 << 40, NULL), 0);
	assert_string_equal(heard.text, "1 x 1/1099511627776");
	assert_int_equal(nacre_warn(&env, NULL, "%s: no", "y"), 0);
	assert_string_equal(heard.text, "2 y: no 0/0");
}

static void a_listener_can_stop_what_goes_on(void **state)
{
	struct heard heard = { "", 1 };
	struct nacre_err err;
	struct nacre_env env;

	(void)state;
	memset(&env, 0, sizeof(env));
	env.event = listen;
	env.user = &heard;
	assert_int_equal(nacre_step(&env, &err, "s"), NACRE_E_CANCELED);
	assert_string_equal(err.text, "canceled");
	assert_int_equal(nacre_warn(&env, &err, "w"), NACRE_E_CANCELED);
	assert_int_equal(nacre_progress(&env, "p", 0, 0, &err), NACRE_E_CANCELED);
}

static void without_a_limit_of_time_there_is_no_deadline(void **state)
{
	struct nacre_env env;

	(void)state;
	memset(&env, 0, sizeof(env));
	nacre_env_start(&env);
	assert_int_equal(env.deadline_ns, 0);
	env.limits = nacre_env_limits(NULL);
	nacre_env_start(&env);
	assert_int_equal(env.deadline_ns, 0);
	assert_int_equal(nacre_deadline_poll(&env), -1);
	assert_int_equal(nacre_deadline_poll(NULL), -1);
	assert_int_equal(nacre_deadline_check(NULL, NULL), 0);
	env.limits.seconds = UINT32_MAX;
	nacre_env_start(&env);
	assert_int_not_equal(env.deadline_ns, 0);
	assert_int_equal(nacre_deadline_poll(&env), INT_MAX);
	assert_int_equal(nacre_progress(&env, "p", 0, 0, NULL), 0);
}

static void what_goes_on_past_its_deadline_fails_at_its_next_event(void **state)
{
	struct heard heard = { "", 0 };
	struct nacre_env env;
	struct nacre_err err;

	(void)state;
	memset(&env, 0, sizeof(env));
	env.limits.seconds = 60;
	env.event = listen;
	env.user = &heard;
	nacre_env_start(&env);
	assert_in_range(nacre_deadline_poll(&env), 1, 60000);
	assert_int_equal(nacre_step(&env, &err, "s"), 0);
	env.deadline_ns = 1; /* long ago */
	assert_int_equal(nacre_deadline_poll(&env), 0);
	assert_int_equal(nacre_progress(&env, "p", 0, 0, &err), NACRE_E_LIMIT);
	assert_string_equal(err.text, "more than 60 seconds (limit seconds)");
	assert_int_equal(nacre_step(&env, &err, "s"), NACRE_E_LIMIT);
	env.event = NULL;
	assert_int_equal(nacre_warn(&env, &err, "w"), NACRE_E_LIMIT);
}

static void nobody_needs_to_listen(void **state)
{
	struct nacre_env env;

	(void)state;
	memset(&env, 0, sizeof(env));
	assert_int_equal(nacre_step(NULL, NULL, "s"), 0);
	assert_int_equal(nacre_step(&env, NULL, "s"), 0);
	assert_int_equal(nacre_warn(NULL, NULL, "w"), 0);
	assert_int_equal(nacre_progress(NULL, "p", 0, 0, NULL), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_limit_has_a_default_and_can_be_set_by_its_name),
		cmocka_unit_test(only_what_is_zero_takes_the_default),
		cmocka_unit_test(a_limit_that_is_none_is_refused),
		cmocka_unit_test(events_reach_the_listener),
		cmocka_unit_test(a_listener_can_stop_what_goes_on),
		cmocka_unit_test(without_a_limit_of_time_there_is_no_deadline),
		cmocka_unit_test(what_goes_on_past_its_deadline_fails_at_its_next_event),
		cmocka_unit_test(nobody_needs_to_listen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
