/* SPDX-License-Identifier: Apache-2.0 */
/** Bytes that grow, up to a maximum they are born with. */
#ifndef NACRE_BASE_BUF_H
#define NACRE_BASE_BUF_H

#include "base/err.h"

/** data is NUL-terminated past len whenever it is not NULL. */
struct nacre_buf {
	char *data;
	size_t len;
	size_t room; /* allocated */
	size_t max;  /* the most that len may become */
};

#define NACRE_BUF(max_bytes)                                                                       \
	{                                                                                          \
		NULL, 0, 0, (max_bytes)                                                            \
	}

void nacre_buf_clear(struct nacre_buf *buf);

/** Moves the bytes out; `buf` is left empty with its maximum. */
struct nacre_buf nacre_buf_steal(struct nacre_buf *buf);

/** Makes room for `more` bytes behind len. Errors: LIMIT, NOMEM. */
NACRE_CHECKED int nacre_buf_reserve(struct nacre_buf *buf, size_t more, struct nacre_err *err);

/** Errors: LIMIT (beyond max), NOMEM. */
NACRE_CHECKED int nacre_buf_add(
	struct nacre_buf *buf, const void *data, size_t len, struct nacre_err *err);
NACRE_CHECKED int nacre_buf_add_text(
	struct nacre_buf *buf, const char *text, struct nacre_err *err);
NACRE_CHECKED int nacre_buf_printf(
	struct nacre_buf *buf, struct nacre_err *err, const char *fmt, ...) NACRE_PRINTF(3, 4);

/** Reads a descriptor to its end. Errors: LIMIT (more than max), IO, NOMEM. */
NACRE_CHECKED int nacre_buf_read_fd(struct nacre_buf *buf, int fd, struct nacre_err *err);

#endif
