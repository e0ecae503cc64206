/* SPDX-License-Identifier: Apache-2.0 */
/* Base64 both ways. Not for secrets: its time depends on the text. */
#include "base/base64.h"

#include <string.h>

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* The six bits of a character; 64 for one outside of the alphabet. */
static uint32_t bits_of(char c)
{
	const char *found = c ? strchr(alphabet, c) : NULL;

	return found ? (uint32_t)(found - alphabet) : 64;
}

/* Four characters, of which the last `padding` are "=". */
static bool decode_group(const char *text, size_t padding, unsigned char *out)
{
	uint32_t group = 0;

	for (size_t i = 0; i < 4; i++) {
		uint32_t bits = i < 4 - padding ? bits_of(text[i]) : 0;

		if (bits == 64)
			return false;
		group = group << 6 | bits;
	}
	for (size_t i = 0; i < 3 - padding; i++)
		out[i] = (unsigned char)(group >> (16 - 8 * i));
	return (group & ((1u << 8 * padding) - 1)) == 0;
}

bool nacre_base64_decode(const char *text, size_t len, void *out_data, size_t *out_len)
{
	unsigned char *out = out_data;
	size_t padding = 0;

	if (len % 4 != 0)
		return false;
	while (padding < 2 && padding < len && text[len - 1 - padding] == '=')
		padding++;
	for (size_t at = 0; at < len; at += 4, out += 3) {
		if (!decode_group(text + at, at + 4 == len ? padding : 0, out))
			return false;
	}
	*out_len = NACRE_BASE64_ROOM(len) - padding;
	return true;
}

int nacre_base64_encode(const void *data, size_t len, struct nacre_buf *buf, struct nacre_err *err)
{
	const unsigned char *at = data;

	while (len > 0) {
		size_t step = len < 3 ? len : 3;
		uint32_t group = 0;
		char text[4];
		int rc;

		for (size_t i = 0; i < 3; i++)
			group = group << 8 | (i < step ? at[i] : 0u);
		for (size_t i = 0; i < 4; i++)
			text[i] = i <= step ? alphabet[group >> (18 - 6 * i) & 63] : '=';
		rc = nacre_buf_add(buf, text, sizeof(text), err);
		if (rc)
			return rc;
		at += step;
		len -= step;
	}
	return 0;
}
