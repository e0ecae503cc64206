/* SPDX-License-Identifier: Apache-2.0 */
/* Extended attributes and capabilities of files. */
#include "builder/recipe_read.h"

#include "base/base64.h"
#include "base/text.h"
#include "builder/capability_names.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define XATTR_NAME_BYTES 255	/* XATTR_NAME_MAX */
#define XATTR_VALUE_BYTES 65536 /* XATTR_SIZE_MAX */

/* ------------------------------------------------------------------ base64 */

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

int nacre_recipe_read_base64(struct nacre_recipe_reader *r, const struct nacre_value *value,
	const char *what, void *out, struct nacre_err *err)
{
	struct nacre_recipe_text *content = out, text;
	const char *squeezed;
	char *data;
	int rc = nacre_recipe_read_text(r, value, what, &text, err);

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

/* ------------------------------------------------------------------ xattrs */

static int check_name(const struct nacre_recipe_reader *r, const struct nacre_recipe_text *name,
	struct nacre_err *err)
{
	static const char *const spaces[] = { "user.", "trusted.", "security.", "system.", NULL };
	char shown[NACRE_SHOWN], space[16], said[NACRE_SHOWN + 64];
	size_t len = strcspn(name->text, "."), i = 0;

	(void)nacre_value_show(name->text, name->len, shown);
	if (strcmp(name->text, "security.capability") == 0)
		return nacre_recipe_fail(err, r->recipe, name->mark, NACRE_E_FORMAT,
			"xattr '%s' is made of 'capabilities', which stands beside 'xattrs'",
			shown);
	while (spaces[i] && strncmp(name->text, spaces[i], strlen(spaces[i])) != 0)
		i++;
	if (!spaces[i]) {
		(void)snprintf(
			space, sizeof(space), "%.*s.", (int)(len < 14 ? len : 14), name->text);
		(void)snprintf(said, sizeof(said),
			"xattr '%s' begins with no namespace of attributes", shown);
		return nacre_recipe_fail_unknown(r, name->mark, err, said, space, spaces);
	}
	if (name->len == strlen(spaces[i]) || name->len > XATTR_NAME_BYTES)
		return nacre_recipe_fail(err, r->recipe, name->mark, NACRE_E_FORMAT,
			"xattr '%s' has no name behind '%s', or more than %d bytes", shown,
			spaces[i], XATTR_NAME_BYTES);
	return 0;
}

static const struct nacre_recipe_field value_fields[] = {
	{ "base64", nacre_recipe_read_base64, 0, true },
	{ 0 },
};

static int read_xattr(struct nacre_recipe_reader *r, const struct nacre_value *key,
	const struct nacre_value *value, struct nacre_recipe_xattr *out_xattr,
	struct nacre_err *err)
{
	struct nacre_recipe_text *text = &out_xattr->value;
	int rc;

	out_xattr->name = (struct nacre_recipe_text){ key->text, key->len, key->mark };
	rc = check_name(r, &out_xattr->name, err);
	if (rc)
		return rc;
	if (value->kind == NACRE_VALUE_LIST)
		return nacre_recipe_fail(err, r->recipe, value->mark, NACRE_E_FORMAT,
			"'%s' wants a text, or {base64: ...}, not a list", key->text);
	rc = value->kind == NACRE_VALUE_MAP
		? nacre_recipe_read_map(r, value, "a value of xattrs", value_fields, text, err)
		: nacre_recipe_read_text(r, value, key->text, text, err);
	if (rc == 0 && text->len > XATTR_VALUE_BYTES)
		rc = nacre_recipe_fail(err, r->recipe, value->mark, NACRE_E_LIMIT,
			"'%s' has more than %d bytes, the most that an attribute can hold",
			key->text, XATTR_VALUE_BYTES);
	return rc;
}

static int compare_xattrs(const void *a, const void *b)
{
	const struct nacre_recipe_xattr *left = a, *right = b;

	return strcmp(left->name.text, right->name.text);
}

int nacre_recipe_read_xattrs(struct nacre_recipe_reader *r, const struct nacre_value *value,
	const char *what, void *out, struct nacre_err *err)
{
	struct nacre_recipe_xattrs *xattrs = out;
	int rc = nacre_recipe_want(r, value, NACRE_VALUE_MAP, what, err);

	if (rc)
		return rc;
	xattrs->given = true;
	xattrs->mark = value->mark;
	xattrs->items = nacre_arena_new(&r->recipe->arena, value->count * sizeof(*xattrs->items));
	if (!xattrs->items)
		return nacre_fail_nomem(err);
	for (size_t i = 0; rc == 0 && i < value->count; i++, xattrs->count++)
		rc = read_xattr(r, value->keys[i], value->items[i], &xattrs->items[i], err);
	if (rc == 0 && xattrs->count > 0)
		qsort(xattrs->items, xattrs->count, sizeof(*xattrs->items), compare_xattrs);
	return rc;
}

/* ------------------------------------------------------------ capabilities */

int nacre_recipe_read_caps(struct nacre_recipe_reader *r, const struct nacre_value *value,
	const char *what, void *out, struct nacre_err *err)
{
	struct nacre_recipe_list *list = out;
	char shown[NACRE_SHOWN];
	int rc = nacre_recipe_read_list(r, value, what, list, err);

	for (size_t i = 0; rc == 0 && i < list->count; i++) {
		const struct nacre_recipe_text *name = &list->items[i];
		const char *nearest;

		if (nacre_capability_number(name->text) >= 0)
			continue;
		nearest = nacre_nearest(name->text, nacre_capability_names);
		rc = nacre_recipe_fail(err, r->recipe, name->mark, NACRE_E_FORMAT,
			"'%s' is not a capability of Linux like cap_net_bind_service%s%s%s",
			nacre_value_show(name->text, name->len, shown),
			nearest ? "; did you mean '" : "", nearest ? nearest : "",
			nearest ? "'?" : "");
	}
	return rc ? rc : nacre_recipe_sort_list(r, what, list, err);
}
