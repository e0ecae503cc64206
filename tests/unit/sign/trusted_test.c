/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

static char seen[256];

static int remember(const struct nacre_event *event, void *user)
{
	(void)user;
	if (event->kind == NACRE_WARNING)
		(void)snprintf(seen, sizeof(seen), "%s", event->subject);
	return 0;
}

static int refuse(const struct nacre_event *event, void *user)
{
	(void)event;
	(void)user;
	return 1;
}

static int trust(
	const struct scratch *scratch, struct nacre_trusted **out_trusted, struct nacre_err *err)
{
	struct nacre_ref ref = make_ref("app:1.4");

	return nacre_trust_unsigned(scratch->layout, &ref, "a test", NULL, NULL, out_trusted, err);
}

static void trust_without_proof_is_seen_and_has_a_reason(void **state)
{
	const struct scratch *scratch = *state;
	NACRE_CLEANUP(nacre_trusted_freep)
	struct nacre_trusted *trusted = NULL;
	struct nacre_env env = { .event = remember };
	struct nacre_ref ref = make_ref("app:1.4");

	put_image(scratch, "app:1.4", "content", NULL);
	assert_refused(nacre_trust_unsigned(scratch->layout, &ref, "", NULL, &env, &trusted, err),
		NACRE_E_ARG, "no reason to trust an image without proof");
	assert_works(nacre_trust_unsigned(
		scratch->layout, &ref, "--unsigned", NULL, &env, &trusted, err));
	assert_string_equal(seen, "app:1.4: not verified: --unsigned");
	assert_string_equal(nacre_trusted_reason(trusted), "not verified: --unsigned");
	assert_null(nacre_trusted_signer(trusted, 0));
}

static void the_warning_can_stop_it(void **state)
{
	const struct scratch *scratch = *state;
	struct nacre_env env = { .event = refuse };
	struct nacre_ref ref = make_ref("app:1.4");
	struct nacre_trusted *trusted = NULL;

	put_image(scratch, "app:1.4", "content", NULL);
	assert_refused(nacre_trust_unsigned(scratch->layout, &ref, "r", NULL, &env, &trusted, err),
		NACRE_E_CANCELED, "canceled");
}

static void a_pinned_image_must_have_its_digest(void **state)
{
	const struct scratch *scratch = *state;
	NACRE_CLEANUP(nacre_trusted_freep)
	struct nacre_trusted *trusted = NULL;
	NACRE_CLEANUP(nacre_descriptor_clear)
	struct nacre_descriptor image = make_image(scratch, "app:1.4", "content", NULL);
	NACRE_CLEANUP(nacre_descriptor_clear)
	struct nacre_descriptor other = make_image(scratch, NULL, "other content", NULL);
	struct nacre_ref ref = make_ref("app:1.4");
	char message[512];

	assert_refused(nacre_trust_pinned(scratch->layout, &ref, NULL, NULL, &trusted, err),
		NACRE_E_ARG, "a reference that is not pinned by a digest");
	ref.digest = other.digest;
	(void)snprintf(message, sizeof(message), "image 'app:1.4' is %s, not %s", image.digest.text,
		other.digest.text);
	assert_refused(nacre_trust_pinned(scratch->layout, &ref, NULL, NULL, &trusted, err),
		NACRE_E_DIGEST, message);
	ref.digest = image.digest;
	assert_works(nacre_trust_pinned(scratch->layout, &ref, NULL, NULL, &trusted, err));
	assert_string_equal(nacre_trusted_reason(trusted), "pinned by its digest");
}

static void a_layer_that_is_elsewhere_is_refused(void **state)
{
	static const struct {
		const char *type, *message;
	} rows[] = {
		{ "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip",
			"layer 1 of 1: 'application/vnd.oci.image.layer.nondistributable.v1."
			"tar+gzip', whose content is elsewhere" },
		{ "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip",
			"layer 1 of 1: 'application/vnd.docker.image.rootfs.foreign.diff."
			"tar.gzip', whose content is elsewhere" },
		{ "text/plain", "layer 1 of 1: 'text/plain' is no layer of an image" },
	};
	const struct scratch *scratch = *state;
	struct nacre_trusted *trusted = NULL;

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct image_parts parts = { .layer_type = rows[i].type };

		put_image(scratch, "app:1.4", "content", &parts);
		assert_refused(trust(scratch, &trusted, err), NACRE_E_UNSUPPORTED, rows[i].message);
		assert_null(trusted);
	}
}

static void what_is_no_image_is_refused(void **state)
{
	const struct scratch *scratch = *state;
	struct image_parts parts = { .config_type = NACRE_MEDIA_EMPTY, .config = "{}" };
	struct nacre_trusted *trusted = NULL;

	put_image(scratch, "app:1.4", "content", &parts);
	assert_refused(trust(scratch, &trusted, err), NACRE_E_UNSUPPORTED,
		"not an image: 'application/vnd.oci.empty.v1+json' is no config of one");
}

static void a_config_with_other_layers_than_the_manifest_is_refused(void **state)
{
	static const char config[] = "{\"architecture\":\"amd64\",\"os\":\"linux\",\"rootfs\":{"
				     "\"type\":\"layers\",\"diff_ids\":[]}}";
	const struct scratch *scratch = *state;
	struct image_parts parts = { .config = config };
	struct nacre_trusted *trusted = NULL;

	put_image(scratch, "app:1.4", "content", &parts);
	assert_int_equal(trust(scratch, &trusted, NULL), NACRE_E_FORMAT);
	assert_null(trusted);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scratch_test(trust_without_proof_is_seen_and_has_a_reason),
		scratch_test(the_warning_can_stop_it),
		scratch_test(a_pinned_image_must_have_its_digest),
		scratch_test(a_layer_that_is_elsewhere_is_refused),
		scratch_test(what_is_no_image_is_refused),
		scratch_test(a_config_with_other_layers_than_the_manifest_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
