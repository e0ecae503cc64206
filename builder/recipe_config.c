/* SPDX-License-Identifier: Apache-2.0 */
/* What the image's configuration says about running it. */
#include "builder/recipe_read.h"

#include "builder/run_values.h"

#include <string.h>

#define UID_MOST 2147483647u /* that every tool takes for a user of a container */

/* -------------------------------------------------------------------- user */

static int read_user(struct nacre_recipe_reader *r, const struct nacre_value *value,
	const char *what, void *out, struct nacre_err *err)
{
	const struct nacre_recipe_text *user = out;
	struct nacre_recipe_id id = { 0 };
	size_t len;
	int rc = nacre_recipe_read_text(r, value, what, out, err);

	if (rc)
		return rc;
	len = strcspn(user->text, ":");
	rc = nacre_recipe_read_id(r, value->mark, what, user->text, len, UID_MOST, &id, err);
	if (rc == 0 && len < user->len)
		rc = nacre_recipe_read_id(r, value->mark, what, user->text + len + 1,
			user->len - len - 1, UID_MOST, &id, err);
	return rc;
}

/* ------------------------------------------------------------------- lists */

static int read_command(struct nacre_recipe_reader *r, const struct nacre_value *value,
	const char *what, void *out, struct nacre_err *err)
{
	if (value->kind == NACRE_VALUE_TEXT)
		return nacre_recipe_fail(err, r->recipe, value->mark, NACRE_E_FORMAT,
			"'%s' wants a list of words like [/bin/sh, -c, \"...\"], not a text", what);
	return nacre_recipe_read_list(r, value, what, out, err);
}

static int read_entrypoint(struct nacre_recipe_reader *r, const struct nacre_value *value,
	const char *what, void *out, struct nacre_err *err)
{
	const struct nacre_recipe_list *list = out;
	int rc = read_command(r, value, what, out, err);

	if (rc == 0 && list->count > 0 && list->items[0].len == 0)
		return nacre_recipe_fail(err, r->recipe, list->items[0].mark, NACRE_E_FORMAT,
			"the program of '%s' is empty", what);
	return rc;
}

static int read_volumes(struct nacre_recipe_reader *r, const struct nacre_value *value,
	const char *what, void *out, struct nacre_err *err)
{
	struct nacre_recipe_list *list = out;
	int rc = nacre_recipe_read_list(r, value, what, out, err);

	for (size_t i = 0; rc == 0 && i < list->count; i++) {
		rc = nacre_recipe_clean_absolute(r, "volume", &list->items[i], err);
		if (rc == 0 && list->items[i].len == 1)
			rc = nacre_recipe_fail(err, r->recipe, list->items[i].mark, NACRE_E_FORMAT,
				"volume '/' is the root directory");
	}
	return rc ? rc : nacre_recipe_sort_list(r, what, list, err);
}

static int clean_port(
	struct nacre_recipe_reader *r, struct nacre_recipe_text *port, struct nacre_err *err)
{
	char shown[NACRE_SHOWN], clean[NACRE_PORT_TEXT];

	if (!nacre_port_clean(port->text, clean))
		return nacre_recipe_fail(err, r->recipe, port->mark, NACRE_E_FORMAT,
			"port '%s' is not a number from 1 to 65535 with /tcp, /udp or /sctp",
			nacre_value_show(port->text, port->len, shown));
	port->len = strlen(clean);
	port->text = nacre_arena_text(&r->recipe->arena, clean, port->len);
	return port->text ? 0 : nacre_fail_nomem(err);
}

static int read_ports(struct nacre_recipe_reader *r, const struct nacre_value *value,
	const char *what, void *out, struct nacre_err *err)
{
	struct nacre_recipe_list *list = out;
	int rc = nacre_recipe_read_list(r, value, what, out, err);

	for (size_t i = 0; rc == 0 && i < list->count; i++)
		rc = clean_port(r, &list->items[i], err);
	return rc ? rc : nacre_recipe_sort_list(r, what, list, err);
}

static int read_os_features(struct nacre_recipe_reader *r, const struct nacre_value *value,
	const char *what, void *out, struct nacre_err *err)
{
	const struct nacre_recipe_list *list = out;
	int rc = nacre_recipe_read_list(r, value, what, out, err);

	for (size_t i = 0; rc == 0 && i < list->count; i++) {
		if (list->items[i].len == 0)
			rc = nacre_recipe_fail(err, r->recipe, list->items[i].mark, NACRE_E_FORMAT,
				"'%s[%zu]' is empty", what, i);
	}
	return rc;
}

/* ------------------------------------------------------------ env and labels */

static int check_env_name(const struct nacre_recipe_reader *r, const struct nacre_recipe_text *name,
	struct nacre_err *err)
{
	char shown[NACRE_SHOWN];

	if (name->len == 0)
		return nacre_recipe_fail(
			err, r->recipe, name->mark, NACRE_E_FORMAT, "env has an empty name");
	if (strchr(name->text, '='))
		return nacre_recipe_fail(err, r->recipe, name->mark, NACRE_E_FORMAT,
			"env name '%s' has a '='", nacre_value_show(name->text, name->len, shown));
	return 0;
}

static int split_env(struct nacre_recipe_reader *r, const struct nacre_recipe_text *item,
	struct nacre_recipe_pair *out_pair, struct nacre_err *err)
{
	char shown[NACRE_SHOWN];
	size_t len = strcspn(item->text, "=");

	if (len == item->len)
		return nacre_recipe_fail(err, r->recipe, item->mark, NACRE_E_FORMAT,
			"env '%s' is not NAME=VALUE", nacre_value_show(item->text, len, shown));
	out_pair->name.text = nacre_arena_text(&r->recipe->arena, item->text, len);
	out_pair->name.len = len;
	out_pair->name.mark = item->mark;
	out_pair->value = (struct nacre_recipe_text){
		item->text + len + 1,
		item->len - len - 1,
		item->mark,
	};
	return out_pair->name.text ? 0 : nacre_fail_nomem(err);
}

/* A list may name a variable twice where a mapping cannot, so that is looked for here. */
static int check_twice(
	struct nacre_recipe_reader *r, const struct nacre_recipe_pairs *env, struct nacre_err *err)
{
	struct nacre_recipe_list names = { .count = env->count };

	names.items = nacre_arena_new(&r->recipe->arena, env->count * sizeof(*names.items));
	if (!names.items)
		return nacre_fail_nomem(err);
	for (size_t i = 0; i < env->count; i++)
		names.items[i] = env->items[i].name;
	return nacre_recipe_sort_list(r, "env", &names, err);
}

static int read_env_list(struct nacre_recipe_reader *r, const struct nacre_value *value,
	const char *what, struct nacre_recipe_pairs *env, struct nacre_err *err)
{
	struct nacre_recipe_list list = { 0 };
	int rc = nacre_recipe_read_list(r, value, what, &list, err);

	if (rc)
		return rc;
	env->given = true;
	env->mark = value->mark;
	env->items = nacre_arena_new(&r->recipe->arena, list.count * sizeof(*env->items));
	if (!env->items)
		return nacre_fail_nomem(err);
	for (size_t i = 0; rc == 0 && i < list.count; i++, env->count++)
		rc = split_env(r, &list.items[i], &env->items[i], err);
	return rc ? rc : check_twice(r, env, err);
}

static int read_env(struct nacre_recipe_reader *r, const struct nacre_value *value,
	const char *what, void *out, struct nacre_err *err)
{
	struct nacre_recipe_pairs env = { 0 };
	int rc;

	if (value->kind == NACRE_VALUE_TEXT)
		return nacre_recipe_fail(err, r->recipe, value->mark, NACRE_E_FORMAT,
			"'env' wants a mapping like {LANG: C}, or a list of NAME=VALUE");
	rc = value->kind == NACRE_VALUE_LIST ? read_env_list(r, value, what, &env, err)
					     : nacre_recipe_read_pairs(r, value, what, &env, err);
	for (size_t i = 0; rc == 0 && i < env.count; i++)
		rc = check_env_name(r, &env.items[i].name, err);
	return rc ? rc : nacre_recipe_merge_pairs(r, out, &env, err);
}

int nacre_recipe_read_labels(struct nacre_recipe_reader *r, const struct nacre_value *value,
	const char *what, void *out, struct nacre_err *err)
{
	struct nacre_recipe_pairs labels = { 0 };
	int rc = nacre_recipe_read_pairs(r, value, what, &labels, err);

	if (rc == 0)
		rc = nacre_recipe_merge_pairs(r, out, &labels, err);
	if (rc == 0)
		nacre_recipe_sort_pairs(out);
	return rc;
}

/* -------------------------------------------------------------- stopsignal */

static int read_stopsignal(struct nacre_recipe_reader *r, const struct nacre_value *value,
	const char *what, void *out, struct nacre_err *err)
{
	const struct nacre_recipe_text *text = out;
	char shown[NACRE_SHOWN];
	const char *nearest;
	int rc = nacre_recipe_read_text(r, value, what, out, err);

	if (rc || nacre_signal_is_known(text->text, &nearest))
		return rc;
	return nacre_recipe_fail(err, r->recipe, value->mark, NACRE_E_FORMAT,
		"%s '%s' is not a signal like SIGTERM or a number from 1 to 64%s%s%s", what,
		nacre_value_show(text->text, text->len, shown), nearest ? "; did you mean '" : "",
		nearest ? nearest : "", nearest ? "'?" : "");
}

/* ------------------------------------------------------------------ config */

#define AT(member) offsetof(struct nacre_recipe_config, member)

static const struct nacre_recipe_field fields[] = {
	{ "user", read_user, AT(user), false },
	{ "entrypoint", read_entrypoint, AT(entrypoint), false },
	{ "cmd", read_command, AT(cmd), false },
	{ "env", read_env, AT(env), false },
	{ "workdir", nacre_recipe_read_absolute, AT(workdir), false },
	{ "labels", nacre_recipe_read_labels, AT(labels), false },
	{ "volumes", read_volumes, AT(volumes), false },
	{ "ports", read_ports, AT(ports), false },
	{ "stopsignal", read_stopsignal, AT(stopsignal), false },
	{ "healthcheck", nacre_recipe_read_health, AT(healthcheck), false },
	{ "os-version", nacre_recipe_read_nonempty, AT(os_version), false },
	{ "os-features", read_os_features, AT(os_features), false },
	{ 0 },
};

int nacre_recipe_read_config(struct nacre_recipe_reader *r, const struct nacre_value *value,
	const char *what, void *out, struct nacre_err *err)
{
	struct nacre_recipe_config *config = out;
	int rc = nacre_recipe_want(r, value, NACRE_VALUE_MAP, what, err);

	if (rc)
		return rc;
	config->mark = value->mark;
	return nacre_recipe_read_map(r, value, what, fields, config, err);
}
