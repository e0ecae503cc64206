/* SPDX-License-Identifier: Apache-2.0 */
#include "builder/rebase_config.h"
#include "fixture.h"

/* Three configs as JSON members of `config`; what the first becomes. */
static void assert_rebased(const char *mine, const char *was, const char *now, const char *want)
{
	static const struct nacre_env none = { 0 };
	const struct nacre_limits limits = nacre_env_limits(&none);
	const char *const members[] = { mine, was, now };
	struct nacre_config configs[3] = { 0 };
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf out = NACRE_BUF(0);
	char text[1024];

	for (size_t i = 0; i < COUNT(members); i++) {
		int len = snprintf(text, sizeof(text),
			"{\"architecture\":\"a\",\"os\":\"o\",\"config\":{%s},"
			"\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[]}}",
			members[i]);

		assert_works(nacre_config_parse(text, (size_t)len, &limits, &configs[i], err));
	}
	assert_works(nacre_rebase_config(&configs[0], &configs[1], &configs[2], err));
	assert_works(nacre_config_emit(&configs[0], &out, err));
	assert_works(nacre_buf_add(&out, "", 1, err));
	(void)snprintf(text, sizeof(text),
		"{\"created\":\"1970-01-01T00:00:00Z\",\"architecture\":\"a\",\"os\":\"o\","
		"\"config\":{%s},\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[]}}",
		want);
	assert_string_equal(out.data, text);
	for (size_t i = 0; i < COUNT(configs); i++)
		nacre_config_clear(&configs[i]);
}

static void what_is_inherited_follows_and_what_is_changed_stays(void **state)
{
	(void)state;
	assert_rebased("\"User\":\"a\"", "\"User\":\"a\"", "\"User\":\"b\"", "\"User\":\"b\"");
	assert_rebased("\"User\":\"c\"", "\"User\":\"a\"", "\"User\":\"b\"", "\"User\":\"c\"");
	assert_rebased("", "\"User\":\"a\"", "\"User\":\"b\"", "");
	assert_rebased("\"User\":\"a\"", "\"User\":\"a\"", "", "");
	assert_rebased("", "", "\"WorkingDir\":\"/x\"", "\"WorkingDir\":\"/x\"");
}

static void names_follow_one_by_one(void **state)
{
	(void)state;
	assert_rebased("\"Env\":[\"A=1\",\"B=mine\",\"D=\",\"N=n\"]",
		"\"Env\":[\"A=1\",\"B=2\",\"C=3\",\"D=\"]",
		"\"Env\":[\"A=4\",\"B=5\",\"C=6\",\"E=7\"]",
		"\"Env\":[\"A=4\",\"B=mine\",\"N=n\",\"E=7\"]");
	assert_rebased("\"ExposedPorts\":{\"1/tcp\":{},\"2/tcp\":{}}",
		"\"ExposedPorts\":{\"1/tcp\":{}}", "\"ExposedPorts\":{\"3/tcp\":{}}",
		"\"ExposedPorts\":{\"2/tcp\":{},\"3/tcp\":{}}");
	assert_rebased("\"Labels\":{\"a\":\"1\",\"b\":\"mine\"}", "\"Labels\":{\"a\":\"1\"}",
		"\"Labels\":{\"a\":\"2\",\"b\":\"theirs\"}",
		"\"Labels\":{\"a\":\"2\",\"b\":\"mine\"}");
}

static void the_words_of_a_base_do_not_go_to_an_entrypoint_of_the_image(void **state)
{
	(void)state;
	assert_rebased(
		"\"Entrypoint\":[\"mine\"]", "", "\"Cmd\":[\"x\"]", "\"Entrypoint\":[\"mine\"]");
	assert_rebased("\"Entrypoint\":[\"e\"],\"Cmd\":[\"mine\"]",
		"\"Entrypoint\":[\"e\"],\"Cmd\":[\"c\"]", "\"Entrypoint\":[\"f\"],\"Cmd\":[\"d\"]",
		"\"Entrypoint\":[\"f\"],\"Cmd\":[\"mine\"]");
	assert_rebased("\"Entrypoint\":[\"e\"],\"Cmd\":[\"c\"]",
		"\"Entrypoint\":[\"e\"],\"Cmd\":[\"c\"]", "\"Cmd\":[\"d\"]", "\"Cmd\":[\"d\"]");
}

static void a_health_check_follows_as_a_whole(void **state)
{
	(void)state;
	assert_rebased("\"Healthcheck\":{\"Test\":[\"CMD\",\"a\"]}",
		"\"Healthcheck\":{\"Test\":[\"CMD\",\"a\"]}",
		"\"Healthcheck\":{\"Test\":[\"CMD\",\"b\"],\"Retries\":2}",
		"\"Healthcheck\":{\"Test\":[\"CMD\",\"b\"],\"Retries\":2}");
	assert_rebased("\"Healthcheck\":{\"Test\":[\"NONE\"]}",
		"\"Healthcheck\":{\"Test\":[\"CMD\",\"a\"]}", "",
		"\"Healthcheck\":{\"Test\":[\"NONE\"]}");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_inherited_follows_and_what_is_changed_stays),
		cmocka_unit_test(names_follow_one_by_one),
		cmocka_unit_test(the_words_of_a_base_do_not_go_to_an_entrypoint_of_the_image),
		cmocka_unit_test(a_health_check_follows_as_a_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
