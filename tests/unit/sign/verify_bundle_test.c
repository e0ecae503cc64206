/* SPDX-License-Identifier: Apache-2.0 */
/* What bundles are worth, what each requirement of a policy asks for, and what is told of it. */
#include "fixture.h"

#include "base/base64.h"
#include "sign/bundle.h"
#include "sign/key_crypto.h"
#include "sign/referrers.h"
#include "sign/statement.h"
#include "sign/verdict.h"

#define NAME "app:1.4"
#define SIMPLE (1U << NACRE_SIGNATURE_SIMPLE)
#define BUNDLE (1U << NACRE_SIGNATURE_BUNDLE)
#define IN_TOTO "application/vnd.in-toto+json"

/* ------------------------------------------------------------------ signing */

static void sign_forms(const struct scratch *scratch, const struct nacre_key *key,
	const char *identity, unsigned forms)
{
	const struct nacre_sign_options options = { .identity = identity, .forms = forms };
	struct nacre_ref ref = make_ref(NAME);

	assert_works(nacre_sign(scratch->layout, &ref, &key, 1, &options, NULL, NULL, err));
}

/* One envelope, whatever it says. */
struct parts {
	const char *type;		  /* NULL: that of in-toto */
	const char *payload;		  /* NULL: that `about` is signed */
	const struct nacre_digest *about; /* NULL: the image */
	const char *name;		  /* that is signed; NULL: "a" */
	const char *hint;		  /* NULL: that of the key */
};

static char *make_statement(const struct nacre_digest *digest, const char *name)
{
	char identity[256];
	struct nacre_payload payload = { .digest = *digest, .identity = identity };
	struct nacre_buf json = NACRE_BUF(0);

	(void)snprintf(identity, sizeof(identity), "%s", name);
	assert_works(nacre_statement_emit(&payload, &json, err));
	return json.data;
}

static struct nacre_bundle make_bundle(const struct nacre_key *key,
	const struct nacre_descriptor *image, const struct parts *parts)
{
	static const struct parts good = { 0 };
	struct nacre_bundle bundle = {
		.payload = NACRE_BUF(8192),
		.signature = NACRE_BUF(NACRE_SIGNATURE_BYTES),
	};
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf message = NACRE_BUF(0);
	nacre_autofree char *statement = NULL;

	parts = parts ? parts : &good;
	statement = make_statement(
		parts->about ? parts->about : &image->digest, parts->name ? parts->name : "a");
	assert_works(
		nacre_text_set(&bundle.payload_type, parts->type ? parts->type : IN_TOTO, err));
	assert_works(
		nacre_text_set(&bundle.hint, parts->hint ? parts->hint : nacre_key_hint(key), err));
	assert_works(nacre_buf_add_text(
		&bundle.payload, parts->payload ? parts->payload : statement, err));
	assert_works(nacre_dsse_bytes(bundle.payload_type, &bundle.payload, &message, err));
	assert_works(nacre_key_sign(key, message.data, message.len, &bundle.signature, err));
	return bundle;
}

/* Lists it as a referrer of the image; what its manifest is. */
static struct nacre_digest list_bundle(const struct scratch *scratch,
	const struct nacre_descriptor *image, const struct nacre_bundle *bundle)
{
	NACRE_CLEANUP(nacre_batch_freep)
	struct nacre_layout_batch *batch = NULL;
	struct nacre_digest digest;

	assert_works(nacre_batch_new(scratch->layout, &unsynced, &batch, err));
	assert_works(nacre_referrer_store(batch, image, bundle, &digest, err));
	assert_works(nacre_batch_commit(batch, err));
	return digest;
}

static struct nacre_digest plant(const struct scratch *scratch, const struct nacre_key *key,
	const struct nacre_descriptor *image, const struct parts *parts)
{
	NACRE_CLEANUP(nacre_bundle_clear)
	struct nacre_bundle bundle = make_bundle(key, image, parts);

	return list_bundle(scratch, image, &bundle);
}

/* A referrer of so many layers with one good bundle in each, listed or not. */
struct odd {
	size_t layers;
	const char *layer_type;	   /* NULL: the right one */
	const char *artifact_type; /* NULL: the right one; "": none */
	bool is_unlisted;
};

static struct nacre_digest plant_odd(const struct scratch *scratch, const struct nacre_key *key,
	const struct nacre_descriptor *image, const struct odd *odd)
{
	NACRE_CLEANUP(nacre_manifest_clear)
	struct nacre_manifest manifest = { 0 };
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf json = NACRE_BUF(0);
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf bytes = NACRE_BUF(0);
	NACRE_CLEANUP(nacre_bundle_clear)
	struct nacre_bundle bundle = make_bundle(key, image, NULL);
	NACRE_CLEANUP(nacre_descriptor_clear)
	struct nacre_descriptor desc = { 0 };
	const char *type = odd->artifact_type ? odd->artifact_type : NACRE_MEDIA_BUNDLE;

	assert_works(nacre_bundle_emit(&bundle, &bytes, err));
	for (size_t i = 0; i < odd->layers; i++) {
		struct nacre_descriptor layer = put_blob(scratch, bytes.data,
			odd->layer_type ? odd->layer_type : NACRE_MEDIA_BUNDLE);

		assert_works(nacre_descriptors_add_take(&manifest.layers, &layer, err));
	}
	manifest.config = put_blob(scratch, "{}", NACRE_MEDIA_EMPTY);
	assert_works(nacre_text_set(&manifest.artifact_type, *type ? type : NULL, err));
	assert_works(nacre_descriptor_make(
		image->media_type, &image->digest, image->size_bytes, &manifest.subject, err));
	assert_works(nacre_manifest_emit(&manifest, &json, err));
	desc = put_blob(scratch, json.data, NACRE_MEDIA_MANIFEST);
	assert_works(nacre_text_set(&desc.artifact_type, NACRE_MEDIA_BUNDLE, err));
	if (!odd->is_unlisted)
		put_tag(scratch, &desc, NULL);
	return desc.digest;
}

/* A blob with other bytes, as many; or none. */
static void damage(const struct scratch *scratch, const struct nacre_digest *digest, bool is_gone)
{
	char path[128];
	nacre_autofd int fd = -1;

	(void)snprintf(path, sizeof(path), "blobs/sha256/%s", nacre_digest_hex(digest));
	if (is_gone) {
		assert_int_equal(unlinkat(scratch->dir, path, 0), 0);
		return;
	}
	fd = openat(scratch->dir, path, O_WRONLY | O_CLOEXEC);
	assert_int_equal(pwrite(fd, " ", 1, 0), 1);
}

/* ---------------------------------------------------------------- verifying */

static int verify(const struct scratch *scratch, const struct nacre_policy *policy,
	struct nacre_trusted **out_trusted, struct nacre_err *err)
{
	struct nacre_ref ref = make_ref(NAME);

	return nacre_verify(scratch->layout, &ref, policy, NULL, NULL, out_trusted, err);
}

#define ACCEPTED(policy)                                                                           \
	do {                                                                                       \
		NACRE_CLEANUP(nacre_trusted_freep)                                                 \
		struct nacre_trusted *accepted = NULL;                                             \
		assert_works(verify(scratch, policy, &accepted, err));                             \
	} while (0)

#define REFUSED_AS(policy, code, message)                                                          \
	do {                                                                                       \
		struct nacre_trusted *refused = NULL;                                              \
		assert_refused(verify(scratch, policy, &refused, err), code, message);             \
		assert_null(refused);                                                              \
	} while (0)

#define REFUSED(policy, message) REFUSED_AS(policy, NACRE_E_UNTRUSTED, message)

/* A policy of no requirement yet. */
static struct nacre_policy *make_empty(void)
{
	struct nacre_policy *policy = calloc(1, sizeof(*policy));

	assert_non_null(policy);
	assert_works(nacre_text_set(&policy->rule, "rule", err));
	return policy;
}

static void add_kind(
	struct nacre_policy *policy, enum nacre_requirement_kind kind, const struct nacre_key *key)
{
	struct nacre_requirement requirement = { .kind = kind, .threshold = 1 };

	if (kind == NACRE_REQUIRE_SIGNED)
		assert_works(nacre_requirement_add_key_take(&requirement, public_of(key), err));
	if (kind == NACRE_REQUIRE_UNSUPPORTED)
		assert_works(nacre_text_set(&requirement.what, "signedBy (GPG)", err));
	assert_works(nacre_policy_add_take(policy, &requirement, err));
}

static void either_form_by_either_kind_of_key_will_do(void **state)
{
	static const struct {
		enum nacre_key_type type;
		unsigned forms;
	} rows[] = {
		{ NACRE_KEY_ED25519, SIMPLE },
		{ NACRE_KEY_ED25519, BUNDLE },
		{ NACRE_KEY_P256, SIMPLE },
		{ NACRE_KEY_P256, BUNDLE },
	};
	const struct scratch *scratch = *state;

	put_image(scratch, NAME, "content", NULL);
	for (size_t i = 0; i < COUNT(rows); i++) {
		NACRE_CLEANUP(nacre_key_freep)
		struct nacre_key *key = make_key(rows[i].type);
		const struct nacre_key *keys[] = { key };
		NACRE_CLEANUP(nacre_policy_freep)
		struct nacre_policy *policy = make_policy(keys, 1, 1);
		struct nacre_trusted *trusted = NULL;

		assert_int_equal(verify(scratch, policy, &trusted, NULL), NACRE_E_UNTRUSTED);
		sign_forms(scratch, key, NULL, rows[i].forms);
		ACCEPTED(policy);
	}
}

static void both_forms_of_one_key_count_once(void **state)
{
	const struct scratch *scratch = *state;
	NACRE_CLEANUP(nacre_key_freep)
	struct nacre_key *a = make_key(NACRE_KEY_ED25519);
	NACRE_CLEANUP(nacre_key_freep)
	struct nacre_key *b = make_key(NACRE_KEY_P256);
	const struct nacre_key *keys[] = { a, b };
	NACRE_CLEANUP(nacre_policy_freep)
	struct nacre_policy *policy = make_policy(keys, 2, 2);

	put_image(scratch, NAME, "content", NULL);
	sign_forms(scratch, a, NULL, SIMPLE | BUNDLE);
	sign_forms(scratch, a, "again", BUNDLE);
	REFUSED(policy, "app:1.4: 1 of 2 needed signatures");
}

static void forms_of_two_keys_meet_a_threshold_of_two(void **state)
{
	static const unsigned rows[][2] = { { SIMPLE, BUNDLE }, { BUNDLE, SIMPLE },
		{ BUNDLE, BUNDLE } };
	const struct scratch *scratch = *state;
	NACRE_CLEANUP(nacre_key_freep)
	struct nacre_key *a = make_key(NACRE_KEY_ED25519);
	NACRE_CLEANUP(nacre_key_freep)
	struct nacre_key *b = make_key(NACRE_KEY_P256);
	const struct nacre_key *keys[] = { a, b };
	NACRE_CLEANUP(nacre_policy_freep)
	struct nacre_policy *policy = make_policy(keys, 2, 2);

	for (size_t i = 0; i < COUNT(rows); i++) {
		char content[16];

		(void)snprintf(content, sizeof(content), "%zu", i);
		put_image(scratch, NAME, content, NULL);
		REFUSED(policy, "app:1.4: no signature");
		sign_forms(scratch, a, NULL, rows[i][0]);
		REFUSED(policy, "app:1.4: 1 of 2 needed signatures");
		sign_forms(scratch, b, NULL, rows[i][1]);
		ACCEPTED(policy);
	}
}

static void a_good_envelope_that_says_something_else_does_not_count(void **state)
{
	static const struct {
		const char *type, *payload, *message;
	} rows[] = {
		{ "application/json", NULL,
			"app:1.4: 1 signature, none that counts (1 that says something else)" },
		{ "Application/vnd.in-toto+json", NULL,
			"app:1.4: 1 signature, none that counts (1 that says something else)" },
		{ "", NULL, "app:1.4: 1 signature, none that counts (1 that says something else)" },
		{ NULL,
			"{\"_type\":\"https://in-toto.io/Statement/v1\",\"subject\":[],"
			"\"predicateType\":\"https://slsa.dev/provenance/v1\",\"predicate\":{}}",
			"app:1.4: 1 signature, none that counts (1 that says something else)" },
		{ NULL, "{\"_type\":\"https://in-toto.io/Statement/v1\"}",
			"app:1.4: 1 signature, none that counts (1 damaged: predicateType is "
			"missing)" },
		{ NULL, "no json",
			"app:1.4: 1 signature, none that counts (1 damaged: 1:2: '[' or "
			"'{' expected near 'no')" },
	};
	const struct scratch *scratch = *state;
	NACRE_CLEANUP(nacre_key_freep)
	struct nacre_key *key = make_key(NACRE_KEY_ED25519);
	const struct nacre_key *keys[] = { key };
	NACRE_CLEANUP(nacre_policy_freep)
	struct nacre_policy *policy = make_policy(keys, 1, 1);

	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct parts parts = { .type = rows[i].type, .payload = rows[i].payload };
		NACRE_CLEANUP(nacre_descriptor_clear)
		struct nacre_descriptor image = { 0 };
		char content[16];

		(void)snprintf(content, sizeof(content), "%zu", i);
		image = make_image(scratch, NAME, content, NULL);
		plant(scratch, key, &image, &parts);
		REFUSED(policy, rows[i].message);
		plant(scratch, key, &image, NULL);
		ACCEPTED(policy);
	}
}

static void an_attestation_of_the_same_image_is_no_signature(void **state)
{
	const struct scratch *scratch = *state;
	NACRE_CLEANUP(nacre_key_freep)
	struct nacre_key *key = make_key(NACRE_KEY_ED25519);
	const struct nacre_key *keys[] = { key };
	NACRE_CLEANUP(nacre_policy_freep)
	struct nacre_policy *policy = make_policy(keys, 1, 1);
	NACRE_CLEANUP(nacre_descriptor_clear)
	struct nacre_descriptor image = make_image(scratch, NAME, "content", NULL);
	nacre_autofree char *text = make_statement(&image.digest, "a");

	memcpy(strstr(text, "cosign/sign/v1"), "cosign/deny/v1", strlen("cosign/deny/v1"));
	plant(scratch, key, &image, &(struct parts){ .payload = text });
	REFUSED(policy, "app:1.4: 1 signature, none that counts (1 that says something else)");
}

static void a_bundle_of_another_image_does_not_count(void **state)
{
	const struct scratch *scratch = *state;
	NACRE_CLEANUP(nacre_key_freep)
	struct nacre_key *key = make_key(NACRE_KEY_ED25519);
	const struct nacre_key *keys[] = { key };
	NACRE_CLEANUP(nacre_policy_freep)
	struct nacre_policy *policy = make_policy(keys, 1, 1);
	NACRE_CLEANUP(nacre_descriptor_clear)
	struct nacre_descriptor other = make_image(scratch, "other", "the other", NULL);
	NACRE_CLEANUP(nacre_descriptor_clear)
	struct nacre_descriptor image = make_image(scratch, NAME, "content", NULL);

	/* beside the other, as a good one is */
	plant(scratch, key, &other, NULL);
	REFUSED(policy, "app:1.4: no signature");
	/* beside the other, though it is about ours */
	plant(scratch, key, &other, &(struct parts){ .about = &image.digest, .name = "b" });
	REFUSED(policy, "app:1.4: no signature");
	/* beside ours, though it is about the other */
	plant(scratch, key, &image, &(struct parts){ .about = &other.digest });
	REFUSED(policy, "app:1.4: 1 signature, none that counts (1 for another image)");
}

static void a_manifest_holds_one_bundle(void **state)
{
	static const struct {
		struct odd odd;
		const char *message; /* NULL: it is good */
	} rows[] = {
		{ { .layers = 1 }, NULL },
		{ { .layers = 1,
			  .artifact_type = "application/vnd.dev.sigstore.bundle+json;version=0.3" },
			NULL },
		{ { .layers = 0 },
			"app:1.4: 1 signature, none that counts (1 damaged: 0 bundles in one "
			"manifest, not one)" },
		{ { .layers = 2 },
			"app:1.4: 1 signature, none that counts (1 damaged: 2 bundles in one "
			"manifest, not one)" },
		{ { .layers = 1, .layer_type = "application/json" },
			"app:1.4: 1 signature, none that counts (1 damaged: 'application/json' is "
			"no bundle)" },
		/* its own word counts, and not that of who lists it */
		{ { .layers = 1, .artifact_type = "application/spdx+json" },
			"app:1.4: no signature" },
		{ { .layers = 1, .artifact_type = "" }, "app:1.4: no signature" },
	};
	const struct scratch *scratch = *state;
	NACRE_CLEANUP(nacre_key_freep)
	struct nacre_key *key = make_key(NACRE_KEY_ED25519);
	const struct nacre_key *keys[] = { key };
	NACRE_CLEANUP(nacre_policy_freep)
	struct nacre_policy *policy = make_policy(keys, 1, 1);

	for (size_t i = 0; i < COUNT(rows); i++) {
		NACRE_CLEANUP(nacre_descriptor_clear)
		struct nacre_descriptor image = { 0 };
		char content[16];

		(void)snprintf(content, sizeof(content), "%zu", i);
		image = make_image(scratch, NAME, content, NULL);
		plant_odd(scratch, key, &image, &rows[i].odd);
		if (rows[i].message)
			REFUSED(policy, rows[i].message);
		else
			ACCEPTED(policy);
	}
}

/* As cosign saves an image: marked, and without a name. */
static int verify_saved(const struct scratch *scratch, const struct nacre_digest *digest,
	const struct nacre_policy *policy, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_trusted_freep)
	struct nacre_trusted *trusted = NULL;
	struct nacre_ref ref = { .transport = NACRE_OCI, .path = "x", .digest = *digest };

	return nacre_verify(scratch->layout, &ref, policy, NULL, NULL, &trusted, err);
}

static void a_bundle_that_no_list_names_counts_where_cosign_has_saved_it(void **state)
{
	const struct scratch *scratch = *state;
	NACRE_CLEANUP(nacre_key_freep)
	struct nacre_key *key = make_key(NACRE_KEY_ED25519);
	const struct nacre_key *keys[] = { key };
	NACRE_CLEANUP(nacre_policy_freep)
	struct nacre_policy *policy = make_policy(keys, 1, 1);
	NACRE_CLEANUP(nacre_descriptor_clear)
	struct nacre_descriptor named = make_image(scratch, NAME, "content", NULL);
	NACRE_CLEANUP(nacre_descriptor_clear)
	struct nacre_descriptor saved = make_image(scratch, NULL, "the other", NULL);
	struct nacre_err why = { 0 };
	struct nacre_digest digest;

	assert_works(
		nacre_pairs_set(&saved.annotations, NACRE_ANNOTATION_KIND, NACRE_KIND_IMAGE, err));
	put_tag(scratch, &saved, NULL);
	plant_odd(scratch, key, &named, &(struct odd){ .layers = 1, .is_unlisted = true });
	/* There it was taken off the list, for all that anybody knows. */
	REFUSED(policy, "app:1.4: no signature");
	assert_int_equal(verify_saved(scratch, &saved.digest, policy, &why), NACRE_E_UNTRUSTED);
	assert_non_null(strstr(why.text, ": no signature"));
	digest = plant_odd(scratch, key, &saved, &(struct odd){ .layers = 1, .is_unlisted = true });
	assert_int_equal(verify_saved(scratch, &saved.digest, policy, &why), 0);
	damage(scratch, &digest, false);
	assert_int_equal(verify_saved(scratch, &saved.digest, policy, &why), NACRE_E_UNTRUSTED);
	assert_non_null(strstr(why.text, ": no signature"));
}

/* As registries without a referrers API keep them, and whoever copies from there. */
static void a_bundle_in_a_list_under_a_tag_is_told_once(void **state)
{
	const struct scratch *scratch = *state;
	const struct nacre_limits limits = nacre_env_limits(NULL);
	NACRE_CLEANUP(nacre_key_freep)
	struct nacre_key *key = make_key(NACRE_KEY_ED25519);
	NACRE_CLEANUP(nacre_key_freep)
	struct nacre_key *other = make_key(NACRE_KEY_ED25519);
	const struct nacre_key *keys[] = { key }, *others[] = { other };
	NACRE_CLEANUP(nacre_policy_freep)
	struct nacre_policy *policy = make_policy(keys, 1, 1);
	NACRE_CLEANUP(nacre_policy_freep)
	struct nacre_policy *others_policy = make_policy(others, 1, 1);
	NACRE_CLEANUP(nacre_descriptor_clear)
	struct nacre_descriptor image = make_image(scratch, NAME, "content", NULL);
	NACRE_CLEANUP(nacre_index_clear)
	struct nacre_index index = { 0 };
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf json = NACRE_BUF(0);
	NACRE_CLEANUP(nacre_descriptor_clear)
	struct nacre_descriptor list = { 0 };
	struct nacre_descriptor desc = { 0 };
	struct nacre_digest digest =
		plant_odd(scratch, key, &image, &(struct odd){ .layers = 1, .is_unlisted = true });
	char tag[NACRE_DIGEST_TEXT];

	assert_works(nacre_layout_describe(scratch->layout, &limits, &digest, &desc, err));
	assert_works(nacre_text_set(&desc.artifact_type, NACRE_MEDIA_BUNDLE, err));
	assert_works(nacre_descriptors_add_take(&index.manifests, &desc, err));
	assert_works(nacre_index_emit(&index, &json, err));
	list = put_blob(scratch, json.data, NACRE_MEDIA_INDEX);
	(void)snprintf(tag, sizeof(tag), "sha256-%s", nacre_digest_hex(&image.digest));
	put_tag(scratch, &list, tag);
	ACCEPTED(policy);
	REFUSED(others_policy, "app:1.4: 1 signature, none by a given key");
}

/* ------------------------------------------------------------------ indexes */

static void a_bundle_of_the_index_counts_where_it_is_taken(void **state)
{
	static const unsigned forms[] = { SIMPLE, BUNDLE };
	const struct scratch *scratch = *state;

	for (size_t i = 0; i < COUNT(forms); i++) {
		NACRE_CLEANUP(nacre_key_freep)
		struct nacre_key *key = make_key(NACRE_KEY_ED25519);
		NACRE_CLEANUP(nacre_policy_freep)
		struct nacre_policy *policy = make_empty();
		NACRE_CLEANUP(nacre_descriptor_clear)
		struct nacre_descriptor top = { 0 };
		NACRE_CLEANUP(nacre_descriptor_clear)
		struct nacre_descriptor child = { 0 };
		char content[16];

		(void)snprintf(content, sizeof(content), "%zu", i);
		top = make_index(scratch, NAME, content);
		child = make_image(scratch, NULL, content, NULL);
		add_kind(policy, NACRE_REQUIRE_SIGNED, key);
		sign_forms(scratch, key, NULL, forms[i]);
		assert_false(policy->items[0].takes_index);
		REFUSED(policy,
			"app:1.4: rule: 1 signature, none that counts (1 for the index and not for "
			"the image)");
		policy->items[0].takes_index = true;
		ACCEPTED(policy);
		/* its own signature counts either way */
		policy->items[0].takes_index = false;
		plant(scratch, key, &child, NULL);
		ACCEPTED(policy);
	}
}

static void a_bundle_of_the_index_is_none_for_what_is_named_by_digest(void **state)
{
	const struct scratch *scratch = *state;
	NACRE_CLEANUP(nacre_key_freep)
	struct nacre_key *key = make_key(NACRE_KEY_ED25519);
	const struct nacre_key *keys[] = { key };
	NACRE_CLEANUP(nacre_policy_freep)
	struct nacre_policy *policy = make_policy(keys, 1, 1);
	NACRE_CLEANUP(nacre_descriptor_clear)
	struct nacre_descriptor top = make_index(scratch, NAME, "content");
	NACRE_CLEANUP(nacre_descriptor_clear)
	struct nacre_descriptor child = make_image(scratch, NULL, "content", NULL);
	struct nacre_ref ref = { .transport = NACRE_OCI, .path = "x", .digest = child.digest };
	struct nacre_trusted *trusted = NULL;
	struct nacre_err why;

	sign_forms(scratch, key, NULL, SIMPLE | BUNDLE);
	ACCEPTED(policy);
	assert_int_equal(nacre_verify(scratch->layout, &ref, policy, NULL, NULL, &trusted, &why),
		NACRE_E_UNTRUSTED);
	assert_non_null(strstr(why.text, ": no signature"));
	/* not even when it is put beside the child */
	plant(scratch, key, &child, &(struct parts){ .about = &top.digest });
	assert_int_equal(nacre_verify(scratch->layout, &ref, policy, NULL, NULL, &trusted, &why),
		NACRE_E_UNTRUSTED);
	assert_non_null(strstr(why.text, "(1 for another image)"));
	assert_null(trusted);
}

/* ------------------------------------------------------- names, annotations */

static void annotations_that_are_asked_for_must_be_signed(void **state)
{
	static const struct {
		const char *name, *value;
		bool counts;
	} rows[] = {
		{ "stage", "prod", true },
		{ "stage", "test", false },
		{ "stage", "", false },
		{ "Stage", "prod", false },
		{ "other", "prod", false },
	};
	static const unsigned forms[] = { SIMPLE, BUNDLE };
	const struct scratch *scratch = *state;
	NACRE_CLEANUP(nacre_key_freep)
	struct nacre_key *key = make_key(NACRE_KEY_ED25519);
	const struct nacre_key *keys[] = { key };
	const struct nacre_annotation annotations[] = { { "stage", "prod" }, { "by", "me" } };
	struct nacre_ref ref = make_ref(NAME);

	for (size_t f = 0; f < COUNT(forms); f++) {
		const struct nacre_sign_options options = {
			.forms = forms[f],
			.annotations = annotations,
			.annotation_count = 2,
		};

		put_image(scratch, NAME, f == 0 ? "simple" : "bundle", NULL);
		assert_works(nacre_sign(scratch->layout, &ref, keys, 1, &options, NULL, NULL, err));
		for (size_t i = 0; i < COUNT(rows); i++) {
			NACRE_CLEANUP(nacre_policy_freep)
			struct nacre_policy *policy = make_policy(keys, 1, 1);

			assert_works(nacre_policy_add_annotation(policy, "by", "me", err));
			ACCEPTED(policy);
			assert_works(nacre_policy_add_annotation(
				policy, rows[i].name, rows[i].value, err));
			if (rows[i].counts)
				ACCEPTED(policy);
			else
				REFUSED(policy,
					"app:1.4: 1 signature, none that counts (1 without an "
					"annotation that is asked for)");
		}
	}
}

static void a_bundle_without_a_name_is_for_no_name(void **state)
{
	const struct scratch *scratch = *state;
	NACRE_CLEANUP(nacre_key_freep)
	struct nacre_key *key = make_key(NACRE_KEY_ED25519);
	const struct nacre_key *keys[] = { key };
	NACRE_CLEANUP(nacre_policy_freep)
	struct nacre_policy *policy = make_policy(keys, 1, 1);
	NACRE_CLEANUP(nacre_descriptor_clear)
	struct nacre_descriptor image = make_image(scratch, NAME, "content", NULL);

	plant(scratch, key, &image, &(struct parts){ .name = "" });
	ACCEPTED(policy);
	assert_works(nacre_policy_set_identity(policy, "h.org/app", err));
	REFUSED(policy, "app:1.4: 1 signature, none that counts (1 for another name)");
	plant(scratch, key, &image, &(struct parts){ .name = "h.org/app:2" });
	ACCEPTED(policy);
}

/* ------------------------------------------------------------- requirements */

static void all_requirements_must_be_met(void **state)
{
	static const struct {
		enum nacre_requirement_kind kinds[2];
		bool signed_by[2]; /* key 0, key 1 */
		int code;
		const char *message;
	} rows[] = {
		{ { NACRE_REQUIRE_SIGNED, NACRE_REQUIRE_SIGNED }, { true, true }, 0, NULL },
		{ { NACRE_REQUIRE_SIGNED, NACRE_REQUIRE_SIGNED }, { true, false },
			NACRE_E_UNTRUSTED,
			"app:1.4: rule: requirement 2 of 2: 1 signature, none by a given key" },
		{ { NACRE_REQUIRE_SIGNED, NACRE_REQUIRE_SIGNED }, { false, true },
			NACRE_E_UNTRUSTED,
			"app:1.4: rule: requirement 1 of 2: 1 signature, none by a given key" },
		{ { NACRE_REQUIRE_SIGNED, NACRE_REQUIRE_SIGNED }, { false, false },
			NACRE_E_UNTRUSTED, "app:1.4: rule: requirement 1 of 2: no signature" },
		{ { NACRE_REQUIRE_ANYTHING, NACRE_REQUIRE_ANYTHING }, { false, false }, 0, NULL },
		{ { NACRE_REQUIRE_ANYTHING, NACRE_REQUIRE_SIGNED }, { false, true }, 0, NULL },
		{ { NACRE_REQUIRE_ANYTHING, NACRE_REQUIRE_SIGNED }, { true, false },
			NACRE_E_UNTRUSTED,
			"app:1.4: rule: requirement 2 of 2: 1 signature, none by a given key" },
		{ { NACRE_REQUIRE_SIGNED, NACRE_REQUIRE_REJECT }, { true, true }, NACRE_E_UNTRUSTED,
			"app:1.4: rule: requirement 2 of 2: reject" },
		{ { NACRE_REQUIRE_REJECT, NACRE_REQUIRE_ANYTHING }, { true, true },
			NACRE_E_UNTRUSTED, "app:1.4: rule: requirement 1 of 2: reject" },
		{ { NACRE_REQUIRE_SIGNED, NACRE_REQUIRE_UNSUPPORTED }, { true, true },
			NACRE_E_UNSUPPORTED,
			"app:1.4: rule: requirement 2 of 2: signedBy (GPG) cannot be checked "
			"here" },
		{ { NACRE_REQUIRE_UNSUPPORTED, NACRE_REQUIRE_ANYTHING }, { true, true },
			NACRE_E_UNSUPPORTED,
			"app:1.4: rule: requirement 1 of 2: signedBy (GPG) cannot be checked "
			"here" },
	};
	const struct scratch *scratch = *state;
	NACRE_CLEANUP(nacre_key_freep)
	struct nacre_key *a = make_key(NACRE_KEY_ED25519);
	NACRE_CLEANUP(nacre_key_freep)
	struct nacre_key *b = make_key(NACRE_KEY_P256);
	const struct nacre_key *keys[] = { a, b };

	for (size_t i = 0; i < COUNT(rows); i++) {
		NACRE_CLEANUP(nacre_policy_freep)
		struct nacre_policy *policy = make_empty();
		char content[16];

		(void)snprintf(content, sizeof(content), "%zu", i);
		put_image(scratch, NAME, content, NULL);
		for (size_t k = 0; k < 2; k++) {
			add_kind(policy, rows[i].kinds[k], keys[k]);
			if (rows[i].signed_by[k])
				sign_forms(scratch, keys[k], NULL, k == 0 ? SIMPLE : BUNDLE);
		}
		if (rows[i].message)
			REFUSED_AS(policy, rows[i].code, rows[i].message);
		else
			ACCEPTED(policy);
	}
}

static void who_takes_anything_says_so(void **state)
{
	const struct scratch *scratch = *state;
	NACRE_CLEANUP(nacre_policy_freep)
	struct nacre_policy *policy = make_empty();
	NACRE_CLEANUP(nacre_trusted_freep)
	struct nacre_trusted *trusted = NULL;

	put_image(scratch, NAME, "content", NULL);
	add_kind(policy, NACRE_REQUIRE_ANYTHING, NULL);
	assert_works(verify(scratch, policy, &trusted, err));
	assert_string_equal(
		nacre_trusted_reason(trusted), "not verified: rule takes it from anybody");
	assert_null(nacre_trusted_signer(trusted, 0));
}

/* ------------------------------------------------------------------- verdict */

enum setup {
	SIGNED_ONCE,
	SIGNED_TWICE,
	SIGNED_BY_ANOTHER,
	ABOUT_ANOTHER,
	ABOUT_THE_INDEX,
	OF_ANOTHER_NAME,
	WITHOUT_ANNOTATION,
	OF_ANOTHER_KIND,
	DAMAGED,
	SETUPS,
};

/* The image, and what lies beside it. */
static void set_up(const struct scratch *scratch, enum setup setup, const struct nacre_key *key,
	const struct nacre_key *other_key)
{
	NACRE_CLEANUP(nacre_descriptor_clear)
	struct nacre_descriptor image = setup == ABOUT_THE_INDEX
		? make_index(scratch, NAME, "content")
		: make_image(scratch, NAME, "content", NULL);
	struct nacre_digest other;
	struct parts parts = { .name = "h.org/app:1" };

	nacre_digest_of("other", 5, &other);
	if (setup == ABOUT_ANOTHER)
		parts.about = &other;
	if (setup == OF_ANOTHER_NAME)
		parts.name = "h.org/other:1";
	if (setup == OF_ANOTHER_KIND)
		parts.type = "text/plain";
	if (setup == SIGNED_TWICE)
		plant(scratch, key, &image, &(struct parts){ .name = "h.org/app:0" });
	if (setup == DAMAGED)
		plant_odd(scratch, key, &image, &(struct odd){ .layers = 2 });
	else
		plant(scratch, setup == SIGNED_BY_ANOTHER ? other_key : key, &image, &parts);
}

static const struct {
	enum nacre_fate fate; /* of the last one */
	bool knows_key;
	const char *identity, *why;
} setup_rows[SETUPS] = {
	[SIGNED_ONCE] = { NACRE_FATE_COUNTS, true, "h.org/app:1", NULL },
	[SIGNED_TWICE] = { NACRE_FATE_AGAIN, true, "h.org/app:1", NULL },
	[SIGNED_BY_ANOTHER] = { NACRE_FATE_OTHER_KEY, false, NULL, NULL },
	[ABOUT_ANOTHER] = { NACRE_FATE_OTHER_IMAGE, true, "h.org/app:1", NULL },
	[ABOUT_THE_INDEX] = { NACRE_FATE_INDEX, true, "h.org/app:1", NULL },
	[OF_ANOTHER_NAME] = { NACRE_FATE_OTHER_NAME, true, "h.org/other:1", NULL },
	[WITHOUT_ANNOTATION] = { NACRE_FATE_ANNOTATION, true, "h.org/app:1", NULL },
	[OF_ANOTHER_KIND] = { NACRE_FATE_OTHER_KIND, true, NULL,
		"payloadType 'text/plain', not 'application/vnd.in-toto+json'" },
	[DAMAGED] = { NACRE_FATE_DAMAGED, false, NULL, "2 bundles in one manifest, not one" },
};

static const struct nacre_signature_note *last_note(const struct nacre_verdict *verdict)
{
	const struct nacre_signature_note *note = NULL;

	for (size_t i = 0; nacre_verdict_signature(verdict, i); i++)
		note = nacre_verdict_signature(verdict, i);
	assert_non_null(note);
	return note;
}

static void assert_text(const char *got, const char *want)
{
	assert_int_equal(got != NULL, want != NULL);
	if (want)
		assert_string_equal(got, want);
}

static void check_setup(const struct scratch *scratch, enum setup setup)
{
	NACRE_CLEANUP(nacre_key_freep)
	struct nacre_key *key = make_key(NACRE_KEY_ED25519);
	NACRE_CLEANUP(nacre_key_freep)
	struct nacre_key *other_key = make_key(NACRE_KEY_ED25519);
	NACRE_CLEANUP(nacre_policy_freep)
	struct nacre_policy *policy = make_empty();
	NACRE_CLEANUP(nacre_verdict_freep)
	struct nacre_verdict *verdict = NULL;
	NACRE_CLEANUP(nacre_trusted_freep)
	struct nacre_trusted *trusted = NULL;
	struct nacre_ref ref = make_ref(NAME);
	const struct nacre_signature_note *note;
	bool passes = setup == SIGNED_ONCE || setup == SIGNED_TWICE;
	int rc;

	set_up(scratch, setup, key, other_key);
	add_kind(policy, NACRE_REQUIRE_SIGNED, key);
	assert_works(nacre_policy_set_identity(policy, "h.org/app", err));
	if (setup == WITHOUT_ANNOTATION)
		assert_works(nacre_policy_add_annotation(policy, "a", "b", err));
	rc = nacre_verify_explained(
		scratch->layout, &ref, policy, NULL, NULL, &verdict, &trusted, NULL);
	assert_int_equal(rc, passes ? 0 : NACRE_E_UNTRUSTED);
	assert_int_equal(trusted != NULL, passes);
	note = last_note(verdict);
	assert_int_equal(note->fate, setup_rows[setup].fate);
	assert_int_equal(note->form, NACRE_SIGNATURE_BUNDLE);
	assert_int_equal(note->requirement, 0);
	assert_text(note->key_id, setup_rows[setup].knows_key ? nacre_key_id(key) : NULL);
	assert_text(note->identity, setup_rows[setup].identity);
	assert_text(note->why, setup_rows[setup].why);
	assert_int_equal(nacre_verdict_requirement(verdict, 0)->is_met, passes);
	assert_int_equal(nacre_verdict_requirement(verdict, 0)->have, passes);
	assert_null(nacre_verdict_requirement(verdict, 1));
}

static void the_verdict_names_every_fate(void **state)
{
	bool seen[NACRE_FATES] = { false };

	for (unsigned setup = 0; setup < SETUPS; setup++) {
		check_setup(*state, setup);
		seen[setup_rows[setup].fate] = true;
		assert_int_equal(close_scratch(state), 0);
		assert_int_equal(open_scratch(state), 0);
	}
	for (size_t i = 0; i < COUNT(seen); i++)
		assert_true(seen[i]);
}

static void the_verdict_says_what_was_asked(void **state)
{
	static const struct {
		enum nacre_requirement_kind kind;
		const char *type, *identity;
		bool is_met;
	} rows[] = {
		{ NACRE_REQUIRE_REJECT, "reject", NULL, false },
		{ NACRE_REQUIRE_ANYTHING, "anything", NULL, true },
		{ NACRE_REQUIRE_SIGNED, "signed", "any name", true },
		{ NACRE_REQUIRE_UNSUPPORTED, "signedBy (GPG)", NULL, false },
	};
	const struct scratch *scratch = *state;
	NACRE_CLEANUP(nacre_key_freep)
	struct nacre_key *key = make_key(NACRE_KEY_ED25519);
	NACRE_CLEANUP(nacre_policy_freep)
	struct nacre_policy *policy = make_empty();
	NACRE_CLEANUP(nacre_verdict_freep)
	struct nacre_verdict *verdict = NULL;
	struct nacre_trusted *trusted = NULL;
	struct nacre_ref ref = make_ref(NAME);

	put_image(scratch, NAME, "content", NULL);
	sign_forms(scratch, key, NULL, SIMPLE | BUNDLE);
	for (size_t i = 0; i < COUNT(rows); i++)
		add_kind(policy, rows[i].kind, key);
	/* the first that is not met is the error, the others are judged all the same */
	assert_refused(nacre_verify_explained(
			       scratch->layout, &ref, policy, NULL, NULL, &verdict, &trusted, err),
		NACRE_E_UNTRUSTED, "app:1.4: rule: requirement 1 of 4: reject");
	assert_null(trusted);
	assert_string_equal(nacre_verdict_rule(verdict), "rule");
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct nacre_requirement_note *note = nacre_verdict_requirement(verdict, i);

		assert_string_equal(note->type, rows[i].type);
		assert_text(note->identity, rows[i].identity);
		assert_int_equal(note->is_met, rows[i].is_met);
		assert_int_equal(note->key_count, rows[i].kind == NACRE_REQUIRE_SIGNED);
		assert_int_equal(note->have, rows[i].kind == NACRE_REQUIRE_SIGNED);
	}
	assert_int_equal(nacre_verdict_signature(verdict, 0)->requirement, 2);
	assert_int_equal(nacre_verdict_signature(verdict, 1)->requirement, 2);
	assert_null(nacre_verdict_signature(verdict, 2));
}

/* ---------------------------------------------------------------- what lies there */

static void check_bytes(const struct scratch *scratch, bool of_manifest, bool is_gone)
{
	NACRE_CLEANUP(nacre_key_freep)
	struct nacre_key *key = make_key(NACRE_KEY_ED25519);
	const struct nacre_key *keys[] = { key };
	NACRE_CLEANUP(nacre_policy_freep)
	struct nacre_policy *policy = make_policy(keys, 1, 1);
	const struct nacre_limits limits = nacre_env_limits(NULL);
	NACRE_CLEANUP(nacre_descriptor_clear)
	struct nacre_descriptor image = make_image(scratch, NAME, "content", NULL);
	NACRE_CLEANUP(nacre_descriptor_clear)
	struct nacre_descriptor desc = { 0 };
	NACRE_CLEANUP(nacre_manifest_clear)
	struct nacre_manifest manifest = { 0 };
	struct nacre_trusted *trusted = NULL;
	struct nacre_err why = { 0 };
	struct nacre_digest digest;
	char want[256];

	sign_forms(scratch, key, NULL, SIMPLE);
	digest = plant(scratch, key, &image, NULL);
	ACCEPTED(policy);
	assert_works(nacre_layout_describe(scratch->layout, &limits, &digest, &desc, err));
	assert_works(nacre_layout_load_manifest(scratch->layout, &desc, &limits, &manifest, err));
	if (!of_manifest)
		digest = manifest.layers.items[0].digest;
	damage(scratch, &digest, is_gone);
	if (is_gone) {
		ACCEPTED(policy);
		return;
	}
	(void)snprintf(want, sizeof(want),
		"app:1.4: a signature was changed: blob %s: content has digest ", digest.text);
	assert_int_equal(verify(scratch, policy, &trusted, &why), NACRE_E_UNTRUSTED);
	assert_memory_equal(why.text, want, strlen(want));
	assert_null(trusted);
}

/* Beside another signature, which is good. */
static void bytes_that_were_changed_refuse_the_image_and_missing_ones_do_not(void **state)
{
	for (unsigned i = 0; i < 4; i++) {
		check_bytes(*state, i & 1, i & 2);
		assert_int_equal(close_scratch(state), 0);
		assert_int_equal(open_scratch(state), 0);
	}
}

/* Whose a damaged manifest is, it does not say any more. Its bundle is still known to be ours. */
static void a_damaged_referrer_refuses_no_others_image_in_a_store(void **state)
{
	const struct scratch *scratch = *state;
	NACRE_CLEANUP(nacre_key_freep)
	struct nacre_key *key = make_key(NACRE_KEY_ED25519);
	const struct nacre_key *keys[] = { key };
	NACRE_CLEANUP(nacre_policy_freep)
	struct nacre_policy *policy = make_policy(keys, 1, 1);
	NACRE_CLEANUP(nacre_descriptor_clear)
	struct nacre_descriptor image = make_image(scratch, NAME, "content", NULL);
	NACRE_CLEANUP(nacre_descriptor_clear)
	struct nacre_descriptor other = { 0 };
	struct nacre_digest digest;

	sign_forms(scratch, key, NULL, SIMPLE);
	digest = plant(scratch, key, &image, NULL);
	damage(scratch, &digest, false);
	assert_int_equal(verify(scratch, policy, &(struct nacre_trusted *){ NULL }, NULL),
		NACRE_E_UNTRUSTED);
	other = make_image(scratch, "other", "the other", NULL);
	ACCEPTED(policy);
}

/* --------------------------------------------------------- algorithms, mixed up */

static struct nacre_key *load_plain(const char *text)
{
	struct nacre_key *key = NULL;

	assert_works(nacre_key_parse(text, strlen(text), NULL, NACRE_KEY_PLAIN, &key, err));
	return key;
}

/* They guard nothing. */
static const char p384_pem[] = "-----BEGIN PRIVATE KEY-----\n"
			       "MIG2AgEAMBAGByqGSM49AgEGBSuBBAAiBIGeMIGbAgEBBDBERyNbrM8edazIKCov\n"
			       "XE7QU2OCBMiotYJ3Wakh/VJlBDYiUQdRbNKk0JLDyQFvGHehZANiAAQyfSZKF39q\n"
			       "S8bAMP3G+2PnDiQ4oh/mAQO+fOdl8alrSPEJxt7TnveKjLn6g8JAJ1KLDCuvgy+H\n"
			       "n7Y3kdic9a5k94EsKtZ7yVppWicfGQ21jC83FFYIqEtD90p1gzNLfTo=\n"
			       "-----END PRIVATE KEY-----\n";

static const char rsa_pem[] = "-----BEGIN PRIVATE KEY-----\n"
			      "MIIEvgIBADANBgkqhkiG9w0BAQEFAASCBKgwggSkAgEAAoIBAQCoOi2DAYTrcebH\n"
			      "6L81EGpSg5ecSf9a6MlUvTLfr7FDFBVQoDnDUBiUz+QIQP2SU8ooeBrFlgOKWCJh\n"
			      "eLZafZV3traKUwAEzZcA0abwW4QL6YVQHeKOjSNkfsAbzVKFQ2AuBgCQLb/OiRln\n"
			      "dPNPaAepYwc/cEMJE4f3rqEJ5XMv88I7MBPwbMgttMRBCfmXrsHDToacWqlp5Ffb\n"
			      "B1pSHcXdswclRlB7us7Cy1pa3pcluZg8eK5JYTWKpHeCDQ//aj0XilXan84k+Or9\n"
			      "Lqy2IkZybskxcYgvYA25DZHdphoIaxlIcXBv9INl4Mxz2hLJwn5B1MIQCmufRNDH\n"
			      "+Q0jsFedAgMBAAECggEACU+RAcl1fR+EfaeC37G9JLx+SWrqDHLKY9uF444Cklsb\n"
			      "8+auU8JM3f2kmhVYw37KN1OwbaOoJgHLQ1hORXNicKoG7+B4pYtocmXoJrD1/b/K\n"
			      "vlytE6U5ooAGa3OBf/ky61EvOkuh7FE3u/tj1Q8Fr4kY11jECQ5Q7fM3HAhcR/jP\n"
			      "ZrbhisdWvnBlcKHxzty1kpBENrhN0DMfITXBkK8K/GYvdx7W21y4CtL7Yo8tsLhN\n"
			      "H+wvYUgPP6MCF2VARGDQHf6q5Y0iO67hTa+dtSXcndHVhdwNwEFquPenK6glbigo\n"
			      "2ECUpBzHPXYBOl/Bfmi3Ae2q9PQL3l49GgsZfEo+SQKBgQDtdsaQzVHyiiJqsT5f\n"
			      "ONC/JWJ4Ab2XSy8fnX0lj3+yFF1RsoKUXCcDhb+QzN+MIHC6Q2xFyZo94SxS1ZRG\n"
			      "sk2bprHoRq1oyTqCA7wu2eis3aQXQuoVHgTkOu0UvnveXNtaKSwHUK/z3l3jUOIA\n"
			      "E6bJW4J9w52lcNPnMOO6rSdNiQKBgQC1W9mokR/8LAWuVxPKKi4sKtucV0gunXf0\n"
			      "Dq9T6BGL9yCJ5f7Bobu/Rcu93wyhDn7aCj9TYaCkXg6z85tXAq7QNiiF10ZqT8po\n"
			      "uQQm9iOz0rDyEo2d/fQIfQ80kIG5gUeU41tMB+UZIytGsd7ndCg0YwAtJAl8K4Eq\n"
			      "N/wAKRiodQKBgQDlGBErxBpKT0AzBLqy7UJfFvcv5iX+H5ff/XWuVgoRSRpa5kia\n"
			      "T2mIOXH+hdkp/GYlHUUI8x3ukx3K8Kjzp7O99g1vlThZfsIGiwnzfWG/3Lkhg/oH\n"
			      "04VOlxcBS2B/v8AT9OK4T/zg3uhflTnkbxEa9EEpih6+bOLTCdS61bC0WQKBgQCZ\n"
			      "8YOKsNWjqoKQAF5OBwv2ddLAnN4qo4QE6MouwRjT5Ev8gfyDxJOnwsk1PLZtp+5J\n"
			      "itVCI+bGXwi/+5Lqgt584tv28EtXRq+bwSEjKWAY7klA0jrf14dkBTP4/IkBPBnU\n"
			      "6kC/AxyW/+FmOunpMhJGlZq6tpJOkmcrvSXtxPSnWQKBgHfRNuqDcs5C9J6Hlf+9\n"
			      "QSXvlooB0BCKvkXw5bjWBzKONTpAQdEzOlRH2YcYuvMJolIN41BXjByCsVYPSZn2\n"
			      "qRp+unWdmigBnPXSVLSixJxfEhSUEa+MqcpZPV8kvktz5OIoKHLzm96Qm6K5aIpO\n"
			      "q+zWOc0+K4H1fWLI+9Dbikos\n"
			      "-----END PRIVATE KEY-----\n";

static void the_hint_chooses_no_key_and_no_algorithm(void **state)
{
	const struct scratch *scratch = *state;
	struct nacre_key *all[] = { make_key(NACRE_KEY_ED25519), make_key(NACRE_KEY_P256),
		load_plain(p384_pem), load_plain(rsa_pem) };

	for (size_t i = 0; i < COUNT(all); i++) {
		const struct nacre_key *keys[] = { all[i] };
		NACRE_CLEANUP(nacre_policy_freep)
		struct nacre_policy *policy = make_policy(keys, 1, 1);

		for (size_t k = 0; k < COUNT(all); k++) {
			const struct parts parts = { .hint = nacre_key_hint(all[i]) };
			NACRE_CLEANUP(nacre_descriptor_clear)
			struct nacre_descriptor image = { 0 };
			char content[16];

			(void)snprintf(content, sizeof(content), "%zu %zu", i, k);
			image = make_image(scratch, NAME, content, NULL);
			plant(scratch, all[k], &image, &parts);
			if (k == i)
				ACCEPTED(policy);
			else
				REFUSED(policy, "app:1.4: 1 signature, none by a given key");
		}
	}
	for (size_t i = 0; i < COUNT(all); i++)
		nacre_key_free(all[i]);
}

static void a_good_signature_under_anothers_hint_still_counts(void **state)
{
	static const char *const hints[] = { "", "bm9ib2R5", "not base64" };
	const struct scratch *scratch = *state;
	NACRE_CLEANUP(nacre_key_freep)
	struct nacre_key *key = make_key(NACRE_KEY_P256);
	const struct nacre_key *keys[] = { key };
	NACRE_CLEANUP(nacre_policy_freep)
	struct nacre_policy *policy = make_policy(keys, 1, 1);

	for (size_t i = 0; i < COUNT(hints); i++) {
		NACRE_CLEANUP(nacre_descriptor_clear)
		struct nacre_descriptor image = make_image(scratch, NAME, hints[i], NULL);

		plant(scratch, key, &image, &(struct parts){ .hint = hints[i] });
		ACCEPTED(policy);
	}
}

/* A bundle with this signature in the place of its own. */
static void plant_raw(const struct scratch *scratch, const struct nacre_key *key,
	const struct nacre_descriptor *image, const void *signature, size_t len)
{
	NACRE_CLEANUP(nacre_bundle_clear)
	struct nacre_bundle bundle = make_bundle(key, image, NULL);

	bundle.signature.len = 0;
	assert_works(nacre_buf_add(&bundle.signature, signature, len, err));
	list_bundle(scratch, image, &bundle);
}

/* What a key signs instead of the message. */
static void what_is_signed_is_the_message_itself(void **state)
{
	static const enum nacre_key_type types[] = { NACRE_KEY_ED25519, NACRE_KEY_P256 };
	const struct scratch *scratch = *state;

	for (size_t i = 0; i < COUNT(types); i++) {
		NACRE_CLEANUP(nacre_key_freep)
		struct nacre_key *key = make_key(types[i]);
		const struct nacre_key *keys[] = { key };
		NACRE_CLEANUP(nacre_policy_freep)
		struct nacre_policy *policy = make_policy(keys, 1, 1);
		NACRE_CLEANUP(nacre_descriptor_clear)
		struct nacre_descriptor image =
			make_image(scratch, NAME, i == 0 ? "ed25519" : "p256", NULL);
		NACRE_CLEANUP(nacre_bundle_clear)
		struct nacre_bundle good = make_bundle(key, &image, NULL);
		NACRE_CLEANUP(nacre_buf_clear)
		struct nacre_buf of_payload = NACRE_BUF(NACRE_SIGNATURE_BYTES);
		NACRE_CLEANUP(nacre_buf_clear)
		struct nacre_buf of_hash = NACRE_BUF(NACRE_SIGNATURE_BYTES);
		NACRE_CLEANUP(nacre_buf_clear)
		struct nacre_buf message = NACRE_BUF(0);
		struct nacre_digest digest;
		unsigned char raw[32];

		/* the payload without its type */
		assert_works(
			nacre_key_sign(key, good.payload.data, good.payload.len, &of_payload, err));
		plant_raw(scratch, key, &image, of_payload.data, of_payload.len);
		REFUSED(policy, "app:1.4: 1 signature, none by a given key");
		/* the hash of the message, as if that were hashed before */
		assert_works(nacre_dsse_bytes(good.payload_type, &good.payload, &message, err));
		nacre_digest_of(message.data, message.len, &digest);
		nacre_digest_raw(&digest, raw);
		assert_works(nacre_key_sign(key, raw, sizeof(raw), &of_hash, err));
		plant_raw(scratch, key, &image, of_hash.data, of_hash.len);
		REFUSED(policy, "app:1.4: 2 signatures, none by a given key");
		plant_raw(scratch, key, &image, good.signature.data, good.signature.len);
		ACCEPTED(policy);
	}
}

/* ------------------------------------------------------- two numbers, as ECDSA has them */

/* Out of DER, each in 32 bytes. */
static void get_numbers(const struct nacre_buf *der, unsigned char out_numbers[2][32])
{
	const unsigned char *at = (const unsigned char *)der->data + 2;

	memset(out_numbers, 0, 64);
	for (size_t i = 0; i < 2; i++) {
		size_t len = at[1];
		const unsigned char *from = at + 2;

		at += 2 + len;
		while (len > 32)
			from++, len--;
		memcpy(out_numbers[i] + 32 - len, from, len);
	}
}

static size_t put_der(unsigned char numbers[2][32], unsigned char out_der[80])
{
	size_t at = 2;

	for (size_t i = 0; i < 2; i++) {
		size_t skip = 0;
		bool has_bit;

		while (skip < 31 && numbers[i][skip] == 0)
			skip++;
		has_bit = numbers[i][skip] & 0x80;
		out_der[at++] = 2;
		out_der[at++] = (unsigned char)(32 - skip + has_bit);
		if (has_bit)
			out_der[at++] = 0;
		memcpy(out_der + at, numbers[i] + skip, 32 - skip);
		at += 32 - skip;
	}
	out_der[0] = 0x30;
	out_der[1] = (unsigned char)(at - 2);
	return at;
}

/* The order of P-256, less the number. */
static void negate(unsigned char number[32])
{
	static const unsigned char order[] = { 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0xff, 0xff, 0xff,
		0xff, 0xff, 0xff, 0xff, 0xff, 0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3,
		0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51 };
	int borrow = 0;

	for (size_t i = 32; i-- > 0;) {
		int digit = order[i] - number[i] - borrow;

		borrow = digit < 0;
		number[i] = (unsigned char)(digit & 0xff);
	}
}

/*
 * (r, n - s) is as good as (r, s): whoever has one can make the other, as FIPS 186-5 has it. So the
 * bytes of a signature name nothing, and both count as what they are: one key's.
 */
static void the_twin_of_an_ecdsa_signature_is_one_and_counts_once(void **state)
{
	const struct scratch *scratch = *state;
	NACRE_CLEANUP(nacre_key_freep)
	struct nacre_key *key = make_key(NACRE_KEY_P256);
	NACRE_CLEANUP(nacre_key_freep)
	struct nacre_key *other = make_key(NACRE_KEY_P256);
	const struct nacre_key *keys[] = { key, other };
	NACRE_CLEANUP(nacre_policy_freep)
	struct nacre_policy *one = make_policy(keys, 2, 1);
	NACRE_CLEANUP(nacre_policy_freep)
	struct nacre_policy *two = make_policy(keys, 2, 2);
	NACRE_CLEANUP(nacre_descriptor_clear)
	struct nacre_descriptor image = make_image(scratch, NAME, "content", NULL);
	NACRE_CLEANUP(nacre_bundle_clear)
	struct nacre_bundle good = make_bundle(key, &image, NULL);
	unsigned char numbers[2][32], der[80];
	size_t len;

	get_numbers(&good.signature, numbers);
	negate(numbers[1]);
	len = put_der(numbers, der);
	plant_raw(scratch, key, &image, der, len);
	ACCEPTED(one);
	list_bundle(scratch, &image, &good);
	ACCEPTED(one);
	REFUSED(two, "app:1.4: 1 of 2 needed signatures");
}

static void an_ecdsa_signature_has_one_encoding(void **state)
{
	const struct scratch *scratch = *state;
	NACRE_CLEANUP(nacre_key_freep)
	struct nacre_key *key = make_key(NACRE_KEY_P256);
	const struct nacre_key *keys[] = { key };
	NACRE_CLEANUP(nacre_policy_freep)
	struct nacre_policy *policy = make_policy(keys, 1, 1);
	NACRE_CLEANUP(nacre_descriptor_clear)
	struct nacre_descriptor image = make_image(scratch, NAME, "content", NULL);
	NACRE_CLEANUP(nacre_bundle_clear)
	struct nacre_bundle good = make_bundle(key, &image, NULL);
	unsigned char numbers[2][32], der[80], odd[96];
	size_t len;

	get_numbers(&good.signature, numbers);
	len = put_der(numbers, der);
	assert_int_equal(len, good.signature.len);
	assert_memory_equal(der, good.signature.data, len);
	/* r and s, and nothing around them */
	plant_raw(scratch, key, &image, numbers, sizeof(numbers));
	REFUSED(policy, "app:1.4: 1 signature, none by a given key");
	/* something behind it */
	memcpy(odd, der, len);
	odd[len] = 0;
	plant_raw(scratch, key, &image, odd, len + 1);
	REFUSED(policy, "app:1.4: 2 signatures, none by a given key");
	/* its length in two bytes */
	odd[1] = 0x81;
	odd[2] = der[1];
	memcpy(odd + 3, der + 2, len - 2);
	plant_raw(scratch, key, &image, odd, len + 1);
	REFUSED(policy, "app:1.4: 3 signatures, none by a given key");
	/* a zero more in front of r */
	odd[0] = 0x30;
	odd[1] = (unsigned char)(der[1] + 1);
	odd[2] = 2;
	odd[3] = (unsigned char)(der[3] + 1);
	odd[4] = 0;
	memcpy(odd + 5, der + 4, len - 4);
	plant_raw(scratch, key, &image, odd, len + 1);
	REFUSED(policy, "app:1.4: 4 signatures, none by a given key");
	plant_raw(scratch, key, &image, der, len);
	ACCEPTED(policy);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scratch_test(either_form_by_either_kind_of_key_will_do),
		scratch_test(both_forms_of_one_key_count_once),
		scratch_test(forms_of_two_keys_meet_a_threshold_of_two),
		scratch_test(a_good_envelope_that_says_something_else_does_not_count),
		scratch_test(an_attestation_of_the_same_image_is_no_signature),
		scratch_test(a_bundle_of_another_image_does_not_count),
		scratch_test(a_manifest_holds_one_bundle),
		scratch_test(a_bundle_that_no_list_names_counts_where_cosign_has_saved_it),
		scratch_test(a_bundle_in_a_list_under_a_tag_is_told_once),
		scratch_test(a_bundle_of_the_index_counts_where_it_is_taken),
		scratch_test(a_bundle_of_the_index_is_none_for_what_is_named_by_digest),
		scratch_test(annotations_that_are_asked_for_must_be_signed),
		scratch_test(a_bundle_without_a_name_is_for_no_name),
		scratch_test(all_requirements_must_be_met),
		scratch_test(who_takes_anything_says_so),
		scratch_test(the_verdict_names_every_fate),
		scratch_test(the_verdict_says_what_was_asked),
		scratch_test(bytes_that_were_changed_refuse_the_image_and_missing_ones_do_not),
		scratch_test(a_damaged_referrer_refuses_no_others_image_in_a_store),
		scratch_test(the_hint_chooses_no_key_and_no_algorithm),
		scratch_test(a_good_signature_under_anothers_hint_still_counts),
		scratch_test(what_is_signed_is_the_message_itself),
		scratch_test(the_twin_of_an_ecdsa_signature_is_one_and_counts_once),
		scratch_test(an_ecdsa_signature_has_one_encoding),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
