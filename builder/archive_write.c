/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writing an archive: a tree of the files of a layout, which is then written as any tree is, so
 * that order, owners and times are always the same.
 */
#include "builder/archive.h"

#include "base/buf.h"
#include "base/digest.h"
#include "base/file.h"
#include "base/replacement.h"
#include "base/scope.h"
#include "formats/index.h"
#include "formats/mediatype.h"
#include "layers/tar_write.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define MARKER "{\"imageLayoutVersion\":\"1.0.0\"}"

/* The keys of the two documents; a blob's is its number. */
#define KEY_MARKER UINT64_MAX
#define KEY_INDEX (UINT64_MAX - 1)

struct packing {
	struct nacre_origin origin; /* first: it is what inodes point at */
	const struct nacre_layout *layout;
	const struct nacre_descriptors *blobs;
	const struct nacre_env *env;
	struct nacre_buf index;
	struct nacre_tree tree;
};

static void clear_packing(struct packing *packing)
{
	nacre_tree_clear(&packing->tree);
	nacre_buf_clear(&packing->index);
}

/* ------------------------------------------------------------------ contents */

/* A blob that ends in an error when its digest is another. */
struct blob_source {
	struct nacre_source base;
	struct nacre_source *file;
	struct nacre_hash *hash;
	const struct nacre_descriptor *desc;
	const struct nacre_env *env;
	uint64_t done;
	int fd;
};

static int blob_read(
	struct nacre_source *source, void *data, size_t cap, size_t *out_len, struct nacre_err *err)
{
	struct blob_source *b = (struct blob_source *)source;
	struct nacre_digest got;
	int rc;

	/* Whoever reads only what there is does not come for the end. */
	rc = nacre_source_read(b->file, data, cap, out_len, err);
	if (rc)
		return nacre_within(err, rc, "blob %s", b->desc->digest.text);
	nacre_hash_add(b->hash, data, *out_len);
	b->done += *out_len;
	rc = nacre_progress(b->env, b->desc->digest.text, b->done, b->desc->size_bytes, err);
	if (rc || *out_len == 0 || b->done < b->desc->size_bytes)
		return rc;
	nacre_hash_finish(b->hash, &got);
	if (nacre_digest_equal(&got, &b->desc->digest))
		return 0;
	return nacre_fail(err, NACRE_E_DIGEST, "blob %s: content has digest %s",
		b->desc->digest.text, got.text);
}

static void blob_free(struct nacre_source *source)
{
	struct blob_source *b = (struct blob_source *)source;

	nacre_source_free(b->file);
	nacre_hash_freep(&b->hash);
	nacre_fd_close(&b->fd);
	free(b);
}

static int open_blob(const struct packing *packing, const struct nacre_descriptor *desc,
	struct nacre_source **out_source, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_source_freep)
	struct nacre_source *made = NULL;
	struct blob_source *b = calloc(1, sizeof(*b));
	uint64_t offset = 0;
	int rc;

	if (!b)
		return nacre_fail_nomem(err);
	b->base = (struct nacre_source){ blob_read, blob_free };
	b->desc = desc;
	b->env = packing->env;
	b->fd = -1;
	made = &b->base;
	rc = nacre_layout_open_blob(packing->layout, desc, &b->fd, &offset, err);
	if (rc == 0)
		rc = nacre_source_fd(b->fd, offset, desc->size_bytes, &b->file, err);
	if (rc == 0)
		rc = nacre_hash_new_like(&desc->digest, &b->hash, err);
	if (rc == 0)
		*out_source = nacre_steal(&made);
	return rc;
}

static int open_content(struct nacre_origin *origin, uint64_t key, uint64_t size,
	struct nacre_source **out_source, struct nacre_err *err)
{
	const struct packing *packing = (const struct packing *)origin;

	if (key == KEY_MARKER)
		return nacre_source_memory(MARKER, (size_t)size, out_source, err);
	if (key == KEY_INDEX)
		return nacre_source_memory(packing->index.data, (size_t)size, out_source, err);
	return open_blob(packing, &packing->blobs->items[key], out_source, err);
}

/* ------------------------------------------------------------------ the tree */

static int add_dir(struct packing *packing, struct nacre_node *dir, const char *name,
	struct nacre_node **out_node, struct nacre_err *err)
{
	struct nacre_inode *inode;
	int rc;

	*out_node = nacre_node_find(dir, name, strlen(name));
	if (*out_node)
		return 0;
	inode = nacre_inode_new(&packing->tree, NACRE_TYPE_DIR);
	if (!inode)
		return nacre_fail_nomem(err);
	rc = nacre_tree_add(&packing->tree, dir, name, strlen(name), inode, out_node, err);
	if (rc == 0)
		(*out_node)->is_explicit = true;
	return rc;
}

static int add_file(struct packing *packing, struct nacre_node *dir, const char *name, uint64_t key,
	uint64_t size_bytes, struct nacre_err *err)
{
	struct nacre_inode *inode = nacre_inode_new(&packing->tree, NACRE_TYPE_FILE);
	struct nacre_node *node = NULL;
	int rc;

	if (!inode)
		return nacre_fail_nomem(err);
	inode->size_bytes = size_bytes;
	inode->u.content.key = key;
	inode->u.content.origin = size_bytes > 0 ? &packing->origin : NULL;
	rc = nacre_tree_add(&packing->tree, dir, name, strlen(name), inode, &node, err);
	if (rc == 0)
		node->is_explicit = true;
	return rc;
}

static int add_blobs(struct packing *packing, struct nacre_err *err)
{
	struct nacre_node *blobs = NULL;
	int rc = add_dir(packing, packing->tree.root, "blobs", &blobs, err);

	for (size_t i = 0; rc == 0 && i < packing->blobs->count; i++) {
		const struct nacre_descriptor *desc = &packing->blobs->items[i];
		struct nacre_node *dir = NULL;

		/* The others are proven as they are read, and of this one nothing is. */
		if (desc->size_bytes == 0)
			rc = nacre_layout_check_blob(packing->layout, desc, packing->env, err);
		if (rc == 0)
			rc = add_dir(
				packing, blobs, nacre_digest_algorithm(&desc->digest), &dir, err);
		if (rc == 0)
			rc = add_file(packing, dir, nacre_digest_hex(&desc->digest), i,
				desc->size_bytes, err);
	}
	return rc;
}

static int emit_index(
	const struct nacre_descriptors *listed, struct nacre_buf *out_json, struct nacre_err *err)
{
	/* Borrowed: not cleared. */
	const struct nacre_index index = { .manifests = *listed };

	return nacre_index_emit(&index, out_json, err);
}

static int fill(
	struct packing *packing, const struct nacre_descriptors *listed, struct nacre_err *err)
{
	int rc = nacre_tree_init(&packing->tree, err);

	if (rc == 0)
		rc = emit_index(listed, &packing->index, err);
	if (rc == 0)
		rc = add_file(
			packing, packing->tree.root, "oci-layout", KEY_MARKER, strlen(MARKER), err);
	if (rc == 0)
		rc = add_file(packing, packing->tree.root, "index.json", KEY_INDEX,
			packing->index.len, err);
	return rc ? rc : add_blobs(packing, err);
}

/* ------------------------------------------------------------------ the file */

static int write_tree(struct packing *packing, int fd, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_sink_freep)
	struct nacre_sink *sink = NULL;
	struct nacre_layer_stats stats;
	struct nacre_limits limits = nacre_env_limits(packing->env);
	int rc = nacre_sink_fd(fd, &sink, err);

	if (rc == 0)
		rc = nacre_tar_write(&packing->tree, &limits, sink, &stats, err);
	return rc ? rc : nacre_sink_finish(sink, err);
}

int nacre_archive_write(const struct nacre_layout *layout, const struct nacre_descriptors *listed,
	const struct nacre_descriptors *blobs, const char *path, const struct nacre_env *env,
	struct nacre_err *err)
{
	NACRE_CLEANUP(clear_packing)
	struct packing packing = {
		.origin.open = open_content,
		.layout = layout,
		.blobs = blobs,
		.env = env,
		.tree = NACRE_TREE,
	};
	NACRE_CLEANUP(nacre_replacement_clear)
	struct nacre_replacement file = NACRE_REPLACEMENT;
	int rc = nacre_replacement_open(&file, path, 0644, err);

	if (rc == 0)
		rc = fill(&packing, listed, err);
	if (rc == 0)
		rc = write_tree(&packing, file.file.fd, err);
	return rc ? rc : nacre_replacement_commit(&file, !env || !env->no_sync, err);
}
