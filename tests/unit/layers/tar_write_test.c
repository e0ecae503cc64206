/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The bytes that docs/layer-encoding.md asks for, put together here a second time and field by
 * field, against those that are written.
 */
#include "base/env.h"
#include "layers/tar_write.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct nacre_tree tree;
static struct nacre_buf want, got;
static struct nacre_layer_stats stats;

static int setup(void **state)
{
	(void)state;
	want = (struct nacre_buf)NACRE_BUF(1 << 24);
	got = (struct nacre_buf)NACRE_BUF(1 << 24);
	return nacre_tree_init(&tree, NULL);
}

static int teardown(void **state)
{
	(void)state;
	nacre_tree_clear(&tree);
	nacre_buf_clear(&want);
	nacre_buf_clear(&got);
	return 0;
}

/* ------------------------------------------------------------ what is wanted */

/* The fields that differ between members; all text, as it stands in the header. */
struct fields {
	const char *name, *prefix, *link;
	const char *mode, *uid, *gid, *size, *mtime, *major, *minor;
	char type;
};

static void put(char *header, size_t at, const char *text)
{
	if (text)
		memcpy(header + at, text, strlen(text));
}

static void want_header(const struct fields *f)
{
	char header[513] = "", sum_text[8];
	unsigned sum = 0;

	put(header, 0, f->name);
	put(header, 100, f->mode ? f->mode : "0000644");
	put(header, 108, f->uid ? f->uid : "0000000");
	put(header, 116, f->gid ? f->gid : "0000000");
	put(header, 124, f->size ? f->size : "00000000000");
	put(header, 136, f->mtime ? f->mtime : "00000000000");
	memset(header + 148, ' ', 8);
	header[156] = f->type ? f->type : '0';
	put(header, 157, f->link);
	memcpy(header + 257, "ustar\00000", 8);
	put(header, 329, f->major ? f->major : "0000000");
	put(header, 337, f->minor ? f->minor : "0000000");
	put(header, 345, f->prefix);
	for (size_t i = 0; i < 512; i++)
		sum += (unsigned char)header[i];
	(void)snprintf(sum_text, sizeof(sum_text), "%06o", sum & 0777777);
	memcpy(header + 148, sum_text, 7);
	assert_int_equal(nacre_buf_add(&want, header, 512, NULL), 0);
}

static void want_data(const void *data, size_t len)
{
	static const char zeros[512];

	assert_int_equal(nacre_buf_add(&want, data, len, NULL), 0);
	if (len % 512)
		assert_int_equal(nacre_buf_add(&want, zeros, 512 - len % 512, NULL), 0);
}

static void want_pax(const void *records, size_t len)
{
	char size[16];

	(void)snprintf(size, sizeof(size), "%011zo", len);
	want_header(&(struct fields){
		.name = "././@PaxHeader", .mode = "0000000", .size = size, .type = 'x' });
	want_data(records, len);
}

static void want_end(void)
{
	static const char zeros[1024];

	want_data(zeros, sizeof(zeros));
}

/* -------------------------------------------------------------- what is there */

static struct nacre_node *add(struct nacre_node *dir, const char *name, enum nacre_type type)
{
	struct nacre_inode *inode = nacre_inode_new(&tree, type);
	struct nacre_node *node = NULL;

	assert_non_null(inode);
	assert_int_equal(nacre_tree_add(&tree, dir ? dir : tree.root, name, strlen(name), inode,
				 &node, NULL),
		0);
	node->is_explicit = true;
	return node;
}

static struct nacre_node *add_link(
	struct nacre_node *dir, const char *name, struct nacre_inode *inode)
{
	struct nacre_node *node = NULL;

	assert_int_equal(nacre_tree_add(&tree, dir ? dir : tree.root, name, strlen(name), inode,
				 &node, NULL),
		0);
	node->is_explicit = true;
	return node;
}

/* "hello", or what is shorter or longer, from one place; a size of 8 GiB would be an error. */
static int open_hello(struct nacre_origin *origin, uint64_t key, uint64_t size,
	struct nacre_source **out_source, struct nacre_err *err)
{
	(void)origin;
	(void)key;
	if (size > 1024)
		return nacre_fail(err, NACRE_E_IO, "no content of that size");
	return nacre_source_memory("hello", 5, out_source, err);
}

static struct nacre_origin hello = { .open = open_hello };

static struct nacre_node *add_file(struct nacre_node *dir, const char *name, uint64_t size)
{
	struct nacre_node *node = add(dir, name, NACRE_TYPE_FILE);

	node->inode->size_bytes = size;
	node->inode->u.content.origin = &hello;
	return node;
}

static int write_tree(struct nacre_err *err)
{
	struct nacre_limits limits = nacre_env_limits(NULL);
	struct nacre_sink *sink = NULL;
	int rc;

	got.len = 0;
	assert_int_equal(nacre_sink_buf(&got, &sink, NULL), 0);
	rc = nacre_tar_write(&tree, &limits, sink, &stats, err);
	nacre_sink_free(sink);
	return rc;
}

static void check(void)
{
	size_t len = want.len;

	want_end();
	assert_int_equal(write_tree(NULL), 0);
	assert_int_equal(got.len, want.len);
	for (size_t i = 0; i < got.len; i++) {
		if (got.data[i] != want.data[i])
			fail_msg("byte %zu of block %zu", i % 512, i / 512);
	}
	want.len = len;
}

static void refuses(int code, const char *text)
{
	struct nacre_err err = { NACRE_OK, "" };

	assert_int_equal(write_tree(&err), code);
	assert_string_equal(err.text, text);
}

/* ---------------------------------------------------------------------- tests */

static void a_tree_of_nothing_is_the_end_alone(void **state)
{
	(void)state;
	check();
	assert_int_equal(got.len, 1024);
	assert_int_equal(stats.members, 0);
}

static void every_kind_of_entry_has_its_bytes(void **state)
{
	struct nacre_node *d = add(NULL, "d", NACRE_TYPE_DIR), *node;

	(void)state;
	tree.root->is_explicit = true;
	tree.root->inode->mode = 0700;
	tree.root->inode->mtime_s = 1700000000;
	node = add(d, "b", NACRE_TYPE_BLOCK);
	node->inode->u.device.major = 4095;
	node->inode->u.device.minor = 1048575;
	node = add(d, "c", NACRE_TYPE_CHAR);
	node->inode->u.device.major = 1;
	node->inode->u.device.minor = 3;
	node = add_file(d, "f", 5);
	node->inode->mode = 06755;
	node->inode->uid = 1000;
	node->inode->gid = 2097151;
	(void)add_link(d, "g", node->inode);
	(void)add(d, "p", NACRE_TYPE_FIFO);
	add(d, "s", NACRE_TYPE_SYMLINK)->inode->u.target = "../f";
	(void)add(d, "gone", NACRE_TYPE_WHITEOUT);

	want_header(&(struct fields){
		.name = "./", .mode = "0000700", .mtime = "14524770400", .type = '5' });
	want_header(&(struct fields){ .name = "d/", .mode = "0000755", .type = '5' });
	want_header(&(struct fields){ .name = "d/.wh.gone", .mode = "0000000" });
	want_header(&(struct fields){
		.name = "d/b", .major = "0007777", .minor = "3777777", .type = '4' });
	want_header(&(struct fields){
		.name = "d/c", .major = "0000001", .minor = "0000003", .type = '3' });
	want_header(&(struct fields){ .name = "d/f",
		.mode = "0006755",
		.uid = "0001750",
		.gid = "7777777",
		.size = "00000000005" });
	want_data("hello", 5);
	want_header(&(struct fields){ .name = "d/g",
		.mode = "0006755",
		.uid = "0001750",
		.gid = "7777777",
		.link = "d/f",
		.type = '1' });
	want_header(&(struct fields){ .name = "d/p", .type = '6' });
	want_header(
		&(struct fields){ .name = "d/s", .mode = "0000777", .link = "../f", .type = '2' });
	check();
	assert_int_equal(stats.members, 9);
	assert_int_equal(stats.whiteouts, 1);
	assert_int_equal(stats.file_bytes, 5);
}

static void only_what_is_explicit_is_written_and_whiteouts_come_first(void **state)
{
	struct nacre_node *d = add(NULL, "a", NACRE_TYPE_DIR);

	(void)state;
	d->is_explicit = false;
	(void)add(d, "a", NACRE_TYPE_FIFO);
	(void)add(d, "y", NACRE_TYPE_WHITEOUT);
	(void)add(d, "x", NACRE_TYPE_WHITEOUT);
	(void)add(NULL, "a-b", NACRE_TYPE_FIFO);
	(void)add(NULL, "z", NACRE_TYPE_WHITEOUT);
	want_header(&(struct fields){ .name = ".wh.z", .mode = "0000000" });
	want_header(&(struct fields){ .name = "a/.wh.x", .mode = "0000000" });
	want_header(&(struct fields){ .name = "a/.wh.y", .mode = "0000000" });
	want_header(&(struct fields){ .name = "a/a", .type = '6' });
	want_header(&(struct fields){ .name = "a-b", .type = '6' });
	check();
	assert_int_equal(stats.whiteouts, 3);
}

static void the_first_name_in_the_walk_holds_the_content(void **state)
{
	struct nacre_node *d = add(NULL, "a", NACRE_TYPE_DIR), *z = add_file(NULL, "z", 5);

	(void)state;
	(void)add_link(d, "x", z->inode);
	(void)add_link(NULL, "a-", z->inode);
	want_header(&(struct fields){ .name = "a/", .mode = "0000755", .type = '5' });
	want_header(&(struct fields){ .name = "a/x", .size = "00000000005" });
	want_data("hello", 5);
	want_header(&(struct fields){ .name = "a-", .link = "a/x", .type = '1' });
	want_header(&(struct fields){ .name = "z", .link = "a/x", .type = '1' });
	check();
	check();
}

/* A name of one letter again and again. */
static char *letters(char letter, size_t count)
{
	static char texts[8][300];
	static unsigned turn;
	char *text = texts[turn++ % 8];

	assert_true(count < sizeof(texts[0]));
	memset(text, letter, count);
	text[count] = '\0';
	return text;
}

static void check_name(size_t dir_len, size_t name_len, const char *prefix, const char *name)
{
	char path[600], record[700];
	struct nacre_node *d = add(NULL, letters('d', dir_len), NACRE_TYPE_DIR);

	d->is_explicit = false;
	(void)add(d, letters('n', name_len), NACRE_TYPE_FIFO);
	(void)snprintf(path, sizeof(path), "%s/%s", letters('d', dir_len), letters('n', name_len));
	if (!name) {
		int len =
			snprintf(record, sizeof(record), "%zu path=%s\n", strlen(path) + 10, path);

		assert_int_equal(len, strlen(path) + 10);
		want_pax(record, (size_t)len);
		path[100] = '\0';
		name = path;
	}
	want_header(&(struct fields){ .name = name, .prefix = prefix, .type = '6' });
	check();
	nacre_tree_clear(&tree);
	assert_int_equal(nacre_tree_init(&tree, NULL), 0);
	want.len = 0;
}

static void names_go_where_they_fit(void **state)
{
	char path[300];

	(void)state;
	(void)snprintf(path, sizeof(path), "%s/%s", letters('d', 49), letters('n', 49));
	check_name(49, 49, NULL, path); /* 99 */
	(void)snprintf(path, sizeof(path), "%s/%s", letters('d', 50), letters('n', 49));
	check_name(50, 49, NULL, path);				    /* 100 */
	check_name(50, 50, letters('d', 50), letters('n', 50));	    /* 101 */
	check_name(155, 100, letters('d', 155), letters('n', 100)); /* 256, both full */
	check_name(156, 99, NULL, NULL);  /* 256, no slash where it must be */
	check_name(155, 101, NULL, NULL); /* 257 */
	check_name(1, 101, NULL, NULL);
}

static void the_prefix_ends_at_the_first_slash_that_leaves_a_name_that_fits(void **state)
{
	struct nacre_node *a = add(NULL, letters('a', 40), NACRE_TYPE_DIR);
	struct nacre_node *b = add(a, letters('b', 40), NACRE_TYPE_DIR);
	char name[120];

	(void)state;
	a->is_explicit = b->is_explicit = false;
	(void)add(b, letters('c', 40), NACRE_TYPE_FIFO);
	(void)snprintf(name, sizeof(name), "%s/%s", letters('b', 40), letters('c', 40));
	want_header(&(struct fields){ .name = name, .prefix = letters('a', 40), .type = '6' });
	check();
}

static void the_slash_behind_a_directory_counts_and_is_never_the_border(void **state)
{
	char path[160], record[160];
	int len;

	(void)state;
	(void)add(NULL, letters('d', 99), NACRE_TYPE_DIR);
	(void)add(NULL, letters('e', 100), NACRE_TYPE_DIR);
	(void)snprintf(path, sizeof(path), "%s/", letters('d', 99));
	want_header(&(struct fields){ .name = path, .mode = "0000755", .type = '5' });
	len = snprintf(record, sizeof(record), "111 path=%s/\n", letters('e', 100));
	assert_int_equal(len, 111);
	want_pax(record, (size_t)len);
	want_header(&(struct fields){ .name = letters('e', 100), .mode = "0000755", .type = '5' });
	check();
}

static void long_link_names_get_a_record(void **state)
{
	char record[200];
	int len;

	(void)state;
	add(NULL, "a", NACRE_TYPE_SYMLINK)->inode->u.target = letters('t', 100);
	add(NULL, "b", NACRE_TYPE_SYMLINK)->inode->u.target = letters('u', 101);
	want_header(&(struct fields){
		.name = "a", .mode = "0000777", .link = letters('t', 100), .type = '2' });
	len = snprintf(record, sizeof(record), "115 linkpath=%s\n", letters('u', 101));
	assert_int_equal(len, 115);
	want_pax(record, (size_t)len);
	want_header(&(struct fields){
		.name = "b", .mode = "0000777", .link = letters('u', 100), .type = '2' });
	check();
}

static void owners_beyond_the_field_get_a_record(void **state)
{
	struct nacre_inode *a = add(NULL, "a", NACRE_TYPE_FIFO)->inode;
	struct nacre_inode *b = add(NULL, "b", NACRE_TYPE_FIFO)->inode;

	(void)state;
	a->uid = 2097151;
	a->gid = 2097152;
	b->uid = 4294967294;
	want_pax("15 gid=2097152\n", 15);
	want_header(&(struct fields){ .name = "a", .uid = "7777777", .type = '6' });
	want_pax("18 uid=4294967294\n", 18);
	want_header(&(struct fields){ .name = "b", .type = '6' });
	check();
	b->uid = UINT32_MAX;
	refuses(NACRE_E_UNSAFE, "'b': its uid is above 4294967294");
	b->uid = 0;
	b->gid = UINT32_MAX;
	refuses(NACRE_E_UNSAFE, "'b': its gid is above 4294967294");
}

static void times_beyond_the_field_get_a_record(void **state)
{
	static const struct {
		int64_t s;
		uint32_t ns;
		const char *field;  /* NULL: zero, and a record */
		const char *record; /* "LEN mtime=…\n" */
	} rows[] = {
		{ 0, 0, "00000000000", NULL },
		{ 8589934591, 0, "77777777777", NULL },
		{ 8589934592, 0, NULL, "20 mtime=8589934592\n" },
		{ -1, 0, NULL, "12 mtime=-1\n" },
		{ -1, 250000000, NULL, "15 mtime=-0.75\n" },
		{ -2, 999999999, NULL, "22 mtime=-1.000000001\n" },
		{ 0, 1, NULL, "21 mtime=0.000000001\n" },
		{ 0, 500000000, NULL, "13 mtime=0.5\n" },
		{ 1700000000, 120000000, NULL, "23 mtime=1700000000.12\n" },
		{ 10, 0, "00000000012", NULL },
		{ INT64_MIN, 0, NULL, "30 mtime=-9223372036854775808\n" },
		{ INT64_MIN, 999999999, NULL, "40 mtime=-9223372036854775807.000000001\n" },
		{ INT64_MAX, 999999999, NULL, "39 mtime=9223372036854775807.999999999\n" },
	};
	struct nacre_inode *inode = add(NULL, "a", NACRE_TYPE_FIFO)->inode;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		want.len = 0;
		inode->mtime_s = rows[i].s;
		inode->mtime_ns = rows[i].ns;
		if (rows[i].record)
			want_pax(rows[i].record, strlen(rows[i].record));
		want_header(&(struct fields){ .name = "a", .mtime = rows[i].field, .type = '6' });
		check();
	}
}

static void the_length_of_a_record_counts_itself(void **state)
{
	struct nacre_inode *inode = add(NULL, "a", NACRE_TYPE_FIFO)->inode;
	char value[1200], record[1300];

	(void)state;
	memset(value, 'v', sizeof(value));
	for (size_t len = 0; len < 1100; len++) {
		const struct nacre_xattr item = { "user.x", value, len };
		int head;
		size_t total;

		if (len > 90 && len < 960)
			continue;
		assert_int_equal(nacre_xattrs_make(&tree.arena, &item, 1, &inode->xattrs, NULL), 0);
		/* The only length that tells the truth about itself. */
		for (total = 1;; total++) {
			head = snprintf(record, 64, "%zu SCHILY.xattr.user.x=", total);
			if ((size_t)head + len + 1 == total)
				break;
		}
		memset(record + head, 'v', len);
		record[total - 1] = '\n';
		want.len = 0;
		want_pax(record, total);
		want_header(&(struct fields){ .name = "a", .type = '6' });
		check();
	}
}

static void xattrs_are_sorted_raw_and_not_on_links(void **state)
{
	static const struct nacre_xattr items[] = { { "user.b", "\0\n=", 3 }, { "user.a", "", 0 },
		{ "security.capability", "\1", 1 } };
	struct nacre_inode *inode = add(NULL, "a", NACRE_TYPE_FIFO)->inode;

	(void)state;
	assert_int_equal(nacre_xattrs_make(&tree.arena, items, 3, &inode->xattrs, NULL), 0);
	(void)add_link(NULL, "b", inode);
	want_pax("38 SCHILY.xattr.security.capability=\1\n24 SCHILY.xattr.user.a=\n"
		 "27 SCHILY.xattr.user.b=\0\n=\n",
		38 + 24 + 27);
	want_header(&(struct fields){ .name = "a", .type = '6' });
	want_header(&(struct fields){ .name = "b", .link = "a", .type = '1' });
	check();
	assert_int_equal(stats.xattr_bytes, 19 + 1 + 6 + 6 + 3);
}

static void records_stand_in_their_order(void **state)
{
	static const struct nacre_xattr item = { "user.a", "1", 1 };
	struct nacre_inode *inode = add(NULL, letters('n', 101), NACRE_TYPE_SYMLINK)->inode;
	char records[600];
	int len;

	(void)state;
	inode->u.target = letters('t', 101);
	inode->uid = inode->gid = 3000000;
	inode->mtime_ns = 500000000;
	assert_int_equal(nacre_xattrs_make(&tree.arena, &item, 1, &inode->xattrs, NULL), 0);
	len = snprintf(records, sizeof(records),
		"111 path=%s\n115 linkpath=%s\n15 uid=3000000\n15 gid=3000000\n13 mtime=0.5\n"
		"25 SCHILY.xattr.user.a=1\n",
		letters('n', 101), inode->u.target);
	want_pax(records, (size_t)len);
	want_header(&(struct fields){ .name = letters('n', 100),
		.mode = "0000777",
		.link = letters('t', 100),
		.type = '2' });
	check();
}

/* The content of such a file is not read: its origin says no, once the headers are written. */
static void a_size_beyond_the_field_gets_a_record(void **state)
{
	struct nacre_inode *inode = add_file(NULL, "a", 8589934591)->inode;

	(void)state;
	want_header(&(struct fields){ .name = "a", .size = "77777777777" });
	refuses(NACRE_E_IO, "'a': no content of that size");
	assert_int_equal(got.len, want.len);
	assert_memory_equal(got.data, want.data, want.len);
	want.len = 0;
	inode->size_bytes = 8589934592;
	want_pax("19 size=8589934592\n", 19);
	want_header(&(struct fields){ .name = "a" });
	refuses(NACRE_E_IO, "'a': no content of that size");
	assert_int_equal(got.len, want.len);
	assert_memory_equal(got.data, want.data, want.len);
}

static void content_of_another_size_is_not_padded_over(void **state)
{
	(void)state;
	(void)add_file(NULL, "a", 7);
	refuses(NACRE_E_IO, "'a': 2 bytes less than its size");
}

static void names_that_would_be_whiteouts_are_refused_wherever_they_stand(void **state)
{
	struct nacre_node *d;

	(void)state;
	d = add(NULL, ".wh.d", NACRE_TYPE_DIR);
	d->is_explicit = false;
	(void)add(d, "x", NACRE_TYPE_FIFO);
	refuses(NACRE_E_UNSAFE,
		"'.wh.d': a name that begins with '.wh.' would be taken for a whiteout");
	nacre_tree_remove(&tree, d);
	d = add(NULL, ".wh.x", NACRE_TYPE_FIFO);
	refuses(NACRE_E_UNSAFE,
		"'.wh.x': a name that begins with '.wh.' would be taken for a whiteout");
	nacre_tree_remove(&tree, d);
	/* Written, this one would make the whole directory opaque. */
	(void)add(NULL, ".wh..opq", NACRE_TYPE_WHITEOUT);
	refuses(NACRE_E_UNSAFE,
		"'/': a name that begins with '.wh.' would be taken for a whiteout");
}

static void what_no_reader_would_take_is_not_written(void **state)
{
	static const struct nacre_xattr equals = { "user.a=b", "", 0 }, none = { "", "", 0 };
	struct nacre_inode *inode = add(NULL, "a", NACRE_TYPE_CHAR)->inode;

	(void)state;
	inode->u.device.major = 4096;
	refuses(NACRE_E_UNSAFE, "'a': device number 4096:0 is beyond 4095:1048575");
	inode->u.device.major = 0;
	inode->u.device.minor = 1048576;
	refuses(NACRE_E_UNSAFE, "'a': device number 0:1048576 is beyond 4095:1048575");
	inode->u.device.minor = 0;
	assert_int_equal(nacre_xattrs_make(&tree.arena, &equals, 1, &inode->xattrs, NULL), 0);
	refuses(NACRE_E_UNSAFE,
		"'a': xattr 'user.a=b': a name with '=', or none, has no place in a tar");
	assert_int_equal(nacre_xattrs_make(&tree.arena, &none, 1, &inode->xattrs, NULL), 0);
	refuses(NACRE_E_UNSAFE, "'a': xattr '': a name with '=', or none, has no place in a tar");
}

static void a_path_beyond_the_limit_is_refused_and_one_at_it_written(void **state)
{
	struct nacre_node *node = NULL;
	struct nacre_err err;

	(void)state;
	for (unsigned i = 0; i < 16; i++)
		node = add(node, letters('d', 255), NACRE_TYPE_DIR);
	assert_int_equal(write_tree(&err), 0); /* 4095 and the slash behind it */
	(void)add(node, "x", NACRE_TYPE_WHITEOUT);
	assert_int_equal(write_tree(&err), NACRE_E_LIMIT);
	assert_non_null(strstr(err.text, ": a path of more than 4095 bytes (limit path-bytes)"));
	(void)add(node, "y", NACRE_TYPE_FIFO);
	nacre_tree_remove(&tree, nacre_node_find(node, "x", 1));
	assert_int_equal(write_tree(&err), NACRE_E_LIMIT);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(a_tree_of_nothing_is_the_end_alone),
		TEST(every_kind_of_entry_has_its_bytes),
		TEST(only_what_is_explicit_is_written_and_whiteouts_come_first),
		TEST(the_first_name_in_the_walk_holds_the_content),
		TEST(names_go_where_they_fit),
		TEST(the_prefix_ends_at_the_first_slash_that_leaves_a_name_that_fits),
		TEST(the_slash_behind_a_directory_counts_and_is_never_the_border),
		TEST(long_link_names_get_a_record),
		TEST(owners_beyond_the_field_get_a_record),
		TEST(times_beyond_the_field_get_a_record),
		TEST(the_length_of_a_record_counts_itself),
		TEST(xattrs_are_sorted_raw_and_not_on_links),
		TEST(records_stand_in_their_order),
		TEST(a_size_beyond_the_field_gets_a_record),
		TEST(content_of_another_size_is_not_padded_over),
		TEST(names_that_would_be_whiteouts_are_refused_wherever_they_stand),
		TEST(what_no_reader_would_take_is_not_written),
		TEST(a_path_beyond_the_limit_is_refused_and_one_at_it_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
