/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Blobs that lie aside until their batch is committed, and the commit. How the index changes is
 * index.c's matter.
 */
#include "formats/batch.h"

#include "base/env.h"
#include "base/file.h"
#include "base/staged.h"

#include <assert.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#define BUFFER_BYTES ((size_t)64 << 10)

struct blob {
	struct nacre_staged file;
	struct nacre_digest digest;
};

struct nacre_layout_batch {
	const struct nacre_layout *layout;
	const struct nacre_env *env;
	struct blob *blobs;
	size_t blob_count;
	struct nacre_change *changes;
	size_t change_count;
};

int nacre_batch_new(const struct nacre_layout *layout, const struct nacre_env *env,
	struct nacre_layout_batch **out_batch, struct nacre_err *err)
{
	struct nacre_layout_batch *batch;

	if (nacre_layout_is_packed(layout))
		return nacre_fail(err, NACRE_E_UNSUPPORTED, "an archive cannot be changed");
	batch = calloc(1, sizeof(*batch));
	if (!batch)
		return nacre_fail_nomem(err);
	batch->layout = layout;
	batch->env = env;
	nacre_staging_sweep(nacre_layout_dir(layout));
	nacre_staging_sweep(nacre_layout_blob_dir(layout));
	*out_batch = batch;
	return 0;
}

static void empty_batch(struct nacre_layout_batch *batch)
{
	for (size_t i = 0; i < batch->blob_count; i++)
		nacre_staged_clear(&batch->blobs[i].file);
	free(batch->blobs);
	for (size_t i = 0; i < batch->change_count; i++) {
		nacre_descriptor_clear(&batch->changes[i].desc);
		free(batch->changes[i].name);
	}
	free(batch->changes);
	batch->blobs = NULL;
	batch->blob_count = 0;
	batch->changes = NULL;
	batch->change_count = 0;
}

void nacre_batch_free(struct nacre_layout_batch *batch)
{
	if (!batch)
		return;
	empty_batch(batch);
	free(batch);
}

void nacre_batch_freep(struct nacre_layout_batch **batch)
{
	nacre_batch_free(*batch);
	*batch = NULL;
}

/* -------------------------------------------------------------------- blobs */

struct blob_sink {
	struct nacre_sink base;
	struct nacre_staged file;
	struct nacre_hash *hash;
	uint64_t size_bytes;
	uint64_t most;
	int rc; /* of a write that failed: the blob is lost */
	size_t fill;
	char buffer[BUFFER_BYTES];
};

static int flush_buffer(struct blob_sink *b, struct nacre_err *err)
{
	int rc = nacre_write_all(b->file.fd, b->buffer, b->fill, err);

	b->fill = 0;
	return rc;
}

/* Small pieces are gathered; a large one goes past the buffer. */
static int put_bytes(struct blob_sink *b, const void *data, size_t len, struct nacre_err *err)
{
	int rc = 0;

	if (len > sizeof(b->buffer) - b->fill)
		rc = flush_buffer(b, err);
	if (rc)
		return rc;
	if (len >= sizeof(b->buffer))
		return nacre_write_all(b->file.fd, data, len, err);
	memcpy(b->buffer + b->fill, data, len);
	b->fill += len;
	return 0;
}

static int blob_write(struct nacre_sink *sink, const void *data, size_t len, struct nacre_err *err)
{
	struct blob_sink *b = (struct blob_sink *)sink;

	if (b->rc || len == 0)
		return b->rc ? nacre_fail(err, NACRE_E_IO, "an earlier write failed") : 0;
	if (len > b->most - b->size_bytes)
		b->rc = nacre_fail(err, NACRE_E_LIMIT, "more than %llu bytes (limit blob-bytes)",
			(unsigned long long)b->most);
	else
		b->rc = put_bytes(b, data, len, err);
	if (b->rc)
		return b->rc;
	nacre_hash_add(b->hash, data, len);
	b->size_bytes += len;
	return 0;
}

static int blob_finish(struct nacre_sink *sink, struct nacre_err *err)
{
	struct blob_sink *b = (struct blob_sink *)sink;

	if (b->rc)
		return nacre_fail(err, NACRE_E_IO, "an earlier write failed");
	b->rc = flush_buffer(b, err);
	return b->rc;
}

static void blob_free(struct nacre_sink *sink)
{
	struct blob_sink *b = (struct blob_sink *)sink;

	nacre_staged_clear(&b->file);
	nacre_hash_free(b->hash);
	free(b);
}

/*
 * Between making the file and locking it, the sweep of another batch may take it for a leftover. So
 * the lock is waited for, and a file that has lost its name by then is made anew.
 */
static int open_staged(struct nacre_staged *file, int dir, struct nacre_err *err)
{
	for (int tries = 0; tries < 16; tries++) {
		struct stat st;
		int rc = nacre_staged_open(file, dir, 0644, err);

		if (rc)
			return rc;
		if (flock(file->fd, LOCK_EX) == 0 && fstat(file->fd, &st) == 0 && st.st_nlink > 0)
			return 0;
		nacre_staged_clear(file);
	}
	return nacre_fail(err, NACRE_E_IO, "new file: vanished each time");
}

int nacre_batch_open_blob(
	struct nacre_layout_batch *batch, struct nacre_sink **out_sink, struct nacre_err *err)
{
	struct nacre_limits limits = nacre_env_limits(batch->env);
	struct blob_sink *b = malloc(sizeof(*b));
	int rc;

	if (!b)
		return nacre_fail_nomem(err);
	memset(b, 0, offsetof(struct blob_sink, buffer));
	b->base = (struct nacre_sink){ blob_write, blob_finish, blob_free };
	b->file = (struct nacre_staged)NACRE_STAGED;
	b->most = limits.blob_bytes;
	rc = nacre_hash_new(&b->hash, err);
	if (rc == 0)
		rc = open_staged(&b->file, nacre_layout_blob_dir(batch->layout), err);
	if (rc) {
		blob_free(&b->base);
		return nacre_within(err, rc, "new blob");
	}
	*out_sink = &b->base;
	return 0;
}

/* Moves the file in. */
static int add_blob(struct nacre_layout_batch *batch, struct nacre_staged *file,
	const struct nacre_digest *digest, struct nacre_err *err)
{
	struct blob *more =
		reallocarray(batch->blobs, batch->blob_count + 1, sizeof(*batch->blobs));

	if (!more)
		return nacre_fail_nomem(err);
	batch->blobs = more;
	batch->blobs[batch->blob_count].file = *file;
	batch->blobs[batch->blob_count].digest = *digest;
	batch->blob_count++;
	*file = (struct nacre_staged)NACRE_STAGED;
	return 0;
}

int nacre_batch_close_blob(struct nacre_layout_batch *batch, struct nacre_sink **sink,
	const char *media_type, struct nacre_descriptor *out_desc, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_sink_freep)
	struct nacre_sink *own = nacre_steal(sink);
	NACRE_CLEANUP(nacre_descriptor_clear)
	struct nacre_descriptor desc = { 0 };
	struct blob_sink *b = (struct blob_sink *)own;
	struct nacre_digest digest;
	int rc;

	assert(own->write == blob_write);
	rc = blob_finish(own, err);
	if (rc == 0) {
		nacre_hash_finish(b->hash, &digest);
		rc = nacre_descriptor_make(media_type, &digest, b->size_bytes, &desc, err);
	}
	if (rc == 0)
		rc = add_blob(batch, &b->file, &digest, err);
	if (rc)
		return nacre_within(err, rc, "new blob");
	*out_desc = desc;
	memset(&desc, 0, sizeof(desc));
	return 0;
}

int nacre_batch_reopen_blob(const struct nacre_layout_batch *batch,
	const struct nacre_descriptor *desc, int *out_fd, struct nacre_err *err)
{
	for (size_t i = 0; i < batch->blob_count; i++) {
		const struct blob *blob = &batch->blobs[i];

		if (!nacre_digest_equal(&blob->digest, &desc->digest))
			continue;
		*out_fd = fcntl(blob->file.fd, F_DUPFD_CLOEXEC, 0);
		return *out_fd < 0 ? nacre_fail_os(err, "new blob") : 0;
	}
	return nacre_layout_open_blob(batch->layout, desc, out_fd, NULL, err);
}

int nacre_batch_find_blob(const struct nacre_layout_batch *batch, const struct nacre_digest *digest,
	uint64_t size_bytes, const char *media_type, struct nacre_descriptor *out_desc,
	bool *out_found, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_descriptor_clear)
	struct nacre_descriptor desc = { 0 };
	int rc = nacre_descriptor_make(media_type, digest, size_bytes, &desc, err);

	*out_found = false;
	if (rc == 0)
		rc = nacre_layout_check_blob(batch->layout, &desc, batch->env, err);
	if (rc == NACRE_E_NOMEM || rc == NACRE_E_CANCELED)
		return rc;
	if (rc)
		return 0;
	*out_found = true;
	*out_desc = desc;
	memset(&desc, 0, sizeof(desc));
	return 0;
}

int nacre_batch_add_blob(struct nacre_layout_batch *batch, const void *data, size_t len,
	const char *media_type, struct nacre_descriptor *out_desc, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_sink_freep)
	struct nacre_sink *sink = NULL;
	NACRE_CLEANUP(nacre_descriptor_clear)
	struct nacre_descriptor desc = { 0 };
	int rc = nacre_batch_open_blob(batch, &sink, err);

	if (rc == 0)
		rc = nacre_sink_write(sink, data, len, err);
	if (rc == 0)
		rc = nacre_batch_close_blob(batch, &sink, media_type, &desc, err);
	if (rc || !out_desc)
		return rc;
	*out_desc = desc;
	memset(&desc, 0, sizeof(desc));
	return 0;
}

int nacre_batch_add_file(struct nacre_layout_batch *batch, int fd, uint64_t offset,
	uint64_t size_bytes, const char *media_type, struct nacre_descriptor *out_desc,
	struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_source_freep)
	struct nacre_source *source = NULL;
	NACRE_CLEANUP(nacre_sink_freep)
	struct nacre_sink *sink = NULL;
	int rc = nacre_source_fd(fd, offset, size_bytes, &source, err);

	if (rc == 0)
		rc = nacre_batch_open_blob(batch, &sink, err);
	if (rc == 0)
		rc = nacre_stream_copy(source, sink, NULL, err);
	return rc ? rc : nacre_batch_close_blob(batch, &sink, media_type, out_desc, err);
}

/* ------------------------------------------------------------------ changes */

static int add_change(struct nacre_layout_batch *batch, enum nacre_change_kind kind,
	const struct nacre_descriptor *desc, const char *name, struct nacre_err *err)
{
	struct nacre_change change = { .kind = kind };
	struct nacre_change *more =
		reallocarray(batch->changes, batch->change_count + 1, sizeof(*batch->changes));
	int rc = 0;

	if (!more)
		return nacre_fail_nomem(err);
	batch->changes = more;
	if (name) {
		change.name = strdup(name);
		rc = change.name ? 0 : nacre_fail_nomem(err);
	}
	if (rc == 0 && desc)
		rc = nacre_descriptor_copy(desc, &change.desc, err);
	if (rc) {
		free(change.name);
		return rc;
	}
	batch->changes[batch->change_count++] = change;
	return 0;
}

int nacre_batch_tag(struct nacre_layout_batch *batch, const struct nacre_descriptor *desc,
	const char *ref_name, struct nacre_err *err)
{
	return add_change(batch, NACRE_CHANGE_LIST, desc, ref_name, err);
}

int nacre_batch_untag(struct nacre_layout_batch *batch, const char *ref_name, struct nacre_err *err)
{
	return add_change(batch, NACRE_CHANGE_NAME_OFF, NULL, ref_name, err);
}

int nacre_batch_unlist(
	struct nacre_layout_batch *batch, const struct nacre_digest *digest, struct nacre_err *err)
{
	const struct nacre_descriptor desc = { .digest = *digest };

	return add_change(batch, NACRE_CHANGE_DROP, &desc, NULL, err);
}

/* ------------------------------------------------------------------- commit */

static bool is_synced(const struct nacre_layout_batch *batch)
{
	return !batch->env || !batch->env->no_sync;
}

static int sync_blobs(struct nacre_layout_batch *batch, struct nacre_err *err)
{
	int rc = 0;

	for (size_t i = 0; is_synced(batch) && rc == 0 && i < batch->blob_count; i++)
		rc = nacre_staged_sync(&batch->blobs[i].file, err);
	return rc;
}

static int sync_dir(const struct nacre_layout_batch *batch, int dir, struct nacre_err *err)
{
	if (is_synced(batch) && fsync(dir) < 0)
		return nacre_fail_os(err, "flush directory");
	return 0;
}

static bool is_in_batch(const struct nacre_layout_batch *batch, const struct nacre_digest *digest)
{
	for (size_t i = 0; i < batch->blob_count; i++) {
		if (nacre_digest_equal(&batch->blobs[i].digest, digest))
			return true;
	}
	return false;
}

/* An index never names what is not there. */
static int check_listed(const struct nacre_layout_batch *batch, struct nacre_err *err)
{
	for (size_t i = 0; i < batch->change_count; i++) {
		const struct nacre_change *change = &batch->changes[i];
		nacre_autofd int fd = -1;
		int rc;

		if (change->kind != NACRE_CHANGE_LIST || is_in_batch(batch, &change->desc.digest))
			continue;
		rc = nacre_layout_open_blob(batch->layout, &change->desc, &fd, NULL, err);
		if (rc)
			return rc;
	}
	return 0;
}

/* Makes the new index aside. Without a change to it, `file` stays empty. */
static int stage_index(
	struct nacre_layout_batch *batch, struct nacre_staged *file, struct nacre_err *err)
{
	struct nacre_limits limits = nacre_env_limits(batch->env);
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf old = NACRE_BUF(0);
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf new = NACRE_BUF(0);
	int rc = nacre_layout_index_bytes(batch->layout, &limits, &old, err);

	if (rc)
		return rc;
	rc = nacre_index_amend(
		old.data, old.len, batch->changes, batch->change_count, &limits, &new, err);
	if (rc)
		return nacre_within(err, rc, "index.json");
	if (new.len == old.len && memcmp(new.data, old.data, new.len) == 0)
		return 0;
	rc = open_staged(file, nacre_layout_dir(batch->layout), err);
	if (rc == 0)
		rc = nacre_write_all(file->fd, new.data, new.len, err);
	if (rc == 0 && is_synced(batch))
		rc = nacre_staged_sync(file, err);
	return rc ? nacre_within(err, rc, "index.json") : 0;
}

static int rename_blobs(struct nacre_layout_batch *batch, struct nacre_err *err)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < batch->blob_count; i++)
		rc = nacre_staged_rename(
			&batch->blobs[i].file, nacre_digest_hex(&batch->blobs[i].digest), err);
	if (rc == 0 && batch->blob_count > 0)
		rc = sync_dir(batch, nacre_layout_blob_dir(batch->layout), err);
	return rc;
}

/*
 * All that can run out of space is done before the first rename, and the index is renamed when what
 * it lists is on the disk.
 */
int nacre_batch_commit(struct nacre_layout_batch *batch, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_staged_clear)
	struct nacre_staged index = NACRE_STAGED;
	nacre_autofd int lock = -1;
	int dir = nacre_layout_dir(batch->layout);
	int rc = sync_blobs(batch, err);

	if (rc == 0)
		rc = nacre_layout_lock(dir, &lock, err);
	if (rc == 0)
		rc = check_listed(batch, err);
	if (rc == 0 && batch->change_count > 0)
		rc = stage_index(batch, &index, err);
	if (rc == 0)
		rc = rename_blobs(batch, err);
	if (rc == 0 && index.fd >= 0)
		rc = nacre_staged_rename(&index, "index.json", err);
	if (rc == 0 && index.fd >= 0)
		rc = sync_dir(batch, dir, err);
	if (rc == 0)
		empty_batch(batch);
	return rc;
}
