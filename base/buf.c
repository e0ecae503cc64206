/* SPDX-License-Identifier: Apache-2.0 */
/* Growing byte buffers with a maximum. */
#include "base/buf.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void nacre_buf_clear(struct nacre_buf *buf)
{
	free(buf->data);
	buf->data = NULL;
	buf->len = 0;
	buf->room = 0;
}

struct nacre_buf nacre_buf_steal(struct nacre_buf *buf)
{
	struct nacre_buf got = *buf;

	buf->data = NULL;
	buf->len = 0;
	buf->room = 0;
	return got;
}

int nacre_buf_reserve(struct nacre_buf *buf, size_t more, struct nacre_err *err)
{
	size_t need, room;
	char *data;

	if (more > buf->max - buf->len)
		return nacre_fail(err, NACRE_E_LIMIT, "more than %zu bytes", buf->max);
	need = buf->len + more + 1;
	if (need == 0)
		return nacre_fail_nomem(err);
	if (need <= buf->room)
		return 0;
	room = buf->room < 64 ? 64 : buf->room;
	while (room < need) {
		if (__builtin_mul_overflow(room, 2, &room))
			return nacre_fail_nomem(err);
	}
	data = realloc(buf->data, room);
	if (!data)
		return nacre_fail_nomem(err);
	buf->data = data;
	buf->room = room;
	buf->data[buf->len] = '\0';
	return 0;
}

int nacre_buf_add(struct nacre_buf *buf, const void *data, size_t len, struct nacre_err *err)
{
	int rc = nacre_buf_reserve(buf, len, err);

	if (rc)
		return rc;
	if (len)
		memcpy(buf->data + buf->len, data, len);
	buf->len += len;
	buf->data[buf->len] = '\0';
	return 0;
}

int nacre_buf_add_text(struct nacre_buf *buf, const char *text, struct nacre_err *err)
{
	return nacre_buf_add(buf, text, strlen(text), err);
}

int nacre_buf_printf(struct nacre_buf *buf, struct nacre_err *err, const char *fmt, ...)
{
	va_list ap;
	int len, rc;

	va_start(ap, fmt);
	len = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (len < 0)
		return nacre_fail(err, NACRE_E_ARG, "a message that cannot be formatted");
	rc = nacre_buf_reserve(buf, (size_t)len, err);
	if (rc)
		return rc;
	va_start(ap, fmt);
	(void)vsnprintf(buf->data + buf->len, (size_t)len + 1, fmt, ap);
	va_end(ap);
	buf->len += (size_t)len;
	return 0;
}

int nacre_buf_read_fd(struct nacre_buf *buf, int fd, struct nacre_err *err)
{
	for (;;) {
		size_t room = buf->max - buf->len;
		char probe;
		ssize_t got;
		int rc;

		/* At the maximum one more byte is asked for, to tell "full" from "too much". */
		if (room == 0) {
			got = read(fd, &probe, 1);
			if (got > 0)
				return nacre_fail(
					err, NACRE_E_LIMIT, "more than %zu bytes", buf->max);
		} else {
			if (room > 65536)
				room = 65536;
			rc = nacre_buf_reserve(buf, room, err);
			if (rc)
				return rc;
			got = read(fd, buf->data + buf->len, room);
		}
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return nacre_fail_os(err, "read");
		if (got == 0) {
			rc = nacre_buf_reserve(buf, 0, err);
			if (rc)
				return rc;
			buf->data[buf->len] = '\0';
			return 0;
		}
		buf->len += (size_t)got;
		buf->data[buf->len] = '\0';
	}
}
