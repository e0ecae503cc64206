/* SPDX-License-Identifier: Apache-2.0 */
/* Image manifests. What their descriptors name is not looked at here. */
#include "formats/manifest.h"

#include "base/scope.h"
#include "formats/document.h"

#include <stdlib.h>
#include <string.h>

static const char *const names[] = { "schemaVersion", "mediaType", "artifactType", "config",
	"layers", "subject", "annotations", "manifests", "fsLayers", NULL };
static const char *const others[] = { "manifests", "fsLayers", NULL };
const struct nacre_document_kind nacre_manifest_kind = { "a manifest", names,
	NACRE_MEDIA_KIND_MANIFEST, NACRE_MEDIA_MANIFEST, others };

void nacre_manifest_clear(struct nacre_manifest *manifest)
{
	nacre_buf_clear(&manifest->raw);
	free(manifest->media_type);
	free(manifest->artifact_type);
	nacre_descriptor_clear(&manifest->config);
	nacre_descriptors_clear(&manifest->layers);
	nacre_descriptor_clear(&manifest->subject);
	nacre_pairs_clear(&manifest->annotations);
	memset(manifest, 0, sizeof(*manifest));
}

/* Go writes an empty list as null; a list that is absent is another matter. */
static int parse_layers(const struct nacre_jvalue *root, const struct nacre_limits *limits,
	struct nacre_descriptors *out_layers, struct nacre_err *err)
{
	const struct nacre_jvalue *array = NULL;
	int rc = nacre_jvalue_find_typed(root, "layers", NACRE_JARRAY, &array, err);

	if (rc)
		return rc;
	if (array)
		return nacre_descriptors_parse(array, limits->layers, "layers", out_layers, err);
	if (!nacre_jvalue_find(root, "layers"))
		return nacre_fail(err, NACRE_E_FORMAT, "layers is missing");
	return 0;
}

static int parse_root(const struct nacre_jvalue *root, const char *media_type,
	const struct nacre_limits *limits, struct nacre_manifest *manifest, struct nacre_err *err)
{
	const struct nacre_jvalue *config = NULL;
	int rc = nacre_document_check(
		root, media_type, &nacre_manifest_kind, &manifest->media_type, err);

	if (rc == 0)
		rc = nacre_jvalue_get(root, "config", NACRE_JOBJECT, &config, err);
	if (rc == 0)
		rc = nacre_descriptor_parse(config, &manifest->config, err);
	if (rc == 0)
		rc = parse_layers(root, limits, &manifest->layers, err);
	if (rc == 0)
		rc = nacre_document_parse_tail(root, &manifest->artifact_type, &manifest->subject,
			&manifest->annotations, err);
	return rc;
}

int nacre_manifest_parse(const void *data, size_t len, const char *media_type,
	const struct nacre_limits *limits, struct nacre_manifest *out_manifest,
	struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_manifest_clear)
	struct nacre_manifest manifest = { 0 };
	NACRE_CLEANUP(nacre_json_freep)
	struct nacre_json *json = NULL;
	int rc = nacre_document_parse(data, len, limits, names, &json, err);

	if (rc == 0)
		rc = parse_root(nacre_json_root(json), media_type, limits, &manifest, err);
	if (rc == 0)
		rc = nacre_document_keep(data, len, &manifest.raw, err);
	if (rc)
		return rc;
	*out_manifest = manifest;
	memset(&manifest, 0, sizeof(manifest));
	return 0;
}

int nacre_manifest_emit(
	const struct nacre_manifest *manifest, struct nacre_buf *out_buf, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_jemit_clear)
	struct nacre_jemit out = NACRE_JEMIT(NACRE_DOCUMENT_MOST);

	nacre_document_emit_head(&out,
		manifest->media_type ? manifest->media_type : nacre_manifest_kind.media_type,
		manifest->artifact_type);
	nacre_descriptor_emit(&manifest->config, &out, "config");
	nacre_jemit_array(&out, "layers");
	for (size_t i = 0; i < manifest->layers.count; i++)
		nacre_descriptor_emit(&manifest->layers.items[i], &out, NULL);
	nacre_jemit_end(&out);
	nacre_document_emit_tail(&out, &manifest->subject, &manifest->annotations);
	return nacre_jemit_finish(&out, out_buf, err);
}
