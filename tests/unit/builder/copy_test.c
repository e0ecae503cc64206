/* SPDX-License-Identifier: Apache-2.0 */
/* What comes along with an image that is copied, what does not, and what a failure leaves. */
#include "builder/archive.h"

#include "image_fixture.h"

#include <sys/sysmacros.h>

#define REF "oci:d:app:1"

static int copy(const struct nacre_layout *from, const char *ref_text, const char *to,
	const struct nacre_copy_options *options, struct nacre_copied *out_copied,
	struct nacre_err *err)
{
	struct nacre_ref ref = make_ref(ref_text), target = make_ref(to);

	return nacre_image_copy_to(from, &ref, &target, options, &unsynced, out_copied, err);
}

static struct nacre_layout *open_any(const char *text)
{
	struct nacre_ref ref = make_ref(text);
	struct nacre_layout *layout = NULL;

	assert_works(nacre_image_open(&ref, NULL, &layout, err));
	return layout;
}

static struct nacre_index list_of(const struct nacre_layout *layout)
{
	const struct nacre_limits limits = nacre_env_limits(NULL);
	struct nacre_index index = { 0 };

	assert_works(nacre_layout_index(layout, &limits, &index, err));
	return index;
}

static bool lists(const struct nacre_layout *layout, const struct nacre_digest *digest)
{
	NACRE_CLEANUP(nacre_index_clear)
	struct nacre_index index = list_of(layout);

	for (size_t i = 0; i < index.manifests.count; i++) {
		if (nacre_digest_equal(&index.manifests.items[i].digest, digest))
			return true;
	}
	return false;
}

/* An artifact about a manifest; under this tag, or as a referrer when that is NULL. */
static struct nacre_descriptor attach(const struct nacre_layout *layout,
	const struct nacre_descriptor *about, const char *type, const char *tag, bool is_listed)
{
	NACRE_CLEANUP(nacre_manifest_clear)
	struct nacre_manifest manifest = { 0 };
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf json = NACRE_BUF(0);
	struct nacre_descriptor layer, desc;
	char text[256];

	(void)snprintf(text, sizeof(text), "%s of %s", type, about->digest.text);
	layer = put_blob(layout, text, type);
	assert_works(nacre_descriptors_add_take(&manifest.layers, &layer, err));
	manifest.config = put_blob(layout, "{}", NACRE_MEDIA_EMPTY);
	assert_works(nacre_text_set(&manifest.artifact_type, type, err));
	if (!tag)
		assert_works(nacre_descriptor_make(about->media_type, &about->digest,
			about->size_bytes, &manifest.subject, err));
	assert_works(nacre_manifest_emit(&manifest, &json, err));
	desc = put_blob(layout, json.data, NACRE_MEDIA_MANIFEST);
	if (is_listed)
		put_tag(layout, &desc, tag);
	return desc;
}

/* An image with all that may be attached to it. */
enum {
	SBOM,	     /* a referrer */
	OF_SBOM,     /* a referrer of that */
	UNLISTED,    /* a referrer that no list names: somebody has taken it away */
	ATTESTATION, /* cosign's .att */
	TAGGED_SBOM, /* cosign's .sbom */
	OF_TAGGED,   /* a referrer of that */
	ATTACHMENTS,
};

struct full {
	struct image image;
	struct nacre_descriptor attached[ATTACHMENTS];
};

static void full_clear(struct full *full)
{
	image_clear(&full->image);
	for (size_t i = 0; i < ATTACHMENTS; i++)
		nacre_descriptor_clear(&full->attached[i]);
}

static struct full make_full(const struct nacre_layout *layout, const char *name, const char *text)
{
	struct full full = { .image = make_image(layout, name, text) };
	const struct nacre_descriptor *top = &full.image.manifest;
	struct nacre_descriptor *attached = full.attached;
	char tag[128];

	/* listed the wrong way round: one reading of the list is not enough */
	attached[SBOM] = attach(layout, top, "application/spdx+json", NULL, false);
	attached[OF_SBOM] = attach(layout, &attached[SBOM], "text/x-review", NULL, true);
	put_tag(layout, &attached[SBOM], NULL);
	attached[UNLISTED] = attach(layout, top, "text/x-unlisted", NULL, false);
	(void)snprintf(tag, sizeof(tag), "sha256-%s.att", nacre_digest_hex(&top->digest));
	attached[ATTESTATION] = attach(layout, top, "text/x-att", tag, true);
	(void)snprintf(tag, sizeof(tag), "sha256-%s.sbom", nacre_digest_hex(&top->digest));
	attached[TAGGED_SBOM] = attach(layout, top, "text/x-sbom", tag, true);
	attached[OF_TAGGED] = attach(layout, &attached[TAGGED_SBOM], "text/x-of", NULL, true);
	return full;
}

static void all_that_is_attached_comes_along_and_nothing_else(void **state)
{
	static const char *const targets[] = { "oci-archive:a.tar", "oci:new", "oci:there" };
	NACRE_CLEANUP(nacre_key_freep)
	struct nacre_key *key = make_key();
	NACRE_CLEANUP(nacre_policy_freep)
	struct nacre_policy *policy = make_policy(key);
	NACRE_CLEANUP(nacre_layout_freep)
	struct nacre_layout *layout = open_layout("d");
	NACRE_CLEANUP(nacre_layout_freep)
	struct nacre_layout *there = open_layout("there");
	NACRE_CLEANUP(full_clear)
	struct full app = make_full(layout, "app:1", "ours");
	NACRE_CLEANUP(full_clear)
	struct full other = make_full(layout, "other:1", "theirs");
	NACRE_CLEANUP(image_clear)
	struct image before = make_image(there, "app:0", "was there");
	struct nacre_ref refs[] = { make_ref(REF), make_ref("oci:d:other:1") };

	(void)state;
	for (size_t i = 0; i < COUNT(refs); i++)
		sign_image(layout, &refs[i], key);
	for (size_t t = 0; t < COUNT(targets); t++) {
		NACRE_CLEANUP(nacre_layout_freep)
		struct nacre_layout *copied = NULL;
		NACRE_CLEANUP(nacre_trusted_freep)
		struct nacre_trusted *trusted = NULL;
		struct nacre_copied result;

		assert_works(copy(layout, REF, targets[t], NULL, &result, err));
		assert_string_equal(result.digest.text, app.image.manifest.digest.text);
		/* Without the one, and with two signatures. */
		assert_int_equal(result.attachments, ATTACHMENTS - 1 + 2);
		copied = open_any(targets[t]);
		assert_true(lists(copied, &app.image.manifest.digest));
		assert_false(lists(copied, &other.image.manifest.digest));
		for (size_t i = 0; i < ATTACHMENTS; i++) {
			assert_int_equal(lists(copied, &app.attached[i].digest), i != UNLISTED);
			assert_false(lists(copied, &other.attached[i].digest));
			assert_int_equal(
				nacre_layout_check_blob(copied, &app.attached[i], NULL, NULL),
				i == UNLISTED ? NACRE_E_NOT_FOUND : 0);
			assert_int_equal(
				nacre_layout_check_blob(copied, &other.attached[i], NULL, NULL),
				NACRE_E_NOT_FOUND);
		}
		assert_works(
			nacre_verify(copied, &refs[0], policy, NULL, &unsynced, &trusted, err));
		assert_int_equal(t == 2, lists(copied, &before.manifest.digest));
	}
}

static void without_attachments_the_image_comes_alone(void **state)
{
	const struct nacre_copy_options options = { .no_attachments = true };
	NACRE_CLEANUP(nacre_layout_freep)
	struct nacre_layout *layout = open_layout("d");
	NACRE_CLEANUP(full_clear)
	struct full app = { 0 };
	NACRE_CLEANUP(nacre_layout_freep)
	struct nacre_layout *copied = NULL;
	NACRE_CLEANUP(nacre_index_clear)
	struct nacre_index index = { 0 };
	struct nacre_copied result;

	(void)state;
	app = make_full(layout, "app:1", "ours");
	assert_works(copy(layout, REF, "oci-archive:a.tar:named", &options, &result, err));
	assert_int_equal(result.attachments, 0);
	assert_string_equal(result.digest.text, app.image.manifest.digest.text);
	assert_int_equal(result.blobs, 3);
	copied = open_any("oci-archive:a.tar");
	index = list_of(copied);
	assert_int_equal(index.manifests.count, 1);
	assert_string_equal(nacre_descriptor_ref_name(&index.manifests.items[0]), "named");
}

/* ------------------------------------------------------------------ platforms */

static struct nacre_descriptor make_index(
	const struct nacre_layout *layout, struct image images[2], const char *name)
{
	static const char *const platforms[] = { "linux/amd64", "linux/arm64" };
	NACRE_CLEANUP(nacre_index_clear)
	struct nacre_index index = { 0 };
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf json = NACRE_BUF(0);
	struct nacre_descriptor desc;

	for (size_t i = 0; i < 2; i++) {
		images[i] = make_image(layout, NULL, platforms[i]);
		assert_works(nacre_descriptor_copy(&images[i].manifest, &desc, err));
		assert_works(nacre_platform_parse(platforms[i], &desc.platform, err));
		assert_works(nacre_descriptors_add_take(&index.manifests, &desc, err));
	}
	assert_works(nacre_index_emit(&index, &json, err));
	desc = put_blob(layout, json.data, NACRE_MEDIA_INDEX);
	put_tag(layout, &desc, name);
	return desc;
}

static void a_platform_brings_its_own_image_and_attachments(void **state)
{
	NACRE_CLEANUP(nacre_layout_freep)
	struct nacre_layout *layout = open_layout("d");
	struct image images[2];
	struct nacre_descriptor top = make_index(layout, images, "app:1");
	struct nacre_descriptor of_amd =
		attach(layout, &images[0].manifest, "text/x-amd", NULL, true);
	struct nacre_descriptor of_arm =
		attach(layout, &images[1].manifest, "text/x-arm", NULL, true);
	struct nacre_descriptor of_top = attach(layout, &top, "text/x-top", NULL, true);
	struct nacre_platform arm;
	const struct nacre_copy_options options = { .platform = &arm };
	NACRE_CLEANUP(nacre_layout_freep)
	struct nacre_layout *one = NULL;
	NACRE_CLEANUP(nacre_layout_freep)
	struct nacre_layout *all = NULL;
	struct nacre_copied result;

	(void)state;
	assert_works(nacre_platform_parse("linux/arm64", &arm, err));
	assert_works(copy(layout, REF, "oci-archive:one.tar", &options, &result, err));
	assert_string_equal(result.digest.text, images[1].manifest.digest.text);
	one = open_any("oci-archive:one.tar");
	assert_true(lists(one, &of_arm.digest));
	assert_false(lists(one, &of_amd.digest));
	assert_false(lists(one, &of_top.digest));
	assert_false(lists(one, &top.digest));
	assert_works(nacre_layout_check_blob(one, &images[1].manifest, NULL, err));
	assert_int_equal(
		nacre_layout_check_blob(one, &images[0].manifest, NULL, NULL), NACRE_E_NOT_FOUND);

	assert_works(copy(layout, REF, "oci-archive:all.tar", NULL, &result, err));
	assert_string_equal(result.digest.text, top.digest.text);
	assert_int_equal(result.attachments, 3);
	all = open_any("oci-archive:all.tar");
	assert_true(lists(all, &of_arm.digest));
	assert_true(lists(all, &of_amd.digest));
	assert_true(lists(all, &of_top.digest));

	assert_works(nacre_platform_parse("linux/riscv64", &arm, err));
	assert_int_equal(copy(layout, REF, "oci-archive:none.tar", &options, &result, NULL),
		NACRE_E_NOT_FOUND);
	assert_false(is_there("none.tar"));
	nacre_descriptor_clear(&of_amd);
	nacre_descriptor_clear(&of_arm);
	nacre_descriptor_clear(&of_top);
	nacre_descriptor_clear(&top);
	image_clear(&images[0]);
	image_clear(&images[1]);
}

/* ------------------------------------------------------------------- failures */

/* Also with the blob that is read last, and with those of attachments. */
static void a_damaged_blob_leaves_no_file_and_no_tag(void **state)
{
	static const char *const targets[] = { "oci-archive:a.tar", "oci:new", "oci:there" };
	NACRE_CLEANUP(nacre_layout_freep)
	struct nacre_layout *layout = open_layout("d");
	NACRE_CLEANUP(nacre_layout_freep)
	struct nacre_layout *there = open_layout("there");
	NACRE_CLEANUP(full_clear)
	struct full app = make_full(layout, "app:1", "ours");
	const struct nacre_digest *const digests[] = { &app.image.manifest.digest,
		&app.image.config, &app.image.layer, &app.attached[ATTESTATION].digest };
	nacre_autofree char *was = NULL;

	(void)state;
	put_image(there, "app:1", "was there");
	was = snapshot("there");
	for (size_t i = 0; i < COUNT(digests) * COUNT(targets); i++) {
		NACRE_CLEANUP(nacre_buf_clear)
		struct nacre_buf bytes = NACRE_BUF(0);
		nacre_autofree char *now = NULL;
		struct nacre_copied result;
		char path[128];

		(void)snprintf(path, sizeof(path), "d/blobs/sha256/%s",
			nacre_digest_hex(digests[i / COUNT(targets)]));
		bytes = read_file(path);
		bytes.data[bytes.len / 3] ^= 1;
		put_bytes(path, bytes.data, bytes.len);
		assert_int_equal(
			copy(layout, REF, targets[i % COUNT(targets)], NULL, &result, NULL),
			NACRE_E_DIGEST);
		bytes.data[bytes.len / 3] ^= 1;
		put_bytes(path, bytes.data, bytes.len);
		assert_false(is_there("a.tar"));
		assert_false(is_there("new"));
		now = snapshot("there");
		assert_string_equal(now, was);
		assert_false(has_leftovers("."));
	}
}

static void a_missing_blob_keeps_the_archive_that_was_there(void **state)
{
	NACRE_CLEANUP(nacre_layout_freep)
	struct nacre_layout *layout = open_layout("d");
	NACRE_CLEANUP(image_clear)
	struct image app = make_image(layout, "app:1", "ours");
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf text = NACRE_BUF(0);
	struct nacre_copied result;
	char path[128];

	(void)state;
	put_file("a.tar", "what was there");
	(void)snprintf(path, sizeof(path), "d/blobs/sha256/%s", nacre_digest_hex(&app.layer));
	assert_int_equal(rename(path, "kept"), 0);
	assert_int_equal(
		copy(layout, REF, "oci-archive:a.tar", NULL, &result, NULL), NACRE_E_NOT_FOUND);
	text = read_file("a.tar");
	assert_string_equal(text.data, "what was there");
	assert_int_equal(rename("kept", path), 0);
	assert_works(copy(layout, REF, "oci-archive:a.tar", NULL, &result, err));
}

/* What is at the destination, made beside it where it is a link. */
static void put_special(const char *path, char type)
{
	switch (type) {
	case 'l':
		put_file("victim", "victim");
		assert_int_equal(symlink("victim", path), 0);
		break;
	case 'L':
		assert_int_equal(symlink("nowhere", path), 0);
		break;
	case 'p':
		assert_int_equal(mkfifo(path, 0600), 0);
		break;
	case 'd':
		put_dir(path);
		break;
	case 'c':
		/* null's numbers; where devices cannot be made there is nothing to try */
		if (mknod(path, S_IFCHR | 0600, makedev(1, 3)) < 0)
			assert_int_equal(mkfifo(path, 0600), 0);
		break;
	default:
		fail();
	}
}

static void what_is_no_file_is_not_replaced(void **state)
{
	static const char types[] = "lLpdc";
	NACRE_CLEANUP(nacre_layout_freep)
	struct nacre_layout *layout = open_layout("d");

	(void)state;
	put_image(layout, "app:1", "ours");
	for (size_t i = 0; i < strlen(types); i++) {
		char target[16], to[64];
		struct nacre_copied result;
		struct stat before, after;
		nacre_autofree char *was = NULL;
		nacre_autofree char *now = NULL;
		nacre_autofree char *then = NULL;

		(void)snprintf(target, sizeof(target), "special-%c", types[i]);
		(void)snprintf(to, sizeof(to), "oci-archive:%s", target);
		put_special(target, types[i]);
		assert_int_equal(lstat(target, &before), 0);
		was = snapshot(".");
		assert_int_equal(copy(layout, REF, to, NULL, &result, NULL), NACRE_E_UNSAFE);
		now = snapshot(".");
		assert_string_equal(now, was);
		assert_int_equal(lstat(target, &after), 0);
		assert_int_equal(before.st_ino, after.st_ino);
		assert_int_equal(before.st_mode, after.st_mode);
		/* nor is it taken for a layout, or for the place of one */
		if (types[i] == 'd')
			continue;
		(void)snprintf(to, sizeof(to), "oci:%s", target);
		assert_int_not_equal(copy(layout, REF, to, NULL, &result, NULL), 0);
		then = snapshot(".");
		assert_string_equal(then, was);
	}
}

static void a_digest_is_no_name_to_copy_to(void **state)
{
	NACRE_CLEANUP(nacre_layout_freep)
	struct nacre_layout *layout = open_layout("d");
	NACRE_CLEANUP(image_clear)
	struct image app = make_image(layout, "app:1", "ours");
	struct nacre_copied result;
	char to[256];

	(void)state;
	(void)snprintf(to, sizeof(to), "oci:new@%s", app.manifest.digest.text);
	assert_int_equal(copy(layout, REF, to, NULL, &result, NULL), NACRE_E_ARG);
	assert_false(is_there("new"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scratch_test(all_that_is_attached_comes_along_and_nothing_else),
		scratch_test(without_attachments_the_image_comes_alone),
		scratch_test(a_platform_brings_its_own_image_and_attachments),
		scratch_test(a_damaged_blob_leaves_no_file_and_no_tag),
		scratch_test(a_missing_blob_keeps_the_archive_that_was_there),
		scratch_test(what_is_no_file_is_not_replaced),
		scratch_test(a_digest_is_no_name_to_copy_to),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
