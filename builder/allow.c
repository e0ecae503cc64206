/* SPDX-License-Identifier: Apache-2.0 */
/* Privileges of a tree, held against the recipe's list. */
#include "builder/allow.h"

#include "base/env.h"
#include "base/scope.h"
#include "builder/file_capability.h"
#include "builder/maker.h"
#include "builder/pattern.h"

#include <stdlib.h>
#include <string.h>

/* So many names fit in a message, whatever their length is. */
#define NAMED_MOST 8

static bool is_setuid(const struct nacre_inode *inode)
{
	return inode->type == NACRE_TYPE_FILE && inode->mode & 04000;
}

static bool is_setgid(const struct nacre_inode *inode)
{
	return inode->type == NACRE_TYPE_FILE && inode->mode & 02000;
}

static bool is_capable(const struct nacre_inode *inode)
{
	return inode->type == NACRE_TYPE_FILE &&
		nacre_xattr_find(inode->xattrs, NACRE_FILE_CAPABILITY);
}

static bool is_device(const struct nacre_inode *inode)
{
	return inode->type == NACRE_TYPE_CHAR || inode->type == NACRE_TYPE_BLOCK;
}

static bool is_world_writable(const struct nacre_inode *inode)
{
	return inode->type != NACRE_TYPE_SYMLINK && inode->mode & 0002;
}

static const struct kind {
	const char *key; /* of `allow` */
	const char *what;
	bool (*has)(const struct nacre_inode *inode);
	size_t list; /* where its patterns are in struct nacre_recipe_allow */
} kinds[] = {
	{ "setuid", "a setuid file", is_setuid, offsetof(struct nacre_recipe_allow, setuid) },
	{ "setgid", "a setgid file", is_setgid, offsetof(struct nacre_recipe_allow, setgid) },
	{ "capabilities", "a file with capabilities", is_capable,
		offsetof(struct nacre_recipe_allow, capabilities) },
	{ "devices", "a device", is_device, offsetof(struct nacre_recipe_allow, devices) },
	{ "world-writable", "writable by all", is_world_writable,
		offsetof(struct nacre_recipe_allow, world_writable) },
};

#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

struct check {
	const struct nacre_recipe *recipe;
	const struct nacre_tree *base;
	const struct nacre_env *env;
	bool *used[KINDS]; /* of each pattern */
	uint64_t refused;
	struct nacre_buf names; /* of the first that were refused */
};

static void check_clear(struct check *check)
{
	for (size_t i = 0; i < KINDS; i++)
		free(check->used[i]);
	nacre_buf_clear(&check->names);
}

static const struct nacre_recipe_list *list_of(const struct check *check, size_t kind)
{
	return (const void *)((const char *)&check->recipe->allow + kinds[kind].list);
}

static bool is_listed(struct check *check, size_t kind, const char *path)
{
	const struct nacre_recipe_list *list = list_of(check, kind);
	bool found = false;

	for (size_t i = 0; i < list->count; i++) {
		if (nacre_pattern_match(list->items[i].text, list->items[i].len, path))
			found = check->used[kind][i] = true;
	}
	return found;
}

/* Where it comes from is told if it is known: a base's own file can be in a stage. */
static int refuse(
	struct check *check, size_t kind, const struct nacre_node *node, struct nacre_err *err)
{
	char name[256];
	struct nacre_mark mark;
	const char *step;
	int rc = 0;

	(void)nacre_node_name(node, name, sizeof(name));
	if (check->refused < NAMED_MOST)
		rc = nacre_buf_printf(&check->names, err, "%s'/%s' (%s)",
			check->refused ? ", " : "", name, kinds[kind].key);
	check->refused++;
	if (rc)
		return rc;
	if (!nacre_maker_find(check->recipe, node->inode->maker, &mark, &step))
		return nacre_warn(check->env, err, "'/%s' is %s, and is not in allow: %s", name,
			kinds[kind].what, kinds[kind].key);
	return nacre_warn(check->env, err, "%s:%u:%u: %s: '/%s' is %s, and is not in allow: %s",
		check->recipe->files[mark.file], mark.line, mark.column, step, name,
		kinds[kind].what, kinds[kind].key);
}

static int check_node(struct check *check, struct nacre_node *node, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf path = NACRE_BUF((size_t)16 << 20);
	const struct nacre_node *old;
	int rc = 0;

	for (size_t i = 0; i < KINDS && rc == 0; i++) {
		if (!kinds[i].has(node->inode))
			continue;
		if (!path.data)
			rc = nacre_node_path(node, &path, err);
		if (rc || is_listed(check, i, path.data))
			continue;
		old = nacre_tree_find(check->base, path.data);
		if (old && old->inode->type == node->inode->type && kinds[i].has(old->inode))
			continue;
		rc = refuse(check, i, node, err);
	}
	return rc;
}

static int warn_of_unused(struct check *check, struct nacre_err *err)
{
	int rc = 0;

	for (size_t kind = 0; kind < KINDS; kind++) {
		const struct nacre_recipe_list *list = list_of(check, kind);

		for (size_t i = 0; i < list->count && rc == 0; i++) {
			const struct nacre_recipe_text *item = &list->items[i];

			if (!check->used[kind][i])
				rc = nacre_warn(check->env, err,
					"%s:%u:%u: allow: nothing needs %s '/%s'",
					check->recipe->files[item->mark.file], item->mark.line,
					item->mark.column, kinds[kind].key, item->text);
		}
	}
	return rc;
}

static int fail_refused(const struct check *check, struct nacre_err *err)
{
	uint64_t more = check->refused > NAMED_MOST ? check->refused - NAMED_MOST : 0;

	if (more == 0)
		return nacre_fail(err, NACRE_E_UNSAFE, "%s: not in 'allow': %s",
			check->recipe->file_name, check->names.data);
	return nacre_fail(err, NACRE_E_UNSAFE, "%s: not in 'allow': %s, and %llu more",
		check->recipe->file_name, check->names.data, (unsigned long long)more);
}

int nacre_allow_check(const struct nacre_recipe *recipe, const struct nacre_tree *base,
	const struct nacre_tree *tree, const struct nacre_env *env, struct nacre_err *err)
{
	NACRE_CLEANUP(check_clear)
	struct check check = {
		.recipe = recipe, .base = base, .env = env, .names = NACRE_BUF(NAMED_MOST * 512)
	};
	int rc = 0;

	for (size_t i = 0; i < KINDS; i++) {
		check.used[i] = calloc(list_of(&check, i)->count + 1, sizeof(bool));
		if (!check.used[i])
			return nacre_fail_nomem(err);
	}
	for (struct nacre_node *node = tree->root; node && rc == 0; node = nacre_tree_next(node))
		rc = check_node(&check, node, err);
	if (rc == 0 && check.refused > 0)
		rc = fail_refused(&check, err);
	return rc ? rc : warn_of_unused(&check, err);
}
