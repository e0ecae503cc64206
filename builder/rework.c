/* SPDX-License-Identifier: Apache-2.0 */
/* What squash, rebase, commit and config have in common: an image out of another one. */
#include "builder/rework.h"

#include "base/env.h"
#include "base/scope.h"
#include "base/text.h"
#include "builder/blob_copy.h"
#include "builder/image_documents.h"
#include "builder/layer_emit.h"
#include "builder/layer_limits.h"
#include "formats/mediatype.h"
#include "sign/trusted.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ------------------------------------------------------------------------ begin */

static int take_tags(struct nacre_rework *rework, struct nacre_err *err)
{
	const struct nacre_build_options options = {
		.tags = rework->options->tags,
		.tag_count = rework->options->tag_count,
		.store = rework->options->store,
	};

	if (options.tag_count == 0)
		return nacre_fail(err, NACRE_E_ARG, "no name for the new image (-t) was given");
	return nacre_build_tags_init(&rework->tags, &options, NULL, err);
}

/* The time that the new image says: the caller's, else that of the image it is made of. */
static int set_created(struct nacre_rework *rework, struct nacre_err *err)
{
	char time[NACRE_TIME_TEXT];

	if (!rework->options->has_epoch)
		return 0;
	nacre_time_print(rework->options->epoch, time);
	return nacre_text_set(&rework->config.created, time, err);
}

int nacre_rework_begin(struct nacre_rework *rework, const struct nacre_trusted *image,
	const struct nacre_rework_options *options, const struct nacre_env *env,
	struct nacre_err *err)
{
	int rc;

	memset(rework, 0, sizeof(*rework));
	rework->target = (struct nacre_target)NACRE_TARGET;
	rework->options = options;
	rework->env = env;
	rc = take_tags(rework, err);
	if (rc == 0)
		rc = nacre_config_copy(nacre_trusted_config(image), &rework->config, err);
	if (rc)
		return rc;
	nacre_buf_clear(&rework->config.raw);
	nacre_config_clear_layers(&rework->config);
	rc = nacre_pairs_copy(
		&nacre_trusted_manifest(image)->annotations, &rework->manifest.annotations, err);
	if (rc == 0)
		rc = set_created(rework, err);
	if (rc == 0)
		rc = nacre_target_open(
			&rework->target, &rework->tags.items[0], options->store, err);
	return rc ? rc : nacre_batch_new(rework->target.layout, env, &rework->batch, err);
}

void nacre_rework_clear(struct nacre_rework *rework)
{
	nacre_manifest_clear(&rework->manifest);
	nacre_config_clear(&rework->config);
	nacre_batch_free(rework->batch);
	nacre_target_clear(&rework->target);
}

/* ----------------------------------------------------------------------- layers */

int nacre_rework_scratch(const struct nacre_rework *rework)
{
	return nacre_layout_dir(rework->target.layout);
}

int nacre_rework_read(const struct nacre_rework *rework, const struct nacre_layout *layout,
	const struct nacre_trusted *image, size_t layers, struct nacre_image_tree *out_tree,
	struct nacre_err *err)
{
	/* Views that own nothing. */
	struct nacre_manifest manifest = *nacre_trusted_manifest(image);
	struct nacre_config config = *nacre_trusted_config(image);

	manifest.layers.count = layers;
	config.diff_id_count = layers;
	return nacre_image_tree_read(layout, &manifest, &config, nacre_rework_scratch(rework),
		rework->env, out_tree, err);
}

/* The manifest that names it is OCI's, in which Docker's names for the same thing are foreign. */
static int translate(struct nacre_descriptor *desc, struct nacre_err *err)
{
	const struct nacre_media *media = nacre_media_find(desc->media_type);

	if (!media || strncmp(desc->media_type, "application/vnd.docker.", 23) != 0)
		return 0;
	return nacre_text_set(&desc->media_type, nacre_media_layer(media->compression), err);
}

/* `built` is whole; the descriptor is taken. */
static int count_layer(struct nacre_rework *rework, const struct nacre_built_layer *built,
	struct nacre_descriptor *desc, struct nacre_err *err)
{
	int rc = nacre_descriptors_add_take(&rework->manifest.layers, desc, err);

	if (rc == 0)
		rc = nacre_config_add_diff_id(&rework->config, &built->diff_id, err);
	if (rc == 0)
		rework->built.layer_count++;
	return rc;
}

static int keep_layer(struct nacre_rework *rework, const struct nacre_layout *layout,
	const struct nacre_descriptor *from, const struct nacre_digest *diff_id,
	struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_descriptor_clear)
	struct nacre_descriptor desc = { 0 };
	struct nacre_built_layer *built = nacre_layer_next(&rework->built, rework->env, err);
	int rc;

	if (!built)
		return NACRE_E_LIMIT;
	rc = nacre_blob_copy(layout, from, rework->target.layout, rework->batch, err);
	if (rc == 0)
		rc = nacre_descriptor_copy(from, &desc, err);
	if (rc == 0)
		rc = translate(&desc, err);
	if (rc)
		return rc;
	*built = (struct nacre_built_layer){
		.diff_id = *diff_id, .blob = from->digest, .blob_bytes = from->size_bytes
	};
	return count_layer(rework, built, &desc, err);
}

int nacre_rework_keep(struct nacre_rework *rework, const struct nacre_layout *layout,
	const struct nacre_trusted *image, size_t from, size_t to, struct nacre_err *err)
{
	const struct nacre_manifest *manifest = nacre_trusted_manifest(image);
	const struct nacre_config *config = nacre_trusted_config(image);
	int rc = 0;

	for (size_t i = from; i < to && rc == 0; i++) {
		rc = keep_layer(
			rework, layout, &manifest->layers.items[i], &config->diff_ids[i], err);
		if (rc)
			rc = nacre_within(
				err, rc, "layer %zu of %zu", i + 1, manifest->layers.count);
	}
	return rc;
}

static int emit(struct nacre_rework *rework, const char *name, struct nacre_tree *diff,
	struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_descriptor_clear)
	struct nacre_descriptor desc = { 0 };
	struct nacre_built_layer *built = nacre_layer_next(&rework->built, rework->env, err);
	int rc;

	if (!built)
		return NACRE_E_LIMIT;
	rc = nacre_layer_emit(name, diff, &rework->options->compression, rework->batch, rework->env,
		&desc, built, err);
	if (rc == 0)
		rc = nacre_layer_check_limits(built, name, rework->env, err);
	return rc ? rc : count_layer(rework, built, &desc, err);
}

/* ---------------------------------------------------------------------- history */

static int tell(struct nacre_rework *rework, const char *name, bool is_empty, struct nacre_err *err)
{
	nacre_autofree char *by = NULL;
	struct nacre_history entry = { .created = rework->config.created, .empty_layer = is_empty };

	if (asprintf(&by, "nacre: %s", name) < 0) {
		by = NULL;
		return nacre_fail_nomem(err);
	}
	entry.created_by = by;
	/* Only copied; the entry does not own it. */
	entry.comment = (char *)(uintptr_t)rework->options->comment;
	return nacre_config_add_history(&rework->config, &entry, err);
}

int nacre_rework_tell(struct nacre_rework *rework, const char *name, struct nacre_err *err)
{
	return tell(rework, name, true, err);
}

int nacre_rework_add(struct nacre_rework *rework, const char *name, struct nacre_tree *before,
	struct nacre_tree *after, nacre_same_content_fn *same, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_tree_clear)
	struct nacre_tree diff = NACRE_TREE;
	bool is_empty;
	int rc = nacre_step(rework->env, err, "%s", name);

	if (rc == 0)
		rc = nacre_tree_diff(before, after, same, NULL, &diff, err);
	if (rc)
		return rc;
	is_empty = nacre_tree_is_nothing(&diff);
	if (!is_empty)
		rc = emit(rework, name, &diff, err);
	return rc ? rc : tell(rework, name, is_empty, err);
}

int nacre_rework_history(struct nacre_rework *rework, const struct nacre_config *config,
	size_t from, size_t to, bool is_empty, struct nacre_err *err)
{
	const struct nacre_history made_up = { .created = config->created,
		.empty_layer = is_empty };
	bool has_one = config->history_count > 0;
	size_t count = has_one ? config->history_count : config->diff_id_count;
	int rc = 0;

	for (size_t i = from; i < to && i < count && rc == 0; i++) {
		struct nacre_history entry = has_one ? config->history[i] : made_up;

		entry.empty_layer = entry.empty_layer || is_empty;
		rc = nacre_config_add_history(&rework->config, &entry, err);
	}
	return rc;
}

/* ----------------------------------------------------------------------- finish */

int nacre_rework_finish(struct nacre_rework *rework, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_descriptor_clear)
	struct nacre_descriptor desc = { 0 };
	int rc = nacre_image_documents_add(rework->batch, &rework->config, &rework->manifest,
		rework->env, &rework->built, &desc, err);

	return rc ? rc
		  : nacre_build_tags_store(
			    &rework->tags, &rework->target, rework->batch, &desc, rework->env, err);
}
