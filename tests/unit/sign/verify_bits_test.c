/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One bit changed, each in turn, of all that a verification rests on. Then it fails, or what is
 * believed is what was signed. On the disk it is one bit in STEP, or each when there is an
 * argument: that takes a minute.
 */
#include "fixture.h"

#include "sign/bundle.h"
#include "sign/found.h"
#include "sign/key_crypto.h"
#include "sign/pem.h"
#include "sign/referrers.h"

#define NAME "app:1.4"

static const enum nacre_key_type types[] = { NACRE_KEY_ED25519, NACRE_KEY_P256 };

/* Odd, so that it comes to each of the eight bits of a byte. */
#define STEP 29

static size_t step = STEP;

static void flip(void *bytes, size_t bit)
{
	((unsigned char *)bytes)[bit / 8] ^= (unsigned char)(1U << bit % 8);
}

/* What one key has signed in one form, as it was found. */
struct kept {
	enum nacre_signature_form form;
	struct nacre_digest lies_in;
	char *payload_type;
	struct nacre_buf payload, message, signature;
};

/* An image, its one signature in each form, and the key. */
struct signed_image {
	struct nacre_key *key, *public;
	struct nacre_policy *policy;
	struct nacre_descriptor image;
	struct kept kept[2];
};

static void signed_image_clear(struct signed_image *s)
{
	for (size_t i = 0; i < COUNT(s->kept); i++) {
		free(s->kept[i].payload_type);
		nacre_buf_clear(&s->kept[i].payload);
		nacre_buf_clear(&s->kept[i].message);
		nacre_buf_clear(&s->kept[i].signature);
	}
	nacre_descriptor_clear(&s->image);
	nacre_policy_free(s->policy);
	nacre_key_free(s->public);
	nacre_key_free(s->key);
}

static struct nacre_buf copy_of(const struct nacre_buf *bytes)
{
	struct nacre_buf copy = NACRE_BUF((size_t)1 << 20);

	assert_works(nacre_buf_add(&copy, bytes->data, bytes->len, err));
	return copy;
}

static int keep(const struct nacre_found *found, void *user, struct nacre_err *err)
{
	struct kept *kept = &((struct signed_image *)user)->kept[found->form];

	(void)err;
	assert_int_equal(found->damage, 0);
	assert_null(kept->payload.data);
	kept->form = found->form;
	kept->lies_in = found->lies_in;
	kept->payload = copy_of(found->payload);
	kept->message = copy_of(found->message);
	kept->signature = copy_of(found->signature);
	return found->payload_type ? nacre_text_set(&kept->payload_type, found->payload_type, err)
				   : 0;
}

static struct signed_image make_signed(
	const struct scratch *scratch, enum nacre_key_type type, unsigned forms)
{
	struct signed_image s = { .key = make_key(type) };
	const struct nacre_key *keys[] = { s.key };
	const struct nacre_limits limits = nacre_env_limits(NULL);
	const struct nacre_sign_options options = { .forms = forms };
	const struct nacre_digest *digests[2];
	struct nacre_ref ref = make_ref(NAME);

	s.public = public_of(s.key);
	s.policy = make_policy(keys, 1, 1);
	s.image = make_image(scratch, NAME, "content", NULL);
	digests[0] = digests[1] = &s.image.digest;
	assert_works(nacre_sign(scratch->layout, &ref, keys, 1, &options, &unsynced, NULL, err));
	assert_works(nacre_found_each(scratch->layout, digests, &limits, keep, &s, err));
	return s;
}

/* Whether the whole way from these parts ends at the image. */
static bool is_believed(
	const struct nacre_key *key, const struct kept *kept, const struct nacre_digest *image)
{
	const struct nacre_found found = {
		.form = kept->form,
		.payload_type = kept->payload_type,
		.payload = &kept->payload,
		.message = &kept->message,
		.signature = &kept->signature,
	};
	NACRE_CLEANUP(nacre_payload_clear)
	struct nacre_payload payload = { 0 };

	if (!nacre_key_verify(key, kept->message.data, kept->message.len, kept->signature.data,
		    kept->signature.len))
		return false;
	return nacre_found_parse(&found, &payload, NULL) == 0 &&
		nacre_digest_equal(&payload.digest, image);
}

/* ------------------------------------------------------------------- in memory */

static void no_bit_of_a_public_key_can_be_changed(void **state)
{
	for (size_t t = 0; t < COUNT(types); t++) {
		NACRE_CLEANUP(signed_image_clear)
		struct signed_image s = make_signed(*state, types[t], 0);
		nacre_autofree char *text = NULL;
		NACRE_CLEANUP(nacre_pem_clear)
		struct nacre_pem pem = { "", NACRE_SECRET };

		assert_works(nacre_key_emit_public(s.public, &text, err));
		assert_works(nacre_pem_parse(text, strlen(text), &pem, err));
		for (size_t bit = 0; bit < 8 * pem.content.len; bit++) {
			NACRE_CLEANUP(nacre_key_freep)
			struct nacre_key *key = NULL;
			NACRE_CLEANUP(nacre_buf_clear)
			struct nacre_buf other = NACRE_BUF(4096);

			flip(pem.content.data, bit);
			assert_works(nacre_pem_emit(
				pem.label, pem.content.data, pem.content.len, &other, err));
			flip(pem.content.data, bit);
			if (nacre_key_parse(other.data, other.len, NULL, 0, &key, NULL))
				continue;
			assert_string_not_equal(nacre_key_id(key), nacre_key_id(s.key));
			for (size_t i = 0; i < COUNT(s.kept); i++)
				assert_false(is_believed(key, &s.kept[i], &s.image.digest));
		}
		assert_int_equal(close_scratch(state), 0);
		assert_int_equal(open_scratch(state), 0);
	}
}

static void a_changed_key_file_is_refused_or_is_another_or_the_same_key(void **state)
{
	for (size_t t = 0; t < COUNT(types); t++) {
		NACRE_CLEANUP(signed_image_clear)
		struct signed_image s = make_signed(*state, types[t], 0);
		nacre_autofree char *text = NULL;
		size_t refused = 0;

		assert_works(nacre_key_emit_public(s.public, &text, err));
		for (size_t bit = 0, bits = 8 * strlen(text); bit < bits; bit++) {
			NACRE_CLEANUP(nacre_key_freep)
			struct nacre_key *key = NULL;
			size_t len = bits / 8;
			bool is_same;

			flip(text, bit);
			refused += nacre_key_parse(text, len, NULL, 0, &key, NULL) != 0;
			flip(text, bit);
			if (!key)
				continue;
			is_same = strcmp(nacre_key_id(key), nacre_key_id(s.key)) == 0;
			for (size_t i = 0; i < COUNT(s.kept); i++)
				assert_int_equal(
					is_believed(key, &s.kept[i], &s.image.digest), is_same);
		}
		assert_true(refused > 0);
		assert_int_equal(close_scratch(state), 0);
		assert_int_equal(open_scratch(state), 0);
	}
}

static void no_bit_of_a_signature_or_of_what_is_signed_can_be_changed(void **state)
{
	for (size_t t = 0; t < COUNT(types); t++) {
		NACRE_CLEANUP(signed_image_clear)
		struct signed_image s = make_signed(*state, types[t], 0);

		for (size_t i = 0; i < COUNT(s.kept); i++) {
			struct kept *kept = &s.kept[i];
			struct nacre_buf *const parts[] = { &kept->signature, &kept->message };

			assert_true(is_believed(s.public, kept, &s.image.digest));
			for (size_t p = 0; p < COUNT(parts); p++) {
				for (size_t bit = 0; bit < 8 * parts[p]->len; bit++) {
					flip(parts[p]->data, bit);
					assert_false(is_believed(s.public, kept, &s.image.digest));
					flip(parts[p]->data, bit);
				}
			}
			for (size_t len = kept->signature.len; len-- > 0;) {
				kept->signature.len = len;
				assert_false(is_believed(s.public, kept, &s.image.digest));
			}
		}
		assert_int_equal(close_scratch(state), 0);
		assert_int_equal(open_scratch(state), 0);
	}
}

/* The blob of a bundle, parsed anew each time: what is believed has the same payload and type. */
static void a_bit_of_a_bundle_changes_nothing_that_is_believed(void **state)
{
	const struct scratch *scratch = *state;
	NACRE_CLEANUP(signed_image_clear)
	struct signed_image s = make_signed(scratch, NACRE_KEY_ED25519, 0);
	const struct nacre_limits limits = nacre_env_limits(NULL);
	const struct kept *good = &s.kept[NACRE_SIGNATURE_BUNDLE];
	NACRE_CLEANUP(nacre_descriptor_clear)
	struct nacre_descriptor desc = { 0 };
	NACRE_CLEANUP(nacre_manifest_clear)
	struct nacre_manifest manifest = { 0 };
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf json = NACRE_BUF(0);
	size_t believed = 0;

	assert_works(nacre_layout_describe(scratch->layout, &limits, &good->lies_in, &desc, err));
	assert_works(nacre_layout_load_manifest(scratch->layout, &desc, &limits, &manifest, err));
	assert_works(
		nacre_layout_load(scratch->layout, &manifest.layers.items[0], &limits, &json, err));
	for (size_t bit = 0; bit < 8 * json.len; bit++) {
		NACRE_CLEANUP(nacre_bundle_clear)
		struct nacre_bundle bundle = { 0 };
		struct kept kept = { .form = NACRE_SIGNATURE_BUNDLE, .message = NACRE_BUF(0) };
		int rc;

		flip(json.data, bit);
		rc = nacre_bundle_parse(json.data, json.len, &bundle, NULL);
		flip(json.data, bit);
		if (rc)
			continue;
		kept.payload_type = bundle.payload_type;
		kept.payload = bundle.payload;
		kept.signature = bundle.signature;
		assert_works(
			nacre_dsse_bytes(bundle.payload_type, &bundle.payload, &kept.message, err));
		if (is_believed(s.public, &kept, &s.image.digest)) {
			believed++;
			assert_string_equal(bundle.payload_type, good->payload_type);
			assert_int_equal(bundle.payload.len, good->payload.len);
			assert_memory_equal(
				bundle.payload.data, good->payload.data, good->payload.len);
		}
		nacre_buf_clear(&kept.message);
	}
	/* as many as there are bits in the hint and in names of no meaning, and not all of them */
	assert_in_range(believed, 1, json.len);
}

/* ------------------------------------------------------------------ on the disk */

static void put_all(const struct scratch *scratch, const char *name, const struct nacre_buf *bytes)
{
	nacre_autofd int fd =
		openat(scratch->dir, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	assert_true(fd >= 0);
	assert_works(nacre_write_all(fd, bytes->data, bytes->len, err));
}

static void name_blob(const struct nacre_digest *digest, char out_path[128])
{
	(void)snprintf(out_path, 128, "blobs/sha256/%s", nacre_digest_hex(digest));
}

/* Whether the name is believed; if so, it must be the image that was signed. */
static bool is_verified(const struct scratch *scratch, const struct signed_image *s)
{
	NACRE_CLEANUP(nacre_trusted_freep)
	struct nacre_trusted *trusted = NULL;
	struct nacre_ref ref = make_ref(NAME);

	if (nacre_verify(scratch->layout, &ref, s->policy, NULL, NULL, &trusted, NULL)) {
		assert_null(trusted);
		return false;
	}
	assert_string_equal(nacre_trusted_digest(trusted)->text, s->image.digest.text);
	assert_string_equal(nacre_trusted_signer(trusted, 0), nacre_key_id(s->key));
	return true;
}

/* Each bit of a file; how often the image was believed nevertheless. */
static size_t try_file(
	const struct scratch *scratch, const struct signed_image *s, const char *name)
{
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf bytes = read_all(scratch, name);
	size_t believed = 0;

	assert_true(is_verified(scratch, s));
	for (size_t bit = 0; bit < 8 * bytes.len; bit += step) {
		flip(bytes.data, bit);
		put_all(scratch, name, &bytes);
		believed += is_verified(scratch, s);
		flip(bytes.data, bit);
	}
	put_all(scratch, name, &bytes);
	assert_true(is_verified(scratch, s));
	return believed;
}

/* In the list, and in the tag of the signatures: they come along. */
static void rename_all(struct nacre_buf *index, const char *hex, const char *other)
{
	size_t count = 0;

	for (char *at = index->data; (at = strstr(at, hex)); at += strlen(other), count++)
		memcpy(at, other, strlen(other));
	assert_true(count > 0);
}

/* The same, under the digest that it then has, which index.json names in the place of the old. */
static size_t try_listed(const struct scratch *scratch, const struct signed_image *s,
	const struct nacre_digest *digest)
{
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf index = read_all(scratch, "index.json");
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf bytes = NACRE_BUF(0);
	struct nacre_digest now = *digest;
	size_t believed = 0;
	char path[128];

	name_blob(digest, path);
	bytes = read_all(scratch, path);
	assert_true(is_verified(scratch, s));
	for (size_t bit = 0; bit < 8 * bytes.len; bit += step) {
		struct nacre_digest other;

		flip(bytes.data, bit);
		nacre_digest_of(bytes.data, bytes.len, &other);
		rename_all(&index, nacre_digest_hex(&now), nacre_digest_hex(&other));
		now = other;
		name_blob(&other, path);
		put_all(scratch, path, &bytes);
		put_all(scratch, "index.json", &index);
		believed += is_verified(scratch, s);
		assert_int_equal(unlinkat(scratch->dir, path, 0), 0);
		flip(bytes.data, bit);
	}
	rename_all(&index, nacre_digest_hex(&now), nacre_digest_hex(digest));
	put_all(scratch, "index.json", &index);
	assert_true(is_verified(scratch, s));
	return believed;
}

/* The files that a verification reads by digest. The last two are of the bundle. */
static void list_files(const struct scratch *scratch, const struct signed_image *s,
	struct nacre_digest out_digests[6])
{
	const struct nacre_limits limits = nacre_env_limits(NULL);

	out_digests[0] = s->image.digest;
	for (size_t i = 0; i < 2; i++) {
		NACRE_CLEANUP(nacre_descriptor_clear)
		struct nacre_descriptor desc = { 0 };
		NACRE_CLEANUP(nacre_manifest_clear)
		struct nacre_manifest manifest = { 0 };

		out_digests[2 + 2 * i] = s->kept[i].lies_in;
		assert_works(nacre_layout_describe(
			scratch->layout, &limits, &s->kept[i].lies_in, &desc, err));
		assert_works(nacre_layout_load_manifest(
			scratch->layout, &desc, &limits, &manifest, err));
		out_digests[3 + 2 * i] = manifest.layers.items[0].digest;
	}
	{
		NACRE_CLEANUP(nacre_manifest_clear)
		struct nacre_manifest manifest = { 0 };

		assert_works(nacre_layout_load_manifest(
			scratch->layout, &s->image, &limits, &manifest, err));
		out_digests[1] = manifest.config.digest;
	}
}

static void no_blob_that_a_verification_reads_can_be_changed(void **state)
{
	const struct scratch *scratch = *state;
	NACRE_CLEANUP(signed_image_clear)
	struct signed_image s = make_signed(scratch, NACRE_KEY_ED25519, 0);
	struct nacre_digest digests[6];

	list_files(scratch, &s, digests);
	for (size_t i = 0; i < COUNT(digests); i++) {
		char path[128];

		name_blob(&digests[i], path);
		/* another signature, which is good, lies beside each */
		assert_int_equal(try_file(scratch, &s, path), 0);
	}
}

static void a_bit_of_the_list_makes_no_other_image_believed(void **state)
{
	static const unsigned forms[] = { 1U << NACRE_SIGNATURE_SIMPLE,
		1U << NACRE_SIGNATURE_BUNDLE };

	for (size_t i = 0; i < COUNT(forms); i++) {
		const struct scratch *scratch = *state;
		NACRE_CLEANUP(signed_image_clear)
		struct signed_image s = make_signed(scratch, NACRE_KEY_ED25519, forms[i]);

		(void)try_file(scratch, &s, "index.json");
		assert_int_equal(close_scratch(state), 0);
		assert_int_equal(open_scratch(state), 0);
	}
}

static void a_bit_of_a_manifest_makes_it_no_other_images(void **state)
{
	static const struct {
		unsigned form;
		bool of_image;
	} rows[] = {
		{ NACRE_SIGNATURE_SIMPLE, true },
		{ NACRE_SIGNATURE_SIMPLE, false },
		{ NACRE_SIGNATURE_BUNDLE, true },
		{ NACRE_SIGNATURE_BUNDLE, false },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct scratch *scratch = *state;
		NACRE_CLEANUP(signed_image_clear)
		struct signed_image s = make_signed(scratch, NACRE_KEY_ED25519, 1U << rows[i].form);
		size_t believed = try_listed(scratch, &s,
			rows[i].of_image ? &s.image.digest : &s.kept[rows[i].form].lies_in);

		if (rows[i].of_image)
			assert_int_equal(believed, 0);
		assert_int_equal(close_scratch(state), 0);
		assert_int_equal(open_scratch(state), 0);
	}
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		scratch_test(no_bit_of_a_public_key_can_be_changed),
		scratch_test(a_changed_key_file_is_refused_or_is_another_or_the_same_key),
		scratch_test(no_bit_of_a_signature_or_of_what_is_signed_can_be_changed),
		scratch_test(a_bit_of_a_bundle_changes_nothing_that_is_believed),
		scratch_test(no_blob_that_a_verification_reads_can_be_changed),
		scratch_test(a_bit_of_the_list_makes_no_other_image_believed),
		scratch_test(a_bit_of_a_manifest_makes_it_no_other_images),
	};

	(void)argv;
	if (argc > 1)
		step = 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
