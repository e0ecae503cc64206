/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Losses by trial. When the samples cannot be written as asked for, they are written once more,
 * bearing what can be borne: the first try has the words of the failure, the second all losses.
 */
#include "builder/plan_losses.h"

#include "base/file.h"
#include "base/scope.h"
#include "builder/path_list.h"
#include "builder/plan_probe.h"
#include "builder/plan_sample.h"
#include "builder/staging.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Stands for a target where nobody has named one. */
static const char no_target[] = ".nacre-plan";

struct trial {
	struct nacre_tree *tree;
	const char *target; /* NULL: not named, so that it may well be another */
	bool replace;
	const struct nacre_write_options *how;
	struct nacre_plan_sample sample;
	unsigned *kinds; /* of each sample */
	struct nacre_path_list lists[NACRE_LOST_KINDS];
	uint64_t untried;
	char *failure;
};

static void trial_clear(struct trial *trial)
{
	nacre_plan_sample_clear(&trial->sample);
	free(trial->kinds);
	for (size_t i = 0; i < NACRE_LOST_KINDS; i++)
		nacre_path_list_clear(&trial->lists[i]);
}

static int open_staging(
	const struct trial *trial, struct nacre_staging *staging, struct nacre_err *err)
{
	return nacre_staging_open(
		staging, trial->target ? trial->target : no_target, trial->replace, err);
}

/* What cannot be removed now is tried once more at the end of the scope, and by the next run. */
static int empty_staging(const struct nacre_staging *staging, struct nacre_err *err)
{
	int rc = nacre_tree_remove_at(staging->parent, staging->name, err);

	return rc ? nacre_within(err, rc, "what was tried out") : 0;
}

/* The first failure counts; unpacking would not come to others. */
static void put_failure(struct trial *trial, const char *name, const char *text)
{
	if (trial->failure[0])
		return;
	(void)snprintf(
		trial->failure, NACRE_ERR_TEXT, name ? "'%s'%s" : "%s%s", name ? name : "", text);
}

/* ------------------------------------------------------------------- samples */

static int note_loss(const struct nacre_loss *loss, void *user, struct nacre_err *err)
{
	struct trial *trial = user;

	(void)err;
	trial->kinds[nacre_plan_sample_of(loss->node)] = loss->kinds;
	return 0;
}

/* "'12': create: …" is about sample 12, which stands for a file of the image. */
static void put_sample_failure(struct trial *trial, const char *text)
{
	char *end = NULL;
	unsigned long which = text[0] == '\'' ? strtoul(text + 1, &end, 10) : 0;
	char name[600];

	if (end && end > text + 1 && *end == '\'' && which < trial->sample.count)
		put_failure(trial, nacre_node_name(trial->sample.likes[which], name, sizeof(name)),
			end + 1);
	else
		put_failure(trial, NULL, text);
}

static int write_samples(struct trial *trial, bool bear_losses, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_staging_clear)
	struct nacre_staging staging = NACRE_STAGING;
	struct nacre_write_options how = *trial->how;
	int rc = open_staging(trial, &staging, err);

	if (rc && trial->target)
		put_failure(trial, NULL, err->text);
	if (rc)
		return rc;
	how.bear_losses = bear_losses;
	how.lost = note_loss;
	how.user = trial;
	memset(trial->kinds, 0, trial->sample.count * sizeof(trial->kinds[0]));
	rc = nacre_tree_write(&trial->sample.tree, staging.dir, &how, NULL, err);
	if (rc)
		put_sample_failure(trial, err->text);
	return rc ? rc : empty_staging(&staging, err);
}

/* -------------------------------------------------------- times, names, sums */

static int add_loss(
	struct trial *trial, const struct nacre_node *node, unsigned kinds, struct nacre_err *err)
{
	int rc = 0;

	for (unsigned kind = 0; rc == 0 && kind < NACRE_LOST_KINDS; kind++) {
		if (kinds & NACRE_LOSS_BIT(kind))
			rc = nacre_path_list_add(&trial->lists[kind], node, err);
	}
	return rc;
}

/* Each entry loses what its sample has lost, and perhaps its time. */
static int add_entries(
	struct trial *trial, const struct nacre_plan_probe *probe, struct nacre_err *err)
{
	int rc = 0;

	for (struct nacre_node *at = trial->tree->root; rc == 0 && at; at = nacre_tree_next(at)) {
		size_t which = nacre_plan_sample_find(&trial->sample, at);
		unsigned kinds = 0;

		if (which < trial->sample.count)
			kinds = trial->kinds[which];
		else
			trial->untried++;
		if (!nacre_plan_probe_time(probe, at->inode->mtime_s, at->inode->mtime_ns))
			kinds |= NACRE_LOSS_BIT(NACRE_LOST_TIME);
		rc = add_loss(trial, at, kinds, err);
	}
	return rc;
}

/* A size is no loss: unpacking ends there. */
static void try_largest(struct trial *trial, const struct nacre_plan_probe *probe)
{
	const struct nacre_node *largest = NULL;
	struct nacre_err why;
	char name[600];

	for (struct nacre_node *at = trial->tree->root; at; at = nacre_tree_next(at)) {
		if (at->inode->type == NACRE_TYPE_FILE &&
			(!largest || at->inode->size_bytes > largest->inode->size_bytes))
			largest = at;
	}
	if (!largest || nacre_plan_probe_size(probe, largest->inode->size_bytes))
		return;
	(void)nacre_fail_os(&why, ": write");
	put_failure(trial, nacre_node_name(largest, name, sizeof(name)), why.text);
}

static int note_name(const struct nacre_node *node, int number, void *user, struct nacre_err *err)
{
	struct trial *trial = user;
	char name[600];

	if (!trial->how->bear_losses) {
		struct nacre_err why;

		errno = number;
		(void)nacre_fail_os(&why, ": create");
		put_failure(trial, nacre_node_name(node, name, sizeof(name)), why.text);
	}
	return add_loss(trial, node, NACRE_LOSS_BIT(NACRE_LOST_NAME), err);
}

static int add_names(
	struct trial *trial, const struct nacre_plan_probe *probe, struct nacre_err *err)
{
	int rc = 0;

	for (struct nacre_node *at = trial->tree->root; rc == 0 && at; at = nacre_tree_next(at)) {
		if (at->inode->type == NACRE_TYPE_DIR)
			rc = nacre_plan_probe_names(probe, at, note_name, trial, err);
	}
	return rc;
}

static int add_up(struct trial *trial, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_staging_clear)
	struct nacre_staging staging = NACRE_STAGING;
	NACRE_CLEANUP(nacre_plan_probe_clear)
	struct nacre_plan_probe probe = NACRE_PLAN_PROBE;
	int rc = open_staging(trial, &staging, err);

	if (rc == 0)
		rc = nacre_plan_probe_open(&probe, staging.dir, err);
	if (rc == 0)
		rc = add_entries(trial, &probe, err);
	if (rc == 0)
		try_largest(trial, &probe);
	if (rc == 0 && probe.is_odd)
		rc = add_names(trial, &probe, err);
	return rc ? rc : empty_staging(&staging, err);
}

/* -------------------------------------------------------------------- public */

static int try_out(struct trial *trial, struct nacre_err *err)
{
	int rc = write_samples(trial, trial->how->bear_losses, err);

	if (rc && rc != NACRE_E_NOMEM && !trial->how->bear_losses)
		rc = write_samples(trial, true, err);
	return rc ? rc : add_up(trial, err);
}

int nacre_plan_losses(struct nacre_tree *tree, const char *target, bool replace,
	const struct nacre_write_options *how, struct nacre_plan_losses *out_losses,
	char out_failure[NACRE_ERR_TEXT], struct nacre_err *err)
{
	NACRE_CLEANUP(trial_clear)
	struct trial trial = { .tree = tree,
		.target = target,
		.replace = replace,
		.how = how,
		.sample = NACRE_PLAN_SAMPLE,
		.failure = out_failure };
	struct nacre_err why = { 0 };
	int rc;

	out_failure[0] = '\0';
	for (size_t i = 0; i < NACRE_LOST_KINDS; i++)
		trial.lists[i] = (struct nacre_path_list)NACRE_PATH_LIST(NACRE_PATH_LIST_FIRST);
	rc = nacre_plan_sample_take(tree, &trial.sample, err);
	if (rc)
		return rc;
	trial.kinds = calloc(trial.sample.count, sizeof(trial.kinds[0]));
	if (!trial.kinds)
		return nacre_fail_nomem(err);
	rc = try_out(&trial, &why);
	if (rc == NACRE_E_NOMEM)
		return nacre_fail_nomem(err);
	out_losses->is_known = rc == 0;
	out_losses->untried = trial.untried;
	(void)snprintf(out_losses->unknown, sizeof(out_losses->unknown), "%s", why.text);
	for (size_t i = 0; rc == 0 && i < NACRE_LOST_KINDS; i++)
		out_losses->kinds[i] = nacre_path_list_steal(&trial.lists[i]);
	return 0;
}
