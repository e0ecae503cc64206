/* SPDX-License-Identifier: Apache-2.0 */
#include "builder/value_json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static struct nacre_arena arena;

static int setup(void **state)
{
	(void)state;
	arena = (struct nacre_arena)NACRE_ARENA;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	nacre_arena_clear(&arena);
	return 0;
}

static const struct nacre_value *parse(const char *text)
{
	struct nacre_textfile doc = { "f", text, strlen(text), 0 };
	struct nacre_value *top = NULL;
	struct nacre_err err = { 0 };

	assert_int_equal(nacre_value_parse_json(&doc, &arena, &top, &err), 0);
	return top;
}

static void assert_refused(const char *text, const char *message)
{
	struct nacre_textfile doc = { "f", text, strlen(text), 0 };
	struct nacre_value *top = NULL;
	struct nacre_err err = { 0 };

	assert_int_equal(nacre_value_parse_json(&doc, &arena, &top, &err), NACRE_E_FORMAT);
	assert_string_equal(err.text, message);
	assert_null(top);
}

static void strings_are_quoted_texts_and_all_else_is_plain(void **state)
{
	static const char *const texts[] = { "a", "", "1", "-0.50e+3", "true", "false", "null" };
	const struct nacre_value *list;

	(void)state;
	list = parse("[\"a\", \"\", 1, -0.50e+3, true, false, null]");
	assert_int_equal(list->count, 7);
	for (size_t i = 0; i < list->count; i++) {
		assert_string_equal(list->items[i]->text, texts[i]);
		assert_int_equal(list->items[i]->len, strlen(texts[i]));
		assert_int_equal(
			list->items[i]->style, i < 2 ? NACRE_VALUE_QUOTED : NACRE_VALUE_PLAIN);
	}
}

static void escapes_become_the_characters_they_mean(void **state)
{
	(void)state;
	assert_string_equal(parse("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"")->text, "\"\\/\b\f\n\r\t");
	assert_string_equal(parse("\"\\u0041\\u00e9\\u20AC\\ud83d\\ude00\"")->text,
		"A\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80");
	assert_string_equal(parse("\"\\udbff\\udfff\"")->text, "\xf4\x8f\xbf\xbf");
}

static void what_libyaml_would_stumble_over_is_read(void **state)
{
	char text[4096] = "\t{\"";
	const struct nacre_value *map;

	(void)state;
	memset(text + 3, 'k', 2000);
	(void)strcat(text, "\"\n:\"v\"}");
	map = parse(text);
	assert_int_equal(map->count, 1);
	assert_int_equal(map->keys[0]->len, 2000);
	assert_string_equal(map->items[0]->text, "v");
	assert_int_equal(map->items[0]->mark.line, 2);
	assert_int_equal(map->items[0]->mark.column, 2);
}

static void places_behind_a_surrogate_pair_are_those_of_the_file(void **state)
{
	const struct nacre_value *list;

	(void)state;
	list = parse("[\"\\ud83d\\ude00\", \"\xf0\x9f\x98\x80\", 1]");
	assert_int_equal(list->items[1]->mark.column, 18);
	assert_int_equal(list->items[2]->mark.column, 23);
}

static void mistakes_are_named_with_their_place(void **state)
{
	(void)state;
	assert_refused("", "f:1:1: not JSON: the file ends, expected a value");
	assert_refused("[1,]", "f:1:4: not JSON: ']', expected a value");
	assert_refused("[1 2]", "f:1:4: not JSON: '2', expected ',' or ']'");
	assert_refused("{\"a\" 1}", "f:1:6: not JSON: '1', expected ':' behind a key");
	assert_refused("{\"\": 1}", "f:1:2: an empty key");
	assert_refused("{\"a\": 1,\n \"a\": 2}",
		"f:2:2: key 'a' is here a second time; the first is in line 1");
	assert_refused("[+1]", "f:1:2: not JSON: '+', expected a value");
	assert_refused("[1.]", "f:1:2: not JSON: '1', expected a value");
	assert_refused("[1e]", "f:1:2: not JSON: '1', expected a value");
	assert_refused("[-]", "f:1:2: not JSON: '-', expected a value");
	assert_refused("[truely]", "f:1:6: not JSON: 'l', expected ',' or ']'");
	assert_refused("[\"\\",
		"f:1:4: not JSON: the file ends, expected one of \"\\/bfnrtu "
		"behind a backslash");
	assert_refused("[\"\\u12\"]", "f:1:5: not JSON: '1', expected four hex digits");
	assert_refused("[\"\\ud83d\\u0041\"]",
		"f:1:9: not JSON: '\\', expected the second half of a surrogate pair");
	assert_refused("[\"\\ude00\"]",
		"f:1:5: not JSON: 'd', expected the first half of a "
		"surrogate pair before the second");
	assert_refused("[\xc3\xa9]", "f:1:2: not JSON: '\xc3\xa9', expected a value");
	assert_refused("{} {}", "f:1:4: not JSON: '{', expected the end of the file");
}

static void depth_ends_at_its_limit(void **state)
{
	char text[2 * NACRE_VALUE_DEPTH + 2] = "";
	struct nacre_textfile doc = { "f", text, 0, 0 };
	struct nacre_value *top = NULL;
	struct nacre_err err = { 0 };

	(void)state;
	memset(text, '[', NACRE_VALUE_DEPTH);
	memset(text + NACRE_VALUE_DEPTH, ']', NACRE_VALUE_DEPTH);
	(void)parse(text);
	text[NACRE_VALUE_DEPTH] = '[';
	doc.len = strlen(text);
	assert_int_equal(nacre_value_parse_json(&doc, &arena, &top, &err), NACRE_E_LIMIT);
	assert_string_equal(err.text, "f:1:33: more than 32 lists and mappings in each other");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			strings_are_quoted_texts_and_all_else_is_plain, setup, teardown),
		cmocka_unit_test_setup_teardown(
			escapes_become_the_characters_they_mean, setup, teardown),
		cmocka_unit_test_setup_teardown(
			what_libyaml_would_stumble_over_is_read, setup, teardown),
		cmocka_unit_test_setup_teardown(
			places_behind_a_surrogate_pair_are_those_of_the_file, setup, teardown),
		cmocka_unit_test_setup_teardown(
			mistakes_are_named_with_their_place, setup, teardown),
		cmocka_unit_test_setup_teardown(depth_ends_at_its_limit, setup, teardown),
	};

	return cmocka_run_group_tests_name("value_json", tests, NULL, NULL);
}
