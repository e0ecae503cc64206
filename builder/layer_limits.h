/* SPDX-License-Identifier: Apache-2.0 */
/** The limits that readers hold a layer to, for who has just written one. */
#ifndef NACRE_BUILDER_LAYER_LIMITS_H
#define NACRE_BUILDER_LAYER_LIMITS_H

#include <nacre/builder.h>

/**
 * Holds a layer to the limits that readers hold it to. That it is many times its compressed size is
 * a warning: a ratio can be right, a reader cannot know.
 *
 * @param name   of the layer, for the warning
 *
 * Errors: LIMIT (layer-members, layer-bytes), CANCELED.
 */
NACRE_CHECKED int nacre_layer_check_limits(const struct nacre_built_layer *layer, const char *name,
	const struct nacre_env *env, struct nacre_err *err);

#endif
