/* SPDX-License-Identifier: Apache-2.0 */
/** One run from a recipe to an image in a batch: trees, layers, documents. What is done with the
 * batch is the caller's matter. */
#ifndef NACRE_BUILDER_BUILD_ONCE_H
#define NACRE_BUILDER_BUILD_ONCE_H

#include "builder/build_image.h"

/** All of the first part is borrowed. */
struct nacre_build_once {
	const struct nacre_build_options *options;
	const struct nacre_recipe *recipe;
	int context;
	const struct nacre_inputs *inputs;
	const struct nacre_env *env;
	struct nacre_layout *layout; /* that the batch is of; files without names are put there */
	struct nacre_layout_batch *batch;

	struct nacre_build_trees trees; /* set by running, as the rest */
	struct nacre_build_image image;
	struct nacre_build_sources sources;
};

/**
 * @param once  zero but for what is borrowed; stays where it is; the caller's to clear, also after
 *              an error
 *
 * Errors: those of nacre_build() but for the layout's.
 */
NACRE_CHECKED int nacre_build_once_run(struct nacre_build_once *once, struct nacre_err *err);
void nacre_build_once_clear(struct nacre_build_once *once);

#endif
