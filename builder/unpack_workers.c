/* SPDX-License-Identifier: Apache-2.0 */
/* What the two workers of unpacking do, and their cages. */
#include "builder/unpack_workers.h"

#include "base/env.h"
#include "base/frames.h"
#include "base/scope.h"
#include "builder/layer_stream.h"
#include "builder/unpack_policy.h"
#include "layers/write.h"

/* ---------------------------------------------------------------------- reader */

static int send_wanted(const struct nacre_image_tree *image, int contents,
	const struct nacre_env *env, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_sink_freep)
	struct nacre_sink *sink = NULL;
	int rc = nacre_sink_frames(contents, &sink, err);

	for (size_t i = 0; i < image->layer_count && rc == 0; i++) {
		struct nacre_layer_blob *blob = image->layers[i];

		if (!nacre_layer_blob_is_wanted(blob))
			continue;
		rc = nacre_step(env, err, "writing %s", nacre_layer_blob_name(blob));
		/* It was proven when it was read, and is once more where it is written. */
		if (rc == 0)
			rc = nacre_layer_stream_send_unproven(blob, sink, err);
		if (rc)
			rc = nacre_within(err, rc, "%s", nacre_layer_blob_name(blob));
	}
	return rc;
}

/* The tree is stored as it is: the writer takes nobody's word for what has been left out of it. */
static int read_image(struct nacre_worker_self *self, void *user, struct nacre_err *err)
{
	const struct nacre_unpack_work *work = user;
	const struct nacre_env *env = nacre_worker_env(self);
	struct nacre_unpacked unpacked;
	int rc = nacre_image_tree_fold(work->image, env, err);

	if (rc == 0)
		rc = nacre_image_tree_store(work->image, work->tree_file, err);
	if (rc == 0)
		rc = nacre_unpack_policy_apply(
			&work->image->tree, work->options, env, &unpacked, err);
	if (rc)
		return rc;
	nacre_image_tree_want_layers(work->image);
	nacre_tree_clear(&work->image->tree);
	rc = nacre_worker_pause(self, "", 0, err);
	return rc ? rc : send_wanted(work->image, work->contents, env, err);
}

int nacre_unpack_reader_start(
	struct nacre_unpack_work *work, struct nacre_worker **out_worker, struct nacre_err *err)
{
	const struct nacre_limits limits = nacre_env_limits(work->env);
	const int more[] = { work->tree_file, work->contents };
	nacre_autofree int *fds = NULL;
	struct nacre_worker_job job = {
		.name = "the worker that reads",
		.cage = { .kind = NACRE_CAGE_READ,
			.memory_bytes = nacre_image_tree_memory(&limits),
			.file_bytes = limits.tree_bytes },
		.run = read_image,
		.user = work,
	};
	int rc = nacre_image_tree_fds(work->image, more, 2, &fds, &job.fd_count, err);

	job.fds = fds;
	if (rc == 0)
		rc = nacre_worker_start(&job, work->env, out_worker, err);
	return rc ? rc : nacre_workers_wait(out_worker, 1, err);
}

/* ---------------------------------------------------------------------- writer */

/*
 * What the reader sends is a whole tar, so that it can be proven here as well: whatever has become
 * of the reader, what is written is of the layer that the config names, and no more of it than its
 * limits let pass.
 */
static int write_layer(struct nacre_writer *writer, struct nacre_layer_blob *blob, int contents,
	struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_source_freep)
	struct nacre_source *frames = NULL;
	NACRE_CLEANUP(nacre_source_freep)
	struct nacre_source *most = NULL;
	NACRE_CLEANUP(nacre_source_freep)
	struct nacre_source *hashed = NULL;
	NACRE_CLEANUP(nacre_hash_freep)
	struct nacre_hash *hash = NULL;
	struct nacre_digest digest;
	int rc = nacre_source_frames(contents, NULL, &frames, err);

	if (rc == 0)
		rc = nacre_source_most(
			frames, nacre_layer_blob_limits(blob)->layer_bytes, &most, err);
	if (rc == 0)
		rc = nacre_hash_new_like(&blob->diff_id, &hash, err);
	if (rc == 0)
		rc = nacre_source_hash(most, hash, &hashed, err);
	if (rc == 0)
		rc = nacre_writer_stream(writer, nacre_layer_blob_origin(blob), hashed, err);
	if (rc)
		return rc;
	nacre_hash_finish(hash, &digest);
	if (!nacre_digest_equal(&digest, &blob->diff_id))
		return nacre_fail(err, NACRE_E_DIGEST, "content has DiffID %s, the config says %s",
			digest.text, blob->diff_id.text);
	return 0;
}

static int write_wanted(struct nacre_writer *writer, const struct nacre_image_tree *image,
	int contents, struct nacre_err *err)
{
	int rc = 0;

	for (size_t i = 0; i < image->layer_count && rc == 0; i++) {
		struct nacre_layer_blob *blob = image->layers[i];

		if (!nacre_layer_blob_is_wanted(blob))
			continue;
		rc = write_layer(writer, blob, contents, err);
		if (rc)
			rc = nacre_within(err, rc, "%s", nacre_layer_blob_name(blob));
	}
	return rc;
}

static int write_tree(const struct nacre_unpack_work *work, struct nacre_ledger_writer *ledger,
	const struct nacre_env *env, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_writer_freep)
	struct nacre_writer *writer = NULL;
	struct nacre_write_options how = nacre_unpack_how(work->options);
	int rc;

	how.lost = nacre_ledger_add;
	how.user = ledger;
	rc = nacre_writer_new(&work->image->tree, work->staging, &how, env, &writer, err);
	if (rc == 0)
		rc = nacre_writer_dirs(writer, err);
	if (rc == 0)
		rc = write_wanted(writer, work->image, work->contents, err);
	if (rc == 0)
		rc = nacre_writer_finish(writer, err);
	if (rc == 0)
		rc = nacre_ledger_finish(ledger, err);
	if (rc == 0 && !env->no_sync)
		rc = nacre_writer_sync(writer, err);
	return rc;
}

/* The reader has said already what is left out. */
static int write_image(struct nacre_worker_self *self, void *user, struct nacre_err *err)
{
	const struct nacre_unpack_work *work = user;
	const struct nacre_env *env = nacre_worker_env(self);
	NACRE_CLEANUP(nacre_ledger_clear)
	struct nacre_ledger_writer ledger = { .fd = -1 };
	const struct nacre_limits limits = nacre_env_limits(env);
	struct nacre_unpacked unpacked;
	int rc = nacre_image_tree_load(work->image, work->tree_file, env, err);

	if (rc == 0)
		rc = nacre_unpack_policy_apply(
			&work->image->tree, work->options, NULL, &unpacked, err);
	if (rc == 0 && unpacked.file_bytes > limits.image_bytes)
		rc = nacre_fail(err, NACRE_E_LIMIT,
			"more than %llu bytes of files (limit image-bytes)",
			(unsigned long long)limits.image_bytes);
	if (rc)
		return rc;
	nacre_image_tree_want_layers(work->image);
	rc = nacre_ledger_begin(&ledger, work->ledger, &work->ledger_id, err);
	if (rc == 0)
		rc = write_tree(work, &ledger, env, err);
	return rc ? rc : nacre_worker_report(self, &unpacked, sizeof(unpacked), err);
}

int nacre_unpack_writer_start(
	struct nacre_unpack_work *work, struct nacre_worker **out_worker, struct nacre_err *err)
{
	const struct nacre_limits limits = nacre_env_limits(work->env);
	const int keep[] = { work->tree_file, work->contents, work->ledger };
	const struct nacre_worker_job job = {
		.name = "the worker that writes",
		.cage = { .kind = NACRE_CAGE_WRITE,
			.dir = work->staging,
			.devices = work->options->devices,
			.all_xattrs = work->options->all_xattrs,
			.memory_bytes = nacre_image_tree_memory(&limits) },
		.fds = keep,
		.fd_count = 3,
		.run = write_image,
		.user = work,
	};

	return nacre_worker_start(&job, work->env, out_worker, err);
}

int nacre_unpack_workers_finish(struct nacre_worker *reader, struct nacre_worker *writer,
	struct nacre_unpacked *out_unpacked, struct nacre_err *err)
{
	struct nacre_worker *const both[] = { reader, writer };
	int rc = nacre_worker_proceed(reader, err);

	if (rc == 0)
		rc = nacre_workers_wait(both, 2, err);
	return rc ? rc : nacre_worker_take_report(writer, out_unpacked, sizeof(*out_unpacked), err);
}
