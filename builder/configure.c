/* SPDX-License-Identifier: Apache-2.0 */
/* Changing the config of an image. Each part of it is a row; what a change does to a row depends on
 * what the row is: a text, words, pairs, names. */
#include "base/scope.h"
#include "builder/image_config.h"
#include "builder/rework.h"
#include "builder/run_values.h"
#include "builder/value.h"
#include "sign/trusted.h"

#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

struct part;

struct configure {
	struct nacre_rework rework;
	const struct nacre_config_change *changes;
	size_t count;
	bool begun[NACRE_CONFIG_PARTS]; /* words that a change has put in already */
};

typedef int change_fn(struct configure *c, const struct part *part,
	const struct nacre_config_change *change, struct nacre_err *err);

/* Says why a value is none for its part, or makes the clean one. */
typedef int check_fn(const char *value, char *out_clean, struct nacre_err *err);

struct part {
	const char *name; /* as recipes and messages have it */
	change_fn *change;
	size_t at; /* in struct nacre_rework */
	check_fn *check;
};

#define CLEAN_BYTES 4097

static void *at(struct configure *c, const struct part *part)
{
	return (char *)&c->rework + part->at;
}

static int fail_missing(const struct part *part, const char *name, struct nacre_err *err)
{
	char shown[NACRE_SHOWN];

	if (!name)
		return nacre_fail(err, NACRE_E_NOT_FOUND, "%s: there is none", part->name);
	return nacre_fail(err, NACRE_E_NOT_FOUND, "%s: there is no '%s'", part->name,
		nacre_value_show(name, strlen(name), shown));
}

/* ------------------------------------------------------------------------ checks */

static int fail_value(const char *value, const char *why, struct nacre_err *err)
{
	char shown[NACRE_SHOWN];

	return nacre_fail(err, NACRE_E_ARG, "'%s' is not %s",
		nacre_value_show(value, strlen(value), shown), why);
}

static int check_port(const char *value, char *out_clean, struct nacre_err *err)
{
	return nacre_port_clean(value, out_clean)
		? 0
		: fail_value(value, "a number from 1 to 65535 with /tcp, /udp or /sctp", err);
}

static int check_path(const char *value, char *out_clean, struct nacre_err *err)
{
	size_t len = strlen(value);

	if (value[0] != '/' || len >= CLEAN_BYTES)
		return fail_value(value, "an absolute path", err);
	if (strstr(value, "//") || strstr(value, "/./") || strstr(value, "/../") ||
		(len > 1 && value[len - 1] == '/') ||
		(len > 1 && strcmp(value + len - 2, "/.") == 0) ||
		(len > 2 && strcmp(value + len - 3, "/..") == 0))
		return fail_value(value, "a path without '.', '..' and slashes to spare", err);
	memcpy(out_clean, value, len + 1);
	return 0;
}

static int check_volume(const char *value, char *out_clean, struct nacre_err *err)
{
	return strcmp(value, "/") == 0 ? fail_value(value, "a volume but the root directory", err)
				       : check_path(value, out_clean, err);
}

static int check_signal(const char *value, char *out_clean, struct nacre_err *err)
{
	const char *nearest = NULL;
	char shown[NACRE_SHOWN];

	if (nacre_signal_is_known(value, &nearest)) {
		(void)stpcpy(out_clean, value);
		return 0;
	}
	return nacre_fail(err, NACRE_E_ARG,
		"'%s' is not a signal like SIGTERM or a number from 1 to 64%s%s%s",
		nacre_value_show(value, strlen(value), shown), nearest ? "; did you mean '" : "",
		nearest ? nearest : "", nearest ? "'?" : "");
}

static int check_some(const char *value, char *out_clean, struct nacre_err *err)
{
	size_t len = strlen(value);

	if (len == 0 || len >= CLEAN_BYTES)
		return fail_value(value, "a text of 1 to 4096 bytes", err);
	memcpy(out_clean, value, len + 1);
	return 0;
}

/* ----------------------------------------------------------------------- changes */

static int change_text(struct configure *c, const struct part *part,
	const struct nacre_config_change *change, struct nacre_err *err)
{
	char clean[CLEAN_BYTES];
	char **where = at(c, part);
	int rc;

	if (!change->value && (!*where || !**where))
		return fail_missing(part, NULL, err);
	if (!change->value)
		return nacre_text_set(where, NULL, err);
	rc = part->check(change->value, clean, err);
	return rc ? nacre_within(err, rc, "%s", part->name) : nacre_text_set(where, clean, err);
}

static int change_words(struct configure *c, const struct part *part,
	const struct nacre_config_change *change, struct nacre_err *err)
{
	struct nacre_texts *words = at(c, part);
	bool is_first = !c->begun[change->part];

	if (!change->value && words->count == 0)
		return fail_missing(part, NULL, err);
	if (is_first || !change->value)
		nacre_texts_clear(words);
	c->begun[change->part] = true;
	if (!change->value)
		return 0;
	if (is_first && change->part != NACRE_CONFIG_CMD && !*change->value)
		return nacre_fail(err, NACRE_E_ARG, "%s: the first word is empty", part->name);
	return nacre_texts_add(words, change->value, err);
}

static int change_health(struct configure *c, const struct part *part,
	const struct nacre_config_change *change, struct nacre_err *err)
{
	struct nacre_health *health = &c->rework.config.health;
	int rc;

	if (!change->value && !health->given)
		return fail_missing(part, NULL, err);
	if (!change->value) {
		nacre_health_clear(health);
		return 0;
	}
	if (!c->begun[change->part] && strcmp(change->value, "CMD") != 0 &&
		strcmp(change->value, "CMD-SHELL") != 0 && strcmp(change->value, "NONE") != 0)
		return nacre_fail(err, NACRE_E_ARG, "%s: the first word is CMD, CMD-SHELL or NONE",
			part->name);
	rc = change_words(c, part, change, err);
	health->given = true;
	return rc;
}

static bool is_env_of(const char *entry, const char *name)
{
	size_t len = strlen(name);

	return strncmp(entry, name, len) == 0 && entry[len] == '=';
}

static bool is_name_of(const char *entry, const char *name)
{
	return strcmp(entry, name) == 0;
}

static int take_out(struct nacre_texts *texts, const struct part *part, const char *name,
	bool (*is)(const char *entry, const char *name), struct nacre_err *err)
{
	for (size_t i = 0; i < texts->count; i++) {
		if (!is(texts->items[i], name))
			continue;
		free(texts->items[i]);
		texts->count--;
		memmove(&texts->items[i], &texts->items[i + 1],
			(texts->count - i) * sizeof(texts->items[0]));
		return 0;
	}
	return fail_missing(part, name, err);
}

static int change_env(struct configure *c, const struct part *part,
	const struct nacre_config_change *change, struct nacre_err *err)
{
	struct nacre_texts *env = at(c, part);

	if (!*change->name || strchr(change->name, '='))
		return nacre_fail(
			err, NACRE_E_ARG, "%s: the name is empty or has a '='", part->name);
	return change->value ? nacre_image_config_set_env(env, change->name, change->value, err)
			     : take_out(env, part, change->name, is_env_of, err);
}

static int change_pairs(struct configure *c, const struct part *part,
	const struct nacre_config_change *change, struct nacre_err *err)
{
	struct nacre_pairs *pairs = at(c, part);

	if (!*change->name)
		return nacre_fail(err, NACRE_E_ARG, "%s: the name is empty", part->name);
	if (change->value)
		return nacre_pairs_set(pairs, change->name, change->value, err);
	if (!nacre_pairs_find(pairs, change->name))
		return fail_missing(part, change->name, err);
	nacre_pairs_remove(pairs, change->name);
	return 0;
}

static int change_names(struct configure *c, const struct part *part,
	const struct nacre_config_change *change, struct nacre_err *err)
{
	struct nacre_texts *names = at(c, part);
	char clean[CLEAN_BYTES];
	int rc = part->check(change->name, clean, err);

	if (rc)
		return nacre_within(err, rc, "%s", part->name);
	if (!change->value)
		return take_out(names, part, clean, is_name_of, err);
	return nacre_texts_has(names, clean) ? 0 : nacre_texts_add(names, clean, err);
}

#define CONFIG(member) offsetof(struct nacre_rework, config.member)

static const struct part parts[NACRE_CONFIG_PARTS] = {
	[NACRE_CONFIG_USER] = { "user", change_text, CONFIG(user), check_some },
	[NACRE_CONFIG_ENTRYPOINT] = { "entrypoint", change_words, CONFIG(entrypoint), NULL },
	[NACRE_CONFIG_CMD] = { "cmd", change_words, CONFIG(cmd), NULL },
	[NACRE_CONFIG_ENV] = { "env", change_env, CONFIG(env), NULL },
	[NACRE_CONFIG_LABEL] = { "label", change_pairs, CONFIG(labels), NULL },
	[NACRE_CONFIG_WORKDIR] = { "workdir", change_text, CONFIG(working_dir), check_path },
	[NACRE_CONFIG_VOLUME] = { "volume", change_names, CONFIG(volumes), check_volume },
	[NACRE_CONFIG_PORT] = { "port", change_names, CONFIG(exposed_ports), check_port },
	[NACRE_CONFIG_STOPSIGNAL] = { "stopsignal", change_text, CONFIG(stop_signal),
		check_signal },
	[NACRE_CONFIG_HEALTHCHECK] = { "healthcheck", change_health, CONFIG(health.test), NULL },
	[NACRE_CONFIG_AUTHOR] = { "author", change_text, CONFIG(author), check_some },
	[NACRE_CONFIG_ANNOTATION] = { "annotation", change_pairs,
		offsetof(struct nacre_rework, manifest.annotations), NULL },
};

/* --------------------------------------------------------------------------- all */

/* As in recipes: the words of the old entrypoint mean nothing to a new one. */
static void forget_cmd(struct configure *c)
{
	if (c->begun[NACRE_CONFIG_ENTRYPOINT] && !c->begun[NACRE_CONFIG_CMD])
		nacre_texts_clear(&c->rework.config.cmd);
}

static int change_all(struct configure *c, struct nacre_err *err)
{
	int rc = 0;

	for (size_t i = 0; i < c->count && rc == 0; i++) {
		const struct part *part = &parts[c->changes[i].part];

		rc = part->change(c, part, &c->changes[i], err);
	}
	forget_cmd(c);
	return rc;
}

static int run(struct configure *c, const struct nacre_layout *layout,
	const struct nacre_trusted *image, struct nacre_err *err)
{
	const struct nacre_config *config = nacre_trusted_config(image);
	struct nacre_rework *rework = &c->rework;
	int rc = change_all(c, err);

	if (rc == 0)
		rc = nacre_rework_keep(rework, layout, image, 0, config->diff_id_count, err);
	if (rc == 0)
		rc = nacre_rework_history(rework, config, 0, NACRE_REWORK_ALL, false, err);
	if (rc == 0)
		rc = nacre_rework_tell(rework, "config", err);
	return rc ? rc : nacre_rework_finish(rework, err);
}

static void configure_free(struct configure **c)
{
	if (!*c)
		return;
	nacre_rework_clear(&(*c)->rework);
	free(*c);
}

int nacre_image_configure(const struct nacre_layout *layout, const struct nacre_trusted *image,
	const struct nacre_config_change *changes, size_t count,
	const struct nacre_rework_options *options, const struct nacre_env *env,
	struct nacre_built *out_built, struct nacre_err *err)
{
	NACRE_CLEANUP(configure_free)
	struct configure *c = calloc(1, sizeof(*c));
	int rc;

	if (!c)
		return nacre_fail_nomem(err);
	c->changes = changes;
	c->count = count;
	rc = nacre_rework_begin(&c->rework, image, options, env, err);
	if (rc == 0)
		rc = run(c, layout, image, err);
	if (rc == 0)
		*out_built = c->rework.built;
	return rc;
}
