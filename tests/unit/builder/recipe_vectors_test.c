/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Replays tests/vectors/recipe: recipe.yaml or recipe.json must give the one line in expect, or
 * "ok"; the code is FORMAT unless a file of that name says otherwise.
 */
#include "builder/recipe.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define ROOM 65536

/* Reads a file of a case; false when it has none of that name. */
static bool read_file(const char *name, const char *file, char *out_text, size_t *out_len)
{
	char path[1024];
	FILE *stream;

	(void)snprintf(path, sizeof(path), "%s/recipe/%s/%s", NACRE_VECTORS, name, file);
	stream = fopen(path, "rb");
	if (!stream)
		return false;
	*out_len = fread(out_text, 1, ROOM - 1, stream);
	out_text[*out_len] = '\0';
	(void)fclose(stream);
	return true;
}

static void read_line(const char *name, const char *file, const char *otherwise, char *out_line)
{
	size_t len = 0;

	if (!read_file(name, file, out_line, &len))
		(void)stpcpy(out_line, otherwise);
	out_line[strcspn(out_line, "\n")] = '\0';
}

static int code_of(const char *word)
{
	static const struct {
		const char *word;
		int code;
	} rows[] = {
		{ "FORMAT", NACRE_E_FORMAT },
		{ "UNSUPPORTED", NACRE_E_UNSUPPORTED },
		{ "LIMIT", NACRE_E_LIMIT },
		{ "UNSAFE", NACRE_E_UNSAFE },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (strcmp(word, rows[i].word) == 0)
			return rows[i].code;
	}
	fail_msg("no code '%s'", word);
	return 0;
}

/* What is accepted comes back the same from being emitted and parsed again. */
static void assert_round_trip(const char *name, const struct nacre_recipe *recipe)
{
	struct nacre_buf first = NACRE_BUF(ROOM), second = NACRE_BUF(ROOM);
	struct nacre_recipe *again = NULL;
	struct nacre_err err = { 0 };

	assert_int_equal(nacre_recipe_emit(recipe, &first, NULL), 0);
	if (nacre_recipe_parse("again", first.data, first.len, NULL, 0, NULL, &again, &err))
		fail_msg("%s: %s: %s", name, err.text, first.data);
	assert_int_equal(nacre_recipe_emit(again, &second, NULL), 0);
	assert_string_equal(second.data, first.data);
	nacre_recipe_free(again);
	nacre_buf_clear(&first);
	nacre_buf_clear(&second);
}

/* Returns whether the case is a recipe that must be accepted. */
static bool replay(const char *name)
{
	static char text[ROOM], expect[ROOM], code[ROOM], why[ROOM];
	const char *file = "recipe.yaml";
	struct nacre_recipe *recipe = NULL;
	struct nacre_err err = { .text = "ok" };
	size_t len = 0;
	int rc;

	if (!read_file(name, file, text, &len)) {
		file = "recipe.json";
		assert_true(read_file(name, file, text, &len));
	}
	read_line(name, "expect", "", expect);
	read_line(name, "code", "FORMAT", code);
	read_line(name, "why", "", why);
	rc = nacre_recipe_parse(file, text, len, NULL, 0, NULL, &recipe, &err);
	if (rc == 0)
		assert_round_trip(name, recipe);
	nacre_recipe_free(recipe);
	if (strcmp(err.text, expect) != 0)
		fail_msg("%s: got      %s\n%s: expected %s", name, err.text, name, expect);
	assert_int_equal(rc, strcmp(expect, "ok") == 0 ? 0 : code_of(code));
	if (why[0] == '\0')
		fail_msg("%s: no why", name);
	return rc == 0;
}

static void every_recipe_of_the_vectors_gets_the_verdict_beside_it(void **state)
{
	DIR *dir = opendir(NACRE_VECTORS "/recipe");
	unsigned good = 0, bad = 0;
	struct dirent *entry;

	(void)state;
	assert_non_null(dir);
	while ((entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		if (replay(entry->d_name))
			good++;
		else
			bad++;
	}
	(void)closedir(dir);
	/* A directory that was moved or checked out in part would pass otherwise. */
	assert_true(good >= 15);
	assert_true(bad >= 150);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_recipe_of_the_vectors_gets_the_verdict_beside_it),
	};

	return cmocka_run_group_tests_name("recipe_vectors", tests, NULL, NULL);
}
