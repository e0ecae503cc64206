/* SPDX-License-Identifier: Apache-2.0 */
/* Finding and keeping compressed parts. */
#include "builder/cache_parts.h"

#include "base/scope.h"

#include <errno.h>
#include <string.h>

/* A part by its place; NULL when memory is out, and the stream then is not known whole. */
static struct nacre_cache_part *part_at(struct nacre_cache_parts *parts, uint64_t number)
{
	if (number >= parts->room) {
		size_t room = parts->room ? parts->room * 2 : 64;
		struct nacre_cache_part *items;

		while (room <= number)
			room *= 2;
		items = reallocarray(parts->items, room, sizeof(*items));
		if (!items) {
			parts->is_known = false;
			return NULL;
		}
		memset(items + parts->room, 0, (room - parts->room) * sizeof(*items));
		parts->items = items;
		parts->room = room;
	}
	if (number >= parts->count)
		parts->count = (size_t)number + 1;
	return &parts->items[number];
}

static bool read_all(int fd, char *out, size_t len)
{
	size_t done = 0;

	while (done < len) {
		ssize_t got = read(fd, out + done, len - done);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return false;
		done += (size_t)got;
	}
	return true;
}

static bool find(void *user, uint64_t number, const char *key, void *out, size_t cap,
	size_t *out_len, struct nacre_digest *out_digest)
{
	struct nacre_cache_parts *parts = user;
	struct nacre_cache_part *part = part_at(parts, number);
	char hex[65];
	nacre_autofd int fd = -1;
	uint64_t size = 0;

	nacre_cache_key(key, strlen(key), hex);
	if (!part ||
		!nacre_cache_open_file(
			parts->cache, NACRE_CACHE_PART, hex, false, &fd, &size, out_digest) ||
		size > cap || !read_all(fd, out, (size_t)size))
		return false;
	part->digest = *out_digest;
	part->len = *out_len = (size_t)size;
	parts->found++;
	return true;
}

static void made(void *user, uint64_t number, const char *key, const void *data, size_t len,
	const struct nacre_digest *digest)
{
	struct nacre_cache_parts *parts = user;
	struct nacre_cache_part *part = part_at(parts, number);
	char hex[65];

	nacre_cache_key(key, strlen(key), hex);
	nacre_cache_keep_bytes(parts->cache, NACRE_CACHE_PART, hex, data, len, digest);
	if (!part)
		return;
	if (!nacre_digest_is_empty(&part->digest)) /* found, and damaged */
		parts->found--;
	part->digest = *digest;
	part->len = len;
}

void nacre_cache_parts_init(struct nacre_cache_parts *out_parts, struct nacre_cache *cache)
{
	memset(out_parts, 0, sizeof(*out_parts));
	out_parts->store = (struct nacre_part_store){ find, made, out_parts };
	out_parts->cache = cache;
	out_parts->is_known = true;
}

void nacre_cache_parts_clear(struct nacre_cache_parts *parts)
{
	free(parts->items);
	memset(parts, 0, sizeof(*parts));
}
