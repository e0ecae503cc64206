/* SPDX-License-Identifier: Apache-2.0 */
/* Limits of a layer that is written. */
#include "builder/layer_limits.h"

#include "base/env.h"

/* As decoders have it: so much may come out of however little. */
#define RATIO_FREE_BYTES ((uint64_t)64 << 20)

struct nacre_built_layer *nacre_layer_next(
	struct nacre_built *built, const struct nacre_env *env, struct nacre_err *err)
{
	const struct nacre_limits limits = nacre_env_limits(env);
	uint64_t most = limits.layers < NACRE_BUILT_LAYERS ? limits.layers : NACRE_BUILT_LAYERS;

	if (built->layer_count < most)
		return &built->layers[built->layer_count];
	(void)nacre_fail(err, NACRE_E_LIMIT, "more than %llu layers (limit layers)",
		(unsigned long long)most);
	return NULL;
}

int nacre_layer_check_limits(const struct nacre_built_layer *layer, const char *name,
	const struct nacre_env *env, struct nacre_err *err)
{
	const struct nacre_limits limits = nacre_env_limits(env);

	if (layer->members > limits.layer_members)
		return nacre_fail(err, NACRE_E_LIMIT,
			"more than %llu members (limit layer-members)",
			(unsigned long long)limits.layer_members);
	if (layer->tar_bytes > limits.layer_bytes)
		return nacre_fail(err, NACRE_E_LIMIT, "more than %llu bytes (limit layer-bytes)",
			(unsigned long long)limits.layer_bytes);
	if (layer->tar_bytes <= RATIO_FREE_BYTES ||
		layer->tar_bytes / limits.ratio <= layer->blob_bytes)
		return 0;
	return nacre_warn(env, err,
		"layer '%s' is more than %llu times its compressed size (limit ratio): to "
		"unpack it needs a higher limit",
		name, (unsigned long long)limits.ratio);
}
