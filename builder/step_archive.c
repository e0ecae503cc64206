/* SPDX-License-Identifier: Apache-2.0 */
/* Archives: unpacked into the spool, and put below a directory of the image. */
#include "base/env.h"
#include "base/scope.h"
#include "builder/archive_tree.h"
#include "builder/context.h"
#include "builder/fd_digest.h"
#include "builder/graft.h"
#include "builder/owner.h"
#include "builder/step_parts.h"

static const char *name_of(const struct nacre_recipe_step *step)
{
	return step->from.text ? step->from.text : step->url.text;
}

static int prove(
	struct nacre_steps *steps, const struct nacre_digest *want, int *fd, struct nacre_err *err)
{
	const struct nacre_limits limits = nacre_env_limits(steps->env);
	struct nacre_digest got;
	uint64_t size;
	int rc = nacre_fd_own(fd, steps->scratch, limits.blob_bytes, &got, &size, err);

	if (rc == 0 && !nacre_digest_equal(&got, want))
		rc = nacre_fail(err, NACRE_E_DIGEST, "its content has digest %s", got.text);
	return rc;
}

static int open_archive(struct nacre_steps *steps, const struct nacre_recipe_step *step,
	int *out_fd, struct nacre_err *err)
{
	int rc = step->from.text
		? nacre_context_open_file(steps->context, step->from.text, out_fd, err)
		: nacre_inputs_open_url(
			  steps->inputs, step->url.text, &step->sha256, steps->env, out_fd, err);

	if (rc || nacre_digest_is_empty(&step->sha256))
		return rc;
	rc = prove(steps, &step->sha256, out_fd, err);
	return rc ? nacre_within(err, rc, "'%s'", name_of(step)) : 0;
}

static int set_owners(const struct nacre_recipe_step *step, const struct nacre_tree *image,
	struct nacre_tree *tree, struct nacre_err *err)
{
	uint32_t uid, gid;
	int rc = nacre_owner_find(image, &step->owner, &uid, &gid, err);

	if (rc || !step->owner.given)
		return rc;
	for (struct nacre_node *node = tree->root; node; node = nacre_tree_next(node)) {
		node->inode->uid = uid;
		node->inode->gid = gid;
	}
	return 0;
}

int nacre_step_archive(struct nacre_steps *steps, const struct nacre_recipe_step *step,
	struct nacre_tree *tree, struct nacre_err *err)
{
	nacre_autofd int fd = -1;
	struct nacre_node *dir = NULL;
	struct nacre_step_part *part = NULL;
	struct nacre_spool *spool = NULL;
	int rc = open_archive(steps, step, &fd, err);

	if (rc == 0)
		rc = nacre_step_spool(steps, &spool, err);
	if (rc == 0)
		rc = nacre_step_part_new(steps, &part, err);
	if (rc == 0) {
		rc = nacre_archive_tree_read(fd, step->strip, spool, steps->env, &part->tree, err);
		if (rc)
			return nacre_within(err, rc, "'%s'", name_of(step));
	}
	if (rc == 0)
		rc = set_owners(step, tree, &part->tree, err);
	if (rc == 0)
		rc = nacre_step_make_dirs(steps, tree, step->to.text, step->to.len, &dir, err);
	if (rc)
		return rc;
	nacre_step_part_sign(steps, part);
	return nacre_graft(tree, dir, part->tree.root, err);
}
