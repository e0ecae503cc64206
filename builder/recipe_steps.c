/* SPDX-License-Identifier: Apache-2.0 */
/* The steps of a layer. Reads what they say; whether the sources are there is the builder's. */
#include "builder/recipe_read.h"

#include "base/digest.h"
#include "base/scope.h"
#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINK_BYTES 4095
#define NAME_BYTES 255
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

/* A path in the image, or a pattern of paths; so `out` is the step. */
static int read_image_pattern(struct nacre_recipe_reader *r, const struct nacre_value *value,
	const char *what, void *out, struct nacre_err *err)
{
	struct nacre_recipe_step *step = out;
	int rc = nacre_recipe_read_nonempty(r, value, what, &step->path, err);

	return rc ? rc : nacre_recipe_clean_pattern(r, what, &step->path, &step->is_glob, err);
}

static int read_inner_pattern(struct nacre_recipe_reader *r, const struct nacre_value *value,
	const char *what, void *out, struct nacre_err *err)
{
	const struct nacre_recipe_step *step = out;
	int rc = read_image_pattern(r, value, what, out, err);

	if (rc == 0 && step->path.len == 0)
		return nacre_recipe_fail(err, r->recipe, value->mark, NACRE_E_FORMAT,
			"'%s' is the root directory", what);
	return rc;
}

/* What lies in the context is named from there, and not from the root of this machine. */
static int check_relative(const struct nacre_recipe_reader *r, const struct nacre_recipe_text *path,
	struct nacre_err *err)
{
	char shown[NACRE_SHOWN];

	if (path->text[0] != '/')
		return 0;
	return nacre_recipe_fail(err, r->recipe, path->mark, NACRE_E_FORMAT,
		"from '%s' is absolute; sources lie in the context, and are named from it",
		nacre_value_show(path->text, path->len, shown));
}

static int read_source(struct nacre_recipe_reader *r, const struct nacre_value *value,
	const char *what, void *out, struct nacre_err *err)
{
	struct nacre_recipe_text *path = out;
	int rc = nacre_recipe_read_nonempty(r, value, what, out, err);

	if (rc == 0)
		rc = check_relative(r, path, err);
	return rc ? rc : nacre_recipe_clean_path(r, what, "", path, err);
}

/* What a copy names: also a pattern, and in a stage also with a slash in front. */
static int read_copied(struct nacre_recipe_reader *r, const struct nacre_value *value,
	const char *what, struct nacre_recipe_step *step, struct nacre_err *err)
{
	int rc = nacre_recipe_read_nonempty(r, value, what, &step->from, err);

	if (rc == 0 && !step->stage)
		rc = check_relative(r, &step->from, err);
	return rc ? rc : nacre_recipe_clean_pattern(r, what, &step->from, &step->is_glob, err);
}

/* Of a list the first; expand_copy() sees to the others. */
static int read_copy_from(struct nacre_recipe_reader *r, const struct nacre_value *value,
	const char *what, void *out, struct nacre_err *err)
{
	if (value->kind == NACRE_VALUE_MAP)
		return nacre_recipe_fail(err, r->recipe, value->mark, NACRE_E_FORMAT,
			"'%s' wants a text or a list of texts, not a mapping", what);
	if (value->kind == NACRE_VALUE_LIST && value->count == 0)
		return nacre_recipe_fail(
			err, r->recipe, value->mark, NACRE_E_FORMAT, "'%s' is an empty list", what);
	return read_copied(
		r, value->kind == NACRE_VALUE_LIST ? value->items[0] : value, what, out, err);
}

static int read_stage(struct nacre_recipe_reader *r, const struct nacre_value *value,
	const char *what, void *out, struct nacre_err *err)
{
	const struct nacre_recipe *recipe = r->recipe;
	nacre_autofree const char **names = calloc(recipe->stage_count + 1, sizeof(char *));
	char shown[NACRE_SHOWN], said[NACRE_SHOWN + 64];
	struct nacre_recipe_step *step = out;
	const struct nacre_recipe_text *text = &step->stage_name;
	int rc = nacre_recipe_read_nonempty(r, value, what, &step->stage_name, err);

	if (rc)
		return rc;
	if (!names)
		return nacre_fail_nomem(err);
	for (size_t i = 0; i < recipe->stage_count; i++) {
		names[i] = recipe->stages[i].name.text;
		if (strcmp(names[i], text->text) == 0)
			step->stage = i + 1;
	}
	if (step->stage)
		return 0;
	(void)snprintf(said, sizeof(said), "there is no stage '%s' above this step",
		nacre_value_show(text->text, text->len, shown));
	if (recipe->stage_count > 0)
		return nacre_recipe_fail_unknown(r, value->mark, err, said, text->text, names);
	return nacre_recipe_fail(err, recipe, value->mark, NACRE_E_FORMAT, "%s", said);
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

/* -------------------------------------------------------------------- urls */

static const char *wrong_url(const char *url)
{
	if (strncmp(url, "https://", 8) == 0) {
		if (url[8] == '\0' || strchr("/:?#@", url[8]))
			return "names no host";
	} else if (strncmp(url, "file://", 7) == 0) {
		if (url[7] != '/')
			return "is not file:///PATH";
	} else if (strncmp(url, "http://", 7) == 0) {
		return "is not https:, which nobody on the way can read";
	} else {
		return "is neither https://HOST/PATH nor file:///PATH";
	}
	for (; *url; url++) {
		if ((unsigned char)*url <= ' ' || (unsigned char)*url >= 0x7f || *url == '#')
			return "has a space, a '#' or a character that has to be written as %XX";
	}
	return NULL;
}

static int read_url(struct nacre_recipe_reader *r, const struct nacre_value *value,
	const char *what, void *out, struct nacre_err *err)
{
	const struct nacre_recipe_text *url = out;
	char shown[NACRE_SHOWN];
	const char *wrong;
	int rc = nacre_recipe_read_nonempty(r, value, what, out, err);

	wrong = rc ? NULL : wrong_url(url->text);
	if (!wrong)
		return rc;
	return nacre_recipe_fail(err, r->recipe, value->mark, NACRE_E_FORMAT, "%s '%s' %s", what,
		nacre_value_show(url->text, url->len, shown), wrong);
}

const char *nacre_recipe_url_name(const char *url, size_t *out_len)
{
	const char *path = strchr(strstr(url, "://") + 3, '/'), *name = path;
	size_t len = path ? strcspn(path, "?") : 0;

	for (size_t i = 0; i < len; i++) {
		if (path[i] == '/')
			name = path + i + 1;
	}
	*out_len = path ? (size_t)(path + len - name) : 0;
	if (*out_len == 0 || *out_len > NAME_BYTES || (*out_len == 1 && name[0] == '.') ||
		(*out_len == 2 && name[0] == '.' && name[1] == '.'))
		return NULL;
	return name;
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

static int read_content_base64(struct nacre_recipe_reader *r, const struct nacre_value *value,
	const char *what, void *out, struct nacre_err *err)
{
	int rc = check_single(r, value, out, err);

	return rc ? rc : nacre_recipe_read_base64(r, value, what, out, err);
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
	uint64_t number = 0;
	int rc = nacre_recipe_read_number(r, value, what, 0, STRIP_MOST, &number, err);

	*strip = (uint32_t)number;
	return rc;
}

/* ------------------------------------------------------------------- steps */

#define AT(member) offsetof(struct nacre_recipe_step, member)

static const struct nacre_recipe_field dir_fields[] = {
	{ "path", read_image_path, AT(path), true },
	{ "owner", nacre_recipe_read_owner, AT(owner), false },
	{ "mode", nacre_recipe_read_mode, AT(mode), false },
	{ "mtime", nacre_recipe_read_time, AT(mtime), false },
	{ "xattrs", nacre_recipe_read_xattrs, AT(xattrs), false },
	{ 0 },
};

static const struct nacre_recipe_field copy_fields[] = {
	{ "stage", read_stage, 0, false }, /* says what `from` may be */
	{ "from", read_copy_from, 0, true },
	{ "to", read_destination, 0, true },
	{ "owner", nacre_recipe_read_owner, AT(owner), false },
	{ "mode", read_copy_mode, AT(mode), false },
	{ "exclude", nacre_recipe_read_exclude, AT(exclude), false },
	{ 0 },
};

static const struct nacre_recipe_field file_fields[] = {
	{ "path", read_inner_path, AT(path), true },
	{ "text", read_content_text, AT(content), false },
	{ "base64", read_content_base64, AT(content), false },
	{ "owner", nacre_recipe_read_owner, AT(owner), false },
	{ "mode", nacre_recipe_read_mode, AT(mode), false },
	{ "xattrs", nacre_recipe_read_xattrs, AT(xattrs), false },
	{ "capabilities", nacre_recipe_read_caps, AT(capabilities), false },
	{ 0 },
};

static const struct nacre_recipe_field link_fields[] = {
	{ "path", read_inner_path, AT(path), true },
	{ "to", read_target, AT(to), true },
	{ "owner", nacre_recipe_read_owner, AT(owner), false },
	{ 0 },
};

static const struct nacre_recipe_field hardlink_fields[] = {
	{ "path", read_inner_path, AT(path), true },
	{ "to", read_inner_path, AT(to), true },
	{ 0 },
};

static const struct nacre_recipe_field archive_fields[] = {
	{ "from", read_source_file, AT(from), false },
	{ "url", read_url, AT(url), false },
	{ "to", read_image_path, AT(to), true },
	{ "sha256", read_sha256, 0, false },
	{ "strip", read_strip, AT(strip), false },
	{ "owner", nacre_recipe_read_owner, AT(owner), false },
	{ 0 },
};

static const struct nacre_recipe_field fetch_fields[] = {
	{ "url", read_url, AT(url), true },
	{ "sha256", read_sha256, 0, true },
	{ "to", read_destination, 0, true },
	{ "owner", nacre_recipe_read_owner, AT(owner), false },
	{ "mode", nacre_recipe_read_mode, AT(mode), false },
	{ 0 },
};

static const struct nacre_recipe_field remove_fields[] = {
	{ "path", read_inner_pattern, 0, true },
	{ 0 },
};

static const struct nacre_recipe_field perms_fields[] = {
	{ "path", read_image_pattern, 0, true },
	{ "recursive", nacre_recipe_read_flag, AT(recursive), false },
	{ "owner", nacre_recipe_read_owner, AT(owner), false },
	{ "mode", nacre_recipe_read_mode, AT(mode), false },
	{ "mtime", nacre_recipe_read_time, AT(mtime), false },
	{ "xattrs", nacre_recipe_read_xattrs, AT(xattrs), false },
	{ "capabilities", nacre_recipe_read_caps, AT(capabilities), false },
	{ 0 },
};

/* What keys are together; `map` is what the step was read from. */
typedef int check_fn(const struct nacre_recipe_reader *r, const struct nacre_value *map,
	struct nacre_recipe_step *step, struct nacre_err *err);

static int fail_in(const struct nacre_recipe_reader *r, const struct nacre_value *map,
	const char *why, struct nacre_err *err)
{
	return nacre_recipe_fail(err, r->recipe, map->mark, NACRE_E_FORMAT, "%s", why);
}

/* Of several files, each keeps its name, so there has to be a directory for them. */
static int check_copy(const struct nacre_recipe_reader *r, const struct nacre_value *map,
	struct nacre_recipe_step *step, struct nacre_err *err)
{
	const struct nacre_value *from = nacre_value_find(map, "from");
	char shown[NACRE_SHOWN];

	step->into = step->into || step->is_glob;
	if (from->kind != NACRE_VALUE_LIST || step->into)
		return 0;
	return nacre_recipe_fail(err, r->recipe, step->to.mark, NACRE_E_FORMAT,
		"to '%s' wants a '/' at its end, since 'from' is a list: they go into a directory",
		nacre_value_show(step->to.text, step->to.len, shown));
}

static int check_file(const struct nacre_recipe_reader *r, const struct nacre_value *map,
	struct nacre_recipe_step *step, struct nacre_err *err)
{
	return step->content.text ? 0
				  : fail_in(r, map, "'text' or 'base64' is missing in file", err);
}

static int check_archive(const struct nacre_recipe_reader *r, const struct nacre_value *map,
	struct nacre_recipe_step *step, struct nacre_err *err)
{
	if (!step->from.text && !step->url.text)
		return fail_in(r, map, "'from' or 'url' is missing in archive", err);
	if (step->from.text && step->url.text)
		return nacre_recipe_fail(err, r->recipe, step->url.mark, NACRE_E_FORMAT,
			"an archive has 'from' or 'url', not both");
	if (step->url.text && nacre_digest_is_empty(&step->sha256))
		return nacre_recipe_fail(err, r->recipe, step->url.mark, NACRE_E_FORMAT,
			"'sha256' is missing in archive, which a 'url' needs");
	return 0;
}

static int check_fetch(const struct nacre_recipe_reader *r, const struct nacre_value *map,
	struct nacre_recipe_step *step, struct nacre_err *err)
{
	char shown[NACRE_SHOWN];
	size_t len;

	(void)map;
	if (!step->into || nacre_recipe_url_name(step->url.text, &len))
		return 0;
	return nacre_recipe_fail(err, r->recipe, step->url.mark, NACRE_E_FORMAT,
		"url '%s' ends in no name to give the file; name it in 'to'",
		nacre_value_show(step->url.text, step->url.len, shown));
}

static int check_perms(const struct nacre_recipe_reader *r, const struct nacre_value *map,
	struct nacre_recipe_step *step, struct nacre_err *err)
{
	if (step->owner.given || step->mode.kind != NACRE_MODE_DEFAULT || step->mtime.given ||
		step->xattrs.given || step->capabilities.given)
		return 0;
	return fail_in(r, map,
		"perms says nothing to change; expected 'owner', 'mode', 'mtime', 'xattrs' or "
		"'capabilities'",
		err);
}

/* By enum nacre_recipe_step_kind. */
static const struct {
	const char *name;
	const struct nacre_recipe_field *fields;
	check_fn *check; /* NULL: nothing more */
} kinds[] = {
	[NACRE_RECIPE_DIR] = { "dir", dir_fields, NULL },
	[NACRE_RECIPE_COPY] = { "copy", copy_fields, check_copy },
	[NACRE_RECIPE_FILE] = { "file", file_fields, check_file },
	[NACRE_RECIPE_LINK] = { "link", link_fields, NULL },
	[NACRE_RECIPE_HARDLINK] = { "hardlink", hardlink_fields, NULL },
	[NACRE_RECIPE_ARCHIVE] = { "archive", archive_fields, check_archive },
	[NACRE_RECIPE_FETCH] = { "fetch", fetch_fields, check_fetch },
	[NACRE_RECIPE_REMOVE] = { "remove", remove_fields, NULL },
	[NACRE_RECIPE_PERMS] = { "perms", perms_fields, check_perms },
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
	for (size_t i = 0; i < KINDS; i++)
		names[i] = kinds[i].name;
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
	step->kind = (enum nacre_recipe_step_kind)kind;
	step->mark = key->mark;
	rc = nacre_recipe_want(r, value->items[0], NACRE_VALUE_MAP, key->text, err);
	if (rc == 0)
		rc = nacre_recipe_read_map(
			r, value->items[0], key->text, kinds[kind].fields, step, err);
	if (rc == 0 && kinds[kind].check)
		rc = kinds[kind].check(r, value->items[0], step, err);
	return rc;
}

/* The list of a copy's sources; NULL when it names one, or for another step. */
static const struct nacre_value *find_sources(const struct nacre_value *step)
{
	const struct nacre_value *from = NULL;

	if (step->kind == NACRE_VALUE_MAP && step->count == 1 &&
		strcmp(step->keys[0]->text, kinds[NACRE_RECIPE_COPY].name) == 0 &&
		step->items[0]->kind == NACRE_VALUE_MAP)
		from = nacre_value_find(step->items[0], "from");
	return from && from->kind == NACRE_VALUE_LIST ? from : NULL;
}

/* A copy for each further source, like the first. */
static int expand_copy(struct nacre_recipe_reader *r, const struct nacre_value *sources,
	struct nacre_recipe_step *steps, size_t *count, struct nacre_err *err)
{
	const struct nacre_recipe_step *first = &steps[*count - 1];
	int rc = 0;

	for (size_t i = 1; rc == 0 && i < sources->count; i++) {
		struct nacre_recipe_step *step = &steps[(*count)++];

		*step = *first;
		rc = read_copied(r, sources->items[i], "from", step, err);
	}
	return rc;
}

int nacre_recipe_read_steps(struct nacre_recipe_reader *r, const struct nacre_value *value,
	const char *what, struct nacre_recipe_step **out_steps, size_t *out_count,
	struct nacre_err *err)
{
	size_t room = value->count, count = 0;
	struct nacre_recipe_step *steps;
	int rc = nacre_recipe_want(r, value, NACRE_VALUE_LIST, what, err);

	if (rc)
		return rc;
	for (size_t i = 0; i < value->count; i++) {
		const struct nacre_value *sources = find_sources(value->items[i]);

		room += sources ? sources->count : 0;
	}
	steps = nacre_arena_new(&r->recipe->arena, room * sizeof(*steps));
	if (!steps)
		return nacre_fail_nomem(err);
	for (size_t i = 0; rc == 0 && i < value->count; i++) {
		const struct nacre_value *sources = find_sources(value->items[i]);

		rc = read_step(r, value->items[i], &steps[count++], err);
		if (rc == 0 && sources)
			rc = expand_copy(r, sources, steps, &count, err);
	}
	*out_steps = steps;
	*out_count = count;
	return rc;
}
