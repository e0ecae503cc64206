/* SPDX-License-Identifier: Apache-2.0 */
/* Archives: unpacked into a spool, or taken from where they were unpacked before, and put below a
 * directory of the image. */
#include "base/env.h"
#include "base/scope.h"
#include "builder/cache_tree.h"
#include "builder/context.h"
#include "builder/graft.h"
#include "builder/owner.h"
#include "builder/step_parts.h"

static void archive_clear(struct nacre_archive *archive)
{
	nacre_fd_close(&archive->fd);
}

static const char *name_of(const struct nacre_recipe_step *step)
{
	return step->from.text ? step->from.text : step->url.text;
}

static int open_archive(struct nacre_steps *steps, const struct nacre_recipe_step *step,
	int *out_fd, struct nacre_err *err)
{
	return step->from.text
		? nacre_context_open_file(steps->context, step->from.text, out_fd, err)
		: nacre_inputs_open_url(
			  steps->inputs, step->url.text, &step->sha256, steps->env, out_fd, err);
}

/* Reads it into a part, or has the cache give what was read before. */
static int read_archive(struct nacre_steps *steps, const struct nacre_recipe_step *step,
	struct nacre_archive *archive, struct nacre_step_part *part, struct nacre_err *err)
{
	const struct nacre_limits limits = nacre_env_limits(steps->env);
	struct nacre_explainer *x = steps->inputs->explain;
	int rc;

	archive->want = step->sha256;
	archive->strip = step->strip;
	archive->scratch = steps->scratch;
	archive->max_bytes = limits.image_bytes - steps->spooled_bytes;
	rc = nacre_cached_archive_read(
		steps->inputs->known, archive, steps->env, &part->tree, &part->spool, err);
	if (rc)
		return nacre_within(err, rc, "'%s'", name_of(step));
	if (nacre_spool_size(part->spool) > limits.image_bytes - steps->spooled_bytes)
		return nacre_fail(err, NACRE_E_LIMIT,
			"'%s': more than %llu bytes in all archives "
			"(limit image-bytes)",
			name_of(step), (unsigned long long)limits.image_bytes);
	steps->spooled_bytes += nacre_spool_size(part->spool);
	nacre_explain_input(x, name_of(step), archive->found.text);
	if (archive->is_read)
		nacre_explain_redone(x, "the cache has no longer what was in the archive");
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
	NACRE_CLEANUP(archive_clear)
	struct nacre_archive archive = { .fd = -1 };
	struct nacre_node *dir = NULL;
	struct nacre_step_part *part = NULL;
	int rc = open_archive(steps, step, &archive.fd, err);

	if (rc == 0)
		rc = nacre_step_part_new(steps, &part, err);
	if (rc == 0)
		rc = read_archive(steps, step, &archive, part, err);
	if (rc == 0)
		rc = set_owners(step, tree, &part->tree, err);
	if (rc == 0)
		rc = nacre_step_make_dirs(steps, tree, step->to.text, step->to.len, &dir, err);
	if (rc)
		return rc;
	nacre_step_part_sign(steps, part);
	return nacre_graft(tree, dir, part->tree.root, err);
}
