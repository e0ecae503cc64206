/* SPDX-License-Identifier: Apache-2.0 */
/* From a name, a digest or a platform to a descriptor of a layout. */
#include "formats/layout.h"

#include "base/digest.h"
#include "base/scope.h"
#include "formats/mediatype.h"

#include <string.h>

/* For messages. */
#define LIST_BYTES 512

/* ------------------------------------------------------------------ finding */

static bool ends_in(const char *text, const char *end)
{
	size_t len = strlen(text), end_len = strlen(end);

	return len >= end_len && strcmp(text + len - end_len, end) == 0;
}

/* "sha256-<hex>", where registries without the referrers API keep what belongs to an image. */
static bool is_digest_tag(const char *name)
{
	static const char *const ends[] = { ".sig", ".att", ".sbom" };

	if (strncmp(name, "sha256-", 7) != 0 || strspn(name + 7, "0123456789abcdef") != 64)
		return false;
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		if (strcmp(name + 7 + 64, ends[i]) == 0)
			return true;
	}
	return name[7 + 64] == '\0';
}

/* Something that belongs to an image in the list, and is not one itself. */
static bool is_attachment(const struct nacre_descriptor *desc)
{
	const char *name = nacre_descriptor_ref_name(desc);
	const char *kind = nacre_pairs_find(&desc->annotations, "kind");

	if (desc->artifact_type || (name && is_digest_tag(name)))
		return true;
	return kind && strncmp(kind, "dev.cosignproject.cosign/", 25) == 0 &&
		(ends_in(kind, "/sigs") || ends_in(kind, "/atts"));
}

/* What is looked for: a name, or a digest, or anything that is an image. */
struct wanted {
	const char *name;
	const struct nacre_digest *digest;
	bool attachments;
};

static bool fits(const struct nacre_descriptor *desc, const struct wanted *wanted)
{
	const char *name = nacre_descriptor_ref_name(desc);

	if (wanted->name)
		return name && strcmp(name, wanted->name) == 0;
	if (wanted->digest)
		return nacre_digest_equal(&desc->digest, wanted->digest);
	return wanted->attachments || !is_attachment(desc);
}

/* The first that fits; *out_several when others with another digest do, too. */
static const struct nacre_descriptor *pick(
	const struct nacre_descriptors *list, const struct wanted *wanted, bool *out_several)
{
	const struct nacre_descriptor *found = NULL;

	*out_several = false;
	for (size_t i = 0; i < list->count; i++) {
		const struct nacre_descriptor *desc = &list->items[i];

		if (!fits(desc, wanted))
			continue;
		if (found && !nacre_digest_equal(&found->digest, &desc->digest))
			*out_several = true;
		found = found ? found : desc;
	}
	return found;
}

static const char *list_names(const struct nacre_descriptors *list, struct nacre_buf *buf)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < list->count; i++) {
		const char *name = nacre_descriptor_ref_name(&list->items[i]);
		bool shown = !is_attachment(&list->items[i]);

		if (shown)
			rc = nacre_buf_printf(buf, NULL, "%s%s", buf->len > 0 ? ", " : "",
				name ? name : list->items[i].digest.text);
	}
	if (rc)
		(void)!nacre_buf_add_text(buf, ", …", NULL);
	return buf->len > 0 ? buf->data : "nothing";
}

static int fail_find(
	const struct nacre_descriptors *list, const char *name, bool several, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf buf = NACRE_BUF(LIST_BYTES);

	if (name && several)
		return nacre_fail(
			err, NACRE_E_UNSAFE, "image '%s': ambiguous, several have this name", name);
	if (name)
		return nacre_fail(err, NACRE_E_NOT_FOUND, "no image '%s': there is %s", name,
			list_names(list, &buf));
	if (several)
		return nacre_fail(err, NACRE_E_UNSAFE, "more than one image, say which: %s",
			list_names(list, &buf));
	return nacre_fail(err, NACRE_E_NOT_FOUND, "no image in it");
}

static int find_named(const struct nacre_descriptors *list, const char *name,
	const struct nacre_digest *digest, struct nacre_descriptor *out_desc, struct nacre_err *err)
{
	struct wanted wanted = { .name = name };
	bool several = false;
	const struct nacre_descriptor *found = pick(list, &wanted, &several);

	if (!found && !name) {
		wanted.attachments = true;
		found = pick(list, &wanted, &several);
	}
	if (!found || several)
		return fail_find(list, name, several, err);
	if (digest && !nacre_digest_equal(&found->digest, digest))
		return nacre_fail(err, NACRE_E_DIGEST, "image '%s' is %s, not %s", name,
			found->digest.text, digest->text);
	return nacre_descriptor_copy(found, out_desc, err);
}

int nacre_layout_find(const struct nacre_layout *layout, const struct nacre_limits *limits,
	const char *name, const struct nacre_digest *digest, struct nacre_descriptor *out_desc,
	struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_index_clear)
	struct nacre_index index = { 0 };
	const struct nacre_descriptor *listed;
	bool several = false;
	int rc = nacre_layout_index(layout, limits, &index, err);

	if (rc)
		return rc;
	if (name && !*name)
		name = NULL;
	if (digest && nacre_digest_is_empty(digest))
		digest = NULL;
	if (name || !digest)
		return find_named(&index.manifests, name, digest, out_desc, err);
	listed = pick(&index.manifests, &(struct wanted){ .digest = digest }, &several);
	if (listed)
		return nacre_descriptor_copy(listed, out_desc, err);
	return nacre_layout_describe(layout, limits, digest, out_desc, err);
}

/* ---------------------------------------------------------------- resolving */

/* A walk through nested indexes, in the order of their lists. */
struct walk {
	const struct nacre_layout *layout;
	const struct nacre_limits *limits;
	const struct nacre_platform *want; /* NULL: any */
	size_t visited;
	uint64_t index_bytes;
	struct nacre_descriptor found; /* media_type NULL: nothing yet */
	bool several;		       /* without want: others than `found` were met */
	struct nacre_buf platforms;    /* met, for the message */
};

static void clear_walk(struct walk *walk)
{
	nacre_descriptor_clear(&walk->found);
	nacre_buf_clear(&walk->platforms);
}

static void note_platform(struct walk *walk, const struct nacre_platform *platform)
{
	char text[NACRE_PLATFORM_TEXT];

	nacre_platform_print(platform, text);
	(void)!nacre_buf_printf(&walk->platforms, NULL, "%s%s", walk->platforms.len > 0 ? ", " : "",
		text[0] ? text : "one without a platform");
}

/*
 * "unknown/unknown" is how others mark what stands beside images in an index and is not to be run;
 * an artifactType says the same.
 */
static bool is_image(const struct nacre_descriptor *desc)
{
	return !desc->artifact_type && strcmp(desc->platform.os, "unknown") != 0;
}

static int visit_manifest(
	struct walk *walk, const struct nacre_descriptor *desc, bool only, struct nacre_err *err)
{
	bool said = desc->platform.os[0] || desc->platform.architecture[0];

	if (!is_image(desc) && !only)
		return 0;
	note_platform(walk, &desc->platform);
	if (walk->want && !nacre_platform_match(&desc->platform, walk->want) && (said || !only))
		return 0;
	if (walk->found.media_type) {
		if (!nacre_digest_equal(&walk->found.digest, &desc->digest))
			walk->several = true;
		return 0;
	}
	return nacre_descriptor_copy(desc, &walk->found, err);
}

static bool is_done(const struct walk *walk)
{
	/* The specification has the first that matches win; without a wish all must be seen. */
	return walk->want && walk->found.media_type;
}

/* A thousand descriptors of one great index would otherwise be a thousand times its parsing. */
static int count_index(
	struct walk *walk, const struct nacre_descriptor *desc, struct nacre_err *err)
{
	const struct nacre_limits *limits = walk->limits;
	uint64_t most;

	if (__builtin_add_overflow(walk->index_bytes, desc->size_bytes, &walk->index_bytes) ||
		__builtin_mul_overflow(limits->document_bytes, limits->index_depth, &most) ||
		walk->index_bytes <= most)
		return 0;
	return nacre_fail(err, NACRE_E_LIMIT,
		"more than %llu bytes of indexes (limit document-bytes, for each of index-depth)",
		(unsigned long long)most);
}

static int visit_index(struct walk *walk, const struct nacre_descriptor *desc, unsigned depth,
	struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_index_clear)
	struct nacre_index index = { 0 };
	int rc;

	if (depth > walk->limits->index_depth)
		return nacre_fail(err, NACRE_E_LIMIT,
			"indexes nested more than %llu deep (limit index-depth)",
			(unsigned long long)walk->limits->index_depth);
	rc = count_index(walk, desc, err);
	if (rc == 0)
		rc = nacre_layout_load_index(walk->layout, desc, walk->limits, &index, err);
	for (size_t i = 0; rc == 0 && i < index.manifests.count && !is_done(walk); i++) {
		const struct nacre_descriptor *at = &index.manifests.items[i];
		enum nacre_media_kind kind = nacre_media_kind(at->media_type);

		if (++walk->visited > walk->limits->index_descriptors)
			return nacre_fail(err, NACRE_E_LIMIT,
				"more than %llu descriptors (limit index-descriptors)",
				(unsigned long long)walk->limits->index_descriptors);
		if (kind == NACRE_MEDIA_KIND_MANIFEST)
			rc = visit_manifest(walk, at, index.manifests.count == 1, err);
		else if (kind == NACRE_MEDIA_KIND_INDEX)
			rc = visit_index(walk, at, depth + 1, err);
	}
	return rc;
}

static int finish_walk(
	struct walk *walk, struct nacre_descriptor *out_manifest, struct nacre_err *err)
{
	const char *platforms = walk->platforms.len > 0 ? walk->platforms.data : "none";
	char want[NACRE_PLATFORM_TEXT] = "";

	if (walk->several)
		return nacre_fail(
			err, NACRE_E_UNSAFE, "more than one platform, say which: %s", platforms);
	if (!walk->found.media_type) {
		if (walk->want)
			nacre_platform_print(walk->want, want);
		return nacre_fail(err, NACRE_E_NOT_FOUND, "no image for %s: there is %s",
			walk->want ? want : "any platform", platforms);
	}
	*out_manifest = walk->found;
	memset(&walk->found, 0, sizeof(walk->found));
	return 0;
}

int nacre_layout_resolve(const struct nacre_layout *layout, const struct nacre_limits *limits,
	const struct nacre_descriptor *top, const struct nacre_platform *want,
	struct nacre_descriptor *out_manifest, struct nacre_err *err)
{
	NACRE_CLEANUP(clear_walk)
	struct walk walk = {
		.layout = layout,
		.limits = limits,
		.want = want && (want->os[0] || want->architecture[0]) ? want : NULL,
		.platforms = NACRE_BUF(LIST_BYTES),
	};
	enum nacre_media_kind kind = nacre_media_kind(top->media_type);
	int rc;

	if (kind == NACRE_MEDIA_KIND_MANIFEST)
		return nacre_descriptor_copy(top, out_manifest, err);
	if (kind != NACRE_MEDIA_KIND_INDEX)
		return nacre_fail(err, NACRE_E_UNSUPPORTED,
			"media type '%.128s' is neither a manifest nor an index", top->media_type);
	rc = visit_index(&walk, top, 1, err);
	return rc ? rc : finish_walk(&walk, out_manifest, err);
}
