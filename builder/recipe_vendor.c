/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Gathering what a lock names in one layout: images as they are, with their signatures, each listed
 * in its index; files as the layers of one artifact, behind the lock itself. A build finds all of
 * them by the digests of its lock, so the names there are for people and other tools.
 */
#include "base/env.h"
#include "base/file.h"
#include "base/scope.h"
#include "builder/attachments.h"
#include "builder/base_image.h"
#include "builder/blob_copy.h"
#include "builder/recipe_load.h"
#include "builder/target.h"
#include "formats/mediatype.h"
#include "sign/signatures.h"

#include <stdio.h>
#include <string.h>

#define ARTIFACT_TYPE "application/vnd.nacre.inputs.v1"
#define MEDIA_LOCK "application/vnd.nacre.lock.v1+json"
#define MEDIA_FILE "application/octet-stream"
#define ANNOTATION_TITLE "org.opencontainers.image.title"

/* As deep as nacre_layout_resolve() goes. */
#define INDEXES_DEEP 4

struct vendoring {
	const struct nacre_env *env;
	int context;
	struct nacre_recipe *recipe;
	struct nacre_inputs inputs;
	struct nacre_target target;
	struct nacre_layout_batch *batch;
	struct nacre_manifest files;
};

static void vendoring_clear(struct vendoring *v)
{
	nacre_manifest_clear(&v->files);
	nacre_batch_free(v->batch);
	nacre_target_clear(&v->target);
	nacre_inputs_clear(&v->inputs);
	nacre_recipe_free(v->recipe);
	nacre_fd_close(&v->context);
}

/* ------------------------------------------------------------------- images */

/* Of the images in an index only one is needed; but the way to it leads through documents. */
static int copy_indexes(const struct vendoring *v, const struct nacre_layout *from,
	const struct nacre_descriptor *desc, unsigned depth, struct nacre_err *err)
{
	const struct nacre_limits limits = nacre_env_limits(v->env);
	NACRE_CLEANUP(nacre_index_clear)
	struct nacre_index index;
	int rc;

	memset(&index, 0, sizeof(index));
	if (nacre_media_kind(desc->media_type) != NACRE_MEDIA_KIND_INDEX || depth > INDEXES_DEEP)
		return 0;
	rc = nacre_layout_load_index(from, desc, &limits, &index, err);
	if (rc == 0)
		rc = nacre_blob_copy(from, desc, v->target.layout, v->batch, err);
	for (size_t i = 0; i < index.manifests.count && rc == 0; i++) {
		rc = copy_indexes(v, from, &index.manifests.items[i], depth + 1, err);
		if (rc == NACRE_E_NOT_FOUND)
			rc = 0; /* not the way that was gone */
	}
	return rc;
}

/* Signatures of the image and of the index that it was found through, and all else beside them. */
static int copy_attached(
	const struct vendoring *v, const struct nacre_base_image *image, struct nacre_err *err)
{
	const struct nacre_limits limits = nacre_env_limits(v->env);
	NACRE_CLEANUP(nacre_belongings_clear)
	struct nacre_belongings all = { 0 };
	int rc = nacre_belongings_note(&all, &image->top, err);

	if (rc == 0)
		rc = nacre_belongings_note(&all, &image->manifest, err);
	if (rc == 0)
		rc = nacre_belongings_add_attached(
			&all, image->layout, nacre_is_saved_by_cosign(&image->top), &limits, err);
	if (rc)
		return rc;
	nacre_belongings_finish(&all);
	for (size_t i = 0; rc == 0 && i < all.blobs.count; i++)
		rc = nacre_blob_copy(
			image->layout, &all.blobs.items[i], v->target.layout, v->batch, err);
	for (size_t i = 0; rc == 0 && i < all.listed.count; i++)
		rc = nacre_batch_tag(v->batch, &all.listed.items[i], NULL, err);
	return rc;
}

static int add_image(
	struct vendoring *v, const struct nacre_recipe_from *from, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_base_image_clear)
	struct nacre_base_image image = { 0 };
	int rc =
		nacre_base_image_find(v->recipe, from, v->context, &v->inputs, v->env, &image, err);

	if (rc == 0)
		rc = copy_indexes(v, image.layout, &image.top, 1, err);
	if (rc == 0)
		rc = nacre_image_copy(
			image.layout, &image.manifest, v->target.layout, v->batch, v->env, err);
	if (rc == 0)
		rc = copy_attached(v, &image, err);
	nacre_pairs_clear(&image.top.annotations); /* its names there are not names here */
	return rc ? rc : nacre_batch_tag(v->batch, &image.top, NULL, err);
}

/* -------------------------------------------------------------------- files */

static int add_file(
	struct vendoring *v, const struct nacre_input *input, int fd, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_descriptor_clear)
	struct nacre_descriptor desc;
	int rc;

	memset(&desc, 0, sizeof(desc));
	rc = nacre_batch_add_file(v->batch, fd, 0, UINT64_MAX, MEDIA_FILE, &desc, err);
	if (rc == 0)
		rc = nacre_inputs_check(
			&v->inputs, input->kind, input->name, &desc.digest, desc.size_bytes, err);
	if (rc == 0)
		rc = nacre_pairs_set(&desc.annotations, ANNOTATION_TITLE, input->name, err);
	return rc ? rc : nacre_descriptors_add_take(&v->files.layers, &desc, err);
}

static int add_url(struct vendoring *v, const struct nacre_input *input, struct nacre_err *err)
{
	nacre_autofd int fd = -1;
	int rc = nacre_inputs_open_url(
		&v->inputs, input->name, &input->step->sha256, v->env, &fd, err);

	return rc ? rc : add_file(v, input, fd, err);
}

static int add_rootfs(struct vendoring *v, const struct nacre_input *input, struct nacre_err *err)
{
	nacre_autofd int fd = -1;
	int rc = nacre_user_open(v->context, input->from->path, 0, &fd, err);

	return rc ? rc : add_file(v, input, fd, err);
}

/* -------------------------------------------------------------- all of them */

static int add_input(struct vendoring *v, const struct nacre_input *input, struct nacre_err *err)
{
	switch (input->kind) {
	case NACRE_INPUT_IMAGE:
		return add_image(v, input->from, err);
	case NACRE_INPUT_FILE:
		return add_url(v, input, err);
	case NACRE_INPUT_ROOTFS:
		return add_rootfs(v, input, err);
	case NACRE_INPUT_DIRECTORY:
		break;
	}
	return nacre_fail(err, NACRE_E_UNSUPPORTED,
		"a root file system in a directory cannot be gathered; a tar archive can");
}

static int add_inputs(struct vendoring *v, struct nacre_gathered *gathered, struct nacre_err *err)
{
	nacre_autofree struct nacre_input *inputs = NULL;
	int rc = nacre_recipe_inputs(v->recipe, &inputs, &gathered->count, err);

	for (size_t i = 0; i < gathered->count && rc == 0; i++) {
		rc = nacre_step(v->env, err, "gathering %s", inputs[i].name);
		if (rc == 0)
			rc = add_input(v, &inputs[i], err);
		if (rc)
			return nacre_recipe_within(err, v->recipe, inputs[i].mark, rc, "%s '%s'",
				nacre_input_kind_name(inputs[i].kind), inputs[i].name);
		gathered->bytes += v->inputs.lock.entries[i].size_bytes; /* they fit */
	}
	return rc;
}

/* The lock comes first: it says whose the files are. */
static int begin_files(struct vendoring *v, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf text = NACRE_BUF(0);
	NACRE_CLEANUP(nacre_descriptor_clear)
	struct nacre_descriptor desc;
	int rc = nacre_lock_emit(&v->inputs.lock, &text, err);

	memset(&desc, 0, sizeof(desc));
	if (rc == 0)
		rc = nacre_batch_add_blob(v->batch, text.data, text.len, MEDIA_LOCK, &desc, err);
	if (rc == 0)
		rc = nacre_descriptors_add_take(&v->files.layers, &desc, err);
	if (rc == 0)
		rc = nacre_batch_add_blob(v->batch, NACRE_EMPTY_CONFIG, strlen(NACRE_EMPTY_CONFIG),
			NACRE_MEDIA_EMPTY, &v->files.config, err);
	return rc ? rc : nacre_text_set(&v->files.artifact_type, ARTIFACT_TYPE, err);
}

static int finish_files(struct vendoring *v, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf text = NACRE_BUF(0);
	NACRE_CLEANUP(nacre_descriptor_clear)
	struct nacre_descriptor desc;
	int rc = nacre_manifest_emit(&v->files, &text, err);

	memset(&desc, 0, sizeof(desc));
	if (rc == 0)
		rc = nacre_batch_add_blob(
			v->batch, text.data, text.len, NACRE_MEDIA_MANIFEST, &desc, err);
	if (rc == 0)
		rc = nacre_text_set(&desc.artifact_type, ARTIFACT_TYPE, err);
	return rc ? rc : nacre_batch_tag(v->batch, &desc, NULL, err);
}

static int open_target(struct vendoring *v, const char *path, struct nacre_err *err)
{
	struct nacre_ref ref;
	int len;

	memset(&ref, 0, sizeof(ref));
	ref.transport = NACRE_OCI;
	len = snprintf(ref.path, sizeof(ref.path), "%s", path);
	if (len <= 0 || (size_t)len >= sizeof(ref.path))
		return nacre_fail(err, NACRE_E_ARG, "'%s' is no path for a layout", path);
	return nacre_target_open(&v->target, &ref, NULL, err);
}

static int run(struct vendoring *v, const char *path, struct nacre_gathered *gathered,
	struct nacre_err *err)
{
	int rc = open_target(v, path, err);

	if (rc == 0)
		rc = nacre_batch_new(v->target.layout, v->env, &v->batch, err);
	if (rc == 0)
		rc = begin_files(v, err);
	if (rc == 0)
		rc = add_inputs(v, gathered, err);
	if (rc == 0)
		rc = finish_files(v, err);
	if (rc == 0)
		rc = nacre_batch_commit(v->batch, err);
	return rc ? rc : nacre_target_commit(&v->target, !v->env || !v->env->no_sync, err);
}

int nacre_recipe_vendor(const struct nacre_build_options *options, const char *path,
	const struct nacre_env *env, struct nacre_gathered *out_gathered, struct nacre_err *err)
{
	NACRE_CLEANUP(vendoring_clear)
	struct vendoring v;
	struct nacre_gathered gathered = { 0, 0, false };
	int rc;

	memset(&v, 0, sizeof(v));
	v.env = env;
	v.target = (struct nacre_target)NACRE_TARGET;
	rc = nacre_recipe_load(options, env, &v.context, &v.recipe, err);
	if (rc == 0)
		rc = nacre_inputs_open(options, v.context, v.recipe, env, &v.inputs, err);
	if (rc == 0 && !v.inputs.is_locked)
		rc = nacre_fail(err, NACRE_E_ARG,
			"%s: no lock beside the recipe says what to gather; nacre lock writes one",
			options->context);
	if (rc == 0)
		rc = run(&v, path, &gathered, err);
	if (rc == 0)
		*out_gathered = gathered;
	return rc;
}
