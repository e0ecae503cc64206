/* SPDX-License-Identifier: Apache-2.0 */
/* Writing into a layout: all or nothing, and nobody's work is lost. */
#include "fixture.h"

#include "formats/batch.h"
#include "formats/mediatype.h"

#include <dirent.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

static struct nacre_layout *must_create(const struct scratch *scratch)
{
	struct nacre_layout *layout = NULL;

	assert_works(nacre_layout_create(below(scratch, "l"), &layout, err));
	return layout;
}

static struct nacre_layout_batch *must_begin(const struct nacre_layout *layout)
{
	struct nacre_layout_batch *batch = NULL;

	assert_works(nacre_batch_new(layout, NULL, &batch, err));
	return batch;
}

static size_t count_names(const struct scratch *scratch, const char *name)
{
	DIR *stream = opendir(below(scratch, name));
	size_t count = 0;

	assert_non_null(stream);
	while (readdir(stream))
		count++;
	(void)closedir(stream);
	return count - 2;
}

static bool has_blob(const struct scratch *scratch, const struct nacre_descriptor *desc)
{
	char name[128];

	(void)snprintf(name, sizeof(name), "l/blobs/sha256/%s", nacre_digest_hex(&desc->digest));
	return is_there(scratch, name);
}

/* One image whose manifest is any text. */
static int add_image(const struct nacre_layout *layout, const char *text, const char *name,
	struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_batch_freep)
	struct nacre_layout_batch *batch = NULL;
	NACRE_CLEANUP(nacre_descriptor_clear)
	struct nacre_descriptor desc = { 0 };
	int rc = nacre_batch_new(layout, NULL, &batch, err);

	if (rc == 0)
		rc = nacre_batch_add_blob(
			batch, text, strlen(text), NACRE_MEDIA_MANIFEST, &desc, err);
	if (rc == 0)
		rc = nacre_batch_tag(batch, &desc, name, err);
	return rc ? rc : nacre_batch_commit(batch, err);
}

static void a_blob_is_described_by_what_was_written(void **state)
{
	NACRE_CLEANUP(nacre_layout_freep)
	struct nacre_layout *layout = must_create(*state);
	NACRE_CLEANUP(nacre_batch_freep)
	struct nacre_layout_batch *batch = must_begin(layout);
	NACRE_CLEANUP(nacre_descriptor_clear)
	struct nacre_descriptor desc = { 0 };
	NACRE_CLEANUP(nacre_sink_freep)
	struct nacre_sink *sink = NULL;
	static char data[300000];
	struct nacre_digest digest;
	size_t at = 0;

	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (char)(i * 7 % 251);
	assert_works(nacre_batch_open_blob(batch, &sink, err));
	for (size_t len = 1; at < sizeof(data); len = len * 3 + 1) {
		size_t part = len < sizeof(data) - at ? len : sizeof(data) - at;

		assert_works(nacre_sink_write(sink, data + at, part, err));
		at += part;
	}
	assert_works(nacre_sink_finish(sink, err));
	assert_works(nacre_batch_close_blob(batch, &sink, "a/b", &desc, err));
	assert_null(sink);
	nacre_digest_of(data, sizeof(data), &digest);
	assert_string_equal(desc.digest.text, digest.text);
	assert_int_equal(desc.size_bytes, sizeof(data));
	assert_string_equal(desc.media_type, "a/b");
	assert_works(nacre_batch_commit(batch, err));
	assert_works(nacre_layout_check_blob(layout, &desc, NULL, err));
	assert_int_equal(count_names(*state, "l/blobs/sha256"), 1);
}

static void nothing_is_seen_before_the_commit_and_nothing_stays_without(void **state)
{
	NACRE_CLEANUP(nacre_layout_freep)
	struct nacre_layout *layout = must_create(*state);
	struct nacre_layout_batch *batch = must_begin(layout);
	NACRE_CLEANUP(nacre_descriptor_clear)
	struct nacre_descriptor desc = { 0 };
	struct nacre_sink *sink = NULL;
	char index[4096];

	(void)stpcpy(index, get_file(*state, "l/index.json"));
	assert_works(nacre_batch_add_blob(batch, "x", 1, NACRE_MEDIA_MANIFEST, &desc, err));
	assert_works(nacre_batch_tag(batch, &desc, "v1", err));
	assert_works(nacre_batch_open_blob(batch, &sink, err));
	assert_false(has_blob(*state, &desc));
	assert_string_equal(get_file(*state, "l/index.json"), index);
	nacre_sink_free(sink);
	nacre_batch_free(batch);
	assert_int_equal(count_names(*state, "l/blobs/sha256"), 0);
	assert_string_equal(get_file(*state, "l/index.json"), index);
}

static void a_committed_image_is_found_by_its_name(void **state)
{
	NACRE_CLEANUP(nacre_layout_freep)
	struct nacre_layout *layout = must_create(*state);
	NACRE_CLEANUP(nacre_descriptor_clear)
	struct nacre_descriptor found = { 0 };
	struct nacre_limits limits = default_limits();

	assert_works(add_image(layout, "one", "v1", err));
	assert_works(add_image(layout, "two", "v2", err));
	assert_works(nacre_layout_find(layout, &limits, "v1", NULL, &found, err));
	assert_int_equal(found.size_bytes, 3);
	assert_true(has_blob(*state, &found));
	assert_int_equal(count_names(*state, "l"), 3);
}

static void a_damaged_blob_is_healed(void **state)
{
	NACRE_CLEANUP(nacre_layout_freep)
	struct nacre_layout *layout = must_create(*state);
	NACRE_CLEANUP(nacre_descriptor_clear)
	struct nacre_descriptor desc = { 0 };
	struct nacre_limits limits = default_limits();
	char name[128];

	assert_works(add_image(layout, "one", "v1", err));
	assert_works(nacre_layout_find(layout, &limits, "v1", NULL, &desc, err));
	(void)snprintf(name, sizeof(name), "l/blobs/sha256/%s", nacre_digest_hex(&desc.digest));
	put_file(*state, name, "bad");
	assert_int_equal(nacre_layout_check_blob(layout, &desc, NULL, NULL), NACRE_E_DIGEST);
	assert_works(add_image(layout, "one", "v1", err));
	assert_works(nacre_layout_check_blob(layout, &desc, NULL, err));
}

static void a_tag_for_what_is_not_there_changes_nothing(void **state)
{
	NACRE_CLEANUP(nacre_layout_freep)
	struct nacre_layout *layout = must_create(*state);
	NACRE_CLEANUP(nacre_batch_freep)
	struct nacre_layout_batch *batch = must_begin(layout);
	NACRE_CLEANUP(nacre_descriptor_clear)
	struct nacre_descriptor desc = { 0 };
	struct nacre_digest digest;
	char index[4096];

	(void)stpcpy(index, get_file(*state, "l/index.json"));
	assert_works(nacre_digest_parse(DIGEST("1"), &digest, err));
	assert_works(nacre_descriptor_make(NACRE_MEDIA_MANIFEST, &digest, 1, &desc, err));
	assert_works(nacre_batch_add_blob(batch, "x", 1, "a/b", NULL, err));
	assert_works(nacre_batch_tag(batch, &desc, "v1", err));
	assert_refused(nacre_batch_commit(batch, err), NACRE_E_NOT_FOUND,
		"blob " DIGEST("1") ": not in the layout");
	assert_string_equal(get_file(*state, "l/index.json"), index);
	nacre_batch_freep(&batch);
	assert_int_equal(count_names(*state, "l/blobs/sha256"), 0);
}

static void names_and_digests_can_be_unlisted(void **state)
{
	NACRE_CLEANUP(nacre_layout_freep)
	struct nacre_layout *layout = must_create(*state);
	NACRE_CLEANUP(nacre_batch_freep)
	struct nacre_layout_batch *batch = NULL;
	NACRE_CLEANUP(nacre_descriptor_clear)
	struct nacre_descriptor desc = { 0 };
	struct nacre_limits limits = default_limits();

	assert_works(add_image(layout, "one", "v1", err));
	assert_works(add_image(layout, "two", "v2", err));
	assert_works(nacre_layout_find(layout, &limits, "v2", NULL, &desc, err));
	batch = must_begin(layout);
	assert_works(nacre_batch_untag(batch, "v1", err));
	assert_works(nacre_batch_unlist(batch, &desc.digest, err));
	assert_works(nacre_batch_commit(batch, err));
	nacre_descriptor_clear(&desc);
	assert_refused(nacre_layout_find(layout, &limits, NULL, NULL, &desc, err),
		NACRE_E_NOT_FOUND, "no image in it");
	assert_works(nacre_batch_untag(batch, "v1", err));
	assert_refused(
		nacre_batch_commit(batch, err), NACRE_E_NOT_FOUND, "index.json: no image 'v1'");
}

static void two_batches_at_once_are_both_kept(void **state)
{
	enum { CHILDREN = 4, IMAGES = 8 };
	NACRE_CLEANUP(nacre_layout_freep)
	struct nacre_layout *layout = must_create(*state);
	NACRE_CLEANUP(nacre_index_clear)
	struct nacre_index index = { 0 };
	struct nacre_limits limits = default_limits();

	for (int i = 0; i < CHILDREN; i++) {
		pid_t pid = fork();

		assert_true(pid >= 0);
		if (pid > 0)
			continue;
		for (int k = 0; k < IMAGES; k++) {
			char name[32];

			(void)snprintf(name, sizeof(name), "v%d.%d", i, k);
			if (add_image(layout, name, name, NULL))
				_exit(1);
		}
		_exit(0);
	}
	for (int i = 0; i < CHILDREN; i++) {
		int status = -1;

		assert_true(wait(&status) > 0);
		assert_int_equal(status, 0);
	}
	assert_works(nacre_layout_index(layout, &limits, &index, err));
	assert_int_equal(index.manifests.count, CHILDREN * IMAGES);
	assert_int_equal(count_names(*state, "l/blobs/sha256"), CHILDREN * IMAGES);
	assert_int_equal(count_names(*state, "l"), 3);
}

static void what_a_killed_batch_left_is_swept_by_the_next(void **state)
{
	NACRE_CLEANUP(nacre_layout_freep)
	struct nacre_layout *layout = must_create(*state);
	struct nacre_layout_batch *live = must_begin(layout);
	int status = -1;
	pid_t pid;

	assert_works(nacre_batch_add_blob(live, "live", 4, "a/b", NULL, err));
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		struct nacre_layout_batch *batch = NULL;

		if (nacre_batch_new(layout, NULL, &batch, NULL) ||
			nacre_batch_add_blob(batch, "dead", 4, "a/b", NULL, NULL))
			_exit(1);
		(void)raise(SIGKILL);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(count_names(*state, "l/blobs/sha256"), 2);
	nacre_batch_free(must_begin(layout));
	/* That of the batch at work is still there, and can be committed. */
	assert_int_equal(count_names(*state, "l/blobs/sha256"), 1);
	assert_works(nacre_batch_commit(live, err));
	nacre_batch_free(live);
	assert_int_equal(count_names(*state, "l/blobs/sha256"), 1);
}

static void a_blob_beyond_the_limit_is_refused(void **state)
{
	NACRE_CLEANUP(nacre_layout_freep)
	struct nacre_layout *layout = must_create(*state);
	struct nacre_env env = { .limits = { .blob_bytes = 4 }, .no_sync = true };
	NACRE_CLEANUP(nacre_batch_freep)
	struct nacre_layout_batch *batch = NULL;
	NACRE_CLEANUP(nacre_sink_freep)
	struct nacre_sink *sink = NULL;
	struct nacre_descriptor desc = { 0 };

	assert_works(nacre_batch_new(layout, &env, &batch, err));
	assert_works(nacre_batch_open_blob(batch, &sink, err));
	assert_works(nacre_sink_write(sink, "1234", 4, err));
	assert_refused(nacre_sink_write(sink, "5", 1, err), NACRE_E_LIMIT,
		"more than 4 bytes (limit blob-bytes)");
	/* A caller that overlooks the error must not get a blob that is cut short. */
	assert_refused(nacre_batch_close_blob(batch, &sink, "a/b", &desc, err), NACRE_E_IO,
		"new blob: an earlier write failed");
	assert_null(sink);
	assert_int_equal(count_names(*state, "l/blobs/sha256"), 0);
}

static void a_full_disk_leaves_the_layout_as_it_was(void **state)
{
	NACRE_CLEANUP(nacre_layout_freep)
	struct nacre_layout *layout = must_create(*state);
	char index[4096];
	struct rlimit limit = { 100, 100 };
	int status = -1;
	pid_t pid;

	assert_works(add_image(layout, "one", "v1", err));
	(void)stpcpy(index, get_file(*state, "l/index.json"));
	assert_true(strlen(index) > limit.rlim_cur);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		/* The blob fits, the new index does not. */
		(void)signal(SIGXFSZ, SIG_IGN);
		_exit(setrlimit(RLIMIT_FSIZE, &limit) == 0 &&
					add_image(layout, "two", "v2", NULL) == NACRE_E_IO
				? 0
				: 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_string_equal(get_file(*state, "l/index.json"), index);
	assert_int_equal(count_names(*state, "l/blobs/sha256"), 1);
	assert_int_equal(count_names(*state, "l"), 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scratch_test(a_blob_is_described_by_what_was_written),
		scratch_test(nothing_is_seen_before_the_commit_and_nothing_stays_without),
		scratch_test(a_committed_image_is_found_by_its_name),
		scratch_test(a_damaged_blob_is_healed),
		scratch_test(a_tag_for_what_is_not_there_changes_nothing),
		scratch_test(names_and_digests_can_be_unlisted),
		scratch_test(two_batches_at_once_are_both_kept),
		scratch_test(what_a_killed_batch_left_is_swept_by_the_next),
		scratch_test(a_blob_beyond_the_limit_is_refused),
		scratch_test(a_full_disk_leaves_the_layout_as_it_was),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
