/* SPDX-License-Identifier: Apache-2.0 */
#include "builder/plan_space.h"

#include "fixture.h"

#include <linux/magic.h>

#define XFS 0x58465342U
#define OTHER 1U

static struct nacre_tree tree;
static struct nacre_plan_space space;

static int begin_tree(void **state)
{
	(void)state;
	return nacre_tree_init(&tree, NULL);
}

static int end_tree(void **state)
{
	(void)state;
	nacre_tree_clear(&tree);
	return 0;
}

static struct nacre_inode *put(const char *name, enum nacre_type type)
{
	struct nacre_inode *inode = nacre_inode_new(&tree, type);

	assert_non_null(inode);
	assert_works(nacre_tree_add(&tree, tree.root, name, strlen(name), inode, NULL, err));
	return inode;
}

static struct nacre_inode *put_sized(const char *name, uint64_t size_bytes)
{
	struct nacre_inode *inode = put(name, NACRE_TYPE_FILE);

	inode->size_bytes = size_bytes;
	return inode;
}

static void put_symlink(const char *name, size_t len)
{
	char *target = nacre_arena_new(&tree.arena, len + 1);

	assert_non_null(target);
	memset(target, 'x', len);
	target[len] = '\0';
	put(name, NACRE_TYPE_SYMLINK)->u.target = target;
}

static void put_xattr(struct nacre_inode *inode, size_t len)
{
	void *value = nacre_arena_new(&tree.arena, len);
	const struct nacre_xattr item = { "user.a", value, len };

	assert_non_null(value);
	memset(value, 'v', len);
	assert_works(nacre_xattrs_make(&tree.arena, &item, 1, &inode->xattrs, err));
}

static void count(uint32_t magic, uint64_t block)
{
	nacre_plan_space_count(&tree, 0, nacre_plan_disk_find(magic), block, &space);
}

/* What one thing changes. */
static uint64_t base_least, base_most, base_inodes;

static void begin_with(uint32_t magic, uint64_t block)
{
	count(magic, block);
	base_least = space.least_bytes;
	base_most = space.most_bytes;
	base_inodes = space.inodes;
}

static void an_empty_tree_is_a_directory_with_a_lock_and_a_ledger(void **state)
{
	(void)state;
	count(EXT4_SUPER_MAGIC, 1024);
	assert_string_equal(space.file_system, "ext4");
	assert_int_equal(space.block_bytes, 1024);
	assert_int_equal(space.least_bytes, 1024);
	assert_int_equal(space.most_bytes, 3072);
	assert_int_equal(space.inodes, 3);
	nacre_plan_space_count(&tree, 1025, nacre_plan_disk_find(EXT4_SUPER_MAGIC), 1024, &space);
	assert_int_equal(space.least_bytes, 1024);
	assert_int_equal(space.most_bytes, 3072 + 2048);
}

static void content_takes_whole_blocks(void **state)
{
	(void)state;
	begin_with(EXT4_SUPER_MAGIC, 4096);
	put_sized("empty", 0);
	count(EXT4_SUPER_MAGIC, 4096);
	assert_int_equal(space.least_bytes - base_least, 0);
	put_sized("one", 1);
	put_sized("full", 4096);
	put_sized("more", 4097);
	count(EXT4_SUPER_MAGIC, 4096);
	assert_int_equal(space.least_bytes - base_least, 4 * 4096);
	assert_int_equal(space.most_bytes - base_most, 4 * 4096);
	assert_int_equal(space.inodes - base_inodes, 4);
}

static void a_file_in_many_pieces_takes_blocks_that_list_them(void **state)
{
	(void)state;
	begin_with(EXT4_SUPER_MAGIC, 4096);
	put_sized("five blocks", 5 * 4096);
	count(EXT4_SUPER_MAGIC, 4096);
	assert_int_equal(space.least_bytes - base_least, 5 * 4096);
	assert_int_equal(space.most_bytes - base_most, (5 + 2) * 4096);
}

static void hard_links_take_one_file_but_tmpfs_counts_their_names(void **state)
{
	struct nacre_inode *inode = put_sized("a", 1);

	(void)state;
	begin_with(TMPFS_MAGIC, 4096);
	assert_works(nacre_tree_add(&tree, tree.root, "b", 1, inode, NULL, err));
	count(TMPFS_MAGIC, 4096);
	assert_int_equal(space.least_bytes, base_least);
	assert_int_equal(space.most_bytes, base_most);
	assert_int_equal(space.inodes, base_inodes + 1);
	count(EXT4_SUPER_MAGIC, 4096);
	assert_int_equal(space.inodes, 4); /* the root, the file, lock and ledger */
}

static void a_symlink_takes_a_block_where_its_inode_has_no_room(void **state)
{
	static const struct {
		uint32_t magic;
		size_t len;
		uint64_t least, most;
	} cases[] = {
		{ EXT4_SUPER_MAGIC, 59, 0, 0 },
		{ EXT4_SUPER_MAGIC, 60, 4096, 4096 },
		{ TMPFS_MAGIC, 127, 0, 0 },
		{ TMPFS_MAGIC, 128, 4096, 4096 },
		{ XFS, 156, 0, 0 },
		{ XFS, 157, 0, 4096 },
		{ XFS, 337, 4096, 4096 },
		{ XFS, 4095, 4096, 8192 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		nacre_tree_clear(&tree);
		assert_works(nacre_tree_init(&tree, err));
		put_sized("link", 0);
		begin_with(cases[i].magic, 4096);
		nacre_tree_remove(&tree, nacre_tree_find(&tree, "link"));
		put_symlink("link", cases[i].len);
		count(cases[i].magic, 4096);
		assert_int_equal(space.least_bytes - base_least, cases[i].least);
		assert_int_equal(space.most_bytes - base_most, cases[i].most);
	}
}

static void xattrs_take_blocks_or_inodes_of_tmpfs(void **state)
{
	struct nacre_inode *inode = put_sized("a", 0);

	(void)state;
	begin_with(EXT4_SUPER_MAGIC, 4096);
	put_xattr(inode, 100);
	count(EXT4_SUPER_MAGIC, 4096);
	assert_int_equal(space.least_bytes, base_least);
	assert_int_equal(space.most_bytes, base_most + 2 * 4096);
	inode->xattrs = NULL;
	begin_with(TMPFS_MAGIC, 4096);
	put_xattr(inode, 1024 - 40 - sizeof("user.a"));
	count(TMPFS_MAGIC, 4096);
	assert_int_equal(space.inodes, base_inodes + 1);
	put_xattr(inode, 1025 - 40 - sizeof("user.a"));
	count(TMPFS_MAGIC, 4096);
	assert_int_equal(space.inodes, base_inodes + 2);
	assert_int_equal(space.most_bytes, base_most);
}

static void a_directory_grows_with_its_names(void **state)
{
	(void)state;
	for (int i = 0; i < 100; i++) {
		char name[64];

		(void)snprintf(
			name, sizeof(name), "a name of forty bytes, as many have it %d", i + 100);
		put_sized(name, 0);
	}
	count(EXT4_SUPER_MAGIC, 1024);
	/* 100 times 8 and 41 bytes, and 24 for the two dots. */
	assert_int_equal(space.least_bytes, 5 * 1024);
	assert_true(space.most_bytes > space.least_bytes && space.most_bytes < 26 * 1024);
	count(TMPFS_MAGIC, 4096);
	assert_int_equal(space.least_bytes, 0);
	assert_int_equal(space.most_bytes, 2 * 4096);
}

static void another_file_system_is_given_more(void **state)
{
	(void)state;
	put_sized("a", 1);
	put_symlink("l", 60);
	count(OTHER, 4096);
	assert_string_equal(space.file_system, "");
	assert_int_equal(space.least_bytes, 4096);
	assert_true(space.most_bytes > 5 * 4096);
}

static void sizes_beyond_all_numbers_are_too_large_and_not_small(void **state)
{
	(void)state;
	put_sized("a", UINT64_MAX - 1);
	put_sized("b", UINT64_MAX - 1);
	put_sized("c", 12345);
	count(EXT4_SUPER_MAGIC, 4096);
	assert_true(space.least_bytes == UINT64_MAX);
	assert_true(space.most_bytes == UINT64_MAX);
	assert_int_equal(nacre_plan_fit(UINT64_MAX, UINT64_MAX, UINT64_MAX - 1, 0), NACRE_FIT_NO);
}

static void what_is_free_decides_between_yes_close_and_no(void **state)
{
	(void)state;
	assert_int_equal(nacre_plan_fit(10, 20, 20, 0), NACRE_FIT_YES);
	assert_int_equal(nacre_plan_fit(10, 20, 19, 0), NACRE_FIT_CLOSE);
	assert_int_equal(nacre_plan_fit(10, 20, 10, 0), NACRE_FIT_CLOSE);
	assert_int_equal(nacre_plan_fit(10, 20, 9, 0), NACRE_FIT_NO);
	assert_int_equal(nacre_plan_fit(10, 20, 9, 1), NACRE_FIT_CLOSE);
	assert_int_equal(nacre_plan_fit(10, 20, 0, 100), NACRE_FIT_CLOSE);
	assert_int_equal(nacre_plan_fit(0, 0, 0, 0), NACRE_FIT_YES);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, begin_tree, end_tree)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_empty_tree_is_a_directory_with_a_lock_and_a_ledger),
		TEST(content_takes_whole_blocks),
		TEST(a_file_in_many_pieces_takes_blocks_that_list_them),
		TEST(hard_links_take_one_file_but_tmpfs_counts_their_names),
		TEST(a_symlink_takes_a_block_where_its_inode_has_no_room),
		TEST(xattrs_take_blocks_or_inodes_of_tmpfs),
		TEST(a_directory_grows_with_its_names),
		TEST(another_file_system_is_given_more),
		TEST(sizes_beyond_all_numbers_are_too_large_and_not_small),
		TEST(what_is_free_decides_between_yes_close_and_no),
	};

	return cmocka_run_group_tests_name("plan_space", tests, NULL, NULL);
}
