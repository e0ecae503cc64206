/* SPDX-License-Identifier: Apache-2.0 */
#include "builder/yaml.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct nacre_arena arena;
static struct nacre_textfile doc;

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
	struct nacre_value *top = NULL;
	struct nacre_err err = { 0 };

	doc = (struct nacre_textfile){ "f", text, strlen(text), 0 };
	assert_int_equal(nacre_textfile_check(&doc, &err), 0);
	assert_int_equal(nacre_yaml_parse(&doc, &arena, &top, &err), 0);
	return top;
}

static void assert_refused(const char *text, int code, const char *message)
{
	struct nacre_value *top = NULL;
	struct nacre_err err = { 0 };

	doc = (struct nacre_textfile){ "f", text, strlen(text), 0 };
	assert_int_equal(nacre_yaml_parse(&doc, &arena, &top, &err), code);
	assert_string_equal(err.text, message);
	assert_null(top);
}

static void assert_mark(struct nacre_mark mark, unsigned line, unsigned column)
{
	assert_int_equal(mark.line, line);
	assert_int_equal(mark.column, column);
}

static void scalars_stay_the_text_they_are(void **state)
{
	static const char *const texts[] = { "no", "0755", "1.10", "12:30", "~", "null", "0x1f" };
	const struct nacre_value *list;

	(void)state;
	list = parse("[no, 0755, 1.10, 12:30, ~, null, 0x1f]");
	assert_int_equal(list->kind, NACRE_VALUE_LIST);
	assert_int_equal(list->count, 7);
	for (size_t i = 0; i < list->count; i++) {
		assert_int_equal(list->items[i]->style, NACRE_VALUE_PLAIN);
		assert_string_equal(list->items[i]->text, texts[i]);
	}
}

static void keys_and_items_stand_in_the_order_of_the_file(void **state)
{
	const struct nacre_value *map;

	(void)state;
	map = parse("b: 1\na:\n  - x\n  - y\nc: {}\n");
	assert_int_equal(map->count, 3);
	assert_string_equal(map->keys[0]->text, "b");
	assert_string_equal(map->keys[1]->text, "a");
	assert_string_equal(map->keys[2]->text, "c");
	assert_string_equal(nacre_value_find(map, "a")->items[1]->text, "y");
	assert_int_equal(nacre_value_find(map, "c")->count, 0);
	assert_null(nacre_value_find(map, "d"));
}

static void places_count_from_one_and_in_characters(void **state)
{
	const struct nacre_value *map;

	(void)state;
	map = parse("a: b\n\xc3\xa9\xc3\xa9: [x, \xf0\x9f\x98\x80, y]\n");
	assert_mark(map->mark, 1, 1);
	assert_mark(map->items[0]->mark, 1, 4);
	assert_mark(map->keys[1]->mark, 2, 1);
	assert_mark(map->items[1]->mark, 2, 5);
	assert_mark(map->items[1]->items[2]->mark, 2, 12);
}

static struct nacre_mark place_of(const char *text, char c)
{
	const struct nacre_value *value = parse(text)->items[0];
	const char *found = strchr(value->text, c);

	assert_non_null(found);
	return nacre_value_mark_at(&doc, value, (size_t)(found - value->text));
}

static void a_place_inside_of_a_text_is_exact_where_the_file_has_it_as_it_is(void **state)
{
	(void)state;
	assert_mark(place_of("a: one $\n", '$'), 1, 8);
	assert_mark(place_of("a: \"one $\"\n", '$'), 1, 9);
	assert_mark(place_of("a: '\xc3\xa9 $'\n", '$'), 1, 7);
	assert_mark(place_of("a: |\n  one\n\n    two $ x\n", '$'), 4, 9);
	assert_mark(place_of("a: |-\r\n  one\r\n  $\r\n", '$'), 3, 3);
	assert_mark(place_of("a: | # why\n  $", '$'), 2, 3);
}

static void a_place_behind_an_escape_or_a_fold_is_that_of_the_text(void **state)
{
	(void)state;
	assert_mark(place_of("a: \"\\t$\"\n", '$'), 1, 4);
	assert_mark(place_of("a: '''$'\n", '$'), 1, 4);
	assert_mark(place_of("a: one\n  $\n", '$'), 1, 4);
	assert_mark(place_of("a: >\n  one\n  $\n", '$'), 1, 4);
}

static void what_makes_yaml_unfold_is_refused_where_it_stands(void **state)
{
	(void)state;
	assert_refused(
		"a: &x 1\n", NACRE_E_FORMAT, "f:1:4: anchors and tags have no place in a recipe");
	assert_refused("a:\n - *x\n", NACRE_E_FORMAT, "f:2:4: aliases have no place in a recipe");
	assert_refused(
		"a: !t []\n", NACRE_E_FORMAT, "f:1:4: anchors and tags have no place in a recipe");
	assert_refused(
		"a: ! b\n", NACRE_E_FORMAT, "f:1:4: anchors and tags have no place in a recipe");
	assert_refused("a: {<<: b}\n", NACRE_E_FORMAT,
		"f:1:5: '<<' merges mappings, which a recipe does not do");
	assert_refused(
		"a: b\n---\nc: d\n", NACRE_E_FORMAT, "f:2:1: a second document; a recipe is one");
	assert_refused("%YAML 1.1\n---\na: b\n", NACRE_E_FORMAT,
		"f:1:1: directives have no place in a recipe");
}

static void a_quoted_merge_key_is_a_key_like_others(void **state)
{
	(void)state;
	assert_string_equal(parse("'<<': b\n")->keys[0]->text, "<<");
}

static void a_key_stands_once_however_it_is_quoted(void **state)
{
	(void)state;
	assert_refused("a: 1\nb: 2\n'a': 3\n", NACRE_E_FORMAT,
		"f:3:1: key 'a' is here a second time; the first is in line 1");
	assert_refused("- x\n- {c: 1, \"\\x63\": 2}\n", NACRE_E_FORMAT,
		"f:2:10: key 'c' is here a second time; the first is in line 2");
}

/* "[" in each other, with what closes them. */
static char *nested(size_t depth)
{
	char *text = calloc(1, 2 * depth + 1);

	assert_non_null(text);
	memset(text, '[', depth);
	memset(text + depth, ']', depth);
	return text;
}

static void depth_ends_at_its_limit(void **state)
{
	char *fits = nested(NACRE_VALUE_DEPTH), *deeper = nested(NACRE_VALUE_DEPTH + 1);
	char *bomb = nested(400000);

	(void)state;
	assert_int_equal(parse(fits)->count, 1);
	assert_refused(
		deeper, NACRE_E_LIMIT, "f:1:33: more than 32 lists and mappings in each other");
	assert_refused(
		bomb, NACRE_E_LIMIT, "f:1:33: more than 32 lists and mappings in each other");
	free(fits);
	free(deeper);
	free(bomb);
}

static void a_mistake_at_the_end_is_placed_in_a_line_that_is_there(void **state)
{
	(void)state;
	assert_refused("a: [b", NACRE_E_FORMAT,
		"f:1:6: not YAML: did not find expected ',' or ']', while parsing a flow sequence "
		"from 1:4");
	assert_refused("", NACRE_E_FORMAT, "f:1:1: there is nothing here");
}

static void assert_unchecked(const char *text, size_t len, const char *message)
{
	struct nacre_err err = { 0 };

	doc = (struct nacre_textfile){ "f", text, len, 0 };
	assert_int_equal(nacre_textfile_check(&doc, &err), NACRE_E_FORMAT);
	assert_string_equal(err.text, message);
}

static void characters_that_readers_take_differently_are_refused(void **state)
{
	(void)state;
	assert_unchecked("a\n\xc3", 3, "f:2:1: byte 0xc3 is not UTF-8");
	assert_unchecked("\xed\xa0\x80", 3, "f:1:1: byte 0xed is not UTF-8");
	assert_unchecked("ab\0", 3, "f:1:3: a NUL byte");
	assert_unchecked("a\xc2\x85", 3,
		"f:1:2: character U+0085 may only stand here as an escape in double quotes");
	assert_unchecked("\xe2\x80\xa9", 3,
		"f:1:1: character U+2029 may only stand here as an escape in double quotes");
	assert_unchecked("a\xef\xbb\xbf", 4,
		"f:1:2: character U+FEFF may only stand here as an escape in double quotes");
	assert_unchecked("\xf0\x9f\xbf\xbf", 4,
		"f:1:1: character U+1FFFF may only stand here as an escape in double quotes");
	assert_unchecked("a\rb", 3, "f:1:2: a carriage return without a newline");
	assert_unchecked("a\n\r", 3, "f:2:1: a carriage return without a newline");
}

static void a_shown_text_is_one_line_and_short(void **state)
{
	char shown[NACRE_SHOWN], text[200];

	(void)state;
	assert_string_equal(nacre_value_show("a\nb\x1b\x7f", 5, shown), "a\\nb\\x1b\\x7f");
	assert_string_equal(nacre_value_show("\xc3\xa9", 2, shown), "\xc3\xa9");
	memset(text, 'x', sizeof(text));
	assert_true(strlen(nacre_value_show(text, sizeof(text), shown)) < NACRE_SHOWN);
	assert_string_equal(shown + strlen(shown) - 4, "x...");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(scalars_stay_the_text_they_are, setup, teardown),
		cmocka_unit_test_setup_teardown(
			keys_and_items_stand_in_the_order_of_the_file, setup, teardown),
		cmocka_unit_test_setup_teardown(
			places_count_from_one_and_in_characters, setup, teardown),
		cmocka_unit_test_setup_teardown(
			a_place_inside_of_a_text_is_exact_where_the_file_has_it_as_it_is, setup,
			teardown),
		cmocka_unit_test_setup_teardown(
			a_place_behind_an_escape_or_a_fold_is_that_of_the_text, setup, teardown),
		cmocka_unit_test_setup_teardown(
			what_makes_yaml_unfold_is_refused_where_it_stands, setup, teardown),
		cmocka_unit_test_setup_teardown(
			a_quoted_merge_key_is_a_key_like_others, setup, teardown),
		cmocka_unit_test_setup_teardown(
			a_key_stands_once_however_it_is_quoted, setup, teardown),
		cmocka_unit_test_setup_teardown(depth_ends_at_its_limit, setup, teardown),
		cmocka_unit_test_setup_teardown(
			a_mistake_at_the_end_is_placed_in_a_line_that_is_there, setup, teardown),
		cmocka_unit_test(characters_that_readers_take_differently_are_refused),
		cmocka_unit_test(a_shown_text_is_one_line_and_short),
	};

	return cmocka_run_group_tests_name("yaml", tests, NULL, NULL);
}
