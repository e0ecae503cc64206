/* SPDX-License-Identifier: Apache-2.0 */
/* From an image and a directory to a report of what differs, and to nothing that does. */
#include "base/env.h"
#include "base/file.h"
#include "builder/drift.h"
#include "builder/expect.h"
#include "builder/repair.h"
#include "sign/trusted.h"

#include <nacre/builder.h>

#include <stdlib.h>

/* What one repair brings into sight (an unreadable directory's names) the next one can repair. */
#define REPAIRS_MOST 3

/* All that one check holds. */
struct check {
	int root;
	struct nacre_image_tree image;
	struct nacre_content_hashes hashes;
	struct nacre_drift_ignore ignore;
	struct nacre_drift drifts[REPAIRS_MOST + 1]; /* before the first repair and after each */
	size_t repairs;
	struct nacre_buf path;
};

static void check_clear(struct check *check)
{
	nacre_buf_clear(&check->path);
	for (size_t i = 0; i <= check->repairs; i++)
		nacre_drift_clear(&check->drifts[i]);
	nacre_drift_ignore_clear(&check->ignore);
	nacre_content_hashes_clear(&check->hashes);
	nacre_image_tree_clear(&check->image);
	nacre_fd_close(&check->root);
}

/* --------------------------------------------------------------------- report */

static int put_path(
	struct nacre_buf *path, const struct nacre_drift_item *item, struct nacre_err *err)
{
	const struct nacre_node *node = item->node;
	int rc = 0;

	path->len = 0;
	if (node->parent)
		rc = nacre_node_path(node, path, err);
	else if (!item->extra)
		rc = nacre_buf_add_text(path, ".", err);
	if (rc == 0 && item->extra)
		rc = nacre_buf_printf(path, err, "%s%s", node->parent ? "/" : "", item->extra);
	return rc;
}

/* A difference, and before or after how many repairs it was found. */
struct found {
	const struct nacre_drift_item *item;
	size_t repairs;
};

/* Of the same difference, the one found last comes first. */
static int compare_found(const void *a, const void *b)
{
	const struct found *x = a, *y = b;
	int order = nacre_drift_compare(x->item, y->item);

	return order ? order : (x->repairs < y->repairs) - (x->repairs > y->repairs);
}

static int report_one(struct check *check, const struct found *found, nacre_finding_fn *each,
	void *user, struct nacre_err *err)
{
	const struct nacre_drift_item *item = found->item;
	int rc = put_path(&check->path, item, err);
	const struct nacre_finding finding = {
		.path = check->path.data,
		.what = item->what,
		.xattr = item->xattr,
		.want = item->want,
		.have = item->have,
		.repaired = found->repairs < check->repairs,
	};

	if (rc == 0 && each(&finding, user))
		rc = nacre_fail(err, NACRE_E_CANCELED, "canceled");
	return rc;
}

/* All that was ever found, each once; what is not found any more is repaired. */
static int report(struct check *check, nacre_finding_fn *each, void *user,
	struct nacre_rootfs_checked *checked, struct nacre_err *err)
{
	nacre_autofree struct found *all = NULL;
	size_t count = 0, room = 1;
	int rc = 0;

	for (size_t i = 0; i <= check->repairs; i++)
		room += check->drifts[i].count;
	all = calloc(room, sizeof(*all));
	if (!all)
		return nacre_fail_nomem(err);
	for (size_t i = 0; i <= check->repairs; i++) {
		for (size_t j = 0; j < check->drifts[i].count; j++)
			all[count++] = (struct found){ &check->drifts[i].items[j], i };
	}
	qsort(all, count, sizeof(*all), compare_found);
	for (size_t i = 0; rc == 0 && i < count; i++) {
		if (i > 0 && nacre_drift_compare(all[i - 1].item, all[i].item) == 0)
			continue;
		checked->repaired += all[i].repairs < check->repairs;
		if (each)
			rc = report_one(check, &all[i], each, user, err);
	}
	return rc;
}

/* ----------------------------------------------------------------------- check */

static int find(struct check *check, const struct nacre_rootfs_check_options *options,
	const struct nacre_env *env, struct nacre_err *err)
{
	const struct nacre_drift_options how = {
		.ignore = &check->ignore,
		.ignore_times = options->ignore_times,
		.ignore_extra = options->ignore_extra,
		.all_xattrs = options->unpack.all_xattrs,
		.before = check->repairs > 0 ? &check->drifts[check->repairs - 1] : NULL,
	};

	return nacre_drift_find(&check->image, check->root, &how, env, &check->hashes,
		&check->drifts[check->repairs], err);
}

/* Each repair is followed by another look, which reads contents only where somebody was since. */
static int repair(struct check *check, const struct nacre_rootfs_check_options *options,
	const struct nacre_env *env, struct nacre_err *err)
{
	const struct nacre_repair_options how = {
		.ignore = &check->ignore,
		.ignore_times = options->ignore_times,
		.devices = options->unpack.devices,
	};
	int rc = 0;

	while (rc == 0 && check->repairs < REPAIRS_MOST &&
		check->drifts[check->repairs].count > 0) {
		uint64_t done = 0;

		rc = nacre_repair_run(&check->image, check->root, &check->drifts[check->repairs],
			&how, env, &done, err);
		if (rc || done == 0)
			break;
		check->repairs++;
		rc = find(check, options, env, err);
	}
	return rc;
}

/* ---------------------------------------------------------------------- public */

static int prepare(struct check *check, const struct nacre_layout *layout,
	const struct nacre_trusted *trusted, const struct nacre_rootfs_check_options *options,
	const struct nacre_env *env, struct nacre_err *err)
{
	const struct nacre_limits limits = nacre_env_limits(env);
	int rc = nacre_image_tree_read(layout, nacre_trusted_manifest(trusted),
		nacre_trusted_config(trusted), -1, env, &check->image, err);

	if (rc == 0)
		rc = nacre_expect_apply(&check->image.tree, check->root, &options->unpack, err);
	if (rc == 0 && !options->no_ledger)
		rc = nacre_expect_ledger(&check->image.tree, check->root,
			&nacre_trusted_descriptor(trusted)->digest, env, err);
	if (rc == 0)
		rc = nacre_drift_ignore_init(&check->ignore, options->ignore, options->ignore_count,
			&check->image.tree, &limits, err);
	return rc;
}

static void count(const struct nacre_drift *drift, struct nacre_rootfs_checked *checked)
{
	checked->entries = drift->entries;
	checked->file_bytes = drift->file_bytes;
	checked->findings = drift->count;
	for (size_t i = 0; i < drift->count; i++)
		checked->unreadable += drift->items[i].what == NACRE_DRIFT_UNREADABLE;
}

int nacre_rootfs_check(const struct nacre_layout *layout, const struct nacre_trusted *trusted,
	const char *dir, const struct nacre_rootfs_check_options *options, nacre_finding_fn *each,
	void *user, const struct nacre_env *env, struct nacre_rootfs_checked *out_checked,
	struct nacre_err *err)
{
	static const struct nacre_rootfs_check_options plain;
	NACRE_CLEANUP(check_clear)
	struct check check = { .root = -1, .path = NACRE_BUF(SIZE_MAX / 2) };
	struct nacre_rootfs_checked checked = { 0 };
	int rc;

	options = options ? options : &plain;
	/* First, because nobody wants to hear about it after a minute of reading. */
	rc = nacre_dir_open(dir, &check.root, err);
	if (rc == 0)
		rc = prepare(&check, layout, trusted, options, env, err);
	if (rc == 0 && options->repair)
		nacre_repair_sweep(&check.image.tree, check.root);
	if (rc == 0)
		rc = find(&check, options, env, err);
	if (rc == 0 && options->repair)
		rc = repair(&check, options, env, err);
	if (rc == 0)
		rc = report(&check, each, user, &checked, err);
	if (rc == 0 && out_checked) {
		count(&check.drifts[check.repairs], &checked);
		*out_checked = checked;
	}
	return rc;
}
