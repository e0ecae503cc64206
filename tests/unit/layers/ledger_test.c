/* SPDX-License-Identifier: Apache-2.0 */
/* Ledgers: what is emitted of a loss, read again, gives back what was lost, and nothing else. */
#include "layers/ledger.h"

#include "base/env.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#define IMAGE "sha256:98ea6e4f216f2fb4b69fff9b3a44842c38686ca685f3f55dc48c5d3fb1107be4"
#define FIRST_LINE "#mtree nacre-ledger=1 image=" IMAGE " tree=77 born=-5.000000001"

static struct nacre_limits limits;
static struct nacre_tree was;  /* as the image has it */
static struct nacre_tree left; /* as a scan finds it on the disk */
static struct nacre_err err;
static int file;
static struct nacre_ledger_writer writer;

static int setup(void **state)
{
	struct nacre_ledger_id id = {
		.inode = 77, .has_birth = true, .birth_s = -5, .birth_ns = 1
	};

	(void)state;
	limits = nacre_env_limits(NULL);
	file = memfd_create("ledger", MFD_CLOEXEC);
	if (file < 0 || nacre_tree_init(&was, NULL) || nacre_tree_init(&left, NULL) ||
		nacre_digest_parse(IMAGE, &id.image, NULL))
		return -1;
	return nacre_ledger_begin(&writer, file, &id, NULL);
}

static int teardown(void **state)
{
	(void)state;
	nacre_ledger_clear(&writer);
	nacre_tree_clear(&was);
	nacre_tree_clear(&left);
	return close(file);
}

static struct nacre_node *put(
	struct nacre_tree *tree, struct nacre_node *dir, const char *name, enum nacre_type type)
{
	struct nacre_inode *inode = nacre_inode_new(tree, type);
	struct nacre_node *node = NULL;

	assert_non_null(inode);
	assert_int_equal(nacre_tree_add(tree, dir, name, strlen(name), inode, &node, NULL), 0);
	node->is_explicit = true;
	return node;
}

static void set_xattr(
	struct nacre_tree *tree, struct nacre_node *node, const char *name, const char *value)
{
	const struct nacre_xattr item = { name, value, strlen(value) };

	assert_int_equal(nacre_xattrs_make(&tree->arena, &item, 1, &node->inode->xattrs, NULL), 0);
}

/* A file of root's, 4755, five bytes, with a capability, and what a user's disk has of it. */
static struct nacre_node *put_su(struct nacre_node **out_left)
{
	struct nacre_node *su = put(&was, was.root, "su", NACRE_TYPE_FILE);
	struct nacre_node *on_disk = put(&left, left.root, "su", NACRE_TYPE_FILE);

	su->inode->mode = 04755;
	su->inode->size_bytes = on_disk->inode->size_bytes = 5;
	su->inode->mtime_s = 1700000000;
	su->inode->mtime_ns = 123456789;
	set_xattr(&was, su, "security.capability", "a\x01z");
	on_disk->inode->uid = 1000;
	on_disk->inode->gid = 1001;
	on_disk->inode->mode = 0755;
	on_disk->inode->mtime_s = 1700000000;
	*out_left = on_disk;
	return su;
}

static const char *const capability[] = { "security.capability" };

static struct nacre_loss loss_of_su(const struct nacre_node *su)
{
	return (struct nacre_loss){
		.node = su,
		.path = "su",
		.kinds = NACRE_LOSS_BIT(NACRE_LOST_OWNER) | NACRE_LOSS_BIT(NACRE_LOST_MODE) |
			NACRE_LOSS_BIT(NACRE_LOST_XATTR) | NACRE_LOSS_BIT(NACRE_LOST_TIME),
		.uid = 1000,
		.gid = 1001,
		.mode = 0755,
		.mtime_s = 1700000000,
		.xattrs = capability,
		.xattr_count = 1,
	};
}

static void lose(const struct nacre_loss *loss)
{
	assert_int_equal(nacre_ledger_add(loss, &writer, NULL), 0);
}

static int apply_text(const char *text)
{
	struct nacre_source *source = NULL;
	int rc;

	assert_int_equal(nacre_source_memory(text, strlen(text), &source, NULL), 0);
	rc = nacre_ledger_apply(source, &limits, &left, &err);
	nacre_source_free(source);
	return rc;
}

static const char *text_of_ledger(void)
{
	static char text[1 << 16];
	ssize_t len;

	assert_int_equal(nacre_ledger_finish(&writer, NULL), 0);
	len = pread(file, text, sizeof(text) - 1, 0);
	assert_true(len > 0);
	text[len] = '\0';
	return text;
}

static void same_attrs(const struct nacre_inode *a, const struct nacre_inode *b)
{
	assert_true(nacre_inode_same_attrs(a, b));
}

/* ------------------------------------------------------------------ the format */

static void a_loss_is_two_lines_that_say_what_is_true_and_what_is_there(void **state)
{
	struct nacre_node *on_disk, *su = put_su(&on_disk);
	struct nacre_loss loss = loss_of_su(su);

	(void)state;
	lose(&loss);
	assert_string_equal(text_of_ledger(),
		FIRST_LINE
		"\n"
		"#nacre lost.owner=1000:1001 lost.mode=0755 lost.xattr=security.capability"
		" lost.time=1700000000.000000000 xattr.security.capability=YQF6\n"
		"./su type=file mode=04755 uid=0 gid=0 time=1700000000.123456789 size=5\n");
}

static void a_first_line_says_whose_ledger_it_is(void **state)
{
	struct nacre_ledger_id id, other;

	(void)state;
	assert_int_equal(nacre_ledger_id_parse(FIRST_LINE, &id, &err), 0);
	assert_int_equal(id.inode, 77);
	assert_true(id.has_birth && id.birth_s == -5 && id.birth_ns == 1);
	other = id;
	assert_true(nacre_ledger_id_same_tree(&id, &other));
	other.birth_ns++;
	assert_false(nacre_ledger_id_same_tree(&id, &other));
	other.has_birth = false; /* a file system that does not say */
	assert_true(nacre_ledger_id_same_tree(&id, &other));
	other.inode++;
	assert_false(nacre_ledger_id_same_tree(&id, &other));
}

static void another_first_line_is_refused(void **state)
{
	static const char *const lines[] = {
		"",
		"#mtree",
		"#mtree nacre-ledger=1",
		FIRST_LINE " ",
		FIRST_LINE " more=1",
		"#mtree nacre-ledger=1 image=sha256:00 tree=1",
		"#mtree nacre-ledger=x image=sha256:00 tree=1",
	};
	struct nacre_ledger_id id;

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		assert_int_equal(nacre_ledger_id_parse(lines[i], &id, &err), NACRE_E_FORMAT);
		assert_string_equal(err.text, "not the first line of a ledger");
	}
	assert_int_equal(
		nacre_ledger_id_parse("#mtree nacre-ledger=2 x", &id, &err), NACRE_E_UNSUPPORTED);
	assert_string_equal(err.text, "a ledger of version 2");
}

static void what_no_ledger_says_is_refused_by_its_line(void **state)
{
	static const struct {
		const char *lines;
		int code;
		const char *text;
	} rows[] = {
#define ENTRY "./a type=file mode=0644 uid=0 gid=0 time=0.000000000 size=0\n"
		{ ENTRY, NACRE_E_FORMAT, "line 2: an entry that lost nothing" },
		{ "#nacre lost.owner=1\n" ENTRY, NACRE_E_FORMAT, "line 3: lost.owner '1'" },
		{ "#nacre lost.owner=1:4294967295\n" ENTRY, NACRE_E_FORMAT,
			"line 3: lost.owner '1:4294967295'" },
		{ "#nacre lost.mode=9\n" ENTRY, NACRE_E_FORMAT, "line 3: lost.mode '9'" },
		{ "#nacre lost.time=1\n" ENTRY, NACRE_E_FORMAT, "line 3: lost.time '1'" },
		{ "#nacre lost.device=dir\n" ENTRY, NACRE_E_FORMAT, "line 3: lost.device 'dir'" },
		{ "#nacre lost.device=file\n" ENTRY, NACRE_E_FORMAT,
			"line 3: a file is no device" },
		{ "#nacre lost.smell=none\n" ENTRY, NACRE_E_FORMAT,
			"line 3: unknown keyword 'lost.smell'" },
		{ "#nacre lost.mode=0644 lost.mode=0644\n" ENTRY, NACRE_E_FORMAT,
			"line 3: twice the keyword 'lost.mode'" },
		{ "#nacre lost.xattr=user.a\n" ENTRY, NACRE_E_FORMAT,
			"line 3: lost.xattr 'user.a' without its value" },
		{ "#nacre hardlink=./b lost.mode=0644\n" ENTRY, NACRE_E_FORMAT,
			"line 3: a ledger has no hardlink" },
		{ "#nacre name=b/c\n" ENTRY, NACRE_E_UNSAFE, "line 3: 'b/c' is no name" },
		{ "#nacre name=..\n" ENTRY, NACRE_E_UNSAFE, "line 3: '..' is no name" },
		{ "#nacre name=\n" ENTRY, NACRE_E_UNSAFE, "line 3: '' is no name" },
		{ "#nacre name=.wh.x\n" ENTRY, NACRE_E_UNSAFE,
			"line 3: '.wh.x' means removal in a layer" },
		{ "#nacre name=x\n. type=dir mode=0755 uid=0 gid=0 time=0.000000000\n",
			NACRE_E_FORMAT, "line 3: a name for the root" },
		{ "#nacre lost.device=file\n./a type=char mode=0644 uid=0 gid=0 time=0.000000000 "
		  "device=native,0,0\n",
			NACRE_E_UNSAFE, "line 3: a device 0:0" },
		{ "#nacre lost.mode=0644\n" ENTRY "#nacre lost.mode=0644\n" ENTRY, NACRE_E_UNSAFE,
			"line 5: 'a' stands there twice" },
		{ "#nacre name=b\n" ENTRY, NACRE_E_EXISTS, "'b' is there already" },
	};
	char text[1024];

	(void)state;
	(void)put(&left, left.root, "a", NACRE_TYPE_FILE);
	(void)put(&left, left.root, "b", NACRE_TYPE_FILE);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		(void)snprintf(text, sizeof(text), "%s\n%s", FIRST_LINE, rows[i].lines);
		assert_int_equal(apply_text(text), rows[i].code);
		assert_string_equal(err.text, rows[i].text);
	}
}

/* ------------------------------------------------------------- giving back */

static void what_was_lost_comes_back(void **state)
{
	struct nacre_node *on_disk, *su = put_su(&on_disk);
	struct nacre_loss loss = loss_of_su(su);

	(void)state;
	lose(&loss);
	assert_int_equal(apply_text(text_of_ledger()), 0);
	same_attrs(on_disk->inode, su->inode);
}

static void what_somebody_has_set_since_stays(void **state)
{
	struct nacre_node *on_disk, *su = put_su(&on_disk);
	struct nacre_loss loss = loss_of_su(su);

	(void)state;
	lose(&loss);
	on_disk->inode->gid = 7;
	on_disk->inode->mode = 0700;
	set_xattr(&left, on_disk, "security.capability", "other");
	assert_int_equal(apply_text(text_of_ledger()), 0);
	assert_int_equal(on_disk->inode->uid, 1000);
	assert_int_equal(on_disk->inode->gid, 7);
	assert_int_equal(on_disk->inode->mode, 0700);
	assert_int_equal(on_disk->inode->mtime_ns, 123456789);
	assert_int_equal(on_disk->inode->xattrs->count, 1);
	assert_int_equal(on_disk->inode->xattrs->items[0].len, 5);
}

static void a_file_that_was_written_to_gets_its_owner_and_no_privilege(void **state)
{
	struct nacre_node *on_disk, *su = put_su(&on_disk);
	struct nacre_loss loss = loss_of_su(su);

	(void)state;
	lose(&loss);
	on_disk->inode->mtime_s++;
	assert_int_equal(apply_text(text_of_ledger()), 0);
	assert_int_equal(on_disk->inode->uid, 0);
	assert_int_equal(on_disk->inode->mode, 0755);
	assert_int_equal(on_disk->inode->mtime_s, 1700000001);
	assert_null(on_disk->inode->xattrs);
}

static void another_type_and_what_is_gone_are_left_alone(void **state)
{
	struct nacre_node *on_disk, *su = put_su(&on_disk);
	struct nacre_loss loss = loss_of_su(su);

	(void)state;
	lose(&loss);
	on_disk->inode->type = NACRE_TYPE_FIFO;
	assert_int_equal(apply_text(text_of_ledger()), 0);
	assert_int_equal(on_disk->inode->uid, 1000);
	nacre_tree_remove(&left, on_disk);
	assert_int_equal(apply_text(text_of_ledger()), 0);
	assert_int_equal(left.nodes, 0);
}

static void a_device_comes_back_while_its_stand_in_is_as_it_was(void **state)
{
	struct nacre_node *null = put(&was, was.root, "null", NACRE_TYPE_CHAR);
	struct nacre_node *on_disk = put(&left, left.root, "null", NACRE_TYPE_FILE);
	struct nacre_loss loss = {
		.node = null, .path = "null", .kinds = NACRE_LOSS_BIT(NACRE_LOST_DEVICE)
	};

	(void)state;
	null->inode->u.device.major = 1;
	null->inode->u.device.minor = 3;
	lose(&loss);
	on_disk->inode->size_bytes = 1;
	assert_int_equal(apply_text(text_of_ledger()), 0);
	assert_int_equal(on_disk->inode->type, NACRE_TYPE_FILE);
	on_disk->inode->size_bytes = 0;
	assert_int_equal(apply_text(text_of_ledger()), 0);
	same_attrs(on_disk->inode, null->inode);
}

static void names_come_back_with_what_lies_below_them(void **state)
{
	struct nacre_node *upper = put(&was, was.root, "DIR\n", NACRE_TYPE_DIR);
	struct nacre_node *inner = put(&was, upper, "X", NACRE_TYPE_FILE);
	struct nacre_node *on_disk = put(&left, left.root, "DIR~1", NACRE_TYPE_DIR);
	const struct nacre_loss losses[] = {
		{ .node = upper, .path = "DIR~1", .kinds = NACRE_LOSS_BIT(NACRE_LOST_NAME) },
		{ .node = inner, .path = "DIR~1/X~2", .kinds = NACRE_LOSS_BIT(NACRE_LOST_NAME) },
	};

	(void)state;
	(void)put(&left, left.root, "dir", NACRE_TYPE_DIR);
	(void)put(&left, on_disk, "X~2", NACRE_TYPE_FILE);
	(void)put(&left, on_disk, "y", NACRE_TYPE_FILE);
	lose(&losses[0]);
	lose(&losses[1]);
	assert_int_equal(apply_text(text_of_ledger()), 0);
	assert_int_equal(left.nodes, 4);
	assert_non_null(nacre_tree_find(&left, "DIR\n/X"));
	assert_non_null(nacre_tree_find(&left, "DIR\n/y"));
	assert_null(nacre_tree_find(&left, "DIR~1"));
	assert_ptr_equal(
		nacre_tree_find(&left, "DIR\n/y")->parent, nacre_tree_find(&left, "DIR\n"));
	assert_true(nacre_tree_find(&left, "DIR\n")->is_explicit);
}

static void all_names_of_a_file_get_the_same_once(void **state)
{
	struct nacre_node *on_disk, *su = put_su(&on_disk);
	struct nacre_loss loss = loss_of_su(su);

	(void)state;
	lose(&loss);
	loss.path = "also";
	lose(&loss);
	assert_int_equal(
		nacre_tree_add(&left, left.root, "also", 4, on_disk->inode, NULL, NULL), 0);
	assert_int_equal(apply_text(text_of_ledger()), 0);
	same_attrs(on_disk->inode, su->inode);
}

static void a_disk_is_expected_to_have_what_it_took(void **state)
{
	struct nacre_node *on_disk, *su = put_su(&on_disk);
	struct nacre_node *upper = put(&was, was.root, "DIR\n", NACRE_TYPE_DIR);
	struct nacre_node *inner = put(&was, upper, "null", NACRE_TYPE_CHAR);
	struct nacre_loss loss = loss_of_su(su);
	struct nacre_source *source = NULL;
	const char *text;

	(void)state;
	inner->inode->u.device.major = 1;
	inner->inode->u.device.minor = 3;
	lose(&loss);
	/* The deeper one first: in a ledger any order will do. */
	lose(&(const struct nacre_loss){
		.node = inner, .path = "DIR~1/null", .kinds = NACRE_LOSS_BIT(NACRE_LOST_DEVICE) });
	lose(&(const struct nacre_loss){
		.node = upper, .path = "DIR~1", .kinds = NACRE_LOSS_BIT(NACRE_LOST_NAME) });
	lose(&(const struct nacre_loss){
		.node = inner, .path = "gone", .kinds = NACRE_LOSS_BIT(NACRE_LOST_DEVICE) });
	text = text_of_ledger();
	assert_int_equal(nacre_source_memory(text, strlen(text), &source, NULL), 0);
	assert_int_equal(nacre_ledger_expect(source, &limits, &was, &err), 0);
	nacre_source_free(source);
	same_attrs(nacre_tree_find(&was, "su")->inode, on_disk->inode);
	assert_null(nacre_tree_find(&was, "DIR\n"));
	assert_int_equal(nacre_tree_find(&was, "DIR~1/null")->inode->type, NACRE_TYPE_FILE);
	assert_int_equal(nacre_tree_find(&was, "DIR~1/null")->inode->size_bytes, 0);
	assert_int_equal(was.nodes, 3);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_loss_is_two_lines_that_say_what_is_true_and_what_is_there),
		TEST(a_first_line_says_whose_ledger_it_is),
		TEST(another_first_line_is_refused),
		TEST(what_no_ledger_says_is_refused_by_its_line),
		TEST(what_was_lost_comes_back),
		TEST(what_somebody_has_set_since_stays),
		TEST(a_file_that_was_written_to_gets_its_owner_and_no_privilege),
		TEST(another_type_and_what_is_gone_are_left_alone),
		TEST(a_device_comes_back_while_its_stand_in_is_as_it_was),
		TEST(names_come_back_with_what_lies_below_them),
		TEST(all_names_of_a_file_get_the_same_once),
		TEST(a_disk_is_expected_to_have_what_it_took),
	};

	return cmocka_run_group_tests_name("ledger", tests, NULL, NULL);
}
