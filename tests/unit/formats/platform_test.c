/* SPDX-License-Identifier: Apache-2.0 */
/* Platforms. */
#include "fixture.h"

#include "formats/descriptor.h"

static struct nacre_platform platform(const char *text)
{
	struct nacre_platform got;

	assert_works(nacre_platform_parse(text, &got, err));
	return got;
}

static void a_platform_comes_back_from_its_print(void **state)
{
	static const char *const texts[] = { "linux/amd64", "linux/arm/v7", "linux/386" };
	char text[NACRE_PLATFORM_TEXT];

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++) {
		struct nacre_platform got = platform(texts[i]);

		nacre_platform_print(&got, text);
		assert_string_equal(text, texts[i]);
	}
}

static void what_is_no_platform_leaves_the_result_alone(void **state)
{
	static const char *const texts[] = { "", "linux", "linux/", "/amd64", "linux//v7",
		"linux/arm/", "linux/arm/v7/x", "linux/am d64",
		"linux/0123456789012345678901234567890123456789012345678901234567890123" };
	struct nacre_platform got = { .os = "before" };

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++)
		assert_int_equal(nacre_platform_parse(texts[i], &got, NULL), NACRE_E_FORMAT);
	assert_string_equal(got.os, "before");
	assert_refused(nacre_platform_parse("linux", &got, err), NACRE_E_FORMAT,
		"'linux' is not a platform like linux/amd64 or linux/arm/v7");
}

static void a_variant_counts_only_when_asked_for(void **state)
{
	static const struct {
		const char *have, *want;
		bool match;
	} rows[] = {
		{ "linux/amd64", "linux/amd64", true },
		{ "linux/amd64", "linux/arm64", false },
		{ "windows/amd64", "linux/amd64", false },
		{ "linux/arm/v6", "linux/arm", true },
		{ "linux/arm/v6", "linux/arm/v7", false },
		{ "linux/arm", "linux/arm/v7", true },
		{ "linux/arm64", "linux/arm64/v8", true },
		{ "linux/arm64/v8", "linux/arm64", true },
		{ "linux/amd64", "linux/amd64/v3", false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct nacre_platform have = platform(rows[i].have);
		struct nacre_platform want = platform(rows[i].want);

		assert_int_equal(nacre_platform_match(&have, &want), rows[i].match);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_platform_comes_back_from_its_print),
		cmocka_unit_test(what_is_no_platform_leaves_the_result_alone),
		cmocka_unit_test(a_variant_counts_only_when_asked_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
