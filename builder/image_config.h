/* SPDX-License-Identifier: Apache-2.0 */
/** The config of an image that is being built: that of its base, and what the recipe says. */
#ifndef NACRE_BUILDER_IMAGE_CONFIG_H
#define NACRE_BUILDER_IMAGE_CONFIG_H

#include "builder/base.h"

/**
 * Begins a config: the base's with its DiffIDs and history (one entry a layer is made up where it
 * has none), over which the recipe's config goes: env and labels name by name, volumes and ports
 * together, all else as a whole. An entrypoint in the recipe takes the base's cmd away.
 *
 * @param created     time of the image
 * @param out_config  taken as empty
 *
 * Errors: NOMEM.
 */
NACRE_CHECKED int nacre_image_config_begin(const struct nacre_recipe *recipe,
	const struct nacre_base *base, int64_t created, struct nacre_config *out_config,
	struct nacre_err *err);

/**
 * Adds a layer's DiffID and its entry in the history.
 *
 * @param diff_id  NULL: the layer turned out to hold nothing, only the history tells of it
 */
NACRE_CHECKED int nacre_image_config_add(struct nacre_config *config, const char *layer_name,
	const struct nacre_digest *diff_id, int64_t created, struct nacre_err *err);

/** "NAME=VALUE" takes the place of the entry of the same name, or is the last. Errors: NOMEM. */
NACRE_CHECKED int nacre_image_config_set_env(
	struct nacre_texts *env, const char *name, const char *value, struct nacre_err *err);

#endif
