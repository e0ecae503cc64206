/* SPDX-License-Identifier: Apache-2.0 */
/** What the tests of builder share: a scratch directory, recipes, trees as text, archives. */
#ifndef NACRE_TESTS_BUILDER_FIXTURE_H
#define NACRE_TESTS_BUILDER_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/env.h"
#include "base/file.h"
#include "builder/recipe.h"
#include "builder/steps.h"
#include "layers/tree.h"

#include <nacre/builder.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/** The call failed with this code and this message. */
#define assert_refused(call, want_code, want_text)                                                 \
	do {                                                                                       \
		struct nacre_err refused_err = { 0 };                                              \
		struct nacre_err *err = &refused_err;                                              \
		int refused_rc = (call);                                                           \
		assert_string_equal(refused_err.text, want_text);                                  \
		assert_int_equal(refused_rc, want_code);                                           \
		assert_int_equal(refused_err.code, want_code);                                     \
	} while (0)

/** The call worked; otherwise its message is shown. */
#define assert_works(call)                                                                         \
	do {                                                                                       \
		struct nacre_err works_err = { 0 };                                                \
		struct nacre_err *err = &works_err;                                                \
		if ((call) != 0)                                                                   \
			fail_msg("%s", works_err.text);                                            \
	} while (0)

static const struct nacre_env unsynced = { .no_sync = true };

/* ---------------------------------------------------------------- scratch */

/** A fresh directory for each test; tests name what is in it relative to it. */
struct scratch {
	char path[64];
	int dir;
	int before; /* the working directory */
};

static struct scratch scratch;

static inline int open_scratch(void **state)
{
	(void)state;
	(void)umask(022);
	(void)snprintf(scratch.path, sizeof(scratch.path), "/tmp/nacre-builder-XXXXXX");
	scratch.before = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (!mkdtemp(scratch.path) || chdir(scratch.path) < 0)
		return -1;
	scratch.dir = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return scratch.dir < 0 ? -1 : mkdir("context", 0755);
}

static inline int close_scratch(void **state)
{
	nacre_autofd int top = open("/tmp", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	(void)state;
	(void)close(scratch.dir);
	if (fchdir(scratch.before) < 0)
		return -1;
	(void)close(scratch.before);
	return nacre_tree_remove_at(top, scratch.path + strlen("/tmp/"), NULL);
}

#define scratch_test(name) cmocka_unit_test_setup_teardown(name, open_scratch, close_scratch)

static inline void put_bytes(const char *path, const void *data, size_t len)
{
	nacre_autofd int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	assert_true(fd >= 0);
	assert_works(nacre_write_all(fd, data, len, err));
}

static inline void put_file(const char *path, const char *text)
{
	put_bytes(path, text, strlen(text));
}

static inline void put_dir(const char *path)
{
	assert_int_equal(mkdir(path, 0755), 0);
}

static inline bool is_there(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0;
}

/** Every name below a directory with its mode, size and content's sum, sorted; freed by the caller.
 */
static inline char *snapshot(const char *path)
{
	char command[256];
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf text = NACRE_BUF((size_t)1 << 20);
	FILE *pipe;
	char part[4096];
	size_t got;

	(void)snprintf(command, sizeof(command),
		"cd '%s' && find . -printf '%%p %%y %%m %%s %%l\\n' | grep -v '^[.] d' | sort; "
		"find . -type f -exec sha256sum {} + | sort",
		path);
	pipe = popen(command, "r");
	assert_non_null(pipe);
	while ((got = fread(part, 1, sizeof(part), pipe)) > 0)
		assert_works(nacre_buf_add(&text, part, got, err));
	assert_int_equal(pclose(pipe), 0);
	assert_works(nacre_buf_add(&text, "", 0, err));
	return nacre_buf_steal(&text).data;
}

/** Whether a directory has a name that begins with the staging prefix, anywhere below. */
static inline bool has_leftovers(const char *path)
{
	nacre_autofree char *text = snapshot(path);

	return strstr(text, "/.nacre-") != NULL;
}

/* ------------------------------------------------------------------ trees */

/** One line a name: "usr/x f 0644 0:0 @12 5", with the target for a link; cleared by the caller. */
static inline char *list_tree(const struct nacre_tree *tree)
{
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf text = NACRE_BUF((size_t)1 << 20);
	struct nacre_node *node = tree->root;

	while ((node = nacre_tree_next(node))) {
		const struct nacre_inode *inode = node->inode;
		char name[512];

		nacre_node_name(node, name, sizeof(name));
		assert_works(nacre_buf_printf(&text, err, "%s %c %04o %u:%u @%lld", name,
			"fdlcbpw"[inode->type], inode -> mode, inode -> uid, inode -> gid,
			(long long)inode -> mtime_s));
		if (inode->type == NACRE_TYPE_SYMLINK)
			assert_works(nacre_buf_printf(&text, err, " -> %s", inode->u.target));
		if (inode->type == NACRE_TYPE_FILE)
			assert_works(nacre_buf_printf(
				&text, err, " %llu", (unsigned long long)inode->size_bytes));
		assert_works(nacre_buf_add(&text, "\n", 1, err));
	}
	assert_works(nacre_buf_add(&text, "", 0, err));
	return nacre_buf_steal(&text).data;
}

static inline void assert_listed(const struct nacre_tree *tree, const char *want)
{
	nacre_autofree char *got = list_tree(tree);

	assert_string_equal(got, want);
}

static inline void assert_content(const struct nacre_tree *tree, const char *path, const char *want)
{
	const struct nacre_node *node = nacre_tree_find(tree, path);
	NACRE_CLEANUP(nacre_source_freep)
	struct nacre_source *source = NULL;
	char got[4096];
	size_t len = 0;

	assert_non_null(node);
	assert_works(nacre_inode_open(node->inode, &source, err));
	assert_works(nacre_source_read_full(source, got, sizeof(got), &len, err));
	assert_int_equal(len, strlen(want));
	assert_memory_equal(got, want, len);
}

/* --------------------------------------------------------------- archives */

/** Appends a ustar header and content; `type` as in the header, `link` may be NULL. */
static inline void add_tar(struct nacre_buf *tar, const char *name, char type, unsigned mode,
	const char *link, const char *content)
{
	size_t len = content ? strlen(content) : 0;
	char header[512] = { 0 }, padding[512] = { 0 };
	unsigned sum = 0;

	(void)snprintf(header, 100, "%s", name);
	(void)snprintf(header + 100, 8, "%07o", mode);
	(void)snprintf(header + 108, 8, "%07o", 7u);
	(void)snprintf(header + 116, 8, "%07o", 8u);
	(void)snprintf(header + 124, 12, "%011o", (unsigned)len);
	(void)snprintf(header + 136, 12, "%011o", 100u);
	memset(header + 148, ' ', 8);
	header[156] = type;
	(void)snprintf(header + 157, 100, "%s", link ? link : "");
	memcpy(header + 257, "ustar\00000", 8);
	for (size_t i = 0; i < sizeof(header); i++)
		sum += (unsigned char)header[i];
	(void)snprintf(header + 148, 8, "%06o", sum);
	assert_works(nacre_buf_add(tar, header, sizeof(header), err));
	assert_works(nacre_buf_add(tar, content, len, err));
	assert_works(nacre_buf_add(tar, padding, (512 - len % 512) % 512, err));
}

static inline void end_tar(struct nacre_buf *tar, const char *path)
{
	const char zeros[1024] = { 0 };

	assert_works(nacre_buf_add(tar, zeros, sizeof(zeros), err));
	put_bytes(path, tar->data, tar->len);
	nacre_buf_clear(tar);
}

/* ----------------------------------------------------------------- builds */

/** A recipe that begins with "nacre: 1" and what `head` says, and is written to context/r. */
static inline void put_recipe(const char *text)
{
	char all[8192];

	(void)snprintf(all, sizeof(all), "nacre: 1\n%s", text);
	put_file("context/r", all);
}

/** Options for building context/r into one tag; `out_ref` must outlive them. */
static inline struct nacre_build_options options_for(const char *tag, struct nacre_ref *out_ref)
{
	struct nacre_build_options options = {
		.context = "context",
		.recipe = "context/r",
		.tags = out_ref,
		.tag_count = 1,
		.compression = { NACRE_COMPRESS_NONE, 0 },
	};

	assert_works(nacre_ref_parse(tag, strlen(tag), out_ref, err));
	return options;
}

static struct nacre_built built; /* too large for every stack */

/** Builds what put_recipe() has written. */
static inline void build(const char *tag)
{
	struct nacre_ref ref;
	struct nacre_build_options options = options_for(tag, &ref);

	assert_works(nacre_build(&options, &unsynced, &built, err));
}

#define assert_build_refused(tag, code, message)                                                   \
	do {                                                                                       \
		struct nacre_ref build_ref;                                                        \
		struct nacre_build_options build_options = options_for(tag, &build_ref);           \
		assert_refused(                                                                    \
			nacre_build(&build_options, &unsynced, &built, err), code, message);       \
	} while (0)

/** An image that nobody signed, opened for unpacking. */
struct opened {
	struct nacre_layout *layout;
	struct nacre_trusted *trusted;
};

static inline void opened_clear(struct opened *image)
{
	nacre_trusted_free(image->trusted);
	nacre_layout_free(image->layout);
}

#endif
