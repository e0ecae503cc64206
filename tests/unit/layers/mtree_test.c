/* SPDX-License-Identifier: Apache-2.0 */
#include "base/env.h"
#include "layers/mtree.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define ATTRS " mode=0644 uid=1 gid=2 time=5.000000007"
#define FILE_LINE(path) path " type=file" ATTRS " size=3\n"
#define DIR_LINE(path) path " type=dir" ATTRS "\n"

static struct nacre_limits limits;
static struct nacre_tree tree;
static struct nacre_err err;

static int setup(void **state)
{
	(void)state;
	limits = nacre_env_limits(NULL);
	return nacre_tree_init(&tree, NULL);
}

static int teardown(void **state)
{
	(void)state;
	nacre_tree_clear(&tree);
	return 0;
}

static int read_text(const char *text)
{
	struct nacre_source *source = NULL;
	int rc;

	assert_int_equal(nacre_source_memory(text, strlen(text), &source, NULL), 0);
	nacre_tree_clear(&tree);
	assert_int_equal(nacre_tree_init(&tree, NULL), 0);
	rc = nacre_mtree_read(source, &limits, &tree, &err);
	nacre_source_free(source);
	return rc;
}

static void assert_comes_back(const char *text)
{
	struct nacre_buf buf = NACRE_BUF(1 << 20);

	assert_int_equal(read_text(text), 0);
	assert_int_equal(nacre_buf_add_text(&buf, NACRE_MTREE_BEGIN, NULL), 0);
	nacre_tree_forget_first(&tree);
	for (struct nacre_node *at = tree.root; at; at = nacre_tree_next(at)) {
		if (at->is_explicit)
			assert_int_equal(
				nacre_mtree_emit(at, at->inode->first, NULL, &buf, NULL), 0);
		if (!at->inode->first)
			at->inode->first = at;
	}
	assert_string_equal(buf.data, text);
	nacre_buf_clear(&buf);
}

static void every_type_comes_back_in_every_attribute(void **state)
{
	(void)state;
	assert_comes_back("#mtree\n"
			  ". type=dir mode=01777 uid=0 gid=0 time=0.000000000\n"
			  "#nacre xattr.user.a\\075b= xattr.user.b=AAEC\n"
			  "./a type=file mode=04755 uid=4294967294 gid=7 time=-1.750000000 size=3\n"
			  "#nacre hardlink=./a xattr.user.a\\075b= xattr.user.b=AAEC\n"
			  "./b type=file mode=04755 uid=4294967294 gid=7 time=-1.750000000 size=3\n"
			  "./c type=char" ATTRS " device=native,4095,1048575\n"
			  "./d type=block" ATTRS " device=native,0,0\n"
			  "./e type=file mode=0000 uid=0 gid=0 time=-9223372036854775808.999999999 "
			  "size=9223372036854775807\n"
			  "./f type=fifo" ATTRS "\n"
			  "./l type=link" ATTRS " link=../a\\040b\\012\n");
}

static const struct nacre_case {
	const char *name;
	const char *text;
	int code;
	const char *says;
} refused[] = {
	{ "nothing", "", NACRE_E_FORMAT, "line 1: the first line is not '#mtree'" },
	{ "another begin", FILE_LINE("./a"), NACRE_E_FORMAT, "line 1: the first line is not" },
	{ "cut", "#mtree\n./a type=dir" ATTRS, NACRE_E_FORMAT, "line 2: the last line has no end" },
	{ "/set", "#mtree\n/set type=dir\n", NACRE_E_FORMAT, "line 2: no path that begins" },
	{ "..", "#mtree\n" FILE_LINE("./a/../b"), NACRE_E_UNSAFE, "line 2: " },
	{ "\\..", "#mtree\n" FILE_LINE("./\\056\\056"), NACRE_E_UNSAFE, "line 2: " },
	{ "double slash", "#mtree\n" FILE_LINE("./a//b"), NACRE_E_UNSAFE, "plain form" },
	{ "an escaped NUL", "#mtree\n" FILE_LINE("./a\\000"), NACRE_E_FORMAT, "no byte of a name" },
	{ "above a byte", "#mtree\n" FILE_LINE("./a\\400"), NACRE_E_FORMAT, "no byte of a name" },
	{ "cut escape", "#mtree\n" FILE_LINE("./a\\40"), NACRE_E_FORMAT, "three octal digits" },
	{ "raw bytes", "#mtree\n" FILE_LINE("./\xff"), NACRE_E_FORMAT,
		"byte 0xff is not printable" },
	{ "twice", "#mtree\n" FILE_LINE("./a") FILE_LINE("./a"), NACRE_E_UNSAFE,
		"line 3: 'a' stands there twice" },
	{ "below a file", "#mtree\n" FILE_LINE("./a") FILE_LINE("./a/b"), NACRE_E_UNSAFE,
		"line 3: 'a/b' lies below a file" },
	{ "below a link", "#mtree\n./l type=link" ATTRS " link=.\n" FILE_LINE("./l/b"),
		NACRE_E_UNSAFE, "'l/b' lies below a sym" },
	{ "a file for an implied directory", "#mtree\n" FILE_LINE("./a/b") FILE_LINE("./a"),
		NACRE_E_UNSAFE, "'a' is a directory" },
	{ "the root as file", "#mtree\n" FILE_LINE("."), NACRE_E_UNSAFE, "is a directory" },
	{ "a type missing", "#mtree\n./a mode=0644\n", NACRE_E_FORMAT, "before the type stands" },
	{ "an unknown type", "#mtree\n./a type=socket" ATTRS "\n", NACRE_E_FORMAT,
		"type 'socket'" },
	{ "no size", "#mtree\n./a type=file" ATTRS "\n", NACRE_E_FORMAT, "without 'size'" },
	{ "a directory's size", "#mtree\n./a type=dir" ATTRS " size=1\n", NACRE_E_FORMAT,
		"a dir has no size" },
	{ "a keyword twice", "#mtree\n./a type=dir" ATTRS " uid=1\n", NACRE_E_FORMAT, "'uid'" },
	{ "an unknown keyword", "#mtree\n./a type=dir" ATTRS " flags=none\n", NACRE_E_FORMAT,
		"'flags'" },
	{ "uid -1", "#mtree\n./a type=dir mode=0755 uid=4294967295 gid=0 time=0.000000000\n",
		NACRE_E_FORMAT, "uid '4294967295'" },
	{ "mode", "#mtree\n./a type=dir mode=10000 uid=0 gid=0 time=0.000000000\n", NACRE_E_FORMAT,
		"mode '10000'" },
	{ "a short time", "#mtree\n./a type=dir mode=0755 uid=0 gid=0 time=0.5\n", NACRE_E_FORMAT,
		"time '0.5'" },
	{ "minus zero", "#mtree\n./a type=dir mode=0755 uid=0 gid=0 time=-0.500000000\n",
		NACRE_E_FORMAT, "time '-0.5" },
	{ "a time too far",
		"#mtree\n./a type=dir mode=0755 uid=0 gid=0 "
		"time=9223372036854775808.000000000\n",
		NACRE_E_FORMAT, "time" },
	{ "a device too far", "#mtree\n./a type=char" ATTRS " device=native,4096,0\n",
		NACRE_E_FORMAT, "device 'native,4096,0'" },
	{ "no target", "#mtree\n./a type=link" ATTRS " link=\n", NACRE_E_FORMAT,
		"1 to 4095 bytes" },
	{ "a hash too short", "#mtree\n./a type=file" ATTRS " size=3 sha256=00\n", NACRE_E_FORMAT,
		"sha256 '00'" },
	{ "an unknown note", "#mtree\n#nacre colour=1\n" DIR_LINE("./a"), NACRE_E_FORMAT,
		"'colour'" },
	{ "a note for nothing", "#mtree\n#nacre xattr.user.a=AAEC\n", NACRE_E_FORMAT,
		"at the end" },
	{ "two notes", "#mtree\n#nacre xattr.user.a=\n#nacre xattr.user.a=\n" DIR_LINE("./a"),
		NACRE_E_FORMAT, "twice for one entry" },
	{ "an xattr twice", "#mtree\n#nacre xattr.user.a= xattr.user.a=\n" DIR_LINE("./a"),
		NACRE_E_UNSAFE, "user.a" },
	{ "no base64", "#mtree\n#nacre xattr.user.a=A\n" DIR_LINE("./a"), NACRE_E_FORMAT,
		"not base64" },
	{ "a link to a later name",
		"#mtree\n#nacre hardlink=./b\n" FILE_LINE("./a") FILE_LINE("./b"), NACRE_E_FORMAT,
		"'b'" },
	{ "a link to a directory",
		"#mtree\n" DIR_LINE("./a") "#nacre hardlink=./a\n" DIR_LINE("./b"), NACRE_E_FORMAT,
		"'a'" },
	{ "a link that differs",
		"#mtree\n" FILE_LINE("./a") "#nacre hardlink=./a\n./b type=file" ATTRS " size=4\n",
		NACRE_E_FORMAT, "not the same attributes as 'a'" },
};

static void what_is_not_a_plain_list_is_refused_with_its_line(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		int rc = read_text(refused[i].text);

		if (rc != refused[i].code || !strstr(err.text, refused[i].says) ||
			strncmp(err.text, "line ", 5) != 0)
			fail_msg("%s: %d '%s'", refused[i].name, rc, err.text);
	}
}

static void comments_blank_lines_and_a_hash_are_passed_over(void **state)
{
	(void)state;
	assert_int_equal(
		read_text("#mtree\n\n# said by whom\n#nacreous\n./a type=file" ATTRS " size=3 "
			  "sha256=98ea6e4f216f2fb4b69fff9b3a44842c38686ca685f3f55dc48c5d3fb1107be4"
			  "\n"),
		0);
	assert_int_equal(tree.nodes, 1);
}

static void parents_that_are_not_listed_are_implied_and_may_be_listed_later(void **state)
{
	(void)state;
	assert_int_equal(read_text("#mtree\n" FILE_LINE("./a/b/c") DIR_LINE("./a")), 0);
	assert_true(nacre_tree_find(&tree, "a")->is_explicit);
	assert_int_equal(nacre_tree_find(&tree, "a")->inode->uid, 1);
	assert_false(nacre_tree_find(&tree, "a/b")->is_explicit);
	assert_false(tree.root->is_explicit);
}

static void every_byte_of_a_name_comes_back(void **state)
{
	struct nacre_buf buf = NACRE_BUF(1 << 16);
	char name[255];
	struct nacre_inode *inode = nacre_inode_new(&tree, NACRE_TYPE_FIFO);
	struct nacre_node *node = NULL;

	(void)state;
	for (unsigned i = 0; i < 254; i++) /* all but NUL and '/' */
		name[i] = (char)(i + 1 + (i + 1 >= '/'));
	name[254] = '-';
	assert_int_equal(
		nacre_tree_add(&tree, tree.root, name, sizeof(name), inode, &node, NULL), 0);
	assert_int_equal(nacre_buf_add_text(&buf, NACRE_MTREE_BEGIN, NULL), 0);
	assert_int_equal(nacre_mtree_emit(node, NULL, NULL, &buf, NULL), 0);
	for (size_t i = 0; i < buf.len; i++)
		assert_true((buf.data[i] >= 0x20 && buf.data[i] < 0x7f) || buf.data[i] == '\n');
	assert_int_equal(read_text(buf.data), 0);
	assert_memory_equal(nacre_node_first(tree.root)->name, name, sizeof(name));
	nacre_buf_clear(&buf);
}

static void hard_links_come_back_as_one_inode(void **state)
{
	(void)state;
	assert_int_equal(read_text("#mtree\n" FILE_LINE("./a") "#nacre hardlink=./a\n" FILE_LINE(
				 "./b") FILE_LINE("./c")),
		0);
	assert_ptr_equal(nacre_tree_find(&tree, "a")->inode, nacre_tree_find(&tree, "b")->inode);
	assert_ptr_not_equal(
		nacre_tree_find(&tree, "a")->inode, nacre_tree_find(&tree, "c")->inode);
}

static void limits_hold(void **state)
{
	(void)state;
	limits.image_members = 1;
	assert_int_equal(read_text("#mtree\n" FILE_LINE("./a") FILE_LINE("./b")), NACRE_E_LIMIT);
	assert_string_equal(err.text, "line 3: more than 1 image-members");
	limits = nacre_env_limits(NULL);
	limits.xattrs = 1;
	assert_int_equal(read_text("#mtree\n#nacre xattr.user.a= xattr.user.b=\n" DIR_LINE("./a")),
		NACRE_E_LIMIT);
	limits = nacre_env_limits(NULL);
	limits.xattr_bytes = 8;
	assert_int_equal(
		read_text("#mtree\n#nacre xattr.user.a=AAEC\n" DIR_LINE("./a")), NACRE_E_LIMIT);
	limits = nacre_env_limits(NULL);
	limits.depth = 2;
	assert_int_equal(read_text("#mtree\n" FILE_LINE("./a/b/c")), NACRE_E_LIMIT);
	limits = nacre_env_limits(NULL);
	limits.tree_bytes = 100;
	assert_int_equal(read_text("#mtree\n" FILE_LINE("./a") FILE_LINE("./b")), NACRE_E_LIMIT);
	assert_non_null(strstr(err.text, "tree-bytes"));
}

/* Lines that are made up as they are read, without end. */
struct endless {
	struct nacre_source base;
	unsigned long number;
	bool is_one_line;
};

static int read_endless(struct nacre_source *source, void *data, size_t cap, size_t *out_len,
	struct nacre_err *out_err)
{
	struct endless *endless = (struct endless *)source;

	(void)out_err;
	if (endless->number++ == 0)
		*out_len = (size_t)snprintf(data, cap, "#mtree\n");
	else if (endless->is_one_line)
		*out_len = (size_t)snprintf(data, cap, "./aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");
	else
		*out_len =
			(size_t)snprintf(data, cap, "./%lu type=dir" ATTRS "\n", endless->number);
	return 0;
}

static void a_list_without_end_meets_a_limit(void **state)
{
	struct endless lines = { { read_endless, NULL }, 0, false };
	struct endless line = { { read_endless, NULL }, 0, true };

	(void)state;
	limits.image_members = 1000000;
	assert_int_equal(nacre_mtree_read(&lines.base, &limits, &tree, &err), NACRE_E_LIMIT);
	assert_string_equal(err.text, "line 1000002: more than 1000000 image-members");
	assert_true(tree.arena.used_bytes < 256000000);
	assert_int_equal(nacre_mtree_read(&line.base, &limits, &tree, &err), NACRE_E_LIMIT);
	assert_true(line.number < 100000);
}

static void a_whiteout_has_no_line(void **state)
{
	struct nacre_buf buf = NACRE_BUF(4096);
	struct nacre_node *node = NULL;

	(void)state;
	assert_int_equal(nacre_tree_add(&tree, tree.root, "a", 1,
				 nacre_inode_new(&tree, NACRE_TYPE_WHITEOUT), &node, NULL),
		0);
	assert_int_equal(nacre_mtree_emit(node, NULL, NULL, &buf, NULL), NACRE_E_ARG);
}

#define ONE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		ONE(every_type_comes_back_in_every_attribute),
		ONE(what_is_not_a_plain_list_is_refused_with_its_line),
		ONE(comments_blank_lines_and_a_hash_are_passed_over),
		ONE(parents_that_are_not_listed_are_implied_and_may_be_listed_later),
		ONE(every_byte_of_a_name_comes_back),
		ONE(hard_links_come_back_as_one_inode),
		ONE(limits_hold),
		ONE(a_list_without_end_meets_a_limit),
		ONE(a_whiteout_has_no_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
