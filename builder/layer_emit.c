/* SPDX-License-Identifier: Apache-2.0 */
/* Writing a layer: the one place where the stages of the way out are put together. */
#include "builder/layer_emit.h"

#include "base/env.h"
#include "base/scope.h"
#include "builder/budget.h"
#include "builder/cache_layer.h"
#include "builder/compression.h"
#include "builder/meter.h"
#include "builder/tree_key.h"
#include "formats/mediatype.h"

#include <string.h>

/* A layer on its way: what it is, where it goes, and what comes of it. */
struct emission {
	const char *name;
	struct nacre_tree *tree;
	const struct nacre_compression *compression;
	struct nacre_cache *cache; /* NULL: none */
	struct nacre_layout_batch *batch;
	const struct nacre_env *env;
	const char *media_type;
	struct nacre_descriptor *desc;
	struct nacre_cached_layer layer;
	struct nacre_cache_parts parts;
	struct nacre_blob_ends ends;
};

static void emission_clear(struct emission *e)
{
	nacre_cache_parts_clear(&e->parts);
}

/* What is read back has to be exactly this: docs/budgets.md. */
static int annotate(const struct emission *e, struct nacre_err *err)
{
	const struct nacre_budget budget = { true, e->layer.built.tar_bytes, e->layer.built.members,
		e->layer.xattr_bytes };

	return nacre_budget_annotate(&budget, &e->desc->annotations, err);
}

/* Compression, and behind it, with a cache, what notes the parts that come of it. */
static int open_encoder(struct emission *e, struct nacre_sink *blob, struct nacre_sink **out_ends,
	struct nacre_sink **out_encoder, struct nacre_err *err)
{
	enum nacre_codec codec = nacre_compression_codec(e->compression);
	unsigned jobs = e->env ? e->env->jobs : 1;
	int rc;

	if (!e->cache)
		return nacre_encode_new(codec, e->compression->level, jobs, blob, out_encoder, err);
	rc = nacre_blob_ends_sink(&e->ends, blob, out_ends, err);
	return rc ? rc
		  : nacre_encode_parts_new(codec, e->compression->level, jobs, &e->parts.store,
			    *out_ends, out_encoder, err);
}

static int write_layer(struct emission *e, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_sink_freep)
	struct nacre_sink *blob = NULL;
	NACRE_CLEANUP(nacre_sink_freep)
	struct nacre_sink *ends = NULL;
	NACRE_CLEANUP(nacre_sink_freep)
	struct nacre_sink *encoder = NULL;
	NACRE_CLEANUP(nacre_sink_freep)
	struct nacre_sink *hasher = NULL;
	NACRE_CLEANUP(nacre_sink_freep)
	struct nacre_sink *meter = NULL;
	NACRE_CLEANUP(nacre_hash_freep)
	struct nacre_hash *hash = NULL;
	const struct nacre_limits limits = nacre_env_limits(e->env);
	struct nacre_built_layer *built = &e->layer.built;
	struct nacre_layer_stats stats;
	int rc = nacre_batch_open_blob(e->batch, &blob, err);

	if (rc == 0)
		rc = open_encoder(e, blob, &ends, &encoder, err);
	if (rc == 0)
		rc = nacre_hash_new(&hash, err);
	if (rc == 0)
		rc = nacre_sink_hash(encoder, hash, &built->tar_bytes, &hasher, err);
	if (rc == 0)
		rc = nacre_meter_new(hasher, e->env, e->name, &meter, err);
	if (rc == 0)
		rc = nacre_tar_write(e->tree, &limits, meter, &stats, err);
	if (rc == 0)
		rc = nacre_sink_finish(meter, err);
	if (rc == 0)
		rc = nacre_batch_close_blob(e->batch, &blob, e->media_type, e->desc, err);
	if (rc)
		return rc;
	nacre_hash_finish(hash, &built->diff_id);
	built->blob = e->desc->digest;
	built->blob_bytes = e->desc->size_bytes;
	built->members = stats.members;
	built->whiteouts = stats.whiteouts;
	e->layer.xattr_bytes = stats.xattr_bytes;
	return 0;
}

static int find_key(struct emission *e, char out_key[65], struct nacre_err *err)
{
	struct nacre_contents_counts counts = { 0 };
	struct nacre_digest digest;
	int rc = nacre_contents_digest(e->cache, e->tree, e->env, &counts, err);

	if (rc == 0)
		rc = nacre_tree_key(e->tree, NULL, NULL, &digest, err);
	if (rc == 0)
		nacre_cached_layer_key(&digest, e->compression, out_key);
	return rc;
}

static int take_or_write(
	struct emission *e, struct nacre_layer_reuse *out_reuse, struct nacre_err *err)
{
	char key[65] = "";
	bool is_still = false;
	int rc = e->cache ? find_key(e, key, err) : 0;

	if (rc == 0 && e->cache)
		rc = nacre_cached_layer_take(e->cache, key, e->batch, e->media_type, e->desc,
			&e->layer, &out_reuse->is_hit, err);
	if (rc || out_reuse->is_hit)
		return rc;
	memset(&e->layer, 0, sizeof(e->layer));
	rc = write_layer(e, err);
	if (rc || !e->cache)
		return rc;
	out_reuse->parts = e->parts.count;
	out_reuse->parts_found = e->parts.found;
	rc = nacre_contents_are_still(e->tree, &is_still, err);
	if (rc || !is_still)
		return rc;
	nacre_cached_layer_keep(e->cache, key, nacre_compression_codec(e->compression), &e->layer,
		&e->parts, &e->ends);
	return 0;
}

int nacre_layer_emit_cached(const char *name, struct nacre_tree *tree,
	const struct nacre_compression *compression, struct nacre_cache *cache,
	struct nacre_layout_batch *batch, const struct nacre_env *env,
	struct nacre_descriptor *out_desc, struct nacre_built_layer *out_layer,
	struct nacre_layer_reuse *out_reuse, struct nacre_err *err)
{
	struct nacre_layer_reuse reuse = { 0 };
	NACRE_CLEANUP(emission_clear)
	struct emission e = { .name = name,
		.tree = tree,
		.compression = compression,
		.cache = cache,
		.batch = batch,
		.env = env,
		.desc = out_desc };
	int rc;

	e.media_type = nacre_media_layer(nacre_codec_name(nacre_compression_codec(compression)));
	nacre_cache_parts_init(&e.parts, cache);
	rc = take_or_write(&e, &reuse, err);
	if (rc == 0)
		rc = annotate(&e, err);
	if (rc)
		return rc;
	*out_layer = e.layer.built;
	if (out_reuse)
		*out_reuse = reuse;
	return 0;
}

int nacre_layer_emit(const char *name, struct nacre_tree *tree,
	const struct nacre_compression *compression, struct nacre_layout_batch *batch,
	const struct nacre_env *env, struct nacre_descriptor *out_desc,
	struct nacre_built_layer *out_layer, struct nacre_err *err)
{
	return nacre_layer_emit_cached(
		name, tree, compression, NULL, batch, env, out_desc, out_layer, NULL, err);
}
