/* SPDX-License-Identifier: Apache-2.0 */
/**
 * A small tree that loses what a large one would: a file for each set of attributes there is.
 *
 * What a system takes of a file depends on its type, mode, owner and xattrs, and not on its name,
 * its content, or on how many there are like it. Times are left out: they are all different.
 */
#ifndef NACRE_BUILDER_PLAN_SAMPLE_H
#define NACRE_BUILDER_PLAN_SAMPLE_H

#include "layers/loss.h"

/** Sets of attributes that are tried; an image that means well has some hundred. */
#define NACRE_PLAN_SAMPLES_MOST 65536

struct nacre_plan_item;

struct nacre_plan_sample {
	struct nacre_tree tree;	       /* names are the numbers of samples; the root is its own */
	struct nacre_plan_item *items; /* the files of the large tree, sorted by inode */
	size_t item_count;
	const struct nacre_node **likes; /* of each sample: the first file that it stands for */
	size_t count;			 /* samples in the tree, the root too */
};

/** Nothing yet: for nacre_plan_sample_clear(). */
#define NACRE_PLAN_SAMPLE                                                                          \
	{                                                                                          \
		.tree = NACRE_TREE                                                                 \
	}

/**
 * Takes samples of a tree, which must outlive them.
 *
 * @param tree  inode->first is used
 * Errors: NOMEM.
 */
NACRE_CHECKED int nacre_plan_sample_take(
	struct nacre_tree *tree, struct nacre_plan_sample *out_sample, struct nacre_err *err);
void nacre_plan_sample_clear(struct nacre_plan_sample *sample);

/** Which sample stands for a node of the large tree; not below `count`: none. */
size_t nacre_plan_sample_find(
	const struct nacre_plan_sample *sample, const struct nacre_node *node);

/** Which sample a node of the small tree is. */
size_t nacre_plan_sample_of(const struct nacre_node *node);

#endif
