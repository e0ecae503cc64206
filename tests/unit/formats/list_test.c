/* SPDX-License-Identifier: Apache-2.0 */
/* Lists of texts and of pairs. */
#include "fixture.h"

#include "formats/list.h"

static void a_pair_keeps_its_place_when_its_value_changes(void **state)
{
	NACRE_CLEANUP(nacre_pairs_clear)
	struct nacre_pairs pairs = { 0 };

	(void)state;
	assert_works(nacre_pairs_set(&pairs, "b", "1", err));
	assert_works(nacre_pairs_set(&pairs, "a", "2", err));
	assert_works(nacre_pairs_set(&pairs, "b", "3", err));
	assert_int_equal(pairs.count, 2);
	assert_string_equal(pairs.items[0].name, "b");
	assert_string_equal(nacre_pairs_find(&pairs, "b"), "3");
	assert_null(nacre_pairs_find(&pairs, "B"));
}

static void pairs_survive_growing_and_removing(void **state)
{
	NACRE_CLEANUP(nacre_pairs_clear)
	struct nacre_pairs pairs = { 0 }, copy = { 0 };
	char name[16];

	(void)state;
	for (int i = 0; i < 40; i++) {
		(void)snprintf(name, sizeof(name), "n%d", i);
		assert_works(nacre_pairs_set(&pairs, name, name, err));
		if (i % 3 == 0)
			nacre_pairs_remove(&pairs, name);
	}
	nacre_pairs_remove(&pairs, "absent");
	assert_int_equal(pairs.count, 26);
	assert_works(nacre_pairs_copy(&pairs, &copy, err));
	nacre_pairs_sort(&copy);
	assert_string_equal(copy.items[0].name, "n1");
	assert_string_equal(copy.items[1].name, "n10");
	assert_string_equal(copy.items[1].value, "n10");
	assert_null(nacre_pairs_find(&copy, "n0"));
	nacre_pairs_clear(&copy);
}

static void texts_survive_growing_and_sort_by_bytes(void **state)
{
	NACRE_CLEANUP(nacre_texts_clear)
	struct nacre_texts texts = { 0 };
	static const char *const names[] = { "b", "a", "\xc3\xa9", "B", "ab" };

	(void)state;
	for (size_t i = 0; i < COUNT(names); i++)
		assert_works(nacre_texts_add(&texts, names[i], err));
	nacre_texts_sort(&texts);
	assert_string_equal(texts.items[0], "B");
	assert_string_equal(texts.items[2], "ab");
	assert_string_equal(texts.items[4], "\xc3\xa9");
	assert_true(nacre_texts_has(&texts, "ab"));
	assert_false(nacre_texts_has(&texts, "abc"));
}

static void a_list_of_something_else_is_refused(void **state)
{
	static const char text[] = "{\"t\":[\"a\",1],\"p\":{\"a\":\"b\",\"c\":[]}}";
	NACRE_CLEANUP(nacre_json_freep)
	struct nacre_json *json = NULL;
	struct nacre_texts texts = { 0 };
	struct nacre_pairs pairs = { 0 };
	const struct nacre_jvalue *root;

	(void)state;
	assert_works(nacre_json_parse(text, strlen(text), NULL, &json, err));
	root = nacre_json_root(json);
	assert_refused(nacre_texts_parse(nacre_jvalue_find(root, "t"), &texts, err), NACRE_E_FORMAT,
		"t[1]: not a string");
	assert_refused(nacre_pairs_parse(nacre_jvalue_find(root, "p"), &pairs, err), NACRE_E_FORMAT,
		"p.c: not a string");
	assert_refused(nacre_pairs_parse(nacre_jvalue_find(root, "t"), &pairs, err), NACRE_E_FORMAT,
		"t: not an object");
	assert_null(texts.items);
	assert_null(pairs.items);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_pair_keeps_its_place_when_its_value_changes),
		cmocka_unit_test(pairs_survive_growing_and_removing),
		cmocka_unit_test(texts_survive_growing_and_sort_by_bytes),
		cmocka_unit_test(a_list_of_something_else_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
