/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Building: recipe → image in a batch (build_once.c) → when asked for, the same again and compared
 * (build_check.c) → tags (build_tags.c) → a record of it (build_record.c). Nothing is to be seen
 * before the batch is committed.
 */
#include "base/scope.h"
#include "builder/build_check.h"
#include "builder/build_once.h"
#include "builder/build_record.h"
#include "builder/build_tags.h"
#include "builder/recipe_load.h"

#include <string.h>

struct build {
	struct nacre_recipe *recipe;
	int context;
	struct nacre_inputs inputs;
	struct nacre_cache *cache; /* freed last: trees know digests that it holds */
	struct nacre_explainer *explain;
	struct nacre_build_tags tags;
	struct nacre_target target; /* of the first tag */
	struct nacre_layout_batch *batch;
	struct nacre_build_once once;
};

static void build_clear(struct build *b)
{
	nacre_build_once_clear(&b->once);
	nacre_batch_free(b->batch);
	nacre_target_clear(&b->target);
	nacre_inputs_clear(&b->inputs);
	nacre_explainer_free(b->explain);
	nacre_cache_free(b->cache);
	nacre_recipe_free(b->recipe);
	nacre_fd_close(&b->context);
}

/* What earlier builds know, and who is told what of it was of use. */
static int open_cache(struct build *b, const struct nacre_build_options *options,
	const struct nacre_env *env, struct nacre_err *err)
{
	int rc = nacre_cache_open(options->no_cache ? NULL : options->cache, options->cache_bytes,
		env, &b->cache, err);

	if (rc == 0 && (b->cache || options->explain || options->assert_cached))
		rc = nacre_explainer_new(
			options, b->recipe, b->context, b->cache, &b->explain, err);
	b->inputs.known = b->cache;
	b->inputs.explain = b->explain;
	return rc;
}

static int run(struct build *b, const struct nacre_build_options *options,
	const struct nacre_env *env, struct nacre_err *err)
{
	int rc = options->record ? nacre_build_record_check(options->record, err) : 0;

	if (rc == 0)
		rc = nacre_target_open(&b->target, &b->tags.items[0], options->store, err);
	if (rc == 0)
		rc = nacre_batch_new(b->target.layout, env, &b->batch, err);
	if (rc)
		return rc;
	b->once.options = options;
	b->once.recipe = b->recipe;
	b->once.context = b->context;
	b->once.inputs = &b->inputs;
	b->once.env = env;
	b->once.layout = b->target.layout;
	b->once.batch = b->batch;
	rc = nacre_build_once_run(&b->once, err);
	if (rc == 0 && options->check)
		rc = nacre_build_check(&b->once, err);
	if (rc == 0)
		rc = nacre_build_tags_store(
			&b->tags, &b->target, b->batch, &b->once.image.desc, env, err);
	if (rc == 0 && options->record)
		rc = nacre_build_record_write(options->record, &b->once, err);
	return rc;
}

int nacre_build(const struct nacre_build_options *options, const struct nacre_env *env,
	struct nacre_built *out_built, struct nacre_err *err)
{
	NACRE_CLEANUP(build_clear)
	struct build b;
	int rc;

	memset(&b, 0, sizeof(b));
	b.target = (struct nacre_target)NACRE_TARGET;
	rc = nacre_recipe_load(options, env, &b.context, &b.recipe, err);
	if (rc == 0)
		rc = nacre_inputs_open(options, b.context, b.recipe, env, &b.inputs, err);
	if (rc == 0)
		rc = open_cache(&b, options, env, err);
	if (rc == 0)
		rc = nacre_build_tags_init(&b.tags, options, b.recipe, err);
	if (rc == 0)
		rc = run(&b, options, env, err);
	if (rc == 0)
		*out_built = b.once.image.built;
	return rc;
}
