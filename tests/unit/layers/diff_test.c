/* SPDX-License-Identifier: Apache-2.0 */
#include "layers/diff.h"

#include "base/env.h"
#include "layers/fold.h"
#include "layers/tar_write.h"
#include "lib/randomtree.h"

struct layer_origin {
	struct nacre_origin base;
	const struct nacre_buf *bytes;
};

static int open_in_layer(struct nacre_origin *origin, uint64_t key, uint64_t size,
	struct nacre_source **out_source, struct nacre_err *err)
{
	const struct layer_origin *layer = (const struct layer_origin *)origin;

	assert_true(key + size <= layer->bytes->len);
	return nacre_source_memory(layer->bytes->data + key, (size_t)size, out_source, err);
}

static unsigned questions;

static int same_content(const struct nacre_inode *a, const struct nacre_inode *b, void *user,
	bool *out_same, struct nacre_err *err)
{
	(void)user;
	(void)err;
	assert_int_equal(a->size_bytes, b->size_bytes);
	questions++;
	*out_same = same_bytes(a, b);
	return 0;
}

static void check_whiteouts(
	struct nacre_tree *diff, struct nacre_tree *before, struct nacre_tree *after)
{
	for (struct nacre_node *at = diff->root; at; at = nacre_tree_next(at)) {
		if (at->inode->type == NACRE_TYPE_WHITEOUT) {
			assert_non_null(same_path(before, at));
			assert_null(same_path(after, at));
		} else {
			assert_non_null(same_path(after, at));
		}
	}
}

static unsigned names_of(const struct nacre_tree *tree, const struct nacre_inode *inode)
{
	unsigned count = 0;

	for (struct nacre_node *at = tree->root; at; at = nacre_tree_next(at))
		count += at->inode == inode;
	return count;
}

/* But for hard-link groups, which come whole, nothing is said again that is there already. */
static void check_news(struct nacre_tree *diff, struct nacre_tree *before, struct nacre_tree *after)
{
	for (struct nacre_node *at = diff->root; at; at = nacre_tree_next(at)) {
		const struct nacre_node *was = same_path(before, at);

		if (at->inode->type == NACRE_TYPE_DIR || at->inode->type == NACRE_TYPE_WHITEOUT ||
			!was || !nacre_inode_same_attrs(was->inode, at->inode))
			continue;
		if (names_of(after, at->inode) == 1 && names_of(before, was->inode) == 1)
			assert_true(at->inode->type == NACRE_TYPE_FILE &&
				!same_bytes(was->inode, at->inode));
	}
}

/* Shared with the tree before, the tree is the same one, and so is its difference. */
static void check_share(
	struct nacre_tree *diff, struct nacre_tree *before, struct nacre_tree *after)
{
	struct nacre_tree shared, again;

	assert_int_equal(nacre_tree_clone(after, &shared, NULL), 0);
	assert_int_equal(nacre_tree_share(before, &shared, same_content, NULL, NULL), 0);
	check_equal(after, &shared);
	assert_int_equal(nacre_tree_diff(before, &shared, same_content, NULL, &again, NULL), 0);
	check_equal(diff, &again);
	nacre_tree_clear(&again);
	nacre_tree_clear(&shared);
}

static void write_layer(struct nacre_tree *tree, struct nacre_buf *out_bytes)
{
	struct nacre_limits limits = nacre_env_limits(NULL);
	struct nacre_layer_stats stats;
	struct nacre_sink *sink = NULL;

	*out_bytes = (struct nacre_buf)NACRE_BUF(1 << 24);
	assert_int_equal(nacre_sink_buf(out_bytes, &sink, NULL), 0);
	assert_int_equal(nacre_tar_write(tree, &limits, sink, &stats, NULL), 0);
	nacre_sink_free(sink);
}

static void fold_layer(struct nacre_tree *tree, unsigned number, struct layer_origin *origin)
{
	struct nacre_limits limits = nacre_env_limits(NULL);
	struct nacre_source *source = NULL;
	struct nacre_err err = { NACRE_OK, "" };
	struct nacre_layer_counts counts;

	assert_int_equal(
		nacre_source_memory(origin->bytes->data, origin->bytes->len, &source, NULL), 0);
	if (nacre_fold_layer(tree, number, &origin->base, source, &limits, &counts, &err))
		fail_msg("%s", err.text);
	nacre_source_free(source);
}

static void check_pair(struct nacre_tree *before, struct nacre_tree *after)
{
	struct nacre_buf bytes;
	struct layer_origin origin = { { .open = open_in_layer }, &bytes };
	struct nacre_tree diff, result;

	assert_int_equal(nacre_tree_diff(before, after, same_content, NULL, &diff, NULL), 0);
	check_whiteouts(&diff, before, after);
	check_news(&diff, before, after);
	check_share(&diff, before, after);
	write_layer(&diff, &bytes);
	assert_int_equal(nacre_tree_clone(before, &result, NULL), 0);
	fold_layer(&result, 2, &origin);
	check_equal(after, &result);
	nacre_tree_clear(&result);
	nacre_tree_clear(&diff);
	nacre_buf_clear(&bytes);
}

static void check_empty(struct nacre_tree *a, struct nacre_tree *b)
{
	struct nacre_tree diff;

	assert_int_equal(nacre_tree_diff(a, b, same_content, NULL, &diff, NULL), 0);
	assert_int_equal(diff.nodes, 0);
	assert_false(diff.root->is_explicit);
	nacre_tree_clear(&diff);
}

/* ------------------------------------------------------------------- tests */

static void a_difference_of_unrelated_trees_makes_one_out_of_the_other(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 700; i++) {
		struct nacre_tree before, after;

		seed = i;
		make_random(&before, &before_origin);
		make_random(&after, &after_origin);
		check_pair(&before, &after);
		check_pair(&after, &before);
		nacre_tree_clear(&before);
		nacre_tree_clear(&after);
	}
}

static void a_difference_of_a_tree_and_its_changed_copy_does_the_same(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 1000; i++) {
		struct nacre_tree before, after;

		seed = 1000000 + i;
		make_random(&before, &before_origin);
		make_copy(&before, &after);
		check_empty(&before, &after);
		for (unsigned changes = 1 + pick(4); changes > 0; changes--)
			change_something(&after, &after_origin);
		check_pair(&before, &after);
		check_pair(&after, &before);
		nacre_tree_clear(&after);
		nacre_tree_clear(&before);
	}
}

static void a_difference_of_trees_that_share_inodes_does_the_same(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 1000; i++) {
		struct nacre_tree before, after;

		seed = 2000000 + i;
		make_random(&before, &before_origin);
		check_empty(&before, &before);
		assert_int_equal(nacre_tree_clone(&before, &after, NULL), 0);
		check_empty(&before, &after);
		for (unsigned changes = 1 + pick(4); changes > 0; changes--)
			change_something(&after, &after_origin);
		check_pair(&before, &after);
		nacre_tree_clear(&after);
		nacre_tree_clear(&before);
	}
}

static struct nacre_node *put(struct nacre_tree *tree, struct nacre_node *dir, const char *name,
	struct nacre_inode *inode)
{
	struct nacre_node *node = NULL;

	assert_int_equal(nacre_tree_add(tree, dir ? dir : tree->root, name, strlen(name), inode,
				 &node, NULL),
		0);
	return node;
}

static struct nacre_inode *file(struct nacre_tree *tree, uint64_t key, struct nacre_origin *origin)
{
	struct nacre_inode *inode = nacre_inode_new(tree, NACRE_TYPE_FILE);

	assert_non_null(inode);
	inode->size_bytes = 3;
	inode->u.content.key = key;
	inode->u.content.origin = origin;
	return inode;
}

/* "+a -b .c" for the explicit a, the whiteout b and the parent c. */
static void check_diff(struct nacre_tree *before, struct nacre_tree *after, const char *want)
{
	struct nacre_tree diff;
	char text[256] = "", name[64];

	assert_int_equal(nacre_tree_diff(before, after, same_content, NULL, &diff, NULL), 0);
	for (struct nacre_node *at = diff.root; at; at = nacre_tree_next(at)) {
		if (at == diff.root && !at->is_explicit)
			continue;
		strcat(text, *text ? " " : "");
		strcat(text,
			at->inode->type == NACRE_TYPE_WHITEOUT ? "-"
				: at->is_explicit	       ? "+"
							       : ".");
		strcat(text, nacre_node_name(at, name, sizeof(name)));
	}
	assert_string_equal(text, want);
	nacre_tree_clear(&diff);
}

static struct nacre_tree x, y;

static int setup(void **state)
{
	(void)state;
	questions = 0;
	return nacre_tree_init(&x, NULL) || nacre_tree_init(&y, NULL);
}

static int teardown(void **state)
{
	(void)state;
	nacre_tree_clear(&x);
	nacre_tree_clear(&y);
	return 0;
}

static void directories_on_the_way_are_named_again_and_what_is_unchanged_in_them_not(void **state)
{
	struct nacre_node *was = put(&x, NULL, "d", nacre_inode_new(&x, NACRE_TYPE_DIR));
	struct nacre_node *now = put(&y, NULL, "d", nacre_inode_new(&y, NACRE_TYPE_DIR));

	(void)state;
	(void)put(&x, was, "gone", file(&x, 0, &before_origin));
	(void)put(&y, now, "new", file(&y, 0, &after_origin));
	(void)put(&x, was, "same", file(&x, 1, &before_origin));
	(void)put(&y, now, "same", file(&y, 1, &after_origin));
	check_diff(&x, &y, "+d -d/gone +d/new");
	assert_int_equal(questions, 1);
}

static void a_changed_root_and_a_changed_directory_are_written(void **state)
{
	(void)state;
	(void)put(&x, NULL, "d", nacre_inode_new(&x, NACRE_TYPE_DIR));
	put(&y, NULL, "d", nacre_inode_new(&y, NACRE_TYPE_DIR))->inode->mode = 0700;
	y.root->inode->mtime_s = 1;
	check_diff(&x, &y, "+/ +d");
}

static void contents_at_the_same_place_are_not_compared(void **state)
{
	(void)state;
	(void)put(&x, NULL, "f", file(&x, 1, &before_origin));
	(void)put(&y, NULL, "f", file(&y, 1, &before_origin));
	check_diff(&x, &y, "");
	assert_int_equal(questions, 0);
}

static void contents_that_differ_are_written(void **state)
{
	(void)state;
	(void)put(&x, NULL, "f", file(&x, 1, &before_origin));
	(void)put(&y, NULL, "f", file(&y, 2, &after_origin));
	check_diff(&x, &y, "+f");
	assert_int_equal(questions, 1);
}

static void a_name_more_brings_all_names_of_its_group(void **state)
{
	struct nacre_inode *was = file(&x, 1, &before_origin), *now = file(&y, 1, &after_origin);

	(void)state;
	(void)put(&x, NULL, "a", was);
	(void)put(&x, NULL, "b", was);
	(void)put(&y, NULL, "a", now);
	(void)put(&y, NULL, "b", now);
	check_diff(&x, &y, "");
	(void)put(&y, NULL, "c", now);
	check_diff(&x, &y, "+a +b +c");
}

static void a_name_less_leaves_the_others_linked(void **state)
{
	struct nacre_inode *was = file(&x, 1, &before_origin), *now = file(&y, 1, &after_origin);

	(void)state;
	(void)put(&x, NULL, "a", was);
	(void)put(&x, NULL, "b", was);
	(void)put(&x, NULL, "c", was);
	(void)put(&y, NULL, "a", now);
	(void)put(&y, NULL, "c", now);
	check_diff(&x, &y, "-b");
}

static void a_link_taken_apart_writes_one_of_the_two(void **state)
{
	struct nacre_inode *was = file(&x, 1, &before_origin);

	(void)state;
	(void)put(&x, NULL, "a", was);
	(void)put(&x, NULL, "b", was);
	(void)put(&y, NULL, "a", file(&y, 1, &after_origin));
	(void)put(&y, NULL, "b", file(&y, 1, &after_origin));
	check_diff(&x, &y, "+b");
}

static void a_directory_that_becomes_a_file_needs_no_whiteouts(void **state)
{
	struct nacre_node *d = put(&x, NULL, "d", nacre_inode_new(&x, NACRE_TYPE_DIR));

	(void)state;
	(void)put(&x, d, "f", file(&x, 1, &before_origin));
	(void)put(&y, NULL, "d", file(&y, 1, &after_origin));
	check_diff(&x, &y, "+d");
	check_diff(&y, &x, "+d +d/f");
}

static int refuse(const struct nacre_inode *a, const struct nacre_inode *b, void *user,
	bool *out_same, struct nacre_err *err)
{
	(void)a;
	(void)b;
	(void)out_same;
	return nacre_fail(err, NACRE_E_IO, "cannot read %s", (const char *)user);
}

static void an_error_of_the_comparison_is_handed_on(void **state)
{
	struct nacre_err err;
	struct nacre_tree diff;
	char what[] = "it";

	(void)state;
	(void)put(&x, NULL, "f", file(&x, 1, &before_origin));
	(void)put(&y, NULL, "f", file(&y, 2, &after_origin));
	assert_int_equal(nacre_tree_diff(&x, &y, refuse, what, &diff, &err), NACRE_E_IO);
	assert_string_equal(err.text, "cannot read it");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_difference_of_unrelated_trees_makes_one_out_of_the_other),
		cmocka_unit_test(a_difference_of_a_tree_and_its_changed_copy_does_the_same),
		cmocka_unit_test(a_difference_of_trees_that_share_inodes_does_the_same),
		cmocka_unit_test_setup_teardown(
			directories_on_the_way_are_named_again_and_what_is_unchanged_in_them_not,
			setup, teardown),
		cmocka_unit_test_setup_teardown(
			a_changed_root_and_a_changed_directory_are_written, setup, teardown),
		cmocka_unit_test_setup_teardown(
			contents_at_the_same_place_are_not_compared, setup, teardown),
		cmocka_unit_test_setup_teardown(contents_that_differ_are_written, setup, teardown),
		cmocka_unit_test_setup_teardown(
			a_name_more_brings_all_names_of_its_group, setup, teardown),
		cmocka_unit_test_setup_teardown(
			a_name_less_leaves_the_others_linked, setup, teardown),
		cmocka_unit_test_setup_teardown(
			a_link_taken_apart_writes_one_of_the_two, setup, teardown),
		cmocka_unit_test_setup_teardown(
			a_directory_that_becomes_a_file_needs_no_whiteouts, setup, teardown),
		cmocka_unit_test_setup_teardown(
			an_error_of_the_comparison_is_handed_on, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
