/* SPDX-License-Identifier: Apache-2.0 */
#include "builder/maker.h"

#include "fixture.h"

#include "builder/build_stages.h"

static struct nacre_recipe *parse(const char *text)
{
	struct nacre_recipe *recipe = NULL;

	assert_works(nacre_recipe_parse("f", text, strlen(text), NULL, 0, NULL, &recipe, err));
	return recipe;
}

static const char whole[] = "nacre: 1\n"
			    "from: scratch\n"
			    "accounts: {groups: [{name: a, gid: 1}]}\n"
			    "stages:\n"
			    "  s:\n"
			    "    from: scratch\n"
			    "    steps:\n"
			    "    - dir: {path: /a}\n"
			    "    - file: {path: /b, text: x}\n"
			    "layers:\n"
			    "- name: one\n"
			    "  steps:\n"
			    "  - remove: {path: /c}\n"
			    "- name: two\n"
			    "  steps:\n"
			    "  - link: {path: /d, to: e}\n";

static void assert_made(
	const struct nacre_recipe *recipe, uint32_t maker, unsigned line, const char *name)
{
	struct nacre_mark mark;
	const char *got;

	assert_true(nacre_maker_find(recipe, maker, &mark, &got));
	assert_string_equal(got, name);
	assert_int_equal(mark.line, line);
}

static void every_step_and_the_accounts_have_a_number_that_leads_to_their_line(void **state)
{
	struct nacre_recipe *recipe = parse(whole);
	struct nacre_mark mark;
	const char *name;

	(void)state;
	assert_made(recipe, NACRE_MAKER_ACCOUNTS, 3, "accounts");
	assert_made(recipe, nacre_maker_of_stage(recipe, 0), 8, "dir");
	assert_made(recipe, nacre_maker_of_stage(recipe, 0) + 1, 9, "file");
	assert_made(recipe, nacre_maker_of_layer(recipe, 0), 13, "remove");
	assert_made(recipe, nacre_maker_of_layer(recipe, 1), 16, "link");
	assert_false(nacre_maker_find(recipe, NACRE_MAKER_NONE, &mark, &name));
	assert_false(nacre_maker_find(recipe, nacre_maker_of_layer(recipe, 1) + 1, &mark, &name));
	nacre_recipe_free(recipe);
}

static void a_stage_is_needed_by_a_layer_or_by_a_stage_that_is_needed(void **state)
{
	struct nacre_recipe *recipe =
		parse("nacre: 1\nfrom: scratch\nstages:\n"
		      "  a: {from: scratch, steps: []}\n"
		      "  b: {from: scratch, steps: [{copy: {stage: a, from: /, to: /}}]}\n"
		      "  c: {from: scratch, steps: [{copy: {stage: a, from: /, to: /}}]}\n"
		      "layers: [{name: l, steps: [{copy: {stage: b, from: /, to: /}}]}]\n");
	bool needed[3] = { false, false, true };

	(void)state;
	nacre_build_stages_needed(recipe, needed);
	assert_true(needed[0]);
	assert_true(needed[1]);
	assert_false(needed[2]);
	nacre_recipe_free(recipe);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			every_step_and_the_accounts_have_a_number_that_leads_to_their_line),
		cmocka_unit_test(a_stage_is_needed_by_a_layer_or_by_a_stage_that_is_needed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
