/* SPDX-License-Identifier: Apache-2.0 */
/* Error messages, in the fixed space that the caller gives. A message too long loses its end. */
#include "base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

NACRE_PRINTF(3, 0)
static void set_text(struct nacre_err *err, enum nacre_code code, const char *fmt, va_list ap)
{
	if (!err)
		return;
	err->code = code;
	(void)vsnprintf(err->text, sizeof(err->text), fmt, ap);
}

int nacre_fail(struct nacre_err *err, enum nacre_code code, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	set_text(err, code, fmt, ap);
	va_end(ap);
	return code;
}

static enum nacre_code code_of(int number)
{
	switch (number) {
	case ENOENT:
		return NACRE_E_NOT_FOUND;
	case EEXIST:
	case ENOTEMPTY:
		return NACRE_E_EXISTS;
	case ENOMEM:
		return NACRE_E_NOMEM;
	default:
		return NACRE_E_IO;
	}
}

int nacre_fail_os(struct nacre_err *err, const char *fmt, ...)
{
	int number = errno;
	enum nacre_code code = code_of(number);
	va_list ap;
	size_t len;

	va_start(ap, fmt);
	set_text(err, code, fmt, ap);
	va_end(ap);
	if (err) {
		char reason[128];

		len = strlen(err->text);
		(void)snprintf(err->text + len, sizeof(err->text) - len, ": %s",
			strerror_r(number, reason, sizeof(reason)));
	}
	return code;
}

int nacre_within(struct nacre_err *err, int code, const char *fmt, ...)
{
	char inner[NACRE_ERR_TEXT];
	va_list ap;
	size_t len;

	if (!err)
		return code;
	memcpy(inner, err->text, sizeof(inner));
	va_start(ap, fmt);
	(void)vsnprintf(err->text, sizeof(err->text), fmt, ap);
	va_end(ap);
	len = strlen(err->text);
	(void)snprintf(err->text + len, sizeof(err->text) - len, ": %s", inner);
	return code;
}

int nacre_fail_nomem(struct nacre_err *err)
{
	return nacre_fail(err, NACRE_E_NOMEM, "out of memory");
}
