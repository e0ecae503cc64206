/* SPDX-License-Identifier: Apache-2.0 */
/* The health check, with Docker's members and Docker's rules. */
#include "builder/recipe_read.h"

#include "base/text.h"

#include <stdio.h>
#include <string.h>

#define NS_PER_MS UINT64_C(1000000)
#define RETRIES_MOST 1000000

/* ------------------------------------------------------------------- times */

/* Greatest first: "1h30m" and not "30m1h". */
static const struct {
	const char *name;
	uint64_t ns;
} units[] = {
	{ "h", 3600000 * NS_PER_MS },
	{ "ms", NS_PER_MS },
	{ "m", 60000 * NS_PER_MS },
	{ "s", 1000 * NS_PER_MS },
};

#define UNITS (sizeof(units) / sizeof(units[0]))

/* Takes "30s" off the front; `*below` is the unit before it, 0 at first. */
static bool take_part(const char **at, uint64_t *below, uint64_t *sum)
{
	size_t digits = strspn(*at, "0123456789"), letters = strspn(*at + digits, "hms"), i = 0;
	uint64_t number = 0, ns;

	if (digits == 0 || !nacre_number_parse(*at, digits, &number))
		return false;
	while (i < UNITS &&
		(strlen(units[i].name) != letters ||
			memcmp(units[i].name, *at + digits, letters) != 0))
		i++;
	if (i == UNITS || (*below && units[i].ns >= *below) ||
		__builtin_mul_overflow(number, units[i].ns, &ns) ||
		__builtin_add_overflow(*sum, ns, sum))
		return false;
	*below = units[i].ns;
	*at += digits + letters;
	return true;
}

static bool parse_duration(const char *text, uint64_t *out_ns)
{
	uint64_t below = 0;

	*out_ns = 0;
	do {
		if (!take_part(&text, &below, out_ns))
			return false;
	} while (*text);
	return *out_ns >= NS_PER_MS && *out_ns <= INT64_MAX;
}

static int read_duration(struct nacre_recipe_reader *r, const struct nacre_value *value,
	const char *what, void *out, struct nacre_err *err)
{
	struct nacre_recipe_text text;
	char shown[NACRE_SHOWN];
	int rc = nacre_recipe_read_text(r, value, what, &text, err);

	if (rc || parse_duration(text.text, out))
		return rc;
	return nacre_recipe_fail(err, r->recipe, value->mark, NACRE_E_FORMAT,
		"%s '%s' is not a time like 30s, 1m30s or 500ms, of 1ms at least", what,
		nacre_value_show(text.text, text.len, shown));
}

/* -------------------------------------------------------------------- test */

static int fail_count(const struct nacre_recipe_reader *r, const struct nacre_recipe_list *test,
	const char *what, struct nacre_err *err)
{
	return nacre_recipe_fail(
		err, r->recipe, test->mark, NACRE_E_FORMAT, "'test' wants %s", what);
}

static int check_test(const struct nacre_recipe_reader *r, const struct nacre_recipe_list *test,
	struct nacre_err *err)
{
	static const char *const kinds[] = { "CMD", "CMD-SHELL", "NONE", NULL };
	const char *kind = test->count > 0 ? test->items[0].text : "";
	char shown[NACRE_SHOWN], said[NACRE_SHOWN + 64];

	if (test->count == 0)
		return fail_count(r, test, "a list like [CMD, /bin/check], not an empty one", err);
	if (strcmp(kind, "CMD") == 0)
		return test->count > 1 && test->items[1].len > 0
			? 0
			: fail_count(r, test, "a program behind CMD", err);
	if (strcmp(kind, "CMD-SHELL") == 0)
		return test->count == 2 ? 0 : fail_count(r, test, "one line behind CMD-SHELL", err);
	if (strcmp(kind, "NONE") == 0)
		return test->count == 1 ? 0 : fail_count(r, test, "nothing behind NONE", err);
	(void)snprintf(said, sizeof(said), "'%s' is not how a test begins",
		nacre_value_show(kind, test->items[0].len, shown));
	return nacre_recipe_fail_unknown(r, test->items[0].mark, err, said, kind, kinds);
}

static int read_test(struct nacre_recipe_reader *r, const struct nacre_value *value,
	const char *what, void *out, struct nacre_err *err)
{
	int rc;

	if (value->kind == NACRE_VALUE_TEXT)
		return nacre_recipe_fail(err, r->recipe, value->mark, NACRE_E_FORMAT,
			"'%s' wants a list like [CMD, /bin/check], not a text", what);
	rc = nacre_recipe_read_list(r, value, what, out, err);
	return rc ? rc : check_test(r, out, err);
}

static int read_retries(struct nacre_recipe_reader *r, const struct nacre_value *value,
	const char *what, void *out, struct nacre_err *err)
{
	uint64_t number = 0;
	uint32_t *retries = out;
	int rc = nacre_recipe_read_number(r, value, what, 1, RETRIES_MOST, &number, err);

	*retries = (uint32_t)number;
	return rc;
}

#define AT(member) offsetof(struct nacre_recipe_healthcheck, member)

static const struct nacre_recipe_field fields[] = {
	{ "test", read_test, AT(test), true },
	{ "interval", read_duration, AT(interval_ns), false },
	{ "timeout", read_duration, AT(timeout_ns), false },
	{ "start-period", read_duration, AT(start_period_ns), false },
	{ "start-interval", read_duration, AT(start_interval_ns), false },
	{ "retries", read_retries, AT(retries), false },
	{ 0 },
};

int nacre_recipe_read_health(struct nacre_recipe_reader *r, const struct nacre_value *value,
	const char *what, void *out, struct nacre_err *err)
{
	struct nacre_recipe_healthcheck *health = out;
	int rc = nacre_recipe_want(r, value, NACRE_VALUE_MAP, what, err);

	if (rc)
		return rc;
	*health = (struct nacre_recipe_healthcheck){ .given = true, .mark = value->mark };
	return nacre_recipe_read_map(r, value, what, fields, health, err);
}
