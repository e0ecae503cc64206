/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include "sign/payload.h"
#include "sign/referrers.h"

static struct nacre_manifest load_signatures(
	const struct scratch *scratch, const struct nacre_digest *digest)
{
	struct nacre_limits limits = nacre_env_limits(NULL);
	NACRE_CLEANUP(nacre_descriptor_clear)
	struct nacre_descriptor desc = { 0 };
	struct nacre_manifest manifest = { 0 };
	char name[NACRE_SIGNATURES_NAME];

	nacre_signatures_name(digest, name);
	assert_works(nacre_layout_find(scratch->layout, &limits, name, NULL, &desc, err));
	assert_works(nacre_signatures_load(scratch->layout, &desc, &limits, &manifest, err));
	return manifest;
}

static void sign_with(const struct scratch *scratch, const char *name, const struct nacre_key *key,
	const char *identity, struct nacre_sign_info *out_info)
{
	struct nacre_sign_options options = { .identity = identity };
	struct nacre_ref ref = make_ref(name);

	assert_works(nacre_sign(scratch->layout, &ref, &key, 1, &options, NULL, out_info, err));
}

static void the_layout_is_as_cosign_wants_it(void **state)
{
	const struct scratch *scratch = *state;
	NACRE_CLEANUP(nacre_key_freep)
	struct nacre_key *key = make_key(NACRE_KEY_ED25519);
	NACRE_CLEANUP(nacre_descriptor_clear)
	struct nacre_descriptor image = make_image(scratch, "app:1.4", "content", NULL);
	NACRE_CLEANUP(nacre_manifest_clear)
	struct nacre_manifest manifest = { 0 };
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf index = NACRE_BUF(0);
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf config = NACRE_BUF(0);
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf payload = NACRE_BUF(0);
	struct nacre_limits limits = nacre_env_limits(NULL);
	struct nacre_sign_info info;
	char want[1024];

	sign_with(scratch, "app:1.4", key, NULL, &info);
	assert_string_equal(info.image.text, image.digest.text);
	assert_int_equal(info.added, 2);
	assert_int_equal(info.present, 0);
	index = read_all(scratch, "index.json");
	assert_non_null(strstr(index.data, "\"kind\":\"dev.cosignproject.cosign/image\""));
	assert_non_null(strstr(index.data, "\"kind\":\"dev.cosignproject.cosign/sigs\""));
	(void)snprintf(want, sizeof(want),
		"\"org.opencontainers.image.ref.name\":\"sha256-%s.sig\"",
		nacre_digest_hex(&image.digest));
	assert_non_null(strstr(index.data, want));

	manifest = load_signatures(scratch, &image.digest);
	assert_int_equal(manifest.layers.count, 1);
	assert_works(nacre_layout_load(
		scratch->layout, &manifest.layers.items[0], &limits, &payload, err));
	(void)snprintf(want, sizeof(want),
		"{\"critical\":{\"identity\":{\"docker-reference\":\"app:1.4\"},\"image\":{"
		"\"docker-manifest-digest\":\"%s\"},\"type\":\"cosign container image signature\"},"
		"\"optional\":{\"creator\":\"nacre\"}}",
		image.digest.text);
	assert_string_equal(payload.data, want);
	assert_works(nacre_layout_load(scratch->layout, &manifest.config, &limits, &config, err));
	(void)snprintf(want, sizeof(want),
		"{\"architecture\":\"\",\"os\":\"\",\"config\":{},\"rootfs\":{\"type\":\"layers\","
		"\"diff_ids\":[\"%s\"]}}",
		manifest.layers.items[0].digest.text);
	assert_string_equal(config.data, want);
}

/* The only manifest with an artifactType that is listed. */
static struct nacre_manifest load_referrer(const struct scratch *scratch)
{
	struct nacre_limits limits = nacre_env_limits(NULL);
	NACRE_CLEANUP(nacre_index_clear)
	struct nacre_index index = { 0 };
	struct nacre_manifest manifest = { 0 };
	const struct nacre_descriptor *found = NULL;

	assert_works(nacre_layout_index(scratch->layout, &limits, &index, err));
	for (size_t i = 0; i < index.manifests.count; i++) {
		if (!index.manifests.items[i].artifact_type)
			continue;
		assert_null(found);
		found = &index.manifests.items[i];
	}
	if (!found)
		fail_msg("no bundle is listed");
	assert_string_equal(found->artifact_type, NACRE_MEDIA_BUNDLE);
	assert_null(nacre_descriptor_ref_name(found));
	assert_works(nacre_layout_load_manifest(scratch->layout, found, &limits, &manifest, err));
	return manifest;
}

static void the_bundle_is_as_cosign_writes_it(void **state)
{
	const struct scratch *scratch = *state;
	NACRE_CLEANUP(nacre_key_freep)
	struct nacre_key *key = make_key(NACRE_KEY_ED25519);
	NACRE_CLEANUP(nacre_descriptor_clear)
	struct nacre_descriptor image = make_image(scratch, "app:1.4", "content", NULL);
	NACRE_CLEANUP(nacre_manifest_clear)
	struct nacre_manifest manifest = { 0 };
	NACRE_CLEANUP(nacre_bundle_clear)
	struct nacre_bundle bundle = { 0 };
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf message = NACRE_BUF(0);
	struct nacre_limits limits = nacre_env_limits(NULL);
	char want[1024], bytes[1100];

	sign_with(scratch, "app:1.4", key, "h.org/app:1.4", NULL);
	manifest = load_referrer(scratch);
	assert_string_equal(manifest.artifact_type, NACRE_MEDIA_BUNDLE);
	assert_string_equal(manifest.config.media_type, NACRE_MEDIA_EMPTY);
	assert_string_equal(manifest.config.digest.text, NACRE_EMPTY_DIGEST);
	assert_string_equal(manifest.subject.digest.text, image.digest.text);
	assert_int_equal(manifest.subject.size_bytes, image.size_bytes);
	assert_string_equal(nacre_pairs_find(&manifest.annotations, "dev.sigstore.bundle.content"),
		"dsse-envelope");
	assert_string_equal(
		nacre_pairs_find(&manifest.annotations, "org.opencontainers.image.created"),
		"1970-01-01T00:00:00Z");

	assert_works(nacre_referrer_bundle(scratch->layout, &manifest, &limits, &bundle, err));
	assert_string_equal(bundle.hint, nacre_key_hint(key));
	assert_string_equal(bundle.payload_type, "application/vnd.in-toto+json");
	(void)snprintf(want, sizeof(want),
		"{\"_type\":\"https://in-toto.io/Statement/v1\",\"subject\":[{\"name\":"
		"\"h.org/app:1.4\",\"digest\":{\"sha256\":\"%s\"}}],\"predicateType\":"
		"\"https://sigstore.dev/cosign/sign/v1\",\"predicate\":{}}",
		nacre_digest_hex(&image.digest));
	assert_string_equal(bundle.payload.data, want);
	assert_works(nacre_dsse_bytes(bundle.payload_type, &bundle.payload, &message, err));
	(void)snprintf(bytes, sizeof(bytes), "DSSEv1 28 application/vnd.in-toto+json %zu %s",
		strlen(want), want);
	assert_string_equal(message.data, bytes);
	assert_true(nacre_key_verify(
		key, message.data, message.len, bundle.signature.data, bundle.signature.len));
}

static void only_the_forms_that_are_asked_for_are_made(void **state)
{
	const struct scratch *scratch = *state;
	NACRE_CLEANUP(nacre_key_freep)
	struct nacre_key *key = make_key(NACRE_KEY_ED25519);
	const struct nacre_key *keys[] = { key };
	struct nacre_ref ref = make_ref("app:1.4");
	struct nacre_sign_options options = { .forms = 1U << NACRE_SIGNATURE_BUNDLE };
	struct nacre_sign_info info;
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf index = NACRE_BUF(0);

	put_image(scratch, "app:1.4", "content", NULL);
	assert_works(nacre_sign(scratch->layout, &ref, keys, 1, &options, NULL, &info, err));
	assert_int_equal(info.added, 1);
	index = read_all(scratch, "index.json");
	assert_null(strstr(index.data, ".sig\""));
	options.forms = 1U << NACRE_SIGNATURE_SIMPLE;
	assert_works(nacre_sign(scratch->layout, &ref, keys, 1, &options, NULL, &info, err));
	assert_int_equal(info.added, 1);
	options.forms = 0;
	assert_works(nacre_sign(scratch->layout, &ref, keys, 1, &options, NULL, &info, err));
	assert_int_equal(info.added, 0);
	assert_int_equal(info.present, 2);
}

static void annotations_are_signed_in_both_forms(void **state)
{
	static const struct nacre_annotation rows[] = { { "team", "red" }, { "n", "1" } };
	static const struct nacre_annotation bad[] = { { "timestamp", "1" } };
	const struct scratch *scratch = *state;
	NACRE_CLEANUP(nacre_key_freep)
	struct nacre_key *key = make_key(NACRE_KEY_ED25519);
	const struct nacre_key *keys[] = { key };
	NACRE_CLEANUP(nacre_descriptor_clear)
	struct nacre_descriptor image = make_image(scratch, "app:1.4", "content", NULL);
	struct nacre_ref ref = make_ref("app:1.4");
	struct nacre_sign_options options = { .annotations = rows, .annotation_count = 2 };
	struct nacre_limits limits = nacre_env_limits(NULL);
	NACRE_CLEANUP(nacre_manifest_clear)
	struct nacre_manifest manifest = { 0 };
	NACRE_CLEANUP(nacre_manifest_clear)
	struct nacre_manifest referrer = { 0 };
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf payload = NACRE_BUF(0);
	NACRE_CLEANUP(nacre_bundle_clear)
	struct nacre_bundle bundle = { 0 };

	assert_works(nacre_sign(scratch->layout, &ref, keys, 1, &options, NULL, NULL, err));
	manifest = load_signatures(scratch, &image.digest);
	assert_works(nacre_layout_load(
		scratch->layout, &manifest.layers.items[0], &limits, &payload, err));
	assert_non_null(strstr(payload.data,
		"\"optional\":{\"creator\":\"nacre\",\"team\":\"red\",\"n\":\"1\"}}"));
	referrer = load_referrer(scratch);
	assert_works(nacre_referrer_bundle(scratch->layout, &referrer, &limits, &bundle, err));
	assert_non_null(
		strstr(bundle.payload.data, "\"annotations\":{\"team\":\"red\",\"n\":\"1\"}}]"));
	options.annotations = bad;
	options.annotation_count = 1;
	assert_refused(nacre_sign(scratch->layout, &ref, keys, 1, &options, NULL, NULL, err),
		NACRE_E_ARG, "annotation 'timestamp': others read a number there");
}

static void a_signature_made_elsewhere_is_attached_when_it_is_good(void **state)
{
	const struct scratch *scratch = *state;
	NACRE_CLEANUP(nacre_key_freep)
	struct nacre_key *key = make_key(NACRE_KEY_P256);
	NACRE_CLEANUP(nacre_key_freep)
	struct nacre_key *half = public_of(key);
	NACRE_CLEANUP(nacre_key_freep)
	struct nacre_key *other = make_key(NACRE_KEY_P256);
	struct nacre_ref ref = make_ref("app:1.4");
	struct nacre_sign_info info;
	char message[256];

	put_image(scratch, "app:1.4", "content", NULL);
	for (unsigned form = 0; form < 2; form++) {
		NACRE_CLEANUP(nacre_buf_clear)
		struct nacre_buf signature = NACRE_BUF(4096);
		nacre_autofree void *bytes = NULL;
		size_t len = 0;

		assert_works(nacre_sign_message(
			scratch->layout, &ref, form, NULL, NULL, &bytes, &len, err));
		assert_works(nacre_key_sign(key, bytes, len, &signature, err));
		(void)snprintf(message, sizeof(message),
			"not a signature by key %s over what is to be signed", nacre_key_id(other));
		assert_refused(nacre_sign_attach(scratch->layout, &ref, form, other, signature.data,
				       signature.len, NULL, NULL, NULL, err),
			NACRE_E_UNTRUSTED, message);
		assert_works(nacre_sign_attach(scratch->layout, &ref, form, half, signature.data,
			signature.len, NULL, NULL, &info, err));
		assert_int_equal(info.added, 1);
		assert_works(nacre_sign_attach(scratch->layout, &ref, form, half, signature.data,
			signature.len, NULL, NULL, &info, err));
		assert_int_equal(info.added, 0);
		assert_int_equal(info.present, 1);
	}
}

static void signing_again_changes_no_byte(void **state)
{
	static const enum nacre_key_type types[] = { NACRE_KEY_ED25519, NACRE_KEY_P256 };
	const struct scratch *scratch = *state;

	put_image(scratch, "app:1.4", "content", NULL);
	for (size_t i = 0; i < COUNT(types); i++) {
		NACRE_CLEANUP(nacre_key_freep)
		struct nacre_key *key = make_key(types[i]);
		NACRE_CLEANUP(nacre_buf_clear)
		struct nacre_buf before = NACRE_BUF(0);
		NACRE_CLEANUP(nacre_buf_clear)
		struct nacre_buf after = NACRE_BUF(0);
		struct nacre_sign_info first, second;

		sign_with(scratch, "app:1.4", key, NULL, &first);
		before = read_all(scratch, "index.json");
		sign_with(scratch, "app:1.4", key, NULL, &second);
		after = read_all(scratch, "index.json");
		assert_int_equal(first.added, 2);
		assert_int_equal(second.added, 0);
		assert_int_equal(second.present, 2);
		assert_string_equal(second.signatures.text, first.signatures.text);
		assert_string_equal(after.data, before.data);
	}
}

static void other_keys_and_names_are_added_to_what_is_there(void **state)
{
	const struct scratch *scratch = *state;
	NACRE_CLEANUP(nacre_key_freep)
	struct nacre_key *a = make_key(NACRE_KEY_ED25519);
	NACRE_CLEANUP(nacre_key_freep)
	struct nacre_key *b = make_key(NACRE_KEY_P256);
	NACRE_CLEANUP(nacre_descriptor_clear)
	struct nacre_descriptor image = make_image(scratch, "app:1.4", "content", NULL);
	NACRE_CLEANUP(nacre_manifest_clear)
	struct nacre_manifest manifest = { 0 };
	const struct nacre_descriptor *layers;

	sign_with(scratch, "app:1.4", a, "h.org/app:1.4", NULL);
	sign_with(scratch, "app:1.4", b, "h.org/app:1.4", NULL);
	sign_with(scratch, "app:1.4", a, "h.org/app:latest", NULL);
	manifest = load_signatures(scratch, &image.digest);
	layers = manifest.layers.items;
	assert_int_equal(manifest.layers.count, 3);
	assert_true(nacre_digest_equal(&layers[0].digest, &layers[1].digest));
	assert_false(nacre_digest_equal(&layers[0].digest, &layers[2].digest));
}

static void ed25519_signs_reproducibly(void **state)
{
	const struct scratch *scratch = *state;
	NACRE_CLEANUP(nacre_key_freep)
	struct nacre_key *key = make_key(NACRE_KEY_ED25519);
	NACRE_CLEANUP(nacre_descriptor_clear)
	struct nacre_descriptor image = make_image(scratch, "app:1.4", "content", NULL);
	NACRE_CLEANUP(nacre_batch_freep)
	struct nacre_layout_batch *batch = NULL;
	struct nacre_sign_info first, second;
	char name[NACRE_SIGNATURES_NAME];

	sign_with(scratch, "app:1.4", key, NULL, &first);
	nacre_signatures_name(&image.digest, name);
	assert_works(nacre_batch_new(scratch->layout, NULL, &batch, err));
	assert_works(nacre_batch_untag(batch, name, err));
	assert_works(nacre_batch_commit(batch, err));
	sign_with(scratch, "app:1.4", key, NULL, &second);
	assert_int_equal(second.added, 1); /* the bundle is still there */
	assert_string_equal(second.signatures.text, first.signatures.text);
}

static void the_name_of_the_image_is_what_it_is_signed_for(void **state)
{
	const struct scratch *scratch = *state;
	NACRE_CLEANUP(nacre_key_freep)
	struct nacre_key *key = make_key(NACRE_KEY_ED25519);
	NACRE_CLEANUP(nacre_descriptor_clear)
	struct nacre_descriptor image = make_image(scratch, NULL, "content", NULL);
	NACRE_CLEANUP(nacre_manifest_clear)
	struct nacre_manifest manifest = { 0 };
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf payload = NACRE_BUF(0);
	struct nacre_limits limits = nacre_env_limits(NULL);

	assert_works(nacre_pairs_set(
		&image.annotations, NACRE_ANNOTATION_CONTAINERD_NAME, "h.org/app:1.4", err));
	put_tag(scratch, &image, "app:1.4");
	sign_with(scratch, "app:1.4", key, NULL, NULL);
	manifest = load_signatures(scratch, &image.digest);
	assert_works(nacre_layout_load(
		scratch->layout, &manifest.layers.items[0], &limits, &payload, err));
	assert_non_null(strstr(payload.data, "{\"docker-reference\":\"h.org/app:1.4\"}"));
}

static void an_index_is_signed_as_one(void **state)
{
	const struct scratch *scratch = *state;
	NACRE_CLEANUP(nacre_key_freep)
	struct nacre_key *key = make_key(NACRE_KEY_ED25519);
	NACRE_CLEANUP(nacre_descriptor_clear)
	struct nacre_descriptor top = make_index(scratch, "app:1.4", "content");
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf index = NACRE_BUF(0);
	struct nacre_sign_info info;

	sign_with(scratch, "app:1.4", key, NULL, &info);
	assert_string_equal(info.image.text, top.digest.text);
	index = read_all(scratch, "index.json");
	assert_non_null(strstr(index.data, "\"kind\":\"dev.cosignproject.cosign/imageIndex\""));
}

static void what_cannot_be_signed_leaves_the_layout_alone(void **state)
{
	const struct scratch *scratch = *state;
	NACRE_CLEANUP(nacre_key_freep)
	struct nacre_key *key = make_key(NACRE_KEY_ED25519);
	NACRE_CLEANUP(nacre_key_freep)
	struct nacre_key *half = public_of(key);
	NACRE_CLEANUP(nacre_descriptor_clear)
	struct nacre_descriptor image = make_image(scratch, NULL, "content", NULL);
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf before = read_all(scratch, "index.json");
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf after = NACRE_BUF(0);
	const struct nacre_key *keys[] = { key, half };
	struct nacre_ref ref = { .transport = NACRE_OCI, .path = "x", .digest = image.digest };
	char message[256];

	assert_refused(nacre_sign(scratch->layout, &ref, keys, 0, NULL, NULL, NULL, err),
		NACRE_E_ARG, "no key to sign with");
	(void)snprintf(
		message, sizeof(message), "key %s is public and cannot sign", nacre_key_id(half));
	assert_refused(nacre_sign(scratch->layout, &ref, keys, 2, NULL, NULL, NULL, err),
		NACRE_E_ARG, message);
	assert_refused(nacre_sign(scratch->layout, &ref, keys, 1, NULL, NULL, NULL, err),
		NACRE_E_ARG, "an image without a name: say what name it is to be signed for");
	after = read_all(scratch, "index.json");
	assert_string_equal(after.data, before.data);
}

static void an_unlisted_image_is_signed_and_stays_unlisted(void **state)
{
	const struct scratch *scratch = *state;
	NACRE_CLEANUP(nacre_key_freep)
	struct nacre_key *key = make_key(NACRE_KEY_ED25519);
	NACRE_CLEANUP(nacre_descriptor_clear)
	struct nacre_descriptor image = make_image(scratch, NULL, "content", NULL);
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf index = NACRE_BUF(0);
	struct nacre_sign_options options = { .identity = "h.org/app:1" };
	struct nacre_ref ref = { .transport = NACRE_OCI, .path = "x", .digest = image.digest };
	const struct nacre_key *keys[] = { key };

	assert_works(nacre_sign(scratch->layout, &ref, keys, 1, &options, NULL, NULL, err));
	index = read_all(scratch, "index.json");
	assert_non_null(strstr(index.data, ".sig\""));
	assert_null(strstr(index.data, image.digest.text));
}

static void the_hundred_and_first_signature_is_refused(void **state)
{
	const struct scratch *scratch = *state;
	NACRE_CLEANUP(nacre_key_freep)
	struct nacre_key *key = make_key(NACRE_KEY_ED25519);
	struct nacre_env env = { .no_sync = true };
	struct nacre_ref ref = make_ref("app:1.4");
	const struct nacre_key *keys[] = { key };
	char name[32];
	struct nacre_sign_options options = { .identity = name };

	put_image(scratch, "app:1.4", "content", NULL);
	for (int i = 0; i < NACRE_SIGNATURES; i++) {
		(void)snprintf(name, sizeof(name), "h.org/app:%d", i);
		assert_works(nacre_sign(scratch->layout, &ref, keys, 1, &options, &env, NULL, err));
	}
	(void)snprintf(name, sizeof(name), "h.org/app:more");
	assert_refused(nacre_sign(scratch->layout, &ref, keys, 1, &options, &env, NULL, err),
		NACRE_E_LIMIT, "more than 100 signatures");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scratch_test(the_layout_is_as_cosign_wants_it),
		scratch_test(the_bundle_is_as_cosign_writes_it),
		scratch_test(only_the_forms_that_are_asked_for_are_made),
		scratch_test(annotations_are_signed_in_both_forms),
		scratch_test(a_signature_made_elsewhere_is_attached_when_it_is_good),
		scratch_test(signing_again_changes_no_byte),
		scratch_test(other_keys_and_names_are_added_to_what_is_there),
		scratch_test(ed25519_signs_reproducibly),
		scratch_test(the_name_of_the_image_is_what_it_is_signed_for),
		scratch_test(an_index_is_signed_as_one),
		scratch_test(what_cannot_be_signed_leaves_the_layout_alone),
		scratch_test(an_unlisted_image_is_signed_and_stays_unlisted),
		scratch_test(the_hundred_and_first_signature_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
