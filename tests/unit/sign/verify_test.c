/* SPDX-License-Identifier: Apache-2.0 */
#include "base/base64.h"
#include "fixture.h"

#include "sign/box.h"
#include "sign/payload.h"

#define NAME "app:1.4"

/* In one form, so that each signature is one; what is true of both is tried with each. */
static void sign_as(
	const struct scratch *scratch, const struct nacre_key *key, const char *identity)
{
	struct nacre_sign_options options = {
		.identity = identity,
		.forms = 1U << NACRE_SIGNATURE_SIMPLE,
	};
	struct nacre_ref ref = make_ref(NAME);

	assert_works(nacre_sign(scratch->layout, &ref, &key, 1, &options, NULL, NULL, err));
}

static int verify(const struct scratch *scratch, const struct nacre_policy *policy,
	struct nacre_trusted **out_trusted, struct nacre_err *err)
{
	struct nacre_ref ref = make_ref(NAME);

	return nacre_verify(scratch->layout, &ref, policy, NULL, NULL, out_trusted, err);
}

#define REFUSED(policy, message)                                                                   \
	do {                                                                                       \
		struct nacre_trusted *refused = NULL;                                              \
		assert_refused(                                                                    \
			verify(scratch, policy, &refused, err), NACRE_E_UNTRUSTED, message);       \
		assert_null(refused);                                                              \
	} while (0)

/* A signature manifest of one layer, whatever it holds. */
static void plant(const struct scratch *scratch, const struct nacre_digest *digest,
	const char *payload, const char *signature, const char *tag)
{
	NACRE_CLEANUP(nacre_manifest_clear)
	struct nacre_manifest manifest = { 0 };
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf json = NACRE_BUF(0);
	NACRE_CLEANUP(nacre_descriptor_clear)
	struct nacre_descriptor desc = { 0 };
	struct nacre_descriptor layer = put_blob(scratch, payload, NACRE_MEDIA_PAYLOAD);
	char name[NACRE_SIGNATURES_NAME];

	nacre_signatures_name(digest, name);
	if (signature)
		assert_works(nacre_pairs_set(
			&layer.annotations, "dev.cosignproject.cosign/signature", signature, err));
	assert_works(nacre_descriptors_add_take(&manifest.layers, &layer, err));
	manifest.config = put_blob(scratch, "{}", NACRE_MEDIA_CONFIG);
	assert_works(nacre_manifest_emit(&manifest, &json, err));
	desc = put_blob(scratch, json.data, NACRE_MEDIA_MANIFEST);
	if (!tag)
		assert_works(nacre_pairs_set(
			&desc.annotations, NACRE_ANNOTATION_KIND, NACRE_KIND_SIGNATURES, err));
	put_tag(scratch, &desc, !tag ? NULL : *tag ? tag : name);
}

static char *sign_base64(const struct nacre_key *key, const char *payload)
{
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf raw = NACRE_BUF(4096);
	struct nacre_buf text = NACRE_BUF(8192);

	assert_works(nacre_key_sign(key, payload, strlen(payload), &raw, err));
	assert_works(nacre_base64_emit(raw.data, raw.len, &text, err));
	return text.data;
}

static void what_a_given_key_has_signed_is_trusted(void **state)
{
	const struct scratch *scratch = *state;
	NACRE_CLEANUP(nacre_key_freep)
	struct nacre_key *key = make_key(NACRE_KEY_P256);
	const struct nacre_key *keys[] = { key };
	NACRE_CLEANUP(nacre_policy_freep)
	struct nacre_policy *policy = make_policy(keys, 1, 1);
	NACRE_CLEANUP(nacre_trusted_freep)
	struct nacre_trusted *trusted = NULL;
	NACRE_CLEANUP(nacre_descriptor_clear)
	struct nacre_descriptor image = make_image(scratch, NAME, "content", NULL);

	REFUSED(policy, "app:1.4: no signature");
	sign_as(scratch, key, NULL);
	assert_works(verify(scratch, policy, &trusted, err));
	assert_string_equal(nacre_trusted_digest(trusted)->text, image.digest.text);
	assert_string_equal(nacre_trusted_reason(trusted), "signed by 1 key, 1 needed");
	assert_string_equal(nacre_trusted_signer(trusted, 0), nacre_key_id(key));
	assert_null(nacre_trusted_signer(trusted, 1));
	assert_int_equal(nacre_trusted_manifest(trusted)->layers.count, 1);
	assert_int_equal(nacre_trusted_config(trusted)->diff_id_count, 1);
}

static void a_key_that_is_not_given_does_not_count(void **state)
{
	const struct scratch *scratch = *state;
	NACRE_CLEANUP(nacre_key_freep)
	struct nacre_key *key = make_key(NACRE_KEY_ED25519);
	NACRE_CLEANUP(nacre_key_freep)
	struct nacre_key *other = make_key(NACRE_KEY_ED25519);
	const struct nacre_key *keys[] = { key };
	NACRE_CLEANUP(nacre_policy_freep)
	struct nacre_policy *policy = make_policy(keys, 1, 1);

	put_image(scratch, NAME, "content", NULL);
	sign_as(scratch, other, "a");
	REFUSED(policy, "app:1.4: 1 signature, none by a given key");
	sign_as(scratch, other, "b");
	sign_as(scratch, other, "c");
	REFUSED(policy, "app:1.4: 3 signatures, none by a given key");
}

static void a_threshold_counts_distinct_keys(void **state)
{
	const struct scratch *scratch = *state;
	NACRE_CLEANUP(nacre_key_freep)
	struct nacre_key *a = make_key(NACRE_KEY_ED25519);
	NACRE_CLEANUP(nacre_key_freep)
	struct nacre_key *b = make_key(NACRE_KEY_P256);
	const struct nacre_key *keys[] = { a, b, a };
	NACRE_CLEANUP(nacre_policy_freep)
	struct nacre_policy *policy = make_policy(keys, 3, 2);
	NACRE_CLEANUP(nacre_policy_freep)
	struct nacre_policy *three = make_policy(keys, 3, 3);
	NACRE_CLEANUP(nacre_trusted_freep)
	struct nacre_trusted *trusted = NULL;

	put_image(scratch, NAME, "content", NULL);
	sign_as(scratch, a, "first");
	sign_as(scratch, a, "second");
	REFUSED(policy, "app:1.4: 1 of 2 needed signatures");
	assert_refused(verify(scratch, three, &trusted, err), NACRE_E_ARG,
		"a threshold of 3 with 2 distinct keys");
	sign_as(scratch, b, "first");
	assert_works(verify(scratch, policy, &trusted, err));
	assert_string_equal(nacre_trusted_reason(trusted), "signed by 2 keys, 2 needed");
	assert_string_equal(nacre_trusted_signer(trusted, 0), nacre_key_id(a));
	assert_string_equal(nacre_trusted_signer(trusted, 1), nacre_key_id(b));
}

static void a_signature_for_another_image_does_not_count(void **state)
{
	const struct scratch *scratch = *state;
	NACRE_CLEANUP(nacre_key_freep)
	struct nacre_key *key = make_key(NACRE_KEY_ED25519);
	const struct nacre_key *keys[] = { key };
	NACRE_CLEANUP(nacre_policy_freep)
	struct nacre_policy *policy = make_policy(keys, 1, 1);
	NACRE_CLEANUP(nacre_descriptor_clear)
	struct nacre_descriptor old = make_image(scratch, NAME, "the old content", NULL);
	NACRE_CLEANUP(nacre_descriptor_clear)
	struct nacre_descriptor image = { 0 };
	NACRE_CLEANUP(nacre_descriptor_clear)
	struct nacre_descriptor signatures = { 0 };
	struct nacre_limits limits = nacre_env_limits(NULL);
	char name[NACRE_SIGNATURES_NAME];

	sign_as(scratch, key, NULL);
	image = make_image(scratch, NAME, "content", NULL);
	REFUSED(policy, "app:1.4: no signature");
	/* as a mirror would do it: the signatures of the old image under the name of the new */
	nacre_signatures_name(&old.digest, name);
	assert_works(nacre_layout_find(scratch->layout, &limits, name, NULL, &signatures, err));
	nacre_signatures_name(&image.digest, name);
	nacre_pairs_remove(&signatures.annotations, NACRE_ANNOTATION_REF_NAME);
	put_tag(scratch, &signatures, name);
	REFUSED(policy, "app:1.4: 1 signature, none that counts (1 for another image)");
}

static void a_name_is_compared_when_the_policy_has_one(void **state)
{
	const struct scratch *scratch = *state;
	NACRE_CLEANUP(nacre_key_freep)
	struct nacre_key *key = make_key(NACRE_KEY_ED25519);
	const struct nacre_key *keys[] = { key };
	NACRE_CLEANUP(nacre_policy_freep)
	struct nacre_policy *policy = make_policy(keys, 1, 1);
	NACRE_CLEANUP(nacre_trusted_freep)
	struct nacre_trusted *trusted = NULL;

	put_image(scratch, NAME, "content", NULL);
	sign_as(scratch, key, "h.org/other:1");
	assert_works(nacre_policy_set_identity(policy, "h.org/app", err));
	REFUSED(policy, "app:1.4: 1 signature, none that counts (1 for another name)");
	sign_as(scratch, key, "h.org/app:1");
	assert_works(verify(scratch, policy, &trusted, err));
}

static void a_damaged_signature_is_told_of(void **state)
{
	static const struct {
		const char *payload, *signature, *message;
	} rows[] = {
		{ "x", NULL,
			"app:1.4: 1 signature, none that counts (1 damaged: "
			"dev.cosignproject.cosign/signature is missing)" },
		{ "x", "!", "app:1.4: 1 signature, none that counts (1 damaged: not base64)" },
		{ "x", "Zm9v", "app:1.4: 1 signature, none by a given key" },
	};
	const struct scratch *scratch = *state;
	NACRE_CLEANUP(nacre_key_freep)
	struct nacre_key *key = make_key(NACRE_KEY_ED25519);
	const struct nacre_key *keys[] = { key };
	NACRE_CLEANUP(nacre_policy_freep)
	struct nacre_policy *policy = make_policy(keys, 1, 1);
	NACRE_CLEANUP(nacre_descriptor_clear)
	struct nacre_descriptor image = make_image(scratch, NAME, "content", NULL);

	for (size_t i = 0; i < COUNT(rows); i++) {
		plant(scratch, &image.digest, rows[i].payload, rows[i].signature, "");
		REFUSED(policy, rows[i].message);
	}
}

static void a_signed_payload_is_still_parsed_strictly(void **state)
{
	static const char payload[] = "{\"critical\":{}}";
	const struct scratch *scratch = *state;
	NACRE_CLEANUP(nacre_key_freep)
	struct nacre_key *key = make_key(NACRE_KEY_ED25519);
	const struct nacre_key *keys[] = { key };
	NACRE_CLEANUP(nacre_policy_freep)
	struct nacre_policy *policy = make_policy(keys, 1, 1);
	nacre_autofree char *signature = sign_base64(key, payload);
	NACRE_CLEANUP(nacre_descriptor_clear)
	struct nacre_descriptor image = make_image(scratch, NAME, "content", NULL);

	plant(scratch, &image.digest, payload, signature, "");
	REFUSED(policy, "app:1.4: 1 signature, none that counts (1 damaged: optional is missing)");
}

static int count_warnings(const struct nacre_event *event, void *user)
{
	*(int *)user += event->kind == NACRE_WARNING;
	return 0;
}

static void a_damaged_signature_does_not_hide_a_good_one(void **state)
{
	const struct scratch *scratch = *state;
	NACRE_CLEANUP(nacre_key_freep)
	struct nacre_key *key = make_key(NACRE_KEY_ED25519);
	const struct nacre_key *keys[] = { key };
	NACRE_CLEANUP(nacre_policy_freep)
	struct nacre_policy *policy = make_policy(keys, 1, 1);
	NACRE_CLEANUP(nacre_trusted_freep)
	struct nacre_trusted *trusted = NULL;
	NACRE_CLEANUP(nacre_descriptor_clear)
	struct nacre_descriptor image = make_image(scratch, NAME, "content", NULL);
	struct nacre_ref ref = make_ref(NAME);
	int warnings = 0;
	struct nacre_env env = { .event = count_warnings, .user = &warnings };

	plant(scratch, &image.digest, "x", "!", "");
	sign_as(scratch, key, NULL);
	assert_works(nacre_verify(scratch->layout, &ref, policy, NULL, &env, &trusted, err));
	assert_int_equal(warnings, 1);
}

static void no_byte_of_a_payload_can_be_changed(void **state)
{
	const struct scratch *scratch = *state;
	NACRE_CLEANUP(nacre_key_freep)
	struct nacre_key *key = make_key(NACRE_KEY_ED25519);
	const struct nacre_key *keys[] = { key };
	NACRE_CLEANUP(nacre_policy_freep)
	struct nacre_policy *policy = make_policy(keys, 1, 1);
	NACRE_CLEANUP(nacre_descriptor_clear)
	struct nacre_descriptor image = make_image(scratch, NAME, "content", NULL);
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf json = NACRE_BUF(0);
	struct nacre_payload payload = { .digest = image.digest };
	NACRE_CLEANUP(nacre_trusted_freep)
	struct nacre_trusted *trusted = NULL;
	nacre_autofree char *signature = NULL;
	char identity[] = "a";

	payload.identity = identity;
	assert_works(nacre_payload_emit(&payload, &json, err));
	signature = sign_base64(key, json.data);
	for (size_t i = 0; i < json.len; i++) {
		json.data[i] ^= 1;
		plant(scratch, &image.digest, json.data, signature, "");
		REFUSED(policy, "app:1.4: 1 signature, none by a given key");
		json.data[i] ^= 1;
	}
	plant(scratch, &image.digest, json.data, signature, "");
	assert_works(verify(scratch, policy, &trusted, err));
}

static void a_blob_changed_on_the_disk_is_found_out(void **state)
{
	const struct scratch *scratch = *state;
	NACRE_CLEANUP(nacre_key_freep)
	struct nacre_key *key = make_key(NACRE_KEY_ED25519);
	const struct nacre_key *keys[] = { key };
	NACRE_CLEANUP(nacre_policy_freep)
	struct nacre_policy *policy = make_policy(keys, 1, 1);
	NACRE_CLEANUP(nacre_descriptor_clear)
	struct nacre_descriptor image = make_image(scratch, NAME, "content", NULL);
	struct nacre_trusted *trusted = NULL;
	char path[256];
	nacre_autofd int fd = -1;

	sign_as(scratch, key, NULL);
	(void)snprintf(path, sizeof(path), "blobs/sha256/%s", nacre_digest_hex(&image.digest));
	fd = openat(scratch->dir, path, O_WRONLY);
	assert_int_equal(pwrite(fd, "[", 1, 0), 1);
	assert_int_equal(verify(scratch, policy, &trusted, NULL), NACRE_E_DIGEST);
	assert_null(trusted);
}

static void a_signature_of_the_index_covers_its_images(void **state)
{
	const struct scratch *scratch = *state;
	NACRE_CLEANUP(nacre_key_freep)
	struct nacre_key *key = make_key(NACRE_KEY_ED25519);
	const struct nacre_key *keys[] = { key };
	NACRE_CLEANUP(nacre_policy_freep)
	struct nacre_policy *policy = make_policy(keys, 1, 1);
	NACRE_CLEANUP(nacre_trusted_freep)
	struct nacre_trusted *amd = NULL;
	NACRE_CLEANUP(nacre_trusted_freep)
	struct nacre_trusted *arm = NULL;
	NACRE_CLEANUP(nacre_descriptor_clear)
	struct nacre_descriptor top = make_index(scratch, NAME, "content");
	struct nacre_ref ref = make_ref(NAME);
	struct nacre_platform platform;

	sign_as(scratch, key, NULL);
	assert_works(verify(scratch, policy, &amd, err));
	assert_works(nacre_platform_parse("linux/arm64", &platform, err));
	assert_works(nacre_verify(scratch->layout, &ref, policy, &platform, NULL, &arm, err));
	assert_string_equal(nacre_trusted_top(amd)->digest.text, top.digest.text);
	assert_string_not_equal(nacre_trusted_digest(amd)->text, nacre_trusted_digest(arm)->text);
}

static void a_signature_of_the_image_alone_will_do_and_covers_no_other(void **state)
{
	const struct scratch *scratch = *state;
	NACRE_CLEANUP(nacre_key_freep)
	struct nacre_key *key = make_key(NACRE_KEY_ED25519);
	const struct nacre_key *keys[] = { key };
	NACRE_CLEANUP(nacre_policy_freep)
	struct nacre_policy *policy = make_policy(keys, 1, 1);
	NACRE_CLEANUP(nacre_trusted_freep)
	struct nacre_trusted *trusted = NULL;
	NACRE_CLEANUP(nacre_descriptor_clear)
	struct nacre_descriptor top = make_index(scratch, NAME, "content");
	NACRE_CLEANUP(nacre_descriptor_clear)
	struct nacre_descriptor amd = make_image(scratch, NULL, "content", NULL);
	struct nacre_ref ref = { .transport = NACRE_OCI, .path = "x", .digest = amd.digest };
	struct nacre_ref by_name = make_ref(NAME);
	struct nacre_sign_options options = { .identity = "a" };
	struct nacre_platform platform;

	assert_string_not_equal(top.digest.text, amd.digest.text);
	assert_works(nacre_sign(scratch->layout, &ref, keys, 1, &options, NULL, NULL, err));
	assert_works(verify(scratch, policy, &trusted, err));
	assert_string_equal(nacre_trusted_digest(trusted)->text, amd.digest.text);
	assert_works(nacre_platform_parse("linux/arm64", &platform, err));
	assert_refused(
		nacre_verify(scratch->layout, &by_name, policy, &platform, NULL, &trusted, err),
		NACRE_E_UNTRUSTED, "app:1.4: no signature");
}

static void unnamed_signatures_as_cosign_saves_them_are_found(void **state)
{
	const struct scratch *scratch = *state;
	NACRE_CLEANUP(nacre_key_freep)
	struct nacre_key *key = make_key(NACRE_KEY_P256);
	const struct nacre_key *keys[] = { key };
	NACRE_CLEANUP(nacre_policy_freep)
	struct nacre_policy *policy = make_policy(keys, 1, 1);
	NACRE_CLEANUP(nacre_trusted_freep)
	struct nacre_trusted *trusted = NULL;
	NACRE_CLEANUP(nacre_descriptor_clear)
	struct nacre_descriptor image = make_image(scratch, NAME, "content", NULL);
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf json = NACRE_BUF(0);
	struct nacre_payload payload = { .digest = image.digest };
	nacre_autofree char *signature = NULL;
	char identity[] = "h.org/app";

	payload.identity = identity;
	assert_works(nacre_payload_emit(&payload, &json, err));
	signature = sign_base64(key, json.data);
	plant(scratch, &image.digest, json.data, signature, NULL);
	assert_works(verify(scratch, policy, &trusted, err));
}

static void not_all_of_very_many_signatures_are_looked_at(void **state)
{
	const struct scratch *scratch = *state;
	NACRE_CLEANUP(nacre_key_freep)
	struct nacre_key *key = make_key(NACRE_KEY_ED25519);
	const struct nacre_key *keys[] = { key };
	NACRE_CLEANUP(nacre_policy_freep)
	struct nacre_policy *policy = make_policy(keys, 1, 1);
	NACRE_CLEANUP(nacre_descriptor_clear)
	struct nacre_descriptor image = make_image(scratch, NAME, "content", NULL);
	struct nacre_trusted *trusted = NULL;

	for (int i = 0; i < 129; i++) {
		char payload[16];

		(void)snprintf(payload, sizeof(payload), "%d", i);
		plant(scratch, &image.digest, payload, "Zm9v", NULL);
	}
	assert_refused(verify(scratch, policy, &trusted, err), NACRE_E_LIMIT,
		"more than 256 signatures to look at (limit signatures)");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scratch_test(what_a_given_key_has_signed_is_trusted),
		scratch_test(a_key_that_is_not_given_does_not_count),
		scratch_test(a_threshold_counts_distinct_keys),
		scratch_test(a_signature_for_another_image_does_not_count),
		scratch_test(a_name_is_compared_when_the_policy_has_one),
		scratch_test(a_damaged_signature_is_told_of),
		scratch_test(a_signed_payload_is_still_parsed_strictly),
		scratch_test(a_damaged_signature_does_not_hide_a_good_one),
		scratch_test(no_byte_of_a_payload_can_be_changed),
		scratch_test(a_blob_changed_on_the_disk_is_found_out),
		scratch_test(a_signature_of_the_index_covers_its_images),
		scratch_test(a_signature_of_the_image_alone_will_do_and_covers_no_other),
		scratch_test(unnamed_signatures_as_cosign_saves_them_are_found),
		scratch_test(not_all_of_very_many_signatures_are_looked_at),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
