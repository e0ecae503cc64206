/* SPDX-License-Identifier: Apache-2.0 */
/** The limits that readers hold layers to, for who makes an image. */
#ifndef NACRE_BUILDER_LAYER_LIMITS_H
#define NACRE_BUILDER_LAYER_LIMITS_H

#include <nacre/builder.h>

/**
 * Where what is built of the next layer goes, which counts once layer_count is raised.
 *
 * Errors: LIMIT (layers): then the result is NULL.
 */
struct nacre_built_layer *nacre_layer_next(
	struct nacre_built *built, const struct nacre_env *env, struct nacre_err *err);

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
