/* SPDX-License-Identifier: Apache-2.0 */
/* What folding costs and leaves behind; what comes of it is in tests/vectors/layers. */
#include "layers/fold.h"

#include "base/env.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct nacre_tree tree;
static struct nacre_fold *fold;
static struct nacre_limits limits;
static struct nacre_origin origin;
static struct nacre_err err;

static void begin(unsigned layer)
{
	nacre_fold_freep(&fold);
	assert_int_equal(nacre_fold_new(&tree, layer, &origin, &limits, &fold, NULL), 0);
}

static int setup(void **state)
{
	(void)state;
	limits = nacre_env_limits(NULL);
	return nacre_tree_init(&tree, NULL);
}

static int teardown(void **state)
{
	(void)state;
	nacre_fold_freep(&fold);
	nacre_tree_clear(&tree);
	return 0;
}

static int add(
	enum nacre_member_kind kind, const char *path, enum nacre_type type, const char *target)
{
	struct nacre_member member;

	memset(&member, 0, sizeof(member));
	member.kind = kind;
	member.path = path;
	member.link_path = kind == NACRE_MEMBER_LINK ? target : NULL;
	member.inode.type = type;
	if (type == NACRE_TYPE_SYMLINK)
		member.inode.u.target = target;
	return nacre_fold_add(fold, &member, &err);
}

static int add_file(const char *path)
{
	return add(NACRE_MEMBER_ENTRY, path, NACRE_TYPE_FILE, NULL);
}

static int add_symlink(const char *path, const char *target)
{
	return add(NACRE_MEMBER_ENTRY, path, NACRE_TYPE_SYMLINK, target);
}

/* Each member alone stays below what one path may cost; all together would be hours of walking. */
static void following_links_is_work_that_members_must_pay_for(void **state)
{
	static char target[4001];
	int rc = 0;

	(void)state;
	for (size_t i = 0; i < 4000; i += 2)
		memcpy(target + i, "./", 2);
	begin(1);
	assert_int_equal(add_symlink("a", target), 0);
	assert_int_equal(add_symlink("b", target), 0);
	for (unsigned i = 0; i < 1000 && rc == 0; i++) {
		char path[32];

		(void)snprintf(path, sizeof(path), "%s/%u", i % 2 ? "a" : "b", i);
		rc = add_file(path);
		if (rc == 0)
			assert_true(tree.link_steps <= 65536 + 64 * (i + 3));
	}
	assert_int_equal(rc, NACRE_E_LIMIT);
	assert_non_null(strstr(err.text, "following the layer's links takes more than "));
	assert_non_null(strstr(err.text, " steps (limit link-steps)"));
}

static void ordinary_links_are_paid_for_by_their_members(void **state)
{
	(void)state;
	begin(1);
	assert_int_equal(add_file("usr/lib/x"), 0);
	assert_int_equal(add_symlink("lib", "usr/lib"), 0);
	assert_int_equal(add_symlink("l", "lib"), 0);
	for (unsigned i = 0; i < 100000; i++) {
		char path[64];

		(void)snprintf(path, sizeof(path), "l/%u/%u", i % 300, i);
		assert_int_equal(add_file(path), 0);
	}
	assert_int_equal(nacre_fold_finish(fold, NULL), 0);
	assert_int_equal(tree.nodes, 100000 + 300 + 5);
}

/* A path of four kilobytes is a thousand inodes, and compresses to nothing. */
static void directories_that_no_member_names_are_paid_for_by_members(void **state)
{
	char path[1100];
	unsigned members = 0;
	int rc = 0;

	(void)state;
	begin(1);
	while (rc == 0 && members < 1000) {
		int len = snprintf(path, sizeof(path), "%u", members++);

		for (unsigned i = 0; i < 500; i++)
			len += snprintf(path + len, sizeof(path) - (size_t)len, "/d");
		rc = add_file(path);
	}
	assert_int_equal(rc, NACRE_E_LIMIT);
	assert_non_null(strstr(err.text, " directories that no member names (limit implied-dirs)"));
	assert_true(tree.nodes <= 65536 + 16 * members + 501);
}

static void members_in_one_directory_walk_along_a_link_once(void **state)
{
	(void)state;
	begin(1);
	assert_int_equal(add_file("d/x"), 0);
	assert_int_equal(add_symlink("l", "d"), 0);
	for (unsigned i = 0; i < 100; i++) {
		char path[32];

		(void)snprintf(path, sizeof(path), "l/%u", i);
		assert_int_equal(add_file(path), 0);
	}
	assert_true(tree.link_steps <= 4);
}

static void nodes_know_the_layer_that_brought_them(void **state)
{
	(void)state;
	begin(1);
	assert_int_equal(add_file("d/a"), 0);
	assert_int_equal(add_file("d/b"), 0);
	assert_int_equal(nacre_fold_finish(fold, NULL), 0);
	begin(7);
	assert_int_equal(add_file("d/b"), 0);
	assert_int_equal(add_file("e/c"), 0);
	assert_int_equal(nacre_tree_find(&tree, "d/b")->layer, 1); /* waits for the whiteouts */
	assert_int_equal(nacre_fold_finish(fold, NULL), 0);
	assert_int_equal(nacre_tree_find(&tree, "d/a")->layer, 1);
	assert_int_equal(nacre_tree_find(&tree, "d/b")->layer, 7);
	assert_int_equal(nacre_tree_find(&tree, "d")->layer, 1);
	assert_int_equal(nacre_tree_find(&tree, "d")->touched, 7);
	assert_int_equal(nacre_tree_find(&tree, "e")->layer, 7);
	assert_false(nacre_tree_find(&tree, "e")->is_explicit);
	assert_int_equal(tree.nodes, 5);
}

static void only_files_with_content_point_into_the_layer(void **state)
{
	struct nacre_member member;

	(void)state;
	begin(1);
	assert_int_equal(add_file("empty"), 0);
	memset(&member, 0, sizeof(member));
	member.path = "full";
	member.inode.size_bytes = 3;
	member.inode.u.content.key = 512;
	assert_int_equal(nacre_fold_add(fold, &member, NULL), 0);
	assert_null(nacre_tree_find(&tree, "empty")->inode->u.content.origin);
	assert_ptr_equal(nacre_tree_find(&tree, "full")->inode->u.content.origin, &origin);
	assert_int_equal(nacre_tree_find(&tree, "full")->inode->u.content.key, 512);
}

/* The parent of the last member is remembered: not beyond the node that it was. */
static void a_remembered_parent_does_not_outlive_its_directory(void **state)
{
	(void)state;
	begin(1);
	assert_int_equal(add_file("d/s/x"), 0);
	assert_int_equal(add_file("t/y"), 0);
	assert_int_equal(nacre_fold_finish(fold, NULL), 0);
	begin(2);
	assert_int_equal(add(NACRE_MEMBER_WHITEOUT, "d", NACRE_TYPE_FILE, NULL), 0);
	assert_int_equal(add_file("d/s/n"), 0);
	assert_int_equal(add_symlink("t", "d"), 0);
	assert_int_equal(add_file("d/s/m"), 0);
	assert_int_equal(add_file("t/s/o"), 0);
	assert_int_equal(nacre_fold_finish(fold, NULL), 0);
	assert_null(nacre_tree_find(&tree, "d/s/x"));
	assert_non_null(nacre_tree_find(&tree, "d/s/n"));
	assert_non_null(nacre_tree_find(&tree, "d/s/m"));
	assert_non_null(nacre_tree_find(&tree, "d/s/o"));
	assert_int_equal(tree.nodes, 6);
}

static void a_hundred_thousand_whiteouts_are_sorted_out(void **state)
{
	(void)state;
	begin(1);
	assert_int_equal(add_file("d/x"), 0);
	assert_int_equal(nacre_fold_finish(fold, NULL), 0);
	begin(2);
	for (unsigned i = 0; i < 100000; i++) {
		char path[32];

		(void)snprintf(path, sizeof(path), "d/%u", i * 7919 % 100003);
		assert_int_equal(add(NACRE_MEMBER_WHITEOUT, path, NACRE_TYPE_FILE, NULL), 0);
	}
	assert_int_equal(add(NACRE_MEMBER_WHITEOUT, "d/7919", NACRE_TYPE_FILE, NULL), 0);
	assert_int_equal(nacre_fold_finish(fold, &err), NACRE_E_UNSAFE);
	assert_string_equal(err.text, "whiteout of 'd/7919': twice in one layer");
}

/* Thousands of parents for each member; a second layer, whose members are placed at its end. */
static int imply(unsigned members, unsigned depth)
{
	static char path[4096];
	int rc = 0;

	begin(1);
	assert_int_equal(add_file("x"), 0);
	assert_int_equal(nacre_fold_finish(fold, NULL), 0);
	begin(2);
	for (unsigned i = 0; i < members && rc == 0; i++) {
		size_t len = (size_t)snprintf(path, sizeof(path), "%u", i);

		for (unsigned at = 1; at < depth; at++)
			len += (size_t)snprintf(path + len, sizeof(path) - len, "/d");
		rc = add_file(path);
	}
	return rc ? rc : nacre_fold_finish(fold, &err);
}

static void parents_that_no_member_names_count_as_members(void **state)
{
	(void)state;
	limits.image_members = 1 + 10 * 100;
	assert_int_equal(imply(10, 100), 0);
	assert_int_equal(tree.nodes, 1001);
	nacre_tree_clear(&tree);
	assert_int_equal(nacre_tree_init(&tree, NULL), 0);
	limits.image_members--;
	assert_int_equal(imply(10, 100), NACRE_E_LIMIT);
	assert_non_null(strstr(err.text,
		"more than 1000 names, parents that no member names included (limit "
		"image-members)"));
}

static void the_memory_that_members_imply_is_bounded_when_they_are_placed(void **state)
{
	uint64_t most = (uint64_t)4 << 20;

	(void)state;
	limits.tree_bytes = most;
	assert_int_equal(imply(1000, 1000), NACRE_E_LIMIT);
	assert_non_null(strstr(err.text, "(limit tree-bytes)"));
	/* A member and its parents at most beyond it. */
	assert_true(tree.arena.used_bytes < most + 1000 * 200);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(following_links_is_work_that_members_must_pay_for),
		TEST(ordinary_links_are_paid_for_by_their_members),
		TEST(directories_that_no_member_names_are_paid_for_by_members),
		TEST(members_in_one_directory_walk_along_a_link_once),
		TEST(nodes_know_the_layer_that_brought_them),
		TEST(only_files_with_content_point_into_the_layer),
		TEST(a_remembered_parent_does_not_outlive_its_directory),
		TEST(parents_that_no_member_names_count_as_members),
		TEST(the_memory_that_members_imply_is_bounded_when_they_are_placed),
		TEST(a_hundred_thousand_whiteouts_are_sorted_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
