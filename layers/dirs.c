/* SPDX-License-Identifier: Apache-2.0 */
/* A cache of open directories, the least recently used one closed first. Makes nothing. */
#include "layers/dirs.h"

#include "base/scope.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>

struct slot {
	const void *key; /* NULL: free */
	int fd;
	uint64_t used;
};

struct nacre_dirs {
	int root;
	struct nacre_dirs_shape shape;
	uint64_t clock;
	struct slot *last; /* what was asked for last, and is most often asked for again */
	struct slot slots[NACRE_DIRS_OPEN];
	const void **chain; /* scratch: what is to be opened, the deepest first */
	size_t chain_room;
};

int nacre_dirs_new(int root, const struct nacre_dirs_shape *shape, struct nacre_dirs **out_dirs,
	struct nacre_err *err)
{
	struct nacre_dirs *dirs = calloc(1, sizeof(*dirs));

	if (!dirs)
		return nacre_fail_nomem(err);
	dirs->root = root;
	dirs->shape = *shape;
	dirs->last = &dirs->slots[0];
	*out_dirs = dirs;
	return 0;
}

void nacre_dirs_free(struct nacre_dirs *dirs)
{
	if (!dirs)
		return;
	for (size_t i = 0; i < NACRE_DIRS_OPEN; i++) {
		if (dirs->slots[i].key)
			nacre_fd_close(&dirs->slots[i].fd);
	}
	free(dirs->chain);
	free(dirs);
}

void nacre_dirs_freep(struct nacre_dirs **dirs)
{
	nacre_dirs_free(*dirs);
	*dirs = NULL;
}

static struct slot *find_open(struct nacre_dirs *dirs, const void *key)
{
	if (dirs->last->key == key)
		return dirs->last;
	for (size_t i = 0; i < NACRE_DIRS_OPEN; i++) {
		if (dirs->slots[i].key == key)
			return &dirs->slots[i];
	}
	return NULL;
}

static int use(struct nacre_dirs *dirs, struct slot *slot)
{
	slot->used = ++dirs->clock;
	dirs->last = slot;
	return slot->fd;
}

/* The slot used last is never the one that goes, so a parent stays open while its child is. */
static int keep(struct nacre_dirs *dirs, const void *key, int fd)
{
	struct slot *oldest = &dirs->slots[0];

	for (size_t i = 1; i < NACRE_DIRS_OPEN && oldest->key; i++) {
		if (dirs->slots[i].used < oldest->used)
			oldest = &dirs->slots[i];
	}
	if (oldest->key)
		nacre_fd_close(&oldest->fd);
	oldest->key = key;
	oldest->fd = fd;
	return use(dirs, oldest);
}

static int push(struct nacre_dirs *dirs, size_t count, const void *key)
{
	if (count == dirs->chain_room) {
		size_t room = dirs->chain_room ? dirs->chain_room * 2 : 64;
		const void **chain = realloc(dirs->chain, room * sizeof(*chain));

		if (!chain)
			return -1;
		dirs->chain = chain;
		dirs->chain_room = room;
	}
	dirs->chain[count] = key;
	return 0;
}

int nacre_dirs_get(struct nacre_dirs *dirs, const void *key)
{
	const void *parent;
	struct slot *slot = NULL;
	size_t count = 0;
	int fd;

	/* Up to what is open, collecting; then down by single names. */
	while ((parent = dirs->shape.parent(key)) && !(slot = find_open(dirs, key))) {
		if (push(dirs, count++, key) < 0)
			return -1;
		key = parent;
	}
	fd = slot ? use(dirs, slot) : dirs->root;
	while (count > 0) {
		key = dirs->chain[--count];
		do
			fd = openat(fd, dirs->shape.name(key, dirs->shape.user),
				O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		while (fd < 0 && errno == EINTR);
		if (fd < 0)
			return -1;
		fd = keep(dirs, key, fd);
	}
	return fd;
}
