/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Layers out of their parts. A layer's row is a text: a line of what is known of it, a line of what
 * stands around its parts, and a line for each part. One with more parts than a row has room for is
 * not remembered whole; its parts are.
 */
#include "builder/cache_layer.h"

#include "base/scope.h"
#include "builder/compression.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* ------------------------------------------------------------------ noting */

struct ends_sink {
	struct nacre_sink base;
	struct nacre_blob_ends *ends;
	struct nacre_sink *inner;
};

static void note(struct nacre_blob_ends *ends, const char *data, size_t len)
{
	size_t had = ends->bytes < NACRE_BLOB_END ? (size_t)ends->bytes : NACRE_BLOB_END, kept;

	if (had < NACRE_BLOB_END)
		memcpy(ends->first + had, data,
			len < NACRE_BLOB_END - had ? len : NACRE_BLOB_END - had);
	kept = len < NACRE_BLOB_END ? NACRE_BLOB_END - len : 0;
	memmove(ends->last, ends->last + NACRE_BLOB_END - kept, kept);
	memcpy(ends->last + kept, data + (len - (NACRE_BLOB_END - kept)), NACRE_BLOB_END - kept);
	ends->bytes += len;
}

static int ends_write(struct nacre_sink *base, const void *data, size_t len, struct nacre_err *err)
{
	struct ends_sink *sink = (struct ends_sink *)base;

	if (len > 0)
		note(sink->ends, data, len);
	return nacre_sink_write(sink->inner, data, len, err);
}

static int ends_finish(struct nacre_sink *base, struct nacre_err *err)
{
	return nacre_sink_finish(((struct ends_sink *)base)->inner, err);
}

static void ends_free(struct nacre_sink *base)
{
	free(base);
}

int nacre_blob_ends_sink(struct nacre_blob_ends *ends, struct nacre_sink *inner,
	struct nacre_sink **out_sink, struct nacre_err *err)
{
	struct ends_sink *sink = calloc(1, sizeof(*sink));

	if (!sink)
		return nacre_fail_nomem(err);
	sink->base = (struct nacre_sink){ ends_write, ends_finish, ends_free };
	sink->ends = ends;
	sink->inner = inner;
	*out_sink = &sink->base;
	return 0;
}

/* ------------------------------------------------------------------- a row */

void nacre_cached_layer_key(const struct nacre_digest *tree_key,
	const struct nacre_compression *compression, char out_key[65])
{
	char version[NACRE_ENCODE_VERSION], text[NACRE_ENCODE_VERSION + NACRE_DIGEST_TEXT + 32];
	int len;

	nacre_encode_version(nacre_compression_codec(compression), compression->level, version);
	len = snprintf(
		text, sizeof(text), "layer %d %s %s", NACRE_TAR_FORMAT, version, tree_key->text);
	nacre_cache_key(text, (size_t)len, out_key);
}

static int put_hex(struct nacre_buf *row, const char *data, size_t len)
{
	int rc = nacre_buf_printf(row, NULL, "%zu", len);

	for (size_t i = 0; i < len && rc == 0; i++)
		rc = nacre_buf_printf(row, NULL, " %02x", (unsigned char)data[i]);
	return rc ? rc : nacre_buf_add_text(row, "\n", NULL);
}

/* The ends are what the parts leave of the blob. */
static int put_ends(struct nacre_buf *row, enum nacre_codec codec,
	const struct nacre_cache_parts *parts, const struct nacre_blob_ends *ends)
{
	size_t head = nacre_encode_head_bytes(codec), tail;
	uint64_t left = ends->bytes;
	int rc;

	for (size_t i = 0; i < parts->count; i++)
		left -= parts->items[i].len;
	if (left < head || left - head > NACRE_BLOB_END || head > NACRE_BLOB_END)
		return NACRE_E_LIMIT;
	tail = (size_t)left - head;
	rc = put_hex(row, ends->first, head);
	return rc ? rc : put_hex(row, ends->last + NACRE_BLOB_END - tail, tail);
}

void nacre_cached_layer_keep(struct nacre_cache *cache, const char *key, enum nacre_codec codec,
	const struct nacre_cached_layer *layer, const struct nacre_cache_parts *parts,
	const struct nacre_blob_ends *ends)
{
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf row = NACRE_BUF(NACRE_CACHE_VALUE);
	const struct nacre_built_layer *b = &layer->built;
	int rc;

	if (!parts->is_known)
		return;
	rc = nacre_buf_printf(&row, NULL,
		"%s %s %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 "\n",
		b->diff_id.text, b->blob.text, b->tar_bytes, b->blob_bytes, b->members,
		b->whiteouts, layer->xattr_bytes);
	if (rc == 0 && parts->count > 0)
		rc = put_ends(&row, codec, parts, ends);
	for (size_t i = 0; i < parts->count && rc == 0; i++)
		rc = nacre_buf_printf(
			&row, NULL, "%s %zu\n", parts->items[i].digest.text, parts->items[i].len);
	if (rc == 0)
		nacre_cache_put(cache, NACRE_CACHE_LAYER, key, row.data, row.len);
}

/* What is left of a row that is being read. The row proves itself, so what it says was written by
 * this file; that it can be read is checked all the same. */
struct row {
	const char *at;
};

static const char *next_line(struct row *row, char *out_line, size_t room)
{
	size_t len = strcspn(row->at, "\n");

	if (!row->at[len] || len >= room)
		return NULL;
	memcpy(out_line, row->at, len);
	out_line[len] = '\0';
	row->at += len + 1;
	return out_line;
}

static bool take_layer(struct row *row, struct nacre_cached_layer *out_layer)
{
	char line[512], diff_id[NACRE_DIGEST_TEXT], blob[NACRE_DIGEST_TEXT];
	struct nacre_built_layer *b = &out_layer->built;

	memset(out_layer, 0, sizeof(*out_layer));
	return next_line(row, line, sizeof(line)) &&
		sscanf(line, "%135s %135s %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64,
			diff_id, blob, &b->tar_bytes, &b->blob_bytes, &b->members, &b->whiteouts,
			&out_layer->xattr_bytes) == 7 &&
		nacre_digest_parse(diff_id, &b->diff_id, NULL) == 0 &&
		nacre_digest_parse(blob, &b->blob, NULL) == 0;
}

static bool take_hex(struct row *row, char *out, size_t *out_len)
{
	char line[128];
	char *at = line;

	if (!next_line(row, line, sizeof(line)))
		return false;
	*out_len = strtoul(at, &at, 10);
	if (*out_len > NACRE_BLOB_END)
		return false;
	for (size_t i = 0; i < *out_len; i++)
		out[i] = (char)strtoul(at, &at, 16);
	return true;
}

/* ------------------------------------------------------------------ taking */

static bool write_part(struct nacre_cache *cache, const char *line, struct nacre_sink *blob)
{
	NACRE_CLEANUP(nacre_source_freep)
	struct nacre_source *source = NULL;
	char text[NACRE_DIGEST_TEXT];
	struct nacre_digest digest;
	nacre_autofd int fd = -1;
	uint64_t size = 0, copied = 0;

	return sscanf(line, "%135s %" SCNu64, text, &size) == 2 &&
		nacre_digest_parse(text, &digest, NULL) == 0 &&
		nacre_cache_open_blob(cache, &digest, &fd) &&
		nacre_source_fd(fd, 0, size, &source, NULL) == 0 &&
		nacre_stream_copy(source, blob, &copied, NULL) == 0 && copied == size;
}

static bool write_blob(struct nacre_cache *cache, struct row *row, struct nacre_sink *blob)
{
	char head[NACRE_BLOB_END], tail[NACRE_BLOB_END], line[256];
	size_t head_len, tail_len;

	if (!take_hex(row, head, &head_len) || !take_hex(row, tail, &tail_len) ||
		nacre_sink_write(blob, head, head_len, NULL))
		return false;
	while (*row->at) {
		if (!next_line(row, line, sizeof(line)) || !write_part(cache, line, blob))
			return false;
	}
	return nacre_sink_write(blob, tail, tail_len, NULL) == 0;
}

/* Writes the blob that a row tells of; false: it cannot be made any more. */
static bool make_blob(struct nacre_cache *cache, struct row *row, const struct nacre_digest *want,
	struct nacre_sink *blob)
{
	NACRE_CLEANUP(nacre_hash_freep)
	struct nacre_hash *hash = NULL;
	NACRE_CLEANUP(nacre_sink_freep)
	struct nacre_sink *hasher = NULL;
	struct nacre_digest got;

	if (nacre_hash_new(&hash, NULL) || nacre_sink_hash(blob, hash, NULL, &hasher, NULL) ||
		!write_blob(cache, row, hasher))
		return false;
	nacre_hash_finish(hash, &got);
	return nacre_digest_equal(&got, want);
}

int nacre_cached_layer_take(struct nacre_cache *cache, const char *key,
	struct nacre_layout_batch *batch, const char *media_type, struct nacre_descriptor *out_desc,
	struct nacre_cached_layer *out_layer, bool *out_found, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf value = NACRE_BUF(NACRE_CACHE_VALUE);
	NACRE_CLEANUP(nacre_sink_freep)
	struct nacre_sink *blob = NULL;
	struct row row;
	int rc;

	*out_found = false;
	if (!nacre_cache_get(cache, NACRE_CACHE_LAYER, key, &value) || value.len == 0)
		return 0;
	row.at = value.data;
	if (!take_layer(&row, out_layer))
		return 0;
	rc = nacre_batch_find_blob(batch, &out_layer->built.blob, out_layer->built.blob_bytes,
		media_type, out_desc, out_found, err);
	if (rc == 0 && !*out_found)
		rc = nacre_batch_open_blob(batch, &blob, err);
	if (rc || *out_found || !make_blob(cache, &row, &out_layer->built.blob, blob))
		return rc;
	*out_found = true;
	return nacre_batch_close_blob(batch, &blob, media_type, out_desc, err);
}
