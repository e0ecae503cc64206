/* SPDX-License-Identifier: Apache-2.0 */
#include "builder/recipe.h"

#include "base/scope.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define HEAD "nacre: 1\nfrom: scratch\n"
#define LAYER(name) "layers: [{name: " name ", steps: [{dir: {path: /" name "}}]}]\n"

/* A folder in memory. */
struct file {
	const char *path;
	const char *text;
};

static const struct file *files;
static struct nacre_recipe *recipe;

static int load(void *user, const char *path, struct nacre_buf *out_text, struct nacre_err *err)
{
	(void)user;
	for (const struct file *file = files; file->path; file++) {
		if (strcmp(file->path, path) == 0)
			return nacre_buf_add_text(out_text, file->text, err);
	}
	return nacre_fail(err, NACRE_E_NOT_FOUND, "'%s': not there", path);
}

static int parse_in(const char *dir, const struct file *all, const char *text,
	const struct nacre_limits *limits, struct nacre_err *err)
{
	const struct nacre_recipe_loader loader = { load, NULL, dir };

	files = all;
	return nacre_recipe_parse_with(
		&loader, "nacre.yaml", text, strlen(text), NULL, 0, limits, &recipe, err);
}

static void parse(const struct file *all, const char *text)
{
	struct nacre_err err = { 0 };

	if (parse_in("", all, text, NULL, &err))
		fail_msg("%s", err.text);
}

static void assert_refused(const struct file *all, const char *text, int code, const char *message)
{
	struct nacre_err err = { 0 };

	assert_int_equal(parse_in("", all, text, NULL, &err), code);
	assert_string_equal(err.text, message);
	assert_null(recipe);
}

static int teardown(void **state)
{
	(void)state;
	nacre_recipe_freep(&recipe);
	return 0;
}

static void what_is_included_stands_before_what_includes_it(void **state)
{
	static const struct file all[] = {
		{ "a.yaml", "include: [sub/b.yaml]\n" LAYER("a") },
		{ "sub/b.yaml", "nacre: 1\ninclude: [c.yaml]\n" LAYER("b") },
		{ "sub/c.yaml", LAYER("c") },
		{ "d.yaml", "{\"layers\": [{\"name\": \"d\", \"steps\": []}]}" },
		{ NULL, NULL },
	};
	char order[8] = "";

	(void)state;
	parse(all, HEAD "include: [a.yaml, d.yaml]\n" LAYER("z"));
	for (size_t i = 0; i < recipe->layer_count; i++)
		(void)strcat(order, recipe->layers[i].name.text);
	assert_string_equal(order, "cbadz");
	assert_int_equal(recipe->file_count, 5);
	assert_string_equal(recipe->files[0], "nacre.yaml");
	assert_string_equal(recipe->files[recipe->layers[0].mark.file], "sub/c.yaml");
}

static void what_two_files_include_stands_once(void **state)
{
	static const struct file all[] = {
		{ "a.yaml", "include: [c.yaml]\n" LAYER("a") },
		{ "b.yaml", "include: [./c.yaml]\n" LAYER("b") },
		{ "c.yaml", LAYER("c") },
		{ NULL, NULL },
	};

	(void)state;
	parse(all, HEAD "include: [a.yaml, b.yaml]\n");
	assert_int_equal(recipe->layer_count, 3);
}

static void of_mappings_the_including_file_wins(void **state)
{
	static const struct file all[] = {
		{ "a.yaml",
			"args: {V: 1, W: 2}\n"
			"config: {user: a, cmd: [x], env: {A: '1', B: '2'}, labels: {z: '1', a: "
			"'1'}}\n"
			"annotations: {k: '1', l: '1'}\n" },
		{ NULL, NULL },
	};
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf buf = NACRE_BUF(0);

	(void)state;
	parse(all,
		HEAD "include: [a.yaml]\nargs: {W: 3, X: 4}\nauthor: ${V}${W}${X}\n"
		     "config: {user: b, env: {B: '3', C: '4'}, labels: {a: '2'}}\n"
		     "annotations: {l: '2'}\n");
	assert_int_equal(nacre_recipe_emit(recipe, &buf, NULL), 0);
	assert_string_equal(buf.data,
		"{\"nacre\":1,\"from\":\"scratch\",\"author\":\"134\",\"args\":{\"V\":\"1\","
		"\"W\":\"3\",\"X\":\"4\"},\"config\":{\"user\":\"b\",\"cmd\":[\"x\"],"
		"\"env\":{\"A\":\"1\",\"B\":\"3\",\"C\":\"4\"},\"labels\":{\"a\":\"2\","
		"\"z\":\"1\"}},\"annotations\":{\"k\":\"1\",\"l\":\"2\"}}\n");
}

static void lists_are_joined(void **state)
{
	static const struct file all[] = {
		{ "a.yaml",
			"accounts: {users: [{name: a, uid: 1}]}\nallow: {setuid: [/a]}\n"
			"stages: {one: {from: scratch, steps: []}}\n" },
		{ NULL, NULL },
	};

	(void)state;
	parse(all,
		HEAD "include: [a.yaml]\naccounts: {users: [{name: b, uid: 2}]}\n"
		     "allow: {setuid: [/b]}\nlayers: [{name: l, steps: [\n"
		     "  {copy: {stage: one, from: /x, to: /x}}]}]\n");
	assert_int_equal(recipe->accounts.user_count, 2);
	assert_string_equal(recipe->accounts.users[0].name.text, "a");
	assert_int_equal(recipe->allow.setuid.count, 2);
	assert_string_equal(recipe->allow.setuid.items[1].text, "b");
	assert_int_equal(recipe->layers[0].steps[0].stage, 1);
}

static void mistakes_name_the_included_file(void **state)
{
	static const struct file unknown[] = { { "a.yaml", "\nlayrs: []\n" }, { NULL, NULL } };
	static const struct file broken[] = { { "a.yaml", "args: [\n" }, { NULL, NULL } };
	static const struct file arg[] = { { "a.yaml", "config: {user: 'a${V}'}\n" },
		{ NULL, NULL } };
	static const struct file twice[] = { { "a.yaml", "\n" LAYER("x") }, { NULL, NULL } };
	static const struct file from[] = { { "a.yaml", "from: scratch\n" }, { NULL, NULL } };
	static const struct file user[] = {
		{ "a.yaml", "accounts:\n users: [{name: a, uid: 1}]\n" }, { NULL, NULL }
	};

	(void)state;
	assert_refused(unknown, HEAD "include: [a.yaml]\n", NACRE_E_FORMAT,
		"a.yaml:2:1: unknown key 'layrs'; did you mean 'layers'?");
	assert_refused(broken, HEAD "include: [a.yaml]\n", NACRE_E_FORMAT,
		"a.yaml:2:1: not YAML: did not find expected node content, while parsing a flow "
		"node from 2:1");
	assert_refused(arg, HEAD "include: [a.yaml]\nargs: {W: 1}\n", NACRE_E_FORMAT,
		"a.yaml:1:18: there is no arg 'V'; did you mean 'W'?");
	assert_refused(twice, HEAD "include: [a.yaml]\n" LAYER("x"), NACRE_E_FORMAT,
		"nacre.yaml:4:17: layer 'x' is here a second time; the first is in a.yaml:2");
	assert_refused(from, HEAD "include: [a.yaml]\n", NACRE_E_FORMAT,
		"a.yaml:1:7: 'from' has no place in an included file; it stands in nacre.yaml");
	assert_refused(user, HEAD "include: [a.yaml]\naccounts: {users: [{name: b, uid: 1}]}\n",
		NACRE_E_FORMAT,
		"nacre.yaml:4:20: uid '1' is here a second time; the first is in a.yaml:2");
}

static void what_cannot_be_included_is_named_where_it_is_included(void **state)
{
	static const struct file none[] = { { NULL, NULL } };

	(void)state;
	assert_refused(none, HEAD "include: [a.yaml]\n", NACRE_E_NOT_FOUND,
		"nacre.yaml:3:11: include: 'a.yaml': not there");
	assert_refused(none, HEAD "include: [/a.yaml]\n", NACRE_E_FORMAT,
		"nacre.yaml:3:11: include '/a.yaml' is absolute; files are named from the folder "
		"of the one that includes them");
	assert_refused(none, HEAD "include: [../a.yaml]\n", NACRE_E_UNSAFE,
		"nacre.yaml:3:11: include '../a.yaml': '..' in a path");
	assert_refused(none, HEAD "include: a.yaml\n", NACRE_E_FORMAT,
		"nacre.yaml:3:10: 'include' wants a list, not a text");
	assert_refused(none, HEAD "include: ['${A}.yaml']\n", NACRE_E_FORMAT,
		"nacre.yaml:3:11: include '${A}.yaml' has a '$'; there are no args before all "
		"files "
		"are read");
}

static void files_that_include_each_other_are_refused_with_their_chain(void **state)
{
	static const struct file all[] = {
		{ "a.yaml", "include: [b.yaml]\n" },
		{ "b.yaml", "include:\n- a.yaml\n" },
		{ "own.yaml", "include: [nacre.yaml]\n" },
		{ NULL, NULL },
	};

	(void)state;
	assert_refused(all, HEAD "include: [a.yaml]\n", NACRE_E_FORMAT,
		"b.yaml:2:3: files include each other: a.yaml includes b.yaml includes a.yaml");
	assert_refused(all, HEAD "include: [own.yaml]\n", NACRE_E_FORMAT,
		"own.yaml:1:11: files include each other: nacre.yaml includes own.yaml includes "
		"nacre.yaml");
}

static void includes_are_seen_from_the_folder_of_the_recipe(void **state)
{
	static const struct file all[] = { { "sub/a.yaml", LAYER("a") }, { NULL, NULL } };
	struct nacre_err err = { 0 };

	(void)state;
	assert_int_equal(parse_in("sub", all, HEAD "include: [a.yaml]\n", NULL, &err), 0);
	nacre_recipe_freep(&recipe);
	assert_int_equal(
		parse_in(NULL, all, HEAD "include: [a.yaml]\n", NULL, &err), NACRE_E_UNSAFE);
	assert_string_equal(err.text,
		"nacre.yaml:3:11: nacre.yaml lies outside of the context, so it cannot include "
		"anything");
	assert_int_equal(nacre_recipe_parse("f", HEAD "include: [a]\n",
				 strlen(HEAD "include: [a]\n"), NULL, 0, NULL, &recipe, &err),
		NACRE_E_FORMAT);
	assert_string_equal(
		err.text, "f:3:11: 'include' has no place in a recipe that stands alone");
}

static void eight_files_may_include_each_other_and_no_more(void **state)
{
	static char texts[10][32], paths[10][8];
	static struct file all[11];

	(void)state;
	for (int i = 0; i < 9; i++) {
		(void)snprintf(paths[i], sizeof(paths[i]), "%d", i);
		(void)snprintf(texts[i], sizeof(texts[i]), "include: ['%d']\n", i + 1);
		all[i] = (struct file){ paths[i], texts[i] };
	}
	(void)strcpy(texts[7], "args: {}\n");
	parse(all, HEAD "include: ['0']\n");
	assert_int_equal(recipe->file_count, 9);
	nacre_recipe_freep(&recipe);
	(void)strcpy(texts[7], "include: ['8']\n");
	(void)strcpy(texts[8], "args: {}\n");
	assert_refused(all, HEAD "include: ['0']\n", NACRE_E_LIMIT,
		"7:1:11: more than 8 files include each other");
}

static void sixty_four_files_make_a_recipe_and_no_more(void **state)
{
	static char paths[64][8], text[1024];
	static struct file all[65];
	size_t used;

	(void)state;
	used = (size_t)snprintf(text, sizeof(text), HEAD "include: [");
	for (int i = 0; i < 64; i++) {
		(void)snprintf(paths[i], sizeof(paths[i]), "f%d", i);
		all[i] = (struct file){ paths[i], "args: {}\n" };
		if (i < 63)
			used += (size_t)snprintf(text + used, sizeof(text) - used, "f%d, ", i);
	}
	(void)snprintf(text + used, sizeof(text) - used, "]\n");
	parse(all, text);
	assert_int_equal(recipe->file_count, 64);
	nacre_recipe_freep(&recipe);
	(void)snprintf(text + used, sizeof(text) - used, "f63]\n");
	assert_refused(
		all, text, NACRE_E_LIMIT, "nacre.yaml:3:316: a recipe of more than 64 files");
}

static void all_files_together_have_at_most_the_bytes_of_a_recipe(void **state)
{
	static const struct file all[] = { { "a", "args: {}\n" }, { "b", "#" }, { NULL, NULL } };
	struct nacre_limits limits = { .recipe_bytes = strlen(HEAD "include: [a]\n") + 9 };
	struct nacre_err err = { 0 };

	(void)state;
	assert_int_equal(parse_in("", all, HEAD "include: [a]\n", &limits, &err), 0);
	nacre_recipe_freep(&recipe);
	limits.recipe_bytes--;
	assert_int_equal(parse_in("", all, HEAD "include: [a]\n", &limits, &err), NACRE_E_LIMIT);
	assert_string_equal(err.text,
		"nacre.yaml:3:11: with 'a', the recipe has more than 44 bytes (limit "
		"recipe-bytes)");
	limits.recipe_bytes = strlen(HEAD "include: [a, b]\n") + 9;
	assert_int_equal(parse_in("", all, HEAD "include: [a, b]\n", &limits, &err), NACRE_E_LIMIT);
}

#define TEST(name) cmocka_unit_test_teardown(name, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_is_included_stands_before_what_includes_it),
		TEST(what_two_files_include_stands_once),
		TEST(of_mappings_the_including_file_wins),
		TEST(lists_are_joined),
		TEST(mistakes_name_the_included_file),
		TEST(what_cannot_be_included_is_named_where_it_is_included),
		TEST(files_that_include_each_other_are_refused_with_their_chain),
		TEST(includes_are_seen_from_the_folder_of_the_recipe),
		TEST(eight_files_may_include_each_other_and_no_more),
		TEST(sixty_four_files_make_a_recipe_and_no_more),
		TEST(all_files_together_have_at_most_the_bytes_of_a_recipe),
	};

	return cmocka_run_group_tests_name("recipe_include", tests, NULL, NULL);
}
