/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A recipe that is accepted must come back the same from being emitted and parsed again; also one
 * that includes another, which stands behind the byte 0x1e and has any name. What the
 * recipe's own reader takes for JSON, the reader of the image's documents must take for JSON too.
 */
#include "builder/recipe.h"
#include "builder/value_json.h"
#include "formats/json.h"

#include <stdlib.h>
#include <string.h>

/* With args replaced and escapes written out, a recipe can be longer than its text was. */
#define AGAIN_BYTES ((uint64_t)64 << 20)

/* A number that jansson has no room for, which a recipe may have where it wants a text. */
static bool has_great_number(const char *text, size_t len)
{
	size_t digits = 0;

	for (size_t i = 0; i < len; i++) {
		if (digits > 0 && (text[i] == 'e' || text[i] == 'E'))
			return true;
		digits = text[i] >= '0' && text[i] <= '9' ? digits + 1 : 0;
		if (digits > 17)
			return true;
	}
	return false;
}

static void check_json(const char *text, size_t len)
{
	struct nacre_textfile doc = { "fuzz", text, len, 0 };
	struct nacre_arena arena = NACRE_ARENA;
	struct nacre_value *value = NULL;
	struct nacre_json *json = NULL;
	struct nacre_err err = { 0 };

	/* The other reader wants an object or an array. */
	if (nacre_textfile_check(&doc, NULL) == 0 &&
		nacre_value_parse_json(&doc, &arena, &value, NULL) == 0 &&
		value->kind != NACRE_VALUE_TEXT && !has_great_number(text, len) &&
		nacre_json_parse(text, len, NULL, &json, &err) != 0 && err.code != NACRE_E_LIMIT)
		abort();
	nacre_json_free(json);
	nacre_arena_clear(&arena);
}

static void check_again(const struct nacre_recipe *recipe)
{
	struct nacre_limits limits = { .recipe_bytes = AGAIN_BYTES };
	struct nacre_buf first = NACRE_BUF(0), second = NACRE_BUF(0);
	struct nacre_recipe *again = NULL;

	if (nacre_recipe_emit(recipe, &first, NULL) ||
		nacre_recipe_parse(
			"again", first.data, first.len, NULL, 0, &limits, &again, NULL) ||
		nacre_recipe_emit(again, &second, NULL) || first.len != second.len ||
		memcmp(first.data, second.data, first.len) != 0)
		abort();
	nacre_recipe_free(again);
	nacre_buf_clear(&first);
	nacre_buf_clear(&second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct included {
	const char *text;
	size_t len;
};

static int load(void *user, const char *path, struct nacre_buf *out_text, struct nacre_err *err)
{
	const struct included *included = user;

	(void)path;
	return nacre_buf_add(out_text, included->text, included->len, err);
}

static void check_including(const char *text, size_t size)
{
	const char *mark = memchr(text, 0x1e, size);
	struct included included = { "", 0 };
	const struct nacre_recipe_loader loader = { load, &included, "" };
	struct nacre_recipe *recipe = NULL;
	struct nacre_err err = { 0 };
	int rc;

	if (!mark)
		return;
	included.text = mark + 1;
	included.len = size - (size_t)(mark + 1 - text);
	rc = nacre_recipe_parse_with(
		&loader, "fuzz", text, (size_t)(mark - text), NULL, 0, NULL, &recipe, &err);
	if (rc && (!strchr(err.text, ':') || strchr(err.text, '\n')))
		abort();
	if (rc == 0)
		check_again(recipe);
	nacre_recipe_free(recipe);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;
	struct nacre_recipe *recipe = NULL;
	struct nacre_err err = { 0 };
	int rc = nacre_recipe_parse("fuzz", text, size, NULL, 0, NULL, &recipe, &err);

	/* A refusal is one line, and begins with a place. */
	if (rc && (strncmp(err.text, "fuzz:", 5) != 0 || strchr(err.text, '\n')))
		abort();
	if (rc == 0)
		check_again(recipe);
	check_json(text, size);
	check_including(text, size);
	nacre_recipe_free(recipe);
	return 0;
}
