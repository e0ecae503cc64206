/* SPDX-License-Identifier: Apache-2.0 */
#include "builder/plan_privileges.h"

#include "builder/capability.h"
#include "fixture.h"

static struct nacre_tree tree;
static struct nacre_plan_privilege got[NACRE_PLAN_PRIVILEGES];

static int begin_tree(void **state)
{
	(void)state;
	return nacre_tree_init(&tree, NULL);
}

static void forget(void)
{
	for (size_t i = 0; i < NACRE_PLAN_PRIVILEGES; i++)
		free(got[i].paths.text);
	memset(got, 0, sizeof(got));
}

static int end_tree(void **state)
{
	(void)state;
	forget();
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

static void put_xattr(struct nacre_inode *inode, const char *name)
{
	const struct nacre_xattr item = { name, "v", 1 };

	assert_works(nacre_xattrs_make(&tree.arena, &item, 1, &inode->xattrs, err));
}

/* Root in group 0 and 20, with CAP_CHOWN alone. */
static uint32_t groups[] = { 20 };
static const struct nacre_plan_maker maker = { 0, 0, groups, 1, 1U << NACRE_CAP_CHOWN };

/* "CAP_CHOWN 1 a, …" of those that are needed. */
static const char *needs(bool keep_owner)
{
	static char text[600];
	size_t len = 0;

	forget();
	assert_works(nacre_plan_privileges(&tree, &maker, keep_owner, got, err));
	text[0] = '\0';
	for (size_t i = 0; i < NACRE_PLAN_PRIVILEGES; i++) {
		if (got[i].paths.count > 0)
			len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%s %d %s",
				len ? ", " : "", got[i].name, (int)got[i].paths.count,
				got[i].paths.text);
	}
	return text;
}

static void what_is_ours_needs_nothing(void **state)
{
	(void)state;
	put("d", NACRE_TYPE_DIR)->mode = 07777;
	put("f", NACRE_TYPE_FILE)->gid = 20;
	put("p", NACRE_TYPE_FIFO);
	put_xattr(put("x", NACRE_TYPE_FILE), "user.a");
	assert_string_equal(needs(true), "");
}

static void another_owner_needs_chown_and_then_rights_over_what_is_not_ours(void **state)
{
	struct nacre_inode *inode = put("f", NACRE_TYPE_FILE);

	(void)state;
	inode->uid = 7;
	assert_string_equal(needs(true), "CAP_CHOWN 1 f, CAP_FOWNER 1 f");
	put_xattr(inode, "user.a");
	assert_string_equal(needs(true), "CAP_CHOWN 1 f, CAP_DAC_OVERRIDE 1 f, CAP_FOWNER 1 f");
	assert_string_equal(needs(false), "");
}

static void another_group_needs_chown_and_its_setgid_bit_more(void **state)
{
	struct nacre_inode *inode = put("d", NACRE_TYPE_DIR);

	(void)state;
	inode->gid = 30;
	assert_string_equal(needs(true), "CAP_CHOWN 1 d");
	inode->mode |= 02000;
	assert_string_equal(needs(true), "CAP_CHOWN 1 d, CAP_FSETID 1 d");
	assert_string_equal(needs(false), "");
}

static void devices_and_attributes_of_the_system_need_what_they_need(void **state)
{
	(void)state;
	put("b", NACRE_TYPE_BLOCK);
	put("c", NACRE_TYPE_CHAR);
	put_xattr(put("f", NACRE_TYPE_FILE), "security.capability");
	put_xattr(put("g", NACRE_TYPE_FILE), "security.selinux");
	put_xattr(put("h", NACRE_TYPE_FILE), "trusted.x");
	put_xattr(put("i", NACRE_TYPE_FILE), "system.posix_acl_access");
	assert_string_equal(needs(false), "CAP_MKNOD 2 b, CAP_SETFCAP 1 f, CAP_SYS_ADMIN 2 g");
}

static void a_file_of_many_names_needs_it_once(void **state)
{
	struct nacre_inode *inode = put("b", NACRE_TYPE_FILE);

	(void)state;
	inode->uid = 1;
	assert_works(nacre_tree_add(&tree, tree.root, "a", 1, inode, NULL, err));
	assert_string_equal(needs(true), "CAP_CHOWN 1 a, CAP_FOWNER 1 a");
}

static void the_root_is_a_file_like_others_and_what_is_held_is_said(void **state)
{
	(void)state;
	tree.root->inode->uid = 1;
	assert_string_equal(needs(true), "CAP_CHOWN 1 ., CAP_FOWNER 1 .");
	assert_true(got[0].is_held);
	for (size_t i = 1; i < NACRE_PLAN_PRIVILEGES; i++)
		assert_false(got[i].is_held);
}

static void a_list_counts_beyond_what_it_lists(void **state)
{
	struct nacre_path_list list = NACRE_PATH_LIST(4);
	struct nacre_paths paths;

	(void)state;
	put("abc", NACRE_TYPE_FILE);
	for (struct nacre_node *at = tree.root; at; at = nacre_tree_next(at))
		assert_works(nacre_path_list_add(&list, at, err));
	assert_works(nacre_path_list_add(&list, tree.root, err));
	paths = nacre_path_list_steal(&list);
	assert_int_equal(paths.count, 3);
	assert_int_equal(paths.listed, 2);
	assert_memory_equal(paths.text, ".\0abc", 6);
	assert_int_equal(list.count, 0);
	assert_null(list.text.data);
	free(paths.text);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, begin_tree, end_tree)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_is_ours_needs_nothing),
		TEST(another_owner_needs_chown_and_then_rights_over_what_is_not_ours),
		TEST(another_group_needs_chown_and_its_setgid_bit_more),
		TEST(devices_and_attributes_of_the_system_need_what_they_need),
		TEST(a_file_of_many_names_needs_it_once),
		TEST(the_root_is_a_file_like_others_and_what_is_held_is_said),
		TEST(a_list_counts_beyond_what_it_lists),
	};

	return cmocka_run_group_tests_name("plan_privileges", tests, NULL, NULL);
}
