/* SPDX-License-Identifier: Apache-2.0 */
/** What is to be found in the layers of an image, and in the tree that they come to. */
#ifndef NACRE_BUILDER_LINT_LAYERS_H
#define NACRE_BUILDER_LINT_LAYERS_H

#include "formats/layout.h"
#include "layers/lint.h"

/**
 * Proves each layer's digest, and has a worker look into those that are what was named.
 *
 * @param manifest  may hold empty descriptors, for what was none
 * @param config    may have another number of diff_ids, or none
 *
 * Errors: IO, NOMEM, CANCELED; those of the worker (base/worker.h); LIMIT (seconds).
 */
NACRE_CHECKED int nacre_lint_layers(const struct nacre_layout *layout,
	const struct nacre_manifest *manifest, const struct nacre_config *config,
	const struct nacre_env *env, struct nacre_lint *lint, struct nacre_err *err);

#endif
