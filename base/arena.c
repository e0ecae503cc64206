/* SPDX-License-Identifier: Apache-2.0 */
/* A bump allocator: blocks of 256 KiB, larger things in a block of their own. */
#include "base/arena.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK_BYTES ((size_t)256 << 10)
#define ALIGNMENT 8

struct nacre_arena_block {
	struct nacre_arena_block *next;
	size_t used;
	size_t size;
	_Alignas(16) unsigned char data[];
};

void nacre_arena_clear(struct nacre_arena *arena)
{
	while (arena->head) {
		struct nacre_arena_block *block = arena->head;

		arena->head = block->next;
		free(block);
	}
	arena->used_bytes = 0;
}

static struct nacre_arena_block *add_block(struct nacre_arena *arena, size_t size)
{
	size_t room = size > BLOCK_BYTES / 4 ? size : BLOCK_BYTES;
	struct nacre_arena_block *block = malloc(sizeof(*block) + room);

	if (!block)
		return NULL;
	block->used = 0;
	block->size = room;
	/* A thing with a block of its own goes behind the one that still has room. */
	if (arena->head && room == size) {
		block->next = arena->head->next;
		arena->head->next = block;
	} else {
		block->next = arena->head;
		arena->head = block;
	}
	return block;
}

static void *take(struct nacre_arena *arena, size_t size, size_t alignment)
{
	struct nacre_arena_block *block = arena->head;
	size_t at;

	if (size > SIZE_MAX / 2)
		return NULL;
	at = block ? (block->used + alignment - 1) & ~(alignment - 1) : 0;
	if (!block || at > block->size || size > block->size - at) {
		block = add_block(arena, size);
		at = 0;
	}
	if (!block)
		return NULL;
	block->used = at + size;
	arena->used_bytes += size;
	return block->data + at;
}

void *nacre_arena_new(struct nacre_arena *arena, size_t size)
{
	void *got = take(arena, size, ALIGNMENT);

	return got ? memset(got, 0, size) : NULL;
}

char *nacre_arena_text(struct nacre_arena *arena, const char *text, size_t len)
{
	char *got = len < SIZE_MAX ? take(arena, len + 1, 1) : NULL;

	if (!got)
		return NULL;
	if (len)
		memcpy(got, text, len);
	got[len] = '\0';
	return got;
}
