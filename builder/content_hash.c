/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hashing what files hold, in the order in which the layers bring it. A worker does it, which has
 * nothing but the blobs and a piece of memory that it shares with us for what comes out.
 */
#include "builder/content_hash.h"

#include "base/env.h"
#include "base/scope.h"
#include "base/worker.h"
#include "builder/layer_stream.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define HEX_LEN 64

struct nacre_content_hash {
	const struct nacre_inode *inode;
	char hex[HEX_LEN + 1];
};

static int compare(const void *a, const void *b)
{
	const struct nacre_inode *x = ((const struct nacre_content_hash *)a)->inode;
	const struct nacre_inode *y = ((const struct nacre_content_hash *)b)->inode;
	uintptr_t of_x = (uintptr_t)x->u.content.origin, of_y = (uintptr_t)y->u.content.origin;

	if (of_x != of_y)
		return of_x < of_y ? -1 : 1;
	if (x->u.content.key != y->u.content.key)
		return x->u.content.key < y->u.content.key ? -1 : 1;
	return x->size_bytes < y->size_bytes ? -1 : x->size_bytes > y->size_bytes;
}

static bool is_wanted(const struct nacre_inode *inode)
{
	return inode->type == NACRE_TYPE_FILE && inode->size_bytes > 0;
}

/* Each content once, however many names it has. */
static int gather(
	struct nacre_node *top, struct nacre_content_hashes *hashes, struct nacre_err *err)
{
	struct nacre_node *end = nacre_tree_next_skip(top);
	size_t names = 0, count = 0;

	for (struct nacre_node *at = top; at != end; at = nacre_tree_next(at))
		names += is_wanted(at->inode);
	hashes->items = calloc(names ? names : 1, sizeof(*hashes->items));
	if (!hashes->items)
		return nacre_fail_nomem(err);
	for (struct nacre_node *at = top; at != end; at = nacre_tree_next(at)) {
		if (is_wanted(at->inode))
			hashes->items[count++].inode = at->inode;
	}
	qsort(hashes->items, count, sizeof(*hashes->items), compare);
	for (size_t i = 0; i < count; i++) {
		if (i == 0 || compare(&hashes->items[i], &hashes->items[hashes->count - 1]) != 0)
			hashes->items[hashes->count++] = hashes->items[i];
	}
	return 0;
}

/* Takes `len` bytes off a source; hash may be NULL. */
static int take(
	struct nacre_source *source, uint64_t len, struct nacre_hash *hash, struct nacre_err *err)
{
	char data[1 << 15];

	while (len > 0) {
		size_t want = len < sizeof(data) ? (size_t)len : sizeof(data), got = 0;
		int rc = nacre_source_read_full(source, data, want, &got, err);

		if (rc)
			return rc;
		if (got < want)
			return nacre_fail(
				err, NACRE_E_DIGEST, "it ends sooner than when it was read first");
		if (hash)
			nacre_hash_add(hash, data, got);
		len -= got;
	}
	return 0;
}

static int hash_one(struct nacre_source *source, struct nacre_content_hash *item, uint64_t *at,
	struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_hash_freep)
	struct nacre_hash *hash = NULL;
	uint64_t key = item->inode->u.content.key;
	struct nacre_digest digest;
	int rc = nacre_hash_new(&hash, err);

	if (rc == 0 && key < *at) /* the reader of layers lets no two contents overlap */
		rc = nacre_fail(err, NACRE_E_FORMAT, "contents that overlap");
	if (rc == 0)
		rc = take(source, key - *at, NULL, err);
	if (rc == 0)
		rc = take(source, item->inode->size_bytes, hash, err);
	if (rc)
		return rc;
	nacre_hash_finish(hash, &digest);
	memcpy(item->hex, nacre_digest_hex(&digest), HEX_LEN);
	*at = key + item->inode->size_bytes;
	return 0;
}

static int drain(struct nacre_source *source, struct nacre_err *err)
{
	char data[1 << 15];
	size_t got = 1;
	int rc = 0;

	while (rc == 0 && got > 0)
		rc = nacre_source_read(source, data, sizeof(data), &got, err);
	return rc;
}

static int hash_layer(struct nacre_layer_blob *blob, struct nacre_content_hash *items, size_t count,
	const struct nacre_env *env, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_layer_stream_freep)
	struct nacre_layer_stream *stream = NULL;
	uint64_t at = 0;
	int rc = nacre_step(env, err, "hashing files of %s", nacre_layer_blob_name(blob));

	if (rc == 0)
		rc = nacre_layer_stream_open_here(blob, env, &stream, err);
	for (size_t i = 0; rc == 0 && i < count; i++)
		rc = hash_one(nacre_layer_stream_source(stream), &items[i], &at, err);
	if (rc == 0)
		rc = drain(nacre_layer_stream_source(stream), err);
	if (rc == 0)
		rc = nacre_layer_stream_finish(stream, NULL, err);
	return rc ? nacre_within(err, rc, "%s", nacre_layer_blob_name(blob)) : 0;
}

/* ---------------------------------------------------------------------- worker */

struct hashing {
	struct nacre_image_tree *image;
	struct nacre_content_hashes *hashes;
};

static int hash_layers(
	const struct hashing *hashing, const struct nacre_env *env, struct nacre_err *err)
{
	struct nacre_content_hashes *hashes = hashing->hashes;
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < hashing->image->layer_count; i++) {
		struct nacre_layer_blob *blob = hashing->image->layers[i];
		const struct nacre_origin *origin = nacre_layer_blob_origin(blob);
		size_t from = 0, to;

		while (from < hashes->count &&
			hashes->items[from].inode->u.content.origin != origin)
			from++;
		for (to = from; to < hashes->count; to++) {
			if (hashes->items[to].inode->u.content.origin != origin)
				break;
		}
		if (to > from)
			rc = hash_layer(blob, hashes->items + from, to - from, env, err);
	}
	return rc;
}

static int hash_in_worker(struct nacre_worker_self *self, void *user, struct nacre_err *err)
{
	const struct hashing *hashing = user;
	const struct nacre_content_hashes *hashes = hashing->hashes;
	int rc = hash_layers(hashing, nacre_worker_env(self), err);

	for (size_t i = 0; rc == 0 && i < hashes->count; i++)
		memcpy(hashes->shared + i * HEX_LEN, hashes->items[i].hex, HEX_LEN);
	return rc;
}

static int start_worker(struct hashing *hashing, const struct nacre_env *env, struct nacre_err *err)
{
	const struct nacre_limits limits = nacre_env_limits(env);
	nacre_autofree int *fds = NULL;
	struct nacre_worker_job job = {
		.name = "the worker that hashes files",
		.cage = { .kind = NACRE_CAGE_READ,
			.memory_bytes = nacre_layer_stream_memory(&limits) },
		.run = hash_in_worker,
		.user = hashing,
	};
	int rc = nacre_image_tree_fds(hashing->image, NULL, 0, &fds, &job.fd_count, err);

	job.fds = fds;
	return rc ? rc : nacre_worker_start(&job, env, &hashing->hashes->worker, err);
}

/* ---------------------------------------------------------------------- public */

int nacre_content_hashes_start(struct nacre_image_tree *image, struct nacre_node *top,
	const struct nacre_env *env, struct nacre_content_hashes *out_hashes, struct nacre_err *err)
{
	struct hashing hashing = { image, out_hashes };
	int rc = gather(top, out_hashes, err);

	if (rc || out_hashes->count == 0)
		return rc;
	out_hashes->shared = mmap(NULL, out_hashes->count * HEX_LEN, PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (out_hashes->shared == MAP_FAILED) {
		out_hashes->shared = NULL;
		return nacre_fail_nomem(err);
	}
	return start_worker(&hashing, env, err);
}

int nacre_content_hashes_finish(struct nacre_content_hashes *hashes, struct nacre_err *err)
{
	int rc = hashes->worker ? nacre_workers_wait(&hashes->worker, 1, err) : 0;

	for (size_t i = 0; rc == 0 && hashes->shared && i < hashes->count; i++) {
		char *hex = hashes->items[i].hex;

		memcpy(hex, hashes->shared + i * HEX_LEN, HEX_LEN);
		if (strspn(hex, "0123456789abcdef") != HEX_LEN)
			rc = nacre_fail(
				err, NACRE_E_UNSAFE, "the worker that hashes files gives no hash");
	}
	return rc;
}

int nacre_content_hashes_read(struct nacre_image_tree *image, struct nacre_node *top,
	const struct nacre_env *env, struct nacre_content_hashes *out_hashes, struct nacre_err *err)
{
	int rc = nacre_content_hashes_start(image, top, env, out_hashes, err);

	return rc ? rc : nacre_content_hashes_finish(out_hashes, err);
}

void nacre_content_hashes_clear(struct nacre_content_hashes *hashes)
{
	nacre_worker_free(hashes->worker);
	if (hashes->shared)
		(void)munmap(hashes->shared, hashes->count * HEX_LEN);
	free(hashes->items);
	*hashes = (struct nacre_content_hashes){ 0 };
}

void nacre_content_hashes_get(const struct nacre_content_hashes *hashes,
	const struct nacre_inode *inode, struct nacre_digest *out_digest)
{
	static const char prefix[] = "sha256:";
	const struct nacre_content_hash key = { .inode = inode }, *found = NULL;

	if (is_wanted(inode))
		found = bsearch(&key, hashes->items, hashes->count, sizeof(key), compare);
	nacre_digest_of("", 0, out_digest);
	if (found)
		memcpy(out_digest->text + sizeof(prefix) - 1, found->hex, HEX_LEN + 1);
}
