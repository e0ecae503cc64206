/* SPDX-License-Identifier: Apache-2.0 */
/* Writing a layer: the one place where the stages of the way out are put together. */
#include "builder/layer_emit.h"

#include "base/env.h"
#include "base/scope.h"
#include "builder/budget.h"
#include "builder/compression.h"
#include "builder/meter.h"
#include "formats/mediatype.h"

#include <string.h>

/* What is read back has to be exactly this: docs/budgets.md. */
static int annotate(struct nacre_descriptor *desc, uint64_t tar_bytes,
	const struct nacre_layer_stats *stats, struct nacre_err *err)
{
	const struct nacre_budget budget = { true, tar_bytes, stats->members, stats->xattr_bytes };

	return nacre_budget_annotate(&budget, &desc->annotations, err);
}

int nacre_layer_emit(const char *name, struct nacre_tree *tree,
	const struct nacre_compression *compression, struct nacre_layout_batch *batch,
	const struct nacre_env *env, struct nacre_descriptor *out_desc,
	struct nacre_built_layer *out_layer, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_sink_freep)
	struct nacre_sink *blob = NULL;
	NACRE_CLEANUP(nacre_sink_freep)
	struct nacre_sink *encoder = NULL;
	NACRE_CLEANUP(nacre_sink_freep)
	struct nacre_sink *hasher = NULL;
	NACRE_CLEANUP(nacre_sink_freep)
	struct nacre_sink *meter = NULL;
	NACRE_CLEANUP(nacre_hash_freep)
	struct nacre_hash *hash = NULL;
	const struct nacre_limits limits = nacre_env_limits(env);
	enum nacre_codec codec = nacre_compression_codec(compression);
	struct nacre_layer_stats stats;
	uint64_t tar_bytes = 0;
	int rc = nacre_batch_open_blob(batch, &blob, err);

	if (rc == 0)
		rc = nacre_encode_new(
			codec, compression->level, env ? env->jobs : 1, blob, &encoder, err);
	if (rc == 0)
		rc = nacre_hash_new(&hash, err);
	if (rc == 0)
		rc = nacre_sink_hash(encoder, hash, &tar_bytes, &hasher, err);
	if (rc == 0)
		rc = nacre_meter_new(hasher, env, name, &meter, err);
	if (rc == 0)
		rc = nacre_tar_write(tree, &limits, meter, &stats, err);
	if (rc == 0)
		rc = nacre_sink_finish(meter, err);
	if (rc == 0)
		rc = nacre_batch_close_blob(
			batch, &blob, nacre_media_layer(nacre_codec_name(codec)), out_desc, err);
	if (rc == 0)
		rc = annotate(out_desc, tar_bytes, &stats, err);
	if (rc)
		return rc;
	memset(out_layer, 0, sizeof(*out_layer));
	nacre_hash_finish(hash, &out_layer->diff_id);
	out_layer->blob = out_desc->digest;
	out_layer->tar_bytes = tar_bytes;
	out_layer->blob_bytes = out_desc->size_bytes;
	out_layer->members = stats.members;
	out_layer->whiteouts = stats.whiteouts;
	return 0;
}
