/* SPDX-License-Identifier: Apache-2.0 */
/* Health checks in configs. */
#include "formats/health.h"

#include <string.h>

static const struct {
	const char *name;
	size_t offset;
} numbers[] = {
	{ "Interval", offsetof(struct nacre_health, interval_ns) },
	{ "Timeout", offsetof(struct nacre_health, timeout_ns) },
	{ "StartPeriod", offsetof(struct nacre_health, start_period_ns) },
	{ "StartInterval", offsetof(struct nacre_health, start_interval_ns) },
	{ "Retries", offsetof(struct nacre_health, retries) },
};

#define NUMBERS (sizeof(numbers) / sizeof(numbers[0]))

void nacre_health_clear(struct nacre_health *health)
{
	nacre_texts_clear(&health->test);
	memset(health, 0, sizeof(*health));
}

int nacre_health_copy(
	const struct nacre_health *from, struct nacre_health *out_health, struct nacre_err *err)
{
	*out_health = *from;
	memset(&out_health->test, 0, sizeof(out_health->test));
	return nacre_texts_copy(&from->test, &out_health->test, err);
}

int nacre_health_parse(
	const struct nacre_jvalue *object, struct nacre_health *out_health, struct nacre_err *err)
{
	static const char *const names[] = { "Test", "Interval", "Timeout", "StartPeriod",
		"StartInterval", "Retries", NULL };
	const struct nacre_jvalue *health = NULL, *test = NULL;
	int rc = nacre_jvalue_find_typed(object, "Healthcheck", NACRE_JOBJECT, &health, err);

	if (rc || !health)
		return rc;
	out_health->given = true;
	rc = nacre_jvalue_check_names(health, names, err);
	if (rc == 0)
		rc = nacre_jvalue_find_typed(health, "Test", NACRE_JARRAY, &test, err);
	if (rc == 0)
		rc = nacre_texts_parse(test, &out_health->test, err);
	for (size_t i = 0; rc == 0 && i < NUMBERS; i++)
		rc = nacre_jvalue_find_u64(health, numbers[i].name,
			(uint64_t *)(void *)((char *)out_health + numbers[i].offset), err);
	return rc;
}

void nacre_health_emit(const struct nacre_health *health, struct nacre_jemit *out)
{
	if (!health->given)
		return;
	nacre_jemit_object(out, "Healthcheck");
	nacre_texts_emit(&health->test, out, "Test");
	for (size_t i = 0; i < NUMBERS; i++) {
		uint64_t number =
			*(const uint64_t *)(const void *)((const char *)health + numbers[i].offset);

		if (number > 0)
			nacre_jemit_u64(out, numbers[i].name, number);
	}
	nacre_jemit_end(out);
}
