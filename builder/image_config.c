/* SPDX-License-Identifier: Apache-2.0 */
/* Making the config of an image. */
#include "builder/image_config.h"

#include "base/scope.h"
#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What is left out stays. */
static int set_text(char **where, const char *text, struct nacre_err *err)
{
	return text ? nacre_text_set(where, text, err) : 0;
}

static int set_list(
	struct nacre_texts *texts, const struct nacre_recipe_list *list, struct nacre_err *err)
{
	int rc = 0;

	if (!list->given)
		return 0;
	nacre_texts_clear(texts);
	for (size_t i = 0; i < list->count && rc == 0; i++)
		rc = nacre_texts_add(texts, list->items[i].text, err);
	return rc;
}

static int join_list(
	struct nacre_texts *texts, const struct nacre_recipe_list *list, struct nacre_err *err)
{
	int rc = 0;

	for (size_t i = 0; i < list->count && rc == 0; i++) {
		if (!nacre_texts_has(texts, list->items[i].text))
			rc = nacre_texts_add(texts, list->items[i].text, err);
	}
	return rc;
}

int nacre_image_config_set_env(
	struct nacre_texts *env, const char *name, const char *value, struct nacre_err *err)
{
	nacre_autofree char *text = NULL;
	size_t len = strlen(name);

	if (asprintf(&text, "%s=%s", name, value) < 0) {
		text = NULL;
		return nacre_fail_nomem(err);
	}
	for (size_t i = 0; i < env->count; i++) {
		if (strncmp(env->items[i], text, len + 1) == 0)
			return set_text(&env->items[i], text, err);
	}
	return nacre_texts_add(env, text, err);
}

static int set_health(struct nacre_health *health, const struct nacre_recipe_healthcheck *said,
	struct nacre_err *err)
{
	if (!said->given)
		return 0;
	nacre_health_clear(health);
	health->given = true;
	health->interval_ns = said->interval_ns;
	health->timeout_ns = said->timeout_ns;
	health->start_period_ns = said->start_period_ns;
	health->start_interval_ns = said->start_interval_ns;
	health->retries = said->retries;
	return set_list(&health->test, &said->test, err);
}

static int apply_recipe(
	struct nacre_config *config, const struct nacre_recipe *recipe, struct nacre_err *err)
{
	const struct nacre_recipe_config *said = &recipe->config;
	int rc = set_text(&config->user, said->user.text, err);

	if (said->entrypoint.given && !said->cmd.given)
		nacre_texts_clear(&config->cmd);
	if (rc == 0)
		rc = set_list(&config->entrypoint, &said->entrypoint, err);
	if (rc == 0)
		rc = set_list(&config->cmd, &said->cmd, err);
	for (size_t i = 0; i < said->env.count && rc == 0; i++)
		rc = nacre_image_config_set_env(&config->env, said->env.items[i].name.text,
			said->env.items[i].value.text, err);
	if (rc == 0)
		rc = set_text(&config->working_dir, said->workdir.text, err);
	for (size_t i = 0; i < said->labels.count && rc == 0; i++)
		rc = nacre_pairs_set(&config->labels, said->labels.items[i].name.text,
			said->labels.items[i].value.text, err);
	if (rc == 0)
		rc = join_list(&config->volumes, &said->volumes, err);
	if (rc == 0)
		rc = join_list(&config->exposed_ports, &said->ports, err);
	if (rc == 0)
		rc = set_text(&config->stop_signal, said->stopsignal.text, err);
	if (rc == 0)
		rc = set_text(&config->author, recipe->author.text, err);
	if (rc == 0)
		rc = set_text(&config->os_version, said->os_version.text, err);
	if (rc == 0)
		rc = set_list(&config->os_features, &said->os_features, err);
	return rc ? rc : set_health(&config->health, &said->healthcheck, err);
}

static void set_platform(struct nacre_config *config, const struct nacre_recipe_platform *platform)
{
	/* What the recipe leaves out is the base's, if there is one. */
	if (!platform->given && config->platform.os[0])
		return;
	config->platform = platform->value;
}

/* A base without history gets one: tools that look for an entry a layer must find it. */
static int complete_history(struct nacre_config *config, struct nacre_err *err)
{
	const struct nacre_history entry = { .created = config->created };
	int rc = 0;

	if (config->history_count > 0)
		return 0;
	for (size_t i = 0; i < config->diff_id_count && rc == 0; i++)
		rc = nacre_config_add_history(config, &entry, err);
	return rc;
}

int nacre_image_config_begin(const struct nacre_recipe *recipe, const struct nacre_base *base,
	int64_t created, struct nacre_config *out_config, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_config_clear)
	struct nacre_config config;
	char time[NACRE_TIME_TEXT];
	int rc = 0;

	memset(&config, 0, sizeof(config));
	if (base->layout)
		rc = nacre_config_copy(&base->config, &config, err);
	nacre_buf_clear(&config.raw);
	if (rc == 0)
		rc = complete_history(&config, err);
	nacre_time_print(created, time);
	if (rc == 0)
		rc = set_text(&config.created, time, err);
	set_platform(&config, &recipe->platform);
	if (rc == 0)
		rc = apply_recipe(&config, recipe, err);
	if (rc)
		return rc;
	*out_config = config;
	memset(&config, 0, sizeof(config));
	return 0;
}

int nacre_image_config_add(struct nacre_config *config, const char *layer_name,
	const struct nacre_digest *diff_id, int64_t created, struct nacre_err *err)
{
	nacre_autofree char *by = NULL;
	struct nacre_history entry = { .empty_layer = !diff_id };
	char time[NACRE_TIME_TEXT];
	int rc;

	nacre_time_print(created, time);
	if (asprintf(&by, "nacre: %s", layer_name) < 0) {
		by = NULL;
		return nacre_fail_nomem(err);
	}
	entry.created = time;
	entry.created_by = by;
	rc = nacre_config_add_history(config, &entry, err);
	if (rc == 0 && diff_id)
		rc = nacre_config_add_diff_id(config, diff_id, err);
	return rc;
}
