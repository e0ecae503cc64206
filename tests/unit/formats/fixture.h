/* SPDX-License-Identifier: Apache-2.0 */
/** What the tests of formats share: cmocka, short checks, and a scratch directory. */
#ifndef NACRE_TESTS_FORMATS_FIXTURE_H
#define NACRE_TESTS_FORMATS_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/digest.h"
#include "base/env.h"
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/** "sha256:" and 64 times one digit. */
#define DIGEST_OF_16(d) d d d d d d d d d d d d d d d d
#define DIGEST(d) "sha256:" DIGEST_OF_16(d) DIGEST_OF_16(d) DIGEST_OF_16(d) DIGEST_OF_16(d)

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

static inline struct nacre_limits default_limits(void)
{
	return nacre_env_limits(NULL);
}

struct scratch {
	char path[64];
	int dir;
};

static inline int open_scratch(void **state)
{
	struct scratch *scratch = calloc(1, sizeof(*scratch));

	if (!scratch)
		return -1;
	(void)stpcpy(scratch->path, "/tmp/nacre-test-XXXXXX");
	if (!mkdtemp(scratch->path))
		return -1;
	scratch->dir = open(scratch->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	*state = scratch;
	return scratch->dir < 0 ? -1 : 0;
}

static inline int close_scratch(void **state)
{
	struct scratch *scratch = *state;
	nacre_autofd int parent = -1;
	char name[64];
	int rc = nacre_dir_open_parent(scratch->path, &parent, name, sizeof(name), NULL);

	if (rc == 0)
		rc = nacre_tree_remove_at(parent, name, NULL);
	(void)close(scratch->dir);
	free(scratch);
	return rc;
}

#define scratch_test(fn) cmocka_unit_test_setup_teardown(fn, open_scratch, close_scratch)

/** A path below the scratch directory; valid until the next call. */
static inline const char *below(const struct scratch *scratch, const char *name)
{
	static char path[330];

	(void)snprintf(path, sizeof(path), "%s/%s", scratch->path, name);
	return path;
}

static inline void put_file(const struct scratch *scratch, const char *name, const char *text)
{
	int fd = open(below(scratch, name), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	assert_int_equal(close(fd), 0);
}

/** The text of a file; valid until the next call. */
static inline const char *get_file(const struct scratch *scratch, const char *name)
{
	static char text[65536];
	int fd = open(below(scratch, name), O_RDONLY | O_CLOEXEC);
	ssize_t got;

	assert_true(fd >= 0);
	got = read(fd, text, sizeof(text) - 1);
	assert_true(got >= 0);
	text[got] = '\0';
	assert_int_equal(close(fd), 0);
	return text;
}

static inline bool is_there(const struct scratch *scratch, const char *name)
{
	struct stat st;

	return lstat(below(scratch, name), &st) == 0;
}

#endif
