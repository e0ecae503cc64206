/* SPDX-License-Identifier: Apache-2.0 */
/* Values of an mtree list: the one form there is of each. */
#include "layers/mtree_value.h"

#include "base/text.h"

#include <string.h>

int nacre_mtree_unescape(char *text, struct nacre_err *err)
{
	char *to = text;

	for (const char *at = text; *at; at++) {
		unsigned value = 0;

		if (*at != '\\') {
			*to++ = *at;
			continue;
		}
		for (unsigned i = 0; i < 3; i++) {
			at++;
			if (*at < '0' || *at > '7')
				return nacre_fail(err, NACRE_E_FORMAT,
					"a \\ without three octal digits behind it");
			value = value * 8 + (unsigned)(*at - '0');
		}
		if (value == 0 || value > 255)
			return nacre_fail(
				err, NACRE_E_FORMAT, "\\%03o is no byte of a name", value);
		*to++ = (char)value;
	}
	*to = '\0';
	return 0;
}

bool nacre_mtree_mode(const char *text, uint32_t *out_value)
{
	uint32_t value = 0;
	size_t len = strlen(text);

	if (len == 0 || len > 5)
		return false;
	for (; *text; text++) {
		if (*text < '0' || *text > '7')
			return false;
		value = value * 8 + (uint32_t)(*text - '0');
	}
	*out_value = value;
	return value <= 07777;
}

bool nacre_mtree_u32(const char *text, size_t len, uint32_t most, uint32_t *out_value)
{
	uint64_t value;

	if (!nacre_number_parse(text, len, &value) || value > most)
		return false;
	*out_value = (uint32_t)value;
	return true;
}

bool nacre_mtree_time(const char *text, int64_t *out_seconds, uint32_t *out_ns)
{
	bool is_negative = *text == '-';
	const char *digits = text + is_negative, *dot = strchr(digits, '.');
	uint64_t seconds;

	if (!dot || strlen(dot + 1) != 9 ||
		!nacre_number_parse(digits, (size_t)(dot - digits), &seconds) ||
		!nacre_mtree_u32(dot + 1, 9, 999999999, out_ns))
		return false;
	if (is_negative) {
		if (seconds == 0 || seconds > (uint64_t)INT64_MAX + 1)
			return false;
		*out_seconds = -(int64_t)(seconds - 1) - 1;
	} else {
		*out_seconds = (int64_t)seconds;
	}
	return is_negative || seconds <= INT64_MAX;
}
