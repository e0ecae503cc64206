/* SPDX-License-Identifier: Apache-2.0 */
/* The directory of a layout, and blobs in it. */
#include "fixture.h"

#include "formats/layout.h"
#include "formats/mediatype.h"

#define MARKER "{\"imageLayoutVersion\":\"1.0.0\"}"
#define EMPTY_INDEX "{\"schemaVersion\":2,\"mediaType\":\"" NACRE_MEDIA_INDEX "\",\"manifests\":[]}"

static struct nacre_layout *must_create(const struct scratch *scratch)
{
	struct nacre_layout *layout = NULL;

	assert_works(nacre_layout_create(below(scratch, "l"), &layout, err));
	return layout;
}

/* Puts a blob into place by hand and describes it. */
static void put_blob(const struct scratch *scratch, const char *text, struct nacre_descriptor *desc)
{
	struct nacre_digest digest;
	char name[128];

	nacre_digest_of(text, strlen(text), &digest);
	(void)snprintf(name, sizeof(name), "l/blobs/sha256/%s", nacre_digest_hex(&digest));
	put_file(scratch, name, text);
	assert_works(nacre_descriptor_make("a/b", &digest, strlen(text), desc, err));
}

static const char *blob_name(const struct nacre_descriptor *desc)
{
	static char name[128];

	(void)snprintf(name, sizeof(name), "l/blobs/sha256/%s", nacre_digest_hex(&desc->digest));
	return name;
}

static void a_new_layout_is_empty_and_opens(void **state)
{
	NACRE_CLEANUP(nacre_layout_freep)
	struct nacre_layout *layout = must_create(*state);
	NACRE_CLEANUP(nacre_layout_freep)
	struct nacre_layout *again = NULL;

	assert_non_null(layout);
	assert_string_equal(get_file(*state, "l/oci-layout"), MARKER);
	assert_string_equal(get_file(*state, "l/index.json"), EMPTY_INDEX);
	assert_true(is_there(*state, "l/blobs/sha256"));
	assert_works(nacre_layout_open(below(*state, "l"), &again, err));
	nacre_layout_freep(&again);
	assert_works(nacre_layout_create(below(*state, "l/"), &again, err));
}

static void parents_are_not_made(void **state)
{
	struct nacre_layout *layout = NULL;

	assert_int_equal(
		nacre_layout_create(below(*state, "a/b"), &layout, NULL), NACRE_E_NOT_FOUND);
	assert_false(is_there(*state, "a"));
	assert_int_equal(nacre_layout_open(below(*state, "l"), &layout, NULL), NACRE_E_NOT_FOUND);
	assert_false(is_there(*state, "l"));
}

static void a_directory_with_something_else_is_left_alone(void **state)
{
	struct nacre_layout *layout = NULL;
	char text[512];

	assert_int_equal(mkdir(below(*state, "l"), 0755), 0);
	put_file(*state, "l/precious", "x");
	(void)snprintf(text, sizeof(text),
		"%s: not empty, and not an image layout: 'precious' is in it", below(*state, "l"));
	assert_refused(nacre_layout_create(below(*state, "l"), &layout, err), NACRE_E_EXISTS, text);
	(void)snprintf(text, sizeof(text), "%s: no image layout: oci-layout is missing",
		below(*state, "l"));
	assert_refused(
		nacre_layout_open(below(*state, "l"), &layout, err), NACRE_E_NOT_FOUND, text);
	assert_false(is_there(*state, "l/blobs"));
	assert_false(is_there(*state, "l/index.json"));
}

static void what_a_killed_run_left_half_made_is_completed(void **state)
{
	NACRE_CLEANUP(nacre_layout_freep)
	struct nacre_layout *layout = NULL;

	assert_int_equal(mkdir(below(*state, "l"), 0755), 0);
	assert_int_equal(mkdir(below(*state, "l/blobs"), 0755), 0);
	put_file(*state, "l/.nacre-0123456789abcdef", "half");
	assert_works(nacre_layout_create(below(*state, "l"), &layout, err));
	assert_string_equal(get_file(*state, "l/index.json"), EMPTY_INDEX);
}

static void a_layout_of_another_version_is_refused(void **state)
{
	static const struct {
		const char *text;
		int code;
		const char *message;
	} rows[] = {
		{ "{\"imageLayoutVersion\":\"2.0.0\"}", NACRE_E_UNSUPPORTED,
			"oci-layout: imageLayoutVersion: '2.0.0', not 1.0.0" },
		{ "{\"imageLayoutVersion\":1}", NACRE_E_FORMAT,
			"oci-layout: imageLayoutVersion: not a string" },
		{ "{}", NACRE_E_FORMAT, "oci-layout: imageLayoutVersion is missing" },
		{ "{\"imageLayoutVersion\":\"1.1.0\",\"x\":1}", 0, "" },
	};
	struct scratch *scratch = *state;

	nacre_layout_free(must_create(scratch));
	for (size_t i = 0; i < COUNT(rows); i++) {
		NACRE_CLEANUP(nacre_layout_freep)
		struct nacre_layout *layout = NULL;
		nacre_autofd int dir = open(below(scratch, "l"), O_RDONLY | O_DIRECTORY);

		put_file(scratch, "l/oci-layout", rows[i].text);
		if (rows[i].code)
			assert_refused(nacre_layout_open_dir(dir, &layout, err), rows[i].code,
				rows[i].message);
		else
			assert_works(nacre_layout_open_dir(dir, &layout, err));
	}
}

/* Replaces something by a link to the very thing, or by a fifo. */
static void replace(struct scratch *scratch, const char *name, bool fifo)
{
	char aside[128], from[340], to[256];

	(void)snprintf(from, sizeof(from), "%s", below(scratch, name));
	(void)snprintf(aside, sizeof(aside), "%s/aside-%d", scratch->path, fifo);
	(void)snprintf(to, sizeof(to), "%s", aside);
	assert_int_equal(rename(from, to), 0);
	assert_int_equal(fifo ? mkfifo(from, 0644) : symlink(to, from), 0);
}

static void links_and_fifos_are_refused_without_a_wait(void **state)
{
	static const struct {
		const char *name, *message;
		bool fifo;
	} rows[] = {
		{ "l/oci-layout", "oci-layout: not a regular file", false },
		{ "l/oci-layout", "oci-layout: not a regular file", true },
		{ "l/blobs/sha256", "blobs/sha256: not a directory", false },
		{ "l/blobs", "blobs: not a directory", false },
	};
	struct scratch *scratch = *state;

	for (size_t i = 0; i < COUNT(rows); i++) {
		NACRE_CLEANUP(nacre_layout_freep)
		struct nacre_layout *layout = NULL;
		nacre_autofd int dir = -1;

		assert_works(nacre_tree_remove_at(scratch->dir, "l", err));
		assert_works(nacre_tree_remove_at(scratch->dir, "aside-0", err));
		nacre_layout_free(must_create(scratch));
		dir = open(below(scratch, "l"), O_RDONLY | O_DIRECTORY);
		replace(scratch, rows[i].name, rows[i].fifo);
		assert_refused(
			nacre_layout_open_dir(dir, &layout, err), NACRE_E_UNSAFE, rows[i].message);
	}
}

static void an_index_that_is_a_fifo_is_refused_without_a_wait(void **state)
{
	NACRE_CLEANUP(nacre_layout_freep)
	struct nacre_layout *layout = must_create(*state);
	struct nacre_limits limits = default_limits();
	struct nacre_index index = { 0 };

	replace(*state, "l/index.json", true);
	assert_refused(nacre_layout_index(layout, &limits, &index, err), NACRE_E_UNSAFE,
		"index.json: not a regular file");
}

static void an_index_beyond_the_limit_is_refused(void **state)
{
	NACRE_CLEANUP(nacre_layout_freep)
	struct nacre_layout *layout = must_create(*state);
	struct nacre_limits limits = default_limits();
	struct nacre_index index = { 0 };

	limits.document_bytes = 10;
	assert_refused(nacre_layout_index(layout, &limits, &index, err), NACRE_E_LIMIT,
		"index.json: more than 10 bytes (limit document-bytes)");
}

static void a_blob_is_loaded_only_when_it_is_the_one_named(void **state)
{
	NACRE_CLEANUP(nacre_layout_freep)
	struct nacre_layout *layout = must_create(*state);
	NACRE_CLEANUP(nacre_descriptor_clear)
	struct nacre_descriptor desc = { 0 };
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf buf = NACRE_BUF(0);
	struct nacre_limits limits = default_limits();
	struct nacre_digest other;
	char text[512];

	put_blob(*state, "hello", &desc);
	assert_works(nacre_layout_load(layout, &desc, &limits, &buf, err));
	assert_string_equal(buf.data, "hello");
	nacre_buf_clear(&buf);
	assert_works(nacre_layout_check_blob(layout, &desc, NULL, err));

	put_file(*state, blob_name(&desc), "world");
	nacre_digest_of("world", 5, &other);
	(void)snprintf(
		text, sizeof(text), "blob %s: content has digest %s", desc.digest.text, other.text);
	assert_refused(nacre_layout_load(layout, &desc, &limits, &buf, err), NACRE_E_DIGEST, text);
	assert_refused(nacre_layout_check_blob(layout, &desc, NULL, err), NACRE_E_DIGEST, text);

	put_file(*state, blob_name(&desc), "worlds");
	(void)snprintf(text, sizeof(text), "blob %s: 6 bytes, descriptor says 5", desc.digest.text);
	assert_refused(nacre_layout_load(layout, &desc, &limits, &buf, err), NACRE_E_FORMAT, text);

	assert_int_equal(unlink(below(*state, blob_name(&desc))), 0);
	(void)snprintf(text, sizeof(text), "blob %s: not in the layout", desc.digest.text);
	assert_refused(
		nacre_layout_load(layout, &desc, &limits, &buf, err), NACRE_E_NOT_FOUND, text);
	assert_null(buf.data);
}

static void a_blob_that_is_a_fifo_or_a_link_is_refused(void **state)
{
	NACRE_CLEANUP(nacre_layout_freep)
	struct nacre_layout *layout = must_create(*state);
	NACRE_CLEANUP(nacre_descriptor_clear)
	struct nacre_descriptor desc = { 0 };
	char text[512];

	put_blob(*state, "hello", &desc);
	(void)snprintf(text, sizeof(text), "blob %s: not a regular file", desc.digest.text);
	for (int fifo = 0; fifo < 2; fifo++) {
		replace(*state, blob_name(&desc), fifo);
		assert_refused(
			nacre_layout_check_blob(layout, &desc, NULL, err), NACRE_E_UNSAFE, text);
	}
}

static void a_sha512_blob_is_read(void **state)
{
	static const char hex[] =
		"9b71d224bd62f3785d96d46ad3ea3d73319bfbc2890caadae2dff72519673ca7"
		"2323c3d99ba5c11d7c7acc6e14b8c5da0c4663475c2e5c3adef46f73bcdec043";
	NACRE_CLEANUP(nacre_layout_freep)
	struct nacre_layout *layout = must_create(*state);
	NACRE_CLEANUP(nacre_descriptor_clear)
	struct nacre_descriptor desc = { 0 };
	struct nacre_digest digest;
	char text[256];

	(void)snprintf(text, sizeof(text), "sha512:%s", hex);
	assert_works(nacre_digest_parse(text, &digest, err));
	assert_works(nacre_descriptor_make("a/b", &digest, 5, &desc, err));
	assert_int_equal(nacre_layout_check_blob(layout, &desc, NULL, NULL), NACRE_E_NOT_FOUND);
	assert_int_equal(mkdir(below(*state, "l/blobs/sha512"), 0755), 0);
	(void)snprintf(text, sizeof(text), "l/blobs/sha512/%s", hex);
	put_file(*state, text, "hello");
	assert_works(nacre_layout_check_blob(layout, &desc, NULL, err));
	put_file(*state, text, "hallo");
	assert_int_equal(nacre_layout_check_blob(layout, &desc, NULL, NULL), NACRE_E_DIGEST);
}

static void limits_are_named_before_anything_is_opened(void **state)
{
	NACRE_CLEANUP(nacre_layout_freep)
	struct nacre_layout *layout = must_create(*state);
	NACRE_CLEANUP(nacre_descriptor_clear)
	struct nacre_descriptor desc = { 0 };
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf buf = NACRE_BUF(0);
	struct nacre_env env = { .limits = { .blob_bytes = 4, .document_bytes = 3 } };
	struct nacre_limits limits = nacre_env_limits(&env);
	char text[512];

	put_blob(*state, "hello", &desc);
	(void)snprintf(text, sizeof(text), "blob %s: more than 3 bytes (limit document-bytes)",
		desc.digest.text);
	assert_refused(nacre_layout_load(layout, &desc, &limits, &buf, err), NACRE_E_LIMIT, text);
	(void)snprintf(text, sizeof(text), "blob %s: more than 4 bytes (limit blob-bytes)",
		desc.digest.text);
	assert_refused(nacre_layout_check_blob(layout, &desc, &env, err), NACRE_E_LIMIT, text);
}

static int stop(const struct nacre_event *event, void *user)
{
	(void)event;
	(void)user;
	return 1;
}

static void checking_can_be_canceled(void **state)
{
	NACRE_CLEANUP(nacre_layout_freep)
	struct nacre_layout *layout = must_create(*state);
	NACRE_CLEANUP(nacre_descriptor_clear)
	struct nacre_descriptor desc = { 0 };
	struct nacre_env env = { .event = stop };

	put_blob(*state, "hello", &desc);
	assert_int_equal(nacre_layout_check_blob(layout, &desc, &env, NULL), NACRE_E_CANCELED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scratch_test(a_new_layout_is_empty_and_opens),
		scratch_test(parents_are_not_made),
		scratch_test(a_directory_with_something_else_is_left_alone),
		scratch_test(what_a_killed_run_left_half_made_is_completed),
		scratch_test(a_layout_of_another_version_is_refused),
		scratch_test(links_and_fifos_are_refused_without_a_wait),
		scratch_test(an_index_that_is_a_fifo_is_refused_without_a_wait),
		scratch_test(an_index_beyond_the_limit_is_refused),
		scratch_test(a_blob_is_loaded_only_when_it_is_the_one_named),
		scratch_test(a_blob_that_is_a_fifo_or_a_link_is_refused),
		scratch_test(a_sha512_blob_is_read),
		scratch_test(limits_are_named_before_anything_is_opened),
		scratch_test(checking_can_be_canceled),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
