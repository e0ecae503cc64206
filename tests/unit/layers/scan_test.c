/* SPDX-License-Identifier: Apache-2.0 */
/* Directories made here and read into trees; what changes under the scan's feet is told. */
#include "layers/scan.h"

#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <sys/xattr.h>

#include <cmocka.h>

/* ------------------------------------------------------------------ helpers */

/* A directory on disk, and what was read of it. */
struct scratch {
	char path[64];
	int dir;
	struct nacre_tree tree;
	struct nacre_scan *scan;
	struct nacre_err err;
};

static int make_scratch(void **state)
{
	struct scratch *s = calloc(1, sizeof(*s));

	if (!s)
		return -1;
	(void)snprintf(s->path, sizeof(s->path), "/tmp/nacre-scan-XXXXXX");
	if (!mkdtemp(s->path) || nacre_dir_open(s->path, &s->dir, NULL) ||
		nacre_tree_init(&s->tree, NULL))
		return -1;
	*state = s;
	return 0;
}

static int remove_scratch(void **state)
{
	struct scratch *s = *state;
	int tmp = open("/tmp", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int rc = nacre_tree_remove_at(tmp, s->path + strlen("/tmp/"), NULL);

	nacre_tree_clear(&s->tree);
	nacre_scan_free(s->scan);
	(void)close(tmp);
	(void)close(s->dir);
	free(s);
	return rc;
}

static void put_file(const struct scratch *s, const char *path, const char *text)
{
	int fd = openat(s->dir, path, O_WRONLY | O_CREAT | O_TRUNC, 0644);

	assert_true(fd >= 0);
	assert_int_equal(nacre_write_all(fd, text, strlen(text), NULL), 0);
	(void)close(fd);
}

static void put_dir(const struct scratch *s, const char *path)
{
	assert_int_equal(mkdirat(s->dir, path, 0755), 0);
}

static int scan_limited(
	struct scratch *s, const struct nacre_scan_options *options, struct nacre_limits limits)
{
	struct nacre_env env = { .limits = limits };

	return nacre_scan_dir(s->dir, options, &env, &s->tree, s->tree.root, &s->scan, &s->err);
}

static int scan(struct scratch *s, const struct nacre_scan_options *options)
{
	return scan_limited(s, options, (struct nacre_limits){ 0 });
}

static const struct nacre_inode *inode_at(const struct scratch *s, const char *path)
{
	const struct nacre_node *node = nacre_tree_find(&s->tree, path);

	assert_non_null(node);
	return node->inode;
}

/* Opens and reads a file of the tree; what it says goes into `text`. */
static int read_back(struct scratch *s, const char *path, char *text, size_t room)
{
	struct nacre_source *source = NULL;
	size_t got = 0;
	int rc = nacre_inode_open(inode_at(s, path), &source, &s->err);

	if (rc == 0)
		rc = nacre_source_read_full(source, text, room - 1, &got, &s->err);
	text[rc ? 0 : got] = '\0';
	nacre_source_free(source);
	return rc;
}

static const struct nacre_scan_options plain;

/* ------------------------------------------------------------------ content */

static void a_plain_scan_tells_nothing_about_the_machine(void **state)
{
	struct scratch *s = *state;
	struct nacre_scan_options options = { .uid = 7, .gid = 8, .mtime_s = 9, .mtime_ns = 1 };
	const struct nacre_inode *inode;
	char text[32];

	put_dir(s, "d");
	assert_int_equal(fchmodat(s->dir, "d", 0700, 0), 0);
	put_file(s, "d/x", "content");
	assert_int_equal(fchmodat(s->dir, "d/x", 04711, 0), 0);
	put_file(s, "d/y", "");
	assert_int_equal(fchmodat(s->dir, "d/y", 0677, 0), 0);
	assert_int_equal(symlinkat("/no/where", s->dir, "l"), 0);
	assert_int_equal(linkat(s->dir, "d/x", s->dir, "other", 0), 0);
	assert_int_equal(scan(s, &options), 0);
	assert_int_equal(s->tree.nodes, 5);
	assert_int_equal(inode_at(s, "d")->mode, 0755);
	inode = inode_at(s, "d/x");
	assert_int_equal(inode->mode, 0755);
	assert_int_equal(inode->uid, 7);
	assert_int_equal(inode->gid, 8);
	assert_int_equal(inode->mtime_s, 9);
	assert_int_equal(inode->mtime_ns, 1);
	assert_null(inode->xattrs);
	assert_int_equal(inode_at(s, "d/y")->mode, 0644);
	assert_int_equal(inode_at(s, "l")->mode, 0777);
	assert_int_equal(inode_at(s, "l")->mtime_s, 9);
	assert_string_equal(inode_at(s, "l")->u.target, "/no/where");
	assert_ptr_not_equal(inode_at(s, "other"), inode);
	assert_true(nacre_inode_same_attrs(inode_at(s, "other"), inode));
	assert_true(nacre_tree_find(&s->tree, "d/x")->is_explicit);
	assert_int_equal(read_back(s, "d/x", text, sizeof(text)), 0);
	assert_string_equal(text, "content");
	assert_int_equal(read_back(s, "d/y", text, sizeof(text)), 0);
	assert_string_equal(text, "");
	/* The directory itself stayed out of it. */
	assert_false(s->tree.root->is_explicit);
	assert_int_equal(s->tree.root->inode->mtime_s, 0);
}

static void the_scanned_directory_counts_only_when_asked(void **state)
{
	struct scratch *s = *state;
	struct nacre_scan_options options = { .keep_mode = true, .keep_top = true, .mtime_s = 3 };
	const struct nacre_inode *before = s->tree.root->inode;

	assert_int_equal(fchmod(s->dir, 0710), 0);
	assert_int_equal(scan(s, &options), 0);
	assert_int_equal(s->tree.root->inode->mode, 0710);
	assert_int_equal(s->tree.root->inode->mtime_s, 3);
	/* A clone of the tree shares the old one. */
	assert_int_equal(before->mode, 0755);
}

static void names_of_one_file_share_an_inode_only_when_asked(void **state)
{
	struct scratch *s = *state;
	struct nacre_scan_options options = { .keep_hard_links = true };

	put_dir(s, "d");
	put_file(s, "d/one", "1");
	put_file(s, "single", "1");
	assert_int_equal(linkat(s->dir, "d/one", s->dir, "two", 0), 0);
	assert_int_equal(symlinkat("x", s->dir, "link"), 0);
	assert_int_equal(linkat(s->dir, "link", s->dir, "d/link", 0), 0);
	assert_int_equal(scan(s, &options), 0);
	assert_ptr_equal(inode_at(s, "d/one"), inode_at(s, "two"));
	assert_ptr_equal(inode_at(s, "d/link"), inode_at(s, "link"));
	assert_ptr_not_equal(inode_at(s, "single"), inode_at(s, "two"));
}

static bool skip_some(const char *path, bool is_dir, void *user)
{
	struct nacre_buf *seen = user;

	(void)!nacre_buf_printf(seen, NULL, "%s%s\n", path, is_dir ? "/" : "");
	return strcmp(path, "d/out") == 0 || strcmp(path, "sock") == 0;
}

static void put_socket(const struct scratch *s, const char *name)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s/%s", s->path, name);
	assert_int_equal(bind(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
	(void)close(fd);
}

static void what_is_excluded_is_not_looked_at(void **state)
{
	struct scratch *s = *state;
	struct nacre_buf seen = NACRE_BUF(1000);
	struct nacre_scan_options options = { .exclude = skip_some, .user = &seen };

	put_dir(s, "d");
	put_dir(s, "d/out");
	put_file(s, "d/out/x", "");
	put_file(s, "d/in", "");
	put_socket(s, "sock");
	assert_int_equal(scan(s, &options), 0);
	assert_int_equal(s->tree.nodes, 2);
	assert_non_null(nacre_tree_find(&s->tree, "d/in"));
	assert_non_null(strstr(seen.data, "d/out/\n"));
	assert_non_null(strstr(seen.data, "sock\n"));
	assert_null(strstr(seen.data, "d/out/x"));
	nacre_buf_clear(&seen);
}

static void a_single_file_is_added_under_the_name_that_is_wanted(void **state)
{
	struct scratch *s = *state;
	char text[8];

	put_file(s, "here", "bytes");
	assert_int_equal(nacre_scan_file(s->dir, "here", &plain, NULL, &s->tree, s->tree.root,
				 "there", &s->scan, &s->err),
		0);
	assert_int_equal(read_back(s, "there", text, sizeof(text)), 0);
	assert_string_equal(text, "bytes");
	assert_null(nacre_tree_find(&s->tree, "here"));
}

static void a_single_file_is_neither_missing_nor_a_directory(void **state)
{
	struct scratch *s = *state;

	put_dir(s, "d");
	assert_int_equal(nacre_scan_file(s->dir, "d", &plain, NULL, &s->tree, s->tree.root, NULL,
				 &s->scan, &s->err),
		NACRE_E_ARG);
	assert_string_equal(s->err.text, "'d' is a directory");
	assert_int_equal(nacre_scan_file(s->dir, "e", &plain, NULL, &s->tree, s->tree.root, NULL,
				 &s->scan, &s->err),
		NACRE_E_NOT_FOUND);
	assert_string_equal(s->err.text, "'e': No such file or directory");
	assert_null(s->scan);
}

/* ------------------------------------------------------------------- xattrs */

static void only_xattrs_that_belong_to_images_are_kept(void **state)
{
	struct scratch *s = *state;
	struct nacre_scan_options options = { .keep_xattrs = true };
	const struct nacre_xattrs *xattrs;
	int fd;

	put_file(s, "f", "");
	fd = openat(s->dir, "f", O_RDWR);
	if (fsetxattr(fd, "user.b", "\0\n\xff", 3, 0) < 0) {
		print_message("lacks a file system with xattrs\n");
		skip();
	}
	assert_int_equal(fsetxattr(fd, "user.a", "", 0, 0), 0);
	assert_int_equal(fsetxattr(fd, "user.overlay.opaque", "y", 1, 0), 0);
	(void)close(fd);
	assert_int_equal(fsetxattr(s->dir, "user.top", "x", 1, 0), 0);
	assert_int_equal(scan(s, &options), 0);
	xattrs = inode_at(s, "f")->xattrs;
	assert_int_equal(xattrs->count, 2);
	assert_string_equal(xattrs->items[0].name, "user.a");
	assert_int_equal(xattrs->items[0].len, 0);
	assert_string_equal(xattrs->items[1].name, "user.b");
	assert_int_equal(xattrs->items[1].len, 3);
	assert_memory_equal(xattrs->items[1].value, "\0\n\xff", 3);
	assert_null(s->tree.root->inode->xattrs);
}

static void all_xattrs_means_all(void **state)
{
	struct scratch *s = *state;
	struct nacre_scan_options options = { .all_xattrs = true, .keep_top = true };

	put_dir(s, "d");
	if (fsetxattr(s->dir, "user.overlay.opaque", "y", 1, 0) < 0) {
		print_message("lacks a file system with xattrs\n");
		skip();
	}
	assert_int_equal(scan(s, &options), 0);
	assert_non_null(nacre_xattr_find(s->tree.root->inode->xattrs, "user.overlay.opaque"));
	assert_null(nacre_xattr_find(inode_at(s, "d")->xattrs, "user.overlay.opaque"));
}

static void xattrs_have_limits(void **state)
{
	static const struct {
		struct nacre_limits limits;
		const char *text;
	} rows[] = {
		{ { .xattrs = 1 }, "'f': more than 1 xattrs (limit xattrs)" },
		{ { .xattr_bytes = 15 }, "'f': more than 15 bytes of xattrs (limit xattr-bytes)" },
		{ { .xattr_bytes = 3 }, "'f': more than 3 bytes of xattrs (limit xattr-bytes)" },
	};
	struct scratch *s = *state;
	struct nacre_scan_options options = { .keep_xattrs = true };
	char path[128];

	put_file(s, "f", "");
	(void)snprintf(path, sizeof(path), "%s/f", s->path);
	if (setxattr(path, "user.a", "12", 2, 0) < 0) {
		print_message("lacks a file system with xattrs\n");
		skip();
	}
	assert_int_equal(setxattr(path, "user.b", "34", 2, 0), 0);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(scan_limited(s, &options, rows[i].limits), NACRE_E_LIMIT);
		assert_string_equal(s->err.text, rows[i].text);
	}
	/* 6 bytes of name and 2 of value, twice, are 16. */
	assert_int_equal(scan_limited(s, &options, (struct nacre_limits){ .xattr_bytes = 16 }), 0);
}

/* ----------------------------------------------------------------- refusals */

static void what_a_layer_cannot_hold_is_refused_by_name(void **state)
{
	struct scratch *s = *state;

	put_dir(s, "run");
	put_socket(s, "run/x");
	assert_int_equal(scan(s, &plain), NACRE_E_UNSUPPORTED);
	assert_string_equal(s->err.text, "'run/x': sockets cannot be put in a layer");
	assert_null(s->scan);
}

static void a_name_that_would_be_a_whiteout_is_refused(void **state)
{
	struct scratch *s = *state;

	put_dir(s, "d");
	put_dir(s, "d/.wh.x");
	assert_int_equal(scan(s, &plain), NACRE_E_UNSAFE);
	assert_string_equal(
		s->err.text, "'d/.wh.x': a name that begins with '.wh.' means removal in a layer");
}

static void a_fifo_is_kept_only_when_asked(void **state)
{
	struct scratch *s = *state;
	struct nacre_scan_options options = { .keep_special = true, .keep_mode = true };

	assert_int_equal(mkfifoat(s->dir, "p", 0600), 0);
	assert_int_equal(scan(s, &plain), NACRE_E_UNSUPPORTED);
	assert_string_equal(s->err.text, "'p': a fifo, and special files were not asked for");
	assert_int_equal(scan(s, &options), 0);
	assert_int_equal(inode_at(s, "p")->type, NACRE_TYPE_FIFO);
	assert_int_equal(inode_at(s, "p")->mode, 0600);
}

static void a_device_is_kept_only_when_asked(void **state)
{
	struct scratch *s = *state;
	struct nacre_scan_options options = { .keep_special = true };

	if (mknodat(s->dir, "null", S_IFCHR | 0666, makedev(1, 3)) < 0) {
		print_message("lacks the right to make devices\n");
		skip();
	}
	assert_int_equal(scan(s, &plain), NACRE_E_UNSUPPORTED);
	assert_string_equal(
		s->err.text, "'null': a character device, and special files were not asked for");
	assert_int_equal(scan(s, &options), 0);
	assert_int_equal(inode_at(s, "null")->u.device.major, 1);
	assert_int_equal(inode_at(s, "null")->u.device.minor, 3);
}

static void a_name_that_the_tree_has_already_is_refused(void **state)
{
	struct scratch *s = *state;

	put_file(s, "f", "");
	assert_int_equal(nacre_tree_add(&s->tree, s->tree.root, "f", 1,
				 nacre_inode_new(&s->tree, NACRE_TYPE_FILE), NULL, NULL),
		0);
	assert_int_equal(scan(s, &plain), NACRE_E_EXISTS);
	assert_string_equal(s->err.text, "'f': 'f' is there already");
}

static void a_scan_has_limits(void **state)
{
	static const struct {
		struct nacre_limits limits;
		const char *text;
	} rows[] = {
		{ { .depth = 2 }, "'a/b/c': more than 2 directories deep (limit depth)" },
		{ { .path_bytes = 4 }, "'a/b/c': a path of more than 4 bytes (limit path-bytes)" },
		{ { .layer_members = 2 }, "'a/b/c': more than 2 files (limit layer-members)" },
	};
	struct scratch *s = *state;

	put_dir(s, "a");
	put_dir(s, "a/b");
	put_file(s, "a/b/c", "");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(scan_limited(s, &plain, rows[i].limits), NACRE_E_LIMIT);
		assert_string_equal(s->err.text, rows[i].text);
		nacre_tree_clear(&s->tree);
		assert_int_equal(nacre_tree_init(&s->tree, NULL), 0);
	}
	assert_int_equal(
		scan_limited(s, &plain,
			(struct nacre_limits){ .depth = 3, .path_bytes = 5, .layer_members = 3 }),
		0);
}

/* In a child without root: what a scan or a reading of "d/f" says. */
static void as_nobody(struct scratch *s)
{
	int ends[2], status = 0;
	pid_t child;

	assert_int_equal(pipe(ends), 0);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		char text[8];

		if (geteuid() == 0 && setresuid(65534, 65534, 65534) < 0)
			_exit(1);
		if (scan(s, &plain) == 0)
			(void)!read_back(s, "d/f", text, sizeof(text));
		_exit(write(ends[1], &s->err, sizeof(s->err)) != (ssize_t)sizeof(s->err));
	}
	assert_int_equal(read(ends[0], &s->err, sizeof(s->err)), sizeof(s->err));
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	(void)close(ends[0]);
	(void)close(ends[1]);
}

static void what_cannot_be_read_is_an_error_that_names_it(void **state)
{
	struct scratch *s = *state;

	assert_int_equal(fchmod(s->dir, 0755), 0);
	put_dir(s, "d");
	put_file(s, "d/f", "secret");
	assert_int_equal(fchmodat(s->dir, "d/f", 0, 0), 0);
	as_nobody(s);
	assert_int_equal(s->err.code, NACRE_E_IO);
	assert_string_equal(s->err.text, "'d/f': f: Permission denied");
	assert_int_equal(fchmodat(s->dir, "d", 0311, 0), 0);
	as_nobody(s);
	assert_int_equal(s->err.code, NACRE_E_IO);
	assert_string_equal(s->err.text, "'d': open directory: Permission denied");
	assert_int_equal(fchmodat(s->dir, "d", 0755, 0), 0);
}

/* ------------------------------------------------------------------ changes */

static void scan_d_f(struct scratch *s)
{
	put_dir(s, "d");
	put_file(s, "d/f", "content");
	assert_int_equal(scan(s, &plain), 0);
}

static void has_changed(struct scratch *s)
{
	char text[32];

	assert_int_equal(read_back(s, "d/f", text, sizeof(text)), NACRE_E_IO);
	assert_string_equal(s->err.text, "'d/f': changed while it was read");
}

static void a_file_that_became_a_link_is_not_read(void **state)
{
	struct scratch *s = *state;

	scan_d_f(s);
	assert_int_equal(renameat(s->dir, "d/f", s->dir, "d/g"), 0);
	assert_int_equal(symlinkat("g", s->dir, "d/f"), 0);
	has_changed(s);
}

static void a_file_that_became_a_fifo_is_not_waited_for(void **state)
{
	struct scratch *s = *state;

	scan_d_f(s);
	assert_int_equal(unlinkat(s->dir, "d/f", 0), 0);
	assert_int_equal(mkfifoat(s->dir, "d/f", 0600), 0);
	has_changed(s);
}

static void a_file_that_has_gone_has_changed(void **state)
{
	struct scratch *s = *state;

	scan_d_f(s);
	assert_int_equal(unlinkat(s->dir, "d/f", 0), 0);
	has_changed(s);
}

static void a_file_with_another_time_has_changed(void **state)
{
	static const struct timespec times[2] = { { 1, 0 }, { 1, 0 } };
	struct scratch *s = *state;

	scan_d_f(s);
	assert_int_equal(utimensat(s->dir, "d/f", times, 0), 0);
	has_changed(s);
}

static void another_file_with_the_same_time_and_size_has_changed(void **state)
{
	struct scratch *s = *state;
	struct timespec times[2];
	struct stat st;

	scan_d_f(s);
	assert_int_equal(fstatat(s->dir, "d/f", &st, 0), 0);
	put_file(s, "d/g", "CONTENT");
	times[0] = times[1] = st.st_mtim;
	assert_int_equal(utimensat(s->dir, "d/g", times, 0), 0);
	assert_int_equal(renameat(s->dir, "d/g", s->dir, "d/f"), 0);
	has_changed(s);
}

static void a_link_to_a_directory_is_not_gone_through(void **state)
{
	struct scratch *s = *state;

	put_dir(s, "d");
	put_file(s, "d/f", "content");
	assert_int_equal(symlinkat("d", s->dir, "l"), 0);
	assert_int_equal(scan(s, &plain), 0);
	assert_int_equal(inode_at(s, "l")->type, NACRE_TYPE_SYMLINK);
	assert_null(nacre_tree_find(&s->tree, "l/f"));
	assert_int_equal(s->tree.nodes, 3);
}

static void a_parent_swapped_after_it_was_closed_is_noticed(void **state)
{
	struct scratch *s = *state;

	put_dir(s, "d");
	put_file(s, "d/f", "content");
	for (int i = 0; i < 200; i++) {
		char name[16];

		(void)snprintf(name, sizeof(name), "n%d", i);
		put_dir(s, name);
		(void)snprintf(name, sizeof(name), "n%d/f", i);
		put_file(s, name, "x");
	}
	assert_int_equal(scan(s, &plain), 0);
	/* Opening the others closes "d". */
	for (int i = 0; i < 200; i++) {
		char name[16], text[4];

		(void)snprintf(name, sizeof(name), "n%d/f", i);
		assert_int_equal(read_back(s, name, text, sizeof(text)), 0);
	}
	assert_int_equal(renameat(s->dir, "d", s->dir, "e"), 0);
	assert_int_equal(symlinkat("e", s->dir, "d"), 0);
	has_changed(s);
}

static void a_file_that_shrinks_while_it_is_read_has_changed(void **state)
{
	struct scratch *s = *state;
	struct nacre_source *source = NULL;
	char text[8];
	size_t got = 0;

	scan_d_f(s);
	assert_int_equal(nacre_inode_open(inode_at(s, "d/f"), &source, NULL), 0);
	assert_int_equal(nacre_source_read(source, text, 3, &got, NULL), 0);
	put_file(s, "d/f", "co");
	assert_int_equal(nacre_source_read(source, text, 8, &got, &s->err), NACRE_E_IO);
	assert_string_equal(s->err.text, "'d/f': changed while it was read");
	nacre_source_free(source);
}

static void a_file_written_to_while_it_is_read_has_changed(void **state)
{
	static const struct timespec times[2] = { { 1, 0 }, { 1, 0 } };
	struct scratch *s = *state;
	struct nacre_source *source = NULL;
	char text[8];
	size_t got = 0;

	scan_d_f(s);
	assert_int_equal(nacre_inode_open(inode_at(s, "d/f"), &source, NULL), 0);
	assert_int_equal(nacre_source_read(source, text, 3, &got, NULL), 0);
	/* As a write would, on a clock fine enough. */
	assert_int_equal(utimensat(s->dir, "d/f", times, 0), 0);
	assert_int_equal(nacre_source_read(source, text, 8, &got, &s->err), NACRE_E_IO);
	assert_string_equal(s->err.text, "'d/f': changed while it was read");
	nacre_source_free(source);
}

/* Swaps "d" for another directory at the moment when the scan has looked at it. */
static bool swap_d(const char *path, bool is_dir, void *user)
{
	const struct scratch *s = user;

	(void)is_dir;
	if (strcmp(path, "d") == 0)
		(void)!renameat2(s->dir, "d", s->dir, "d2", RENAME_EXCHANGE);
	return false;
}

static void a_directory_swapped_during_the_scan_is_noticed(void **state)
{
	struct scratch *s = *state;
	struct nacre_scan_options options = { .exclude = swap_d, .user = s };

	put_dir(s, "d");
	assert_int_equal(symlinkat("/etc", s->dir, "d2"), 0);
	assert_int_equal(scan(s, &options), NACRE_E_IO);
	assert_string_equal(s->err.text, "'d': changed while it was read");
	assert_int_equal(renameat2(s->dir, "d", s->dir, "d2", RENAME_EXCHANGE), 0);
	assert_int_equal(unlinkat(s->dir, "d2", 0), 0);
	nacre_tree_clear(&s->tree);
	assert_int_equal(nacre_tree_init(&s->tree, NULL), 0);
	put_dir(s, "d2");
	assert_int_equal(scan(s, &options), NACRE_E_IO);
	assert_non_null(strstr(s->err.text, "': changed while it was read"));
}

static void an_origin_knows_its_keys_and_sizes(void **state)
{
	struct scratch *s = *state;
	struct nacre_origin *origin;
	struct nacre_source *source = NULL;

	scan_d_f(s);
	origin = inode_at(s, "d/f")->u.content.origin;
	assert_int_equal(origin->open(origin, 1, 7, &source, &s->err), NACRE_E_ARG);
	assert_int_equal(origin->open(origin, 0, 8, &source, &s->err), NACRE_E_ARG);
	assert_string_equal(s->err.text, "no content with this key and size");
	assert_null(source);
}

#define T(name) cmocka_unit_test_setup_teardown(name, make_scratch, remove_scratch)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_plain_scan_tells_nothing_about_the_machine),
		T(the_scanned_directory_counts_only_when_asked),
		T(names_of_one_file_share_an_inode_only_when_asked),
		T(what_is_excluded_is_not_looked_at),
		T(a_single_file_is_added_under_the_name_that_is_wanted),
		T(a_single_file_is_neither_missing_nor_a_directory),
		T(only_xattrs_that_belong_to_images_are_kept),
		T(all_xattrs_means_all),
		T(xattrs_have_limits),
		T(what_a_layer_cannot_hold_is_refused_by_name),
		T(a_name_that_would_be_a_whiteout_is_refused),
		T(a_fifo_is_kept_only_when_asked),
		T(a_device_is_kept_only_when_asked),
		T(a_name_that_the_tree_has_already_is_refused),
		T(a_scan_has_limits),
		T(what_cannot_be_read_is_an_error_that_names_it),
		T(a_file_that_became_a_link_is_not_read),
		T(a_file_that_became_a_fifo_is_not_waited_for),
		T(a_file_that_has_gone_has_changed),
		T(a_file_with_another_time_has_changed),
		T(another_file_with_the_same_time_and_size_has_changed),
		T(a_link_to_a_directory_is_not_gone_through),
		T(a_parent_swapped_after_it_was_closed_is_noticed),
		T(a_file_that_shrinks_while_it_is_read_has_changed),
		T(a_file_written_to_while_it_is_read_has_changed),
		T(a_directory_swapped_during_the_scan_is_noticed),
		T(an_origin_knows_its_keys_and_sizes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
