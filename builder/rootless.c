/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Becoming root of a user namespace. A child makes the namespace and waits; newuidmap and
 * newgidmap, which alone may hand out subordinate ids, map them into it; only when all of that has
 * worked does this process go in. So where something is missing it is still what it was.
 */
#include "base/buf.h"
#include "base/env.h"
#include "base/file.h"
#include "builder/subid.h"

#include <nacre/builder.h>

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define SUBID_BYTES ((size_t)1 << 20)
#define PASSWD_BYTES ((size_t)1 << 16)
#define NUMBER_TEXT 12 /* 4294967295 and its NUL */

/* The two maps of a namespace, and who may write them. */
static const struct kind {
	const char *file; /* in /etc */
	const char *program;
} kinds[] = {
	{ "subuid", "newuidmap" },
	{ "subgid", "newgidmap" },
};

#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

struct rootless {
	uint32_t own[KINDS]; /* uid and gid */
	struct nacre_subids ids[KINDS];
	int programs[KINDS]; /* the directories that they are in */
	pid_t holder;	     /* the child in the new namespace */
	int hold;	     /* it waits until this is closed */
};

static void rootless_clear(struct rootless *rootless)
{
	for (size_t i = 0; i < KINDS; i++)
		nacre_fd_close(&rootless->programs[i]);
	nacre_fd_close(&rootless->hold);
	if (rootless->holder > 0) {
		while (waitpid(rootless->holder, NULL, 0) < 0 && errno == EINTR)
			;
	}
}

/* ----------------------------------------------------------------- what there is */

/* @param out_name  "" for a user without one */
static int find_name(uid_t uid, char *out_name, size_t room, struct nacre_err *err)
{
	nacre_autofree char *text = malloc(PASSWD_BYTES);
	struct passwd passwd, *found = NULL;

	out_name[0] = '\0';
	if (!text)
		return nacre_fail_nomem(err);
	if (getpwuid_r(uid, &passwd, text, PASSWD_BYTES, &found) == 0 && found &&
		strlen(found->pw_name) < room)
		memcpy(out_name, found->pw_name, strlen(found->pw_name) + 1);
	return 0;
}

static int load_ids(int etc, const char *file, const char *name, uint32_t id,
	struct nacre_subids *out_ids, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf text = NACRE_BUF(SUBID_BYTES);
	nacre_autofd int fd = -1;
	int rc = nacre_file_open_at(etc, file, &fd, NULL, err);

	if (rc == 0)
		rc = nacre_buf_read_fd(&text, fd, err);
	if (rc == 0)
		rc = nacre_subid_parse(text.data, text.len, *name ? name : NULL, id, out_ids, err);
	if (rc == 0 && out_ids->count == 0)
		rc = nacre_fail(err, NACRE_E_NOT_FOUND, "no range for user %lu", (unsigned long)id);
	return rc ? nacre_within(err, rc, "/etc/%s", file) : 0;
}

/* Ids of both kinds are given to users, not to groups. */
static int load_all_ids(struct rootless *rootless, struct nacre_err *err)
{
	nacre_autofd int etc = -1;
	char name[256];
	int rc = nacre_dir_open("/etc", &etc, err);

	if (rc == 0)
		rc = find_name(rootless->own[0], name, sizeof(name), err);
	for (size_t i = 0; i < KINDS && rc == 0; i++)
		rc = load_ids(etc, kinds[i].file, name, rootless->own[0], &rootless->ids[i], err);
	return rc;
}

/* The directory on a path that a program is in: one that begins at the root. */
static int find_program(const char *path, const char *program, int *out_dir, struct nacre_err *err)
{
	while (*path) {
		size_t len = strcspn(path, ":");
		nacre_autofree char *name = strndup(path, len);
		nacre_autofd int dir = -1;

		if (!name)
			return nacre_fail_nomem(err);
		if (*name == '/')
			dir = open(name, O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (dir >= 0 && faccessat(dir, program, X_OK, 0) == 0) {
			*out_dir = nacre_steal_fd(&dir);
			return 0;
		}
		path += len + (path[len] == ':');
	}
	return nacre_fail(err, NACRE_E_NOT_FOUND, "there is no program '%s'", program);
}

/* ------------------------------------------------------------------ the namespace */

/* In the child: says 0 or errno, and waits until nobody holds the other end. */
static void hold_namespace(int say, int wait)
{
	int number = unshare(CLONE_NEWUSER) == 0 ? 0 : errno;
	char none;

	if (write(say, &number, sizeof(number)) == (ssize_t)sizeof(number)) {
		while (read(wait, &none, 1) < 0 && errno == EINTR)
			;
	}
	_exit(0);
}

static int start_holder(struct rootless *rootless, struct nacre_err *err)
{
	int said[2] = { -1, -1 }, hold[2] = { -1, -1 };
	nacre_autofd int hear = -1, say = -1, wait = -1;
	int number = 0;
	ssize_t got;

	if (pipe2(said, O_CLOEXEC) < 0)
		return nacre_fail_os(err, "pipe");
	hear = said[0];
	say = said[1];
	if (pipe2(hold, O_CLOEXEC) < 0)
		return nacre_fail_os(err, "pipe");
	wait = hold[0];
	rootless->hold = hold[1];
	rootless->holder = fork();
	if (rootless->holder < 0)
		return nacre_fail_os(err, "new process");
	if (rootless->holder == 0) {
		(void)close(hold[1]);
		hold_namespace(say, wait);
	}
	nacre_fd_close(&say);
	do
		got = read(hear, &number, sizeof(number));
	while (got < 0 && errno == EINTR);
	if (got != (ssize_t)sizeof(number))
		return nacre_fail(err, NACRE_E_IO, "the process in the new namespace has ended");
	errno = number;
	return number ? nacre_fail_os(err, "a user namespace") : 0;
}

/* PROGRAM PID 0 OWN 1, then 1 FIRST COUNT for each range, one behind the other. */
static char **make_arguments(const struct rootless *rootless, size_t kind)
{
	const struct nacre_subids *ids = &rootless->ids[kind];
	size_t count = 2 + 3 * (1 + ids->count);
	char **arguments = calloc(count + 1, sizeof(*arguments) + NUMBER_TEXT);
	char *text = arguments ? (char *)(arguments + count + 1) : NULL;
	uint32_t inside = 1;

	if (!arguments)
		return NULL;
	arguments[0] = (char *)(uintptr_t)kinds[kind].program;
	for (size_t i = 1; i < count; i++)
		arguments[i] = text + i * NUMBER_TEXT;
	(void)snprintf(arguments[1], NUMBER_TEXT, "%ld", (long)rootless->holder);
	(void)snprintf(arguments[2], NUMBER_TEXT, "0");
	(void)snprintf(arguments[3], NUMBER_TEXT, "%u", rootless->own[kind]);
	(void)snprintf(arguments[4], NUMBER_TEXT, "1");
	for (size_t i = 0; i < ids->count; i++) {
		char **at = arguments + 5 + 3 * i;

		(void)snprintf(at[0], NUMBER_TEXT, "%u", inside);
		(void)snprintf(at[1], NUMBER_TEXT, "%u", ids->ranges[i].first);
		(void)snprintf(at[2], NUMBER_TEXT, "%u", ids->ranges[i].count);
		inside += ids->ranges[i].count;
	}
	return arguments;
}

/* In the child. What the program says is of ids and processes that nobody here has heard of. */
static void become(int dir, const char *program, char **arguments)
{
	char *none[] = { NULL };
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	for (int fd = 0; fd <= 2 && null >= 0; fd++)
		(void)dup2(null, fd);
	(void)syscall(SYS_execveat, dir, program, arguments, none, 0);
	_exit(127);
}

static int map_ids(const struct rootless *rootless, size_t kind, struct nacre_err *err)
{
	const char *program = kinds[kind].program;
	nacre_autofree char **arguments = make_arguments(rootless, kind);
	int status = 0;
	pid_t child;

	if (!arguments)
		return nacre_fail_nomem(err);
	child = fork();
	if (child < 0)
		return nacre_fail_os(err, "new process");
	if (child == 0)
		become(rootless->programs[kind], program, arguments);
	while (waitpid(child, &status, 0) < 0) {
		if (errno != EINTR)
			return nacre_fail_os(err, "%s", program);
	}
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		return nacre_fail(err, NACRE_E_IO, "%s does not map the ranges of /etc/%s", program,
			kinds[kind].file);
	return 0;
}

static int go_in(const struct rootless *rootless, struct nacre_err *err)
{
	nacre_autofd int holder = (int)syscall(SYS_pidfd_open, rootless->holder, 0);

	if (holder < 0 || setns(holder, CLONE_NEWUSER) < 0)
		return nacre_fail_os(err, "entering a user namespace");
	return 0;
}

static int enter(const char *path, struct nacre_err *err)
{
	NACRE_CLEANUP(rootless_clear)
	struct rootless rootless = {
		.own = { geteuid(), getegid() }, .programs = { -1, -1 }, .hold = -1
	};
	int rc = load_all_ids(&rootless, err);

	for (size_t i = 0; i < KINDS && rc == 0; i++)
		rc = find_program(path, kinds[i].program, &rootless.programs[i], err);
	if (rc == 0)
		rc = start_holder(&rootless, err);
	for (size_t i = 0; i < KINDS && rc == 0; i++)
		rc = map_ids(&rootless, i, err);
	return rc ? rc : go_in(&rootless, err);
}

int nacre_rootless_enter(const char *path, const struct nacre_env *env,
	enum nacre_rootless *out_how, struct nacre_err *err)
{
	struct nacre_err why;

	*out_how = NACRE_ROOTLESS_ROOT;
	if (geteuid() == 0)
		return 0;
	*out_how = NACRE_ROOTLESS_MAPPED;
	if (enter(path ? path : "/usr/bin:/bin", &why) == 0)
		return 0;
	*out_how = NACRE_ROOTLESS_SINGLE;
	return nacre_warn(env, err, "all belongs to the one user %lu: %s", (unsigned long)geteuid(),
		why.text);
}
