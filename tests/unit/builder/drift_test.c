/* SPDX-License-Identifier: Apache-2.0 */
/* Trees against directories. */
#include "builder/drift.h"

#include "drift_fixture.h"

#include <sys/xattr.h>

/* "path what want have" a line. */
static void assert_finds(const struct nacre_drift_options *options, const char *want)
{
	NACRE_CLEANUP(nacre_drift_clear)
	struct nacre_drift drift = NACRE_DRIFT;
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf text = NACRE_BUF((size_t)1 << 20);

	assert_works(find(options, &unsynced, &drift, err));
	assert_works(nacre_buf_add(&text, "", 0, err));
	for (size_t i = 0; i < drift.count; i++) {
		const struct nacre_drift_item *item = &drift.items[i];
		char name[256];

		nacre_node_name(item->node, name, sizeof(name));
		assert_works(nacre_buf_printf(&text, err, "%s%s%s %s%s%s %s %s\n", name,
			item->extra ? "+" : "", item->extra ? item->extra : "",
			nacre_drift_name(item->what), item->xattr ? ":" : "",
			item->xattr ? item->xattr : "", item->want ? item->want : "-",
			item->have ? item->have : "-"));
	}
	assert_string_equal(text.data, want);
}

/* --------------------------------------------------------------------- tests */

static void each_kind_has_a_name_and_no_other_number(void **state)
{
	(void)state;
	for (int i = 0; i < NACRE_DRIFT_KINDS; i++) {
		const char *name = nacre_drift_name((enum nacre_drift_kind)i);

		assert_non_null(name);
		for (int j = 0; j < i; j++)
			assert_string_not_equal(name, nacre_drift_name((enum nacre_drift_kind)j));
	}
	assert_null(nacre_drift_name((enum nacre_drift_kind)NACRE_DRIFT_KINDS));
}

static void what_was_written_has_no_drift(void **state)
{
	struct nacre_inode *file;

	(void)state;
	add("d", NACRE_TYPE_DIR, NULL)->mode = 01777;
	file = add("d/f", NACRE_TYPE_FILE, NULL);
	file->uid = 7;
	file->mtime_s = -5;
	file->mtime_ns = 3;
	add("g", NACRE_TYPE_FILE, file);
	add("fifo", NACRE_TYPE_FIFO, NULL);
	add("l", NACRE_TYPE_SYMLINK, NULL)->gid = 9;
	write_tree();
	assert_finds(&plain, "");
}

static void findings_come_in_the_order_of_a_walk(void **state)
{
	(void)state;
	add("b", NACRE_TYPE_DIR, NULL);
	add("b/x", NACRE_TYPE_FILE, NULL);
	add("b.c", NACRE_TYPE_FILE, NULL);
	write_tree();
	put_file("r/a", "");
	put_file("r/b/y", "");
	put_file("r/b/a", "");
	put_file("r/b.b", "");
	put_file("r/c", "");
	assert_int_equal(unlink("r/b/x"), 0);
	assert_int_equal(unlink("r/b.c"), 0);
	assert_finds(
		&(const struct nacre_drift_options){ .ignore = &nothing, .ignore_times = true },
		"/+a extra - file\n"
		"b+a extra - file\n"
		"b/x missing - -\n"
		"b+y extra - file\n"
		"/+b.b extra - file\n"
		"b.c missing - -\n"
		"/+c extra - file\n");
}

static void two_files_made_one_are_told_once(void **state)
{
	(void)state;
	add("a", NACRE_TYPE_FILE, NULL);
	add("b", NACRE_TYPE_FILE, NULL);
	write_tree();
	assert_int_equal(unlink("r/b"), 0);
	assert_int_equal(link("r/a", "r/b"), 0);
	assert_finds(
		&(const struct nacre_drift_options){ .ignore = &nothing, .ignore_times = true },
		"b link - a\n");
}

static void a_name_out_of_sight_is_told_and_one_in_sight_is_not(void **state)
{
	struct nacre_inode *file;

	(void)state;
	file = add("a", NACRE_TYPE_FILE, NULL);
	add("b", NACRE_TYPE_FILE, file);
	write_tree();
	assert_int_equal(link("r/a", "elsewhere"), 0);
	assert_finds(&plain, "a names 2 3\n");
	assert_int_equal(unlink("elsewhere"), 0);
	assert_int_equal(link("r/a", "r/c"), 0);
	assert_finds(
		&(const struct nacre_drift_options){ .ignore = &nothing, .ignore_times = true },
		"/+c extra - file\n");
}

static void xattrs_are_told_one_by_one(void **state)
{
	static const struct nacre_xattr items[] = {
		{ "user.b", "1", 1 },
		{ "user.d", "", 0 },
		{ "user.f", "\0\1", 2 },
	};
	struct nacre_inode *file;

	(void)state;
	file = add("f", NACRE_TYPE_FILE, NULL);
	assert_works(nacre_xattrs_make(&image.tree.arena, items, 3, &file->xattrs, err));
	write_tree();
	assert_finds(&plain, "");
	assert_int_equal(setxattr("r/f", "user.a", "x", 1, 0), 0);
	assert_int_equal(setxattr("r/f", "user.f", "\0\2", 2, 0), 0);
	assert_int_equal(removexattr("r/f", "user.d"), 0);
	assert_finds(&plain,
		"f xattr:user.a - 0seA==\n"
		"f xattr:user.d 0s -\n"
		"f xattr:user.f 0sAAE= 0sAAI=\n");
}

static void a_path_to_ignore_may_be_in_the_tree_or_not(void **state)
{
	static const char *const paths[] = { "/d/f", "d//new/deep/x", "other" };
	NACRE_CLEANUP(nacre_drift_ignore_clear)
	struct nacre_drift_ignore ignore = { NULL, 0 };
	const struct nacre_limits limits = nacre_env_limits(NULL);
	const struct nacre_node *dir;

	(void)state;
	add("d", NACRE_TYPE_DIR, NULL);
	add("d/f", NACRE_TYPE_FILE, NULL);
	assert_works(nacre_drift_ignore_init(&ignore, paths, 3, &image.tree, &limits, err));
	dir = nacre_tree_find(&image.tree, "d");
	assert_true(nacre_drift_ignore_has(&ignore, nacre_tree_find(&image.tree, "d/f")));
	assert_false(nacre_drift_ignore_has(&ignore, dir));
	assert_false(nacre_drift_ignore_has(&ignore, image.tree.root));
	assert_true(nacre_drift_ignore_has_name(&ignore, dir, "new"));
	assert_true(nacre_drift_ignore_has_name(&ignore, image.tree.root, "other"));
	assert_false(nacre_drift_ignore_has_name(&ignore, dir, "other"));
	assert_false(nacre_drift_ignore_has_name(&ignore, dir, "deep"));
}

static void findings_without_end_meet_a_limit(void **state)
{
	NACRE_CLEANUP(nacre_drift_clear)
	struct nacre_drift drift = NACRE_DRIFT;
	const struct nacre_env small = { .limits = { .tree_bytes = 16 << 10 } };

	(void)state;
	write_tree();
	for (int i = 0; i < 1000; i++) {
		char name[32];

		(void)snprintf(name, sizeof(name), "r/%d", i);
		put_file(name, "");
	}
	assert_refused(find(&plain, &small, &drift, err), NACRE_E_LIMIT,
		"more differences than 16384 bytes can hold (limit tree-bytes)");
}

static int refuse(const struct nacre_event *event, void *user)
{
	(void)event;
	(void)user;
	return 1;
}

static void it_can_be_canceled(void **state)
{
	NACRE_CLEANUP(nacre_drift_clear)
	struct nacre_drift drift = NACRE_DRIFT;
	const struct nacre_env env = { .event = refuse };

	(void)state;
	write_tree();
	assert_refused(find(&plain, &env, &drift, err), NACRE_E_CANCELED, "canceled");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_kind_has_a_name_and_no_other_number),
		tree_test(what_was_written_has_no_drift),
		tree_test(findings_come_in_the_order_of_a_walk),
		tree_test(two_files_made_one_are_told_once),
		tree_test(a_name_out_of_sight_is_told_and_one_in_sight_is_not),
		tree_test(xattrs_are_told_one_by_one),
		tree_test(a_path_to_ignore_may_be_in_the_tree_or_not),
		tree_test(findings_without_end_meet_a_limit),
		tree_test(it_can_be_canceled),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
