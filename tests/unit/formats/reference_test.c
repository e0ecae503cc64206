/* SPDX-License-Identifier: Apache-2.0 */
/* References: what is accepted comes back from a print, what is refused says where and why. */
#include "fixture.h"

#include <nacre/formats.h>

static int parse(const char *text, struct nacre_ref *ref, struct nacre_err *err)
{
	return nacre_ref_parse(text, strlen(text), ref, err);
}

static void each_form_lands_in_its_fields(void **state)
{
	static const struct {
		const char *text;
		enum nacre_transport transport;
		const char *path, *tag, *digest;
	} rows[] = {
		{ "oci:dir", NACRE_OCI, "dir", "", "" },
		{ "oci:/a b/dir:v1", NACRE_OCI, "/a b/dir", "v1", "" },
		{ "oci:dir:v1@" DIGEST("a"), NACRE_OCI, "dir", "v1", DIGEST("a") },
		{ "oci:dir@" DIGEST("b"), NACRE_OCI, "dir", "", DIGEST("b") },
		{ "oci:dir:host:5000/app:v1", NACRE_OCI, "dir", "host:5000/app:v1", "" },
		{ "oci:me@home:v1@2", NACRE_OCI, "me@home", "v1@2", "" },
		{ "oci-archive:x.tar:v--1", NACRE_OCI_ARCHIVE, "x.tar", "v--1", "" },
		{ "docker-archive:x.tar", NACRE_DOCKER_ARCHIVE, "x.tar", "", "" },
		{ "docker-archive:x.tar:h.io/app:1", NACRE_DOCKER_ARCHIVE, "x.tar", "h.io/app:1",
			"" },
		{ "docker://h.io/app:1", NACRE_DOCKER, "h.io/app", "1", "" },
		{ "docker://localhost:5000/a/b__c", NACRE_DOCKER, "localhost:5000/a/b__c", "latest",
			"" },
		{ "docker://[::1]:5000/app@" DIGEST("c"), NACRE_DOCKER, "[::1]:5000/app", "",
			DIGEST("c") },
		{ "app", NACRE_STORE, "app", "app:latest", "" },
		{ "h:5000/app:1@" DIGEST("d"), NACRE_STORE, "h:5000/app", "h:5000/app:1",
			DIGEST("d") },
		{ "app@" DIGEST("e"), NACRE_STORE, "app", "", DIGEST("e") },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct nacre_ref ref, again;
		char text[NACRE_REF_TEXT];

		assert_works(parse(rows[i].text, &ref, err));
		assert_int_equal(ref.transport, rows[i].transport);
		assert_string_equal(ref.path, rows[i].path);
		assert_string_equal(ref.tag, rows[i].tag);
		assert_string_equal(ref.digest.text, rows[i].digest);
		nacre_ref_print(&ref, text);
		assert_works(parse(text, &again, err));
		assert_true(nacre_ref_equal(&ref, &again));
	}
}

static void a_refusal_says_where_and_why(void **state)
{
	static const struct {
		const char *text;
		int code;
		const char *message;
	} rows[] = {
		{ "", NACRE_E_FORMAT, "byte 0: no name" },
		{ "app:", NACRE_E_FORMAT, "byte 4: bad tag" },
		{ "app:-1", NACRE_E_FORMAT, "byte 4: bad tag" },
		{ "App", NACRE_E_FORMAT, "byte 0: bad name (a-z, 0-9, joined by . _ - /)" },
		{ "h.io/App:1", NACRE_E_FORMAT, "byte 5: bad name (a-z, 0-9, joined by . _ - /)" },
		{ "-.io/app", NACRE_E_FORMAT, "byte 0: bad host" },
		{ "./dir", NACRE_E_FORMAT,
			"byte 0: a path is no reference: say oci:DIR or oci-archive:FILE" },
		{ "foo:bar:baz", NACRE_E_FORMAT,
			"byte 0: no transport 'foo' (there are oci:, oci-archive:, docker-archive: "
			"and "
			"docker://)" },
		{ "http://h.io/app", NACRE_E_FORMAT,
			"byte 0: no transport 'http' (there are oci:, oci-archive:, "
			"docker-archive: and "
			"docker://)" },
		{ "dir:/tmp/x", NACRE_E_UNSUPPORTED,
			"byte 0: transport 'dir' is not supported (oci: is a directory, too)" },
		{ "docker:app", NACRE_E_UNSUPPORTED, "byte 0: 'docker:' wants '//' behind it" },
		{ "docker://debian", NACRE_E_FORMAT,
			"byte 9: no host (say HOST/REPO, as in docker.io/library/debian)" },
		{ "docker://h.io:x/app", NACRE_E_FORMAT, "byte 9: bad host" },
		{ "docker-archive:x.tar:app", NACRE_E_FORMAT, "byte 24: bad tag" },
		{ "docker-archive:x.tar:app:1@" DIGEST("a"), NACRE_E_UNSUPPORTED,
			"byte 26: images in a docker-archive have no digest" },
		{ "docker", NACRE_E_FORMAT, "byte 0: 'docker' is the name of a transport" },
		{ "oci@" DIGEST("1"), NACRE_E_FORMAT, "byte 0: 'oci' is the name of a transport" },
		{ "oci:", NACRE_E_FORMAT, "byte 4: no directory" },
		{ "oci::v1", NACRE_E_FORMAT, "byte 4: no directory" },
		{ "oci-archive:", NACRE_E_FORMAT, "byte 12: no file" },
		{ "oci:dir:", NACRE_E_FORMAT, "byte 8: bad tag" },
		{ "oci:dir:a..b", NACRE_E_FORMAT, "byte 8: bad tag" },
		{ "oci:dir@sha256:12", NACRE_E_FORMAT,
			"byte 8: digest 'sha256:12': sha256 wants 64 lower-case hex digits" },
		{ "app@md5:12", NACRE_E_UNSUPPORTED,
			"byte 4: digest 'md5:12': algorithm is not sha256 or sha512" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct nacre_ref ref;

		assert_refused(parse(rows[i].text, &ref, err), rows[i].code, rows[i].message);
	}
}

static void a_refused_reference_leaves_the_result_alone(void **state)
{
	struct nacre_ref ref = { .path = "before" };

	(void)state;
	assert_refused(parse("oci:dir:v1@sha256:0", &ref, err), NACRE_E_FORMAT,
		"byte 11: digest 'sha256:0': sha256 wants 64 lower-case hex digits");
	assert_string_equal(ref.path, "before");
	assert_string_equal(ref.tag, "");
}

static void a_nul_byte_is_not_an_end(void **state)
{
	struct nacre_ref ref;

	(void)state;
	assert_refused(
		nacre_ref_parse("oci:d\0r", 7, &ref, err), NACRE_E_FORMAT, "byte 5: a NUL byte");
}

static void what_is_too_long_is_refused_by_name(void **state)
{
	static char text[8192];
	struct nacre_ref ref;

	(void)state;
	memset(text, 'a', sizeof(text));
	assert_refused(nacre_ref_parse(text, 256, &ref, err), NACRE_E_LIMIT,
		"byte 0: a name of more than 255 bytes");
	assert_works(nacre_ref_parse(text, 255, &ref, err));
	memcpy(text, "oci:", 4);
	assert_works(nacre_ref_parse(text, 4 + 4095, &ref, err));
	assert_refused(nacre_ref_parse(text, 4 + 4096, &ref, err), NACRE_E_LIMIT,
		"byte 4: a directory of more than 4095 bytes");
	memcpy(text, "oci:d:", 6);
	assert_works(nacre_ref_parse(text, 6 + 511, &ref, err));
	assert_refused(nacre_ref_parse(text, 6 + 512, &ref, err), NACRE_E_LIMIT,
		"byte 6: a tag of more than 511 bytes");
}

static void references_differ_in_any_part(void **state)
{
	static const char *const texts[] = { "oci:d", "oci-archive:d", "oci:e", "oci:d:t",
		"oci:d@" DIGEST("1"), "oci:d@" DIGEST("2"), "d" };
	struct nacre_ref refs[COUNT(texts)];

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++)
		assert_works(parse(texts[i], &refs[i], err));
	for (size_t i = 0; i < COUNT(texts); i++) {
		for (size_t k = 0; k < COUNT(texts); k++)
			assert_int_equal(nacre_ref_equal(&refs[i], &refs[k]), i == k);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_form_lands_in_its_fields),
		cmocka_unit_test(a_refusal_says_where_and_why),
		cmocka_unit_test(a_refused_reference_leaves_the_result_alone),
		cmocka_unit_test(a_nul_byte_is_not_an_end),
		cmocka_unit_test(what_is_too_long_is_refused_by_name),
		cmocka_unit_test(references_differ_in_any_part),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
