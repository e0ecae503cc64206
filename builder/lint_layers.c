/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The layers of an image. Their digests are proven here; what looks into them is a worker in a
 * cage, which tells what it finds through a file.
 */
#include "builder/lint_layers.h"

#include "base/env.h"
#include "base/file.h"
#include "base/worker.h"
#include "builder/image_tree.h"
#include "builder/lint_blob.h"
#include "builder/lint_wire.h"
#include "builder/unpack_policy.h"
#include "layers/lint_layer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHUNK 16384
/* What a lint needs on top of reading: offsets of members, and names to compare. */
#define MORE_MEMORY ((uint64_t)512 << 20)

/* A layer's blob; fd is -1 for one that is not looked into. */
struct opened {
	int fd;
	uint64_t offset; /* where it begins in there */
	enum nacre_codec codec;
};

struct image {
	const struct nacre_manifest *manifest;
	const struct nacre_config *config;
	struct nacre_limits limits;
	struct opened *layers; /* as in the manifest */
	size_t count;
	int file; /* where the worker's findings go */
	char place[64];

	/* In the worker: */
	const struct nacre_env *env;
	struct nacre_lint lint;
	struct nacre_tree tree;
	uint64_t tar_bytes;
	uint64_t members;
};

static void image_clear(struct image *image)
{
	for (size_t i = 0; image->layers && i < image->count; i++)
		nacre_fd_close(&image->layers[i].fd);
	free(image->layers);
	nacre_fd_close(&image->file);
}

static const char *place_of(struct image *image, size_t i)
{
	(void)snprintf(image->place, sizeof(image->place), "layer %zu of %zu", i + 1, image->count);
	return image->place;
}

/* --------------------------------------------------------------------- opening */

/* *out_usable is false for what is no layer, or not here. */
static int lint_media_type(struct nacre_lint *lint, const struct nacre_descriptor *desc,
	enum nacre_codec *out_codec, bool *out_usable, struct nacre_err *err)
{
	int rc = nacre_layer_codec(desc->media_type, out_codec, err);

	*out_usable = rc == 0;
	if (rc)
		return nacre_lint_refuse_as(lint, NACRE_RULE_BLOB_MEDIA_TYPE, rc, err);
	*out_usable = !strstr(desc->media_type, ".nondistributable.") &&
		!strstr(desc->media_type, ".foreign.");
	return *out_usable ? 0
			   : nacre_lint_refuse(lint, NACRE_RULE_BLOB_MEDIA_TYPE, err,
				     "'%.128s', whose content is elsewhere", desc->media_type);
}

static int hash_blob(int fd, uint64_t offset, const struct nacre_descriptor *desc,
	const char *place, const struct nacre_env *env, struct nacre_digest *out_digest,
	struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_hash_freep)
	struct nacre_hash *hash = NULL;
	NACRE_CLEANUP(nacre_source_freep)
	struct nacre_source *source = NULL;
	uint64_t done = 0, told = 0;
	char data[CHUNK];
	size_t got = 1;
	int rc = nacre_source_fd(fd, offset, desc->size_bytes, &source, err);

	if (rc == 0)
		rc = nacre_hash_new_like(&desc->digest, &hash, err);
	while (rc == 0 && got > 0) {
		rc = nacre_source_read(source, data, sizeof(data), &got, err);
		if (rc)
			break;
		nacre_hash_add(hash, data, got);
		done += got;
		if (done - told < NACRE_LAYER_PROGRESS)
			continue;
		told = done;
		rc = nacre_progress(env, place, done, desc->size_bytes, err);
	}
	if (rc == 0)
		nacre_hash_finish(hash, out_digest);
	return rc;
}

/* Opens a blob and proves its digest; layer->fd stays -1 when that cannot be. */
static int open_blob(struct image *image, const struct nacre_layout *layout,
	const struct nacre_descriptor *desc, const struct nacre_env *env, struct nacre_lint *lint,
	struct opened *layer, struct nacre_err *err)
{
	nacre_autofd int fd = -1;
	struct nacre_digest digest;
	int rc;

	if (desc->size_bytes > image->limits.blob_bytes)
		return nacre_lint_refuse(lint, NACRE_RULE_LIMIT, err,
			"more than %llu bytes (limit blob-bytes)",
			(unsigned long long)image->limits.blob_bytes);
	rc = nacre_layout_open_blob(layout, desc, &fd, &layer->offset, err);
	if (rc)
		return nacre_lint_refuse_blob(lint, rc, err);
	rc = hash_blob(fd, layer->offset, desc, image->place, env, &digest, err);
	if (rc)
		return rc;
	if (!nacre_digest_equal(&digest, &desc->digest))
		return nacre_lint_refuse(lint, NACRE_RULE_BLOB_DIGEST, err,
			"blob %s: content has digest %s", desc->digest.text, digest.text);
	layer->fd = nacre_steal_fd(&fd);
	return 0;
}

static int open_layers(struct image *image, const struct nacre_layout *layout,
	const struct nacre_env *env, struct nacre_lint *lint, struct nacre_err *err)
{
	int rc = 0;

	image->layers = calloc(image->count + 1, sizeof(*image->layers));
	if (!image->layers)
		return nacre_fail_nomem(err);
	for (size_t i = 0; i < image->count; i++)
		image->layers[i].fd = -1;
	for (size_t i = 0; i < image->count && rc == 0; i++) {
		const struct nacre_descriptor *desc = &image->manifest->layers.items[i];
		struct opened *layer = &image->layers[i];
		bool usable = false;

		if (!desc->media_type)
			continue;
		rc = nacre_step(env, err, "checking %s", place_of(image, i));
		if (rc == 0)
			rc = nacre_lint_enter(lint, image->place, (unsigned)i + 1, err);
		if (rc == 0)
			rc = lint_media_type(lint, desc, &layer->codec, &usable, err);
		if (rc == 0 && usable)
			rc = open_blob(image, layout, desc, env, lint, layer, err);
	}
	return rc;
}

/* -------------------------------------------------------- in the worker: layers */

/* What was read, against what the documents say of it. */
static int compare(
	struct image *image, size_t i, const struct nacre_linted *linted, struct nacre_err *err)
{
	const struct nacre_descriptor *desc = &image->manifest->layers.items[i];
	const struct nacre_digest *want =
		i < image->config->diff_id_count ? &image->config->diff_ids[i] : NULL;
	bool is_whole = !nacre_digest_is_empty(&linted->diff_id);
	struct nacre_limits limits = image->limits;
	struct nacre_budget budget = { 0 };
	int rc = nacre_budget_parse(&desc->annotations, &budget, err);

	if (rc == 0)
		rc = nacre_budget_lower(&budget, &limits, err);
	if (rc == 0 && is_whole)
		rc = nacre_budget_settle(&budget, &linted->counts, linted->tar_bytes, 0, err);
	rc = nacre_lint_refuse_as(&image->lint, NACRE_RULE_BLOB_BUDGET, rc, err);
	if (rc == 0 && want && is_whole && !nacre_digest_equal(want, &linted->diff_id))
		rc = nacre_lint_refuse(&image->lint, NACRE_RULE_BLOB_DIFF_ID, err,
			"content has DiffID %s, the config says %s", linted->diff_id.text,
			want->text);
	return rc;
}

/* Each total once, when it is passed. */
static int check_totals(
	struct image *image, const struct nacre_linted *linted, struct nacre_err *err)
{
	const struct nacre_limits *limits = &image->limits;
	uint64_t bytes = image->tar_bytes, members = image->members;
	int rc = 0;

	image->tar_bytes += linted->tar_bytes;
	image->members += linted->counts.members;
	if (bytes <= limits->image_bytes && image->tar_bytes > limits->image_bytes)
		rc = nacre_lint_refuse(&image->lint, NACRE_RULE_LIMIT, err,
			"more than %llu bytes in all layers (limit image-bytes)",
			(unsigned long long)limits->image_bytes);
	if (rc == 0 && members <= limits->image_members && image->members > limits->image_members)
		rc = nacre_lint_refuse(&image->lint, NACRE_RULE_LIMIT, err,
			"more than %llu members in all layers (limit image-members)",
			(unsigned long long)limits->image_members);
	return rc;
}

/* The blob's bytes, with their progress. */
struct told_source {
	struct nacre_source base; /* first */
	struct nacre_source *inner;
	const struct image *image;
	uint64_t done, told, total;
};

static int told_read(
	struct nacre_source *source, void *data, size_t cap, size_t *out_len, struct nacre_err *err)
{
	struct told_source *t = (struct told_source *)source;
	int rc = nacre_source_read(t->inner, data, cap, out_len, err);

	if (rc)
		return rc;
	t->done += *out_len;
	if (t->done - t->told < NACRE_LAYER_PROGRESS)
		return 0;
	t->told = t->done;
	return nacre_progress(t->image->env, t->image->place, t->done, t->total, err);
}

static int lint_layer(struct image *image, size_t i, struct nacre_err *err)
{
	const struct nacre_descriptor *desc = &image->manifest->layers.items[i];
	const struct opened *layer = &image->layers[i];
	NACRE_CLEANUP(nacre_source_freep)
	struct nacre_source *file = NULL;
	struct told_source source = {
		.base = { told_read, NULL }, .image = image, .total = desc->size_bytes
	};
	struct nacre_linted linted = { 0 };
	int rc = nacre_source_fd(layer->fd, layer->offset, desc->size_bytes, &file, err);

	source.inner = file;
	if (rc == 0)
		rc = nacre_lint_layer(&image->tree, (unsigned)i + 1, layer->codec, &source.base,
			i < image->config->diff_id_count ? &image->config->diff_ids[i]
							 : &desc->digest,
			&image->limits, &image->lint, &linted, err);
	if (rc == 0)
		rc = compare(image, i, &linted, err);
	return rc ? rc : check_totals(image, &linted, err);
}

/* ---------------------------------------------------------- in the worker: tree */

static int lint_xattrs(
	struct nacre_lint *lint, const struct nacre_xattrs *xattrs, struct nacre_err *err)
{
	static const struct nacre_unpack_options usual;
	const struct nacre_write_options how = nacre_unpack_how(&usual);
	int rc = 0;

	for (size_t i = 0; xattrs && i < xattrs->count && rc == 0; i++) {
		const char *name = xattrs->items[i].name;
		enum nacre_xattr_verdict verdict = nacre_unpack_judge_xattr(&how, name);

		if (verdict == NACRE_XATTR_REFUSE)
			rc = nacre_lint_refuse(lint, NACRE_RULE_UNPACK_OVERLAY, err,
				"xattr '%s', which overlayfs would take for its own", name);
		else if (verdict == NACRE_XATTR_LEAVE_OUT)
			rc = nacre_lint_remark(lint, NACRE_RULE_UNPACK_XATTR, err,
				"xattr '%s' is left out without --xattrs all", name);
	}
	return rc;
}

static bool is_device(const struct nacre_inode *inode)
{
	return inode->type == NACRE_TYPE_CHAR || inode->type == NACRE_TYPE_BLOCK;
}

static int lint_node(struct nacre_lint *lint, const struct nacre_node *node, struct nacre_err *err)
{
	const struct nacre_inode *inode = node->inode;
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf path = NACRE_BUF((size_t)1 << 24);
	int rc = nacre_node_path(node, &path, err);

	if (rc == 0)
		rc = nacre_lint_about(lint, path.len ? path.data : "/", err);
	if (rc == 0 && is_device(inode))
		rc = nacre_lint_refuse(lint, NACRE_RULE_UNPACK_DEVICE, err, "a %s, %u:%u",
			nacre_type_name(inode->type), inode->u.device.major, inode->u.device.minor);
	return rc ? rc : lint_xattrs(lint, inode->xattrs, err);
}

/* What unpacking makes of the final tree: what a higher layer has removed harms nobody. */
static int lint_tree(struct image *image, struct nacre_err *err)
{
	int rc = nacre_lint_enter(&image->lint, "all layers", 0, err);

	if (rc == 0)
		rc = nacre_lint_tree(&image->tree, &image->lint, err);
	nacre_tree_forget_first(&image->tree);
	for (struct nacre_node *at = image->tree.root; at && rc == 0; at = nacre_tree_next(at)) {
		if (at->inode->first || (!at->inode->xattrs && !is_device(at->inode)))
			continue;
		at->inode->first = at;
		rc = lint_node(&image->lint, at, err);
	}
	return rc;
}

/* ---------------------------------------------------------------------- worker */

static int lint_all(struct image *image, struct nacre_err *err)
{
	int rc = nacre_tree_init(&image->tree, err);

	for (size_t i = 0; i < image->count && rc == 0; i++) {
		if (image->layers[i].fd < 0)
			continue;
		rc = nacre_step(image->env, err, "reading %s", place_of(image, i));
		if (rc == 0)
			rc = nacre_lint_enter(&image->lint, image->place, (unsigned)i + 1, err);
		if (rc == 0)
			rc = lint_layer(image, i, err);
	}
	if (rc == 0)
		rc = lint_tree(image, err);
	nacre_tree_clear(&image->tree);
	return rc;
}

static int run(struct nacre_worker_self *self, void *user, struct nacre_err *err)
{
	struct image *image = user;
	struct nacre_lint_wire wire = { .fd = image->file };
	int rc;

	image->env = nacre_worker_env(self);
	image->lint = (struct nacre_lint){ .tell = nacre_lint_wire_tell, .user = &wire };
	rc = lint_all(image, err);
	if (wire.rc) {
		*err = wire.err;
		return wire.rc;
	}
	return rc ? rc : nacre_worker_report(self, &wire.rest, sizeof(wire.rest), err);
}

/* What the worker keeps: blobs that can be looked into, and the file for its findings. */
static int list_fds(
	const struct image *image, int **out_fds, size_t *out_count, struct nacre_err *err)
{
	int *fds = calloc(image->count + 1, sizeof(*fds));
	size_t count = 0;

	if (!fds)
		return nacre_fail_nomem(err);
	for (size_t i = 0; i < image->count; i++) {
		if (image->layers[i].fd >= 0)
			fds[count++] = image->layers[i].fd;
	}
	fds[count++] = image->file;
	*out_fds = fds;
	*out_count = count;
	return 0;
}

static int look_into(struct image *image, const struct nacre_env *env, struct nacre_lint *lint,
	struct nacre_err *err)
{
	uint64_t memory = nacre_image_tree_memory(&image->limits);
	NACRE_CLEANUP(nacre_worker_freep)
	struct nacre_worker *worker = NULL;
	nacre_autofree int *fds = NULL;
	struct nacre_worker_job job = {
		.name = "the worker that reads",
		.cage = { .kind = NACRE_CAGE_READ,
			.memory_bytes = memory ? memory + MORE_MEMORY : 0,
			.file_bytes = NACRE_LINT_WIRE_BYTES },
		.run = run,
		.user = image,
	};
	struct nacre_lint_rest rest = { 0 };
	int rc = nacre_worker_file(&image->file, err);

	if (rc == 0)
		rc = list_fds(image, &fds, &job.fd_count, err);
	job.fds = fds;
	if (rc == 0)
		rc = nacre_worker_start(&job, env, &worker, err);
	if (rc == 0)
		rc = nacre_worker_wait(worker, &rest, sizeof(rest), err);
	return rc ? rc : nacre_lint_wire_replay(image->file, image->count, &rest, lint, err);
}

int nacre_lint_layers(const struct nacre_layout *layout, const struct nacre_manifest *manifest,
	const struct nacre_config *config, const struct nacre_env *env, struct nacre_lint *lint,
	struct nacre_err *err)
{
	NACRE_CLEANUP(image_clear)
	struct image image = {
		.manifest = manifest,
		.config = config,
		.limits = nacre_env_limits(env),
		.count = manifest->layers.count,
		.file = -1,
	};
	int rc;

	/* Reading the manifest has told that there are too many. */
	if (image.count > image.limits.layers)
		return 0;
	rc = open_layers(&image, layout, env, lint, err);
	return rc ? rc : look_into(&image, env, lint, err);
}
