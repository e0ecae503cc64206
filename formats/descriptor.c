/* SPDX-License-Identifier: Apache-2.0 */
/* Descriptors. Whether what they name is there is for layout.c and registries to see. */
#include "formats/descriptor.h"

#include "base/base64.h"
#include "base/digest.h"
#include "base/scope.h"

#include <stdlib.h>
#include <string.h>

void nacre_descriptor_clear(struct nacre_descriptor *desc)
{
	free(desc->media_type);
	free(desc->artifact_type);
	nacre_pairs_clear(&desc->annotations);
	memset(desc, 0, sizeof(*desc));
}

int nacre_descriptor_make(const char *media_type, const struct nacre_digest *digest,
	uint64_t size_bytes, struct nacre_descriptor *out_desc, struct nacre_err *err)
{
	char *copy = strdup(media_type);

	if (!copy)
		return nacre_fail_nomem(err);
	memset(out_desc, 0, sizeof(*out_desc));
	out_desc->media_type = copy;
	out_desc->digest = *digest;
	out_desc->size_bytes = size_bytes;
	return 0;
}

int nacre_descriptor_copy(const struct nacre_descriptor *from, struct nacre_descriptor *out_desc,
	struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_descriptor_clear)
	struct nacre_descriptor desc = { 0 };
	int rc;

	desc.digest = from->digest;
	desc.size_bytes = from->size_bytes;
	desc.platform = from->platform;
	rc = nacre_text_set(&desc.media_type, from->media_type, err);
	if (rc == 0)
		rc = nacre_text_set(&desc.artifact_type, from->artifact_type, err);
	if (rc == 0)
		rc = nacre_pairs_copy(&from->annotations, &desc.annotations, err);
	if (rc)
		return rc;
	*out_desc = desc;
	memset(&desc, 0, sizeof(desc));
	return 0;
}

/* ---------------------------------------------------------------- embedded data */

static int prove_data(const char *text, const struct nacre_descriptor *desc, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf data = NACRE_BUF(strlen(text));
	NACRE_CLEANUP(nacre_hash_freep)
	struct nacre_hash *hash = NULL;
	struct nacre_digest got;
	int rc = nacre_buf_reserve(&data, NACRE_BASE64_ROOM(strlen(text)), err);

	if (rc == 0)
		rc = nacre_base64_parse(text, strlen(text), data.data, data.max, &data.len, err);
	if (rc == 0)
		rc = nacre_hash_new_like(&desc->digest, &hash, err);
	if (rc)
		return rc;
	nacre_hash_add(hash, data.data ? data.data : "", data.len);
	nacre_hash_finish(hash, &got);
	if (data.len != desc->size_bytes)
		return nacre_fail(err, NACRE_E_DIGEST, "%zu bytes, descriptor says %llu", data.len,
			(unsigned long long)desc->size_bytes);
	if (!nacre_digest_equal(&got, &desc->digest))
		return nacre_fail(err, NACRE_E_DIGEST, "content has digest %s", got.text);
	return 0;
}

/*
 * Content in two places can be two contents, and which one a reader takes is its own choice: so it
 * must be the same, and then the blob will do.
 */
static int check_data(const struct nacre_jvalue *object, const struct nacre_descriptor *desc,
	struct nacre_err *err)
{
	const char *text = NULL;
	int rc = nacre_jvalue_find_text(object, "data", &text, err);

	if (rc || !text)
		return rc;
	rc = prove_data(text, desc, err);
	return rc ? nacre_jvalue_within(nacre_jvalue_find(object, "data"), err, rc) : 0;
}

/* ------------------------------------------------------------------- JSON */

int nacre_digest_parse_json(
	const struct nacre_jvalue *object, struct nacre_digest *out_digest, struct nacre_err *err)
{
	const char *text = NULL;
	int rc = nacre_jvalue_get_text(object, "digest", &text, err);

	if (rc)
		return rc;
	rc = nacre_digest_parse(text, out_digest, err);
	return rc ? nacre_jvalue_within(nacre_jvalue_find(object, "digest"), err, rc) : 0;
}

static int parse_names(
	const struct nacre_jvalue *object, struct nacre_descriptor *desc, struct nacre_err *err)
{
	const char *media_type = NULL, *artifact_type = NULL;
	int rc = nacre_jvalue_get_text(object, "mediaType", &media_type, err);

	if (rc == 0 && media_type[0] == '\0')
		rc = nacre_jvalue_fail(
			nacre_jvalue_find(object, "mediaType"), err, NACRE_E_FORMAT, "empty");
	if (rc == 0)
		rc = nacre_jvalue_find_text(object, "artifactType", &artifact_type, err);
	if (rc == 0)
		rc = nacre_text_set(&desc->media_type, media_type, err);
	if (rc == 0 && artifact_type && artifact_type[0])
		rc = nacre_text_set(&desc->artifact_type, artifact_type, err);
	return rc;
}

static int parse_extras(
	const struct nacre_jvalue *object, struct nacre_descriptor *desc, struct nacre_err *err)
{
	const struct nacre_jvalue *platform = NULL, *annotations = NULL;
	int rc = nacre_jvalue_find_typed(object, "platform", NACRE_JOBJECT, &platform, err);

	if (rc == 0)
		rc = nacre_platform_parse_json(platform, &desc->platform, err);
	if (rc == 0)
		rc = nacre_jvalue_find_typed(
			object, "annotations", NACRE_JOBJECT, &annotations, err);
	if (rc == 0)
		rc = nacre_pairs_parse(annotations, &desc->annotations, err);
	return rc;
}

int nacre_descriptor_parse(
	const struct nacre_jvalue *object, struct nacre_descriptor *out_desc, struct nacre_err *err)
{
	static const char *const names[] = { "mediaType", "digest", "size", "urls", "annotations",
		"data", "platform", "artifactType", NULL };
	NACRE_CLEANUP(nacre_descriptor_clear)
	struct nacre_descriptor desc = { 0 };
	int rc = nacre_jvalue_check_names(object, names, err);

	if (rc == 0)
		rc = parse_names(object, &desc, err);
	if (rc == 0)
		rc = nacre_digest_parse_json(object, &desc.digest, err);
	if (rc == 0)
		rc = nacre_jvalue_get_u64(object, "size", &desc.size_bytes, err);
	if (rc == 0)
		rc = parse_extras(object, &desc, err);
	if (rc == 0)
		rc = check_data(object, &desc, err);
	if (rc)
		return rc;
	*out_desc = desc;
	memset(&desc, 0, sizeof(desc));
	return 0;
}

void nacre_descriptor_emit(
	const struct nacre_descriptor *desc, struct nacre_jemit *out, const char *name)
{
	nacre_jemit_object(out, name);
	nacre_jemit_text(out, "mediaType", desc->media_type);
	nacre_jemit_text(out, "digest", desc->digest.text);
	nacre_jemit_u64(out, "size", desc->size_bytes);
	nacre_jemit_text_if(out, "artifactType", desc->artifact_type);
	nacre_platform_emit(&desc->platform, out, "platform");
	nacre_pairs_emit(&desc->annotations, out, "annotations");
	nacre_jemit_end(out);
}

const char *nacre_descriptor_ref_name(const struct nacre_descriptor *desc)
{
	return nacre_pairs_find(&desc->annotations, NACRE_ANNOTATION_REF_NAME);
}

/* ------------------------------------------------------------------- lists */

void nacre_descriptors_clear(struct nacre_descriptors *list)
{
	for (size_t i = 0; i < list->count; i++)
		nacre_descriptor_clear(&list->items[i]);
	free(list->items);
	list->items = NULL;
	list->count = 0;
}

int nacre_descriptors_add_take(
	struct nacre_descriptors *list, struct nacre_descriptor *desc, struct nacre_err *err)
{
	/* Doubles at each power of two. */
	if ((list->count & (list->count - 1)) == 0) {
		struct nacre_descriptor *items = reallocarray(
			list->items, list->count > 0 ? list->count * 2 : 1, sizeof(*items));

		if (!items) {
			nacre_descriptor_clear(desc);
			return nacre_fail_nomem(err);
		}
		list->items = items;
	}
	list->items[list->count++] = *desc;
	memset(desc, 0, sizeof(*desc));
	return 0;
}

int nacre_descriptors_parse(const struct nacre_jvalue *array, uint64_t most, const char *limit,
	struct nacre_descriptors *out_list, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_descriptors_clear)
	struct nacre_descriptors list = { 0 };
	const struct nacre_jvalue *at;
	int rc = nacre_jvalue_want(array, NACRE_JARRAY, err);

	if (rc == 0 && nacre_jvalue_count(array) > most)
		rc = nacre_jvalue_fail(array, err, NACRE_E_LIMIT, "more than %llu (limit %s)",
			(unsigned long long)most, limit);
	if (rc)
		return rc;
	for (at = nacre_jvalue_first(array); at; at = nacre_jvalue_next(at)) {
		struct nacre_descriptor desc = { 0 };

		rc = nacre_descriptor_parse(at, &desc, err);
		if (rc == 0)
			rc = nacre_descriptors_add_take(&list, &desc, err);
		if (rc)
			return rc;
	}
	*out_list = list;
	memset(&list, 0, sizeof(list));
	return 0;
}
