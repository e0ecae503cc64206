/* SPDX-License-Identifier: Apache-2.0 */
/* Tries of a transfer, and what is kept of them. */
#include "builder/fetch.h"

#include "base/env.h"
#include "base/file.h"
#include "base/scope.h"
#include "builder/fd_digest.h"
#include "builder/transfer.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define TRIES 5
#define FIRST_WAIT_NS 250000000L
#define MOST_WAIT_NS 2000000000L

/* The file while it is not whole. */
struct part {
	const char *name; /* when it is */
	char part_name[80];
	int fd; /* locked */
};

static int prove(int fd, const struct nacre_digest *want, bool *out_is_right, struct nacre_err *err)
{
	struct nacre_digest got;
	uint64_t size;
	int rc = nacre_fd_digest(fd, NULL, &got, &size, err);

	if (rc)
		return rc;
	*out_is_right = nacre_digest_equal(&got, want);
	return *out_is_right
		? 0
		: nacre_fail(err, NACRE_E_DIGEST, "its content has digest %s", got.text);
}

/* What is there and wrong is as good as nothing. */
static int find_whole(int dir, const char *name, const struct nacre_digest *want, int *out_fd,
	struct nacre_err *err)
{
	nacre_autofd int fd = -1;
	bool is_right = false;
	int rc = nacre_file_open_at(dir, name, &fd, NULL, NULL);

	if (rc == NACRE_E_NOT_FOUND)
		return 0;
	if (rc == 0)
		rc = prove(fd, want, &is_right, err);
	if (is_right)
		*out_fd = nacre_steal_fd(&fd);
	return rc == NACRE_E_DIGEST || rc == NACRE_E_UNSAFE ? 0 : rc;
}

/* Waits for whoever fetches the same; what they leave under this name is another file then. */
static int open_part(int dir, struct part *part, struct nacre_err *err)
{
	struct stat mine, there;

	for (;;) {
		nacre_autofd int fd = openat(
			dir, part->part_name, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);

		if (fd < 0)
			return nacre_fail_os(err, "open '%s'", part->part_name);
		if (flock(fd, LOCK_EX) < 0 || fstat(fd, &mine) < 0)
			return nacre_fail_os(err, "lock '%s'", part->part_name);
		if (fstatat(dir, part->part_name, &there, AT_SYMLINK_NOFOLLOW) == 0 &&
			there.st_ino == mine.st_ino && there.st_dev == mine.st_dev) {
			part->fd = nacre_steal_fd(&fd);
			return 0;
		}
	}
}

static void wait_between(unsigned failed)
{
	long ns = FIRST_WAIT_NS << (failed > 8 ? 8 : failed);
	struct timespec time;

	ns = ns > MOST_WAIT_NS ? MOST_WAIT_NS : ns;
	time = (struct timespec){ ns / 1000000000, ns % 1000000000 };
	(void)nanosleep(&time, NULL);
}

static int size_of(int fd, uint64_t *out_size, struct nacre_err *err)
{
	off_t end = lseek(fd, 0, SEEK_END);

	if (end < 0)
		return nacre_fail_os(err, "go to the end of a file");
	*out_size = (uint64_t)end;
	return 0;
}

static int begin_again(int fd, struct nacre_err *err)
{
	return ftruncate(fd, 0) < 0 ? nacre_fail_os(err, "empty a file") : 0;
}

/* A try that has brought something on does not count. */
static int transfer(const struct part *part, const char *url, const struct nacre_net *net,
	const struct nacre_env *env, struct nacre_err *err)
{
	const struct nacre_limits limits = nacre_env_limits(env);
	enum nacre_transfer_end end = NACRE_TRANSFER_AGAIN;
	unsigned failed = 0;
	int rc = 0;

	while (rc == 0) {
		struct nacre_transfer at = { url, part->fd, 0, limits.blob_bytes };
		uint64_t before = 0, after = 0;

		rc = size_of(part->fd, &before, err);
		at.offset = before;
		if (rc == 0)
			rc = nacre_transfer_run(&at, net, env, &end, err);
		if (rc || end == NACRE_TRANSFER_DONE)
			return rc;
		if (end == NACRE_TRANSFER_RESTART)
			rc = before > 0
				? begin_again(part->fd, err)
				: nacre_fail(err, NACRE_E_IO, "the server answers with a part");
		else
			rc = size_of(part->fd, &after, err);
		failed = after > before ? 0 : failed + 1;
		if (rc == 0 && failed >= TRIES)
			return err && err->code ? (int)err->code : NACRE_E_IO;
		if (rc == 0 && end == NACRE_TRANSFER_AGAIN) {
			wait_between(failed);
			rc = nacre_progress(env, url, after, 0, err);
		}
	}
	return rc;
}

/* What an earlier run has left need not be the begin of this file: then once more from the start.
 */
static int fill(struct part *part, const char *url, const struct nacre_digest *sha256,
	const struct nacre_net *net, const struct nacre_env *env, struct nacre_err *err)
{
	uint64_t before = 0;
	bool is_right = false;
	int rc = size_of(part->fd, &before, err);

	if (rc == 0 && before > 0 && prove(part->fd, sha256, &is_right, NULL) == 0)
		return 0; /* killed between the last byte and the name */
	if (rc == 0)
		rc = transfer(part, url, net, env, err);
	if (rc == 0)
		rc = prove(part->fd, sha256, &is_right, err);
	if (rc != NACRE_E_DIGEST || before == 0)
		return rc;
	rc = begin_again(part->fd, err);
	if (rc == 0)
		rc = transfer(part, url, net, env, err);
	if (rc == 0)
		rc = prove(part->fd, sha256, &is_right, err);
	return rc;
}

static int keep(
	int dir, const struct part *part, const struct nacre_env *env, struct nacre_err *err)
{
	if ((!env || !env->no_sync) && fsync(part->fd) < 0)
		return nacre_fail_os(err, "flush '%s'", part->part_name);
	if (renameat(dir, part->part_name, dir, part->name) < 0)
		return nacre_fail_os(err, "rename '%s'", part->part_name);
	return 0;
}

static int fetch(int dir, struct part *part, const char *url, const struct nacre_digest *sha256,
	const struct nacre_net *net, const struct nacre_env *env, int *out_fd,
	struct nacre_err *err)
{
	int rc = open_part(dir, part, err);

	/* Somebody may have finished it while this waited. */
	if (rc == 0)
		rc = find_whole(dir, part->name, sha256, out_fd, err);
	if (rc || *out_fd >= 0) {
		(void)unlinkat(dir, part->part_name, 0);
		return rc;
	}
	rc = fill(part, url, sha256, net, env, err);
	if (rc == NACRE_E_DIGEST || rc == NACRE_E_LIMIT)
		(void)unlinkat(dir, part->part_name, 0);
	if (rc == 0)
		rc = keep(dir, part, env, err);
	if (rc == 0)
		*out_fd = nacre_steal_fd(&part->fd);
	return rc;
}

static void part_clear(struct part *part)
{
	nacre_fd_close(&part->fd);
}

int nacre_fetch(int dir, const char *url, const struct nacre_digest *sha256,
	const struct nacre_net *net, const struct nacre_env *env, int *out_fd,
	struct nacre_err *err)
{
	NACRE_CLEANUP(part_clear)
	struct part part = { .name = nacre_digest_hex(sha256), .fd = -1 };
	struct nacre_err own = { 0 };
	int rc;

	err = err ? err : &own;
	*out_fd = -1;
	(void)snprintf(part.part_name, sizeof(part.part_name), "%.64s.part", part.name);
	rc = find_whole(dir, part.name, sha256, out_fd, err);
	if (rc || *out_fd >= 0)
		return rc;
	rc = nacre_step(env, err, "fetching %s", url);
	return rc ? rc : fetch(dir, &part, url, sha256, net, env, out_fd, err);
}
