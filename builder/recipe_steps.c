/* SPDX-License-Identifier: Apache-2.0 */
/* The steps of a layer. Reads what they say; whether the sources are there is the builder's. */
#include "builder/recipe_read.h"

#include "base/base64.h"
#include "base/digest.h"
#include "base/text.h"

#include <string.h>

#define LINK_BYTES 4095
#define STRIP_MOST 1000

/* ------------------------------------------------------------------- paths */

static int read_image_path(struct nacre_recipe_reader *r, const struct nacre_value *value,
	const char *what, void *out, struct nacre_err *err)
{
	int rc = nacre_recipe_read_nonempty(r, value, what, out, err);

	return rc ? rc : nacre_recipe_clean_path(r, what, "", out, err);
}

/* For what cannot be the root directory. */
static int read_inner_path(struct nacre_recipe_reader *r, const struct nacre_value *value,
	const char *what, void *out, struct nacre_err *err)
{
	const struct nacre_recipe_text *path = out;
	int rc = read_image_path(r, value, what, out, err);

	if (rc == 0 && path->len == 0)
		return nacre_recipe_fail(err, r->recipe, value->mark, NACRE_E_FORMAT,
			"'%s' is the root directory", what);
	return rc;
}

/* What lies in the context: relative to it, and not above it. */
static int read_source(struct nacre_recipe_reader *r, const struct nacre_value *value,
	const char *what, void *out, struct nacre_err *err)
{
	struct nacre_recipe_text *path = out;
	char shown[NACRE_SHOWN];
	int rc = nacre_recipe_read_nonempty(r, value, what, out, err);

	if (rc)
		return rc;
	if (path->text[0] == '/')
		return nacre_recipe_fail(err, r->recipe, value->mark, NACRE_E_FORMAT,
			"from '%s' is absolute; sources lie in the context, and are named from it",
			nacre_value_show(path->text, path->len, shown));
	return nacre_recipe_clean_path(r, what, "", path, err);
}

static int read_source_file(struct nacre_recipe_reader *r, const struct nacre_value *value,
	const char *what, void *out, struct nacre_err *err)
{
	const struct nacre_recipe_text *path = out;
	int rc = read_source(r, value, what, out, err);

	if (rc == 0 && path->len == 0)
		return nacre_recipe_fail(err, r->recipe, value->mark, NACRE_E_FORMAT,
			"'%s' is the context itself, not a file", what);
	return rc;
}

/* Fills in two members, so `out` is the step. */
static int read_destination(struct nacre_recipe_reader *r, const struct nacre_value *value,
	const char *what, void *out, struct nacre_err *err)
{
	struct nacre_recipe_step *step = out;
	int rc = nacre_recipe_read_nonempty(r, value, what, &step->to, err);

	if (rc)
		return rc;
	step->into = step->to.text[step->to.len - 1] == '/';
	rc = nacre_recipe_clean_path(r, what, "", &step->to, err);
	step->into = step->into || step->to.len == 0;
	return rc;
}

static int read_target(struct nacre_recipe_reader *r, const struct nacre_value *value,
	const char *what, void *out, struct nacre_err *err)
{
	const struct nacre_recipe_text *target = out;
	int rc = nacre_recipe_read_nonempty(r, value, what, out, err);

	if (rc == 0 && target->len > LINK_BYTES)
		return nacre_recipe_fail(err, r->recipe, value->mark, NACRE_E_LIMIT,
			"'%s' has more than %d bytes, the most that a link can hold", what,
			LINK_BYTES);
	return rc;
}

/* ---------------------------------------------------------------- patterns */

/* A pattern is matched with names below `from`, so one that starts or climbs elsewhere is wrong. */
static const char *wrong_pattern(const char *pattern)
{
	const char *at = pattern, *name;
	size_t len;

	if (*pattern == '\0')
		return "is empty";
	if (*pattern == '/')
		return "is absolute; patterns are matched below 'from'";
	while (*at) {
		name = at;
		len = strcspn(at, "/");
		at += len + (at[len] ? 1 : 0);
		if (len == 2 && memcmp(name, "..", 2) == 0)
			return "has a '..'; patterns are matched below 'from'";
	}
	return NULL;
}

static int read_exclude(struct nacre_recipe_reader *r, const struct nacre_value *value,
	const char *what, void *out, struct nacre_err *err)
{
	const struct nacre_recipe_list *list = out;
	int rc = nacre_recipe_read_list(r, value, what, out, err);

	for (size_t i = 0; rc == 0 && i < list->count; i++) {
		const struct nacre_recipe_text *item = &list->items[i];
		const char *wrong = wrong_pattern(item->text);
		char shown[NACRE_SHOWN];

		if (wrong)
			rc = nacre_recipe_fail(err, r->recipe, item->mark, NACRE_E_FORMAT,
				"pattern '%s' %s", nacre_value_show(item->text, item->len, shown),
				wrong);
	}
	return rc;
}

/* ------------------------------------------------------------------ values */

static int read_copy_mode(struct nacre_recipe_reader *r, const struct nacre_value *value,
	const char *what, void *out, struct nacre_err *err)
{
	struct nacre_recipe_mode *mode = out;
	struct nacre_recipe_text text;
	int rc = nacre_recipe_read_text(r, value, what, &text, err);

	if (rc || strcmp(text.text, "keep") != 0)
		return rc ? rc : nacre_recipe_read_mode(r, value, what, out, err);
	mode->kind = NACRE_MODE_KEEP;
	mode->mark = value->mark;
	return 0;
}

static int check_single(const struct nacre_recipe_reader *r, const struct nacre_value *value,
	const struct nacre_recipe_text *content, struct nacre_err *err)
{
	if (!content->text)
		return 0;
	return nacre_recipe_fail(err, r->recipe, value->mark, NACRE_E_FORMAT,
		"a file has 'text' or 'base64', not both");
}

static int read_content_text(struct nacre_recipe_reader *r, const struct nacre_value *value,
	const char *what, void *out, struct nacre_err *err)
{
	int rc = check_single(r, value, out, err);

	return rc ? rc : nacre_recipe_read_text(r, value, what, out, err);
}

/* White space does not count: the text of a block has line breaks. */
static char *squeeze(struct nacre_recipe_reader *r, struct nacre_recipe_text *text)
{
	char *squeezed = nacre_arena_text(&r->recipe->arena, text->text, text->len);
	size_t used = 0;

	for (size_t i = 0; squeezed && i < text->len; i++) {
		if (!strchr(" \t\r\n", squeezed[i]))
			squeezed[used++] = squeezed[i];
	}
	text->len = used;
	return squeezed;
}

static int read_content_base64(struct nacre_recipe_reader *r, const struct nacre_value *value,
	const char *what, void *out, struct nacre_err *err)
{
	struct nacre_recipe_text *content = out, text;
	const char *squeezed;
	char *data;
	int rc = check_single(r, value, content, err);

	if (rc == 0)
		rc = nacre_recipe_read_text(r, value, what, &text, err);
	if (rc)
		return rc;
	squeezed = squeeze(r, &text);
	data = nacre_arena_new(&r->recipe->arena, NACRE_BASE64_ROOM(text.len) + 1);
	if (!squeezed || !data)
		return nacre_fail_nomem(err);
	if (nacre_base64_parse(squeezed, text.len, data, text.len, &content->len, NULL))
		return nacre_recipe_fail(err, r->recipe, value->mark, NACRE_E_FORMAT,
			"'%s' is not base64 with its padding (RFC 4648, section 4)", what);
	content->text = data;
	content->mark = value->mark;
	return 0;
}

/* Fills in two members, so `out` is the step. */
static int read_sha256(struct nacre_recipe_reader *r, const struct nacre_value *value,
	const char *what, void *out, struct nacre_err *err)
{
	struct nacre_recipe_step *step = out;
	char digest[NACRE_DIGEST_TEXT] = "sha256:", shown[NACRE_SHOWN];
	struct nacre_recipe_text text;
	int rc = nacre_recipe_read_text(r, value, what, &text, err);

	if (rc)
		return rc;
	step->sha256_mark = value->mark;
	if (text.len == 64) {
		memcpy(digest + strlen(digest), text.text, text.len + 1);
		if (nacre_digest_parse(digest, &step->sha256, NULL) == 0)
			return 0;
	}
	return nacre_recipe_fail(err, r->recipe, value->mark, NACRE_E_FORMAT,
		"%s '%s' is not 64 lower-case hex digits", what,
		nacre_value_show(text.text, text.len, shown));
}

static int read_strip(struct nacre_recipe_reader *r, const struct nacre_value *value,
	const char *what, void *out, struct nacre_err *err)
{
	uint32_t *strip = out;
	struct nacre_recipe_text text;
	char shown[NACRE_SHOWN];
	uint64_t number = 0;
	int rc = nacre_recipe_read_text(r, value, what, &text, err);

	if (rc)
		return rc;
	if (!nacre_number_parse(text.text, text.len, &number) || number > STRIP_MOST)
		return nacre_recipe_fail(err, r->recipe, value->mark, NACRE_E_FORMAT,
			"%s '%s' is not a number from 0 to %d", what,
			nacre_value_show(text.text, text.len, shown), STRIP_MOST);
	*strip = (uint32_t)number;
	return 0;
}

/* ------------------------------------------------------------------- steps */

#define AT(member) offsetof(struct nacre_recipe_step, member)

static const struct nacre_recipe_field dir_fields[] = {
	{ "path", read_image_path, AT(path), true },
	{ "owner", nacre_recipe_read_owner, AT(owner), false },
	{ "mode", nacre_recipe_read_mode, AT(mode), false },
	{ "mtime", nacre_recipe_read_time, AT(mtime), false },
	{ 0 },
};

static const struct nacre_recipe_field copy_fields[] = {
	{ "from", read_source, AT(from), true },
	{ "to", read_destination, 0, true },
	{ "owner", nacre_recipe_read_owner, AT(owner), false },
	{ "mode", read_copy_mode, AT(mode), false },
	{ "exclude", read_exclude, AT(exclude), false },
	{ "stage", NULL, 0, false },
	{ 0 },
};

static const struct nacre_recipe_field file_fields[] = {
	{ "path", read_inner_path, AT(path), true },
	{ "text", read_content_text, AT(content), false },
	{ "base64", read_content_base64, AT(content), false },
	{ "owner", nacre_recipe_read_owner, AT(owner), false },
	{ "mode", nacre_recipe_read_mode, AT(mode), false },
	{ 0 },
};

static const struct nacre_recipe_field link_fields[] = {
	{ "path", read_inner_path, AT(path), true },
	{ "to", read_target, AT(to), true },
	{ "owner", nacre_recipe_read_owner, AT(owner), false },
	{ 0 },
};

static const struct nacre_recipe_field archive_fields[] = {
	{ "from", read_source_file, AT(from), true },
	{ "to", read_image_path, AT(to), true },
	{ "sha256", read_sha256, 0, false },
	{ "strip", read_strip, AT(strip), false },
	{ "owner", nacre_recipe_read_owner, AT(owner), false },
	{ 0 },
};

static const struct nacre_recipe_field remove_fields[] = {
	{ "path", read_inner_path, AT(path), true },
	{ 0 },
};

/* By enum nacre_recipe_step_kind. */
static const struct {
	const char *name;
	const struct nacre_recipe_field *fields;
} kinds[] = {
	[NACRE_RECIPE_DIR] = { "dir", dir_fields },
	[NACRE_RECIPE_COPY] = { "copy", copy_fields },
	[NACRE_RECIPE_FILE] = { "file", file_fields },
	[NACRE_RECIPE_LINK] = { "link", link_fields },
	[NACRE_RECIPE_ARCHIVE] = { "archive", archive_fields },
	[NACRE_RECIPE_REMOVE] = { "remove", remove_fields },
	[NACRE_RECIPE_HARDLINK] = { "hardlink", NULL },
	[NACRE_RECIPE_FETCH] = { "fetch", NULL },
	[NACRE_RECIPE_PERMS] = { "perms", NULL },
};

#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

const char *nacre_recipe_step_name(enum nacre_recipe_step_kind kind)
{
	return kinds[kind].name;
}

static int fail_unknown_step(
	const struct nacre_recipe_reader *r, const struct nacre_value *key, struct nacre_err *err)
{
	static const char *const later[] = { "run" };
	const char *names[KINDS + 1] = { NULL };
	char shown[NACRE_SHOWN], said[NACRE_SHOWN + 32];

	for (size_t i = 0; i < sizeof(later) / sizeof(later[0]); i++) {
		if (strcmp(key->text, later[i]) == 0)
			return nacre_recipe_fail(err, r->recipe, key->mark, NACRE_E_UNSUPPORTED,
				"step '%s' is not supported by this version", later[i]);
	}
	for (size_t i = 0, n = 0; i < KINDS; i++) {
		if (kinds[i].fields)
			names[n++] = kinds[i].name;
	}
	(void)nacre_value_show(key->text, key->len, shown);
	(void)strcat(strcat(strcpy(said, "unknown step '"), shown), "'");
	return nacre_recipe_fail_unknown(r, key->mark, err, said, key->text, names);
}

static int read_step(struct nacre_recipe_reader *r, const struct nacre_value *value,
	struct nacre_recipe_step *step, struct nacre_err *err)
{
	const struct nacre_value *key;
	char shown[NACRE_SHOWN];
	size_t kind = 0;
	int rc;

	if (value->kind != NACRE_VALUE_MAP || value->count == 0)
		return nacre_recipe_fail(err, r->recipe, value->mark, NACRE_E_FORMAT,
			"a step is a mapping with one key, like {dir: {path: /srv}}");
	key = value->keys[0];
	while (kind < KINDS && strcmp(key->text, kinds[kind].name) != 0)
		kind++;
	if (kind == KINDS)
		return fail_unknown_step(r, key, err);
	if (value->count > 1)
		return nacre_recipe_fail(err, r->recipe, value->keys[1]->mark, NACRE_E_FORMAT,
			"'%s' stands beside '%s', but a step has one key; is the indentation "
			"right?",
			nacre_value_show(value->keys[1]->text, value->keys[1]->len, shown),
			key->text);
	if (!kinds[kind].fields)
		return nacre_recipe_fail(err, r->recipe, key->mark, NACRE_E_UNSUPPORTED,
			"step '%s' is not supported by this version", kinds[kind].name);
	step->kind = (enum nacre_recipe_step_kind)kind;
	step->mark = key->mark;
	rc = nacre_recipe_want(r, value->items[0], NACRE_VALUE_MAP, key->text, err);
	if (rc == 0)
		rc = nacre_recipe_read_map(
			r, value->items[0], key->text, kinds[kind].fields, step, err);
	if (rc == 0 && step->kind == NACRE_RECIPE_FILE && !step->content.text)
		rc = nacre_recipe_fail(err, r->recipe, value->items[0]->mark, NACRE_E_FORMAT,
			"'text' or 'base64' is missing in file");
	return rc;
}

int nacre_recipe_read_steps(struct nacre_recipe_reader *r, const struct nacre_value *value,
	const char *what, void *out, struct nacre_err *err)
{
	struct nacre_recipe_layer *layer = out;
	int rc = nacre_recipe_want(r, value, NACRE_VALUE_LIST, what, err);

	if (rc)
		return rc;
	layer->steps = nacre_arena_new(&r->recipe->arena, value->count * sizeof(*layer->steps));
	if (!layer->steps)
		return nacre_fail_nomem(err);
	for (size_t i = 0; rc == 0 && i < value->count; i++, layer->step_count++)
		rc = read_step(r, value->items[i], &layer->steps[i], err);
	return rc;
}
