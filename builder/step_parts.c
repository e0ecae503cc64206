/* SPDX-License-Identifier: Apache-2.0 */
/* The common pieces of steps. */
#include "builder/step_parts.h"

#include "base/env.h"
#include "base/path.h"
#include "base/scope.h"
#include "builder/file_capability.h"
#include "builder/graft.h"
#include "builder/owner.h"
#include "layers/place.h"

#include <stdlib.h>
#include <string.h>

int nacre_step_part_new(
	struct nacre_steps *steps, struct nacre_step_part **out_part, struct nacre_err *err)
{
	struct nacre_step_part *part = calloc(1, sizeof(*part));
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

void nacre_step_part_sign(const struct nacre_steps *steps, struct nacre_step_part *part)
{
	for (struct nacre_node *node = part->tree.root; node; node = nacre_tree_next(node))
		node->inode->maker = steps->maker;
}

int nacre_step_spool(
	struct nacre_steps *steps, struct nacre_spool **out_spool, struct nacre_err *err)
{
	const struct nacre_limits limits = nacre_env_limits(steps->env);
	int rc = 0;

	if (!steps->spool)
		rc = nacre_spool_new(steps->scratch, limits.image_bytes, &steps->spool, err);
	*out_spool = steps->spool;
	return rc;
}

int nacre_step_ignore(
	struct nacre_steps *steps, const struct nacre_ignore **out_ignore, struct nacre_err *err)
{
	const struct nacre_limits limits = nacre_env_limits(steps->env);
	int rc = 0;

	if (!steps->ignore)
		rc = nacre_ignore_load(steps->context, limits.recipe_bytes, &steps->ignore, err);
	*out_ignore = steps->ignore;
	return rc;
}

/* ---------------------------------------------------------------------- making */

int nacre_step_make_dirs(struct nacre_steps *steps, struct nacre_tree *tree, const char *path,
	size_t len, struct nacre_node **out_dir, struct nacre_err *err)
{
	const struct nacre_inode missing = {
		.type = NACRE_TYPE_DIR,
		.mode = 0755,
		.mtime_s = steps->epoch,
		.maker = steps->maker,
	};

	return nacre_tree_make_dirs(tree, path, len, &missing, 0, out_dir, err);
}

int nacre_step_make_parent(struct nacre_steps *steps, struct nacre_tree *tree, const char *path,
	struct nacre_node **out_dir, const char **out_leaf, struct nacre_err *err)
{
	size_t leaf = nacre_path_leaf(path);

	*out_leaf = path + leaf;
	if (!path[leaf])
		return nacre_fail(err, NACRE_E_EXISTS, "'/' is the root directory");
	return nacre_step_make_dirs(steps, tree, path, leaf > 0 ? leaf - 1 : 0, out_dir, err);
}

int nacre_step_make_inode(struct nacre_steps *steps, const struct nacre_recipe_step *step,
	struct nacre_tree *tree, enum nacre_type type, struct nacre_inode **out_inode,
	struct nacre_err *err)
{
	struct nacre_inode *inode = nacre_inode_new(tree, type);
	int rc;

	if (!inode)
		return nacre_fail_nomem(err);
	inode->maker = steps->maker;
	inode->mtime_s = step->mtime.given ? step->mtime.seconds : steps->epoch;
	if (step->mode.kind == NACRE_MODE_BITS && type != NACRE_TYPE_SYMLINK)
		inode->mode = step->mode.bits;
	rc = nacre_owner_find(tree, &step->owner, &inode->uid, &inode->gid, err);
	if (rc == 0)
		rc = nacre_step_set_xattrs(step, tree, inode, err);
	*out_inode = inode;
	return rc;
}

uint32_t nacre_step_dir_mode(uint32_t bits)
{
	return bits | (bits & 0444) >> 2;
}

/* ---------------------------------------------------------------------- xattrs */

static bool is_named(const struct nacre_xattr *items, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++) {
		if (strcmp(items[i].name, name) == 0)
			return true;
	}
	return false;
}

static int encode_capabilities(const struct nacre_recipe_list *list,
	unsigned char out_value[NACRE_FILE_CAPABILITY_BYTES], struct nacre_err *err)
{
	uint64_t bits = 0;

	for (size_t i = 0; i < list->count; i++) {
		unsigned number;

		if (!nacre_file_capability_parse(list->items[i].text, &number))
			return nacre_fail(err, NACRE_E_FORMAT, "no capability '%s' is known",
				list->items[i].text);
		bits |= (uint64_t)1 << number;
	}
	nacre_file_capability_emit(bits, out_value);
	return 0;
}

int nacre_step_set_xattrs(const struct nacre_recipe_step *step, struct nacre_tree *tree,
	struct nacre_inode *inode, struct nacre_err *err)
{
	const struct nacre_xattrs *old = inode->xattrs;
	size_t most = (old ? old->count : 0) + step->xattrs.count + 1, count = 0;
	unsigned char capability[NACRE_FILE_CAPABILITY_BYTES];
	nacre_autofree struct nacre_xattr *items = NULL;
	int rc;

	if (!step->xattrs.count && !step->capabilities.given)
		return 0;
	items = calloc(most, sizeof(*items));
	if (!items)
		return nacre_fail_nomem(err);
	for (size_t i = 0; i < step->xattrs.count; i++) {
		const struct nacre_recipe_xattr *xattr = &step->xattrs.items[i];

		items[count++] = (struct nacre_xattr){ xattr->name.text, xattr->value.text,
			xattr->value.len };
	}
	rc = encode_capabilities(&step->capabilities, capability, err);
	if (rc)
		return rc;
	if (step->capabilities.count > 0)
		items[count++] = (struct nacre_xattr){ NACRE_FILE_CAPABILITY, capability,
			sizeof(capability) };
	for (size_t i = 0; old && i < old->count; i++) {
		if (!is_named(items, count, old->items[i].name) &&
			!(step->capabilities.given &&
				strcmp(old->items[i].name, NACRE_FILE_CAPABILITY) == 0))
			items[count++] = old->items[i];
	}
	return nacre_xattrs_make(&tree->arena, items, count, &inode->xattrs, err);
}

/* ---------------------------------------------------------------------- putting */

int nacre_step_put(struct nacre_steps *steps, struct nacre_tree *tree, const char *path,
	struct nacre_inode *inode, struct nacre_err *err)
{
	struct nacre_node *dir = NULL, *node = NULL;
	const char *leaf;
	int rc = nacre_step_make_parent(steps, tree, path, &dir, &leaf, err);

	return rc ? rc : nacre_graft_name(tree, dir, leaf, inode, &node, err);
}

int nacre_step_put_file(struct nacre_steps *steps, const struct nacre_recipe_text *to, bool into,
	const char *name, struct nacre_inode *inode, struct nacre_tree *tree, struct nacre_err *err)
{
	struct nacre_node *node = NULL;
	int rc;

	if (into || !to->text[0]) {
		rc = nacre_step_make_dirs(steps, tree, to->text, to->len, &node, err);
		return rc ? rc : nacre_graft_name(tree, node, name, inode, &node, err);
	}
	rc = nacre_tree_resolve(tree, to->text, NACRE_RESOLVE_FOLLOW, 0, &node, err);
	if (rc)
		return rc;
	if (node && node->inode->type == NACRE_TYPE_DIR)
		return nacre_fail(err, NACRE_E_EXISTS,
			"'/%s' is a directory in the image; a '/' behind it copies into it",
			to->text);
	return nacre_step_put(steps, tree, to->text, inode, err);
}

int nacre_step_put_dir(struct nacre_steps *steps, const char *to, struct nacre_inode *made,
	const struct nacre_node *from, struct nacre_tree *tree, struct nacre_err *err)
{
	struct nacre_node *node = NULL, *dir = NULL;
	const char *leaf;
	int rc = nacre_tree_resolve(tree, to, NACRE_RESOLVE_FOLLOW, 0, &node, err);

	if (rc == 0 && !node) {
		rc = nacre_step_make_parent(steps, tree, to, &dir, &leaf, err);
		if (rc == 0)
			rc = nacre_graft_name(tree, dir, leaf, made, &node, err);
	}
	if (rc)
		return rc;
	if (node->inode->type != NACRE_TYPE_DIR)
		return nacre_fail(err, NACRE_E_EXISTS, "'/%s' is a %s in the image", to,
			nacre_type_name(node->inode->type));
	return nacre_graft(tree, node, from, err);
}
