/* SPDX-License-Identifier: Apache-2.0 */
#include "layers/tree.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct nacre_tree tree;

static int setup(void **state)
{
	(void)state;
	return nacre_tree_init(&tree, NULL);
}

static int teardown(void **state)
{
	(void)state;
	nacre_tree_clear(&tree);
	return 0;
}

static struct nacre_node *put(struct nacre_node *dir, const char *name, enum nacre_type type)
{
	struct nacre_node *node = NULL;
	struct nacre_inode *inode = nacre_inode_new(&tree, type);

	assert_non_null(inode);
	assert_int_equal(nacre_tree_add(&tree, dir, name, strlen(name), inode, &node, NULL), 0);
	return node;
}

static struct nacre_node *put_link(struct nacre_node *dir, const char *name, const char *target)
{
	struct nacre_node *node = put(dir, name, NACRE_TYPE_SYMLINK);

	node->inode->u.target = target;
	return node;
}

static void siblings_are_sorted_by_bytes_whatever_the_order_of_arrival(void **state)
{
	static const char *const names[] = { "b", "a-b", "\xff", "a", "B", "a0", " " };
	static const char *const sorted[] = { " ", "B", "a", "a-b", "a0", "b", "\xff" };
	struct nacre_node *node;
	size_t i = 0;

	(void)state;
	for (size_t k = 0; k < 7; k++)
		(void)put(tree.root, names[k], NACRE_TYPE_FILE);
	for (node = nacre_node_first(tree.root); node; node = nacre_node_next(node))
		assert_string_equal(node->name, sorted[i++]);
	assert_int_equal(i, 7);
}

static void a_walk_meets_parents_before_children_and_skips_what_is_asked(void **state)
{
	struct nacre_node *a = put(tree.root, "a", NACRE_TYPE_DIR), *node;
	struct nacre_node *b = put(a, "b", NACRE_TYPE_DIR);
	char text[64] = "", name[16];

	(void)state;
	(void)put(b, "c", NACRE_TYPE_FILE);
	(void)put(tree.root, "a-", NACRE_TYPE_FILE);
	for (node = tree.root; node; node = nacre_tree_next(node)) {
		strcat(text, nacre_node_name(node, name, sizeof(name)));
		strcat(text, " ");
	}
	assert_string_equal(text, "/ a a/b a/b/c a- ");
	assert_string_equal(nacre_tree_next_skip(a)->name, "a-");
}

static void a_name_twice_is_refused(void **state)
{
	struct nacre_err err;

	(void)state;
	(void)put(tree.root, "a", NACRE_TYPE_FILE);
	assert_int_equal(nacre_tree_add(&tree, tree.root, "a", 1,
				 nacre_inode_new(&tree, NACRE_TYPE_FILE), NULL, &err),
		NACRE_E_EXISTS);
	assert_int_equal(tree.nodes, 1);
}

static void removing_takes_all_below_and_counts(void **state)
{
	struct nacre_node *a = put(tree.root, "a", NACRE_TYPE_DIR);

	(void)state;
	(void)put(put(a, "b", NACRE_TYPE_DIR), "c", NACRE_TYPE_FILE);
	(void)put(tree.root, "z", NACRE_TYPE_FILE);
	assert_int_equal(tree.nodes, 4);
	nacre_tree_remove(&tree, a);
	assert_int_equal(tree.nodes, 1);
	assert_null(nacre_tree_find(&tree, "a/b"));
	assert_non_null(nacre_tree_find(&tree, "z"));
}

static void check_resolve(const char *path, unsigned how, const char *want)
{
	struct nacre_node *node = NULL;
	char name[64];

	assert_int_equal(nacre_tree_resolve(&tree, path, how, 1, &node, NULL), 0);
	if (want)
		assert_string_equal(
			node ? nacre_node_name(node, name, sizeof(name)) : "(none)", want);
	else
		assert_null(node);
}

static void links_are_followed_as_inside_a_root(void **state)
{
	struct nacre_node *usr = put(tree.root, "usr", NACRE_TYPE_DIR);
	struct nacre_node *lib = put(usr, "lib", NACRE_TYPE_DIR);

	(void)state;
	(void)put(lib, "x", NACRE_TYPE_FILE);
	(void)put_link(tree.root, "lib", "usr/lib");
	(void)put_link(tree.root, "abs", "/usr/./lib//");
	(void)put_link(tree.root, "up", "../../../../usr/lib");
	(void)put_link(lib, "self", "x");
	(void)put_link(tree.root, "chain", "lib/self");
	check_resolve("lib/x", NACRE_RESOLVE_NOFOLLOW, "usr/lib/x");
	check_resolve("abs/x", NACRE_RESOLVE_NOFOLLOW, "usr/lib/x");
	check_resolve("up/x", NACRE_RESOLVE_NOFOLLOW, "usr/lib/x");
	check_resolve("lib", NACRE_RESOLVE_NOFOLLOW, "lib");
	check_resolve("lib", NACRE_RESOLVE_FOLLOW, "usr/lib");
	check_resolve("chain", NACRE_RESOLVE_FOLLOW, "usr/lib/x");
	check_resolve("", NACRE_RESOLVE_NOFOLLOW, "/");
	check_resolve("lib/none", NACRE_RESOLVE_NOFOLLOW, NULL);
	check_resolve("lib/x/y", NACRE_RESOLVE_NOFOLLOW, NULL);
}

static void a_loop_of_links_is_refused(void **state)
{
	struct nacre_node *node = NULL;
	struct nacre_err err;

	(void)state;
	(void)put_link(tree.root, "a", "b");
	(void)put_link(tree.root, "b", "a");
	assert_int_equal(nacre_tree_resolve(&tree, "a/x", 0, 1, &node, &err), NACRE_E_UNSAFE);
	assert_string_equal(err.text, "'a/x': more than 40 links");
}

static void long_targets_do_not_multiply_the_work(void **state)
{
	static char target[4001];
	struct nacre_node *node = NULL;
	struct nacre_err err;

	(void)state;
	for (size_t i = 0; i < 4000; i += 2)
		memcpy(target + i, "./", 2);
	(void)put_link(tree.root, "a", target);
	assert_int_equal(nacre_tree_resolve(&tree, "a/a/a/a", 0, 1, &node, &err), NACRE_E_UNSAFE);
	assert_string_equal(err.text, "'a/a/a/a': more than 4096 steps");
}

static void marks_are_left_on_the_links_that_were_followed(void **state)
{
	struct nacre_node *d = put(tree.root, "d", NACRE_TYPE_DIR), *node = NULL;
	struct nacre_node *l = put_link(tree.root, "l", "d");

	(void)state;
	(void)put(d, "x", NACRE_TYPE_FILE);
	assert_int_equal(nacre_tree_resolve(&tree, "l/x", NACRE_RESOLVE_MARK, 7, &node, NULL), 0);
	assert_int_equal(l->touched, 7);
	assert_int_equal(d->touched, 0);
}

static void a_clone_has_the_same_names_and_shares_inodes(void **state)
{
	struct nacre_node *a = put(tree.root, "a", NACRE_TYPE_DIR), *x, *y;
	struct nacre_tree copy;

	(void)state;
	(void)put(put(a, "b", NACRE_TYPE_DIR), "c", NACRE_TYPE_FILE);
	(void)put(a, "d", NACRE_TYPE_FILE);
	(void)put(tree.root, "e", NACRE_TYPE_DIR);
	(void)put(tree.root, "f", NACRE_TYPE_FIFO);
	assert_int_equal(nacre_tree_clone(&tree, &copy, NULL), 0);
	for (x = tree.root, y = copy.root; x && y; x = nacre_tree_next(x), y = nacre_tree_next(y)) {
		assert_string_equal(x->name, y->name);
		assert_ptr_equal(x->inode, y->inode);
		assert_ptr_not_equal(x, y);
	}
	assert_null(x);
	assert_null(y);
	assert_int_equal(copy.nodes, 6);
	nacre_tree_clear(&copy);
}

static void xattrs_are_sorted_and_a_name_twice_is_refused(void **state)
{
	struct nacre_xattr items[] = { { "user.b", "\0x", 2 }, { "user.a", "", 0 } };
	const struct nacre_xattrs *xattrs = NULL;
	struct nacre_err err;

	(void)state;
	assert_int_equal(nacre_xattrs_make(&tree.arena, items, 2, &xattrs, NULL), 0);
	assert_string_equal(xattrs->items[0].name, "user.a");
	assert_memory_equal(nacre_xattr_find(xattrs, "user.b")->value, "\0x", 2);
	assert_null(nacre_xattr_find(xattrs, "user.c"));
	items[1].name = "user.b";
	assert_int_equal(nacre_xattrs_make(&tree.arena, items, 2, &xattrs, &err), NACRE_E_UNSAFE);
	assert_string_equal(err.text, "xattr 'user.b' twice");
}

static void a_tree_of_many_names_keeps_its_order(void **state)
{
	struct nacre_node *node;
	char name[16], last[16] = "";
	unsigned random = 1, count = 0;

	(void)state;
	while (count < 20000) {
		random = random * 1103515245 + 12345;
		(void)snprintf(name, sizeof(name), "%08x", random);
		if (nacre_node_find(tree.root, name, strlen(name)))
			continue;
		(void)put(tree.root, name, NACRE_TYPE_FILE);
		count++;
		if (count % 3 == 0)
			nacre_tree_remove(&tree, nacre_node_first(tree.root));
	}
	count = 0;
	for (node = nacre_node_first(tree.root); node; node = nacre_node_next(node)) {
		assert_true(strcmp(last, node->name) < 0);
		(void)strcpy(last, node->name);
		count++;
	}
	assert_int_equal(count, tree.nodes);
	assert_int_equal(count, 20000 - 6666);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(siblings_are_sorted_by_bytes_whatever_the_order_of_arrival),
		TEST(a_walk_meets_parents_before_children_and_skips_what_is_asked),
		TEST(a_name_twice_is_refused),
		TEST(removing_takes_all_below_and_counts),
		TEST(links_are_followed_as_inside_a_root),
		TEST(a_loop_of_links_is_refused),
		TEST(long_targets_do_not_multiply_the_work),
		TEST(marks_are_left_on_the_links_that_were_followed),
		TEST(a_clone_has_the_same_names_and_shares_inodes),
		TEST(xattrs_are_sorted_and_a_name_twice_is_refused),
		TEST(a_tree_of_many_names_keeps_its_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
