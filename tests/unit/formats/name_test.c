/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include "formats/name.h"

#define LONG_COMPONENT "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" /* 63 */

static void a_short_name_is_one_of_docker_io(void **state)
{
	static const struct {
		const char *text, *full;
	} rows[] = {
		{ "busybox", "docker.io/library/busybox" },
		{ "busybox:latest", "docker.io/library/busybox:latest" },
		{ "busybox@" DIGEST("a"), "docker.io/library/busybox@" DIGEST("a") },
		{ "busybox:1@" DIGEST("a"), "docker.io/library/busybox:1@" DIGEST("a") },
		{ "team/app:1", "docker.io/team/app:1" },
		{ "docker.io/busybox:1", "docker.io/library/busybox:1" },
		{ "docker.io/team/app:1", "docker.io/team/app:1" },
		{ "index.docker.io/busybox:1", "docker.io/library/busybox:1" },
		{ "index.docker.io/a/b/c:1", "docker.io/a/b/c:1" },
		{ "localhost/app", "localhost/app" },
		{ "localhost:5000/app:1", "localhost:5000/app:1" },
		{ "localhosts/app", "docker.io/localhosts/app" },
		{ "h.org/app", "h.org/app" },
		{ "H.org/app", "H.org/app" },
		{ "h:5000", "docker.io/library/h:5000" },
		{ "h:5000/a__b/c--d:X_1.-", "h:5000/a__b/c--d:X_1.-" },
		{ "oci:latest", "docker.io/library/oci:latest" },
		{ "[::1]:5000/app:1", "[::1]:5000/app:1" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct nacre_name name, again;
		char text[NACRE_NAME_BYTES + 1];

		assert_works(nacre_name_parse(rows[i].text, &name, err));
		nacre_name_print(&name, text);
		assert_string_equal(text, rows[i].full);
		assert_works(nacre_name_parse(text, &again, err));
		assert_true(nacre_name_equal(&name, &again));
	}
}

static void a_tag_is_never_made_up(void **state)
{
	struct nacre_name name;

	(void)state;
	assert_works(nacre_name_parse("h.org:5000/app", &name, err));
	assert_string_equal(name.tag, "");
	assert_works(nacre_name_parse("h.org/app@" DIGEST("b"), &name, err));
	assert_string_equal(name.tag, "");
	assert_string_equal(name.digest.text, DIGEST("b"));
	assert_works(nacre_name_parse("h.org/app:latest", &name, err));
	assert_string_equal(name.tag, "latest");
}

static void what_is_no_name_leaves_the_result_alone(void **state)
{
	static const char *const texts[] = { "", "/", "/app", "app/", "App", "h.org/App:1",
		"h.org/app:", "h.org/app:-1", "h.org/app@", "h.org/app@sha256:00",
		"h.org/app@md5:00000000000000000000000000000000", "h.org//app", "h.org/app:1:2",
		"http://h.org/app", "docker://h.org/app", " h.org/app", "h.org/app ", "h.org/a..b",
		"h.org/_a", "h.org:/app", "h.org:x/app", "-h.org/app", "*.org/app", "../app",
		"h.org/../app", "h.org/app:1/x",
		/* an image ID */
		"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef" };
	struct nacre_name name = { .repository = "before" };

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++) {
		char message[256];

		(void)snprintf(message, sizeof(message), "'%s' is no name of an image", texts[i]);
		assert_refused(nacre_name_parse(texts[i], &name, err), NACRE_E_FORMAT, message);
		assert_string_equal(name.repository, "before");
	}
}

static void names_have_the_lengths_that_registries_take(void **state)
{
	char text[1024];
	struct nacre_name name;

	(void)state;
	(void)snprintf(text, sizeof(text), "h.org/%s/%s/%s/%s", LONG_COMPONENT, LONG_COMPONENT,
		LONG_COMPONENT, &LONG_COMPONENT[6]);
	assert_int_equal(strlen(text), 255);
	assert_works(nacre_name_parse(text, &name, err));
	assert_string_equal(name.repository, text);
	(void)strcat(text, "a");
	assert_int_equal(nacre_name_parse(text, &name, NULL), NACRE_E_FORMAT);

	(void)snprintf(text, sizeof(text), "h.org/a:%s%s%s", LONG_COMPONENT, LONG_COMPONENT, "bb");
	assert_works(nacre_name_parse(text, &name, err));
	assert_int_equal(strlen(name.tag), 128);
	(void)strcat(text, "b");
	assert_int_equal(nacre_name_parse(text, &name, NULL), NACRE_E_FORMAT);

	memset(text, 'a', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	assert_int_equal(nacre_name_parse(text, &name, NULL), NACRE_E_FORMAT);
	assert_false(nacre_name_is_prefix(text));
}

static void names_are_equal_when_all_of_them_is(void **state)
{
	static const struct {
		const char *a, *b;
		bool equal;
	} rows[] = {
		{ "busybox:1", "docker.io/library/busybox:1", true },
		{ "h.org/a:1", "h.org/a:2", false },
		{ "h.org/a:1", "h.org/a", false },
		{ "h.org/a:1", "h.org/b:1", false },
		{ "h.org/a:1", "h.org/a:1@" DIGEST("a"), false },
		{ "h.org/a@" DIGEST("b"), "h.org/a@" DIGEST("a"), false },
		{ "h.org/a:1", "H.org/a:1", false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct nacre_name a, b;

		assert_works(nacre_name_parse(rows[i].a, &a, err));
		assert_works(nacre_name_parse(rows[i].b, &b, err));
		assert_int_equal(nacre_name_equal(&a, &b), rows[i].equal);
	}
}

static void a_prefix_is_a_host_and_perhaps_a_path(void **state)
{
	static const struct {
		const char *text;
		bool fits;
	} rows[] = {
		{ "h.org", true },
		{ "h.org:5000", true },
		{ "localhost", true },
		{ "docker.io/library", true },
		{ "h.org/a/b", true },
		{ "", false },
		{ "short", false },
		{ "team/app", false },
		{ "h.org/", false },
		{ "h.org/a/", false },
		{ "h.org/a:1", false },
		{ "h.org/A", false },
		{ "h.org/a@" DIGEST("a"), false },
		{ "*.org", false },
		{ "https://h.org", false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		assert_int_equal(nacre_name_is_prefix(rows[i].text), rows[i].fits);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_short_name_is_one_of_docker_io),
		cmocka_unit_test(a_tag_is_never_made_up),
		cmocka_unit_test(what_is_no_name_leaves_the_result_alone),
		cmocka_unit_test(names_have_the_lengths_that_registries_take),
		cmocka_unit_test(names_are_equal_when_all_of_them_is),
		cmocka_unit_test(a_prefix_is_a_host_and_perhaps_a_path),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
