/* SPDX-License-Identifier: Apache-2.0 */
/** Many small things that are freed together. */
#ifndef NACRE_BASE_ARENA_H
#define NACRE_BASE_ARENA_H

#include <stddef.h>

struct nacre_arena_block;

struct nacre_arena {
	struct nacre_arena_block *head;
	size_t used_bytes; /* handed out, padding included */
};

#define NACRE_ARENA                                                                                \
	{                                                                                          \
		NULL, 0                                                                            \
	}

void nacre_arena_clear(struct nacre_arena *arena);

/** Zeroed, aligned for any object; NULL when memory is out. */
void *nacre_arena_new(struct nacre_arena *arena, size_t size);

/** A copy with a NUL behind it; NULL when memory is out. */
char *nacre_arena_text(struct nacre_arena *arena, const char *text, size_t len);

#endif
