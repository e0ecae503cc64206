/* SPDX-License-Identifier: Apache-2.0 */
/* A merge of three configs. */
#include "builder/rebase_config.h"

#include "base/scope.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool same_text(const char *a, const char *b)
{
	return strcmp(a ? a : "", b ? b : "") == 0;
}

static bool same_texts(const struct nacre_texts *a, const struct nacre_texts *b)
{
	bool same = a->count == b->count;

	for (size_t i = 0; i < a->count && same; i++)
		same = strcmp(a->items[i], b->items[i]) == 0;
	return same;
}

static int follow_text(char **mine, const char *was, const char *now, struct nacre_err *err)
{
	return same_text(*mine, was) ? nacre_text_set(mine, now, err) : 0;
}

static int follow_texts(struct nacre_texts *mine, const struct nacre_texts *was,
	const struct nacre_texts *now, struct nacre_err *err)
{
	if (!same_texts(mine, was))
		return 0;
	nacre_texts_clear(mine);
	return nacre_texts_copy(now, mine, err);
}

/* NULL is a value too: that there is none. */
static bool same_value(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

static int follow_pairs(struct nacre_pairs *mine, const struct nacre_pairs *was,
	const struct nacre_pairs *now, struct nacre_err *err)
{
	int rc = 0;

	for (size_t i = 0; i < was->count; i++) {
		const char *name = was->items[i].name;

		if (same_value(nacre_pairs_find(mine, name), was->items[i].value) &&
			!nacre_pairs_find(now, name))
			nacre_pairs_remove(mine, name);
	}
	for (size_t i = 0; i < now->count && rc == 0; i++) {
		const char *name = now->items[i].name;

		if (same_value(nacre_pairs_find(mine, name), nacre_pairs_find(was, name)))
			rc = nacre_pairs_set(mine, name, now->items[i].value, err);
	}
	return rc;
}

/* "A=b" is the pair A, =b: one without '=' stays one. A set is pairs without values. */
static int to_pairs(
	const struct nacre_texts *texts, struct nacre_pairs *out_pairs, struct nacre_err *err)
{
	int rc = 0;

	for (size_t i = 0; i < texts->count && rc == 0; i++) {
		const char *text = texts->items[i];
		size_t len = strcspn(text, "=");
		nacre_autofree char *name = strndup(text, len);

		rc = name ? nacre_pairs_set(out_pairs, name, text + len, err)
			  : nacre_fail_nomem(err);
	}
	return rc;
}

static int to_texts(
	const struct nacre_pairs *pairs, struct nacre_texts *out_texts, struct nacre_err *err)
{
	int rc = 0;

	for (size_t i = 0; i < pairs->count && rc == 0; i++) {
		nacre_autofree char *text = NULL;

		if (asprintf(&text, "%s%s", pairs->items[i].name, pairs->items[i].value) < 0) {
			text = NULL;
			return nacre_fail_nomem(err);
		}
		rc = nacre_texts_add(out_texts, text, err);
	}
	return rc;
}

static int follow_named(struct nacre_texts *mine, const struct nacre_texts *was,
	const struct nacre_texts *now, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_pairs_clear)
	struct nacre_pairs a = { 0 };
	NACRE_CLEANUP(nacre_pairs_clear)
	struct nacre_pairs b = { 0 };
	NACRE_CLEANUP(nacre_pairs_clear)
	struct nacre_pairs c = { 0 };
	int rc = to_pairs(mine, &a, err);

	if (rc == 0)
		rc = to_pairs(was, &b, err);
	if (rc == 0)
		rc = to_pairs(now, &c, err);
	if (rc == 0)
		rc = follow_pairs(&a, &b, &c, err);
	if (rc)
		return rc;
	nacre_texts_clear(mine);
	return to_texts(&a, mine, err);
}

static int follow_health(struct nacre_health *mine, const struct nacre_health *was,
	const struct nacre_health *now, struct nacre_err *err)
{
	if (mine->given != was->given || !same_texts(&mine->test, &was->test) ||
		mine->interval_ns != was->interval_ns || mine->timeout_ns != was->timeout_ns ||
		mine->start_period_ns != was->start_period_ns ||
		mine->start_interval_ns != was->start_interval_ns || mine->retries != was->retries)
		return 0;
	nacre_health_clear(mine);
	return nacre_health_copy(now, mine, err);
}

/* The words of a base's cmd mean nothing to an entrypoint of the image's own. */
static int follow_command(struct nacre_config *config, const struct nacre_config *was,
	const struct nacre_config *now, struct nacre_err *err)
{
	int rc;

	if (!same_texts(&config->entrypoint, &was->entrypoint))
		return 0;
	rc = follow_texts(&config->entrypoint, &was->entrypoint, &now->entrypoint, err);
	return rc ? rc : follow_texts(&config->cmd, &was->cmd, &now->cmd, err);
}

int nacre_rebase_config(struct nacre_config *config, const struct nacre_config *was,
	const struct nacre_config *now, struct nacre_err *err)
{
	int rc = follow_text(&config->user, was->user, now->user, err);

	if (rc == 0)
		rc = follow_text(&config->working_dir, was->working_dir, now->working_dir, err);
	if (rc == 0)
		rc = follow_text(&config->stop_signal, was->stop_signal, now->stop_signal, err);
	if (rc == 0)
		rc = follow_text(&config->os_version, was->os_version, now->os_version, err);
	if (rc == 0)
		rc = follow_texts(&config->os_features, &was->os_features, &now->os_features, err);
	if (rc == 0)
		rc = follow_command(config, was, now, err);
	if (rc == 0)
		rc = follow_named(&config->env, &was->env, &now->env, err);
	if (rc == 0)
		rc = follow_named(
			&config->exposed_ports, &was->exposed_ports, &now->exposed_ports, err);
	if (rc == 0)
		rc = follow_named(&config->volumes, &was->volumes, &now->volumes, err);
	if (rc == 0)
		rc = follow_pairs(&config->labels, &was->labels, &now->labels, err);
	if (rc == 0)
		rc = follow_pairs(&config->run_more, &was->run_more, &now->run_more, err);
	return rc ? rc : follow_health(&config->health, &was->health, &now->health, err);
}
