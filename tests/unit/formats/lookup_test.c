/* SPDX-License-Identifier: Apache-2.0 */
/* Finding an image in a layout, and the manifest for a platform. */
#include "fixture.h"

#include "formats/batch.h"
#include "formats/mediatype.h"

#define MANIFEST(n) "{\"schemaVersion\":2,\"layers\":[],\"n\":" #n "}"

struct layout_state {
	struct scratch *scratch;
	struct nacre_layout *layout;
	struct nacre_limits limits;
};

static struct layout_state begin(void **state)
{
	struct layout_state l = { .scratch = *state, .limits = default_limits() };

	assert_works(nacre_layout_create(below(l.scratch, "l"), &l.layout, err));
	return l;
}

/* Adds a document, listed under `name` ("": not listed, NULL: without a name). */
static void add(const struct layout_state *l, const char *text, const char *media_type,
	const char *name, const char *kind, struct nacre_descriptor *out_desc)
{
	NACRE_CLEANUP(nacre_batch_freep)
	struct nacre_layout_batch *batch = NULL;

	assert_works(nacre_batch_new(l->layout, NULL, &batch, err));
	assert_works(nacre_batch_add_blob(batch, text, strlen(text), media_type, out_desc, err));
	if (kind)
		assert_works(nacre_pairs_set(&out_desc->annotations, "kind", kind, err));
	if (!name || *name)
		assert_works(nacre_batch_tag(batch, out_desc, name, err));
	assert_works(nacre_batch_commit(batch, err));
}

static int find(const struct layout_state *l, const char *name, const struct nacre_digest *digest,
	struct nacre_descriptor *out_desc, struct nacre_err *err)
{
	return nacre_layout_find(l->layout, &l->limits, name, digest, out_desc, err);
}

static void a_name_or_a_digest_finds_its_image(void **state)
{
	struct layout_state l = begin(state);
	NACRE_CLEANUP(nacre_descriptor_clear)
	struct nacre_descriptor a = { 0 }, b = { 0 }, got = { 0 };
	char text[512];

	add(&l, MANIFEST(1), NACRE_MEDIA_MANIFEST, "v1", NULL, &a);
	assert_works(find(&l, NULL, NULL, &got, err));
	assert_string_equal(got.digest.text, a.digest.text);
	nacre_descriptor_clear(&got);
	add(&l, MANIFEST(2), NACRE_MEDIA_MANIFEST, "v2", NULL, &b);
	assert_works(find(&l, "v2", NULL, &got, err));
	assert_string_equal(got.digest.text, b.digest.text);
	nacre_descriptor_clear(&got);
	assert_works(find(&l, "", &a.digest, &got, err));
	assert_string_equal(nacre_descriptor_ref_name(&got), "v1");
	nacre_descriptor_clear(&got);
	assert_works(find(&l, "v1", &a.digest, &got, err));
	nacre_descriptor_clear(&got);
	assert_refused(find(&l, NULL, NULL, &got, err), NACRE_E_UNSAFE,
		"more than one image, say which: v1, v2");
	assert_refused(find(&l, "v3", NULL, &got, err), NACRE_E_NOT_FOUND,
		"no image 'v3': there is v1, v2");
	(void)snprintf(
		text, sizeof(text), "image 'v1' is %s, not %s", a.digest.text, b.digest.text);
	assert_refused(find(&l, "v1", &b.digest, &got, err), NACRE_E_DIGEST, text);
	nacre_descriptor_clear(&a);
	nacre_descriptor_clear(&b);
	nacre_layout_free(l.layout);
}

static void a_name_of_two_images_is_ambiguous(void **state)
{
	struct layout_state l = begin(state);
	struct nacre_descriptor got = { 0 };
	static const char item[] = "{\"mediaType\":\"" NACRE_MEDIA_MANIFEST
				   "\",\"digest\":\"%s\",\"size\":1,\"annotations\":{"
				   "\"" NACRE_ANNOTATION_REF_NAME "\":\"v1\"}}";
	static const char *const digests[] = { DIGEST("1"), DIGEST("2") };

	for (int same = 0; same < 2; same++) {
		char first[512], second[512], text[2048];

		(void)snprintf(first, sizeof(first), item, digests[0]);
		(void)snprintf(second, sizeof(second), item, digests[!same]);
		(void)snprintf(text, sizeof(text), "{\"schemaVersion\":2,\"manifests\":[%s,%s]}",
			first, second);
		put_file(l.scratch, "l/index.json", text);
		if (same)
			assert_works(find(&l, "v1", NULL, &got, err));
		else
			assert_refused(find(&l, "v1", NULL, &got, err), NACRE_E_UNSAFE,
				"image 'v1': ambiguous, several have this name");
	}
	nacre_descriptor_clear(&got);
	nacre_layout_free(l.layout);
}

static void attachments_do_not_make_an_image_ambiguous(void **state)
{
	struct layout_state l = begin(state);
	NACRE_CLEANUP(nacre_descriptor_clear)
	struct nacre_descriptor image = { 0 }, got = { 0 };
	static const char *const names[] = { "sha256-" DIGEST_OF_16("1") DIGEST_OF_16("1")
						     DIGEST_OF_16("1") DIGEST_OF_16("1") ".sig",
		NULL };
	static const char *const kinds[] = { NULL, "dev.cosignproject.cosign/atts" };
	static const char *const texts[] = { MANIFEST(2), MANIFEST(3) };

	add(&l, MANIFEST(1), NACRE_MEDIA_MANIFEST, "v1", "dev.cosignproject.cosign/image", &image);
	for (size_t i = 0; i < COUNT(names); i++) {
		NACRE_CLEANUP(nacre_descriptor_clear)
		struct nacre_descriptor other = { 0 };

		add(&l, texts[i], NACRE_MEDIA_MANIFEST, names[i], kinds[i], &other);
	}
	assert_works(find(&l, NULL, NULL, &got, err));
	assert_string_equal(got.digest.text, image.digest.text);
	nacre_descriptor_clear(&image);
	nacre_layout_free(l.layout);
}

static void a_manifest_that_is_not_listed_is_found_by_digest(void **state)
{
	struct layout_state l = begin(state);
	NACRE_CLEANUP(nacre_descriptor_clear)
	struct nacre_descriptor desc = { 0 }, got = { 0 };
	NACRE_CLEANUP(nacre_descriptor_clear)
	struct nacre_descriptor layer = { 0 };
	char text[256];

	add(&l, MANIFEST(1), NACRE_MEDIA_MANIFEST, "", NULL, &desc);
	add(&l, "no document", "a/b", "", NULL, &layer);
	assert_works(find(&l, NULL, &desc.digest, &got, err));
	assert_string_equal(got.media_type, NACRE_MEDIA_MANIFEST);
	assert_int_equal(got.size_bytes, desc.size_bytes);
	nacre_descriptor_clear(&got);
	(void)snprintf(
		text, sizeof(text), "blob %s: neither a manifest nor an index", layer.digest.text);
	assert_refused(find(&l, NULL, &layer.digest, &got, err), NACRE_E_FORMAT, text);
	nacre_descriptor_clear(&desc);
	nacre_layout_free(l.layout);
}

/* An index of manifests and indexes; "" is a platform that is not said. */
static void add_index(const struct layout_state *l, const char *const *platforms,
	const char *const *media_types, const char *const *digests, size_t count,
	struct nacre_descriptor *out_desc)
{
	NACRE_CLEANUP(nacre_index_clear)
	struct nacre_index index = { 0 };
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf buf = NACRE_BUF(0);

	for (size_t i = 0; i < count; i++) {
		struct nacre_descriptor desc = { 0 };
		struct nacre_digest digest;
		const char *colon = strchr(digests[i], ' ');
		char text[NACRE_DIGEST_TEXT];

		(void)snprintf(text, sizeof(text), "%.*s", 71, digests[i]);
		assert_works(nacre_digest_parse(text, &digest, err));
		assert_works(nacre_descriptor_make(media_types[i], &digest,
			colon ? strtoull(colon, NULL, 10) : 1, &desc, err));
		if (platforms[i][0])
			assert_works(nacre_platform_parse(platforms[i], &desc.platform, err));
		assert_works(nacre_descriptors_add_take(&index.manifests, &desc, err));
	}
	assert_works(nacre_index_emit(&index, &buf, err));
	add(l, buf.data, NACRE_MEDIA_INDEX, "", NULL, out_desc);
}

static int resolve(const struct layout_state *l, const struct nacre_descriptor *top,
	const char *platform, struct nacre_descriptor *out_desc, struct nacre_err *err)
{
	struct nacre_platform want = { 0 };
	int rc = platform ? nacre_platform_parse(platform, &want, err) : 0;

	return rc ? rc
		  : nacre_layout_resolve(
			    l->layout, &l->limits, top, platform ? &want : NULL, out_desc, err);
}

static void the_first_manifest_for_a_platform_wins(void **state)
{
	static const char *const platforms[] = { "linux/amd64", "linux/arm/v6", "linux/arm/v7",
		"linux/arm/v7", "unknown/unknown" };
	static const char *const types[] = { NACRE_MEDIA_MANIFEST, NACRE_MEDIA_MANIFEST,
		NACRE_MEDIA_MANIFEST, NACRE_MEDIA_MANIFEST, NACRE_MEDIA_MANIFEST };
	static const char *const digests[] = { DIGEST("1"), DIGEST("2"), DIGEST("3"), DIGEST("4"),
		DIGEST("5") };
	struct layout_state l = begin(state);
	NACRE_CLEANUP(nacre_descriptor_clear)
	struct nacre_descriptor top = { 0 }, got = { 0 };

	add_index(&l, platforms, types, digests, 5, &top);
	assert_works(resolve(&l, &top, "linux/arm/v7", &got, err));
	assert_string_equal(got.digest.text, DIGEST("3"));
	nacre_descriptor_clear(&got);
	assert_works(resolve(&l, &top, "linux/arm", &got, err));
	assert_string_equal(got.digest.text, DIGEST("2"));
	nacre_descriptor_clear(&got);
	assert_refused(resolve(&l, &top, "linux/s390x", &got, err), NACRE_E_NOT_FOUND,
		"no image for linux/s390x: there is linux/amd64, linux/arm/v6, linux/arm/v7, "
		"linux/arm/v7");
	assert_refused(resolve(&l, &top, NULL, &got, err), NACRE_E_UNSAFE,
		"more than one platform, say which: linux/amd64, linux/arm/v6, linux/arm/v7, "
		"linux/arm/v7");
	nacre_descriptor_clear(&top);
	nacre_layout_free(l.layout);
}

static void the_only_manifest_needs_no_platform(void **state)
{
	static const char *const platforms[] = { "", "linux/amd64" };
	static const char *const types[] = { NACRE_MEDIA_MANIFEST, "application/x" };
	static const char *const digests[] = { DIGEST("1"), DIGEST("2") };
	struct layout_state l = begin(state);
	NACRE_CLEANUP(nacre_descriptor_clear)
	struct nacre_descriptor top = { 0 }, got = { 0 };

	add_index(&l, platforms, types, digests, 1, &top);
	assert_works(resolve(&l, &top, "linux/amd64", &got, err));
	assert_string_equal(got.digest.text, DIGEST("1"));
	nacre_descriptor_clear(&got);
	nacre_descriptor_clear(&top);
	add_index(&l, platforms, types, digests, 2, &top);
	assert_works(resolve(&l, &top, NULL, &got, err));
	nacre_descriptor_clear(&got);
	assert_refused(resolve(&l, &top, "linux/amd64", &got, err), NACRE_E_NOT_FOUND,
		"no image for linux/amd64: there is one without a platform");
	nacre_descriptor_clear(&top);
	nacre_layout_free(l.layout);
}

static void indexes_nest_four_deep_and_not_deeper(void **state)
{
	static const char *const platforms[] = { "" };
	static const char *const manifest[] = { NACRE_MEDIA_MANIFEST };
	static const char *const inner[] = { NACRE_MEDIA_INDEX };
	static const char *const leaf[] = { DIGEST("1") };
	struct layout_state l = begin(state);
	NACRE_CLEANUP(nacre_descriptor_clear)
	struct nacre_descriptor top = { 0 }, got = { 0 };

	add_index(&l, platforms, manifest, leaf, 1, &top);
	for (int depth = 2; depth <= 5; depth++) {
		char text[256];
		const char *digests[] = { text };

		(void)snprintf(text, sizeof(text), "%s %llu", top.digest.text,
			(unsigned long long)top.size_bytes);
		nacre_descriptor_clear(&top);
		add_index(&l, platforms, inner, digests, 1, &top);
		if (depth == 4) {
			assert_works(resolve(&l, &top, "linux/amd64", &got, err));
			nacre_descriptor_clear(&got);
		}
	}
	assert_refused(resolve(&l, &top, "linux/amd64", &got, err), NACRE_E_LIMIT,
		"indexes nested more than 4 deep (limit index-depth)");
	nacre_descriptor_clear(&top);
	nacre_layout_free(l.layout);
}

static void a_thousand_descriptors_are_the_most_that_is_looked_at(void **state)
{
	const char *platforms[1001], *types[1001], *digests[1001];
	struct layout_state l = begin(state);
	NACRE_CLEANUP(nacre_descriptor_clear)
	struct nacre_descriptor top = { 0 }, got = { 0 };

	for (size_t i = 0; i < 1001; i++) {
		platforms[i] = "linux/amd64";
		types[i] = NACRE_MEDIA_MANIFEST;
		digests[i] = DIGEST("1");
	}
	add_index(&l, platforms, types, digests, 1000, &top);
	assert_int_equal(resolve(&l, &top, "linux/arm64", &got, NULL), NACRE_E_NOT_FOUND);
	nacre_descriptor_clear(&top);
	add_index(&l, platforms, types, digests, 1001, &top);
	assert_refused(resolve(&l, &top, "linux/arm64", &got, err), NACRE_E_LIMIT,
		"more than 1000 descriptors (limit index-descriptors)");
	nacre_descriptor_clear(&top);
	nacre_layout_free(l.layout);
}

static void an_index_that_is_named_very_often_is_not_read_as_often(void **state)
{
	const char *platforms[100], *types[100], *digests[100];
	struct layout_state l = begin(state);
	NACRE_CLEANUP(nacre_descriptor_clear)
	struct nacre_descriptor top = { 0 }, got = { 0 };
	char text[256], message[256];
	uint64_t bytes;

	for (size_t i = 0; i < 100; i++) {
		platforms[i] = "linux/amd64";
		types[i] = NACRE_MEDIA_MANIFEST;
		digests[i] = DIGEST("1");
	}
	add_index(&l, platforms, types, digests, 1, &top);
	bytes = top.size_bytes;
	(void)snprintf(text, sizeof(text), "%s %llu", top.digest.text, (unsigned long long)bytes);
	nacre_descriptor_clear(&top);
	for (size_t i = 0; i < 100; i++) {
		types[i] = NACRE_MEDIA_INDEX;
		digests[i] = text;
	}
	add_index(&l, platforms, types, digests, 100, &top);
	l.limits.document_bytes = top.size_bytes;
	bytes = top.size_bytes + 100 * bytes;
	/* All in all so much, so with one deep level more it is enough. */
	l.limits.index_depth = bytes / top.size_bytes;
	(void)snprintf(message, sizeof(message),
		"more than %llu bytes of indexes (limit document-bytes, for each of index-depth)",
		(unsigned long long)(l.limits.index_depth * top.size_bytes));
	assert_refused(resolve(&l, &top, "linux/arm64", &got, err), NACRE_E_LIMIT, message);
	l.limits.index_depth++;
	assert_int_equal(resolve(&l, &top, "linux/arm64", &got, NULL), NACRE_E_NOT_FOUND);
	nacre_descriptor_clear(&top);
	nacre_layout_free(l.layout);
}

static void a_manifest_is_its_own_answer_and_a_layer_is_none(void **state)
{
	struct layout_state l = begin(state);
	NACRE_CLEANUP(nacre_descriptor_clear)
	struct nacre_descriptor got = { 0 };
	char manifest[] = NACRE_MEDIA_MANIFEST, layer[] = NACRE_MEDIA_LAYER;
	struct nacre_descriptor top = { .media_type = manifest, .size_bytes = 9 };

	assert_works(resolve(&l, &top, "linux/amd64", &got, err));
	assert_int_equal(got.size_bytes, 9);
	nacre_descriptor_clear(&got);
	top.media_type = layer;
	assert_refused(resolve(&l, &top, NULL, &got, err), NACRE_E_UNSUPPORTED,
		"media type 'application/vnd.oci.image.layer.v1.tar' is neither a manifest nor an "
		"index");
	nacre_layout_free(l.layout);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scratch_test(a_name_or_a_digest_finds_its_image),
		scratch_test(a_name_of_two_images_is_ambiguous),
		scratch_test(attachments_do_not_make_an_image_ambiguous),
		scratch_test(a_manifest_that_is_not_listed_is_found_by_digest),
		scratch_test(the_first_manifest_for_a_platform_wins),
		scratch_test(the_only_manifest_needs_no_platform),
		scratch_test(indexes_nest_four_deep_and_not_deeper),
		scratch_test(a_thousand_descriptors_are_the_most_that_is_looked_at),
		scratch_test(an_index_that_is_named_very_often_is_not_read_as_often),
		scratch_test(a_manifest_is_its_own_answer_and_a_layer_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
