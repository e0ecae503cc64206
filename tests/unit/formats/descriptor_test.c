/* SPDX-License-Identifier: Apache-2.0 */
/* Descriptors, and content embedded in them. */
#include "fixture.h"

#include "formats/descriptor.h"
#include "formats/mediatype.h"

#define HEAD "\"mediaType\":\"a/b\",\"digest\":\"" DIGEST("1") "\",\"size\":3"

/* Of "abc". */
#define ABC "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

static int parse(const char *text, struct nacre_descriptor *desc, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_json_freep)
	struct nacre_json *json = NULL;
	int rc = nacre_json_parse(text, strlen(text), NULL, &json, err);

	return rc ? rc : nacre_descriptor_parse(nacre_json_root(json), desc, err);
}

static void a_descriptor_comes_back_as_it_was_written(void **state)
{
	static const char text[] =
		"{" HEAD ",\"artifactType\":\"x/y\",\"platform\":{\"architecture\":\"arm\",\"os\":"
		"\"linux\",\"variant\":\"v7\"},\"annotations\":{\"z\":\"1\",\"a\":\"2\"}}";
	NACRE_CLEANUP(nacre_descriptor_clear)
	struct nacre_descriptor desc = { 0 }, copy = { 0 };
	NACRE_CLEANUP(nacre_jemit_clear)
	struct nacre_jemit out = NACRE_JEMIT(4096);
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf buf = NACRE_BUF(0);

	(void)state;
	assert_works(parse(text, &desc, err));
	assert_works(nacre_descriptor_copy(&desc, &copy, err));
	nacre_descriptor_emit(&copy, &out, NULL);
	nacre_descriptor_clear(&copy);
	assert_works(nacre_jemit_finish(&out, &buf, err));
	assert_string_equal(buf.data, text);
}

static void a_bad_descriptor_is_refused_by_member(void **state)
{
	static const struct {
		const char *text;
		int code;
		const char *message;
	} rows[] = {
		{ "{}", NACRE_E_FORMAT, "mediaType is missing" },
		{ "[]", NACRE_E_FORMAT, "not an object" },
		{ "{\"mediaType\":\"\"}", NACRE_E_FORMAT, "mediaType: empty" },
		{ "{\"mediaType\":\"a/b\",\"digest\":\"sha256:x\",\"size\":1}", NACRE_E_FORMAT,
			"digest: digest 'sha256:x': sha256 wants 64 lower-case hex digits" },
		{ "{\"mediaType\":\"a/b\",\"digest\":\"md5:x\",\"size\":1}", NACRE_E_UNSUPPORTED,
			"digest: digest 'md5:x': algorithm is not sha256 or sha512" },
		{ "{\"mediaType\":\"a/b\",\"digest\":\"" DIGEST("1") "\",\"size\":-1}",
			NACRE_E_FORMAT, "size: not a whole number" },
		{ "{\"mediaType\":\"a/b\",\"digest\":\"" DIGEST("1") "\",\"size\":3.0}",
			NACRE_E_FORMAT, "size: not a whole number" },
		{ "{" HEAD ",\"Size\":4}", NACRE_E_UNSAFE,
			"'Size' differs from 'size' only in case" },
		{ "{" HEAD ",\"platform\":\"linux\"}", NACRE_E_FORMAT, "platform: not an object" },
		{ "{" HEAD ",\"annotations\":{\"a\":1}}", NACRE_E_FORMAT,
			"annotations.a: not a string" },
		{ "{" HEAD ",\"platform\":{\"os\":"
		  "\"0123456789012345678901234567890123456789012345678901234567890123\"}}",
			NACRE_E_LIMIT, "platform.os: more than 63 bytes" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct nacre_descriptor desc = { .size_bytes = 77 };

		assert_refused(parse(rows[i].text, &desc, err), rows[i].code, rows[i].message);
		assert_int_equal(desc.size_bytes, 77);
		assert_null(desc.media_type);
	}
}

static void embedded_data_is_exactly_the_content(void **state)
{
	static const struct {
		const char *digest, *size, *data;
		int code;
		const char *message;
	} rows[] = {
		{ ABC, "3", "YWJj", 0, "" },
		{ ABC, "4", "YWJj", NACRE_E_DIGEST, "data: 3 bytes, descriptor says 4" },
		{ ABC, "3", "YWJk", NACRE_E_DIGEST,
			"data: content has digest sha256:"
			"a52d159f262b2c6ddb724a61840befc36eb30c88877a4030b65cbe86298449c9" },
		{ ABC, "3", "YWJ", NACRE_E_FORMAT, "data: not base64" },
		{ ABC, "3", "YW\\nJj", NACRE_E_FORMAT, "data: not base64" },
		{ ABC, "3", "YWJ-", NACRE_E_FORMAT, "data: not base64" },
		{ ABC, "2", "YWI=", NACRE_E_DIGEST,
			"data: content has digest sha256:"
			"fb8e20fc2e4c3f248c60c39bd652f3c1347298bb977b8b4d5903b85055620603" },
		{ ABC, "2", "YWK=", NACRE_E_FORMAT, "data: not base64" },
		{ ABC, "1", "YR==", NACRE_E_FORMAT, "data: not base64" },
		{ ABC, "0", "Y===", NACRE_E_FORMAT, "data: not base64" },
		{ "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", "0", "", 0,
			"" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		NACRE_CLEANUP(nacre_descriptor_clear)
		struct nacre_descriptor desc = { 0 };
		char text[1024];

		(void)snprintf(text, sizeof(text),
			"{\"mediaType\":\"a/"
			"b\",\"digest\":\"sha256:%s\",\"size\":%s,\"data\":\"%s\"}",
			rows[i].digest, rows[i].size, rows[i].data);
		if (rows[i].code == 0)
			assert_works(parse(text, &desc, err));
		else
			assert_refused(parse(text, &desc, err), rows[i].code, rows[i].message);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_descriptor_comes_back_as_it_was_written),
		cmocka_unit_test(a_bad_descriptor_is_refused_by_member),
		cmocka_unit_test(embedded_data_is_exactly_the_content),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
