/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Size and digest of a blob, before anything looks into it. It stays open from then on, and every
 * stream of it proves the DiffID again: whoever changes the file meanwhile changes a digest.
 */
#include "builder/layer_blob.h"

#include "base/env.h"
#include "base/scope.h"
#include "builder/layer_stream.h"
#include "formats/mediatype.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHUNK ((size_t)256 << 10)

int nacre_layer_codec(const char *media_type, enum nacre_codec *out_codec, struct nacre_err *err)
{
	const struct nacre_media *media = nacre_media_find(media_type);

	if (!media || media->kind != NACRE_MEDIA_KIND_LAYER)
		return nacre_fail(err, NACRE_E_UNSUPPORTED, "media type '%s' is no layer's",
			media_type ? media_type : "");
	return nacre_codec_parse(media->compression, out_codec, err);
}

/* ------------------------------------------------------------------------ blob */

static int prove_digest(const struct nacre_layer_blob *blob, const struct nacre_descriptor *desc,
	const struct nacre_env *env, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_source_freep)
	struct nacre_source *source = NULL;
	NACRE_CLEANUP(nacre_hash_freep)
	struct nacre_hash *hash = NULL;
	nacre_autofree char *data = malloc(CHUNK);
	struct nacre_digest digest;
	uint64_t done = 0, told = 0;
	int rc = data ? 0 : nacre_fail_nomem(err);

	if (rc == 0)
		rc = nacre_hash_new_like(&desc->digest, &hash, err);
	if (rc == 0)
		rc = nacre_source_fd(blob->fd, blob->offset, desc->size_bytes, &source, err);
	while (rc == 0 && done < desc->size_bytes) {
		size_t got = 0;

		rc = nacre_source_read(source, data, CHUNK, &got, err);
		if (rc)
			break;
		nacre_hash_add(hash, data, got);
		done += got;
		if (done - told >= NACRE_LAYER_PROGRESS) {
			rc = nacre_progress(env, blob->name, done, desc->size_bytes, err);
			told = done;
		}
	}
	if (rc)
		return rc;
	nacre_hash_finish(hash, &digest);
	if (!nacre_digest_equal(&digest, &desc->digest))
		return nacre_fail(err, NACRE_E_DIGEST, "blob %s: content has digest %s",
			desc->digest.text, digest.text);
	return 0;
}

/* Contents in any order: the tar is put aside, uncompressed, the first time somebody asks. */
static int fill_spool(struct nacre_layer_blob *blob, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_layer_stream_freep)
	struct nacre_layer_stream *stream = NULL;
	NACRE_CLEANUP(nacre_spool_freep)
	struct nacre_spool *spool = NULL;
	NACRE_CLEANUP(nacre_sink_freep)
	struct nacre_sink *sink = NULL;
	int rc;

	if (blob->scratch < 0)
		return nacre_fail(err, NACRE_E_ARG, "a stream only, its files cannot be opened");
	rc = nacre_spool_new(blob->scratch, blob->limits.layer_bytes, &spool, err);
	if (rc == 0)
		rc = nacre_spool_sink(spool, &sink, err);
	if (rc == 0)
		rc = nacre_layer_stream_open(blob, NULL, &stream, err);
	if (rc == 0)
		rc = nacre_stream_copy(nacre_layer_stream_source(stream), sink, NULL, err);
	if (rc == 0)
		rc = nacre_layer_stream_finish(stream, NULL, err);
	if (rc == 0)
		blob->spool = nacre_steal(&spool);
	return rc;
}

static int open_content(struct nacre_origin *origin, uint64_t key, uint64_t size,
	struct nacre_source **out_source, struct nacre_err *err)
{
	struct nacre_layer_blob *blob = (struct nacre_layer_blob *)origin;
	int rc = blob->spool ? 0 : fill_spool(blob, err);

	return rc ? nacre_within(err, rc, "%s", blob->name)
		  : nacre_spool_source(blob->spool, key, size, out_source, err);
}

/* The DiffID is proven whenever something is read. */
static bool name_content(struct nacre_origin *origin, uint64_t key, uint64_t size, char *out_name)
{
	const struct nacre_layer_blob *blob = (const struct nacre_layer_blob *)origin;

	(void)snprintf(out_name, NACRE_CONTENT_NAME, "tar %s %llu %llu", blob->diff_id.text,
		(unsigned long long)key, (unsigned long long)size);
	return true;
}

static void freep(struct nacre_layer_blob **blob)
{
	nacre_layer_blob_free(*blob);
	*blob = NULL;
}

int nacre_layer_blob_open(const struct nacre_layout *layout, const struct nacre_descriptor *desc,
	const struct nacre_digest *diff_id, const char *name, int scratch,
	const struct nacre_env *env, struct nacre_layer_blob **out_blob, struct nacre_err *err)
{
	NACRE_CLEANUP(freep)
	struct nacre_layer_blob *blob = calloc(1, sizeof(*blob));
	int rc;

	if (!blob)
		return nacre_fail_nomem(err);
	blob->origin.open = open_content;
	blob->origin.name = name_content;
	blob->scratch = scratch;
	blob->diff_id = *diff_id;
	blob->limits = nacre_env_limits(env);
	blob->size_bytes = desc->size_bytes;
	blob->fd = -1;
	blob->name = strdup(name);
	if (!blob->name)
		return nacre_fail_nomem(err);
	rc = nacre_layer_codec(desc->media_type, &blob->codec, err);
	if (rc == 0 && desc->size_bytes > blob->limits.blob_bytes)
		rc = nacre_fail(err, NACRE_E_LIMIT, "more than %llu bytes (limit blob-bytes)",
			(unsigned long long)blob->limits.blob_bytes);
	if (rc == 0)
		rc = nacre_budget_parse(&desc->annotations, &blob->budget, err);
	if (rc == 0)
		rc = nacre_budget_lower(&blob->budget, &blob->limits, err);
	if (rc == 0)
		rc = nacre_layout_open_blob(layout, desc, &blob->fd, &blob->offset, err);
	if (rc == 0)
		rc = prove_digest(blob, desc, env, err);
	if (rc)
		return nacre_within(err, rc, "%s", name);
	*out_blob = nacre_steal(&blob);
	return 0;
}

void nacre_layer_blob_free(struct nacre_layer_blob *blob)
{
	if (!blob)
		return;
	nacre_spool_free(blob->spool);
	nacre_fd_close(&blob->fd);
	free(blob->name);
	free(blob);
}

void nacre_layer_blob_want(struct nacre_origin *origin)
{
	((struct nacre_layer_blob *)origin)->is_wanted = true;
}

bool nacre_layer_blob_is_wanted(const struct nacre_layer_blob *blob)
{
	return blob->is_wanted;
}

struct nacre_origin *nacre_layer_blob_origin(struct nacre_layer_blob *blob)
{
	return &blob->origin;
}

uint64_t nacre_layer_blob_size(const struct nacre_layer_blob *blob)
{
	return blob->size_bytes;
}

const char *nacre_layer_blob_name(const struct nacre_layer_blob *blob)
{
	return blob->name;
}

const struct nacre_budget *nacre_layer_blob_budget(const struct nacre_layer_blob *blob)
{
	return &blob->budget;
}

const struct nacre_limits *nacre_layer_blob_limits(const struct nacre_layer_blob *blob)
{
	return &blob->limits;
}
