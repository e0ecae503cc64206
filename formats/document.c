/* SPDX-License-Identifier: Apache-2.0 */
/* The front and the end of manifests and indexes, and the strictness they share. */
#include "formats/document.h"

#include "base/scope.h"

#include <stdlib.h>
#include <string.h>

int nacre_document_parse(const void *data, size_t len, const struct nacre_limits *limits,
	const char *const *known, struct nacre_json **out_json, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_json_freep)
	struct nacre_json *json = NULL;
	int rc;

	if (len > limits->document_bytes)
		return nacre_fail(err, NACRE_E_LIMIT, "more than %llu bytes (limit document-bytes)",
			(unsigned long long)limits->document_bytes);
	rc = nacre_json_parse(data, len, limits, &json, err);
	if (rc == 0)
		rc = nacre_jvalue_check_names(nacre_json_root(json), known, err);
	if (rc == 0)
		*out_json = nacre_steal(&json);
	return rc;
}

/* Without this a document could be one image to who looks for layers, another to who looks for
 * manifests (CVE-2021-41190). */
int nacre_document_refuse(const struct nacre_jvalue *root, const char *word,
	const char *const *others, struct nacre_err *err)
{
	for (const char *const *name = others; *name; name++) {
		if (nacre_jvalue_find(root, *name))
			return nacre_fail(err, NACRE_E_UNSAFE, "%s with '%s'", word, *name);
	}
	return 0;
}

int nacre_document_check(const struct nacre_jvalue *root, const char *media_type,
	const struct nacre_document_kind *kind, char **out_media_type, struct nacre_err *err)
{
	const char *own = NULL;
	uint64_t version = 0;
	int rc = nacre_jvalue_get_u64(root, "schemaVersion", &version, err);

	if (rc == 0 && version != 2)
		rc = nacre_fail(err, NACRE_E_UNSUPPORTED, "schemaVersion: %llu, not 2",
			(unsigned long long)version);
	if (rc == 0)
		rc = nacre_document_refuse(root, kind->word, kind->others, err);
	if (rc == 0)
		rc = nacre_jvalue_find_text(root, "mediaType", &own, err);
	if (rc)
		return rc;
	if (own && media_type && strcmp(own, media_type) != 0)
		return nacre_fail(err, NACRE_E_UNSAFE, "mediaType: '%s', descriptor says '%s'", own,
			media_type);
	own = own ? own : media_type ? media_type : kind->media_type;
	if (nacre_media_kind(own) != kind->media_kind)
		return nacre_fail(
			err, NACRE_E_UNSUPPORTED, "mediaType: '%s' is not %s", own, kind->word);
	*out_media_type = strdup(own);
	return *out_media_type ? 0 : nacre_fail_nomem(err);
}

int nacre_document_parse_tail(const struct nacre_jvalue *root, char **out_artifact_type,
	struct nacre_descriptor *out_subject, struct nacre_pairs *out_annotations,
	struct nacre_err *err)
{
	const struct nacre_jvalue *subject = NULL, *annotations = NULL;
	const char *artifact_type = NULL;
	int rc = nacre_jvalue_find_text(root, "artifactType", &artifact_type, err);

	if (rc == 0)
		rc = nacre_jvalue_find_typed(root, "subject", NACRE_JOBJECT, &subject, err);
	if (rc == 0)
		rc = nacre_jvalue_find_typed(root, "annotations", NACRE_JOBJECT, &annotations, err);
	if (rc == 0 && artifact_type && artifact_type[0]) {
		*out_artifact_type = strdup(artifact_type);
		if (!*out_artifact_type)
			rc = nacre_fail_nomem(err);
	}
	if (rc == 0 && subject)
		rc = nacre_descriptor_parse(subject, out_subject, err);
	if (rc == 0)
		rc = nacre_pairs_parse(annotations, out_annotations, err);
	return rc;
}

int nacre_document_keep(
	const void *data, size_t len, struct nacre_buf *out_buf, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf buf = NACRE_BUF(len);
	int rc = nacre_buf_add(&buf, data, len, err);

	if (rc == 0)
		*out_buf = nacre_buf_steal(&buf);
	return rc;
}

void nacre_document_emit_head(
	struct nacre_jemit *out, const char *media_type, const char *artifact_type)
{
	nacre_jemit_object(out, NULL);
	nacre_jemit_u64(out, "schemaVersion", 2);
	nacre_jemit_text(out, "mediaType", media_type);
	nacre_jemit_text_if(out, "artifactType", artifact_type);
}

void nacre_document_emit_tail(struct nacre_jemit *out, const struct nacre_descriptor *subject,
	const struct nacre_pairs *annotations)
{
	if (subject->media_type)
		nacre_descriptor_emit(subject, out, "subject");
	nacre_pairs_emit(annotations, out, "annotations");
	nacre_jemit_end(out);
}
