/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading all layers of an image into one tree. The blobs are opened and hashed here; whatever
 * looks into them is done in a worker, and the tree comes back through a file without a name.
 */
#include "builder/image_tree.h"

#include "base/env.h"
#include "base/scope.h"
#include "base/worker.h"
#include "builder/layer_stream.h"
#include "layers/fold.h"
#include "layers/tree_wire.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MIB ((uint64_t)1 << 20)

void nacre_image_tree_clear(struct nacre_image_tree *image)
{
	nacre_tree_clear(&image->tree);
	for (size_t i = 0; i < image->layer_count; i++)
		nacre_layer_blob_free(image->layers[i]);
	free(image->layers);
	memset(image, 0, sizeof(*image));
}

static int check_totals(const struct nacre_image_tree *image, const struct nacre_limits *limits,
	struct nacre_err *err)
{
	if (image->tar_bytes > limits->image_bytes)
		return nacre_fail(err, NACRE_E_LIMIT,
			"more than %llu bytes in all layers (limit image-bytes)",
			(unsigned long long)limits->image_bytes);
	if (image->members > limits->image_members)
		return nacre_fail(err, NACRE_E_LIMIT,
			"more than %llu members in all layers (limit image-members)",
			(unsigned long long)limits->image_members);
	/* What each layer may begin with for free would be gigabytes in hundreds of them. */
	return nacre_ratio_check(image->blob_bytes, image->tar_bytes, limits, err);
}

static int fold_blob(struct nacre_image_tree *image, size_t i, const struct nacre_env *env,
	const struct nacre_limits *limits, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_layer_stream_freep)
	struct nacre_layer_stream *stream = NULL;
	struct nacre_layer_blob *blob = image->layers[i];
	struct nacre_layer_counts counts = { 0 };
	uint64_t bytes = 0;
	int rc = nacre_step(env, err, "reading %s", nacre_layer_blob_name(blob));

	if (rc == 0)
		rc = nacre_layer_stream_open_here(blob, env, &stream, err);
	if (rc == 0)
		rc = nacre_fold_layer(&image->tree, (unsigned)i + 1, nacre_layer_blob_origin(blob),
			nacre_layer_stream_source(stream), nacre_layer_blob_limits(blob), &counts,
			err);
	if (rc == 0)
		rc = nacre_layer_stream_finish(stream, &bytes, err);
	rc = nacre_budget_settle(nacre_layer_blob_budget(blob), &counts, bytes, rc, err);
	image->members += counts.members;
	image->tar_bytes += bytes;
	image->blob_bytes += nacre_layer_blob_size(blob);
	if (rc == 0)
		rc = check_totals(image, limits, err);
	return rc ? nacre_within(err, rc, "%s", nacre_layer_blob_name(blob)) : 0;
}

static int open_layers(struct nacre_image_tree *image, const struct nacre_layout *layout,
	const struct nacre_manifest *manifest, const struct nacre_config *config, int scratch,
	const struct nacre_env *env, struct nacre_err *err)
{
	const struct nacre_limits limits = nacre_env_limits(env);
	size_t count = manifest->layers.count;
	int rc = 0;

	if (count > limits.layers)
		return nacre_fail(err, NACRE_E_LIMIT, "more than %llu layers (limit layers)",
			(unsigned long long)limits.layers);
	image->layers = calloc(count ? count : 1, sizeof(image->layers[0]));
	if (!image->layers)
		return nacre_fail_nomem(err);
	for (size_t i = 0; i < count && rc == 0; i++) {
		char name[64];

		(void)snprintf(name, sizeof(name), "layer %zu of %zu", i + 1, count);
		rc = nacre_step(env, err, "checking %s", name);
		if (rc == 0)
			rc = nacre_layer_blob_open(layout, &manifest->layers.items[i],
				&config->diff_ids[i], name, scratch, env, &image->layers[i], err);
		if (rc == 0)
			image->layer_count++;
	}
	return rc;
}

int nacre_image_tree_open(const struct nacre_layout *layout, const struct nacre_manifest *manifest,
	const struct nacre_config *config, int scratch, const struct nacre_env *env,
	struct nacre_image_tree *out_image, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_image_tree_clear)
	struct nacre_image_tree image;
	int rc;

	memset(&image, 0, sizeof(image));
	rc = nacre_tree_init(&image.tree, err);
	if (rc == 0)
		rc = open_layers(&image, layout, manifest, config, scratch, env, err);
	if (rc)
		return rc;
	*out_image = image;
	memset(&image, 0, sizeof(image));
	return 0;
}

int nacre_image_tree_fold(
	struct nacre_image_tree *image, const struct nacre_env *env, struct nacre_err *err)
{
	const struct nacre_limits limits = nacre_env_limits(env);
	int rc = 0;

	for (size_t i = 0; i < image->layer_count && rc == 0; i++)
		rc = fold_blob(image, i, env, &limits, err);
	return rc;
}

void nacre_image_tree_want_layers(const struct nacre_image_tree *image)
{
	for (struct nacre_node *node = image->tree.root; node; node = nacre_tree_next(node)) {
		const struct nacre_inode *inode = node->inode;

		if (inode->type == NACRE_TYPE_FILE && inode->size_bytes > 0)
			nacre_layer_blob_want(inode->u.content.origin);
	}
}

/* ------------------------------------------------------- from process to process */

/* The layers as origins of contents, by number. */
static int list_origins(const struct nacre_image_tree *image, struct nacre_origin ***out_origins,
	struct nacre_err *err)
{
	struct nacre_origin **origins =
		calloc(image->layer_count + 1, sizeof(struct nacre_origin *));

	if (!origins)
		return nacre_fail_nomem(err);
	for (size_t i = 0; i < image->layer_count; i++)
		origins[i] = nacre_layer_blob_origin(image->layers[i]);
	*out_origins = origins;
	return 0;
}

int nacre_image_tree_store(struct nacre_image_tree *image, int fd, struct nacre_err *err)
{
	nacre_autofree struct nacre_origin **origins = NULL;
	NACRE_CLEANUP(nacre_sink_freep)
	struct nacre_sink *sink = NULL;
	int rc = list_origins(image, &origins, err);

	if (rc == 0)
		rc = nacre_sink_fd(fd, &sink, err);
	return rc ? rc
		  : nacre_tree_wire_write(&image->tree, origins, image->layer_count, sink, err);
}

int nacre_image_tree_load(
	struct nacre_image_tree *image, int fd, const struct nacre_env *env, struct nacre_err *err)
{
	const struct nacre_limits limits = nacre_env_limits(env);
	nacre_autofree struct nacre_origin **origins = NULL;
	NACRE_CLEANUP(nacre_source_freep)
	struct nacre_source *source = NULL;
	int rc = list_origins(image, &origins, err);

	if (rc == 0)
		rc = nacre_source_fd(fd, 0, UINT64_MAX, &source, err);
	return rc ? rc
		  : nacre_tree_wire_read(
			    source, origins, image->layer_count, &limits, &image->tree, err);
}

int nacre_image_tree_fds(const struct nacre_image_tree *image, const int *more, size_t more_count,
	int **out_fds, size_t *out_count, struct nacre_err *err)
{
	size_t count = image->layer_count + more_count;
	int *fds = calloc(count + 1, sizeof(*fds));

	if (!fds)
		return nacre_fail_nomem(err);
	for (size_t i = 0; i < image->layer_count; i++)
		fds[i] = image->layers[i]->fd;
	for (size_t i = 0; i < more_count; i++)
		fds[image->layer_count + i] = more[i];
	*out_fds = fds;
	*out_count = count;
	return 0;
}

uint64_t nacre_image_tree_memory(const struct nacre_limits *limits)
{
	uint64_t bytes, more = nacre_layer_stream_memory(limits);

	/* The tree, what folding keeps of a layer until its end, and the tables of both. */
	if (more == 0 || __builtin_mul_overflow(limits->tree_bytes, (uint64_t)4, &bytes) ||
		__builtin_add_overflow(bytes, more + 64 * MIB, &bytes))
		return 0;
	return bytes;
}

/* ---------------------------------------------------------------------- worker */

struct reading {
	struct nacre_image_tree *image;
	int file; /* -1: nobody wants the tree */
};

struct found {
	uint64_t tar_bytes;
	uint64_t members;
};

static int read_in_worker(struct nacre_worker_self *self, void *user, struct nacre_err *err)
{
	const struct reading *reading = user;
	struct nacre_image_tree *image = reading->image;
	struct found found;
	int rc = nacre_image_tree_fold(image, nacre_worker_env(self), err);

	if (rc == 0 && reading->file >= 0)
		rc = nacre_image_tree_store(image, reading->file, err);
	found = (struct found){ image->tar_bytes, image->members };
	return rc ? rc : nacre_worker_report(self, &found, sizeof(found), err);
}

static int read_layers(struct nacre_image_tree *image, int file, const struct nacre_env *env,
	struct nacre_err *err)
{
	const struct nacre_limits limits = nacre_env_limits(env);
	NACRE_CLEANUP(nacre_worker_freep)
	struct nacre_worker *worker = NULL;
	nacre_autofree int *fds = NULL;
	struct reading reading = { image, file };
	struct nacre_worker_job job = {
		.name = "the worker that reads",
		.cage = { .kind = NACRE_CAGE_READ,
			.memory_bytes = nacre_image_tree_memory(&limits),
			.file_bytes = limits.tree_bytes },
		.run = read_in_worker,
		.user = &reading,
	};
	struct found found = { 0, 0 };
	int rc = nacre_image_tree_fds(image, &file, file >= 0, &fds, &job.fd_count, err);

	job.fds = fds;
	if (rc == 0)
		rc = nacre_worker_start(&job, env, &worker, err);
	if (rc == 0)
		rc = nacre_worker_wait(worker, &found, sizeof(found), err);
	image->tar_bytes = found.tar_bytes;
	image->members = found.members;
	return rc;
}

int nacre_image_tree_read_opened(
	struct nacre_image_tree *image, const struct nacre_env *env, struct nacre_err *err)
{
	nacre_autofd int file = -1;
	int rc = nacre_worker_file(&file, err);

	if (rc == 0)
		rc = read_layers(image, file, env, err);
	return rc ? rc : nacre_image_tree_load(image, file, env, err);
}

int nacre_image_tree_read(const struct nacre_layout *layout, const struct nacre_manifest *manifest,
	const struct nacre_config *config, int scratch, const struct nacre_env *env,
	struct nacre_image_tree *out_image, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_image_tree_clear)
	struct nacre_image_tree image;
	int rc;

	memset(&image, 0, sizeof(image));
	rc = nacre_image_tree_open(layout, manifest, config, scratch, env, &image, err);
	if (rc == 0)
		rc = nacre_image_tree_read_opened(&image, env, err);
	if (rc)
		return rc;
	*out_image = image;
	memset(&image, 0, sizeof(image));
	return 0;
}

int nacre_image_tree_check(const struct nacre_layout *layout, const struct nacre_manifest *manifest,
	const struct nacre_config *config, const struct nacre_env *env,
	struct nacre_image_tree *out_image, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_image_tree_clear)
	struct nacre_image_tree image;
	int rc;

	memset(&image, 0, sizeof(image));
	rc = nacre_image_tree_open(layout, manifest, config, -1, env, &image, err);
	if (rc == 0)
		rc = read_layers(&image, -1, env, err);
	if (rc)
		return rc;
	*out_image = image;
	memset(&image, 0, sizeof(image));
	return 0;
}
