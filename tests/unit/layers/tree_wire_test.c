/* SPDX-License-Identifier: Apache-2.0 */
#include "layers/tree_wire.h"

#include "base/env.h"
#include "base/scope.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define ENOUGH ((size_t)64 << 20)

static int open_nothing(struct nacre_origin *origin, uint64_t key, uint64_t size,
	struct nacre_source **out_source, struct nacre_err *err)
{
	(void)origin;
	(void)key;
	(void)size;
	(void)out_source;
	return nacre_fail(err, NACRE_E_ARG, "not to be opened");
}

static struct nacre_origin layers[2] = { { .open = open_nothing }, { .open = open_nothing } };
static struct nacre_origin *const origins[2] = { &layers[0], &layers[1] };

static struct nacre_node *put(struct nacre_tree *tree, struct nacre_node *dir, const char *name,
	struct nacre_inode *inode)
{
	struct nacre_node *node = NULL;

	assert_int_equal(nacre_tree_add(tree, dir, name, strlen(name), inode, &node, NULL), 0);
	return node;
}

static struct nacre_inode *new_file(struct nacre_tree *tree, unsigned origin, uint64_t key)
{
	struct nacre_inode *inode = nacre_inode_new(tree, NACRE_TYPE_FILE);

	assert_non_null(inode);
	inode->size_bytes = 10;
	inode->u.content.origin = origins[origin];
	inode->u.content.key = key;
	return inode;
}

/* One of everything. */
static void fill(struct nacre_tree *tree)
{
	static const struct nacre_xattr items[] = { { "user.b", "\0\n=", 3 }, { "user.a", "", 0 } };
	struct nacre_node *dir;
	struct nacre_inode *inode;

	assert_int_equal(nacre_tree_init(tree, NULL), 0);
	tree->root->inode->mode = 01777;
	tree->root->is_explicit = true;
	dir = put(tree, tree->root, "dir", nacre_inode_new(tree, NACRE_TYPE_DIR));
	dir->is_explicit = true;
	dir->layer = 7;
	inode = new_file(tree, 1, 512);
	inode->uid = 4294967294U;
	inode->gid = 1;
	inode->mode = 06755;
	inode->mtime_s = -1;
	inode->mtime_ns = 999999999;
	assert_int_equal(nacre_xattrs_make(&tree->arena, items, 2, &inode->xattrs, NULL), 0);
	put(tree, dir, "file \xff\n", inode);
	put(tree, dir, "zz", inode);
	put(tree, tree->root, "again", inode);
	put(tree, tree->root, "empty", nacre_inode_new(tree, NACRE_TYPE_FILE));
	inode = nacre_inode_new(tree, NACRE_TYPE_SYMLINK);
	inode->u.target = "../\x01where";
	put(tree, dir, "link", inode)->touched = 9;
	put(tree, tree->root, "same-link", inode);
	inode = nacre_inode_new(tree, NACRE_TYPE_CHAR);
	inode->u.device.major = 4095;
	inode->u.device.minor = 1048575;
	put(tree, dir, "tty", inode);
	put(tree, tree->root, "pipe", nacre_inode_new(tree, NACRE_TYPE_FIFO));
	put(tree, tree->root, "other", new_file(tree, 0, 1024));
}

static void emit(struct nacre_tree *tree, struct nacre_buf *buf)
{
	NACRE_CLEANUP(nacre_sink_freep)
	struct nacre_sink *sink = NULL;

	assert_int_equal(nacre_sink_buf(buf, &sink, NULL), 0);
	assert_int_equal(nacre_tree_wire_write(tree, origins, 2, sink, NULL), 0);
}

static int take(const void *data, size_t len, const struct nacre_limits *limits,
	struct nacre_tree *tree, size_t *out_left, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_source_freep)
	struct nacre_source *source = NULL;
	char rest[64];
	int rc;

	assert_int_equal(nacre_source_memory(data, len, &source, NULL), 0);
	assert_int_equal(nacre_tree_init(tree, NULL), 0);
	rc = nacre_tree_wire_read(source, origins, 2, limits, tree, err);
	assert_int_equal(nacre_source_read_full(source, rest, sizeof(rest), out_left, NULL), 0);
	return rc;
}

static void check_same(struct nacre_tree *a, struct nacre_tree *b)
{
	struct nacre_node *x = a->root, *y = b->root;

	for (; x && y; x = nacre_tree_next(x), y = nacre_tree_next(y)) {
		assert_string_equal(x->name, y->name);
		assert_int_equal(x->is_explicit, y->is_explicit);
		assert_int_equal(x->layer, y->layer);
		assert_int_equal(x->touched > x->layer, y->touched > y->layer);
		assert_true(nacre_inode_same_attrs(x->inode, y->inode));
		if (x->inode->type == NACRE_TYPE_FILE) {
			assert_ptr_equal(x->inode->u.content.origin, y->inode->u.content.origin);
			assert_int_equal(x->inode->u.content.key, y->inode->u.content.key);
		}
	}
	assert_null(x);
	assert_null(y);
	assert_int_equal(a->nodes, b->nodes);
}

static void a_tree_comes_out_as_it_went_in(void **state)
{
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf wire = NACRE_BUF(ENOUGH);
	const struct nacre_limits limits = nacre_env_limits(NULL);
	struct nacre_tree tree, again;
	size_t left = 0;

	(void)state;
	fill(&tree);
	emit(&tree, &wire);
	assert_int_equal(nacre_buf_add(&wire, "behind", 6, NULL), 0);
	assert_int_equal(take(wire.data, wire.len, &limits, &again, &left, NULL), 0);
	assert_int_equal(left, 6); /* not a byte too many is read */
	check_same(&tree, &again);
	assert_ptr_equal(
		nacre_tree_find(&again, "again")->inode, nacre_tree_find(&again, "dir/zz")->inode);
	assert_ptr_equal(nacre_tree_find(&again, "again")->inode,
		nacre_tree_find(&again, "dir/file \xff\n")->inode);
	assert_ptr_equal(nacre_tree_find(&again, "same-link")->inode,
		nacre_tree_find(&again, "dir/link")->inode);
	assert_ptr_not_equal(
		nacre_tree_find(&again, "other")->inode, nacre_tree_find(&again, "dir/zz")->inode);
	nacre_tree_clear(&tree);
	nacre_tree_clear(&again);
}

static void depth_and_number_do_not_matter(void **state)
{
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf wire = NACRE_BUF(ENOUGH);
	struct nacre_limits limits = nacre_env_limits(NULL);
	struct nacre_tree tree, again;
	struct nacre_node *dir;
	size_t left = 0;

	(void)state;
	assert_int_equal(nacre_tree_init(&tree, NULL), 0);
	for (int i = 0; i < 9000; i++) {
		char name[32];

		(void)snprintf(name, sizeof(name), "f%05d", i);
		put(&tree, tree.root, name, new_file(&tree, 0, 512 * (uint64_t)i));
	}
	dir = tree.root;
	for (int i = 0; i < 9000; i++)
		dir = put(&tree, dir, "a", nacre_inode_new(&tree, NACRE_TYPE_DIR));
	emit(&tree, &wire);
	limits.depth = 9000;
	limits.path_bytes = 1 << 20;
	assert_int_equal(take(wire.data, wire.len, &limits, &again, &left, NULL), 0);
	check_same(&tree, &again);
	nacre_tree_clear(&again);
	limits.depth = 8999;
	assert_int_equal(take(wire.data, wire.len, &limits, &again, &left, NULL), NACRE_E_LIMIT);
	nacre_tree_clear(&tree);
	nacre_tree_clear(&again);
}

static void every_cut_is_refused(void **state)
{
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf wire = NACRE_BUF(ENOUGH);
	const struct nacre_limits limits = nacre_env_limits(NULL);
	struct nacre_tree tree, again;
	size_t left = 0;

	(void)state;
	fill(&tree);
	emit(&tree, &wire);
	nacre_tree_clear(&tree);
	for (size_t len = 0; len < wire.len; len++) {
		assert_int_equal(
			take(wire.data, len, &limits, &again, &left, NULL), NACRE_E_FORMAT);
		nacre_tree_clear(&again);
	}
}

/* Records put together by hand: a root, and then whatever the case says. */
#define ROOT "\0\0\0\0\1\0\0\0" DIRECTORY
#define DIRECTORY "\1\355\1\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
#define EMPTY_FILE "\0\244\1\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
#define AT(depth, flags, name_len) depth "\0\0\0" flags "\0\0" name_len
#define TEXT(text) text, sizeof(text) - 1

static void what_is_no_tree_is_refused(void **state)
{
	static const struct {
		const char *data;
		size_t len;
		int code; /* 0: good, as a proof that the others fail for what they are */
		const char *text;
	} rows[] = {
		{ TEXT(ROOT AT("\1", "\1", "\1") "a" EMPTY_FILE), 0, "" },
		{ TEXT(ROOT AT("\1", "\1", "\1") "a" DIRECTORY AT("\2", "\0", "\1") "b" EMPTY_FILE),
			0, "" },
		{ TEXT(ROOT AT("\1", "\2", "\1") "a" EMPTY_FILE AT("\1", "\4", "\1") "b\0\0\0\0"),
			0, "" },
		{ TEXT(""), NACRE_E_FORMAT, "nothing in it" },
		{ TEXT(AT("\1", "\1", "\1") "a" EMPTY_FILE), NACRE_E_FORMAT,
			"begin with the root" },
		{ TEXT(AT("\0", "\1", "\0") EMPTY_FILE), NACRE_E_FORMAT, "no directory" },
		{ TEXT(ROOT ROOT), NACRE_E_FORMAT, "a name that is none" },
		{ TEXT(ROOT AT("\1", "\1", "\1") "." DIRECTORY), NACRE_E_FORMAT,
			"name that is none" },
		{ TEXT(ROOT AT("\1", "\1", "\2") ".." DIRECTORY), NACRE_E_FORMAT,
			"name that is none" },
		{ TEXT(ROOT AT("\1", "\1", "\3") "a/b" DIRECTORY), NACRE_E_FORMAT,
			"name that is none" },
		{ TEXT(ROOT AT("\1", "\1", "\3") "a\0b" DIRECTORY), NACRE_E_FORMAT,
			"name that is none" },
		{ TEXT(ROOT AT("\2", "\1", "\1") "a" DIRECTORY), NACRE_E_FORMAT, "leads nowhere" },
		{ TEXT(ROOT AT("\0", "\1", "\1") "a" DIRECTORY), NACRE_E_FORMAT, "leads nowhere" },
		{ TEXT(ROOT AT("\1", "\1", "\1") "a" EMPTY_FILE AT(
			  "\2", "\1", "\1") "b" EMPTY_FILE),
			NACRE_E_FORMAT, "below what is no directory" },
		{ TEXT(ROOT AT("\1", "\1", "\1") "b" EMPTY_FILE AT(
			  "\1", "\1", "\1") "a" EMPTY_FILE),
			NACRE_E_FORMAT, "names out of order" },
		{ TEXT(ROOT AT("\1", "\1", "\1") "a" EMPTY_FILE AT(
			  "\1", "\1", "\1") "a" EMPTY_FILE),
			NACRE_E_FORMAT, "names out of order" },
		{ TEXT(ROOT AT("\1", "\20", "\1") "a" EMPTY_FILE), NACRE_E_FORMAT,
			"unknown flags" },
		{ TEXT(ROOT AT("\1", "\6", "\1") "a" EMPTY_FILE), NACRE_E_FORMAT, "unknown flags" },
		{ TEXT(ROOT AT("\1", "\2", "\1") "a" DIRECTORY), NACRE_E_FORMAT,
			"a directory with several names" },
		{ TEXT(ROOT AT("\1", "\4", "\1") "a\0\0\0\0"), NACRE_E_FORMAT, "has not come" },
		{ TEXT(ROOT AT(
			  "\1", "\1", "\1") "a"
					    "\6\244\1\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"),
			NACRE_E_FORMAT, "unknown type" },
		{ TEXT(ROOT AT(
			  "\1", "\1", "\1") "a"
					    "\1\0\20\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"),
			NACRE_E_FORMAT, "beyond its range" },
		{ TEXT(ROOT AT("\1", "\1",
			  "\1") "a"
				"\1\0\0\377\377\377\377\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"),
			NACRE_E_FORMAT, "beyond its range" },
		{ TEXT(ROOT AT("\1", "\1",
			  "\1") "a"
				"\1\0\0\0\0\0\0\377\377\377\377\0\0\0\0\0\0\0\0\0\0\0\0\0\0"),
			NACRE_E_FORMAT, "beyond its range" },
		{ TEXT(ROOT AT("\1", "\1",
			  "\1") "a"
				"\1\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\312\232\73\0\0"),
			NACRE_E_FORMAT, "beyond its range" },
		{ TEXT(ROOT AT(
			  "\1", "\1", "\1") "a"
					    "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
					    "\1\0\0\0\0\0\0\0\2\0\0\0\0\0\0\0\0\0"),
			NACRE_E_FORMAT, "from nowhere" },
		{ TEXT(ROOT AT(
			  "\1", "\1", "\1") "a"
					    "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
					    "\1\0\0\0\0\0\0\0\1\0\377\377\377\377\377\377\377\377"),
			NACRE_E_FORMAT, "largest offset" },
		{ TEXT(ROOT AT(
			  "\1", "\1", "\1") "a"
					    "\2\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
					    "\0\0"),
			NACRE_E_FORMAT, "target of no good length" },
		{ TEXT(ROOT AT(
			  "\1", "\1", "\1") "a"
					    "\2\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
					    "\2\0x\0"),
			NACRE_E_FORMAT, "a text with a NUL" },
		{ TEXT(ROOT AT(
			  "\1", "\1", "\1") "a"
					    "\1\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\2\0"
					    "\1\0b\0\0\0\0\1\0a\0\0\0\0"),
			NACRE_E_FORMAT, "xattrs out of order" },
		{ TEXT(ROOT AT(
			  "\1", "\1", "\1") "a"
					    "\1\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1\0"
					    "\0\0\0\0\0\0"),
			NACRE_E_FORMAT, "without a name" },
		{ TEXT(ROOT AT(
			  "\1", "\1", "\1") "a"
					    "\1\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1\0"
					    "\1\0b\377\377\377\177"),
			NACRE_E_LIMIT, "limit xattr-bytes" },
		{ TEXT(ROOT AT(
			  "\1", "\1", "\1") "a"
					    "\1\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\377\0"),
			NACRE_E_LIMIT, "limit xattrs" },
	};
	const struct nacre_limits limits = nacre_env_limits(NULL);

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		NACRE_CLEANUP(nacre_buf_clear)
		struct nacre_buf wire = NACRE_BUF(ENOUGH);
		const unsigned char head[4] = { (unsigned char)rows[i].len,
			(unsigned char)(rows[i].len >> 8), 0, 0 };
		struct nacre_err err = { NACRE_OK, "" };
		struct nacre_tree tree;
		size_t left = 0;
		int rc;

		assert_int_equal(nacre_buf_add(&wire, head, rows[i].len ? 4 : 0, NULL), 0);
		assert_int_equal(nacre_buf_add(&wire, rows[i].data, rows[i].len, NULL), 0);
		assert_int_equal(nacre_buf_add(&wire, "\0\0\0\0", 4, NULL), 0);
		rc = take(wire.data, wire.len, &limits, &tree, &left, &err);
		if (rc != rows[i].code || !strstr(err.text, rows[i].text))
			fail_msg("row %zu: %d '%s', not %d '%s'", i, rc, err.text, rows[i].code,
				rows[i].text);
		nacre_tree_clear(&tree);
	}
}

static void memory_has_a_limit(void **state)
{
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf wire = NACRE_BUF(ENOUGH);
	struct nacre_limits limits = nacre_env_limits(NULL);
	struct nacre_err err = { NACRE_OK, "" };
	struct nacre_tree tree, again;
	size_t left = 0;

	(void)state;
	fill(&tree);
	emit(&tree, &wire);
	limits.tree_bytes = 1000;
	assert_int_equal(take(wire.data, wire.len, &limits, &again, &left, &err), NACRE_E_LIMIT);
	assert_non_null(strstr(err.text, "limit tree-bytes"));
	nacre_tree_clear(&tree);
	nacre_tree_clear(&again);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_tree_comes_out_as_it_went_in),
		cmocka_unit_test(depth_and_number_do_not_matter),
		cmocka_unit_test(every_cut_is_refused),
		cmocka_unit_test(what_is_no_tree_is_refused),
		cmocka_unit_test(memory_has_a_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
