/* SPDX-License-Identifier: Apache-2.0 */
/* Indexes, and amending that of a layout. */
#include "fixture.h"

#include "formats/index.h"
#include "formats/mediatype.h"

#define BARE(d) "\"mediaType\":\"" NACRE_MEDIA_MANIFEST "\",\"digest\":\"" DIGEST(d) "\",\"size\":7"
#define NAMED(d, n) "{" BARE(d) ",\"annotations\":{\"" NACRE_ANNOTATION_REF_NAME "\":\"" n "\"}}"
#define HEAD "{\"schemaVersion\":2,\"mediaType\":\"" NACRE_MEDIA_INDEX "\",\"manifests\":["
#define TAIL "]}"

/* One change after another, from text to text. */
struct step {
	enum nacre_change_kind kind;
	const char *digest;
	const char *name;
	const char *artifact_type;
	const char *annotation; /* "k" is set to this */
};

static void make_change(const struct step *step, struct nacre_change *change)
{
	struct nacre_digest digest;

	memset(change, 0, sizeof(*change));
	change->kind = step->kind;
	assert_works(nacre_digest_parse(step->digest ? step->digest : DIGEST("f"), &digest, err));
	assert_works(nacre_descriptor_make(NACRE_MEDIA_MANIFEST, &digest, 7, &change->desc, err));
	if (step->annotation)
		assert_works(
			nacre_pairs_set(&change->desc.annotations, "k", step->annotation, err));
	change->desc.artifact_type = step->artifact_type ? strdup(step->artifact_type) : NULL;
	change->name = step->name ? strdup(step->name) : NULL;
}

static int amend(
	const char *from, const struct step *step, struct nacre_buf *buf, struct nacre_err *err)
{
	struct nacre_limits limits = default_limits();
	struct nacre_change change;
	int rc;

	make_change(step, &change);
	rc = nacre_index_amend(from, strlen(from), &change, 1, &limits, buf, err);
	nacre_descriptor_clear(&change.desc);
	free(change.name);
	return rc;
}

static void assert_amends(const char *from, const struct step *step, const char *want)
{
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf buf = NACRE_BUF(0);

	assert_works(amend(from, step, &buf, err));
	assert_string_equal(buf.data, want);
}

static void a_new_name_goes_last(void **state)
{
	(void)state;
	assert_amends(HEAD NAMED("1", "a") TAIL,
		&(struct step){ .digest = DIGEST("2"), .name = "b" },
		HEAD NAMED("1", "a") "," NAMED("2", "b") TAIL);
	assert_amends(
		HEAD TAIL, &(struct step){ .digest = DIGEST("2") }, HEAD "{" BARE("2") "}" TAIL);
}

static void the_same_image_again_changes_nothing(void **state)
{
	(void)state;
	assert_amends(HEAD NAMED("1", "a") "," NAMED("2", "b") TAIL,
		&(struct step){ .digest = DIGEST("1"), .name = "a" },
		HEAD NAMED("1", "a") "," NAMED("2", "b") TAIL);
	assert_amends(HEAD NAMED("1", "a") TAIL, &(struct step){ .digest = DIGEST("1") },
		HEAD NAMED("1", "a") TAIL);
}

static void who_loses_its_only_name_is_no_longer_listed(void **state)
{
	(void)state;
	assert_amends(HEAD NAMED("1", "a") "," NAMED("2", "b") TAIL,
		&(struct step){ .digest = DIGEST("3"), .name = "a" },
		HEAD NAMED("2", "b") "," NAMED("3", "a") TAIL);
}

static void an_image_with_two_names_keeps_the_other(void **state)
{
	(void)state;
	assert_amends(HEAD NAMED("1", "a") "," NAMED("1", "b") TAIL,
		&(struct step){ .digest = DIGEST("2"), .name = "a" },
		HEAD NAMED("1", "b") "," NAMED("2", "a") TAIL);
}

static void an_artifact_stays_without_its_name(void **state)
{
	(void)state;
	assert_amends(HEAD "{" BARE("1") ",\"artifactType\":\"x/"
					 "y\",\"annotations\":{\"" NACRE_ANNOTATION_REF_NAME
					 "\":\"a\"}}" TAIL,
		&(struct step){ .digest = DIGEST("2"), .name = "a" },
		HEAD "{" BARE("1") ",\"artifactType\":\"x/y\"}," NAMED("2", "a") TAIL);
}

static void an_image_without_a_name_takes_one_and_keeps_its_members(void **state)
{
	(void)state;
	assert_amends(HEAD
		"{\"x\":[1]," BARE("1") ",\"annotations\":{\"z\":\"9\"},\"urls\":[]}" TAIL,
		&(struct step){ .digest = DIGEST("1"), .name = "a", .annotation = "v" },
		HEAD "{\"x\":[1]," BARE("1") ",\"annotations\":{\"z\":\"9\",\"k\":\"v\","
					     "\"" NACRE_ANNOTATION_REF_NAME
					     "\":\"a\"},\"urls\":[]}" TAIL);
}

static void images_that_never_had_a_name_stay(void **state)
{
	(void)state;
	assert_amends(HEAD "{" BARE("1") "}" TAIL,
		&(struct step){ .digest = DIGEST("2"), .name = "a" },
		HEAD "{" BARE("1") "}," NAMED("2", "a") TAIL);
}

static void unknown_members_stay_and_the_media_type_comes(void **state)
{
	(void)state;
	assert_amends("{ \"x\":{\"b\":1.5,\"a\":null}, \"schemaVersion\":2, \"manifests\":null,"
		      "\"annotations\":{\"q\":\"r\"} }",
		&(struct step){ .digest = DIGEST("1"), .name = "a" },
		"{\"x\":{\"b\":1.5,\"a\":null},\"schemaVersion\":2,\"mediaType\":"
		"\"" NACRE_MEDIA_INDEX
		"\",\"manifests\":[" NAMED("1", "a") "],\"annotations\":{\"q\":\"r\"}}");
}

static void a_name_is_taken_off_and_a_digest_dropped(void **state)
{
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf buf = NACRE_BUF(0);

	(void)state;
	assert_amends(HEAD NAMED("1", "a") "," NAMED("1", "b") TAIL,
		&(struct step){ .kind = NACRE_CHANGE_NAME_OFF, .name = "a" },
		HEAD NAMED("1", "b") TAIL);
	assert_amends(HEAD NAMED("1", "a") "," NAMED("1", "b") "," NAMED("2", "c") TAIL,
		&(struct step){ .kind = NACRE_CHANGE_DROP, .digest = DIGEST("1") },
		HEAD NAMED("2", "c") TAIL);
	assert_refused(
		amend(HEAD NAMED("1", "a") TAIL,
			&(struct step){ .kind = NACRE_CHANGE_NAME_OFF, .name = "x" }, &buf, err),
		NACRE_E_NOT_FOUND, "no image 'x'");
	assert_refused(
		amend(HEAD TAIL, &(struct step){ .kind = NACRE_CHANGE_DROP, .digest = DIGEST("3") },
			&buf, err),
		NACRE_E_NOT_FOUND, "no image " DIGEST("3"));
}

static void an_index_that_is_two_things_is_refused(void **state)
{
	static const struct {
		const char *text;
		int code;
		const char *message;
	} rows[] = {
		{ HEAD "],\"layers\":[]}", NACRE_E_UNSAFE, "an index with 'layers'" },
		{ HEAD "],\"config\":{}}", NACRE_E_UNSAFE, "an index with 'config'" },
		{ HEAD "],\"fsLayers\":1}", NACRE_E_UNSAFE, "an index with 'fsLayers'" },
		{ HEAD "],\"Manifests\":[]}", NACRE_E_UNSAFE,
			"'Manifests' differs from 'manifests' only in case" },
		{ "{\"schemaVersion\":2}", NACRE_E_FORMAT, "manifests is missing" },
		{ "{\"schemaVersion\":2,\"mediaType\":\"" NACRE_MEDIA_MANIFEST
		  "\",\"manifests\":[]}",
			NACRE_E_UNSUPPORTED,
			"mediaType: 'application/vnd.oci.image.manifest.v1+json' is not an index" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct nacre_limits limits = default_limits();
		struct nacre_index index = { 0 };

		assert_refused(nacre_index_parse(rows[i].text, strlen(rows[i].text), NULL, &limits,
				       &index, err),
			rows[i].code, rows[i].message);
		assert_null(index.media_type);
	}
}

static void an_index_comes_back_byte_for_byte(void **state)
{
	static const char text[] = HEAD NAMED("1", "a") "],\"annotations\":{\"q\":\"r\"}}";
	NACRE_CLEANUP(nacre_index_clear)
	struct nacre_index index = { 0 };
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf buf = NACRE_BUF(0);
	struct nacre_limits limits = default_limits();

	(void)state;
	assert_works(nacre_index_parse(text, strlen(text), NULL, &limits, &index, err));
	assert_works(nacre_index_emit(&index, &buf, err));
	assert_string_equal(buf.data, text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_new_name_goes_last),
		cmocka_unit_test(the_same_image_again_changes_nothing),
		cmocka_unit_test(who_loses_its_only_name_is_no_longer_listed),
		cmocka_unit_test(an_image_with_two_names_keeps_the_other),
		cmocka_unit_test(an_artifact_stays_without_its_name),
		cmocka_unit_test(an_image_without_a_name_takes_one_and_keeps_its_members),
		cmocka_unit_test(images_that_never_had_a_name_stay),
		cmocka_unit_test(unknown_members_stay_and_the_media_type_comes),
		cmocka_unit_test(a_name_is_taken_off_and_a_digest_dropped),
		cmocka_unit_test(an_index_that_is_two_things_is_refused),
		cmocka_unit_test(an_index_comes_back_byte_for_byte),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
