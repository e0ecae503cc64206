/* SPDX-License-Identifier: Apache-2.0 */
/* Manifests. */
#include "fixture.h"

#include "formats/manifest.h"
#include "formats/mediatype.h"

#define DESC(type, d) "{\"mediaType\":\"" type "\",\"digest\":\"" DIGEST(d) "\",\"size\":7}"
#define CONFIG "\"config\":" DESC(NACRE_MEDIA_CONFIG, "c")
#define LAYERS "\"layers\":[" DESC(NACRE_MEDIA_LAYER, "1") "," DESC(NACRE_MEDIA_LAYER, "1") "]"
#define TYPED "\"schemaVersion\":2,\"mediaType\":\"" NACRE_MEDIA_MANIFEST "\""

static int parse(const char *text, const char *media_type, struct nacre_manifest *manifest,
	struct nacre_err *err)
{
	struct nacre_limits limits = default_limits();

	return nacre_manifest_parse(text, strlen(text), media_type, &limits, manifest, err);
}

static void a_manifest_comes_back_byte_for_byte(void **state)
{
	static const char text[] =
		"{" TYPED ",\"artifactType\":\"x/y\"," CONFIG "," LAYERS
		",\"subject\":" DESC(NACRE_MEDIA_MANIFEST, "5") ",\"annotations\":"
								"{\"b\":\"1\",\"a\":"
								"\"2\"}}";
	NACRE_CLEANUP(nacre_manifest_clear)
	struct nacre_manifest manifest = { 0 };
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf buf = NACRE_BUF(0);

	(void)state;
	assert_works(parse(text, NACRE_MEDIA_MANIFEST, &manifest, err));
	assert_int_equal(manifest.layers.count, 2);
	assert_string_equal(manifest.subject.digest.text, DIGEST("5"));
	assert_string_equal(manifest.raw.data, text);
	assert_works(nacre_manifest_emit(&manifest, &buf, err));
	assert_string_equal(buf.data, text);
}

static void others_may_leave_out_what_we_write(void **state)
{
	static const char *const texts[] = {
		"{\"schemaVersion\":2," CONFIG ",\"layers\":[]}",
		"{\"schemaVersion\":2," CONFIG ",\"layers\":null,\"mediaType\":null}",
		" {\n\"schemaVersion\" : 2 ,\t" CONFIG "," LAYERS ",\"unknown\":[{}]}\n",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++) {
		NACRE_CLEANUP(nacre_manifest_clear)
		struct nacre_manifest manifest = { 0 };

		assert_works(parse(texts[i], NULL, &manifest, err));
		assert_string_equal(manifest.media_type, NACRE_MEDIA_MANIFEST);
	}
}

static void a_docker_manifest_is_read(void **state)
{
	NACRE_CLEANUP(nacre_manifest_clear)
	struct nacre_manifest manifest = { 0 };

	(void)state;
	assert_works(parse("{\"schemaVersion\":2,\"mediaType\":\"" NACRE_MEDIA_DOCKER_MANIFEST
			   "\"," CONFIG "," LAYERS "}",
		NACRE_MEDIA_DOCKER_MANIFEST, &manifest, err));
	assert_string_equal(manifest.media_type, NACRE_MEDIA_DOCKER_MANIFEST);
}

static void a_document_that_is_two_things_is_refused(void **state)
{
	static const struct {
		const char *text, *media_type;
		int code;
		const char *message;
	} rows[] = {
		{ "{" TYPED "," CONFIG "," LAYERS ",\"manifests\":[]}", NULL, NACRE_E_UNSAFE,
			"a manifest with 'manifests'" },
		{ "{" TYPED "," CONFIG "," LAYERS ",\"manifests\":null}", NULL, NACRE_E_UNSAFE,
			"a manifest with 'manifests'" },
		{ "{" TYPED "," CONFIG "," LAYERS ",\"fsLayers\":[]}", NULL, NACRE_E_UNSAFE,
			"a manifest with 'fsLayers'" },
		{ "{" TYPED "," CONFIG "," LAYERS ",\"LAYERS\":[]}", NULL, NACRE_E_UNSAFE,
			"'LAYERS' differs from 'layers' only in case" },
		{ "{" TYPED "," CONFIG "," LAYERS "}", NACRE_MEDIA_DOCKER_MANIFEST, NACRE_E_UNSAFE,
			"mediaType: 'application/vnd.oci.image.manifest.v1+json', descriptor says "
			"'application/vnd.docker.distribution.manifest.v2+json'" },
		{ "{\"schemaVersion\":2,\"mediaType\":\"" NACRE_MEDIA_INDEX "\"," CONFIG "," LAYERS
		  "}",
			NULL, NACRE_E_UNSUPPORTED,
			"mediaType: 'application/vnd.oci.image.index.v1+json' is not a manifest" },
		{ "{\"schemaVersion\":1," CONFIG "," LAYERS "}", NULL, NACRE_E_UNSUPPORTED,
			"schemaVersion: 1, not 2" },
		{ "{" CONFIG "," LAYERS "}", NULL, NACRE_E_FORMAT, "schemaVersion is missing" },
		{ "{" TYPED "," LAYERS "}", NULL, NACRE_E_FORMAT, "config is missing" },
		{ "{" TYPED "," CONFIG "}", NULL, NACRE_E_FORMAT, "layers is missing" },
		{ "{" TYPED "," CONFIG ",\"layers\":{}}", NULL, NACRE_E_FORMAT,
			"layers: not an array" },
		{ "{" TYPED "," CONFIG ",\"layers\":[{}]}", NULL, NACRE_E_FORMAT,
			"layers[0]: mediaType is missing" },
		{ "[]", NULL, NACRE_E_FORMAT, "not an object" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct nacre_manifest manifest = { 0 };

		assert_refused(parse(rows[i].text, rows[i].media_type, &manifest, err),
			rows[i].code, rows[i].message);
		assert_null(manifest.media_type);
	}
}

static void limits_of_layers_and_bytes_hold(void **state)
{
	static const char text[] = "{" TYPED "," CONFIG "," LAYERS "}";
	NACRE_CLEANUP(nacre_manifest_clear)
	struct nacre_manifest manifest = { 0 };
	struct nacre_limits limits = default_limits();

	(void)state;
	limits.layers = 1;
	assert_refused(nacre_manifest_parse(text, strlen(text), NULL, &limits, &manifest, err),
		NACRE_E_LIMIT, "layers: more than 1 (limit layers)");
	limits.layers = 2;
	limits.document_bytes = strlen(text) - 1;
	assert_int_equal(nacre_manifest_parse(text, strlen(text), NULL, &limits, &manifest, NULL),
		NACRE_E_LIMIT);
	limits.document_bytes = strlen(text);
	assert_works(nacre_manifest_parse(text, strlen(text), NULL, &limits, &manifest, err));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_manifest_comes_back_byte_for_byte),
		cmocka_unit_test(others_may_leave_out_what_we_write),
		cmocka_unit_test(a_docker_manifest_is_read),
		cmocka_unit_test(a_document_that_is_two_things_is_refused),
		cmocka_unit_test(limits_of_layers_and_bytes_hold),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
