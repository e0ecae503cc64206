/* SPDX-License-Identifier: Apache-2.0 */
/** What a recipe begins from. */
#ifndef NACRE_BUILDER_BASE_H
#define NACRE_BUILDER_BASE_H

#include "builder/image_tree.h"
#include "builder/inputs.h"
#include "builder/rootfs_tree.h"
#include "layers/spool.h"

/**
 * The base, opened. From scratch the tree is empty. A root file system is in the tree, and not yet
 * in any layer. An image is in the tree, and its layers are taken over as they are.
 */
struct nacre_base {
	const struct nacre_recipe_from *from; /* what it was opened by, borrowed */
	struct nacre_tree tree;
	bool is_rootfs;
	struct nacre_spool *spool;	 /* contents of a root file system out of an archive */
	struct nacre_rootfs_tree rootfs; /* one that lies in a directory */
	struct nacre_layout *layout;
	struct nacre_digest digest; /* of an image: its manifest's */
	struct nacre_manifest manifest;
	struct nacre_config config;
	struct nacre_image_tree image;
};

/**
 * @param from      the recipe's, or that of one of its stages
 * @param context   paths are relative to it
 * @param scratch   a directory for files without names
 * @param rootfs    how a root file system in a directory is read
 * @param inputs    where to get it, and what it must be
 * @param out_base  set on success only; the caller's to clear, after all trees that share its
 *                  inodes
 *
 * Errors: those of opening and reading it, UNSUPPORTED (another platform), UNTRUSTED (not signed by
 * the keys of `from`), DIGEST (not what the lock says), with FILE:LINE:COLUMN of `from` in front.
 */
NACRE_CHECKED int nacre_base_open(const struct nacre_recipe *recipe,
	const struct nacre_recipe_from *from, int context, int scratch,
	const struct nacre_rootfs_tree_options *rootfs, const struct nacre_inputs *inputs,
	const struct nacre_env *env, struct nacre_base *out_base, struct nacre_err *err);
void nacre_base_clear(struct nacre_base *base);

/** The tree to begin from. */
struct nacre_tree *nacre_base_tree(struct nacre_base *base);

#endif
