/* SPDX-License-Identifier: Apache-2.0 */
#include "builder/content_key.h"

#include "fixture.h"
#include "layers/scan.h"

#define LATER INT64_MAX /* no file is as young as that */

struct scanned {
	struct nacre_tree tree;
	struct nacre_scan *scan;
};

static void scanned_clear(struct scanned *s)
{
	nacre_tree_clear(&s->tree);
	nacre_scan_free(s->scan);
}

/* @param racy_from  0: all files were changed a moment ago */
static void read_context(struct scanned *s, int64_t racy_from)
{
	const struct nacre_scan_options options = { .has_names = true, .racy_from = racy_from };
	nacre_autofd int dir = open("context", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	assert_works(nacre_tree_init(&s->tree, err));
	assert_works(nacre_scan_dir(dir, &options, NULL, &s->tree, s->tree.root, &s->scan, err));
}

static struct nacre_cache *open_cache(void)
{
	struct nacre_cache *cache = NULL;

	assert_works(nacre_cache_open("cache", 0, NULL, &cache, err));
	assert_non_null(cache);
	return cache;
}

static const char content[] = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGH";

/* File number i has the first i bytes of the content. */
static void make_files(void)
{
	char name[32];

	for (int i = 0; i < 40; i++) {
		(void)snprintf(name, sizeof(name), "context/f%d", i);
		put_bytes(name, content, (size_t)i);
	}
}

/* Each file has the digest of its own content, however many threads read. */
static void check_digests(const struct nacre_tree *tree)
{
	char name[32];

	for (int i = 1; i < 40; i++) {
		const struct nacre_node *node;
		struct nacre_digest want, got;

		(void)snprintf(name, sizeof(name), "context/f%d", i);
		node = nacre_tree_find(tree, name + strlen("context/"));
		assert_non_null(node);
		assert_non_null(node->inode->sha256);
		nacre_digest_of(content, (size_t)i, &want);
		nacre_digest_from_raw(node->inode->sha256, &got);
		assert_string_equal(got.text, want.text);
	}
}

static void what_is_known_is_not_read_and_what_is_racy_is(void **state)
{
	struct nacre_cache *cache = open_cache();

	(void)state;
	make_files();
	for (unsigned round = 0; round < 4; round++) {
		NACRE_CLEANUP(scanned_clear)
		struct scanned s = { .tree = NACRE_TREE };
		struct nacre_contents_counts counts = { 0 };
		const struct nacre_env env = { .jobs = 1 + round };

		read_context(&s, round < 2 ? 0 : LATER);
		assert_works(nacre_contents_digest(cache, &s.tree, &env, &counts, err));
		check_digests(&s.tree);
		/* One of them is empty, and none the worse for that. */
		assert_int_equal(counts.read, round < 3 ? 39 : 0);
		assert_int_equal(counts.known, round < 3 ? 0 : 39);
	}
	nacre_cache_free(cache);
}

static void a_file_that_is_not_what_was_digested_is_told(void **state)
{
	NACRE_CLEANUP(scanned_clear)
	struct scanned s = { .tree = NACRE_TREE };
	struct nacre_contents_counts counts = { 0 };
	struct nacre_cache *cache = open_cache();
	unsigned char other[32] = { 0 };
	bool is_still = false;

	(void)state;
	make_files();
	read_context(&s, 0);
	assert_works(nacre_contents_digest(cache, &s.tree, NULL, &counts, err));
	assert_works(nacre_contents_are_still(&s.tree, &is_still, err));
	assert_true(is_still);
	nacre_tree_find(&s.tree, "f7")->inode->sha256 = other;
	assert_works(nacre_contents_are_still(&s.tree, &is_still, err));
	assert_false(is_still);
	nacre_cache_free(cache);
}

/* Its size and its mtime are what they were: the ctime is not. */
static void a_file_that_is_changed_meanwhile_is_an_error(void **state)
{
	NACRE_CLEANUP(scanned_clear)
	struct scanned s = { .tree = NACRE_TREE };
	struct nacre_contents_counts counts = { 0 };
	struct nacre_cache *cache = open_cache();
	struct stat st;

	(void)state;
	make_files();
	read_context(&s, LATER);
	assert_int_equal(stat("context/f9", &st), 0);
	(void)usleep(20000); /* the clock of ctimes ticks */
	put_bytes("context/f9", "123456789", 9);
	assert_int_equal(utimensat(AT_FDCWD, "context/f9",
				 (const struct timespec[2]){ st.st_atim, st.st_mtim }, 0),
		0);
	assert_refused(nacre_contents_digest(cache, &s.tree, NULL, &counts, err), NACRE_E_IO,
		"'f9': changed while it was read");
	nacre_cache_free(cache);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scratch_test(what_is_known_is_not_read_and_what_is_racy_is),
		scratch_test(a_file_that_is_not_what_was_digested_is_told),
		scratch_test(a_file_that_is_changed_meanwhile_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
