/* SPDX-License-Identifier: Apache-2.0 */
/* A tree as a layer that goes nowhere. */
#include "builder/tree_digest.h"

#include "base/env.h"
#include "base/scope.h"
#include "builder/same_content.h"
#include "layers/diff.h"
#include "layers/tar_write.h"

static int write_tar(struct nacre_tree *tree, const struct nacre_env *env, struct nacre_hash *hash,
	uint64_t *out_size_bytes, struct nacre_err *err)
{
	const struct nacre_limits limits = nacre_env_limits(env);
	NACRE_CLEANUP(nacre_sink_freep)
	struct nacre_sink *sink = NULL;
	struct nacre_layer_stats stats;
	int rc = nacre_sink_hash(NULL, hash, out_size_bytes, &sink, err);

	if (rc == 0)
		rc = nacre_tar_write(tree, &limits, sink, &stats, err);
	return rc ? rc : nacre_sink_finish(sink, err);
}

int nacre_tree_digest(struct nacre_tree *tree, const struct nacre_env *env,
	struct nacre_digest *out_digest, uint64_t *out_size_bytes, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_tree_clear)
	struct nacre_tree empty = NACRE_TREE;
	NACRE_CLEANUP(nacre_tree_clear)
	struct nacre_tree whole = NACRE_TREE;
	NACRE_CLEANUP(nacre_hash_freep)
	struct nacre_hash *hash = NULL;
	int rc = nacre_tree_init(&empty, err);

	*out_size_bytes = 0;
	if (rc == 0)
		rc = nacre_tree_diff(&empty, tree, nacre_same_content, NULL, &whole, err);
	if (rc == 0)
		rc = nacre_hash_new(&hash, err);
	if (rc == 0)
		rc = write_tar(&whole, env, hash, out_size_bytes, err);
	if (rc == 0)
		nacre_hash_finish(hash, out_digest);
	return rc;
}
