/* SPDX-License-Identifier: Apache-2.0 */
/* Media types. */
#include "fixture.h"

#include "formats/mediatype.h"

static void a_media_type_tells_kind_and_compression(void **state)
{
	static const struct {
		const char *name;
		enum nacre_media_kind kind;
		const char *compression;
	} rows[] = {
		{ "application/vnd.oci.image.manifest.v1+json", NACRE_MEDIA_KIND_MANIFEST, NULL },
		{ "application/vnd.oci.image.layer.v1.tar+zstd", NACRE_MEDIA_KIND_LAYER, "zstd" },
		{ "application/vnd.oci.image.layer.nondistributable.v1.tar", NACRE_MEDIA_KIND_LAYER,
			"none" },
		{ "application/vnd.docker.image.rootfs.diff.tar.gzip", NACRE_MEDIA_KIND_LAYER,
			"gzip" },
		{ "application/vnd.docker.distribution.manifest.list.v2+json",
			NACRE_MEDIA_KIND_INDEX, NULL },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct nacre_media *media = nacre_media_find(rows[i].name);

		assert_non_null(media);
		assert_int_equal(media->kind, rows[i].kind);
		if (rows[i].compression)
			assert_string_equal(media->compression, rows[i].compression);
		else
			assert_null(media->compression);
	}
}

static void what_no_image_has_is_of_no_kind(void **state)
{
	static const char *const names[] = { "", "application/json", NACRE_MEDIA_EMPTY,
		"application/vnd.oci.image.layer.v1.tar+xz",
		"application/vnd.OCI.image.manifest.v1+json",
		"application/vnd.docker.distribution.manifest.v1+json" };

	(void)state;
	for (size_t i = 0; i < COUNT(names); i++)
		assert_int_equal(nacre_media_kind(names[i]), NACRE_MEDIA_KIND_OTHER);
	assert_int_equal(nacre_media_kind(NULL), NACRE_MEDIA_KIND_OTHER);
}

static void layers_are_written_with_oci_types(void **state)
{
	(void)state;
	assert_string_equal(nacre_media_layer("none"), NACRE_MEDIA_LAYER);
	assert_string_equal(nacre_media_layer("gzip"), NACRE_MEDIA_LAYER_GZIP);
	assert_string_equal(nacre_media_layer("zstd"), NACRE_MEDIA_LAYER_ZSTD);
	assert_null(nacre_media_layer("xz"));
}

static void the_empty_config_has_the_digest_of_its_two_bytes(void **state)
{
	struct nacre_digest digest;

	(void)state;
	nacre_digest_of(NACRE_EMPTY_CONFIG, 2, &digest);
	assert_string_equal(digest.text, NACRE_EMPTY_DIGEST);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_media_type_tells_kind_and_compression),
		cmocka_unit_test(what_no_image_has_is_of_no_kind),
		cmocka_unit_test(layers_are_written_with_oci_types),
		cmocka_unit_test(the_empty_config_has_the_digest_of_its_two_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
