/* SPDX-License-Identifier: Apache-2.0 */
#include "builder/unpack_policy.h"
#include "fixture.h"

static struct nacre_tree tree;

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

static void put_xattr(struct nacre_inode *inode, const char *name)
{
	const struct nacre_xattr item = { name, "v", 1 };

	assert_works(nacre_xattrs_make(&tree.arena, &item, 1, &inode->xattrs, err));
}

static int warnings;

static int count_warning(const struct nacre_event *event, void *user)
{
	(void)user;
	warnings += event->kind == NACRE_WARNING;
	return 0;
}

static const struct nacre_env listening = { .event = count_warning };
static const struct nacre_unpack_options plain;

static int apply(const struct nacre_unpack_options *options, struct nacre_unpacked *out_unpacked,
	struct nacre_err *err)
{
	warnings = 0;
	return nacre_unpack_policy_apply(&tree, options, &listening, out_unpacked, err);
}

static void a_device_is_refused_unless_asked_for(void **state)
{
	const struct nacre_unpack_options devices = { .devices = true };
	struct nacre_unpacked unpacked;
	struct nacre_inode *inode = put("null", NACRE_TYPE_CHAR);

	(void)state;
	inode->u.device.major = 1;
	inode->u.device.minor = 3;
	assert_refused(apply(&plain, &unpacked, err), NACRE_E_UNSAFE,
		"'null': a character device, and devices are not asked for (--devices)");
	assert_works(apply(&devices, &unpacked, err));
	inode->u.device.major = 0;
	inode->u.device.minor = 0;
	assert_refused(apply(&devices, &unpacked, err), NACRE_E_UNSAFE,
		"'null': the device 0:0, which overlayfs would take for a whiteout");
}

static void attributes_of_overlayfs_are_refused_whatever_is_asked_for(void **state)
{
	const struct nacre_unpack_options all = { .all_xattrs = true };
	struct nacre_unpacked unpacked;

	(void)state;
	put_xattr(put("d", NACRE_TYPE_DIR), "trusted.overlay.opaque");
	assert_refused(apply(&all, &unpacked, err), NACRE_E_UNSAFE,
		"'d': xattr 'trusted.overlay.opaque', which overlayfs would take for its own");
}

static bool wants(const struct nacre_unpack_options *options, const char *name)
{
	const struct nacre_write_options how = nacre_unpack_how(options);

	return nacre_write_wants_xattr(&how, name);
}

static void other_attributes_are_left_out_with_one_warning_or_kept(void **state)
{
	const struct nacre_unpack_options all = { .all_xattrs = true };
	struct nacre_unpacked unpacked;

	(void)state;
	put_xattr(put("a", NACRE_TYPE_FILE), "user.x");
	put_xattr(put("b", NACRE_TYPE_FILE), "security.selinux");
	assert_works(apply(&all, &unpacked, err));
	assert_int_equal(warnings, 0);
	assert_true(wants(&all, "security.selinux"));
	assert_works(apply(&plain, &unpacked, err));
	assert_int_equal(warnings, 1);
	assert_false(wants(&plain, "security.selinux"));
	assert_true(wants(&plain, "user.x"));
}

static void setid_and_file_capabilities_go_when_asked(void **state)
{
	const struct nacre_unpack_options no_setid = { .no_setid = true };
	struct nacre_inode *file = put("su", NACRE_TYPE_FILE), *dir = put("d", NACRE_TYPE_DIR);
	struct nacre_unpacked unpacked;

	(void)state;
	file->mode = 06755;
	dir->mode = 02755;
	put_xattr(file, "security.capability");
	assert_works(apply(&plain, &unpacked, err));
	assert_int_equal(warnings, 0);
	assert_true(wants(&plain, "security.capability"));
	assert_false(nacre_unpack_how(&plain).drop_setid);
	assert_works(apply(&no_setid, &unpacked, err));
	assert_int_equal(warnings, 2);
	assert_false(wants(&no_setid, "security.capability"));
	assert_true(nacre_unpack_how(&no_setid).drop_setid);
}

static void what_is_left_out_stays_in_the_tree_for_the_ledger(void **state)
{
	const struct nacre_unpack_options no_setid = { .no_setid = true };
	struct nacre_inode *file = put("su", NACRE_TYPE_FILE);
	struct nacre_unpacked unpacked;

	(void)state;
	file->mode = 06755;
	put_xattr(file, "security.selinux");
	assert_works(apply(&no_setid, &unpacked, err));
	assert_int_equal(file->mode, 06755);
	assert_non_null(nacre_xattr_find(file->xattrs, "security.selinux"));
	assert_works(nacre_unpack_policy_leave_out(&tree, &no_setid, err));
	assert_int_equal(file->mode, 0755);
	assert_null(file->xattrs);
}

static void hard_links_are_counted_as_entries_and_their_bytes_once(void **state)
{
	struct nacre_inode *inode = put("a", NACRE_TYPE_FILE);
	struct nacre_unpacked unpacked;

	(void)state;
	inode->size_bytes = 5;
	assert_works(nacre_tree_add(&tree, tree.root, "b", 1, inode, NULL, err));
	assert_works(apply(&plain, &unpacked, err));
	assert_int_equal(unpacked.entries, 2);
	assert_int_equal(unpacked.file_bytes, 5);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, begin_tree, end_tree)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_device_is_refused_unless_asked_for),
		TEST(attributes_of_overlayfs_are_refused_whatever_is_asked_for),
		TEST(other_attributes_are_left_out_with_one_warning_or_kept),
		TEST(setid_and_file_capabilities_go_when_asked),
		TEST(what_is_left_out_stays_in_the_tree_for_the_ledger),
		TEST(hard_links_are_counted_as_entries_and_their_bytes_once),
	};

	return cmocka_run_group_tests_name("unpack_policy", tests, NULL, NULL);
}
