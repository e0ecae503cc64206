/* SPDX-License-Identifier: Apache-2.0 */
/* Users and groups that the image gets. What it has already is the builder's to compare. */
#include "builder/recipe_read.h"

#include "base/scope.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ID_MOST 4294967294u /* one less than chown's "leave it" */

/* ------------------------------------------------------------------ values */

static int read_number(struct nacre_recipe_reader *r, const struct nacre_value *value,
	const char *what, void *out, struct nacre_err *err)
{
	uint64_t number = 0;
	uint32_t *id = out;
	int rc = nacre_recipe_read_number(r, value, what, 0, ID_MOST, &number, err);

	*id = (uint32_t)number;
	return rc;
}

static int read_group(struct nacre_recipe_reader *r, const struct nacre_value *value,
	const char *what, void *out, struct nacre_err *err)
{
	struct nacre_recipe_text text;
	int rc = nacre_recipe_read_text(r, value, what, &text, err);

	return rc ? rc
		  : nacre_recipe_read_id(
			    r, value->mark, what, text.text, text.len, ID_MOST, out, err);
}

static int read_names(struct nacre_recipe_reader *r, const struct nacre_value *value,
	const char *what, void *out, struct nacre_err *err)
{
	const struct nacre_recipe_list *list = out;
	struct nacre_recipe_text name;
	char item[64];
	int rc = nacre_recipe_read_list(r, value, what, out, err);

	for (size_t i = 0; rc == 0 && i < list->count; i++) {
		(void)snprintf(item, sizeof(item), "%s[%zu]", what, i);
		rc = nacre_recipe_read_account_name(r, value->items[i], item, &name, err);
	}
	return rc;
}

/* A field of a line with ":" between them. */
static int check_field(const struct nacre_recipe_reader *r, const char *what,
	const struct nacre_recipe_text *text, struct nacre_err *err)
{
	char shown[NACRE_SHOWN];

	for (size_t i = 0; i < text->len; i++) {
		if ((unsigned char)text->text[i] < 0x20 || text->text[i] == 0x7f ||
			text->text[i] == ':')
			return nacre_recipe_fail(err, r->recipe, text->mark, NACRE_E_FORMAT,
				"%s '%s' has a ':' or a control character, which a line of "
				"/etc/passwd cannot hold",
				what, nacre_value_show(text->text, text->len, shown));
	}
	return 0;
}

static int read_place(struct nacre_recipe_reader *r, const struct nacre_value *value,
	const char *what, void *out, struct nacre_err *err)
{
	int rc = nacre_recipe_read_absolute(r, value, what, out, err);

	return rc ? rc : check_field(r, what, out, err);
}

static int read_comment(struct nacre_recipe_reader *r, const struct nacre_value *value,
	const char *what, void *out, struct nacre_err *err)
{
	int rc = nacre_recipe_read_text(r, value, what, out, err);

	return rc ? rc : check_field(r, what, out, err);
}

/* ------------------------------------------------------------------- lists */

#define AT(member) offsetof(struct nacre_recipe_group, member)

static const struct nacre_recipe_field group_fields[] = {
	{ "name", nacre_recipe_read_account_name, AT(name), true },
	{ "gid", read_number, AT(gid), true },
	{ "members", read_names, AT(members), false },
	{ 0 },
};

#undef AT
#define AT(member) offsetof(struct nacre_recipe_user, member)

static const struct nacre_recipe_field user_fields[] = {
	{ "name", nacre_recipe_read_account_name, AT(name), true },
	{ "uid", read_number, AT(uid), true },
	{ "gid", read_group, AT(group), false },
	{ "groups", read_names, AT(groups), false },
	{ "home", read_place, AT(home), false },
	{ "shell", read_place, AT(shell), false },
	{ "comment", read_comment, AT(comment), false },
	{ 0 },
};

static int read_groups(struct nacre_recipe_reader *r, const struct nacre_value *value,
	const char *what, void *out, struct nacre_err *err)
{
	struct nacre_recipe_accounts *accounts = out;
	int rc = nacre_recipe_want(r, value, NACRE_VALUE_LIST, what, err);

	if (rc)
		return rc;
	accounts->groups = nacre_recipe_grow(r, accounts->groups, accounts->group_count,
		value->count, sizeof(*accounts->groups));
	if (!accounts->groups)
		return nacre_fail_nomem(err);
	for (size_t i = 0; rc == 0 && i < value->count; i++, accounts->group_count++) {
		struct nacre_recipe_group *group = &accounts->groups[accounts->group_count];

		group->mark = value->items[i]->mark;
		rc = nacre_recipe_want(r, value->items[i], NACRE_VALUE_MAP, "a group", err);
		if (rc == 0)
			rc = nacre_recipe_read_map(
				r, value->items[i], "a group", group_fields, group, err);
	}
	return rc;
}

static int read_users(struct nacre_recipe_reader *r, const struct nacre_value *value,
	const char *what, void *out, struct nacre_err *err)
{
	struct nacre_recipe_accounts *accounts = out;
	int rc = nacre_recipe_want(r, value, NACRE_VALUE_LIST, what, err);

	if (rc)
		return rc;
	accounts->users = nacre_recipe_grow(
		r, accounts->users, accounts->user_count, value->count, sizeof(*accounts->users));
	if (!accounts->users)
		return nacre_fail_nomem(err);
	for (size_t i = 0; rc == 0 && i < value->count; i++, accounts->user_count++) {
		struct nacre_recipe_user *user = &accounts->users[accounts->user_count];

		user->mark = value->items[i]->mark;
		rc = nacre_recipe_want(r, value->items[i], NACRE_VALUE_MAP, "a user", err);
		if (rc == 0)
			rc = nacre_recipe_read_map(
				r, value->items[i], "a user", user_fields, user, err);
	}
	return rc;
}

static const struct nacre_recipe_field fields[] = {
	{ "groups", read_groups, 0, false },
	{ "users", read_users, 0, false },
	{ 0 },
};

int nacre_recipe_read_accounts(struct nacre_recipe_reader *r, const struct nacre_value *value,
	const char *what, void *out, struct nacre_err *err)
{
	struct nacre_recipe_accounts *accounts = out;
	int rc = nacre_recipe_want(r, value, NACRE_VALUE_MAP, what, err);

	if (rc)
		return rc;
	accounts->mark = value->mark;
	return nacre_recipe_read_map(r, value, what, fields, accounts, err);
}

/* ------------------------------------------------------------------- twice */

/* A name, or an id as a text, of user or group number i. */
typedef int text_of_fn(struct nacre_recipe_reader *r, size_t i, struct nacre_recipe_text *out,
	struct nacre_err *err);

static int group_name(struct nacre_recipe_reader *r, size_t i, struct nacre_recipe_text *out,
	struct nacre_err *err)
{
	(void)err;
	*out = r->recipe->accounts.groups[i].name;
	return 0;
}

static int user_name(struct nacre_recipe_reader *r, size_t i, struct nacre_recipe_text *out,
	struct nacre_err *err)
{
	(void)err;
	*out = r->recipe->accounts.users[i].name;
	return 0;
}

static int print_id(struct nacre_recipe_reader *r, uint32_t id, struct nacre_mark mark,
	struct nacre_recipe_text *out, struct nacre_err *err)
{
	char text[16];

	out->len = (size_t)snprintf(text, sizeof(text), "%u", id);
	out->text = nacre_arena_text(&r->recipe->arena, text, out->len);
	out->mark = mark;
	return out->text ? 0 : nacre_fail_nomem(err);
}

static int group_id(struct nacre_recipe_reader *r, size_t i, struct nacre_recipe_text *out,
	struct nacre_err *err)
{
	const struct nacre_recipe_group *group = &r->recipe->accounts.groups[i];

	return print_id(r, group->gid, group->mark, out, err);
}

static int user_id(struct nacre_recipe_reader *r, size_t i, struct nacre_recipe_text *out,
	struct nacre_err *err)
{
	const struct nacre_recipe_user *user = &r->recipe->accounts.users[i];

	return print_id(r, user->uid, user->mark, out, err);
}

static int check_twice(struct nacre_recipe_reader *r, const char *what, size_t count,
	text_of_fn *text_of, struct nacre_err *err)
{
	nacre_autofree struct nacre_recipe_text *texts = calloc(count + 1, sizeof(*texts));
	nacre_autofree const struct nacre_recipe_text **sorted =
		calloc(count + 1, sizeof(struct nacre_recipe_text *));
	int rc = texts && sorted ? 0 : nacre_fail_nomem(err);

	for (size_t i = 0; rc == 0 && i < count; i++) {
		rc = text_of(r, i, &texts[i], err);
		sorted[i] = &texts[i];
	}
	return rc ? rc : nacre_recipe_check_twice(r, what, sorted, count, err);
}

int nacre_recipe_check_accounts(struct nacre_recipe_reader *r, struct nacre_err *err)
{
	const struct nacre_recipe_accounts *accounts = &r->recipe->accounts;
	int rc = check_twice(r, "group", accounts->group_count, group_name, err);

	if (rc == 0)
		rc = check_twice(r, "gid", accounts->group_count, group_id, err);
	if (rc == 0)
		rc = check_twice(r, "user", accounts->user_count, user_name, err);
	return rc ? rc : check_twice(r, "uid", accounts->user_count, user_id, err);
}
