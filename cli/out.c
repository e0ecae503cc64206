/* SPDX-License-Identifier: Apache-2.0 */
/* Escaping, for terminals and for JSON. Who is told what is left to the commands. */
#include "cli/out.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* The character that begins at `text`, and its length; 0 when it is no UTF-8. */
static size_t decode(const char *text, uint32_t *out_point)
{
	static const uint32_t smallest[] = { 0, 0, 0x80, 0x800, 0x10000 };
	const unsigned char *at = (const unsigned char *)text;
	size_t len = at[0] < 0x80 ? 1 : at[0] >= 0xf0 ? 4 : at[0] >= 0xe0 ? 3 : 2;
	uint32_t point = len == 1 ? at[0] : at[0] & (0x7fU >> len);

	if (at[0] >= 0xf8 || (at[0] >= 0x80 && at[0] < 0xc0))
		return 0;
	for (size_t i = 1; i < len; i++) { /* ends at the NUL, too */
		if ((at[i] & 0xc0) != 0x80)
			return 0;
		point = point << 6 | (at[i] & 0x3fU);
	}
	if (point < smallest[len] || point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff))
		return 0;
	*out_point = point;
	return len;
}

static bool is_harmless(uint32_t point)
{
	static const struct {
		uint32_t first, last;
	} harmful[] = {
		{ 0x00, 0x1f },
		{ 0x7f, 0x9f },	      /* DEL and C1, where one byte is an escape sequence */
		{ 0xad, 0xad },	      /* soft hyphen */
		{ 0x061c, 0x061c },   /* Arabic letter mark */
		{ 0x200b, 0x200f },   /* no width, direction marks */
		{ 0x2028, 0x202e },   /* line ends, directions */
		{ 0x2060, 0x206f },   /* no width, directions */
		{ 0xfeff, 0xfeff },   /* byte order mark */
		{ 0xfff9, 0xfffb },   /* annotations */
		{ 0xe0000, 0xe007f }, /* tags */
	};

	for (size_t i = 0; i < sizeof(harmful) / sizeof(harmful[0]); i++) {
		if (point >= harmful[i].first && point <= harmful[i].last)
			return false;
	}
	return true;
}

static void escape(FILE *to, const char *text, bool is_name)
{
	uint32_t point = 0;

	while (*text) {
		size_t len = decode(text, &point);

		if (*text == '\n')
			(void)fputs("\\n", to);
		else if (*text == '\\' && is_name)
			(void)fputs("\\\\", to);
		else if (len > 0 && is_harmless(point))
			(void)fwrite(text, 1, len, to);
		else
			for (size_t i = 0; i < (len ? len : 1); i++)
				(void)fprintf(to, "\\x%02x", (unsigned char)text[i]);
		text += len ? len : 1;
	}
}

void out_text(FILE *to, const char *text)
{
	escape(to, text, false);
}

void out_name(FILE *to, const char *name)
{
	escape(to, name, true);
}

void out_json(FILE *to, const char *text)
{
	uint32_t point = 0;

	(void)fputc('"', to);
	while (*text) {
		size_t len = decode(text, &point);

		if (len == 0)
			(void)fputs("\\ufffd", to);
		else if (*text == '"' || *text == '\\')
			(void)fprintf(to, "\\%c", *text);
		else if (is_harmless(point))
			(void)fwrite(text, 1, len, to);
		else if (point < 0x10000)
			(void)fprintf(to, "\\u%04x", (unsigned)point);
		else
			(void)fprintf(to, "\\u%04x\\u%04x", (unsigned)(0xd7c0 + (point >> 10)),
				(unsigned)(0xdc00 | (point & 0x3ff)));
		text += len ? len : 1;
	}
	(void)fputc('"', to);
}

static bool is_utf8(const char *text)
{
	uint32_t point = 0;

	while (*text) {
		size_t len = decode(text, &point);

		if (len == 0)
			return false;
		text += len;
	}
	return true;
}

static void base64(FILE *to, const char *text)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const unsigned char *at = (const unsigned char *)text;
	size_t len = strlen(text);

	while (len > 0) {
		uint32_t bits = (uint32_t)at[0] << 16;

		bits |= len > 1 ? (uint32_t)at[1] << 8 : 0;
		bits |= len > 2 ? at[2] : 0;
		(void)fputc(digits[bits >> 18], to);
		(void)fputc(digits[bits >> 12 & 63], to);
		(void)fputc(len > 1 ? digits[bits >> 6 & 63] : '=', to);
		(void)fputc(len > 2 ? digits[bits & 63] : '=', to);
		at += len < 3 ? len : 3;
		len -= len < 3 ? len : 3;
	}
}

void out_json_bytes(FILE *to, const char *key, const char *text)
{
	if (is_utf8(text)) {
		(void)fprintf(to, "\"%s\":", key);
		out_json(to, text);
		return;
	}
	(void)fprintf(to, "\"%s_base64\":\"", key);
	base64(to, text);
	(void)fputc('"', to);
}
