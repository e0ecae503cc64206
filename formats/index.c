/* SPDX-License-Identifier: Apache-2.0 */
/* Indexes, and how that of a layout changes without losing what others have written there. */
#include "formats/index.h"

#include "base/scope.h"
#include "formats/document.h"

#include <stdlib.h>
#include <string.h>

static const char *const names[] = { "schemaVersion", "mediaType", "artifactType", "manifests",
	"subject", "annotations", "config", "layers", "fsLayers", NULL };
static const char *const others[] = { "config", "layers", "fsLayers", NULL };
const struct nacre_document_kind nacre_index_kind = { "an index", names, NACRE_MEDIA_KIND_INDEX,
	NACRE_MEDIA_INDEX, others };

void nacre_index_clear(struct nacre_index *index)
{
	nacre_buf_clear(&index->raw);
	free(index->media_type);
	free(index->artifact_type);
	nacre_descriptors_clear(&index->manifests);
	nacre_descriptor_clear(&index->subject);
	nacre_pairs_clear(&index->annotations);
	memset(index, 0, sizeof(*index));
}

/* How many descriptors there are is bounded by what a document may hold. */
static int parse_manifests(
	const struct nacre_jvalue *root, struct nacre_descriptors *out_list, struct nacre_err *err)
{
	const struct nacre_jvalue *array = NULL;
	int rc = nacre_jvalue_find_typed(root, "manifests", NACRE_JARRAY, &array, err);

	if (rc)
		return rc;
	if (array)
		return nacre_descriptors_parse(array, UINT64_MAX, "json-values", out_list, err);
	if (!nacre_jvalue_find(root, "manifests"))
		return nacre_fail(err, NACRE_E_FORMAT, "manifests is missing");
	return 0;
}

static int parse_root(const struct nacre_jvalue *root, const char *media_type,
	struct nacre_index *index, struct nacre_err *err)
{
	int rc = nacre_document_check(root, media_type, &nacre_index_kind, &index->media_type, err);

	if (rc == 0)
		rc = parse_manifests(root, &index->manifests, err);
	if (rc == 0)
		rc = nacre_document_parse_tail(
			root, &index->artifact_type, &index->subject, &index->annotations, err);
	return rc;
}

int nacre_index_parse(const void *data, size_t len, const char *media_type,
	const struct nacre_limits *limits, struct nacre_index *out_index, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_index_clear)
	struct nacre_index index = { 0 };
	NACRE_CLEANUP(nacre_json_freep)
	struct nacre_json *json = NULL;
	int rc = nacre_document_parse(data, len, limits, names, &json, err);

	if (rc == 0)
		rc = parse_root(nacre_json_root(json), media_type, &index, err);
	if (rc == 0)
		rc = nacre_document_keep(data, len, &index.raw, err);
	if (rc)
		return rc;
	*out_index = index;
	memset(&index, 0, sizeof(index));
	return 0;
}

int nacre_index_emit(
	const struct nacre_index *index, struct nacre_buf *out_buf, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_jemit_clear)
	struct nacre_jemit out = NACRE_JEMIT(NACRE_DOCUMENT_MOST);

	nacre_document_emit_head(&out,
		index->media_type ? index->media_type : nacre_index_kind.media_type,
		index->artifact_type);
	nacre_jemit_array(&out, "manifests");
	for (size_t i = 0; i < index->manifests.count; i++)
		nacre_descriptor_emit(&index->manifests.items[i], &out, NULL);
	nacre_jemit_end(&out);
	nacre_document_emit_tail(&out, &index->subject, &index->annotations);
	return nacre_jemit_finish(&out, out_buf, err);
}

/* ---------------------------------------------------------------- amending */

/* A descriptor of the list: as it was read, and as it shall be. */
struct item {
	const struct nacre_jvalue *was; /* NULL: new */
	struct nacre_descriptor desc;
	bool changed;
	bool gone;
};

/* The index while it changes. Items are never removed, only marked. */
struct amend {
	struct nacre_json *json;
	struct nacre_index index;
	struct item *items;
	size_t count;
};

static void clear_amend(struct amend *amend)
{
	for (size_t i = 0; i < amend->count; i++)
		nacre_descriptor_clear(&amend->items[i].desc);
	free(amend->items);
	nacre_index_clear(&amend->index);
	nacre_json_free(amend->json);
}

/* Each change makes at most one new item. */
static int open_amend(struct amend *amend, const void *data, size_t len, size_t changes,
	const struct nacre_limits *limits, struct nacre_err *err)
{
	const struct nacre_jvalue *array, *at;
	int rc = nacre_index_parse(data, len, NULL, limits, &amend->index, err);

	if (rc == 0)
		rc = nacre_json_parse(data, len, limits, &amend->json, err);
	if (rc)
		return rc;
	amend->items = calloc(amend->index.manifests.count + changes + 1, sizeof(*amend->items));
	if (!amend->items)
		return nacre_fail_nomem(err);
	array = nacre_jvalue_find(nacre_json_root(amend->json), "manifests");
	at = array ? nacre_jvalue_first(array) : NULL;
	for (size_t i = 0; i < amend->index.manifests.count; i++) {
		amend->items[i].was = at;
		amend->items[i].desc = amend->index.manifests.items[i];
		memset(&amend->index.manifests.items[i], 0, sizeof(struct nacre_descriptor));
		at = at ? nacre_jvalue_next(at) : NULL;
	}
	amend->count = amend->index.manifests.count;
	return 0;
}

static bool has_name(const struct item *item, const char *name)
{
	const char *own = nacre_descriptor_ref_name(&item->desc);

	return own && name && strcmp(own, name) == 0;
}

static bool is_same_content(const struct nacre_descriptor *a, const struct nacre_descriptor *b)
{
	return nacre_digest_equal(&a->digest, &b->digest) && a->size_bytes == b->size_bytes &&
		strcmp(a->media_type, b->media_type) == 0;
}

static void take_name_off(struct item *item)
{
	nacre_pairs_remove(&item->desc.annotations, NACRE_ANNOTATION_REF_NAME);
	item->changed = true;
	item->gone = item->desc.artifact_type == NULL;
}

/* The item that the descriptor goes into: one of that name first, one without a name else. */
static struct item *find_place(
	struct amend *amend, const struct nacre_descriptor *desc, const char *name)
{
	struct item *unnamed = NULL;

	for (size_t i = 0; i < amend->count; i++) {
		struct item *item = &amend->items[i];
		bool fits = !item->gone && is_same_content(&item->desc, desc);

		if (fits && (!name || has_name(item, name)))
			return item;
		if (fits && !unnamed && !nacre_descriptor_ref_name(&item->desc))
			unnamed = item;
	}
	return unnamed;
}

static int lay_over(struct item *item, const struct nacre_descriptor *desc, const char *name,
	struct nacre_err *err)
{
	struct nacre_pairs *pairs = &item->desc.annotations;
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < desc->annotations.count; i++) {
		const struct nacre_pair *pair = &desc->annotations.items[i];
		const char *old = nacre_pairs_find(pairs, pair->name);

		if (strcmp(pair->name, NACRE_ANNOTATION_REF_NAME) == 0)
			continue;
		if (old && strcmp(old, pair->value) == 0)
			continue;
		rc = nacre_pairs_set(pairs, pair->name, pair->value, err);
		item->changed = true;
	}
	if (rc == 0 && name && !has_name(item, name)) {
		rc = nacre_pairs_set(pairs, NACRE_ANNOTATION_REF_NAME, name, err);
		item->changed = true;
	}
	return rc;
}

static int list(struct amend *amend, const struct nacre_change *change, struct nacre_err *err)
{
	const char *own = nacre_descriptor_ref_name(&change->desc);
	const char *name = change->name ? change->name : own;
	struct item *place = find_place(amend, &change->desc, name);
	int rc = 0;

	for (size_t i = 0; i < amend->count; i++) {
		struct item *item = &amend->items[i];

		if (item != place && !item->gone && has_name(item, name))
			take_name_off(item);
	}
	if (!place) {
		place = &amend->items[amend->count++];
		rc = nacre_descriptor_copy(&change->desc, &place->desc, err);
	}
	return rc ? rc : lay_over(place, &change->desc, name, err);
}

static int take_names_off(
	struct amend *amend, const struct nacre_change *change, struct nacre_err *err)
{
	bool found = false;

	for (size_t i = 0; i < amend->count; i++) {
		struct item *item = &amend->items[i];

		if (item->gone || !has_name(item, change->name))
			continue;
		take_name_off(item);
		found = true;
	}
	return found ? 0 : nacre_fail(err, NACRE_E_NOT_FOUND, "no image '%s'", change->name);
}

static int drop(struct amend *amend, const struct nacre_change *change, struct nacre_err *err)
{
	bool found = false;

	for (size_t i = 0; i < amend->count; i++) {
		struct item *item = &amend->items[i];

		if (item->gone || !nacre_digest_equal(&item->desc.digest, &change->desc.digest))
			continue;
		item->gone = true;
		found = true;
	}
	return found ? 0
		     : nacre_fail(err, NACRE_E_NOT_FOUND, "no image %s", change->desc.digest.text);
}

/* As it was, but for the annotations: nothing else of a listed descriptor ever changes. */
static void emit_item(const struct item *item, struct nacre_jemit *out)
{
	const struct nacre_jvalue *at;
	bool done = false;

	if (!item->was) {
		nacre_descriptor_emit(&item->desc, out, NULL);
		return;
	}
	if (!item->changed) {
		nacre_jemit_value(out, NULL, item->was);
		return;
	}
	nacre_jemit_object(out, NULL);
	for (at = nacre_jvalue_first(item->was); at; at = nacre_jvalue_next(at)) {
		const char *name = nacre_jvalue_name(at);

		if (strcmp(name, "annotations") == 0) {
			nacre_pairs_emit(&item->desc.annotations, out, name);
			done = true;
		} else {
			nacre_jemit_value(out, name, at);
		}
	}
	if (!done)
		nacre_pairs_emit(&item->desc.annotations, out, "annotations");
	nacre_jemit_end(out);
}

static void emit_items(const struct amend *amend, struct nacre_jemit *out)
{
	nacre_jemit_array(out, "manifests");
	for (size_t i = 0; i < amend->count; i++) {
		if (!amend->items[i].gone)
			emit_item(&amend->items[i], out);
	}
	nacre_jemit_end(out);
}

static void emit_amend(const struct amend *amend, struct nacre_jemit *out)
{
	const struct nacre_jvalue *root = nacre_json_root(amend->json), *at;
	const struct nacre_jvalue *media_type = nacre_jvalue_find(root, "mediaType");
	bool typed = media_type && nacre_jvalue_type(media_type) == NACRE_JTEXT;

	nacre_jemit_object(out, NULL);
	for (at = nacre_jvalue_first(root); at; at = nacre_jvalue_next(at)) {
		const char *name = nacre_jvalue_name(at);

		if (strcmp(name, "manifests") == 0)
			emit_items(amend, out);
		else if (at != media_type || typed)
			nacre_jemit_value(out, name, at);
		if (!typed && strcmp(name, "schemaVersion") == 0)
			nacre_jemit_text(out, "mediaType", amend->index.media_type);
	}
	nacre_jemit_end(out);
}

int nacre_index_amend(const void *data, size_t len, const struct nacre_change *changes,
	size_t count, const struct nacre_limits *limits, struct nacre_buf *out_buf,
	struct nacre_err *err)
{
	static int (*const apply[])(
		struct amend * amend, const struct nacre_change *change, struct nacre_err *err) = {
		[NACRE_CHANGE_LIST] = list,
		[NACRE_CHANGE_NAME_OFF] = take_names_off,
		[NACRE_CHANGE_DROP] = drop,
	};
	NACRE_CLEANUP(clear_amend)
	struct amend amend = { 0 };
	NACRE_CLEANUP(nacre_jemit_clear)
	struct nacre_jemit out = NACRE_JEMIT(limits->document_bytes);
	int rc = open_amend(&amend, data, len, count, limits, err);

	for (size_t i = 0; rc == 0 && i < count; i++)
		rc = apply[changes[i].kind](&amend, &changes[i], err);
	if (rc)
		return rc;
	emit_amend(&amend, &out);
	rc = nacre_jemit_finish(&out, out_buf, err);
	return rc == NACRE_E_LIMIT ? nacre_within(err, rc, "limit document-bytes") : rc;
}
