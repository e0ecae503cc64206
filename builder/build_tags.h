/* SPDX-License-Identifier: Apache-2.0 */
/** Where a built image goes: its tags, and the layouts they lie in. */
#ifndef NACRE_BUILDER_BUILD_TAGS_H
#define NACRE_BUILDER_BUILD_TAGS_H

#include "builder/recipe.h"
#include "builder/target.h"

struct nacre_build_tags {
	const struct nacre_ref *items; /* at least one */
	size_t count;
	struct nacre_ref named; /* the recipe's name, when the caller names nothing */
	const char *store;	/* the layout of bare names, borrowed; NULL: there is none */
};

/**
 * Takes the caller's tags, or the recipe's name in the store, and checks them all before anything
 * is done: a mistake in the last must not show behind the first.
 *
 * @param out_tags  not to be copied: `items` may point into it
 *
 * Errors: ARG (no tag and no name; a digest), those of nacre_store_path().
 */
NACRE_CHECKED int nacre_build_tags_init(struct nacre_build_tags *out_tags,
	const struct nacre_build_options *options, const struct nacre_recipe *recipe,
	struct nacre_err *err);

/**
 * Tags an image in the layout of the first tag, commits the batch there, and puts a copy into the
 * layout of each other tag.
 *
 * @param target  of the first tag
 * @param batch   of the target's layout, with the whole image
 * @param image   its manifest
 *
 * Errors: those of the batches and targets.
 */
NACRE_CHECKED int nacre_build_tags_store(const struct nacre_build_tags *tags,
	struct nacre_target *target, struct nacre_layout_batch *batch,
	const struct nacre_descriptor *image, const struct nacre_env *env, struct nacre_err *err);

#endif
