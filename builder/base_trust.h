/* SPDX-License-Identifier: Apache-2.0 */
/** Whether a base image is signed by the keys that its recipe names. */
#ifndef NACRE_BUILDER_BASE_TRUST_H
#define NACRE_BUILDER_BASE_TRUST_H

#include "builder/recipe.h"

#include <nacre/sign.h>

/**
 * Verifies an image as nacre_verify() does, and says which manifest it is that was verified: what
 * is loaded by that digest is what the keys have signed, whatever is done to the layout meanwhile.
 *
 * @param from         with keys
 * @param context      key files are seen from it; they may lie outside
 * @param top          what the reference names, or is known to name: nothing else is looked up
 * @param out_manifest the digest of the manifest for the recipe's platform
 *
 * Errors: UNTRUSTED; NOT_FOUND, FORMAT, UNSUPPORTED (a key); ARG (a private key; fewer keys than
 * the threshold, since two files hold the same one); those of nacre_verify().
 */
NACRE_CHECKED int nacre_base_verify(const struct nacre_recipe *recipe,
	const struct nacre_recipe_from *from, int context, const struct nacre_layout *layout,
	const struct nacre_digest *top, const struct nacre_env *env,
	struct nacre_digest *out_manifest, struct nacre_err *err);

#endif
