/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Signature manifests, as cosign has them and as they lie in a layout. What payloads say is for
 * payload.c, whether signatures are good for verify.c.
 */
#include "sign/signatures.h"

#include "base/base64.h"
#include "base/digest.h"
#include "base/scope.h"
#include "formats/mediatype.h"
#include "sign/box.h"
#include "sign/key_crypto.h"
#include "sign/payload.h"

#include <stdio.h>
#include <string.h>

#define ANNOTATION_SIGNATURE "dev.cosignproject.cosign/signature"

/* Of a config with 100 digests. */
#define CONFIG_BYTES 65536

void nacre_signatures_name(const struct nacre_digest *digest, char out_name[NACRE_SIGNATURES_NAME])
{
	(void)snprintf(out_name, NACRE_SIGNATURES_NAME, "%s-%s.sig", nacre_digest_algorithm(digest),
		nacre_digest_hex(digest));
}

bool nacre_signatures_match(const struct nacre_descriptor *desc, const struct nacre_digest *digest)
{
	const char *kind = nacre_pairs_find(&desc->annotations, NACRE_ANNOTATION_KIND);
	const char *have = nacre_descriptor_ref_name(desc);
	char want[NACRE_SIGNATURES_NAME];

	if (!have)
		return kind && strcmp(kind, NACRE_KIND_SIGNATURES) == 0;
	nacre_signatures_name(digest, want);
	return strcmp(have, want) == 0;
}

bool nacre_is_saved_by_cosign(const struct nacre_descriptor *image)
{
	const char *kind = nacre_pairs_find(&image->annotations, NACRE_ANNOTATION_KIND);

	return kind && !nacre_descriptor_ref_name(image) &&
		(strcmp(kind, NACRE_KIND_IMAGE) == 0 || strcmp(kind, NACRE_KIND_INDEX) == 0);
}

int nacre_signatures_load(const struct nacre_layout *layout, const struct nacre_descriptor *desc,
	const struct nacre_limits *limits, struct nacre_manifest *out_manifest,
	struct nacre_err *err)
{
	int rc;

	if (nacre_media_kind(desc->media_type) != NACRE_MEDIA_KIND_MANIFEST)
		return nacre_fail(
			err, NACRE_E_UNSUPPORTED, "'%.128s' holds no signatures", desc->media_type);
	rc = nacre_layout_load_manifest(layout, desc, limits, out_manifest, err);
	if (rc == 0 && out_manifest->layers.count > NACRE_SIGNATURES) {
		nacre_manifest_clear(out_manifest);
		rc = nacre_fail(err, NACRE_E_LIMIT, "more than %d signatures", NACRE_SIGNATURES);
	}
	return rc;
}

bool nacre_signature_is(const struct nacre_descriptor *layer)
{
	return strcmp(layer->media_type, NACRE_MEDIA_PAYLOAD) == 0;
}

int nacre_signature_get(
	const struct nacre_descriptor *layer, struct nacre_buf *out_bytes, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf bytes = NACRE_BUF(NACRE_SIGNATURE_BYTES);
	const char *text = nacre_pairs_find(&layer->annotations, ANNOTATION_SIGNATURE);
	int rc;

	if (!text)
		return nacre_fail(err, NACRE_E_FORMAT, "%s is missing", ANNOTATION_SIGNATURE);
	rc = nacre_buf_reserve(&bytes, bytes.max, err);
	if (rc == 0)
		rc = nacre_base64_parse(text, strlen(text), bytes.data, bytes.max, &bytes.len, err);
	if (rc)
		return rc;
	bytes.data[bytes.len] = '\0';
	*out_bytes = nacre_buf_steal(&bytes);
	return 0;
}

int nacre_signature_load(const struct nacre_layout *layout, const struct nacre_descriptor *layer,
	const struct nacre_limits *limits, struct nacre_buf *out_payload, struct nacre_err *err)
{
	struct nacre_limits own = *limits;

	if (own.document_bytes > NACRE_PAYLOAD_BYTES)
		own.document_bytes = NACRE_PAYLOAD_BYTES;
	return nacre_layout_load(layout, layer, &own, out_payload, err);
}

int nacre_signatures_add(struct nacre_manifest *manifest, const struct nacre_buf *payload,
	const struct nacre_buf *signature, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_descriptor_clear)
	struct nacre_descriptor layer = { 0 };
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf text = NACRE_BUF(2 * NACRE_SIGNATURE_BYTES);
	struct nacre_digest digest;
	int rc;

	if (manifest->layers.count >= NACRE_SIGNATURES)
		return nacre_fail(err, NACRE_E_LIMIT, "more than %d signatures", NACRE_SIGNATURES);
	nacre_digest_of(payload->data, payload->len, &digest);
	rc = nacre_descriptor_make(NACRE_MEDIA_PAYLOAD, &digest, payload->len, &layer, err);
	if (rc == 0)
		rc = nacre_base64_emit(signature->data, signature->len, &text, err);
	if (rc == 0)
		rc = nacre_pairs_set(&layer.annotations, ANNOTATION_SIGNATURE, text.data, err);
	if (rc == 0)
		rc = nacre_descriptors_add_take(&manifest->layers, &layer, err);
	return rc;
}

/* No config of an image: the members that others want to see, and the payloads for diff_ids. */
static int emit_config(
	const struct nacre_manifest *manifest, struct nacre_buf *out_json, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_jemit_clear)
	struct nacre_jemit out = NACRE_JEMIT(CONFIG_BYTES);

	nacre_jemit_object(&out, NULL);
	nacre_jemit_text(&out, "architecture", "");
	nacre_jemit_text(&out, "os", "");
	nacre_jemit_object(&out, "config");
	nacre_jemit_end(&out);
	nacre_jemit_object(&out, "rootfs");
	nacre_jemit_text(&out, "type", "layers");
	nacre_jemit_array(&out, "diff_ids");
	for (size_t i = 0; i < manifest->layers.count; i++)
		nacre_jemit_text(&out, NULL, manifest->layers.items[i].digest.text);
	nacre_jemit_end(&out);
	nacre_jemit_end(&out);
	nacre_jemit_end(&out);
	return nacre_jemit_finish(&out, out_json, err);
}

static int store_config(
	struct nacre_layout_batch *batch, struct nacre_manifest *manifest, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf json = NACRE_BUF(0);
	int rc = emit_config(manifest, &json, err);

	if (rc)
		return rc;
	nacre_descriptor_clear(&manifest->config);
	return nacre_batch_add_blob(
		batch, json.data, json.len, NACRE_MEDIA_CONFIG, &manifest->config, err);
}

int nacre_signatures_store(struct nacre_layout_batch *batch, struct nacre_manifest *manifest,
	const struct nacre_buf *payload, const struct nacre_digest *digest,
	struct nacre_digest *out_digest, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_descriptor_clear)
	struct nacre_descriptor desc = { 0 };
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf json = NACRE_BUF(0);
	char name[NACRE_SIGNATURES_NAME];
	int rc;

	nacre_signatures_name(digest, name);
	rc = nacre_batch_add_blob(
		batch, payload->data, payload->len, NACRE_MEDIA_PAYLOAD, NULL, err);
	if (rc == 0)
		rc = store_config(batch, manifest, err);
	if (rc == 0)
		rc = nacre_manifest_emit(manifest, &json, err);
	if (rc == 0)
		rc = nacre_batch_add_blob(
			batch, json.data, json.len, NACRE_MEDIA_MANIFEST, &desc, err);
	if (rc == 0)
		rc = nacre_pairs_set(
			&desc.annotations, NACRE_ANNOTATION_KIND, NACRE_KIND_SIGNATURES, err);
	if (rc == 0)
		rc = nacre_batch_tag(batch, &desc, name, err);
	if (rc == 0)
		*out_digest = desc.digest;
	return rc;
}
