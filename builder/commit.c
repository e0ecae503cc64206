/* SPDX-License-Identifier: Apache-2.0 */
/* A root file system that was unpacked and changed, as one more layer: what turns the tree of the
 * image into that of the directory. */
#include "base/env.h"
#include "base/scope.h"
#include "builder/rework.h"
#include "builder/rootfs_tree.h"
#include "builder/same_content.h"
#include "sign/trusted.h"

#include <fcntl.h>
#include <stdlib.h>

struct commit {
	struct nacre_rework rework;
	struct nacre_image_tree before;
	struct nacre_rootfs_tree after;
};

static void commit_free(struct commit **commit)
{
	if (!*commit)
		return;
	nacre_rootfs_tree_clear(&(*commit)->after);
	nacre_image_tree_clear(&(*commit)->before);
	nacre_rework_clear(&(*commit)->rework);
	free(*commit);
}

static int read_dir(struct commit *commit, const char *dir, const struct nacre_commit_options *from,
	const struct nacre_env *env, struct nacre_err *err)
{
	const struct nacre_rootfs_tree_options options = {
		.all_xattrs = from->all_xattrs,
		.no_ledger = from->no_ledger,
		.ledger = from->ledger,
	};
	int rc = nacre_step(env, err, "reading %s", dir);

	if (rc == 0)
		rc = nacre_rootfs_tree_read(AT_FDCWD, dir, &options, env, &commit->after, err);
	return rc ? nacre_within(err, rc, "directory") : 0;
}

static int run(struct commit *commit, const struct nacre_layout *layout,
	const struct nacre_trusted *image, struct nacre_err *err)
{
	const struct nacre_config *config = nacre_trusted_config(image);
	struct nacre_rework *rework = &commit->rework;
	size_t count = config->diff_id_count;
	int rc = nacre_rework_read(rework, layout, image, count, &commit->before, err);

	if (rc == 0)
		rc = nacre_rework_keep(rework, layout, image, 0, count, err);
	if (rc == 0)
		rc = nacre_rework_history(rework, config, 0, NACRE_REWORK_ALL, false, err);
	if (rc == 0)
		rc = nacre_rework_add(rework, "commit", &commit->before.tree, &commit->after.tree,
			nacre_same_content, err);
	return rc ? rc : nacre_rework_finish(rework, err);
}

int nacre_image_commit(const char *dir, const struct nacre_layout *layout,
	const struct nacre_trusted *image, const struct nacre_commit_options *from,
	const struct nacre_rework_options *options, const struct nacre_env *env,
	struct nacre_built *out_built, struct nacre_err *err)
{
	NACRE_CLEANUP(commit_free)
	struct commit *commit = calloc(1, sizeof(*commit));
	int rc;

	if (!commit)
		return nacre_fail_nomem(err);
	commit->after = (struct nacre_rootfs_tree)NACRE_ROOTFS_TREE;
	rc = nacre_rework_begin(&commit->rework, image, options, env, err);
	if (rc == 0)
		rc = read_dir(commit, dir, from, env, err);
	if (rc == 0)
		rc = run(commit, layout, image, err);
	if (rc == 0)
		*out_built = commit->rework.built;
	return rc;
}
