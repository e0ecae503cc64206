/* SPDX-License-Identifier: Apache-2.0 */
/* The floor of unpacking: one thread hashes, decompresses and hashes, the other makes files. */
#include "floor.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The directory that the last member was in, since the next is mostly in it too. */
static struct {
	int root;
	int fd;
	char path[TAR_PATH];
} parent;

struct directory {
	mode_t mode;
	struct timespec times[2];
	char path[];
};

static struct {
	struct directory **all;
	size_t count;
	size_t room;
} directories;

/* The parent of a path, and its last part. */
static int parent_of(const char *path, const char **out_name)
{
	const char *slash = strrchr(path, '/');
	size_t len = slash ? (size_t)(slash - path) : 0;

	*out_name = slash ? slash + 1 : path;
	if (len == 0)
		return parent.root;
	if (strlen(parent.path) == len && memcmp(parent.path, path, len) == 0)
		return parent.fd;
	if (parent.fd >= 0)
		(void)close(parent.fd);
	memcpy(parent.path, path, len);
	parent.path[len] = '\0';
	parent.fd = openat(parent.root, parent.path, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (parent.fd < 0)
		die(parent.path);
	return parent.fd;
}

static void times_of(struct timespec *out, const struct member *member)
{
	out[0] = out[1] = (struct timespec){ .tv_sec = (time_t)member->mtime };
}

static void make_file(int dir, const char *name, const struct member *member)
{
	int fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	unsigned long long left = member->size;
	unsigned char *data = NULL;
	struct timespec times[2];

	if (fd < 0)
		die(member->path);
	while (left > 0) {
		size_t got = ring_get(&data, left < CHUNK ? (size_t)left : CHUNK);

		if (got == 0 || write(fd, data, got) != (ssize_t)got)
			die(member->path);
		left -= got;
	}
	times_of(times, member);
	if (!tar_take(NULL, tar_padding(member->size)) ||
		fchown(fd, member->uid, member->gid) < 0 || fchmod(fd, member->mode) < 0 ||
		futimens(fd, times) < 0)
		die(member->path);
	(void)close(fd);
}

static struct directory *remembered(const struct member *member)
{
	struct directory *directory = malloc(sizeof(*directory) + strlen(member->path) + 1);

	if (!directory)
		die("memory");
	directory->mode = member->mode;
	times_of(directory->times, member);
	strcpy(directory->path, member->path);
	return directory;
}

/* Its mode and time come last: what is made in it would change them. */
static void make_directory(int dir, const char *name, const struct member *member)
{
	if (*name &&
		(mkdirat(dir, name, 0700) < 0 ||
			fchownat(dir, name, member->uid, member->gid, AT_SYMLINK_NOFOLLOW) < 0))
		die(member->path);
	if (directories.count == directories.room) {
		directories.room = directories.room ? 2 * directories.room : 256;
		directories.all =
			realloc(directories.all, directories.room * sizeof(directories.all[0]));
		if (!directories.all)
			die("memory");
	}
	directories.all[directories.count] = remembered(member);
	directories.count++;
}

static void make_other(int dir, const char *name, const struct member *member)
{
	static const mode_t types[] = { ['3'] = S_IFCHR, ['4'] = S_IFBLK, ['6'] = S_IFIFO };
	struct timespec times[2];
	int rc;

	if (member->type == '1') {
		if (linkat(parent.root, member->link, dir, name, 0) < 0)
			die(member->path);
		return;
	}
	if (member->type == '2')
		rc = symlinkat(member->link, dir, name);
	else
		rc = mknodat(dir, name, types[(unsigned char)member->type] | member->mode,
			member->device);
	times_of(times, member);
	if (rc < 0 || fchownat(dir, name, member->uid, member->gid, AT_SYMLINK_NOFOLLOW) < 0 ||
		utimensat(dir, name, times, AT_SYMLINK_NOFOLLOW) < 0)
		die(member->path);
}

static void make_one(struct member *member)
{
	size_t len = strlen(member->path);
	const char *name = NULL;
	int dir;

	while (len > 0 && member->path[len - 1] == '/')
		member->path[--len] = '\0';
	if (strcmp(member->path, ".") == 0)
		member->path[0] = '\0';
	dir = parent_of(member->path, &name);
	if (member->type == '5')
		make_directory(dir, name, member);
	else if (member->type == '0' || member->type == '\0')
		make_file(dir, name, member);
	else if (member->type >= '1' && member->type <= '6')
		make_other(dir, name, member);
	else
		die("a member of another kind");
}

static void finish_directories(void)
{
	while (directories.count > 0) {
		struct directory *directory = directories.all[--directories.count];
		const char *path = directory->path[0] ? directory->path : ".";

		if (fchmodat(parent.root, path, directory->mode, 0) < 0 ||
			utimensat(parent.root, path, directory->times, 0) < 0)
			die(path);
		free(directory);
	}
	free(directories.all);
}

int floor_unpack(int argc, char **argv)
{
	static struct member member;
	struct blob blob = { .name = argv[0] };
	struct hash content;

	if (argc < 2 || mkdir(argv[1], 0700) < 0)
		die("the new directory");
	parent.fd = -1;
	parent.root = open(argv[1], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (parent.root < 0)
		die(argv[1]);
	hash_begin(&content);
	blob.content = &content;
	ring_start(blob_read, &blob);
	while (tar_get(&member))
		make_one(&member);
	while (tar_take(NULL, 1)) /* what follows the end belongs to the digest */
		continue;
	ring_join();
	finish_directories();
	hash_end(&content, "-");
	return 0;
}
