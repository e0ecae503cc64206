/* SPDX-License-Identifier: Apache-2.0 */
/* Trees written to real directories, and what they are on disk afterwards. */
#include "layers/write.h"

#include "base/file.h"
#include "layers/scan.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sys/xattr.h>

#include <cmocka.h>

#include <dirent.h>

#define NOBODY 65534

/* ------------------------------------------------------------------ helpers */

struct scratch {
	char path[64];
	int dir;
};

static int make_scratch(void **state)
{
	struct scratch *scratch = calloc(1, sizeof(*scratch));

	if (!scratch)
		return -1;
	(void)snprintf(scratch->path, sizeof(scratch->path), "/tmp/nacre-write-XXXXXX");
	if (!mkdtemp(scratch->path) || nacre_dir_open(scratch->path, &scratch->dir, NULL))
		return -1;
	*state = scratch;
	return chmod(scratch->path, 0711);
}

static int remove_scratch(void **state)
{
	struct scratch *scratch = *state;
	int tmp = open("/tmp", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int rc = nacre_tree_remove_at(tmp, scratch->path + strlen("/tmp/"), NULL);

	(void)close(tmp);
	(void)close(scratch->dir);
	free(scratch);
	return rc;
}

/* A fresh staging directory. */
static int stage(const struct scratch *scratch, const char *name)
{
	int dir = -1;

	assert_int_equal(mkdirat(scratch->dir, name, 0700), 0);
	assert_int_equal(fchmodat(scratch->dir, name, 0700, 0), 0);
	assert_int_equal(nacre_dir_open_at(scratch->dir, name, &dir, NULL), 0);
	return dir;
}

static int count_names(int dir)
{
	int copy = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), count = -2;
	DIR *stream = fdopendir(copy);

	assert_non_null(stream);
	while (readdir(stream))
		count++;
	(void)closedir(stream);
	return count;
}

static void need_root(void)
{
	if (geteuid() != 0) {
		print_message("lacks root: owners and devices cannot be made\n");
		skip();
	}
}

static void need_xattrs(const struct scratch *scratch)
{
	if (fsetxattr(scratch->dir, "user.probe", "", 0, 0) < 0) {
		print_message("lacks a file system with xattrs\n");
		skip();
	}
}

/* Content by key: what `text` holds from offset `key` on. */
struct memory {
	struct nacre_origin base;
	const char *text;
	int64_t lie_bytes; /* yields so many more, or fewer */
};

static int memory_open(struct nacre_origin *origin, uint64_t key, uint64_t size,
	struct nacre_source **out_source, struct nacre_err *err)
{
	struct memory *memory = (struct memory *)origin;

	return nacre_source_memory(
		memory->text + key, (size_t)((int64_t)size + memory->lie_bytes), out_source, err);
}

#define MEMORY(text)                                                                               \
	{                                                                                          \
		{ .open = memory_open }, (text), 0                                                 \
	}

static struct nacre_node *add(
	struct nacre_tree *tree, struct nacre_node *dir, const char *name, enum nacre_type type)
{
	struct nacre_inode *inode = nacre_inode_new(tree, type);
	struct nacre_node *node = NULL;

	assert_non_null(inode);
	if (type == NACRE_TYPE_SYMLINK)
		inode->u.target = "somewhere/else";
	assert_int_equal(nacre_tree_add(tree, dir, name, strlen(name), inode, &node, NULL), 0);
	return node;
}

static struct nacre_node *add_file(struct nacre_tree *tree, struct nacre_node *dir,
	const char *name, struct nacre_origin *origin, uint64_t key, uint64_t size)
{
	struct nacre_node *node = add(tree, dir, name, NACRE_TYPE_FILE);

	node->inode->size_bytes = size;
	node->inode->u.content.origin = origin;
	node->inode->u.content.key = key;
	return node;
}

static void add_link(struct nacre_tree *tree, struct nacre_node *dir, const char *name,
	const struct nacre_node *to)
{
	assert_int_equal(nacre_tree_add(tree, dir, name, strlen(name), to->inode, NULL, NULL), 0);
}

static void set_xattr(
	struct nacre_tree *tree, struct nacre_node *node, const char *name, const void *v, size_t n)
{
	struct nacre_xattr item = { name, v, n };

	assert_int_equal(nacre_xattrs_make(&tree->arena, &item, 1, &node->inode->xattrs, NULL), 0);
}

static const struct nacre_write_options as_root = { .keep_owner = true, .devices = true };
static const struct nacre_scan_options all_of_it = { .keep_mode = true,
	.keep_owner = true,
	.keep_mtime = true,
	.keep_xattrs = true,
	.keep_hard_links = true,
	.keep_special = true,
	.keep_top = true };

/* What was told: the number of events of each kind, and the last and first warnings. */
struct told {
	unsigned progress;
	unsigned warnings;
	unsigned stop_at; /* the progress event that is answered with "stop"; 0: none */
	char first[NACRE_ERR_TEXT];
	char last[NACRE_ERR_TEXT];
};

static int hear(const struct nacre_event *event, void *user)
{
	struct told *told = user;

	if (event->kind == NACRE_PROGRESS)
		return ++told->progress == told->stop_at;
	if (told->warnings++ == 0)
		(void)snprintf(told->first, sizeof(told->first), "%s", event->subject);
	(void)snprintf(told->last, sizeof(told->last), "%s", event->subject);
	return 0;
}

/* ----------------------------------------------------------- trees compared */

static void same_content(const struct nacre_inode *a, const struct nacre_inode *b)
{
	struct nacre_buf bytes[2] = { NACRE_BUF(1 << 20), NACRE_BUF(1 << 20) };
	const struct nacre_inode *inodes[] = { a, b };

	for (size_t i = 0; i < 2; i++) {
		struct nacre_source *source = NULL;
		struct nacre_sink *sink = NULL;

		assert_int_equal(nacre_inode_open(inodes[i], &source, NULL), 0);
		assert_int_equal(nacre_sink_buf(&bytes[i], &sink, NULL), 0);
		assert_int_equal(nacre_stream_copy(source, sink, NULL, NULL), 0);
		nacre_source_free(source);
		nacre_sink_free(sink);
	}
	assert_int_equal(bytes[0].len, bytes[1].len);
	if (bytes[0].len > 0)
		assert_memory_equal(bytes[0].data, bytes[1].data, bytes[0].len);
	nacre_buf_clear(&bytes[0]);
	nacre_buf_clear(&bytes[1]);
}

/* The same names, attributes and contents, and the same names share a file. */
static void same_trees(struct nacre_tree *a, struct nacre_tree *b)
{
	struct nacre_node *x = a->root, *y = b->root;

	nacre_tree_forget_first(a);
	nacre_tree_forget_first(b);
	assert_int_equal(a->nodes, b->nodes);
	for (; x && y; x = nacre_tree_next(x), y = nacre_tree_next(y)) {
		char name[512];

		assert_string_equal(x->name, y->name);
		if (!nacre_inode_same_attrs(x->inode, y->inode))
			fail_msg("'%s' differs", nacre_node_name(x, name, sizeof(name)));
		assert_int_equal(!x->inode->first, !y->inode->first);
		if (x->inode->first)
			assert_string_equal(x->inode->first->name, y->inode->first->name);
		x->inode->first = x;
		y->inode->first = y;
		if (x->inode->type == NACRE_TYPE_FILE)
			same_content(x->inode, y->inode);
	}
	assert_null(x);
	assert_null(y);
}

static void add_deep(struct nacre_tree *tree, struct nacre_node *dir, struct nacre_origin *origin)
{
	for (int i = 0; i < 300; i++)
		dir = add(tree, dir, "a-name-of-some-length", NACRE_TYPE_DIR);
	(void)add_file(tree, dir, "bottom", origin, 3, 4);
	(void)add(tree, dir, "none", NACRE_TYPE_FILE);
}

/* One of every kind, with what is hard to get right about each. */
static void fill(struct nacre_tree *tree, struct nacre_origin *origin)
{
	static const unsigned char cap[20] = { 1, 0, 0, 2, 0, 0x20 };
	char name[256];
	struct nacre_node *dir = add(tree, tree->root, "dir", NACRE_TYPE_DIR), *node;

	tree->root->inode->mode = 0751;
	tree->root->inode->mtime_s = 86400;
	dir->inode->mode = 01777;
	dir->inode->mtime_s = -5;
	dir->inode->mtime_ns = 1;
	node = add_file(tree, dir, "su", origin, 0, 10);
	node->inode->mode = 06755;
	node->inode->mtime_ns = 999999999;
	node->inode->mtime_s = -1000000;
	add_link(tree, tree->root, "su-too", node);
	node = add_file(tree, tree->root, "ping\n\xff\x01", origin, 5, 7);
	set_xattr(tree, node, "security.capability", cap, sizeof(cap));
	node->inode->uid = 4294967294U;
	node = add_file(tree, dir, "locked", origin, 1, 1);
	node->inode->mode = 0;
	set_xattr(tree, node, "user.bytes", "\0\xff\n", 3);
	node = add(tree, tree->root, "closed", NACRE_TYPE_DIR);
	node->inode->mode = 0555;
	set_xattr(tree, node, "user.empty", "", 0);
	(void)add(tree, node, "empty", NACRE_TYPE_FILE);
	memset(name, 'n', 255);
	name[255] = '\0';
	node = add(tree, tree->root, name, NACRE_TYPE_SYMLINK);
	node->inode->mtime_s = 7;
	node->inode->gid = 70000;
	add_link(tree, dir, "link-to-link", node);
	node = add(tree, dir, "fifo", NACRE_TYPE_FIFO);
	node->inode->mode = 0622;
	node->inode->mtime_s = 12;
	add_link(tree, tree->root, "fifo-too", node);
	node = add(tree, dir, "null", NACRE_TYPE_CHAR);
	node->inode->u.device.major = 1;
	node->inode->u.device.minor = 3;
	node->inode->mode = 0666;
	node->inode->uid = 5;
	add_deep(tree, tree->root, origin);
}

static void scan_staged(int dir, struct nacre_tree *tree, struct nacre_scan **out_scan)
{
	struct nacre_env env = { .limits = { .path_bytes = 100000 } };
	struct nacre_err err = { 0 };

	assert_int_equal(nacre_tree_init(tree, NULL), 0);
	if (nacre_scan_dir(dir, &all_of_it, &env, tree, tree->root, out_scan, &err))
		fail_msg("%s", err.text);
}

static void write_staged(struct nacre_tree *tree, int dir, const struct nacre_env *env)
{
	struct nacre_err err = { 0 };

	if (nacre_tree_write(tree, dir, &as_root, env, &err))
		fail_msg("%s", err.text);
}

static void a_tree_of_every_kind_comes_back_from_disk_as_it_was(void **state)
{
	struct memory memory = MEMORY("0123456789abcdef");
	struct nacre_tree trees[3];
	struct nacre_scan *scans[3] = { NULL };
	struct told told = { 0 };
	struct nacre_env env = { .event = hear, .user = &told };
	int dirs[2];

	need_root();
	need_xattrs(*state);
	dirs[0] = stage(*state, "one");
	dirs[1] = stage(*state, "two");
	assert_int_equal(nacre_tree_init(&trees[0], NULL), 0);
	fill(&trees[0], &memory.base);
	for (size_t i = 0; i < 2; i++) {
		write_staged(&trees[i], dirs[i], &env);
		scan_staged(dirs[i], &trees[i + 1], &scans[i + 1]);
		assert_string_equal(told.first, "");
		same_trees(&trees[0], &trees[i + 1]);
		(void)close(dirs[i]);
	}
	for (size_t i = 0; i < 3; i++) {
		nacre_tree_clear(&trees[i]);
		nacre_scan_free(scans[i]);
	}
}

static void the_umask_changes_nothing(void **state)
{
	static const mode_t masks[] = { 0777, 0, 022 };
	struct memory memory = MEMORY("0123456789abcdef");
	struct nacre_tree tree, got;
	struct nacre_scan *scan = NULL;

	need_root();
	need_xattrs(*state);
	assert_int_equal(nacre_tree_init(&tree, NULL), 0);
	fill(&tree, &memory.base);
	for (size_t i = 0; i < 3; i++) {
		char name[16];
		mode_t before;
		int dir;

		(void)snprintf(name, sizeof(name), "m%zu", i);
		dir = stage(*state, name);
		before = umask(masks[i]);
		write_staged(&tree, dir, NULL);
		(void)umask(before);
		scan_staged(dir, &got, &scan);
		same_trees(&tree, &got);
		nacre_tree_clear(&got);
		nacre_scan_freep(&scan);
		(void)close(dir);
	}
	nacre_tree_clear(&tree);
}

static void a_default_acl_of_the_parent_changes_nothing(void **state)
{
	static const unsigned char acl[] = { 2, 0, 0, 0, 1, 0, 7, 0, 255, 255, 255, 255, 2, 0, 7, 0,
		210, 4, 0, 0, 4, 0, 7, 0, 255, 255, 255, 255, 16, 0, 7, 0, 255, 255, 255, 255, 32,
		0, 7, 0, 255, 255, 255, 255 };
	struct memory memory = MEMORY("0123456789");
	struct nacre_tree tree;
	char list[256];
	struct stat st;
	int dir, fd = -1;

	dir = stage(*state, "staging");
	if (fsetxattr(dir, "system.posix_acl_default", acl, sizeof(acl), 0) < 0) {
		print_message("lacks a file system with ACLs\n");
		skip();
	}
	assert_int_equal(nacre_tree_init(&tree, NULL), 0);
	add_file(&tree, tree.root, "file", &memory.base, 0, 10)->inode->mode = 0640;
	assert_int_equal(
		nacre_tree_write(&tree, dir, &(struct nacre_write_options){ 0 }, NULL, NULL), 0);
	fd = openat(dir, "file", O_RDONLY);
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0640);
	assert_int_equal(flistxattr(fd, list, sizeof(list)), 0);
	(void)close(fd);
	(void)close(dir);
	nacre_tree_clear(&tree);
}

/* ------------------------------------------------------------------ streams */

/* A stream of any length, byte i being i * 7, handed out in pieces, that knows what was read. */
struct flow {
	struct nacre_source base;
	uint64_t at;
	uint64_t end;
	size_t piece;
	int most_open; /* -1: not counted */
	bool ended;
};

static int count_open(void)
{
	DIR *stream = opendir("/proc/self/fd");
	int count = 0;

	if (!stream)
		return 0;
	while (readdir(stream))
		count++;
	(void)closedir(stream);
	return count;
}

static int flow_read(
	struct nacre_source *source, void *data, size_t cap, size_t *out_len, struct nacre_err *err)
{
	struct flow *flow = (struct flow *)source;
	size_t len = cap < flow->piece ? cap : flow->piece;
	int open = flow->most_open < 0 ? -1 : count_open();

	(void)err;
	if (len > flow->end - flow->at)
		len = (size_t)(flow->end - flow->at);
	for (size_t i = 0; i < len; i++)
		((unsigned char *)data)[i] = (unsigned char)((flow->at + i) * 7);
	flow->at += len;
	flow->ended = len == 0;
	flow->most_open = open > flow->most_open ? open : flow->most_open;
	*out_len = len;
	return 0;
}

#define FLOW(bytes, piece)                                                                         \
	{                                                                                          \
		{ flow_read, NULL }, 0, (bytes), (piece), -1, false                                \
	}

static void holds_flow(int dir, const char *name, uint64_t key, size_t size)
{
	unsigned char *bytes = malloc(size + 1);
	int fd = openat(dir, name, O_RDONLY);
	size_t have = 0;
	ssize_t got;

	assert_non_null(bytes);
	assert_true(fd >= 0);
	while ((got = read(fd, bytes + have, size + 1 - have)) > 0)
		have += (size_t)got;
	assert_int_equal(have, size);
	for (size_t i = 0; i < size; i++) {
		if (bytes[i] != (unsigned char)((key + i) * 7))
			fail_msg("%s: byte %zu is %u", name, i, bytes[i]);
	}
	(void)close(fd);
	free(bytes);
}

static struct nacre_writer *begin(
	struct nacre_tree *tree, int dir, const struct nacre_env *env, struct nacre_err *err)
{
	static const struct nacre_write_options own;
	struct nacre_writer *writer = NULL;

	assert_int_equal(nacre_writer_new(tree, dir, &own, env, &writer, err), 0);
	assert_int_equal(nacre_writer_dirs(writer, err), 0);
	return writer;
}

static void a_stream_gives_each_file_its_bytes_and_is_read_to_its_end(void **state)
{
	static const size_t pieces[] = { 13, 262144, 1000000 };
	struct nacre_origin layer = { 0 }, other = { 0 };
	struct memory memory = MEMORY("0123456789");
	struct nacre_tree tree;

	assert_int_equal(nacre_tree_init(&tree, NULL), 0);
	(void)add_file(&tree, tree.root, "late", &layer, 300000, 5);
	(void)add_file(&tree, tree.root, "big", &layer, 1000, 280000);
	(void)add_file(&tree, tree.root, "first", &layer, 0, 1);
	(void)add_file(&tree, tree.root, "beside", &layer, 1, 999);
	(void)add_file(&tree, tree.root, "opened", &memory.base, 1, 3);
	(void)add_file(&tree, tree.root, "from-other", &other, 100, 100);
	(void)add(&tree, tree.root, "empty", NACRE_TYPE_FILE);
	for (size_t i = 0; i < 3; i++) {
		struct flow flow = FLOW(310000, pieces[i]), second = FLOW(262144 * 2, pieces[i]);
		struct nacre_err err = { 0 };
		char name[16];
		struct nacre_writer *writer;
		int dir;

		(void)snprintf(name, sizeof(name), "s%zu", i);
		dir = stage(*state, name);
		writer = begin(&tree, dir, NULL, &err);
		assert_int_equal(nacre_writer_stream(writer, &layer, &flow.base, &err), 0);
		assert_int_equal(nacre_writer_stream(writer, &other, &second.base, &err), 0);
		assert_true(flow.ended && second.ended);
		assert_int_equal(nacre_writer_finish(writer, &err), 0);
		assert_int_equal(nacre_writer_sync(writer, &err), 0);
		nacre_writer_free(writer);
		holds_flow(dir, "late", 300000, 5);
		holds_flow(dir, "big", 1000, 280000);
		holds_flow(dir, "first", 0, 1);
		holds_flow(dir, "beside", 1, 999);
		holds_flow(dir, "from-other", 100, 100);
		holds_flow(dir, "empty", 0, 0);
		(void)close(dir);
	}
	nacre_tree_clear(&tree);
}

static void a_stream_that_no_file_lies_in_is_read_to_its_end(void **state)
{
	struct nacre_origin layer = { 0 };
	struct flow flow = FLOW(1000000, 50000);
	struct nacre_writer *writer;
	struct nacre_tree tree;
	int dir = stage(*state, "staging");

	assert_int_equal(nacre_tree_init(&tree, NULL), 0);
	writer = begin(&tree, dir, NULL, NULL);
	assert_int_equal(nacre_writer_stream(writer, &layer, &flow.base, NULL), 0);
	assert_true(flow.ended);
	nacre_writer_free(writer);
	nacre_tree_clear(&tree);
	(void)close(dir);
}

/* Two files at the given places of one stream of 1000 bytes; returns what the stream gave. */
static int stream_two(void **state, const uint64_t places[4], struct nacre_err *err)
{
	struct nacre_origin layer = { 0 };
	struct flow flow = FLOW(1000, 100);
	struct nacre_writer *writer;
	struct nacre_tree tree;
	int dir = stage(*state, "staging"), rc;

	assert_int_equal(nacre_tree_init(&tree, NULL), 0);
	(void)add_file(&tree, tree.root, "a", &layer, places[0], places[1]);
	(void)add_file(&tree, tree.root, "b", &layer, places[2], places[3]);
	writer = begin(&tree, dir, NULL, err);
	rc = nacre_writer_stream(writer, &layer, &flow.base, err);
	if (rc == NACRE_E_UNSAFE)
		assert_int_equal(count_names(dir), 0);
	/* Whatever failed, nothing goes on from there. */
	if (rc)
		assert_int_equal(nacre_writer_finish(writer, NULL), NACRE_E_ARG);
	nacre_writer_free(writer);
	nacre_tree_clear(&tree);
	(void)close(dir);
	return rc;
}

static void a_stream_that_ends_in_a_file_is_refused(void **state)
{
	struct nacre_err err = { 0 };

	assert_int_equal(
		stream_two(state, (const uint64_t[]){ 0, 10, 990, 15 }, &err), NACRE_E_FORMAT);
	assert_string_equal(err.text, "'b': the stream ends 5 bytes too early");
}

static void a_stream_that_ends_before_a_file_is_refused(void **state)
{
	struct nacre_err err = { 0 };

	assert_int_equal(
		stream_two(state, (const uint64_t[]){ 2000, 1, 5, 10 }, &err), NACRE_E_FORMAT);
	assert_string_equal(err.text, "'a': the stream ends 1001 bytes too early");
}

static void files_in_the_same_bytes_are_refused(void **state)
{
	struct nacre_err err = { 0 };

	assert_int_equal(
		stream_two(state, (const uint64_t[]){ 0, 10, 9, 10 }, &err), NACRE_E_UNSAFE);
	assert_string_equal(err.text, "'b': lies in the bytes of another file");
}

static void a_file_that_ends_beyond_all_offsets_is_refused(void **state)
{
	struct nacre_err err = { 0 };

	assert_int_equal(
		stream_two(state, (const uint64_t[]){ UINT64_MAX, 1, 0, 1 }, &err), NACRE_E_UNSAFE);
	assert_string_equal(err.text, "'a': ends beyond the largest offset");
}

static void an_origin_is_streamed_once(void **state)
{
	struct nacre_origin layer = { 0 };
	struct flow flow = FLOW(10, 10), again = FLOW(10, 10);
	struct nacre_err err = { 0 };
	struct nacre_writer *writer;
	struct nacre_tree tree;
	int dir = stage(*state, "staging");

	assert_int_equal(nacre_tree_init(&tree, NULL), 0);
	(void)add_file(&tree, tree.root, "a", &layer, 0, 10);
	writer = begin(&tree, dir, NULL, NULL);
	assert_int_equal(nacre_writer_stream(writer, &layer, &flow.base, NULL), 0);
	assert_int_equal(nacre_writer_stream(writer, &layer, &again.base, &err), NACRE_E_ARG);
	assert_string_equal(err.text, "'a': written before");
	nacre_writer_free(writer);
	nacre_tree_clear(&tree);
	(void)close(dir);
}

static void the_steps_have_an_order(void **state)
{
	static const struct nacre_write_options own;
	struct nacre_writer *writer = NULL;
	struct nacre_err err = { 0 };
	struct nacre_tree tree;
	int dir = stage(*state, "staging");

	assert_int_equal(nacre_tree_init(&tree, NULL), 0);
	assert_int_equal(nacre_writer_new(&tree, dir, &own, NULL, &writer, NULL), 0);
	assert_int_equal(nacre_writer_finish(writer, &err), NACRE_E_ARG);
	assert_string_equal(err.text, "a writer's steps out of order");
	assert_int_equal(nacre_writer_dirs(writer, NULL), 0);
	assert_int_equal(nacre_writer_dirs(writer, NULL), NACRE_E_ARG);
	assert_int_equal(nacre_writer_finish(writer, NULL), 0);
	assert_int_equal(nacre_writer_finish(writer, NULL), NACRE_E_ARG);
	nacre_writer_free(writer);
	nacre_tree_clear(&tree);
	(void)close(dir);
}

static void progress_is_told_each_few_megabytes_and_can_stop(void **state)
{
	struct nacre_origin layer = { 0 };
	struct told told = { 0 };
	struct nacre_env env = { .event = hear, .user = &told };
	struct nacre_err err = { 0 };
	struct nacre_tree tree;

	assert_int_equal(nacre_tree_init(&tree, NULL), 0);
	(void)add_file(&tree, tree.root, "a", &layer, 0, 1);
	for (unsigned stop = 0; stop < 3; stop += 2) {
		struct flow flow = FLOW((uint64_t)20 << 20, 1 << 20);
		int dir = stage(*state, stop ? "stopped" : "whole");
		struct nacre_writer *writer = begin(&tree, dir, &env, NULL);

		told = (struct told){ .stop_at = stop };
		assert_int_equal(nacre_writer_stream(writer, &layer, &flow.base, &err),
			stop ? NACRE_E_CANCELED : 0);
		assert_int_equal(told.progress, stop ? stop : 5);
		nacre_writer_free(writer);
		(void)close(dir);
	}
	nacre_tree_clear(&tree);
}

/* ----------------------------------------------------------------- refusals */

/* Tries a tree with one odd node and returns what came; nothing may have been made. */
static int refuse(void **state, const struct nacre_inode *like, const char *name,
	const struct nacre_write_options *options, struct nacre_err *err)
{
	struct nacre_writer *writer = NULL;
	struct nacre_tree tree;
	int dir = stage(*state, "staging"), rc;

	assert_int_equal(nacre_tree_init(&tree, NULL), 0);
	(void)add(&tree, tree.root, "good", NACRE_TYPE_DIR);
	*add(&tree, tree.root, name, NACRE_TYPE_FILE)->inode = *like;
	rc = nacre_writer_new(&tree, dir, options, NULL, &writer, err);
	assert_int_equal(count_names(dir), 0);
	nacre_writer_free(writer);
	nacre_tree_clear(&tree);
	(void)close(dir);
	assert_int_equal(unlinkat(((struct scratch *)*state)->dir, "staging", AT_REMOVEDIR), 0);
	return rc;
}

static void what_must_not_be_written_is_refused_before_anything_is_made(void **state)
{
	static const struct {
		struct nacre_inode inode;
		const char *name;
		bool devices;
		int code;
		const char *text;
	} rows[] = {
		{ { .type = NACRE_TYPE_CHAR, .u.device = { 1, 3 } }, "null", false, NACRE_E_UNSAFE,
			"'null': a character device (1:3), and devices are not allowed" },
		{ { .type = NACRE_TYPE_BLOCK, .u.device = { 8, 0 } }, "sda", false, NACRE_E_UNSAFE,
			"'sda': a block device (8:0), and devices are not allowed" },
		{ { .type = NACRE_TYPE_CHAR }, "hole", true, NACRE_E_UNSAFE,
			"'hole': a character device 0:0" },
		{ { .type = NACRE_TYPE_BLOCK, .u.device = { 4104, 0 } }, "wide", true,
			NACRE_E_UNSAFE,
			"'wide': a block device 4104:0: numbers of more than 12 and 20 bits" },
		{ { .type = NACRE_TYPE_CHAR, .u.device = { 1, 1 << 20 } }, "wide", true,
			NACRE_E_UNSAFE,
			"'wide': a character device 1:1048576: numbers of more than 12 and 20 "
			"bits" },
		{ { .type = NACRE_TYPE_FILE, .uid = UINT32_MAX }, "who", false, NACRE_E_UNSAFE,
			"'who': an owner 4294967295:0" },
		{ { .type = NACRE_TYPE_FILE, .gid = UINT32_MAX }, "who", false, NACRE_E_UNSAFE,
			"'who': an owner 0:4294967295" },
		{ { .type = NACRE_TYPE_FILE }, "..", false, NACRE_E_UNSAFE,
			"'..': no name for a file" },
		{ { .type = NACRE_TYPE_DIR }, ".", false, NACRE_E_UNSAFE,
			"'.': no name for a file" },
		{ { .type = NACRE_TYPE_FILE }, "a/b", false, NACRE_E_UNSAFE,
			"'a/b': no name for a file" },
		{ { .type = NACRE_TYPE_FILE }, "", false, NACRE_E_UNSAFE,
			"'': no name for a file" },
		{ { .type = NACRE_TYPE_SYMLINK, .u.target = "" }, "link", false, NACRE_E_UNSAFE,
			"'link': a symlink target of 0 bytes" },
		{ { .type = NACRE_TYPE_WHITEOUT }, "gone", false, NACRE_E_ARG,
			"'gone': a whiteout in a tree to write" },
		{ { .type = NACRE_TYPE_FILE, .mode = 010644 }, "odd", false, NACRE_E_ARG,
			"'odd': a mode or time out of range" },
		{ { .type = NACRE_TYPE_FILE, .size_bytes = 1 }, "void", false, NACRE_E_ARG,
			"'void': a file without content" },
		{ { .type = NACRE_TYPE_FILE, .size_bytes = UINT64_MAX }, "huge", false,
			NACRE_E_LIMIT, "'huge': a file of 18446744073709551615 bytes" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct nacre_write_options options = { .devices = rows[i].devices };
		struct nacre_err err = { 0 };

		assert_int_equal(
			refuse(state, &rows[i].inode, rows[i].name, &options, &err), rows[i].code);
		assert_string_equal(err.text, rows[i].text);
	}
}

static void a_directory_with_two_names_is_refused(void **state)
{
	static const struct nacre_write_options own;
	struct nacre_writer *writer = NULL;
	struct nacre_err err = { 0 };
	struct nacre_tree tree;
	int dir = stage(*state, "staging");

	assert_int_equal(nacre_tree_init(&tree, NULL), 0);
	add_link(&tree, tree.root, "two", add(&tree, tree.root, "one", NACRE_TYPE_DIR));
	assert_int_equal(nacre_writer_new(&tree, dir, &own, NULL, &writer, &err), NACRE_E_UNSAFE);
	assert_string_equal(err.text, "'two': a directory with two names");
	nacre_tree_clear(&tree);
	(void)close(dir);
}

static void a_directory_in_use_is_no_staging_directory(void **state)
{
	static const struct nacre_write_options own;
	struct nacre_writer *writer = NULL;
	struct nacre_err err = { 0 };
	struct nacre_tree tree;
	int dir = stage(*state, "staging");

	assert_int_equal(nacre_tree_init(&tree, NULL), 0);
	assert_int_equal(mkdirat(dir, "x", 0700), 0);
	assert_int_equal(nacre_writer_new(&tree, dir, &own, NULL, &writer, &err), NACRE_E_EXISTS);
	assert_string_equal(err.text, "the staging directory has 'x' in it");
	assert_int_equal(fchmod(dir, 0755), 0);
	assert_int_equal(nacre_writer_new(&tree, dir, &own, NULL, &writer, &err), NACRE_E_ARG);
	assert_string_equal(err.text, "a staging directory of mode 0755, not 0700");
	assert_null(writer);
	nacre_tree_clear(&tree);
	(void)close(dir);
}

static void content_of_another_size_is_refused(void **state)
{
	static const struct {
		int64_t lie_bytes;
		const char *text;
	} rows[] = {
		{ 1, "'f': more content than 4 bytes" },
		{ -1, "'f': the content ends 1 bytes too early" },
	};

	for (size_t i = 0; i < 2; i++) {
		static const struct nacre_write_options own;
		struct memory memory = MEMORY("0123456789");
		struct nacre_err err = { 0 };
		struct nacre_tree tree;
		int dir = stage(*state, i ? "less" : "more");

		memory.lie_bytes = rows[i].lie_bytes;
		assert_int_equal(nacre_tree_init(&tree, NULL), 0);
		(void)add_file(&tree, tree.root, "f", &memory.base, 0, 4);
		assert_int_equal(nacre_tree_write(&tree, dir, &own, NULL, &err), NACRE_E_FORMAT);
		assert_string_equal(err.text, rows[i].text);
		nacre_tree_clear(&tree);
		(void)close(dir);
	}
}

/* ----------------------------------------------------- the system's refusals */

static void refused_xattrs_are_a_bounded_number_of_warnings(void **state)
{
	static const struct nacre_write_options own;
	struct told told = { 0 };
	struct nacre_env env = { .event = hear, .user = &told };
	struct nacre_tree tree;
	int dir = stage(*state, "staging");

	assert_int_equal(nacre_tree_init(&tree, NULL), 0);
	for (int i = 10; i < 40; i++) {
		char name[8];

		(void)snprintf(name, sizeof(name), "%d", i);
		set_xattr(&tree, add(&tree, tree.root, name, NACRE_TYPE_FILE), "odd.one", "v", 1);
	}
	assert_int_equal(nacre_tree_write(&tree, dir, &own, &env, NULL), 0);
	assert_string_equal(told.first, "'10': xattr odd.one not set: Operation not supported");
	assert_string_equal(told.last, "10 more attributes not set");
	assert_int_equal(told.warnings, 21);
	assert_int_equal(count_names(dir), 30);
	nacre_tree_clear(&tree);
	(void)close(dir);
}

static void an_xattr_of_a_symlink_is_set_or_told(void **state)
{
	struct nacre_scan_options options = all_of_it;
	struct told told = { 0 };
	struct nacre_env env = { .event = hear, .user = &told };
	struct nacre_scan *scan = NULL;
	struct nacre_tree tree, got;
	int dir;

	need_root();
	dir = stage(*state, "staging");
	options.all_xattrs = true;
	assert_int_equal(nacre_tree_init(&tree, NULL), 0);
	assert_int_equal(nacre_tree_init(&got, NULL), 0);
	set_xattr(&tree, add(&tree, tree.root, "l", NACRE_TYPE_SYMLINK), "trusted.x", "\0y", 2);
	set_xattr(&tree, add(&tree, tree.root, "f", NACRE_TYPE_FIFO), "trusted.x", "z", 1);
	write_staged(&tree, dir, &env);
	assert_int_equal(nacre_scan_dir(dir, &options, NULL, &got, got.root, &scan, NULL), 0);
	if (told.warnings == 0)
		same_trees(&tree, &got);
	else
		assert_non_null(strstr(told.last, "'l': xattr trusted.x not set: "));
	nacre_tree_clear(&tree);
	nacre_tree_clear(&got);
	nacre_scan_free(scan);
	(void)close(dir);
}

/* Runs a function in a child and returns what it left in `shared`. */
static void in_child(void (*run)(int dir, struct nacre_err *err, struct told *told), int dir,
	struct nacre_err *out_err, struct told *out_told)
{
	int ends[2], status = 0;
	pid_t child;

	assert_int_equal(pipe(ends), 0);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		struct nacre_err err = { 0 };
		struct told told = { 0 };

		run(dir, &err, &told);
		_exit(write(ends[1], &err, sizeof(err)) != (ssize_t)sizeof(err) ||
			write(ends[1], &told, sizeof(told)) != (ssize_t)sizeof(told));
	}
	assert_int_equal(read(ends[0], out_err, sizeof(*out_err)), sizeof(*out_err));
	assert_int_equal(read(ends[0], out_told, sizeof(*out_told)), sizeof(*out_told));
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	(void)close(ends[0]);
	(void)close(ends[1]);
}

static void write_in_child(const struct nacre_tree *tree, int dir,
	const struct nacre_write_options *options, struct nacre_err *err, struct told *told)
{
	struct nacre_env env = { .event = hear, .user = told };

	err->code = NACRE_OK;
	(void)!nacre_tree_write((struct nacre_tree *)(uintptr_t)tree, dir, options, &env, err);
}

/* As a user who is not root from here on; false when that cannot be. */
static bool become_nobody(struct nacre_err *err)
{
	if (geteuid() == 0 &&
		(setresgid(NOBODY, NOBODY, NOBODY) < 0 || setresuid(NOBODY, NOBODY, NOBODY) < 0)) {
		err->code = NACRE_E_UNSUPPORTED;
		return false;
	}
	return true;
}

static int stage_for_nobody(void **state)
{
	int dir = stage(*state, "staging");

	if (geteuid() == 0)
		assert_int_equal(fchown(dir, NOBODY, NOBODY), 0);
	return dir;
}

static void write_as_nobody(int dir, struct nacre_err *err, struct told *told)
{
	static const struct nacre_write_options own;
	struct nacre_tree tree;
	struct nacre_node *node;

	if (!become_nobody(err) || nacre_tree_init(&tree, NULL))
		return;
	node = add(&tree, tree.root, "su", NACRE_TYPE_FILE);
	node->inode->mode = 06755;
	node = add(&tree, tree.root, "read-only", NACRE_TYPE_FILE);
	node->inode->mode = 0444;
	set_xattr(&tree, node, "user.x", "y", 1);
	(void)umask(0777);
	write_in_child(&tree, dir, &own, err, told);
}

static void without_owners_a_setuid_file_loses_it_and_xattrs_are_kept(void **state)
{
	struct nacre_err err;
	struct told told;
	struct stat st;
	char value[8];
	int dir = stage_for_nobody(state), fd;

	in_child(write_as_nobody, dir, &err, &told);
	assert_int_equal(err.code, 0);
	assert_string_equal(told.first, "'su': setuid or setgid not set: its owner is another");
	assert_int_equal(fstatat(dir, "su", &st, 0), 0);
	assert_int_equal(st.st_mode & 07777, 0755);
	assert_int_equal(fstatat(dir, "read-only", &st, 0), 0);
	assert_int_equal(st.st_mode & 07777, 0444);
	fd = openat(dir, "read-only", O_RDONLY);
	if (told.warnings == 1)
		assert_int_equal(fgetxattr(fd, "user.x", value, sizeof(value)), 1);
	else
		assert_non_null(strstr(told.last, "user.x not set: Operation not supported"));
	(void)close(fd);
	(void)close(dir);
}

static void write_setid_as_nobody(int dir, struct nacre_err *err, struct told *told)
{
	static const struct nacre_write_options own = { .keep_setid = true, .keep_owner = true };
	struct nacre_tree tree;

	if (!become_nobody(err) || nacre_tree_init(&tree, NULL))
		return;
	add(&tree, tree.root, "su", NACRE_TYPE_FILE)->inode->mode = 06755;
	write_in_child(&tree, dir, &own, err, told);
}

static void without_root_an_owner_is_a_warning_and_setuid_stays_when_asked(void **state)
{
	struct nacre_err err;
	struct told told;
	struct stat st;
	int dir = stage_for_nobody(state);

	in_child(write_setid_as_nobody, dir, &err, &told);
	assert_int_equal(err.code, 0);
	assert_string_equal(told.first, "'su': owner 0:0 not set: Operation not permitted");
	assert_int_equal(fstatat(dir, "su", &st, 0), 0);
	assert_int_equal(st.st_mode & 07777, 06755);
	(void)close(dir);
}

static void write_device_as_nobody(int dir, struct nacre_err *err, struct told *told)
{
	static const struct nacre_write_options own = { .devices = true };
	struct nacre_tree tree;
	struct nacre_node *node;

	if (!become_nobody(err) || nacre_tree_init(&tree, NULL))
		return;
	node = add(&tree, tree.root, "null", NACRE_TYPE_CHAR);
	node->inode->u.device.major = 1;
	node->inode->u.device.minor = 3;
	write_in_child(&tree, dir, &own, err, told);
}

static void without_root_a_device_is_an_error_that_says_so(void **state)
{
	struct nacre_err err;
	struct told told;
	int dir = stage_for_nobody(state);

	in_child(write_device_as_nobody, dir, &err, &told);
	assert_int_equal(err.code, NACRE_E_IO);
	assert_string_equal(err.text, "'null': device nodes need root: Operation not permitted");
	(void)close(dir);
}

static void write_beyond_limit(int dir, struct nacre_err *err, struct told *told)
{
	static const struct nacre_write_options own;
	static char text[8192];
	struct memory memory = MEMORY(text);
	struct rlimit limit = { 4096, 4096 };
	struct nacre_tree tree;

	if (setrlimit(RLIMIT_FSIZE, &limit) < 0 || signal(SIGXFSZ, SIG_IGN) == SIG_ERR ||
		nacre_tree_init(&tree, NULL))
		return;
	(void)add_file(&tree, add(&tree, tree.root, "d", NACRE_TYPE_DIR), "big", &memory.base, 0,
		sizeof(text));
	write_in_child(&tree, dir, &own, err, told);
}

static void a_file_beyond_the_size_limit_is_an_error_that_names_it(void **state)
{
	struct nacre_err err;
	struct told told;
	int dir = stage(*state, "staging");

	in_child(write_beyond_limit, dir, &err, &told);
	assert_int_equal(err.code, NACRE_E_IO);
	assert_string_equal(err.text, "'d/big': write: File too large");
	(void)close(dir);
}

static void a_full_file_system_is_an_error_that_names_the_file(void **state)
{
	static const struct nacre_write_options own;
	static char text[1 << 20];
	struct memory memory = MEMORY(text);
	struct scratch *scratch = *state;
	struct nacre_err err = { 0 };
	struct nacre_tree tree;
	char path[128];
	int dir;

	(void)close(stage(scratch, "small"));
	(void)snprintf(path, sizeof(path), "%s/small", scratch->path);
	if (mount("nacre", path, "tmpfs", 0, "size=256k,mode=0700") < 0) {
		print_message("lacks the right to mount: %s\n", strerror(errno));
		skip();
	}
	assert_int_equal(nacre_dir_open_at(scratch->dir, "small", &dir, NULL), 0);
	assert_int_equal(nacre_tree_init(&tree, NULL), 0);
	(void)add_file(&tree, tree.root, "big", &memory.base, 0, sizeof(text));
	assert_int_equal(nacre_tree_write(&tree, dir, &own, NULL, &err), NACRE_E_IO);
	(void)close(dir);
	(void)umount2(path, MNT_DETACH);
	assert_string_equal(err.text, "'big': write: No space left on device");
	nacre_tree_clear(&tree);
}

/* -------------------------------------------------------------- directories */

/* Directories d0 … d(count - 1), each with one file in the layer. */
static void fill_wide(struct nacre_tree *tree, struct nacre_origin *layer, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		struct nacre_node *dir;
		char name[16];

		(void)snprintf(name, sizeof(name), "d%u", i);
		dir = add(tree, tree->root, name, NACRE_TYPE_DIR);
		(void)add_file(tree, dir, "f", layer, (uint64_t)i * 10, 10);
	}
}

static void few_directories_are_open_at_a_time(void **state)
{
	struct nacre_origin layer = { 0 };
	struct flow flow = FLOW(3000, 100);
	struct nacre_writer *writer;
	struct nacre_tree tree;
	int dir = stage(*state, "staging"), before;

	assert_int_equal(nacre_tree_init(&tree, NULL), 0);
	fill_wide(&tree, &layer, 300);
	add_deep(&tree, tree.root, NULL);
	nacre_tree_remove(&tree, nacre_node_find(nacre_tree_find(&tree, "d0"), "f", 1));
	for (struct nacre_node *node = tree.root, *next; node; node = next) {
		next = nacre_tree_next(node);
		if (strcmp(node->name, "bottom") == 0)
			nacre_tree_remove(&tree, node);
	}
	before = flow.most_open = count_open();
	writer = begin(&tree, dir, NULL, NULL);
	assert_true(count_open() - before <= 64);
	assert_int_equal(nacre_writer_stream(writer, &layer, &flow.base, NULL), 0);
	if (before > 0)
		assert_in_range(flow.most_open - before, 60, 66);
	assert_int_equal(nacre_writer_finish(writer, NULL), 0);
	nacre_writer_free(writer);
	assert_int_equal(count_open(), before);
	nacre_tree_clear(&tree);
	(void)close(dir);
}

static void a_parent_swapped_for_a_link_is_never_written_through(void **state)
{
	/* d0 has long been closed again, d199 is still open: neither leads outside. */
	static const char *const names[] = { "d0", "d199" };

	for (size_t i = 0; i < 2; i++) {
		struct nacre_origin layer = { 0 };
		struct flow flow = FLOW(3000, 100);
		struct nacre_err err = { 0 };
		int outside = stage(*state, i ? "outside-1" : "outside-0");
		int dir = stage(*state, i ? "staging-1" : "staging-0");
		struct nacre_writer *writer;
		struct nacre_tree tree;
		int rc;

		assert_int_equal(nacre_tree_init(&tree, NULL), 0);
		fill_wide(&tree, &layer, 200);
		writer = begin(&tree, dir, NULL, NULL);
		assert_int_equal(renameat(dir, names[i], dir, "moved"), 0);
		assert_int_equal(symlinkat(i ? "../outside-1" : "../outside-0", dir, names[i]), 0);
		rc = nacre_writer_stream(writer, &layer, &flow.base, &err);
		if (rc == 0)
			rc = nacre_writer_finish(writer, &err);
		assert_int_equal(rc, NACRE_E_IO);
		assert_string_equal(err.text,
			i ? "'d199': open directory: Not a directory"
			  : "'d0': open directory: Not a directory");
		assert_int_equal(count_names(outside), 0);
		nacre_writer_free(writer);
		nacre_tree_clear(&tree);
		(void)close(dir);
		(void)close(outside);
	}
}

static void a_name_that_is_there_already_is_never_written_to(void **state)
{
	struct nacre_origin layer = { 0 };
	struct flow flow = FLOW(100, 100);
	struct nacre_err err = { 0 };
	int outside = stage(*state, "outside"), dir = stage(*state, "staging");
	struct nacre_writer *writer;
	struct nacre_tree tree;

	assert_int_equal(nacre_tree_init(&tree, NULL), 0);
	(void)add_file(&tree, tree.root, "f", &layer, 0, 10);
	writer = begin(&tree, dir, NULL, NULL);
	assert_int_equal(symlinkat("../outside/made", dir, "f"), 0);
	assert_int_equal(nacre_writer_stream(writer, &layer, &flow.base, &err), NACRE_E_EXISTS);
	assert_string_equal(err.text, "'f': create: File exists");
	assert_int_equal(count_names(outside), 0);
	nacre_writer_free(writer);
	nacre_tree_clear(&tree);
	(void)close(dir);
	(void)close(outside);
}

#define T(name) cmocka_unit_test_setup_teardown(name, make_scratch, remove_scratch)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_tree_of_every_kind_comes_back_from_disk_as_it_was),
		T(the_umask_changes_nothing),
		T(a_default_acl_of_the_parent_changes_nothing),
		T(a_stream_gives_each_file_its_bytes_and_is_read_to_its_end),
		T(a_stream_that_no_file_lies_in_is_read_to_its_end),
		T(a_stream_that_ends_in_a_file_is_refused),
		T(a_stream_that_ends_before_a_file_is_refused),
		T(files_in_the_same_bytes_are_refused),
		T(a_file_that_ends_beyond_all_offsets_is_refused),
		T(an_origin_is_streamed_once),
		T(the_steps_have_an_order),
		T(progress_is_told_each_few_megabytes_and_can_stop),
		T(what_must_not_be_written_is_refused_before_anything_is_made),
		T(a_directory_with_two_names_is_refused),
		T(a_directory_in_use_is_no_staging_directory),
		T(content_of_another_size_is_refused),
		T(refused_xattrs_are_a_bounded_number_of_warnings),
		T(an_xattr_of_a_symlink_is_set_or_told),
		T(without_owners_a_setuid_file_loses_it_and_xattrs_are_kept),
		T(without_root_an_owner_is_a_warning_and_setuid_stays_when_asked),
		T(without_root_a_device_is_an_error_that_says_so),
		T(a_file_beyond_the_size_limit_is_an_error_that_names_it),
		T(a_full_file_system_is_an_error_that_names_the_file),
		T(few_directories_are_open_at_a_time),
		T(a_parent_swapped_for_a_link_is_never_written_through),
		T(a_name_that_is_there_already_is_never_written_to),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
