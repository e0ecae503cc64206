/* SPDX-License-Identifier: Apache-2.0 */
/* Image configs. */
#include "fixture.h"

#include "formats/config.h"

#define ROOTFS                                                                                     \
	"\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[\"" DIGEST("1") "\",\"" DIGEST("2") "\"]}"
#define WHOLE                                                                                      \
	"{\"created\":\"2026-01-01T00:00:00Z\",\"author\":\"me\",\"architecture\":\"arm\","        \
	"\"os\":\"linux\",\"os.version\":\"1\",\"os.features\":[\"f\"],\"variant\":\"v7\","        \
	"\"config\":{\"User\":\"app\",\"ExposedPorts\":{\"53/udp\":{},\"80/tcp\":{}},"             \
	"\"Env\":[\"B=1\",\"A=2\"],\"Entrypoint\":[\"/a\"],\"Cmd\":[\"b\"],"                       \
	"\"Volumes\":{\"/v\":{}},\"WorkingDir\":\"/w\",\"Labels\":{\"a\":\"1\",\"b\":\"2\"},"      \
	"\"StopSignal\":\"SIGTERM\"}," ROOTFS ",\"history\":[{\"created\":\"c\","                  \
	"\"created_by\":\"x\",\"author\":\"y\",\"comment\":\"z\"},{\"created_by\":\"e\","          \
	"\"empty_layer\":true},{}]}"

static int parse(const char *text, struct nacre_config *config, struct nacre_err *err)
{
	struct nacre_limits limits = default_limits();

	return nacre_config_parse(text, strlen(text), &limits, config, err);
}

static void a_config_comes_back_byte_for_byte(void **state)
{
	NACRE_CLEANUP(nacre_config_clear)
	struct nacre_config config = { 0 }, copy = { 0 };
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf buf = NACRE_BUF(0);

	(void)state;
	assert_works(parse(WHOLE, &config, err));
	assert_string_equal(config.raw.data, WHOLE);
	assert_works(nacre_config_copy(&config, &copy, err));
	assert_string_equal(copy.raw.data, WHOLE);
	assert_works(nacre_config_emit(&copy, &buf, err));
	nacre_config_clear(&copy);
	assert_string_equal(buf.data, WHOLE);
}

static void sets_and_labels_are_sorted_and_the_rest_keeps_its_order(void **state)
{
	NACRE_CLEANUP(nacre_config_clear)
	struct nacre_config config = { 0 };
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf buf = NACRE_BUF(0);

	(void)state;
	assert_works(nacre_pairs_set(&config.labels, "z", "1", err));
	assert_works(nacre_pairs_set(&config.labels, "A", "2", err));
	assert_works(nacre_texts_add(&config.volumes, "/b", err));
	assert_works(nacre_texts_add(&config.volumes, "/a", err));
	assert_works(nacre_texts_add(&config.volumes, "/b", err));
	assert_works(nacre_texts_add(&config.env, "Z=1", err));
	assert_works(nacre_texts_add(&config.env, "A=2", err));
	assert_works(nacre_config_emit(&config, &buf, err));
	assert_string_equal(buf.data,
		"{\"created\":\"1970-01-01T00:00:00Z\",\"architecture\":\"\",\"os\":\"\","
		"\"config\":"
		"{\"Env\":[\"Z=1\",\"A=2\"],\"Volumes\":{\"/a\":{},\"/b\":{}},\"Labels\":{\"A\":"
		"\"2\",\"z\":\"1\"}},\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[]}}");
}

static void members_that_are_null_are_absent(void **state)
{
	NACRE_CLEANUP(nacre_config_clear)
	struct nacre_config config = { 0 };

	(void)state;
	assert_works(parse("{\"os\":\"linux\",\"architecture\":\"amd64\",\"config\":{\"Cmd\":null,"
			   "\"Labels\":null,\"Volumes\":null,\"Healthcheck\":{}},"
			   "\"rootfs\":{\"type\":\"layers\",\"diff_ids\":null},\"history\":null}",
		&config, err));
	assert_int_equal(config.cmd.count, 0);
	assert_int_equal(config.diff_id_count, 0);
	assert_null(config.created);
}

static void a_health_check_and_what_else_config_has_come_back(void **state)
{
	static const char text[] =
		"{\"created\":\"1970-01-01T00:00:00Z\",\"architecture\":\"amd64\",\"os\":\"linux\","
		"\"config\":{\"Healthcheck\":{\"Test\":[\"CMD\",\"/ok\"],\"Interval\":30000000000,"
		"\"Retries\":3},\"OnBuild\":[\"RUN x\"],\"Shell\":[\"/bin/sh\",{\"a\":null}]},"
		"\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[]}}";
	NACRE_CLEANUP(nacre_config_clear)
	struct nacre_config config = { 0 }, copy = { 0 };
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf buf = NACRE_BUF(4096);

	(void)state;
	assert_works(parse(text, &config, err));
	assert_true(config.health.given);
	assert_int_equal(config.health.retries, 3);
	assert_works(nacre_config_copy(&config, &copy, err));
	assert_works(nacre_config_emit(&copy, &buf, err));
	assert_string_equal(buf.data, text);
	nacre_config_clear(&copy);
}

static void a_bad_config_is_refused_by_member(void **state)
{
	static const struct {
		const char *text;
		int code;
		const char *message;
	} rows[] = {
		{ "{}", NACRE_E_FORMAT, "rootfs is missing" },
		{ "{\"rootfs\":{\"diff_ids\":[]}}", NACRE_E_FORMAT, "rootfs: type is missing" },
		{ "{\"rootfs\":{\"type\":\"x\"}}", NACRE_E_UNSUPPORTED,
			"rootfs.type: 'x', not 'layers'" },
		{ "{\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[\"sha256:0\"]}}", NACRE_E_FORMAT,
			"rootfs.diff_ids[0]: digest 'sha256:0': sha256 wants 64 lower-case hex "
			"digits" },
		{ "{\"config\":{\"env\":[]}," ROOTFS "}", NACRE_E_UNSAFE,
			"config: 'env' differs from 'Env' only in case" },
		{ "{\"config\":{\"Env\":[1]}," ROOTFS "}", NACRE_E_FORMAT,
			"config.Env[0]: not a string" },
		{ "{\"config\":{\"Healthcheck\":{\"test\":[]}}," ROOTFS "}", NACRE_E_UNSAFE,
			"config.Healthcheck: 'test' differs from 'Test' only in case" },
		{ "{\"config\":{\"Healthcheck\":{\"Interval\":-1}}," ROOTFS "}", NACRE_E_FORMAT,
			"config.Healthcheck.Interval: not a whole number" },
		{ "{\"config\":{\"Volumes\":[]}," ROOTFS "}", NACRE_E_FORMAT,
			"config.Volumes: not an object" },
		{ "{" ROOTFS ",\"history\":[null]}", NACRE_E_FORMAT, "history[0]: not an object" },
		{ "{" ROOTFS ",\"history\":[{\"empty_layer\":1}]}", NACRE_E_FORMAT,
			"history[0].empty_layer: not true or false" },
		{ "{" ROOTFS ",\"os\":7}", NACRE_E_FORMAT, "os: not a string" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct nacre_config config = { 0 };

		assert_refused(parse(rows[i].text, &config, err), rows[i].code, rows[i].message);
		assert_null(config.raw.data);
	}
}

static void more_diff_ids_than_the_limit_are_refused(void **state)
{
	struct nacre_limits limits = default_limits();
	struct nacre_config config = { 0 };

	(void)state;
	limits.layers = 1;
	assert_refused(nacre_config_parse(WHOLE, strlen(WHOLE), &limits, &config, err),
		NACRE_E_LIMIT, "rootfs.diff_ids: more than 1 (limit layers)");
}

static void config_and_manifest_must_agree_about_layers(void **state)
{
	NACRE_CLEANUP(nacre_config_clear)
	struct nacre_config config = { 0 };
	NACRE_CLEANUP(nacre_manifest_clear)
	struct nacre_manifest manifest = { 0 };
	struct nacre_descriptor layer = { 0 };

	(void)state;
	assert_works(parse(WHOLE, &config, err));
	assert_refused(nacre_config_check(&config, &manifest, err), NACRE_E_FORMAT,
		"config: 2 diff_ids for 0 layers");
	assert_works(nacre_descriptors_add_take(&manifest.layers, &layer, err));
	assert_works(nacre_descriptors_add_take(&manifest.layers, &layer, err));
	assert_works(nacre_config_check(&config, &manifest, err));
	assert_works(nacre_config_add_history(&config, &(struct nacre_history){ 0 }, err));
	assert_refused(nacre_config_check(&config, &manifest, err), NACRE_E_FORMAT,
		"config: history of 3 layers for 2");
}

static void the_chain_is_hashed_layer_by_layer(void **state)
{
	struct nacre_digest ids[3], chain, want;
	char text[2 * NACRE_DIGEST_TEXT];

	(void)state;
	assert_works(nacre_digest_parse(DIGEST("1"), &ids[0], err));
	assert_works(nacre_digest_parse(DIGEST("2"), &ids[1], err));
	assert_works(nacre_digest_parse(DIGEST("3"), &ids[2], err));
	nacre_chain_id(ids, 0, &chain);
	assert_true(nacre_digest_is_empty(&chain));
	nacre_chain_id(ids, 1, &chain);
	assert_string_equal(chain.text, DIGEST("1"));
	nacre_chain_id(ids, 2, &chain);
	nacre_digest_of(DIGEST("1") " " DIGEST("2"), 143, &want);
	assert_string_equal(chain.text, want.text);
	(void)snprintf(text, sizeof(text), "%s %s", want.text, DIGEST("3"));
	nacre_digest_of(text, strlen(text), &want);
	nacre_chain_id(ids, 3, &chain);
	assert_string_equal(chain.text, want.text);
}

static void the_history_of_some_layers_ends_with_the_last_that_made_one(void **state)
{
	static const bool empty[] = { true, false, true, true, false, true };
	NACRE_CLEANUP(nacre_config_clear)
	struct nacre_config config = { 0 };

	(void)state;
	assert_int_equal(nacre_config_history_of(&config, 2), 2);
	for (size_t i = 0; i < sizeof(empty) / sizeof(empty[0]); i++)
		assert_works(nacre_config_add_history(
			&config, &(struct nacre_history){ .empty_layer = empty[i] }, err));
	assert_int_equal(nacre_config_history_of(&config, 0), 0);
	assert_int_equal(nacre_config_history_of(&config, 1), 2);
	assert_int_equal(nacre_config_history_of(&config, 2), 5);
	nacre_config_clear_layers(&config);
	assert_int_equal(config.history_count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_config_comes_back_byte_for_byte),
		cmocka_unit_test(sets_and_labels_are_sorted_and_the_rest_keeps_its_order),
		cmocka_unit_test(members_that_are_null_are_absent),
		cmocka_unit_test(a_health_check_and_what_else_config_has_come_back),
		cmocka_unit_test(a_bad_config_is_refused_by_member),
		cmocka_unit_test(more_diff_ids_than_the_limit_are_refused),
		cmocka_unit_test(config_and_manifest_must_agree_about_layers),
		cmocka_unit_test(the_history_of_some_layers_ends_with_the_last_that_made_one),
		cmocka_unit_test(the_chain_is_hashed_layer_by_layer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
