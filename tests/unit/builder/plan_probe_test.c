/* SPDX-License-Identifier: Apache-2.0 */
#include "builder/plan_probe.h"

#include "builder/plan_sample.h"
#include "fixture.h"

#include <ctype.h>
#include <sys/syscall.h>

/*
 * No file system at hand takes "a" and "A" for the same, so one is made up: what is created gets a
 * name of small letters. It stands before the C library's own.
 */
static bool is_folding;

int openat64(int dir, const char *name, int flags, ...);

int openat64(int dir, const char *name, int flags, ...)
{
	char folded[256];
	size_t len = strlen(name);

	if (is_folding && (flags & O_CREAT) && len < sizeof(folded)) {
		for (size_t i = 0; i <= len; i++)
			folded[i] = (char)tolower((unsigned char)name[i]);
		name = folded;
	}
	return (int)syscall(SYS_openat, dir, name, flags | O_LARGEFILE, 0600);
}

static struct nacre_tree tree;

static int begin(void **state)
{
	is_folding = false;
	return open_scratch(state) < 0 || nacre_tree_init(&tree, NULL) ? -1 : 0;
}

static int end(void **state)
{
	nacre_tree_clear(&tree);
	return close_scratch(state);
}

static struct nacre_inode *put(struct nacre_node *dir, const char *name, enum nacre_type type)
{
	struct nacre_inode *inode = nacre_inode_new(&tree, type);

	assert_non_null(inode);
	assert_works(nacre_tree_add(&tree, dir, name, strlen(name), inode, NULL, err));
	return inode;
}

/* -------------------------------------------------------------------- probes */

static char refused_names[600];

static int note(const struct nacre_node *node, int number, void *user, struct nacre_err *err)
{
	(void)user;
	(void)err;
	(void)snprintf(refused_names + strlen(refused_names),
		sizeof(refused_names) - strlen(refused_names), "%s: %s\n", node->name,
		strerror(number));
	return 0;
}

static void open_probe(struct nacre_plan_probe *probe)
{
	assert_int_equal(mkdir("probe", 0700), 0);
	probe->dir = open("probe", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(probe->dir >= 0);
	assert_works(nacre_plan_probe_open(probe, probe->dir, err));
}

static void close_probe(struct nacre_plan_probe *probe)
{
	int dir = probe->dir;

	nacre_plan_probe_clear(probe);
	(void)close(dir);
	/* Only when nothing was left in it. */
	assert_int_equal(rmdir("probe"), 0);
}

static void an_ordinary_file_system_takes_every_name(void **state)
{
	struct nacre_plan_probe probe = NACRE_PLAN_PROBE;

	(void)state;
	open_probe(&probe);
	assert_false(probe.is_odd);
	close_probe(&probe);
}

static void names_that_are_one_to_a_file_system_are_found(void **state)
{
	struct nacre_plan_probe probe = NACRE_PLAN_PROBE;

	(void)state;
	is_folding = true;
	refused_names[0] = '\0';
	put(tree.root, "Makefile", NACRE_TYPE_FILE);
	put(tree.root, "makefile", NACRE_TYPE_DIR);
	put(tree.root, "MAKEFILE", NACRE_TYPE_FILE);
	put(tree.root, "other", NACRE_TYPE_FILE);
	open_probe(&probe);
	assert_true(probe.is_odd);
	assert_works(nacre_plan_probe_names(&probe, tree.root, note, NULL, err));
	assert_string_equal(refused_names, "Makefile: File exists\nmakefile: File exists\n");
	assert_works(nacre_plan_probe_names(
		&probe, nacre_tree_find(&tree, "makefile"), note, NULL, err));
	close_probe(&probe);
}

static void times_of_today_are_kept(void **state)
{
	struct nacre_plan_probe probe = NACRE_PLAN_PROBE;

	(void)state;
	open_probe(&probe);
	assert_true(nacre_plan_probe_time(&probe, 1700000000, 0));
	assert_true(nacre_plan_probe_time(&probe, 0, 0));
	close_probe(&probe);
}

/* ------------------------------------------------------------------- samples */

static void files_that_differ_in_no_attribute_share_a_sample(void **state)
{
	NACRE_CLEANUP(nacre_plan_sample_clear)
	struct nacre_plan_sample sample = NACRE_PLAN_SAMPLE;
	struct nacre_inode *a = put(tree.root, "a", NACRE_TYPE_FILE);
	struct nacre_inode *b = put(tree.root, "b", NACRE_TYPE_FILE);
	size_t which;

	(void)state;
	a->size_bytes = 5;
	b->mtime_s = 7;
	put(tree.root, "c", NACRE_TYPE_FILE)->mode = 0600;
	put(tree.root, "d", NACRE_TYPE_DIR);
	put(tree.root, "e", NACRE_TYPE_FILE)->uid = 1;
	put(tree.root, "f", NACRE_TYPE_FILE)->gid = 1;
	assert_works(nacre_tree_add(&tree, tree.root, "g", 1, a, NULL, err));
	assert_works(nacre_plan_sample_take(&tree, &sample, err));
	assert_int_equal(sample.count, 6); /* the root; a and b; c, d, e, f */
	assert_int_equal(sample.tree.nodes, 5);
	assert_int_equal(nacre_plan_sample_find(&sample, tree.root), 0);
	assert_ptr_equal(sample.likes[0], tree.root);
	which = nacre_plan_sample_find(&sample, nacre_tree_find(&tree, "a"));
	assert_string_equal(sample.likes[which]->name, "a");
	assert_int_equal(nacre_plan_sample_find(&sample, nacre_tree_find(&tree, "b")), which);
	assert_int_equal(nacre_plan_sample_find(&sample, nacre_tree_find(&tree, "g")), which);
	assert_int_not_equal(nacre_plan_sample_find(&sample, nacre_tree_find(&tree, "c")), which);
}

static void xattrs_make_a_difference_by_name_and_value(void **state)
{
	static const struct nacre_xattr items[] = {
		{ "user.a", "1", 1 },
		{ "user.a", "2", 1 },
		{ "user.b", "1", 1 },
		{ "user.a", "1", 1 },
		{ "user.a", NULL, 0 },
	};
	NACRE_CLEANUP(nacre_plan_sample_clear)
	struct nacre_plan_sample sample = NACRE_PLAN_SAMPLE;

	(void)state;
	for (size_t i = 0; i < COUNT(items); i++) {
		const char name[2] = { (char)('a' + i), '\0' };

		assert_works(nacre_xattrs_make(&tree.arena, &items[i], 1,
			&put(tree.root, name, NACRE_TYPE_FILE)->xattrs, err));
	}
	assert_works(nacre_plan_sample_take(&tree, &sample, err));
	assert_int_equal(sample.count, 5);
	assert_int_equal(nacre_plan_sample_find(&sample, nacre_tree_find(&tree, "a")),
		nacre_plan_sample_find(&sample, nacre_tree_find(&tree, "d")));
}

static void the_longest_target_stands_for_all_symlinks(void **state)
{
	NACRE_CLEANUP(nacre_plan_sample_clear)
	struct nacre_plan_sample sample = NACRE_PLAN_SAMPLE;
	const struct nacre_node *node;

	(void)state;
	put(tree.root, "a", NACRE_TYPE_SYMLINK)->u.target = "x";
	put(tree.root, "b", NACRE_TYPE_SYMLINK)->u.target = "longer";
	put(tree.root, "c", NACRE_TYPE_SYMLINK)->u.target = "long";
	assert_works(nacre_plan_sample_take(&tree, &sample, err));
	assert_int_equal(sample.count, 2);
	node = nacre_node_first(sample.tree.root);
	assert_int_equal(nacre_plan_sample_of(node), 1);
	assert_string_equal(node->inode->u.target, "longer");
}

static void more_kinds_than_are_tried_have_no_sample(void **state)
{
	NACRE_CLEANUP(nacre_plan_sample_clear)
	struct nacre_plan_sample sample = NACRE_PLAN_SAMPLE;
	size_t without = 0;

	(void)state;
	for (uint32_t i = 0; i < NACRE_PLAN_SAMPLES_MOST + 10; i++) {
		char name[16];

		(void)snprintf(name, sizeof(name), "%u", i);
		put(tree.root, name, NACRE_TYPE_FILE)->uid = i;
	}
	assert_works(nacre_plan_sample_take(&tree, &sample, err));
	assert_int_equal(sample.count, NACRE_PLAN_SAMPLES_MOST);
	for (struct nacre_node *at = tree.root; at; at = nacre_tree_next(at))
		without += nacre_plan_sample_find(&sample, at) >= sample.count;
	assert_int_equal(without, 11); /* the root has one */
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_ordinary_file_system_takes_every_name),
		TEST(names_that_are_one_to_a_file_system_are_found),
		TEST(times_of_today_are_kept),
		TEST(files_that_differ_in_no_attribute_share_a_sample),
		TEST(xattrs_make_a_difference_by_name_and_value),
		TEST(the_longest_target_stands_for_all_symlinks),
		TEST(more_kinds_than_are_tried_have_no_sample),
	};

	return cmocka_run_group_tests_name("plan_probe", tests, NULL, NULL);
}
