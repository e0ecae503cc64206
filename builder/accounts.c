/* SPDX-License-Identifier: Apache-2.0 */
/* Adding users and groups: all four files are read, changed in memory, and put back. */
#include "builder/accounts.h"

#include "base/scope.h"
#include "builder/account_file.h"
#include "builder/maker.h"
#include "builder/step_parts.h"

#include <stdio.h>
#include <string.h>

enum { PASSWD, GROUP, SHADOW, GSHADOW, FILES };

static const struct {
	const char *path;
	uint32_t mode;
	bool is_made; /* when the image has none */
} kinds[FILES] = {
	[PASSWD] = { "etc/passwd", 0644, true },
	[GROUP] = { "etc/group", 0644, true },
	[SHADOW] = { "etc/shadow", 0640, true },
	[GSHADOW] = { "etc/gshadow", 0640, false },
};

struct file {
	struct nacre_buf text;
	struct nacre_node *node; /* NULL: the image has none */
	bool is_changed;
};

struct accounts {
	struct nacre_steps *steps;
	const struct nacre_recipe *recipe;
	struct nacre_tree *tree;
	struct file files[FILES];
};

static void accounts_clear(struct accounts *a)
{
	for (size_t i = 0; i < FILES; i++)
		nacre_buf_clear(&a->files[i].text);
}

/* ------------------------------------------------------------------- files */

static int load(struct accounts *a, size_t kind, struct nacre_err *err)
{
	struct file *file = &a->files[kind];
	int rc;

	file->text = (struct nacre_buf)NACRE_BUF(NACRE_ACCOUNT_FILE_BYTES);
	rc = nacre_account_file_load(a->tree, kinds[kind].path, &file->text, &file->node, err);
	return rc == NACRE_E_NOT_FOUND ? 0 : rc;
}

/* A file that an editor left without its last newline gets it first. */
static int begin_line(struct file *file, struct nacre_err *err)
{
	file->is_changed = true;
	if (file->text.len == 0 || file->text.data[file->text.len - 1] == '\n')
		return 0;
	return nacre_buf_add_text(&file->text, "\n", err);
}

/* The tree keeps the text: it outlives these files. */
static int store(struct accounts *a, size_t kind, struct nacre_err *err)
{
	struct file *file = &a->files[kind];
	const char *text = nacre_arena_text(&a->tree->arena, file->text.data, file->text.len);
	struct nacre_inode *inode = file->node ? nacre_inode_copy(a->tree, file->node->inode)
					       : nacre_inode_new(a->tree, NACRE_TYPE_FILE);

	if (!text || !inode)
		return nacre_fail_nomem(err);
	inode->maker = NACRE_MAKER_ACCOUNTS;
	inode->mtime_s = a->steps->epoch;
	inode->mtime_ns = 0;
	inode->sha256 = NULL;
	inode->size_bytes = file->text.len;
	inode->u.content.origin = &a->steps->texts;
	inode->u.content.key = (uintptr_t)text;
	if (file->node) {
		file->node->inode = inode;
		return 0;
	}
	inode->mode = kinds[kind].mode;
	return nacre_step_put(a->steps, a->tree, kinds[kind].path, inode, err);
}

/* ------------------------------------------------------------------ lookup */

/* A group of the image, those that were added too. */
static bool find_group(const struct accounts *a, const char *name, uint32_t *out_gid)
{
	struct nacre_account_line line;

	return nacre_account_find(
		       &a->files[GROUP].text, NACRE_ACCOUNT_NAME, name, NACRE_ACCOUNT_ID, &line) &&
		nacre_account_number(&line, NACRE_ACCOUNT_ID, out_gid);
}

static int fail_number(const struct accounts *a, size_t kind, struct nacre_mark mark,
	const char *what, const char *name, uint32_t has, uint32_t wants, struct nacre_err *err)
{
	return nacre_recipe_fail(err, a->recipe, mark, NACRE_E_EXISTS,
		"'%s' has the %s %u in the image's /%s, and %u here", name, what, has,
		kinds[kind].path, wants);
}

/* Two names with one number would be one account. */
static int check_free(const struct accounts *a, size_t kind, struct nacre_mark mark,
	const char *what, uint32_t id, struct nacre_err *err)
{
	struct nacre_account_line line;
	char number[16];
	size_t len;
	const char *name;

	(void)snprintf(number, sizeof(number), "%u", id);
	if (!nacre_account_find(&a->files[kind].text, NACRE_ACCOUNT_ID, number,
		    kind == PASSWD ? NACRE_ACCOUNT_GID : NACRE_ACCOUNT_ID, &line) ||
		!nacre_account_field(&line, NACRE_ACCOUNT_NAME, &name, &len))
		return 0;
	return nacre_recipe_fail(err, a->recipe, mark, NACRE_E_EXISTS,
		"the %s %u is that of '%.*s' in the image's /%s", what, id,
		(int)(len < 64 ? len : 64), name, kinds[kind].path);
}

/* ----------------------------------------------------------------- members */

static bool is_member(const struct nacre_account_line *line, const char *name)
{
	const char *list, *end;
	size_t len, name_len = strlen(name);

	if (!nacre_account_field(line, NACRE_ACCOUNT_MEMBERS, &list, &len))
		return false;
	end = list + len;
	while (list < end) {
		const char *comma = memchr(list, ',', (size_t)(end - list));
		size_t item = (size_t)((comma ? comma : end) - list);

		if (item == name_len && memcmp(list, name, item) == 0)
			return true;
		list += item + (comma ? 1 : 0);
	}
	return false;
}

static int insert(struct file *file, size_t at, const char *text, struct nacre_err *err)
{
	size_t len = strlen(text);
	int rc = nacre_buf_add(&file->text, text, len, err); /* room for it */

	if (rc)
		return rc;
	memmove(file->text.data + at + len, file->text.data + at, file->text.len - len - at);
	memcpy(file->text.data + at, text, len);
	file->is_changed = true;
	return 0;
}

static int add_member_line(
	struct accounts *a, size_t kind, const char *group, const char *user, struct nacre_err *err)
{
	struct file *file = &a->files[kind];
	struct nacre_account_line line;
	const char *list;
	size_t len, end;
	int rc = 0;

	if (!nacre_account_find(&file->text, NACRE_ACCOUNT_NAME, group, 0, &line) ||
		!nacre_account_field(&line, NACRE_ACCOUNT_MEMBERS, &list, &len) ||
		is_member(&line, user))
		return 0;
	end = (size_t)(list + len - file->text.data);
	if (len > 0)
		rc = insert(file, end++, ",", err);
	return rc ? rc : insert(file, end, user, err);
}

static int add_member(
	struct accounts *a, const char *group, const char *user, struct nacre_err *err)
{
	int rc = add_member_line(a, GROUP, group, user, err);

	return rc ? rc : add_member_line(a, GSHADOW, group, user, err);
}

/* ------------------------------------------------------------------ groups */

static int add_group(
	struct accounts *a, const struct nacre_recipe_group *group, struct nacre_err *err)
{
	uint32_t gid = 0;
	int rc;

	if (find_group(a, group->name.text, &gid))
		return gid == group->gid ? 0
					 : fail_number(a, GROUP, group->mark, "gid",
						   group->name.text, gid, group->gid, err);
	rc = check_free(a, GROUP, group->mark, "gid", group->gid, err);
	if (rc == 0)
		rc = begin_line(&a->files[GROUP], err);
	if (rc == 0)
		rc = nacre_buf_printf(
			&a->files[GROUP].text, err, "%s:x:%u:\n", group->name.text, group->gid);
	if (rc || !a->files[GSHADOW].node)
		return rc;
	rc = begin_line(&a->files[GSHADOW], err);
	return rc ? rc
		  : nacre_buf_printf(&a->files[GSHADOW].text, err, "%s:!::\n", group->name.text);
}

static int add_members(
	struct accounts *a, const struct nacre_recipe_group *group, struct nacre_err *err)
{
	int rc = 0;

	for (size_t i = 0; i < group->members.count && rc == 0; i++) {
		const struct nacre_recipe_text *user = &group->members.items[i];
		struct nacre_account_line line;

		if (!nacre_account_find(&a->files[PASSWD].text, NACRE_ACCOUNT_NAME, user->text,
			    NACRE_ACCOUNT_GID, &line)) {
			rc = nacre_account_fail_unknown(&a->files[PASSWD].text, user->text, err,
				"neither the image nor the recipe has a user '%s'", user->text);
			return nacre_recipe_within(
				err, a->recipe, user->mark, rc, "group '%s'", group->name.text);
		}
		rc = add_member(a, group->name.text, user->text, err);
	}
	return rc;
}

/* ------------------------------------------------------------------- users */

static int fail_group(const struct accounts *a, const struct nacre_recipe_user *user,
	struct nacre_mark mark, const char *group, struct nacre_err *err)
{
	int rc = nacre_account_fail_unknown(&a->files[GROUP].text, group, err,
		"neither the image nor the recipe has a group '%s'", group);

	return nacre_recipe_within(err, a->recipe, mark, rc, "user '%s'", user->name.text);
}

static int find_gid(const struct accounts *a, const struct nacre_recipe_user *user,
	uint32_t *out_gid, struct nacre_err *err)
{
	const char *group = user->group.text ? user->group.text : user->name.text;

	*out_gid = user->group.number;
	if (user->group.text && user->group.is_number)
		return 0;
	return find_group(a, group, out_gid) ? 0 : fail_group(a, user, user->mark, group, err);
}

/* A user that is there must be the same one. */
static int check_user(const struct accounts *a, const struct nacre_recipe_user *user, uint32_t gid,
	const struct nacre_account_line *line, struct nacre_err *err)
{
	uint32_t has = 0;

	if (nacre_account_number(line, NACRE_ACCOUNT_ID, &has) && has != user->uid)
		return fail_number(
			a, PASSWD, user->mark, "uid", user->name.text, has, user->uid, err);
	if (nacre_account_number(line, NACRE_ACCOUNT_GID, &has) && has != gid)
		return fail_number(a, PASSWD, user->mark, "gid", user->name.text, has, gid, err);
	return 0;
}

static int add_lines(struct accounts *a, const struct nacre_recipe_user *user, uint32_t gid,
	struct nacre_err *err)
{
	struct nacre_account_line line;
	int rc = begin_line(&a->files[PASSWD], err);

	if (rc == 0)
		rc = nacre_buf_printf(&a->files[PASSWD].text, err, "%s:x:%u:%u:%s:%s:%s\n",
			user->name.text, user->uid, gid,
			user->comment.text ? user->comment.text : "",
			user->home.text ? user->home.text : "/nonexistent",
			user->shell.text ? user->shell.text : "/usr/sbin/nologin");
	if (rc ||
		nacre_account_find(
			&a->files[SHADOW].text, NACRE_ACCOUNT_NAME, user->name.text, 0, &line))
		return rc;
	rc = begin_line(&a->files[SHADOW], err);
	return rc ? rc
		  : nacre_buf_printf(&a->files[SHADOW].text, err, "%s:!:::::::\n", user->name.text);
}

static int add_user(struct accounts *a, const struct nacre_recipe_user *user, struct nacre_err *err)
{
	struct nacre_account_line line;
	uint32_t gid;
	int rc = find_gid(a, user, &gid, err);

	if (rc)
		return rc;
	if (nacre_account_find(&a->files[PASSWD].text, NACRE_ACCOUNT_NAME, user->name.text,
		    NACRE_ACCOUNT_GID, &line))
		return check_user(a, user, gid, &line, err);
	rc = check_free(a, PASSWD, user->mark, "uid", user->uid, err);
	return rc ? rc : add_lines(a, user, gid, err);
}

static int add_groups_of(
	struct accounts *a, const struct nacre_recipe_user *user, struct nacre_err *err)
{
	uint32_t gid;
	int rc = 0;

	for (size_t i = 0; i < user->groups.count && rc == 0; i++) {
		const struct nacre_recipe_text *group = &user->groups.items[i];

		if (!find_group(a, group->text, &gid))
			return fail_group(a, user, group->mark, group->text, err);
		rc = add_member(a, group->text, user->name.text, err);
	}
	return rc;
}

/* ----------------------------------------------------------------- the whole */

/* Groups first, as users name them; members last, as they name users. */
static int change(struct accounts *a, struct nacre_err *err)
{
	const struct nacre_recipe_accounts *said = &a->recipe->accounts;
	int rc = 0;

	for (size_t i = 0; i < said->group_count && rc == 0; i++)
		rc = add_group(a, &said->groups[i], err);
	for (size_t i = 0; i < said->user_count && rc == 0; i++)
		rc = add_user(a, &said->users[i], err);
	for (size_t i = 0; i < said->group_count && rc == 0; i++)
		rc = add_members(a, &said->groups[i], err);
	for (size_t i = 0; i < said->user_count && rc == 0; i++)
		rc = add_groups_of(a, &said->users[i], err);
	return rc;
}

int nacre_accounts_add(struct nacre_steps *steps, struct nacre_tree *tree, struct nacre_err *err)
{
	NACRE_CLEANUP(accounts_clear)
	struct accounts a = { .steps = steps, .recipe = steps->recipe, .tree = tree };
	int rc = 0;

	steps->maker = NACRE_MAKER_ACCOUNTS;
	for (size_t i = 0; i < FILES && rc == 0; i++)
		rc = load(&a, i, err);
	if (rc == 0)
		rc = change(&a, err);
	for (size_t i = 0; i < FILES && rc == 0; i++) {
		if (a.files[i].is_changed && (a.files[i].node || kinds[i].is_made))
			rc = store(&a, i, err);
	}
	return rc;
}
