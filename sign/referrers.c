/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bundles as OCI 1.1 referrers, one manifest each. What is in a bundle is for bundle.c, whether its
 * signature is good for verify.c.
 */
#include "sign/referrers.h"

#include "base/digest.h"
#include "base/scope.h"
#include "formats/mediatype.h"
#include "sign/statement.h"

#include <stdio.h>
#include <string.h>

#define ANNOTATION_CONTENT "dev.sigstore.bundle.content"
#define ANNOTATION_PREDICATE "dev.sigstore.bundle.predicateType"
#define CONTENT "dsse-envelope"

/* A signature that said when it was made would be another one each time. */
#define CREATED "1970-01-01T00:00:00Z"

enum nacre_referrer_sign nacre_referrer_look(const struct nacre_descriptor *desc)
{
	if (nacre_media_kind(desc->media_type) != NACRE_MEDIA_KIND_MANIFEST)
		return NACRE_REFERRER_NO;
	/* cosign lists bundles as what their config is. */
	if (desc->artifact_type)
		return nacre_media_is_bundle(desc->artifact_type) ||
				strcmp(desc->artifact_type, NACRE_MEDIA_EMPTY) == 0
			? NACRE_REFERRER_YES
			: NACRE_REFERRER_NO;
	return nacre_descriptor_ref_name(desc) ? NACRE_REFERRER_NO : NACRE_REFERRER_MAYBE;
}

bool nacre_referrers_match(const struct nacre_descriptor *desc, const struct nacre_digest *digest)
{
	const char *name = nacre_descriptor_ref_name(desc);
	char want[NACRE_DIGEST_TEXT];

	if (!name || nacre_media_kind(desc->media_type) != NACRE_MEDIA_KIND_INDEX)
		return false;
	/* 64 digits of a digest at most, and 32 letters of an algorithm. */
	(void)snprintf(want, sizeof(want), "%.32s-%.64s", nacre_digest_algorithm(digest),
		nacre_digest_hex(digest));
	return strcmp(name, want) == 0;
}

int nacre_referrer_load(const struct nacre_layout *layout, const struct nacre_descriptor *desc,
	const struct nacre_digest *const subjects[2], const struct nacre_limits *limits,
	struct nacre_manifest *out_manifest, bool *out_is_one, struct nacre_err *err)
{
	int rc = nacre_layout_load_manifest(layout, desc, limits, out_manifest, err);

	*out_is_one = false;
	if (rc || !out_manifest->subject.media_type || !out_manifest->artifact_type)
		return rc;
	*out_is_one = nacre_media_is_bundle(out_manifest->artifact_type) &&
		(nacre_digest_equal(&out_manifest->subject.digest, subjects[0]) ||
			nacre_digest_equal(&out_manifest->subject.digest, subjects[1]));
	return 0;
}

int nacre_referrer_bundle(const struct nacre_layout *layout, const struct nacre_manifest *manifest,
	const struct nacre_limits *limits, struct nacre_bundle *out_bundle, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf bytes = NACRE_BUF(0);
	const struct nacre_descriptor *layer = manifest->layers.items;
	int rc;

	if (manifest->layers.count != 1)
		return nacre_fail(err, NACRE_E_FORMAT, "%zu bundles in one manifest, not one",
			manifest->layers.count);
	if (!nacre_media_is_bundle(layer->media_type))
		return nacre_fail(
			err, NACRE_E_UNSUPPORTED, "'%.128s' is no bundle", layer->media_type);
	rc = nacre_layout_load(layout, layer, limits, &bytes, err);
	if (rc)
		return rc;
	rc = nacre_bundle_parse(bytes.data, bytes.len, out_bundle, err);
	return rc ? nacre_within(err, rc, "bundle %s", layer->digest.text) : 0;
}

static int store_blobs(struct nacre_layout_batch *batch, const struct nacre_bundle *bundle,
	struct nacre_manifest *manifest, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf json = NACRE_BUF(0);
	NACRE_CLEANUP(nacre_descriptor_clear)
	struct nacre_descriptor layer = { 0 };
	int rc = nacre_bundle_emit(bundle, &json, err);

	if (rc == 0)
		rc = nacre_batch_add_blob(
			batch, json.data, json.len, NACRE_MEDIA_BUNDLE, &layer, err);
	if (rc == 0)
		rc = nacre_descriptors_add_take(&manifest->layers, &layer, err);
	if (rc == 0)
		rc = nacre_batch_add_blob(batch, NACRE_EMPTY_CONFIG, strlen(NACRE_EMPTY_CONFIG),
			NACRE_MEDIA_EMPTY, &manifest->config, err);
	return rc;
}

static int annotate(struct nacre_pairs *pairs, struct nacre_err *err)
{
	static const struct {
		const char *name, *value;
	} rows[] = {
		{ ANNOTATION_CONTENT, CONTENT },
		{ ANNOTATION_PREDICATE, NACRE_PREDICATE_SIGNED },
		{ NACRE_ANNOTATION_CREATED, CREATED },
	};
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < sizeof(rows) / sizeof(rows[0]); i++)
		rc = nacre_pairs_set(pairs, rows[i].name, rows[i].value, err);
	return rc;
}

int nacre_referrer_store(struct nacre_layout_batch *batch, const struct nacre_descriptor *subject,
	const struct nacre_bundle *bundle, struct nacre_digest *out_digest, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_manifest_clear)
	struct nacre_manifest manifest = { 0 };
	NACRE_CLEANUP(nacre_descriptor_clear)
	struct nacre_descriptor desc = { 0 };
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf json = NACRE_BUF(0);
	int rc = nacre_text_set(&manifest.artifact_type, NACRE_MEDIA_BUNDLE, err);

	if (rc == 0)
		rc = store_blobs(batch, bundle, &manifest, err);
	if (rc == 0)
		rc = nacre_descriptor_make(subject->media_type, &subject->digest,
			subject->size_bytes, &manifest.subject, err);
	if (rc == 0)
		rc = annotate(&manifest.annotations, err);
	if (rc == 0)
		rc = nacre_manifest_emit(&manifest, &json, err);
	if (rc == 0)
		rc = nacre_batch_add_blob(
			batch, json.data, json.len, NACRE_MEDIA_MANIFEST, &desc, err);
	if (rc == 0)
		rc = nacre_text_set(&desc.artifact_type, NACRE_MEDIA_BUNDLE, err);
	if (rc == 0)
		rc = annotate(&desc.annotations, err);
	if (rc == 0)
		rc = nacre_batch_tag(batch, &desc, NULL, err);
	if (rc == 0)
		*out_digest = desc.digest;
	return rc;
}
