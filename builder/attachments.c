/* SPDX-License-Identifier: Apache-2.0 */
/* Walking from an image down to its blobs, and through the list of a layout to what points at it.
 */
#include "builder/attachments.h"

#include "base/digest.h"
#include "base/scope.h"
#include "formats/mediatype.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What nothing says has a subject is looked at when it is as small as such manifests are. */
#define MAYBE_BYTES 65536

void nacre_belongings_clear(struct nacre_belongings *belongings)
{
	nacre_descriptors_clear(&belongings->listed);
	nacre_descriptors_clear(&belongings->blobs);
	nacre_descriptors_clear(&belongings->manifests);
}

static int add_copy(
	struct nacre_descriptors *list, const struct nacre_descriptor *desc, struct nacre_err *err)
{
	struct nacre_descriptor copy = { 0 };
	int rc = nacre_descriptor_copy(desc, &copy, err);

	return rc ? rc : nacre_descriptors_add_take(list, &copy, err);
}

static bool has_digest(const struct nacre_descriptors *list, const struct nacre_digest *digest)
{
	for (size_t i = 0; i < list->count; i++) {
		if (nacre_digest_equal(&list->items[i].digest, digest))
			return true;
	}
	return false;
}

/* -------------------------------------------------------------- downwards */

static int add_manifest(struct nacre_belongings *belongings, const struct nacre_layout *layout,
	const struct nacre_descriptor *desc, const struct nacre_limits *limits,
	struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_manifest_clear)
	struct nacre_manifest manifest = { 0 };
	int rc = nacre_layout_load_manifest(layout, desc, limits, &manifest, err);

	if (rc == 0)
		rc = add_copy(&belongings->blobs, &manifest.config, err);
	for (size_t i = 0; rc == 0 && i < manifest.layers.count; i++)
		rc = add_copy(&belongings->blobs, &manifest.layers.items[i], err);
	return rc;
}

static int add_any(struct nacre_belongings *belongings, const struct nacre_layout *layout,
	const struct nacre_descriptor *desc, unsigned depth, const struct nacre_limits *limits,
	struct nacre_err *err);

static int add_index(struct nacre_belongings *belongings, const struct nacre_layout *layout,
	const struct nacre_descriptor *desc, unsigned depth, const struct nacre_limits *limits,
	struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_index_clear)
	struct nacre_index index = { 0 };
	int rc;

	if (depth > limits->index_depth)
		return nacre_fail(err, NACRE_E_LIMIT,
			"indexes nested more than %llu deep (limit index-depth)",
			(unsigned long long)limits->index_depth);
	rc = nacre_layout_load_index(layout, desc, limits, &index, err);
	for (size_t i = 0; rc == 0 && i < index.manifests.count; i++)
		rc = add_any(belongings, layout, &index.manifests.items[i], depth + 1, limits, err);
	return rc;
}

static int add_any(struct nacre_belongings *belongings, const struct nacre_layout *layout,
	const struct nacre_descriptor *desc, unsigned depth, const struct nacre_limits *limits,
	struct nacre_err *err)
{
	enum nacre_media_kind kind = nacre_media_kind(desc->media_type);
	int rc;

	if (has_digest(&belongings->manifests, &desc->digest))
		return 0;
	if (belongings->manifests.count >= limits->index_descriptors)
		return nacre_fail(err, NACRE_E_LIMIT,
			"more than %llu manifests (limit index-descriptors)",
			(unsigned long long)limits->index_descriptors);
	rc = add_copy(&belongings->manifests, desc, err);
	if (rc == 0)
		rc = add_copy(&belongings->blobs, desc, err);
	if (rc)
		return rc;
	switch (kind) {
	case NACRE_MEDIA_KIND_MANIFEST:
		return add_manifest(belongings, layout, desc, limits, err);
	case NACRE_MEDIA_KIND_INDEX:
		return add_index(belongings, layout, desc, depth, limits, err);
	default:
		return 0; /* a blob that an index lists */
	}
}

int nacre_belongings_add(struct nacre_belongings *belongings, const struct nacre_layout *layout,
	const struct nacre_descriptor *desc, const struct nacre_limits *limits,
	struct nacre_err *err)
{
	return add_any(belongings, layout, desc, 1, limits, err);
}

int nacre_belongings_note(struct nacre_belongings *belongings, const struct nacre_descriptor *desc,
	struct nacre_err *err)
{
	return has_digest(&belongings->manifests, &desc->digest)
		? 0
		: add_copy(&belongings->manifests, desc, err);
}

/* ---------------------------------------------------------------- sidewards */

/* "sha256-HEX", alone or with an ending, for a digest of the list. */
static bool is_tag_of(const char *name, const struct nacre_descriptors *list)
{
	static const char *const ends[] = { "", ".sig", ".att", ".sbom" };

	for (size_t i = 0; i < list->count; i++) {
		const struct nacre_digest *digest = &list->items[i].digest;
		char want[NACRE_DIGEST_TEXT + 8];

		for (size_t k = 0; k < sizeof(ends) / sizeof(ends[0]); k++) {
			(void)snprintf(want, sizeof(want), "%s-%s%s",
				nacre_digest_algorithm(digest), nacre_digest_hex(digest), ends[k]);
			if (strcmp(name, want) == 0)
				return true;
		}
	}
	return false;
}

/* cosign leaves the name out when it saves an image: one layout, one image. */
static bool is_unnamed_attachment(const struct nacre_descriptor *desc)
{
	const char *kind = nacre_pairs_find(&desc->annotations, "kind");

	return kind &&
		(strcmp(kind, "dev.cosignproject.cosign/sigs") == 0 ||
			strcmp(kind, "dev.cosignproject.cosign/atts") == 0);
}

/* As it is to be listed, once it is known to be one. */
struct attached {
	bool is_one;
	struct nacre_descriptor desc;
};

static void clear_attached(struct attached *attached)
{
	nacre_descriptor_clear(&attached->desc);
}

/* What the manifest is, which not everybody who lists it says. Spec: image-spec, descriptor.md. */
static int set_artifact_type(
	struct nacre_descriptor *desc, const struct nacre_manifest *manifest, struct nacre_err *err)
{
	return desc->artifact_type ? 0
				   : nacre_text_set(&desc->artifact_type,
					     manifest->artifact_type ? manifest->artifact_type
								     : manifest->config.media_type,
					     err);
}

/* Whether a manifest's subject is in the list. One that merely may have one is not insisted on. */
static int look_at_subject(const struct nacre_layout *layout, const struct nacre_descriptors *list,
	const struct nacre_limits *limits, struct attached *attached, struct nacre_err *err)
{
	const struct nacre_descriptor *desc = &attached->desc;
	NACRE_CLEANUP(nacre_manifest_clear)
	struct nacre_manifest manifest = { 0 };
	int rc;

	if (nacre_media_kind(desc->media_type) != NACRE_MEDIA_KIND_MANIFEST ||
		desc->size_bytes > MAYBE_BYTES)
		return 0;
	rc = nacre_layout_load_manifest(layout, desc, limits, &manifest, err);
	if (rc == NACRE_E_NOMEM || rc == NACRE_E_IO)
		return rc;
	attached->is_one = rc == 0 && manifest.subject.media_type &&
		has_digest(list, &manifest.subject.digest);
	return attached->is_one ? set_artifact_type(&attached->desc, &manifest, err) : 0;
}

static int look(const struct nacre_belongings *belongings, const struct nacre_layout *layout,
	const struct nacre_descriptor *desc, const struct nacre_limits *limits,
	struct attached *attached, struct nacre_err *err)
{
	const char *name = nacre_descriptor_ref_name(desc);
	int rc;

	if (has_digest(&belongings->manifests, &desc->digest))
		return 0;
	rc = nacre_descriptor_copy(desc, &attached->desc, err);
	if (rc)
		return rc;
	attached->is_one =
		name ? is_tag_of(name, &belongings->manifests) : is_unnamed_attachment(desc);
	return attached->is_one
		? 0
		: look_at_subject(layout, &belongings->manifests, limits, attached, err);
}

/* One round; *out_is_more when something was new. */
static int add_round(struct nacre_belongings *belongings, const struct nacre_layout *layout,
	const struct nacre_descriptors *list, const struct nacre_limits *limits, bool *out_is_more,
	struct nacre_err *err)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < list->count; i++) {
		NACRE_CLEANUP(clear_attached)
		struct attached attached = { 0 };

		rc = look(belongings, layout, &list->items[i], limits, &attached, err);
		if (rc || !attached.is_one)
			continue;
		rc = nacre_descriptors_add_take(&belongings->listed, &attached.desc, err);
		if (rc == 0)
			rc = nacre_belongings_add(belongings, layout, &list->items[i], limits, err);
		*out_is_more = true;
	}
	return rc;
}

int nacre_belongings_add_attached(struct nacre_belongings *belongings,
	const struct nacre_layout *layout, bool unlisted, const struct nacre_limits *limits,
	struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_index_clear)
	struct nacre_index index = { 0 };
	NACRE_CLEANUP(nacre_descriptors_clear)
	struct nacre_descriptors more = { 0 };
	bool is_more = true;
	int rc = nacre_layout_index(layout, limits, &index, err);

	/* Where they arrive they are listed. */
	if (rc == 0 && unlisted)
		rc = nacre_layout_unlisted(layout, limits, MAYBE_BYTES, &more, err);
	if (rc == NACRE_E_LIMIT)
		rc = 0;
	/* An SBOM may be signed, too: once more, until nothing is new. */
	while (rc == 0 && is_more) {
		is_more = false;
		rc = add_round(belongings, layout, &index.manifests, limits, &is_more, err);
		if (rc == 0)
			rc = add_round(belongings, layout, &more, limits, &is_more, err);
	}
	return rc;
}

/* ------------------------------------------------------------------- the sum */

static int by_digest(const void *a, const void *b)
{
	const struct nacre_descriptor *x = a, *y = b;

	return strcmp(x->digest.text, y->digest.text);
}

void nacre_belongings_finish(struct nacre_belongings *belongings)
{
	struct nacre_descriptors *blobs = &belongings->blobs;
	size_t kept = 0;

	if (blobs->count == 0)
		return;
	qsort(blobs->items, blobs->count, sizeof(blobs->items[0]), by_digest);
	for (size_t i = 1; i < blobs->count; i++) {
		if (by_digest(&blobs->items[kept], &blobs->items[i]) == 0)
			nacre_descriptor_clear(&blobs->items[i]);
		else
			blobs->items[++kept] = blobs->items[i];
	}
	blobs->count = kept + 1;
}
