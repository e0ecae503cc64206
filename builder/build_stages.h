/* SPDX-License-Identifier: Apache-2.0 */
/** The stages of a build: trees that copies are made from, and that no layer holds. */
#ifndef NACRE_BUILDER_BUILD_STAGES_H
#define NACRE_BUILDER_BUILD_STAGES_H

#include "builder/recipe.h"

/**
 * Says of each stage whether a layer needs it, by copies from it or by those of a stage that is
 * needed itself.
 *
 * @param out_needed  recipe->stage_count of them
 */
void nacre_build_stages_needed(const struct nacre_recipe *recipe, bool *out_needed);

#endif
