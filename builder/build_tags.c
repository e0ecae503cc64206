/* SPDX-License-Identifier: Apache-2.0 */
/* Tagging what was built. */
#include "builder/build_tags.h"

#include "base/env.h"
#include "base/scope.h"
#include "builder/blob_copy.h"
#include "builder/store.h"

#include <string.h>

/* Who puts what where. */
struct tagging {
	const struct nacre_build_tags *tags;
	struct nacre_target *first; /* target of the first tag */
	struct nacre_layout_batch *batch;
	const struct nacre_descriptor *image;
	const struct nacre_env *env;
};

static bool is_synced(const struct nacre_env *env)
{
	return !env || !env->no_sync;
}

static bool is_same_layout(const struct nacre_ref *a, const struct nacre_ref *b)
{
	return a->transport == b->transport &&
		(a->transport == NACRE_STORE || strcmp(a->path, b->path) == 0);
}

/* All tags that lie in the layout of `layout`. */
static int tag_in(const struct tagging *t, struct nacre_layout_batch *batch,
	const struct nacre_ref *layout, struct nacre_err *err)
{
	int rc = 0;

	for (size_t i = 0; i < t->tags->count && rc == 0; i++) {
		const struct nacre_ref *tag = &t->tags->items[i];

		if (is_same_layout(layout, tag))
			rc = nacre_batch_tag(batch, t->image, tag->tag[0] ? tag->tag : NULL, err);
	}
	return rc;
}

/* Puts a copy of the image where one of the tags lies, with all tags that lie there. */
static int copy_to(const struct tagging *t, const struct nacre_ref *layout, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_target_clear)
	struct nacre_target target = NACRE_TARGET;
	NACRE_CLEANUP(nacre_batch_freep)
	struct nacre_layout_batch *batch = NULL;
	int rc = nacre_target_open(&target, layout, t->tags->store, err);

	if (rc == 0)
		rc = nacre_batch_new(target.layout, t->env, &batch, err);
	if (rc == 0)
		rc = nacre_image_copy(
			t->first->layout, t->image, target.layout, batch, t->env, err);
	if (rc == 0)
		rc = tag_in(t, batch, layout, err);
	if (rc == 0)
		rc = nacre_batch_commit(batch, err);
	return rc ? rc : nacre_target_commit(&target, is_synced(t->env), err);
}

/* The first layout has the image. If somebody has made it meanwhile, theirs gets a copy. */
static int store_first(const struct tagging *t, struct nacre_err *err)
{
	const struct nacre_ref *first = &t->tags->items[0];
	int rc = tag_in(t, t->batch, first, err);

	if (rc == 0)
		rc = nacre_step(t->env, err, "storing %s", t->image->digest.text);
	if (rc == 0)
		rc = nacre_batch_commit(t->batch, err);
	if (rc == 0)
		rc = nacre_target_commit(t->first, is_synced(t->env), err);
	return rc == NACRE_E_EXISTS ? copy_to(t, first, err) : rc;
}

static bool is_first_of_its_layout(const struct nacre_ref *tags, size_t at)
{
	for (size_t i = 0; i < at; i++) {
		if (is_same_layout(&tags[i], &tags[at]))
			return false;
	}
	return true;
}

int nacre_build_tags_store(const struct nacre_build_tags *tags, struct nacre_target *target,
	struct nacre_layout_batch *batch, const struct nacre_descriptor *image,
	const struct nacre_env *env, struct nacre_err *err)
{
	const struct tagging t = { tags, target, batch, image, env };
	int rc = store_first(&t, err);

	for (size_t i = 1; i < tags->count && rc == 0; i++) {
		if (is_first_of_its_layout(tags->items, i))
			rc = copy_to(&t, &tags->items[i], err);
	}
	return rc;
}

/* ------------------------------------------------------------------ taking tags */

static int take_name(
	struct nacre_build_tags *tags, const struct nacre_recipe *recipe, struct nacre_err *err)
{
	const char *name = recipe->name.text;

	if (!name)
		return nacre_fail(err, NACRE_E_ARG,
			"%s: the recipe has no name, and no image to build (-t) was given",
			recipe->file_name);
	tags->items = &tags->named;
	tags->count = 1;
	return nacre_ref_parse(name, strlen(name), &tags->named, err);
}

static int check_tag(const struct nacre_ref *tag, const char *store, struct nacre_err *err)
{
	char text[NACRE_REF_TEXT];
	const char *path;
	int rc;

	if (tag->digest.text[0])
		rc = nacre_fail(
			err, NACRE_E_ARG, "a digest cannot be given to what is to be built");
	else
		rc = nacre_store_path(tag, store, &path, err);
	if (rc == 0)
		return 0;
	nacre_ref_print(tag, text);
	return nacre_within(err, rc, "%s", text);
}

int nacre_build_tags_init(struct nacre_build_tags *out_tags,
	const struct nacre_build_options *options, const struct nacre_recipe *recipe,
	struct nacre_err *err)
{
	int rc = 0;

	out_tags->items = options->tags;
	out_tags->count = options->tag_count;
	out_tags->store = options->store;
	if (out_tags->count == 0)
		rc = take_name(out_tags, recipe, err);
	for (size_t i = 0; i < out_tags->count && rc == 0; i++)
		rc = check_tag(&out_tags->items[i], options->store, err);
	return rc;
}
