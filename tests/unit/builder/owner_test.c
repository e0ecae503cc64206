/* SPDX-License-Identifier: Apache-2.0 */
#include "builder/owner.h"

#include "fixture.h"

static int open_memory(struct nacre_origin *origin, uint64_t key, uint64_t size,
	struct nacre_source **out_source, struct nacre_err *err)
{
	(void)origin;
	return nacre_source_memory((const void *)(uintptr_t)key, (size_t)size, out_source, err);
}

static struct nacre_origin memory = { .open = open_memory };
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

static struct nacre_inode *add(const char *dir_name, const char *name, enum nacre_type type)
{
	struct nacre_node *dir = nacre_node_find(tree.root, dir_name, strlen(dir_name));
	struct nacre_inode *inode = nacre_inode_new(&tree, type);

	if (!dir)
		assert_works(nacre_tree_add(&tree, tree.root, dir_name, strlen(dir_name),
			nacre_inode_new(&tree, NACRE_TYPE_DIR), &dir, err));
	assert_works(nacre_tree_add(&tree, dir, name, strlen(name), inode, NULL, err));
	return inode;
}

static void put(const char *dir, const char *name, const char *text)
{
	struct nacre_inode *inode = add(dir, name, NACRE_TYPE_FILE);

	inode->size_bytes = strlen(text);
	inode->u.content.origin = &memory;
	inode->u.content.key = (uintptr_t)text;
}

static struct nacre_recipe_id id(const char *text)
{
	struct nacre_recipe_id got = { .text = text };

	if (text && text[0] >= '0' && text[0] <= '9') {
		got.is_number = true;
		got.number = (uint32_t)strtoul(text, NULL, 10);
	}
	return got;
}

static struct nacre_recipe_owner owner(const char *user, const char *group)
{
	return (struct nacre_recipe_owner){ .given = true, .user = id(user), .group = id(group) };
}

static void assert_owner(const char *user, const char *group, uint32_t uid, uint32_t gid)
{
	struct nacre_recipe_owner want = owner(user, group);
	uint32_t got_uid = 1, got_gid = 1;

	assert_works(nacre_owner_find(&tree, &want, &got_uid, &got_gid, err));
	assert_int_equal(got_uid, uid);
	assert_int_equal(got_gid, gid);
}

static void assert_owner_refused(const char *user, const char *group, int code, const char *message)
{
	struct nacre_recipe_owner want = owner(user, group);
	uint32_t uid, gid;

	assert_refused(nacre_owner_find(&tree, &want, &uid, &gid, err), code, message);
}

static void an_owner_that_is_not_given_is_root(void **state)
{
	const struct nacre_recipe_owner none = { .given = false };
	uint32_t uid = 1, gid = 1;

	(void)state;
	assert_works(nacre_owner_find(&tree, &none, &uid, &gid, err));
	assert_int_equal(uid, 0);
	assert_int_equal(gid, 0);
}

static void a_name_has_the_numbers_of_the_first_line(void **state)
{
	(void)state;
	put("etc", "passwd", "root:x:0:0::/:\napp:x:10:20::/:\napp:x:11:21::/:\n");
	assert_owner("app", NULL, 10, 20);
	assert_owner("root", NULL, 0, 0);
	assert_owner("app", "7", 10, 7);
}

/* Never the uid of one line with the gid of another. */
static void a_line_without_its_numbers_is_passed_over_as_a_whole(void **state)
{
	(void)state;
	put("etc", "passwd",
		"app\napp:x\napp:x:10\napp:x:11:x:\napp:x:4294967295:1:\napp:x:-1:1:\n"
		"app:x:12:22");
	assert_owner("app", NULL, 12, 22);
}

static void a_number_without_a_group_has_that_of_its_line_or_0(void **state)
{
	(void)state;
	assert_owner("10", NULL, 10, 0);
	put("etc", "passwd", "app:x:10:20::/:\nother:x:10:21::/:\n");
	assert_owner("10", NULL, 10, 20);
	assert_owner("11", NULL, 11, 0);
	assert_owner("10", "3", 10, 3);
}

static void a_group_by_name_is_that_of_etc_group(void **state)
{
	(void)state;
	put("etc", "group", "staff:x:50:\nstaff:x:51:\n");
	assert_owner("5", "staff", 5, 50);
	assert_owner_refused("5", "stuff", NACRE_E_NOT_FOUND,
		"no group 'stuff' in the image's /etc/group; did you mean 'staff'?");
}

static void a_name_that_is_only_the_begin_of_another_does_not_match(void **state)
{
	(void)state;
	put("etc", "passwd", "apps:x:1:1:\nap:x:2:2:\n");
	assert_owner_refused("app", NULL, NACRE_E_NOT_FOUND,
		"no user 'app' in the image's /etc/passwd; did you mean 'apps'?");
}

static void the_files_may_be_links_inside_of_the_image(void **state)
{
	(void)state;
	put("lib", "users", "app:x:10:20::/:\n");
	add("etc", "passwd", NACRE_TYPE_SYMLINK)->u.target = "../../lib/users";
	assert_owner("app", NULL, 10, 20);
}

static void a_name_needs_the_file_and_nothing_else_in_its_place(void **state)
{
	(void)state;
	assert_owner_refused(
		"app", NULL, NACRE_E_NOT_FOUND, "user 'app': the image has no /etc/passwd");
	assert_owner_refused(
		"5", "app", NACRE_E_NOT_FOUND, "group 'app': the image has no /etc/group");
	(void)add("etc", "passwd", NACRE_TYPE_DIR);
	assert_owner_refused(
		"app", NULL, NACRE_E_NOT_FOUND, "user 'app': the image has no /etc/passwd");
}

static void a_file_that_is_too_large_is_refused(void **state)
{
	const size_t len = ((size_t)4 << 20) + 1;
	nacre_autofree char *text = malloc(len + 1);

	(void)state;
	assert_non_null(text);
	memset(text, 'x', len);
	text[len] = '\0';
	put("etc", "passwd", text);
	assert_owner_refused("app", NULL, NACRE_E_LIMIT,
		"user 'app': /etc/passwd of the image: more than 4194304 bytes");
}

#define owner_test(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		owner_test(an_owner_that_is_not_given_is_root),
		owner_test(a_name_has_the_numbers_of_the_first_line),
		owner_test(a_line_without_its_numbers_is_passed_over_as_a_whole),
		owner_test(a_number_without_a_group_has_that_of_its_line_or_0),
		owner_test(a_group_by_name_is_that_of_etc_group),
		owner_test(a_name_that_is_only_the_begin_of_another_does_not_match),
		owner_test(the_files_may_be_links_inside_of_the_image),
		owner_test(a_name_needs_the_file_and_nothing_else_in_its_place),
		owner_test(a_file_that_is_too_large_is_refused),
	};

	return cmocka_run_group_tests_name("owner", tests, NULL, NULL);
}
