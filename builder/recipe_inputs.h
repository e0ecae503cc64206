/* SPDX-License-Identifier: Apache-2.0 */
/** What a recipe takes from outside of its folder: bases and what URLs name. */
#ifndef NACRE_BUILDER_RECIPE_INPUTS_H
#define NACRE_BUILDER_RECIPE_INPUTS_H

#include "builder/recipe.h"

/** In the order of their names. */
enum nacre_input_kind {
	NACRE_INPUT_DIRECTORY, /**< a root file system in a directory */
	NACRE_INPUT_FILE,      /**< what a URL names */
	NACRE_INPUT_IMAGE,     /**< an image, or an index of some */
	NACRE_INPUT_ROOTFS,    /**< an archive of a root file system */
};

#define NACRE_INPUT_KINDS 4

/** "directory", "file", "image", "rootfs". */
const char *nacre_input_kind_name(enum nacre_input_kind kind);

/** By kind, then by name. */
int nacre_input_compare(enum nacre_input_kind kind_a, const char *name_a,
	enum nacre_input_kind kind_b, const char *name_b);

/** All borrowed from the recipe. */
struct nacre_input {
	enum nacre_input_kind kind;
	const char *name; /**< the URL; of a base what stands behind `from`, args replaced */
	struct nacre_mark mark;
	const struct nacre_recipe_from *from; /**< of a base, else NULL */
	const struct nacre_recipe_step *step; /**< of a file, else NULL */
};

/**
 * Lists what the layers and the stages that are needed take, each input once, sorted.
 *
 * @param out_inputs  the caller's to free
 *
 * Errors: FORMAT (one URL with two digests), NOMEM.
 */
NACRE_CHECKED int nacre_recipe_inputs(const struct nacre_recipe *recipe,
	struct nacre_input **out_inputs, size_t *out_count, struct nacre_err *err);

#endif
