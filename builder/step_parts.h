/* SPDX-License-Identifier: Apache-2.0 */
/**
 * What the steps of a recipe have in common. A step turns into inodes and names in the tree;
 * contents stay where they are until a layer is written: on disk, in the spool of archives, in the
 * recipe.
 */
#ifndef NACRE_BUILDER_STEP_PARTS_H
#define NACRE_BUILDER_STEP_PARTS_H

#include "builder/ignore.h"
#include "builder/steps.h"
#include "layers/scan.h"
#include "layers/spool.h"

/** A tree that steps have grafted from, and what its contents come from. */
struct nacre_step_part {
	struct nacre_step_part *next;
	struct nacre_tree tree;
	struct nacre_scan *scan;
	struct nacre_spool *spool; /* of an archive */
};

struct nacre_steps {
	struct nacre_origin
		texts; /* first: contents that stand in the recipe; a key is a pointer */
	const struct nacre_recipe *recipe;
	const struct nacre_env *env;
	int context;
	int scratch;
	int64_t epoch;
	const struct nacre_inputs *inputs;
	uint32_t maker;			  /* of the step that is being done */
	const struct nacre_tree **stages; /* of the recipe's; NULL: not built */
	struct nacre_ignore *ignore;	  /* of the context, once it is needed */
	struct nacre_spool *spool;	  /* of files that were fetched, once there is one */
	uint64_t spooled_bytes;		  /* in the spools of archives */
	struct nacre_step_part *parts;
};

/** A new part, which lives as long as the steps. Errors: NOMEM. */
NACRE_CHECKED int nacre_step_part_new(
	struct nacre_steps *steps, struct nacre_step_part **out_part, struct nacre_err *err);

/** Everything in a part is of the step that is being done. */
void nacre_step_part_sign(const struct nacre_steps *steps, struct nacre_step_part *part);

/** The spool of the steps, made when there is none. Errors: those of nacre_spool_new(). */
NACRE_CHECKED int nacre_step_spool(
	struct nacre_steps *steps, struct nacre_spool **out_spool, struct nacre_err *err);

/** The ignore file of the context, read once. Errors: those of nacre_ignore_load(). */
NACRE_CHECKED int nacre_step_ignore(
	struct nacre_steps *steps, const struct nacre_ignore **out_ignore, struct nacre_err *err);

/** Goes down a path and makes what is missing: 0755, root's, at the epoch. */
NACRE_CHECKED int nacre_step_make_dirs(struct nacre_steps *steps, struct nacre_tree *tree,
	const char *path, size_t len, struct nacre_node **out_dir, struct nacre_err *err);

/** The same for the directory that a path lies in. Errors: also EXISTS (the root). */
NACRE_CHECKED int nacre_step_make_parent(struct nacre_steps *steps, struct nacre_tree *tree,
	const char *path, struct nacre_node **out_dir, const char **out_leaf,
	struct nacre_err *err);

/** A new inode with owner, mode, time, xattrs and capabilities as the step says. */
NACRE_CHECKED int nacre_step_make_inode(struct nacre_steps *steps,
	const struct nacre_recipe_step *step, struct nacre_tree *tree, enum nacre_type type,
	struct nacre_inode **out_inode, struct nacre_err *err);

/**
 * Puts the step's xattrs and capabilities in place of those of the same name; others stay. Without
 * capabilities that are given, those of the file stay, too.
 *
 * @param inode  of `tree` alone
 * Errors: NOMEM, FORMAT (an unknown capability).
 */
NACRE_CHECKED int nacre_step_set_xattrs(const struct nacre_recipe_step *step,
	struct nacre_tree *tree, struct nacre_inode *inode, struct nacre_err *err);

/** Directories get x where they get r, as they would be of no use without. */
uint32_t nacre_step_dir_mode(uint32_t bits);

/** Puts an inode under the last name of a path, by the rules of nacre_graft_name(). */
NACRE_CHECKED int nacre_step_put(struct nacre_steps *steps, struct nacre_tree *tree,
	const char *path, struct nacre_inode *inode, struct nacre_err *err);

/**
 * Puts a file from elsewhere in the image: under the name `to`, or into the directory `to`.
 *
 * @param name  what it is called when it goes into a directory
 * Errors: EXISTS, UNSAFE, NOMEM.
 */
NACRE_CHECKED int nacre_step_put_file(struct nacre_steps *steps, const struct nacre_recipe_text *to,
	bool into, const char *name, struct nacre_inode *inode, struct nacre_tree *tree,
	struct nacre_err *err);

/**
 * Puts what is below a directory of a part below the directory `to`, which is made as if it were
 * copied itself.
 *
 * @param made  the directory's inode, when it has to be made
 * Errors: EXISTS, UNSAFE, NOMEM.
 */
NACRE_CHECKED int nacre_step_put_dir(struct nacre_steps *steps, const char *to,
	struct nacre_inode *made, const struct nacre_node *from, struct nacre_tree *tree,
	struct nacre_err *err);

/* ------------------------------------------------------------------- the steps themselves */

typedef int nacre_step_fn(struct nacre_steps *steps, const struct nacre_recipe_step *step,
	struct nacre_tree *tree, struct nacre_err *err);

nacre_step_fn nacre_step_dir;
nacre_step_fn nacre_step_file;
nacre_step_fn nacre_step_link;
nacre_step_fn nacre_step_hardlink;
nacre_step_fn nacre_step_copy;
nacre_step_fn nacre_step_archive;
nacre_step_fn nacre_step_fetch;
nacre_step_fn nacre_step_remove;
nacre_step_fn nacre_step_perms;

#endif
