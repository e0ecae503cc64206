/* SPDX-License-Identifier: Apache-2.0 */
/**
 * A tree in memory and as the directory `r`, for the tests of what compares the two. No file has
 * content: that would need layers, and is the business of tests/e2e/check.bats.
 */
#ifndef NACRE_TESTS_BUILDER_DRIFT_FIXTURE_H
#define NACRE_TESTS_BUILDER_DRIFT_FIXTURE_H

#include "builder/drift.h"

#include "fixture.h"
#include "layers/write.h"

static struct nacre_image_tree image; /* without layers: no file has content */

static inline struct nacre_inode *add(
	const char *path, enum nacre_type type, struct nacre_inode *inode)
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
	char parent[256];
	struct nacre_node *node;

	(void)snprintf(parent, sizeof(parent), "%.*s", slash ? (int)(slash - path) : 0, path);
	if (!inode)
		inode = nacre_inode_new(&image.tree, type);
	assert_non_null(inode);
	if (type == NACRE_TYPE_SYMLINK)
		inode->u.target = "nowhere";
	assert_works(nacre_tree_add(&image.tree, nacre_tree_find(&image.tree, parent), name,
		strlen(name), inode, &node, err));
	return inode;
}

static inline int begin_tree(void **state)
{
	return open_scratch(state) || nacre_tree_init(&image.tree, NULL);
}

static inline int end_tree(void **state)
{
	nacre_image_tree_clear(&image);
	return close_scratch(state);
}

#define tree_test(name) cmocka_unit_test_setup_teardown(name, begin_tree, end_tree)

/* Writes the tree to the directory `r`. */
static inline void write_tree(void)
{
	static const struct nacre_write_options options = { .keep_owner = true };
	nacre_autofd int dir = -1;

	assert_int_equal(mkdir("r", 0700), 0);
	assert_works(nacre_dir_open("r", &dir, err));
	assert_works(nacre_tree_write(&image.tree, dir, &options, &unsynced, err));
}

static inline int find(const struct nacre_drift_options *options, const struct nacre_env *env,
	struct nacre_drift *drift, struct nacre_err *out_err)
{
	NACRE_CLEANUP(nacre_content_hashes_clear)
	struct nacre_content_hashes hashes = { 0 };
	nacre_autofd int dir = -1;

	assert_works(nacre_dir_open("r", &dir, err));
	return nacre_drift_find(&image, dir, options, env, &hashes, drift, out_err);
}

static const struct nacre_drift_ignore nothing;
static const struct nacre_drift_options plain = { .ignore = &nothing };

#endif
