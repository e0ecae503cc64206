/* SPDX-License-Identifier: Apache-2.0 */
/** Finding the image that a recipe begins from. */
#ifndef NACRE_BUILDER_BASE_IMAGE_H
#define NACRE_BUILDER_BASE_IMAGE_H

#include "builder/inputs.h"

/** All zero: nothing yet. */
struct nacre_base_image {
	struct nacre_layout *layout;
	struct nacre_descriptor top;	  /* what the reference names: a manifest or an index */
	struct nacre_descriptor manifest; /* for the recipe's platform */
};

void nacre_base_image_clear(struct nacre_base_image *image);

/**
 * Opens the layout, the recipe's or the one that all was gathered in, and finds the manifest. With
 * keys it is what they have signed; with a lock it is what that says.
 *
 * @param from       of an image
 * @param out_image  taken as all zero; the caller's to clear, also after an error
 *
 * Errors: those of nacre_layout_find() and nacre_layout_resolve(), nacre_base_verify() and
 * nacre_inputs_check().
 */
NACRE_CHECKED int nacre_base_image_find(const struct nacre_recipe *recipe,
	const struct nacre_recipe_from *from, int context, const struct nacre_inputs *inputs,
	const struct nacre_env *env, struct nacre_base_image *out_image, struct nacre_err *err);

#endif
