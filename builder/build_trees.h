/* SPDX-License-Identifier: Apache-2.0 */
/**
 * What a recipe makes of its base: the tree after each layer. All of them are there before any
 * layer is written; nothing here knows of blobs or documents.
 */
#ifndef NACRE_BUILDER_BUILD_TREES_H
#define NACRE_BUILDER_BUILD_TREES_H

#include "builder/base.h"
#include "builder/steps.h"

/** Where the sources of a build lie, and what holds for all of it. */
struct nacre_build_sources {
	const struct nacre_recipe *recipe;
	int context; /* the directory of sources */
	int scratch; /* a directory for files without names */
	int64_t epoch;
	struct nacre_rootfs_tree_options rootfs; /* how a root file system in a directory is read */
	const struct nacre_inputs *inputs;	 /* with who is told of hits and misses */
	const struct nacre_env *env;
};

struct nacre_build_layer {
	const char *name; /* the recipe's */
	struct nacre_mark mark;
	bool keeps_ghosts;
	size_t number;		/* of the image's layer that it became, from 1; 0: of none */
	struct nacre_tree tree; /* after its steps; shares inodes with those before it */
};

/** A stage; all zero when no layer needs it. */
struct nacre_build_stage {
	struct nacre_base base;
	struct nacre_tree tree; /* after its steps */
};

struct nacre_build_trees {
	struct nacre_base base;
	struct nacre_build_stage *stages; /* recipe->stage_count of them */
	size_t stage_count;
	struct nacre_steps *steps;
	struct nacre_build_layer *layers;
	size_t layer_count;
};

/**
 * Opens the base and those of the stages that are needed, and does their steps and those of the
 * layers. Accounts are in the first layer, or in one of their own, "accounts", when there is none.
 *
 * @param sources    borrowed, with all it points to, as long as the trees
 * @param out_trees  all zero; the caller's to clear, also after an error
 *
 * Errors: those of nacre_base_open(), nacre_accounts_add() and nacre_steps_do(); LIMIT (depth).
 */
NACRE_CHECKED int nacre_build_trees_make(const struct nacre_build_sources *sources,
	struct nacre_build_trees *out_trees, struct nacre_err *err);
void nacre_build_trees_clear(struct nacre_build_trees *trees);

#endif
