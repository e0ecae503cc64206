/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Mistakes by the hundred: every key of tests/vectors/recipe/ok-whole, and every word that is one
 * of few, is misspelt in four ways, every value becomes one of another kind. Each must be told with
 * its file, line and column, with what was expected, and with the name that was meant.
 */
#include "builder/recipe.h"

#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define ROOM 65536

static char whole[ROOM];

/* Names that the recipe's author makes up: any other would do, too. */
static const char *const made_up[] = { "VERSION", "compile", "pack", "PATH", "user.kind",
	"user.raw", "user.a", "org.opencontainers.image.version", "org.opencontainers.image.source",
	NULL };

static bool is_one_of(const char *const *names, const char *text, size_t len)
{
	for (size_t i = 0; names[i]; i++) {
		if (strlen(names[i]) == len && memcmp(names[i], text, len) == 0)
			return true;
	}
	return false;
}

static bool is_key(size_t at, size_t len, const char *name)
{
	return strlen(name) == len && memcmp(whole + at, name, len) == 0;
}

static void load_whole(void)
{
	FILE *stream = fopen(NACRE_VECTORS "/recipe/ok-whole/recipe.yaml", "rb");

	assert_non_null(stream);
	whole[fread(whole, 1, ROOM - 1, stream)] = '\0';
	(void)fclose(stream);
}

/* "f:LINE:COLUMN: " of an offset. The recipe is ASCII. */
static void print_place(const char *text, size_t offset, char out_place[64])
{
	unsigned line = 1, column = 1;

	for (size_t i = 0; i < offset; i++) {
		column = text[i] == '\n' ? 1 : column + 1;
		line += text[i] == '\n';
	}
	(void)snprintf(out_place, 64, "f:%u:%u: ", line, column);
}

/* The whole recipe with `len` bytes at `at` replaced; refused at that place, or at `place_at`. */
static void mutate(
	size_t at, size_t len, const char *by, char out_message[NACRE_ERR_TEXT], char out_place[64])
{
	struct nacre_recipe *recipe = NULL;
	struct nacre_err err = { 0 };
	char *text = malloc(ROOM + 64);

	assert_non_null(text);
	memcpy(text, whole, at);
	(void)stpcpy(stpcpy(text + at, by), whole + at + len);
	print_place(text, at, out_place);
	if (nacre_recipe_parse("f", text, strlen(text), NULL, 0, NULL, &recipe, &err) == 0)
		fail_msg("'%s' for '%.*s' is accepted", by, (int)len, whole + at);
	assert_null(recipe);
	(void)stpcpy(out_message, err.text);
	free(text);
}

/* ---------------------------------------------------------------- misspelt */

static bool drop(const char *name, char *out)
{
	size_t len = strlen(name);

	(void)snprintf(out, 64, "%.*s%s", (int)(len / 2), name, name + len / 2 + 1);
	return len > 2;
}

static bool swap(const char *name, char *out)
{
	size_t at = strlen(name) / 2;

	(void)stpcpy(out, name);
	out[at - 1] = name[at];
	out[at] = name[at - 1];
	return name[at] != name[at - 1];
}

static bool twice(const char *name, char *out)
{
	size_t len = strlen(name);

	(void)snprintf(out, 64, "%s%c", name, name[len - 1]);
	return true;
}

static bool replace(const char *name, char *out)
{
	(void)stpcpy(out, name);
	out[strlen(name) - 1] = 'q';
	return true;
}

typedef bool misspell_fn(const char *name, char *out);
static misspell_fn *const ways[] = { drop, swap, twice, replace };

/* `got` is another known word, too: "uid" for "gid" is no misspelling, "setid" as near to another.
 */
static const char *const words[] = { "to", "uid", "gid", "setid", NULL };

/* Returns how many mistakes were made of it. */
static unsigned misspell(size_t at, size_t len)
{
	char name[64], got[64], message[NACRE_ERR_TEXT], place[64], meant[96];
	unsigned count = 0;

	assert_true(len > 1 && len < sizeof(name) - 2);
	memcpy(name, whole + at, len);
	name[len] = '\0';
	(void)snprintf(meant, sizeof(meant), "did you mean '%s'?", name);
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		if (!ways[i](name, got) || is_one_of(words, got, strlen(got)))
			continue;
		mutate(at, len, got, message, place);
		if (strncmp(message, place, strlen(place)) != 0)
			fail_msg("'%s' for '%s': not at %s but: %s", got, name, place, message);
		if (!strstr(message, got))
			fail_msg("'%s' for '%s': not told: %s", got, name, message);
		/* Of what has three letters or fewer, most others are near; all are listed then. */
		if (len > 3 ? !strstr(message, meant) : !strstr(message, name))
			fail_msg("'%s' for '%s': not told what was meant: %s", got, name, message);
		count++;
	}
	return count;
}

/* A key stands behind white space, "{" or "- ", and has a ":" behind it. */
static size_t key_len(size_t at)
{
	size_t len = strspn(whole + at, "abcdefghijklmnopqrstuvwxyz-0123456789");

	if (len == 0 || whole[at] == '-' || whole[at + len] != ':' ||
		!strchr(" \n", whole[at + len + 1]) || (at > 0 && !strchr(" \n{", whole[at - 1])) ||
		is_one_of(made_up, whole + at, len))
		return 0;
	return len;
}

static void a_misspelt_key_is_told_with_its_place_and_the_name_that_was_meant(void **state)
{
	unsigned count = 0, keys = 0;

	(void)state;
	for (size_t at = 0; whole[at]; at++) {
		size_t len = key_len(at);

		/* Without its version nothing is known of a recipe; xattrs have base64 alone. */
		if (len == 0 || is_key(at, len, "nacre"))
			continue;
		count += misspell(at, len);
		keys++;
		at += len;
	}
	assert_true(keys > 100);
	assert_true(count > 300);
}

/* Words that are one of few, and names that stand elsewhere in the recipe. */
static void a_misspelt_word_is_told_with_the_one_that_was_meant(void **state)
{
	static const struct {
		const char *context; /* stands once in the recipe; the word is at its end */
		const char *word;
	} rows[] = {
		{ "ghosts: keep", "keep" },
		{ "recursive: true", "true" },
		{ "stage: compile", "compile" },
		{ "stage: pack", "pack" },
		{ "${VERSION", "VERSION" },
		{ "capabilities: [cap_net_raw", "cap_net_raw" },
		{ "cap_net_bind_service", "cap_net_bind_service" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *at = strstr(whole, rows[i].context);
		size_t offset, len = strlen(rows[i].word);
		char got[64], message[NACRE_ERR_TEXT], place[64], meant[96];

		assert_non_null(at);
		offset = (size_t)(at - whole) + strlen(rows[i].context) - len;
		assert_true(twice(rows[i].word, got));
		mutate(offset, len, got, message, place);
		(void)snprintf(meant, sizeof(meant), "did you mean '%s'?", rows[i].word);
		if (!strstr(message, meant))
			fail_msg("'%s': %s", got, message);
		/* Of an arg, the text it stands in has the place. */
		if (whole[offset - 1] != '{' && strncmp(message, place, strlen(place)) != 0)
			fail_msg("'%s': not at %s but: %s", got, place, message);
	}
}

/* ------------------------------------------------------------ another kind */

/* How long the plain value at `at` is; 0 for a list, a mapping, or a text in quotes or a block. */
static size_t plain_len(size_t at)
{
	if (strchr("[{\"'\n|>", whole[at]))
		return 0;
	return strcspn(whole + at, ",}]\n");
}

static void a_null_and_a_mapping_in_the_place_of_a_text_are_told_at_their_place(void **state)
{
	unsigned count = 0;

	(void)state;
	for (size_t at = 0; whole[at]; at++) {
		size_t key = key_len(at), value = at + key + 2, len;
		char message[NACRE_ERR_TEXT], place[64], name[64];

		if (key == 0 || whole[at + key + 1] != ' ')
			continue;
		len = plain_len(value);
		if (len == 0)
			continue;
		(void)snprintf(name, sizeof(name), "%.*s", (int)key, whole + at);
		mutate(value, len, "~", message, place);
		if (strncmp(message, place, strlen(place)) != 0 || !strstr(message, "has no value"))
			fail_msg("%s: ~: not at %s but: %s", name, place, message);
		mutate(value, len, "{q: r}", message, place);
		/* Of a mapping that may stand there, its key is wrong. */
		if (strncmp(message, place, strcspn(place + 2, ":") + 2) != 0)
			fail_msg("%s: {q: r}: not at %s but: %s", name, place, message);
		count += 2;
	}
	assert_true(count > 100);
}

static void a_list_that_is_none_and_a_text_for_a_mapping_are_told_at_their_place(void **state)
{
	unsigned count = 0;

	(void)state;
	for (size_t at = 0; whole[at]; at++) {
		size_t key = key_len(at), value = at + key + 2, depth = 0, len = 0;
		char message[NACRE_ERR_TEXT], place[64];
		bool is_list;

		if (key == 0 || whole[at + key + 1] != ' ' || !strchr("[{", whole[value]))
			continue;
		is_list = whole[value] == '[';
		do {
			depth += strchr("[{", whole[value + len]) != NULL;
			depth -= strchr("]}", whole[value + len]) != NULL;
			len++;
		} while (depth > 0);
		/* A source may be one or a list of them, so may a key, and base64 is a mapping's.
		 */
		if (is_key(at, key, "from") || is_key(at, key, "key") || is_key(at, key, "env"))
			continue;
		mutate(value, len, is_list ? "{q: r}" : "[q]", message, place);
		if (strncmp(message, place, strlen(place)) != 0 || !strstr(message, " wants ") ||
			!strstr(message, is_list ? "list" : "mapping"))
			fail_msg("%.*s: not at %s but: %s", (int)key, whole + at, place, message);
		count++;
	}
	assert_true(count > 20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_misspelt_key_is_told_with_its_place_and_the_name_that_was_meant),
		cmocka_unit_test(a_misspelt_word_is_told_with_the_one_that_was_meant),
		cmocka_unit_test(
			a_null_and_a_mapping_in_the_place_of_a_text_are_told_at_their_place),
		cmocka_unit_test(
			a_list_that_is_none_and_a_text_for_a_mapping_are_told_at_their_place),
	};

	load_whole();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
