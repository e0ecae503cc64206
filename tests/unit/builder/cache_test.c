/* SPDX-License-Identifier: Apache-2.0 */
#include "builder/cache.h"
#include "builder/explain_list.h"
#include "fixture.h"

static bool has(struct nacre_cache_table *table, const char *key, const char *want)
{
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf value = NACRE_BUF(NACRE_CACHE_VALUE);

	if (!nacre_cache_table_get(table, NACRE_CACHE_STEP, key, &value))
		return false;
	assert_int_equal(value.len, strlen(want));
	assert_memory_equal(value.len ? value.data : "", want, value.len);
	return true;
}

static struct nacre_cache_table *open_table(void)
{
	struct nacre_cache_table *table = NULL;

	assert_works(nacre_cache_table_open(scratch.dir, ".", &table, err));
	return table;
}

static void what_is_put_is_found_by_kind_and_key(void **state)
{
	struct nacre_cache_table *table = open_table();

	(void)state;
	assert_false(has(table, "a", ""));
	nacre_cache_table_put(table, NACRE_CACHE_STEP, "a", "one", 3, 0);
	nacre_cache_table_put(table, NACRE_CACHE_STEP, "b", "", 0, 0);
	nacre_cache_table_put(table, NACRE_CACHE_PART, "c", "other kind", 10, 0);
	assert_true(has(table, "a", "one"));
	assert_true(has(table, "b", ""));
	assert_false(has(table, "c", ""));
	nacre_cache_table_put(table, NACRE_CACHE_STEP, "a", "two", 3, 0);
	nacre_cache_table_free(table);
	table = open_table();
	assert_true(has(table, "a", "two"));
	nacre_cache_table_free(table);
	assert_false(is_there("build.db.damaged"));
}

static void a_value_that_is_too_long_is_not_kept(void **state)
{
	struct nacre_cache_table *table = open_table();
	nacre_autofree char *data = calloc(1, NACRE_CACHE_VALUE + 1);

	(void)state;
	nacre_cache_table_put(table, NACRE_CACHE_STEP, "a", data, NACRE_CACHE_VALUE + 1, 0);
	assert_false(has(table, "a", ""));
	nacre_cache_table_free(table);
}

static void keep_count(enum nacre_cache_kind kind, const char *key, void *user)
{
	char *gone = user;

	assert_int_equal(kind, NACRE_CACHE_STEP);
	strcat(gone, key);
}

static void what_was_used_longest_ago_goes_first(void **state)
{
	struct nacre_cache_table *table = open_table();
	char gone[16] = "";

	(void)state;
	nacre_cache_table_put(table, NACRE_CACHE_STEP, "a", "", 0, 10000);
	nacre_cache_table_free(table);
	table = open_table();
	nacre_cache_table_put(table, NACRE_CACHE_STEP, "b", "", 0, 10000);
	nacre_cache_table_free(table);
	/* So many openings later a use is written down. */
	for (int i = 0; i < 10; i++) {
		table = open_table();
		nacre_cache_table_free(table);
	}
	table = open_table();
	assert_true(has(table, "a", ""));
	nacre_cache_table_put(table, NACRE_CACHE_STEP, "c", "", 0, 10000);
	assert_true(nacre_cache_table_bytes(table) >= 30000);
	nacre_cache_table_trim(table, 25000, keep_count, gone);
	assert_string_equal(gone, "b");
	assert_true(nacre_cache_table_bytes(table) <= 25000);
	assert_true(has(table, "a", ""));
	nacre_cache_table_trim(table, 0, keep_count, gone);
	assert_int_equal(strlen(gone), 3);
	assert_int_equal(nacre_cache_table_bytes(table), 0);
	nacre_cache_table_free(table);
}

static void what_is_no_table_is_set_aside(void **state)
{
	struct nacre_cache_table *table;

	(void)state;
	put_file("build.db", "this is text, and has been text for as long as anybody knows\n");
	table = open_table();
	nacre_cache_table_put(table, NACRE_CACHE_STEP, "a", "one", 3, 0);
	assert_true(has(table, "a", "one"));
	nacre_cache_table_free(table);
	assert_true(is_there("build.db.damaged"));
}

static void without_a_cache_nothing_is_found_and_nothing_kept(void **state)
{
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf value = NACRE_BUF(100);
	struct nacre_cache *cache = NULL;
	struct nacre_digest digest;
	int fd = -1;

	(void)state;
	assert_works(nacre_cache_open(NULL, 0, NULL, &cache, err));
	assert_null(cache);
	nacre_cache_put(cache, NACRE_CACHE_STEP, "a", "", 0);
	assert_false(nacre_cache_get(cache, NACRE_CACHE_STEP, "a", &value));
	nacre_digest_of("", 0, &digest);
	nacre_cache_keep_bytes(cache, NACRE_CACHE_TREE, "a", "", 0, &digest);
	assert_false(nacre_cache_open_blob(cache, &digest, &fd));
	nacre_cache_free(cache);
}

static void a_file_is_kept_and_proven(void **state)
{
	struct nacre_cache *cache = NULL;
	struct nacre_digest digest, got;
	char path[128];
	uint64_t size = 0;
	int fd = -1;

	(void)state;
	assert_works(nacre_cache_open("cache", 0, NULL, &cache, err));
	assert_non_null(cache);
	nacre_digest_of("content", 7, &digest);
	nacre_cache_keep_bytes(cache, NACRE_CACHE_TREE, "a", "content", 7, &digest);
	assert_true(nacre_cache_open_file(cache, NACRE_CACHE_TREE, "a", true, &fd, &size, &got));
	assert_int_equal(size, 7);
	assert_string_equal(got.text, digest.text);
	(void)close(fd);
	(void)snprintf(path, sizeof(path), "cache/blobs/sha256/%s", nacre_digest_hex(&digest));
	put_file(path, "kontent");
	assert_false(nacre_cache_open_file(cache, NACRE_CACHE_TREE, "a", true, &fd, &size, &got));
	assert_true(nacre_cache_open_file(cache, NACRE_CACHE_TREE, "a", false, &fd, &size, &got));
	(void)close(fd);
	assert_int_equal(unlink(path), 0);
	assert_false(nacre_cache_open_file(cache, NACRE_CACHE_TREE, "a", false, &fd, &size, &got));
	nacre_cache_free(cache);
}

/* ------------------------------------------------------------------ lists */

static void add_item(struct nacre_buf *list, const char *item)
{
	assert_works(nacre_buf_add(list, item, strlen(item) + 1, err));
}

static void the_difference_of_two_lists_is_named(void **state)
{
	static const struct {
		const char *before[5];
		const char *now[5];
		const char *want;
	} rows[] = {
		{ { "1 a", "2 b" }, { "2 b", "3 a" }, "a changed" },
		{ { "1 a" }, { "1 a", "2 b" }, "b is new" },
		{ { "1 a", "2 b c" }, { "1 a" }, "b c is gone" },
		{ { "1 a" }, { "1 a" }, "the same was read, and done by another version" },
		{ { "1 a" }, { "11 a" }, "a changed" },
		{ { "1 d" }, { "1 a", "1 b", "1 c", "1 d", "1 e" },
			"a is new, b is new, c is new and 1 more" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		NACRE_CLEANUP(nacre_buf_clear)
		struct nacre_buf before = NACRE_BUF(1000);
		NACRE_CLEANUP(nacre_buf_clear)
		struct nacre_buf now = NACRE_BUF(1000);
		char text[200];

		for (size_t k = 0; k < 5 && rows[i].before[k]; k++)
			add_item(&before, rows[i].before[k]);
		for (size_t k = 0; k < 5 && rows[i].now[k]; k++)
			add_item(&now, rows[i].now[k]);
		nacre_explain_lists(&before, &now, text, sizeof(text));
		assert_string_equal(text, rows[i].want);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		scratch_test(what_is_put_is_found_by_kind_and_key),
		scratch_test(a_value_that_is_too_long_is_not_kept),
		scratch_test(what_was_used_longest_ago_goes_first),
		scratch_test(what_is_no_table_is_set_aside),
		scratch_test(without_a_cache_nothing_is_found_and_nothing_kept),
		scratch_test(a_file_is_kept_and_proven),
		cmocka_unit_test(the_difference_of_two_lists_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
