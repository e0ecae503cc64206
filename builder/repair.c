/* SPDX-License-Identifier: Apache-2.0 */
/* The order of a repair, and what is removed. */
#include "builder/repair.h"

#include "base/env.h"
#include "base/file.h"
#include "base/staged.h"
#include "builder/drift_walk.h"
#include "builder/repair_parts.h"
#include "layers/write_plan.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#define WARNINGS_MOST 20

static void repair_clear(struct nacre_repair *repair)
{
	nacre_dirs_freep(&repair->dirs);
	free(repair->jobs);
	free(repair->touched);
}

int nacre_repair_open_above(int root)
{
	nacre_autofd int above = openat(root, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return above >= 0 && nacre_dir_same_mount(root, above) ? nacre_steal_fd(&above) : -1;
}

/* ----------------------------------------------------------------------- jobs */

/*
 * A file that belonged to somebody else may still be open for them, or mapped, whatever its content
 * is now: given back its owner it would be theirs to write to as that owner's. So it is made anew.
 */
static unsigned implied_by(const struct nacre_drift_item *item)
{
	static const unsigned owners =
		NACRE_REPAIR_BIT(NACRE_DRIFT_UID) | NACRE_REPAIR_BIT(NACRE_DRIFT_GID);
	static const unsigned rights =
		NACRE_REPAIR_BIT(NACRE_DRIFT_MODE) | NACRE_REPAIR_BIT(NACRE_DRIFT_XATTR);
	const struct nacre_inode *inode = item->node->inode;
	unsigned kind = NACRE_REPAIR_BIT(item->what);
	bool is_privileged = (inode->mode & 06000) != 0 ||
		nacre_xattr_find(inode->xattrs, "security.capability");

	if (inode->type != NACRE_TYPE_FILE)
		return 0;
	return (kind & owners) || (is_privileged && (kind & rights))
		? NACRE_REPAIR_BIT(NACRE_DRIFT_CONTENT)
		: 0;
}

/* The comparison has them sorted: what belongs to one place comes together. */
static int gather(struct nacre_repair *repair, struct nacre_err *err)
{
	const struct nacre_drift *drift = repair->drift;
	static const unsigned beyond_us = NACRE_REPAIR_BIT(NACRE_DRIFT_EXTRA) |
		NACRE_REPAIR_BIT(NACRE_DRIFT_MOUNT) | NACRE_REPAIR_BIT(NACRE_DRIFT_CHANGING) |
		NACRE_REPAIR_BIT(NACRE_DRIFT_UNREADABLE);

	repair->jobs = calloc(drift->count + 1, sizeof(*repair->jobs));
	if (!repair->jobs)
		return nacre_fail_nomem(err);
	for (size_t i = 0; i < drift->count; i++) {
		const struct nacre_drift_item *item = &drift->items[i];
		struct nacre_repair_job *job = &repair->jobs[repair->job_count];

		if (item->extra || (NACRE_REPAIR_BIT(item->what) & beyond_us))
			continue;
		if (repair->job_count > 0 && job[-1].node == item->node) {
			job--;
		} else {
			*job = (struct nacre_repair_job){ .node = item->node, .items = item };
			repair->job_count++;
		}
		job->kinds |= NACRE_REPAIR_BIT(item->what) | implied_by(item);
		job->item_count = (size_t)(item - job->items) + 1;
	}
	return 0;
}

const struct nacre_repair_job *nacre_repair_find(
	const struct nacre_repair *repair, const struct nacre_node *node)
{
	size_t low = 0, high = repair->job_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = nacre_drift_compare_nodes(repair->jobs[middle].node, node);

		if (order == 0)
			return &repair->jobs[middle];
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

int nacre_repair_bear(struct nacre_repair *repair, const struct nacre_node *node, const char *extra,
	int rc, struct nacre_err *err)
{
	char name[600];

	if (rc == 0)
		repair->done++;
	if (rc == 0 || rc == NACRE_E_CANCELED || rc == NACRE_E_NOMEM)
		return rc;
	if (repair->failed++ >= WARNINGS_MOST)
		return 0;
	if (!extra)
		return nacre_warn(repair->env, err, "not repaired: %s", err ? err->text : "");
	return nacre_warn(repair->env, err, "not repaired: '%s%s%s': %s",
		node->parent ? nacre_node_name(node, name, sizeof(name)) : "",
		node->parent ? "/" : "", extra, err ? err->text : "");
}

/* ---------------------------------------------------------------------- steps */

static int mend(struct nacre_repair *repair, bool dirs, struct nacre_err *err)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < repair->job_count; i++) {
		const struct nacre_repair_job *job = &repair->jobs[i];
		const struct nacre_inode *inode = job->node->inode;

		if ((inode->type == NACRE_TYPE_DIR) != dirs || (job->kinds & NACRE_REPAIR_NEW) ||
			(!dirs && inode->changed))
			continue;
		rc = nacre_repair_attrs(repair, job, err);
		rc = nacre_repair_bear(repair, job->node, NULL, rc, err);
	}
	return rc;
}

static int remove_extra(struct nacre_repair *repair, struct nacre_err *err)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < repair->drift->count; i++) {
		const struct nacre_drift_item *item = &repair->drift->items[i];
		int dir = -1;

		if (item->what != NACRE_DRIFT_EXTRA)
			continue;
		rc = nacre_repair_touch(repair, item->node, &dir, err);
		if (rc == 0)
			rc = nacre_tree_remove_at(dir, item->extra, err);
		rc = nacre_repair_bear(repair, item->node, item->extra, rc, err);
	}
	return rc;
}

static int flush(const struct nacre_repair *repair, struct nacre_err *err)
{
	if (repair->env && repair->env->no_sync)
		return 0;
	return syncfs(repair->root) < 0 ? nacre_fail_os(err, "sync") : 0;
}

int nacre_repair_run(struct nacre_image_tree *image, int root, const struct nacre_drift *drift,
	const struct nacre_repair_options *options, const struct nacre_env *env, uint64_t *out_done,
	struct nacre_err *err)
{
	NACRE_CLEANUP(repair_clear)
	struct nacre_repair repair = { .image = image,
		.root = root,
		.drift = drift,
		.options = options,
		.env = env,
		.is_root = geteuid() == 0 };
	/* Warnings say what happened, whether the caller wants to know or not. */
	struct nacre_err own, later;
	int rc;

	err = err ? err : &own;
	rc = nacre_drift_dirs_new(root, &repair.dirs, err);
	if (rc == 0)
		rc = gather(&repair, err);
	if (rc == 0)
		rc = mend(&repair, true, err);
	if (rc == 0)
		rc = remove_extra(&repair, err);
	/* Where nothing can be made anew, the rest is repaired, and the difference stays to be
	 * told. */
	if (rc == 0) {
		rc = nacre_repair_renew(&repair, err);
		if (rc == NACRE_E_IO || rc == NACRE_E_EXISTS || rc == NACRE_E_NOT_FOUND)
			rc = nacre_repair_bear(&repair, NULL, NULL, rc, err);
	}
	if (rc == 0)
		rc = mend(&repair, false, err);
	/* Also after a failure: what was changed by then keeps its times. */
	if (rc == 0)
		rc = nacre_repair_untouch(&repair, err);
	else
		(void)!nacre_repair_untouch(&repair, &later);
	if (rc == 0)
		rc = flush(&repair, err);
	if (rc == 0 && repair.failed > WARNINGS_MOST)
		rc = nacre_warn(env, err, "%llu more places not repaired",
			(unsigned long long)(repair.failed - WARNINGS_MOST));
	*out_done = repair.done;
	return rc;
}

/* ------------------------------------------------------------------- leftovers */

static bool has_staging_name(const struct nacre_tree *tree)
{
	for (struct nacre_node *node = nacre_node_first(tree->root); node;
		node = nacre_node_next(node)) {
		if (strncmp(node->name, NACRE_STAGING_PREFIX, strlen(NACRE_STAGING_PREFIX)) == 0)
			return true;
	}
	return false;
}

void nacre_repair_sweep(const struct nacre_tree *tree, int root)
{
	nacre_autofd int above = nacre_repair_open_above(root);

	if (above >= 0)
		nacre_staging_sweep(above);
	if (!has_staging_name(tree))
		nacre_staging_sweep(root);
}
