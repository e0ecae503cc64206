/* SPDX-License-Identifier: Apache-2.0 */
/** What is acquired in a scope is released by the scope. */
#ifndef NACRE_BASE_SCOPE_H
#define NACRE_BASE_SCOPE_H

#include <stdlib.h>
#include <unistd.h>

/** NACRE_CLEANUP(nacre_buf_clear) struct nacre_buf b = …; runs nacre_buf_clear(&b) at the end. */
#define NACRE_CLEANUP(fn) __attribute__((cleanup(fn)))

static inline void nacre_fd_close(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
	*fd = -1;
}

static inline void nacre_mem_free(void *where)
{
	void **p = where;

	free(*p);
	*p = NULL;
}

/** nacre_autofd int fd = -1; closes itself. */
#define nacre_autofd NACRE_CLEANUP(nacre_fd_close)

/** nacre_autofree char *text = NULL; frees itself. */
#define nacre_autofree NACRE_CLEANUP(nacre_mem_free)

/** Hands a descriptor over and leaves -1. */
static inline int nacre_steal_fd(int *fd)
{
	int got = *fd;

	*fd = -1;
	return got;
}

/** Hands a pointer over and leaves NULL. */
#define nacre_steal(p)                                                                             \
	__extension__({                                                                            \
		__typeof__(*(p)) nacre_got = *(p);                                                 \
		*(p) = NULL;                                                                       \
		nacre_got;                                                                         \
	})

#endif
