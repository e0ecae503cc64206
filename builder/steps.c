/* SPDX-License-Identifier: Apache-2.0 */
/* Steps: each turns into inodes and names in the tree. Contents stay where they are until a layer
 * is written: on disk, in the spool of archives, in the recipe. */
#include "builder/steps.h"

#include "base/env.h"
#include "base/file.h"
#include "base/path.h"
#include "builder/archive_tree.h"
#include "builder/context.h"
#include "builder/exclude.h"
#include "builder/graft.h"
#include "builder/owner.h"
#include "layers/place.h"
#include "layers/scan.h"

#include <stdlib.h>
#include <string.h>

/* A tree that steps have grafted from, and what its contents come from. */
struct part {
	struct part *next;
	struct nacre_tree tree;
	struct nacre_scan *scan;
};

struct nacre_steps {
	struct nacre_origin
		texts; /* first: contents that stand in the recipe; a key is a pointer */
	const struct nacre_recipe *recipe;
	const struct nacre_env *env;
	int context;
	int scratch;
	int64_t epoch;
	struct nacre_spool *spool; /* of archives, once there is one */
	struct part *parts;
};

static int open_text(struct nacre_origin *origin, uint64_t key, uint64_t size,
	struct nacre_source **out_source, struct nacre_err *err)
{
	(void)origin;
	return nacre_source_memory((const void *)(uintptr_t)key, (size_t)size, out_source, err);
}

int nacre_steps_new(const struct nacre_recipe *recipe, int context, int scratch, int64_t epoch,
	const struct nacre_env *env, struct nacre_steps **out_steps, struct nacre_err *err)
{
	struct nacre_steps *steps = calloc(1, sizeof(*steps));

	if (!steps)
		return nacre_fail_nomem(err);
	steps->texts.open = open_text;
	steps->recipe = recipe;
	steps->env = env;
	steps->context = context;
	steps->scratch = scratch;
	steps->epoch = epoch;
	*out_steps = steps;
	return 0;
}

void nacre_steps_free(struct nacre_steps *steps)
{
	if (!steps)
		return;
	while (steps->parts) {
		struct part *part = steps->parts;

		steps->parts = part->next;
		nacre_tree_clear(&part->tree);
		nacre_scan_free(part->scan);
		free(part);
	}
	nacre_spool_free(steps->spool);
	free(steps);
}

void nacre_steps_freep(struct nacre_steps **steps)
{
	nacre_steps_free(*steps);
	*steps = NULL;
}

/* ------------------------------------------------------------------ shared pieces */

static int add_part(struct nacre_steps *steps, struct part **out_part, struct nacre_err *err)
{
	struct part *part = calloc(1, sizeof(*part));
	int rc = part ? nacre_tree_init(&part->tree, err) : nacre_fail_nomem(err);

	if (rc) {
		free(part);
		return rc;
	}
	part->next = steps->parts;
	steps->parts = part;
	*out_part = part;
	return 0;
}

/* Directories that nobody described: 0755, root's, at the epoch. */
static int make_dirs(struct nacre_steps *steps, struct nacre_tree *tree, const char *path,
	size_t len, struct nacre_node **out_dir, struct nacre_err *err)
{
	const struct nacre_inode missing = {
		.type = NACRE_TYPE_DIR,
		.mode = 0755,
		.mtime_s = steps->epoch,
	};

	return nacre_tree_make_dirs(tree, path, len, &missing, 0, out_dir, err);
}

static int make_parent(struct nacre_steps *steps, struct nacre_tree *tree, const char *path,
	struct nacre_node **out_dir, const char **out_leaf, struct nacre_err *err)
{
	size_t leaf = nacre_path_leaf(path);

	*out_leaf = path + leaf;
	if (!path[leaf])
		return nacre_fail(err, NACRE_E_EXISTS, "'/' is the root directory");
	return make_dirs(steps, tree, path, leaf > 0 ? leaf - 1 : 0, out_dir, err);
}

/* A new inode with the owner and time of a step. */
static int make_inode(struct nacre_steps *steps, const struct nacre_recipe_step *step,
	struct nacre_tree *tree, enum nacre_type type, struct nacre_inode **out_inode,
	struct nacre_err *err)
{
	struct nacre_inode *inode = nacre_inode_new(tree, type);

	if (!inode)
		return nacre_fail_nomem(err);
	inode->mtime_s = step->mtime.given ? step->mtime.seconds : steps->epoch;
	if (step->mode.kind == NACRE_MODE_BITS && type != NACRE_TYPE_SYMLINK)
		inode->mode = step->mode.bits;
	*out_inode = inode;
	return nacre_owner_find(tree, &step->owner, &inode->uid, &inode->gid, err);
}

/* -------------------------------------------------------------------------- steps */

/* A directory that is there gets what the step says and keeps the rest. */
static int change_dir(struct nacre_steps *steps, const struct nacre_recipe_step *step,
	struct nacre_tree *tree, struct nacre_node *node, struct nacre_err *err)
{
	struct nacre_inode *inode = nacre_inode_copy(tree, node->inode);
	int rc = 0;

	(void)steps;
	if (!inode)
		return nacre_fail_nomem(err);
	if (step->mode.kind == NACRE_MODE_BITS)
		inode->mode = step->mode.bits;
	if (step->mtime.given) {
		inode->mtime_s = step->mtime.seconds;
		inode->mtime_ns = 0;
	}
	if (step->owner.given)
		rc = nacre_owner_find(tree, &step->owner, &inode->uid, &inode->gid, err);
	node->inode = inode;
	return rc;
}

static int do_dir(struct nacre_steps *steps, const struct nacre_recipe_step *step,
	struct nacre_tree *tree, struct nacre_err *err)
{
	struct nacre_node *node = NULL, *dir = NULL;
	struct nacre_inode *inode = NULL;
	const char *leaf;
	int rc = nacre_tree_resolve(tree, step->path.text, NACRE_RESOLVE_FOLLOW, 0, &node, err);

	if (rc)
		return rc;
	if (node && node->inode->type == NACRE_TYPE_DIR)
		return change_dir(steps, step, tree, node, err);
	rc = make_inode(steps, step, tree, NACRE_TYPE_DIR, &inode, err);
	if (rc == 0)
		rc = make_parent(steps, tree, step->path.text, &dir, &leaf, err);
	return rc ? rc : nacre_graft_name(tree, dir, leaf, inode, &node, err);
}

static int do_file(struct nacre_steps *steps, const struct nacre_recipe_step *step,
	struct nacre_tree *tree, struct nacre_err *err)
{
	struct nacre_node *node = NULL, *dir = NULL;
	struct nacre_inode *inode = NULL;
	const char *leaf;
	int rc = make_inode(steps, step, tree, NACRE_TYPE_FILE, &inode, err);

	if (rc)
		return rc;
	inode->size_bytes = step->content.len;
	if (step->content.len > 0) {
		inode->u.content.origin = &steps->texts;
		inode->u.content.key = (uintptr_t)step->content.text;
	}
	rc = make_parent(steps, tree, step->path.text, &dir, &leaf, err);
	return rc ? rc : nacre_graft_name(tree, dir, leaf, inode, &node, err);
}

static int do_link(struct nacre_steps *steps, const struct nacre_recipe_step *step,
	struct nacre_tree *tree, struct nacre_err *err)
{
	struct nacre_node *node = NULL, *dir = NULL;
	struct nacre_inode *inode = NULL;
	const char *leaf;
	int rc = make_inode(steps, step, tree, NACRE_TYPE_SYMLINK, &inode, err);

	if (rc)
		return rc;
	inode->u.target = step->to.text;
	rc = make_parent(steps, tree, step->path.text, &dir, &leaf, err);
	return rc ? rc : nacre_graft_name(tree, dir, leaf, inode, &node, err);
}

/* Like rm: links on the way are followed, the name itself is not. */
static int do_remove(
	const struct nacre_recipe_step *step, struct nacre_tree *tree, struct nacre_err *err)
{
	struct nacre_node *node = NULL;
	int rc = nacre_tree_resolve(tree, step->path.text, NACRE_RESOLVE_NOFOLLOW, 0, &node, err);

	if (rc)
		return rc;
	if (!node)
		return nacre_fail(
			err, NACRE_E_NOT_FOUND, "'/%s' is not in the image", step->path.text);
	if (!node->parent)
		return nacre_fail(err, NACRE_E_UNSAFE, "the root cannot be removed");
	nacre_tree_remove(tree, node);
	return 0;
}

/* --------------------------------------------------------------------------- copy */

static bool is_excluded(const char *path, bool is_dir, void *user)
{
	const struct nacre_recipe_step *step = user;

	return nacre_exclude_match(&step->exclude, path, is_dir);
}

/* Directories get x where they get r, as they would be of no use without. */
static uint32_t dir_mode(uint32_t bits)
{
	return bits | (bits & 0444) >> 2;
}

static void set_modes(struct part *part, const struct nacre_recipe_step *step)
{
	if (step->mode.kind != NACRE_MODE_BITS)
		return;
	for (struct nacre_node *node = part->tree.root; node; node = nacre_tree_next(node)) {
		if (node->inode->type == NACRE_TYPE_DIR)
			node->inode->mode = dir_mode(step->mode.bits);
		else if (node->inode->type != NACRE_TYPE_SYMLINK)
			node->inode->mode = step->mode.bits;
	}
}

/* Where a single file goes: under the name `to`, or with a slash behind it into that directory. */
static int find_target(struct nacre_steps *steps, const struct nacre_recipe_step *step,
	struct nacre_tree *tree, const char *name, struct nacre_node **out_dir,
	const char **out_leaf, struct nacre_err *err)
{
	struct nacre_node *node = NULL;
	int rc;

	*out_leaf = name;
	if (step->into || !step->to.text[0])
		return make_dirs(steps, tree, step->to.text, step->to.len, out_dir, err);
	rc = nacre_tree_resolve(tree, step->to.text, NACRE_RESOLVE_FOLLOW, 0, &node, err);
	if (rc)
		return rc;
	if (node && node->inode->type == NACRE_TYPE_DIR)
		return nacre_fail(err, NACRE_E_EXISTS,
			"'/%s' is a directory in the image; a '/' behind it copies into it",
			step->to.text);
	return make_parent(steps, tree, step->to.text, out_dir, out_leaf, err);
}

static int copy_file(struct nacre_steps *steps, const struct nacre_recipe_step *step, int source,
	const char *name, const struct nacre_scan_options *options, struct nacre_tree *tree,
	struct nacre_err *err)
{
	struct nacre_node *dir = NULL, *node = NULL;
	struct part *part = NULL;
	const char *leaf;
	int rc = add_part(steps, &part, err);

	if (rc == 0)
		rc = nacre_scan_file(source, name, options, steps->env, &part->tree,
			part->tree.root, NULL, &part->scan, err);
	if (rc)
		return rc;
	set_modes(part, step);
	rc = find_target(steps, step, tree, name, &dir, &leaf, err);
	return rc ? rc
		  : nacre_graft_name(
			    tree, dir, leaf, nacre_node_first(part->tree.root)->inode, &node, err);
}

/* The directory that the contents go to is made as if it were copied itself. */
static int copy_dir(struct nacre_steps *steps, const struct nacre_recipe_step *step, int source,
	const struct nacre_scan_options *options, struct nacre_tree *tree, struct nacre_err *err)
{
	struct nacre_node *node = NULL, *dir = NULL;
	struct nacre_inode *inode = NULL;
	struct part *part = NULL;
	const char *leaf;
	int rc = add_part(steps, &part, err);

	if (rc == 0)
		rc = nacre_scan_dir(source, options, steps->env, &part->tree, part->tree.root,
			&part->scan, err);
	if (rc)
		return rc;
	set_modes(part, step);
	rc = nacre_tree_resolve(tree, step->to.text, NACRE_RESOLVE_FOLLOW, 0, &node, err);
	if (rc == 0 && !node) {
		rc = make_inode(steps, step, tree, NACRE_TYPE_DIR, &inode, err);
		if (rc == 0 && step->mode.kind == NACRE_MODE_BITS)
			inode->mode = dir_mode(step->mode.bits);
		if (rc == 0)
			rc = make_parent(steps, tree, step->to.text, &dir, &leaf, err);
		if (rc == 0)
			rc = nacre_graft_name(tree, dir, leaf, inode, &node, err);
	}
	if (rc)
		return rc;
	if (node->inode->type != NACRE_TYPE_DIR)
		return nacre_fail(err, NACRE_E_EXISTS, "'/%s' is a %s in the image", step->to.text,
			nacre_type_name(node->inode->type));
	return nacre_graft(tree, node, &part->tree, err);
}

static int do_copy(struct nacre_steps *steps, const struct nacre_recipe_step *step,
	struct nacre_tree *tree, struct nacre_err *err)
{
	struct nacre_scan_options options = {
		.keep_mode = step->mode.kind == NACRE_MODE_KEEP,
		.mtime_s = steps->epoch,
		.exclude = is_excluded,
	};
	enum nacre_source_kind kind;
	nacre_autofd int source = -1;
	const char *name = "";
	int rc;

	/* Not changed through it: the callback's argument is not const for the sake of others. */
	memcpy(&options.user, &step, sizeof(options.user));
	rc = nacre_owner_find(tree, &step->owner, &options.uid, &options.gid, err);
	if (rc == 0)
		rc = nacre_context_find(
			steps->context, step->from.text, &kind, &source, &name, err);
	if (rc)
		return rc;
	return kind == NACRE_SOURCE_DIR ? copy_dir(steps, step, source, &options, tree, err)
					: copy_file(steps, step, source, name, &options, tree, err);
}

/* ------------------------------------------------------------------------ archive */

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

static int set_owners(struct nacre_steps *steps, const struct nacre_recipe_step *step,
	const struct nacre_tree *image, struct nacre_tree *tree, struct nacre_err *err)
{
	uint32_t uid, gid;
	int rc = nacre_owner_find(image, &step->owner, &uid, &gid, err);

	(void)steps;
	if (rc || !step->owner.given)
		return rc;
	for (struct nacre_node *node = tree->root; node; node = nacre_tree_next(node)) {
		node->inode->uid = uid;
		node->inode->gid = gid;
	}
	return 0;
}

static int do_archive(struct nacre_steps *steps, const struct nacre_recipe_step *step,
	struct nacre_tree *tree, struct nacre_err *err)
{
	const struct nacre_limits limits = nacre_env_limits(steps->env);
	nacre_autofd int fd = -1;
	struct nacre_node *dir = NULL;
	struct part *part = NULL;
	int rc = nacre_context_open_file(steps->context, step->from.text, &fd, err);

	if (rc == 0 && !nacre_digest_is_empty(&step->sha256)) {
		rc = check_digest(fd, &step->sha256, err);
		if (rc)
			return nacre_within(err, rc, "'%s'", step->from.text);
	}
	if (rc == 0 && !steps->spool)
		rc = nacre_spool_new(steps->scratch, limits.image_bytes, &steps->spool, err);
	if (rc == 0)
		rc = add_part(steps, &part, err);
	if (rc == 0) {
		rc = nacre_archive_tree_read(
			fd, step->strip, steps->spool, steps->env, &part->tree, err);
		if (rc)
			return nacre_within(err, rc, "'%s'", step->from.text);
	}
	if (rc == 0)
		rc = set_owners(steps, step, tree, &part->tree, err);
	if (rc == 0)
		rc = make_dirs(steps, tree, step->to.text, step->to.len, &dir, err);
	return rc ? rc : nacre_graft(tree, dir, &part->tree, err);
}

int nacre_steps_do(struct nacre_steps *steps, const struct nacre_recipe_step *step,
	struct nacre_tree *tree, struct nacre_err *err)
{
	int rc = 0;

	switch (step->kind) {
	case NACRE_RECIPE_DIR:
		rc = do_dir(steps, step, tree, err);
		break;
	case NACRE_RECIPE_COPY:
		rc = do_copy(steps, step, tree, err);
		break;
	case NACRE_RECIPE_FILE:
		rc = do_file(steps, step, tree, err);
		break;
	case NACRE_RECIPE_LINK:
		rc = do_link(steps, step, tree, err);
		break;
	case NACRE_RECIPE_ARCHIVE:
		rc = do_archive(steps, step, tree, err);
		break;
	case NACRE_RECIPE_REMOVE:
		rc = do_remove(step, tree, err);
		break;
	case NACRE_RECIPE_HARDLINK:
	case NACRE_RECIPE_FETCH:
	case NACRE_RECIPE_PERMS:
		rc = nacre_fail(err, NACRE_E_UNSUPPORTED, "not supported by this version");
		break;
	}
	return rc ? nacre_recipe_within(err, steps->recipe, step->mark, rc, "%s",
			    nacre_recipe_step_name(step->kind))
		  : 0;
}
