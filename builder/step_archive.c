/* SPDX-License-Identifier: Apache-2.0 */
/* Archives: unpacked into the spool, and put below a directory of the image. */
#include "base/scope.h"
#include "builder/archive_tree.h"
#include "builder/context.h"
#include "builder/graft.h"
#include "builder/owner.h"
#include "builder/step_parts.h"

static int check_digest(int fd, const struct nacre_digest *want, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_source_freep)
	struct nacre_source *source = NULL;
	NACRE_CLEANUP(nacre_sink_freep)
	struct nacre_sink *sink = NULL;
	NACRE_CLEANUP(nacre_hash_freep)
	struct nacre_hash *hash = NULL;
	struct nacre_digest got;
	int rc = nacre_hash_new_like(want, &hash, err);

	if (rc == 0)
		rc = nacre_source_fd(fd, 0, UINT64_MAX, &source, err);
	if (rc == 0)
		rc = nacre_sink_hash(NULL, hash, NULL, &sink, err);
	if (rc == 0)
		rc = nacre_stream_copy(source, sink, NULL, err);
	if (rc)
		return rc;
	nacre_hash_finish(hash, &got);
	if (!nacre_digest_equal(&got, want))
		return nacre_fail(err, NACRE_E_DIGEST, "its content has digest %s", got.text);
	return 0;
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
	int rc = step->from.text
		? nacre_context_open_file(steps->context, step->from.text, &fd, err)
		: nacre_fail(err, NACRE_E_UNSUPPORTED, "url is not supported by this version");

	if (rc == 0 && !nacre_digest_is_empty(&step->sha256)) {
		rc = check_digest(fd, &step->sha256, err);
		if (rc)
			return nacre_within(err, rc, "'%s'", step->from.text);
	}
	if (rc == 0)
		rc = nacre_step_spool(steps, &spool, err);
	if (rc == 0)
		rc = nacre_step_part_new(steps, &part, err);
	if (rc == 0) {
		rc = nacre_archive_tree_read(fd, step->strip, spool, steps->env, &part->tree, err);
		if (rc)
			return nacre_within(err, rc, "'%s'", step->from.text);
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
