/* SPDX-License-Identifier: Apache-2.0 */
/* From an image and a directory to a report of what differs, and to nothing that does. */
#include "base/env.h"
#include "base/file.h"
#include "builder/drift.h"
#include "builder/expect.h"
#include "sign/trusted.h"

#include <nacre/builder.h>

#include <string.h>

/* All that one check holds. */
struct check {
	int root;
	struct nacre_image_tree image;
	struct nacre_content_hashes hashes;
	struct nacre_drift_ignore ignore;
	struct nacre_drift drift;
	struct nacre_buf path;
};

static void check_clear(struct check *check)
{
	nacre_buf_clear(&check->path);
	nacre_drift_clear(&check->drift);
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

static int report(struct check *check, const struct nacre_drift_item *item, bool repaired,
	nacre_finding_fn *each, void *user, struct nacre_err *err)
{
	int rc = each ? put_path(&check->path, item, err) : 0;
	const struct nacre_finding finding = {
		.path = check->path.data,
		.what = item->what,
		.xattr = item->xattr,
		.want = item->want,
		.have = item->have,
		.repaired = repaired,
	};

	if (rc == 0 && each && each(&finding, user))
		rc = nacre_fail(err, NACRE_E_CANCELED, "canceled");
	return rc;
}

/* ---------------------------------------------------------------------- public */

static int prepare(struct check *check, const struct nacre_layout *layout,
	const struct nacre_trusted *trusted, const struct nacre_rootfs_options *options,
	const struct nacre_env *env, struct nacre_err *err)
{
	const struct nacre_limits limits = nacre_env_limits(env);
	int rc = nacre_image_tree_read(layout, nacre_trusted_manifest(trusted),
		nacre_trusted_config(trusted), -1, env, &check->image, err);

	if (rc == 0)
		rc = nacre_expect_apply(&check->image.tree, check->root, &options->unpack, err);
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
	const char *dir, const struct nacre_rootfs_options *options, nacre_finding_fn *each,
	void *user, const struct nacre_env *env, struct nacre_rootfs_checked *out_checked,
	struct nacre_err *err)
{
	static const struct nacre_rootfs_options plain;
	NACRE_CLEANUP(check_clear)
	struct check check = { .root = -1, .path = NACRE_BUF(SIZE_MAX / 2) };
	struct nacre_rootfs_checked checked = { 0 };
	struct nacre_drift_options how;
	int rc;

	options = options ? options : &plain;
	/* First, because nobody wants to hear about it after a minute of reading. */
	rc = nacre_dir_open(dir, &check.root, err);
	if (rc == 0)
		rc = prepare(&check, layout, trusted, options, env, err);
	how = (struct nacre_drift_options){
		.ignore = &check.ignore,
		.ignore_times = options->ignore_times,
		.ignore_extra = options->ignore_extra,
		.all_xattrs = options->unpack.all_xattrs,
	};
	if (rc == 0)
		rc = nacre_drift_find(
			&check.image, check.root, &how, env, &check.hashes, &check.drift, err);
	for (size_t i = 0; rc == 0 && i < check.drift.count; i++)
		rc = report(&check, &check.drift.items[i], false, each, user, err);
	if (rc == 0 && out_checked) {
		count(&check.drift, &checked);
		*out_checked = checked;
	}
	return rc;
}
