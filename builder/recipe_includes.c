/* SPDX-License-Identifier: Apache-2.0 */
/* The files that a recipe is made of: its own, and what it includes. Opens nothing itself. */
#include "builder/recipe_read.h"

#include "base/path.h"
#include "base/scope.h"
#include "builder/value_json.h"
#include "builder/yaml.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define VERSION "1"

/* -------------------------------------------------------------------- text */

static int parse_text(const struct nacre_textfile *doc, struct nacre_arena *arena,
	struct nacre_value **out_top, struct nacre_err *err)
{
	size_t at = 0;
	int rc = nacre_textfile_check(doc, err);

	if (rc)
		return rc;
	while (at < doc->len && strchr(" \t\r\n", doc->text[at]))
		at++;
	if (at < doc->len && doc->text[at] == '{')
		return nacre_value_parse_json(doc, arena, out_top, err);
	return nacre_yaml_parse(doc, arena, out_top, err);
}

/* First of all: a recipe of another version may have any keys. */
static int check_version(const struct nacre_recipe_reader *r, const struct nacre_value *top,
	bool is_part, struct nacre_err *err)
{
	const struct nacre_value *value = nacre_value_find(top, "nacre");
	struct nacre_recipe_text text;
	char shown[NACRE_SHOWN];
	int rc;

	if (!value && is_part)
		return 0;
	if (!value)
		return nacre_recipe_fail(err, r->recipe, top->mark, NACRE_E_FORMAT,
			"'nacre: " VERSION "' is missing, the version of the recipe");
	rc = nacre_recipe_read_verbatim(r, value, "nacre", &text, err);
	if (rc || strcmp(text.text, VERSION) == 0)
		return rc;
	(void)nacre_value_show(text.text, text.len, shown);
	if (text.len > 0 && text.text[0] != '0' && strspn(text.text, "0123456789") == text.len)
		return nacre_recipe_fail(err, r->recipe, value->mark, NACRE_E_UNSUPPORTED,
			"recipes of version %s are not supported by this version, which reads "
			"'nacre: " VERSION "'",
			shown);
	return nacre_recipe_fail(err, r->recipe, value->mark, NACRE_E_FORMAT,
		"nacre '%s' is not the version of a recipe; expected 'nacre: " VERSION "'", shown);
}

/* ------------------------------------------------------------------- files */

/* Gives a text its number, so that places in it have a name. */
static int add_document(struct nacre_recipe_reader *r, struct nacre_recipe_documents *docs,
	const char *name, const char *path, const char *text, size_t len, struct nacre_err *err)
{
	/* A byte order mark says nothing in UTF-8, but some editors write it. */
	size_t skip = len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
	size_t file = docs->count;
	const char **names = nacre_recipe_grow(r, r->recipe->files, file, 1, sizeof(*names));
	const char *copy = nacre_arena_text(&r->recipe->arena, text + skip, len - skip);

	if (!names || !copy)
		return nacre_fail_nomem(err);
	names[file] = name;
	r->recipe->files = names;
	r->recipe->file_count = file + 1;
	docs->texts[file] = (struct nacre_textfile){ name, copy, len - skip, (unsigned)file };
	docs->items[file].path = path;
	docs->left_bytes -= len;
	docs->count++;
	return 0;
}

static int read_top(struct nacre_recipe_reader *r, struct nacre_recipe_documents *docs, size_t file,
	struct nacre_err *err)
{
	struct nacre_value *top = NULL;
	int rc = parse_text(&docs->texts[file], &r->recipe->arena, &top, err);

	if (rc)
		return rc;
	if (top->kind != NACRE_VALUE_MAP)
		return nacre_recipe_fail(err, r->recipe, top->mark, NACRE_E_FORMAT,
			"a recipe is a mapping that has 'nacre: " VERSION "', not %s",
			nacre_value_kind_name(top));
	docs->items[file].top = top;
	return check_version(r, top, file > 0, err);
}

/* ---------------------------------------------------------------- includes */

/* From the recipe down to the file that includes: `chain[0]` is the recipe. */
struct chain {
	size_t files[NACRE_RECIPE_INCLUDES_DEEP + 1];
	size_t count;
};

static int fail_cycle(const struct nacre_recipe_reader *r, const struct chain *chain, size_t again,
	struct nacre_mark mark, struct nacre_err *err)
{
	char text[NACRE_ERR_TEXT / 2] = "";
	size_t used = 0, i = 0;

	while (chain->files[i] != again)
		i++;
	for (; i < chain->count && used < sizeof(text); i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used, "%s includes ",
			r->recipe->files[chain->files[i]]);
	return nacre_recipe_fail(err, r->recipe, mark, NACRE_E_FORMAT,
		"files include each other: %s%s", text, r->recipe->files[again]);
}

/* The path of an included file, seen from the context. */
static int find_path(struct nacre_recipe_reader *r, const char *from,
	const struct nacre_value *item, struct nacre_recipe_text *out_path, struct nacre_err *err)
{
	struct nacre_recipe_text said;
	size_t dir = nacre_path_leaf(from);
	char shown[NACRE_SHOWN];
	char *joined;
	int rc = nacre_recipe_read_verbatim(r, item, "include", &said, err);

	if (rc)
		return rc;
	(void)nacre_value_show(said.text, said.len, shown);
	if (said.len == 0)
		return nacre_recipe_fail(
			err, r->recipe, item->mark, NACRE_E_FORMAT, "'include' is empty");
	if (said.text[0] == '/')
		return nacre_recipe_fail(err, r->recipe, item->mark, NACRE_E_FORMAT,
			"include '%s' is absolute; files are named from the folder of the one that "
			"includes them",
			shown);
	if (strchr(said.text, '$'))
		return nacre_recipe_fail(err, r->recipe, item->mark, NACRE_E_FORMAT,
			"include '%s' has a '$'; there are no args before all files are read",
			shown);
	joined = nacre_arena_new(&r->recipe->arena, dir + said.len + 1);
	if (!joined)
		return nacre_fail_nomem(err);
	memcpy(joined, from, dir);
	memcpy(joined + dir, said.text, said.len);
	*out_path = (struct nacre_recipe_text){ joined, dir + said.len, item->mark };
	return nacre_recipe_clean_path(r, "include", "", out_path, err);
}

static int load_text(struct nacre_recipe_reader *r, struct nacre_recipe_documents *docs,
	const struct nacre_recipe_text *path, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf text = NACRE_BUF((size_t)docs->left_bytes);
	int rc = docs->left_bytes == 0
		? NACRE_E_LIMIT /* a buffer of no bytes would be one without a maximum */
		: docs->loader->load(docs->loader->user, path->text, &text, err);

	if (rc == NACRE_E_LIMIT)
		return nacre_recipe_fail(err, r->recipe, path->mark, rc,
			"with '%s', the recipe has more than %llu bytes (limit recipe-bytes)",
			path->text, (unsigned long long)r->limits.recipe_bytes);
	if (rc)
		return nacre_recipe_within(err, r->recipe, path->mark, rc, "include");
	return add_document(
		r, docs, path->text, path->text, text.data ? text.data : "", text.len, err);
}

static int check_can_include(const struct nacre_recipe_reader *r,
	const struct nacre_recipe_documents *docs, const struct chain *chain,
	struct nacre_mark mark, struct nacre_err *err)
{
	if (!docs->loader)
		return nacre_recipe_fail(err, r->recipe, mark, NACRE_E_FORMAT,
			"'include' has no place in a recipe that stands alone");
	if (!docs->items[0].path)
		return nacre_recipe_fail(err, r->recipe, mark, NACRE_E_UNSAFE,
			"%s lies outside of the context, so it cannot include anything",
			r->recipe->file_name);
	if (chain->count > NACRE_RECIPE_INCLUDES_DEEP)
		return nacre_recipe_fail(err, r->recipe, mark, NACRE_E_LIMIT,
			"more than %d files include each other", NACRE_RECIPE_INCLUDES_DEEP);
	return 0;
}

static int read_document(struct nacre_recipe_reader *r, struct nacre_recipe_documents *docs,
	size_t file, struct chain *chain, struct nacre_err *err);

static int include(struct nacre_recipe_reader *r, struct nacre_recipe_documents *docs,
	const struct nacre_value *item, struct chain *chain, struct nacre_err *err)
{
	size_t from = chain->files[chain->count - 1], file = 0;
	struct nacre_recipe_text path;
	int rc = check_can_include(r, docs, chain, item->mark, err);

	if (rc == 0)
		rc = find_path(r, docs->items[from].path, item, &path, err);
	if (rc)
		return rc;
	while (file < docs->count && strcmp(docs->items[file].path, path.text) != 0)
		file++;
	/* What two files include stands once, where it is needed first. */
	if (file < docs->count)
		return docs->items[file].is_done ? 0 : fail_cycle(r, chain, file, item->mark, err);
	if (docs->count == NACRE_RECIPE_FILES)
		return nacre_recipe_fail(err, r->recipe, item->mark, NACRE_E_LIMIT,
			"a recipe of more than %d files", NACRE_RECIPE_FILES);
	rc = load_text(r, docs, &path, err);
	return rc ? rc : read_document(r, docs, file, chain, err);
}

/* Goes no deeper than NACRE_RECIPE_INCLUDES_DEEP. */
static int read_document(struct nacre_recipe_reader *r, struct nacre_recipe_documents *docs,
	size_t file, struct chain *chain, struct nacre_err *err)
{
	const struct nacre_value *list;
	int rc = read_top(r, docs, file, err);

	if (rc)
		return rc;
	chain->files[chain->count++] = file;
	list = nacre_value_find(docs->items[file].top, "include");
	if (list)
		rc = nacre_recipe_want(r, list, NACRE_VALUE_LIST, "include", err);
	for (size_t i = 0; rc == 0 && list && i < list->count; i++)
		rc = include(r, docs, list->items[i], chain, err);
	chain->count--;
	docs->items[file].is_done = true;
	docs->order[docs->ordered++] = (unsigned)file;
	return rc;
}

/* The name of the recipe's own file, in the folder it lies in: what includes are seen from. */
static int own_path(struct nacre_recipe_reader *r, const struct nacre_recipe_documents *docs,
	const char **out_path, struct nacre_err *err)
{
	const char *name = r->recipe->file_name, *slash = strrchr(name, '/');
	const char *dir = docs->loader ? docs->loader->dir : NULL;
	size_t dir_len = dir ? strlen(dir) : 0;
	char *path;

	*out_path = NULL;
	if (!dir)
		return 0;
	name = slash ? slash + 1 : name;
	path = nacre_arena_new(&r->recipe->arena, dir_len + strlen(name) + 2);
	if (!path)
		return nacre_fail_nomem(err);
	if (dir_len > 0)
		(void)strcat(strcpy(path, dir), "/");
	(void)strcat(path, name);
	*out_path = path;
	return 0;
}

int nacre_recipe_read_documents(struct nacre_recipe_reader *r, struct nacre_recipe_documents *docs,
	const char *text, size_t len, struct nacre_err *err)
{
	struct chain chain = { .count = 0 };
	const char *path;
	int rc = own_path(r, docs, &path, err);

	if (rc)
		return rc;
	if (len > r->limits.recipe_bytes)
		return nacre_fail(err, NACRE_E_LIMIT,
			"%s: more than %llu bytes (limit recipe-bytes)", r->recipe->file_name,
			(unsigned long long)r->limits.recipe_bytes);
	rc = add_document(r, docs, r->recipe->file_name, path, text, len, err);
	return rc ? rc : read_document(r, docs, 0, &chain, err);
}
