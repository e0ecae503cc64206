/* SPDX-License-Identifier: Apache-2.0 */
/* Canonical decomposition and case folding, as far as twin.h says. */
#include "layers/twin.h"

#include "base/text.h"

#include <stdint.h>
#include <string.h>

/* From U+00C0 to U+017F: the letter, and its mark as a sign that looks like it. */
#define LATIN_FIRST 0xc0
static const char latin_letters[] = "AAAAAA CEEEEIIII NOOOOO  UUUUY  "
				    "aaaaaa ceeeeiiii nooooo  uuuuy y"
				    "AaAaAaCcCcCcCcDd  EeEeEeEeEeGgGg"
				    "GgGgHh  IiIiIiIiI   JjKk LlLlLl "
				    "   NnNnNn   OoOoOo  RrRrRrSsSsSs"
				    "SsTtTt  UuUuUuUuUuUuWwYyYZzZzZz ";
static const char latin_marks[] = "`'^~:o ,`'^:`'^: ~`'^~:  `'^:'  "
				  "`'^~:o ,`'^:`'^: ~`'^~:  `'^:' :"
				  "--uu;;''^^..vvvv  --uu..;;vv^^uu"
				  "..,,^^  ~~--uu;;.   ^^,, '',,vv "
				  "   '',,vv   --uu\"\"  '',,vv''^^,,"
				  "vv,,vv  ~~--uuoo\"\";;^^^^:''..vv ";

static const struct {
	char sign;
	uint32_t mark;
} marks[] = {
	{ '`', 0x300 },
	{ '\'', 0x301 },
	{ '^', 0x302 },
	{ '~', 0x303 },
	{ '-', 0x304 },
	{ 'u', 0x306 },
	{ '.', 0x307 },
	{ ':', 0x308 },
	{ 'o', 0x30a },
	{ '"', 0x30b },
	{ 'v', 0x30c },
	{ ',', 0x327 },
	{ ';', 0x328 },
};

static const struct {
	uint16_t whole, letter, mark;
} cyrillic[] = {
	{ 0x400, 0x415, 0x300 },
	{ 0x401, 0x415, 0x308 },
	{ 0x403, 0x413, 0x301 },
	{ 0x407, 0x406, 0x308 },
	{ 0x40c, 0x41a, 0x301 },
	{ 0x40d, 0x418, 0x300 },
	{ 0x40e, 0x423, 0x306 },
	{ 0x419, 0x418, 0x306 },
	{ 0x439, 0x438, 0x306 },
	{ 0x450, 0x435, 0x300 },
	{ 0x451, 0x435, 0x308 },
	{ 0x453, 0x433, 0x301 },
	{ 0x457, 0x456, 0x308 },
	{ 0x45c, 0x43a, 0x301 },
	{ 0x45d, 0x438, 0x300 },
	{ 0x45e, 0x443, 0x306 },
};

/* Capital letters whose small ones lie at a fixed distance; with step 2 every other one. */
static const struct {
	uint32_t first, last;
	unsigned step, distance;
} capitals[] = {
	{ 'A', 'Z', 1, 32 },
	{ 0xc0, 0xd6, 1, 32 },
	{ 0xd8, 0xde, 1, 32 },
	{ 0x100, 0x12e, 2, 1 },
	{ 0x132, 0x136, 2, 1 },
	{ 0x139, 0x147, 2, 1 },
	{ 0x14a, 0x176, 2, 1 },
	{ 0x179, 0x17d, 2, 1 },
	{ 0x391, 0x3a9, 1, 32 },
	{ 0x400, 0x40f, 1, 80 },
	{ 0x410, 0x42f, 1, 32 },
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* ------------------------------------------------------------------- letters */

static uint32_t small(uint32_t point)
{
	for (size_t i = 0; i < COUNT(capitals); i++) {
		if (point >= capitals[i].first && point <= capitals[i].last &&
			(point - capitals[i].first) % capitals[i].step == 0)
			return point + capitals[i].distance;
	}
	return point == 0x178 ? 0xff : point == 0x3c2 ? 0x3c3 : point;
}

static size_t split_latin(uint32_t point, uint32_t out[3])
{
	char sign = latin_marks[point - LATIN_FIRST];

	for (size_t i = 0; i < COUNT(marks); i++) {
		if (marks[i].sign != sign)
			continue;
		out[0] = (unsigned char)latin_letters[point - LATIN_FIRST];
		out[1] = marks[i].mark;
		return 2;
	}
	return 1;
}

static size_t split_cyrillic(uint32_t point, uint32_t out[3])
{
	for (size_t i = 0; i < COUNT(cyrillic); i++) {
		if (cyrillic[i].whole != point)
			continue;
		out[0] = cyrillic[i].letter;
		out[1] = cyrillic[i].mark;
		return 2;
	}
	return 1;
}

/* Voiced ones follow their plain one; in the h row the half-voiced one comes third. */
static size_t split_kana(uint32_t point, uint32_t out[3])
{
	uint32_t at = point >= 0x30a0 ? point - 0x60 : point;
	unsigned third;

	if ((at >= 0x304c && at <= 0x3062 && at % 2 == 0) ||
		(at >= 0x3065 && at <= 0x3069 && at % 2 == 1)) {
		third = 1;
	} else if (at >= 0x306f && at <= 0x307d) {
		third = (at - 0x306f) % 3;
	} else {
		return 1;
	}
	if (third == 0)
		return 1;
	out[0] = point - third;
	out[1] = third == 1 ? 0x3099 : 0x309a;
	return 2;
}

/* Spec: The Unicode Standard, 3.12, "Hangul Syllable Decomposition". */
static size_t split_hangul(uint32_t point, uint32_t out[3])
{
	uint32_t at = point - 0xac00;

	out[0] = 0x1100 + at / 588;
	out[1] = 0x1161 + at % 588 / 28;
	out[2] = 0x11a7 + at % 28;
	return at % 28 == 0 ? 2 : 3;
}

static size_t split(uint32_t point, uint32_t out[3])
{
	out[0] = point;
	if (point >= LATIN_FIRST && point < LATIN_FIRST + COUNT(latin_marks) - 1)
		return split_latin(point, out);
	if (point >= 0x400 && point < 0x460)
		return split_cyrillic(point, out);
	if (point >= 0x3040 && point < 0x3100)
		return split_kana(point, out);
	if (point >= 0xac00 && point < 0xac00 + 11172)
		return split_hangul(point, out);
	return 1;
}

/* --------------------------------------------------------------------- UTF-8 */

static uint32_t decode(const char *text, size_t len)
{
	const unsigned char *at = (const unsigned char *)text;
	uint32_t point = len == 1 ? at[0] : at[0] & (0x7fU >> len);

	for (size_t i = 1; i < len; i++)
		point = point << 6 | (at[i] & 0x3fU);
	return point;
}

static size_t encode(uint32_t point, char *out)
{
	size_t len = point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
	static const unsigned char firsts[] = { 0, 0, 0xc0, 0xe0, 0xf0 };

	for (size_t i = len - 1; i > 0; i--, point >>= 6)
		out[i] = (char)(0x80 | (point & 0x3f));
	out[0] = (char)(firsts[len] | point);
	return len;
}

void nacre_twin_key(const char *name, bool fold_case, char out_key[NACRE_TWIN_KEY])
{
	size_t used = 0, len;

	/* Nothing grows to more than three times: é of two bytes to three, 각 of three to nine. */
	for (const char *at = name; *at && used < NACRE_TWIN_KEY - 10; at += len) {
		uint32_t points[3];
		size_t count;

		len = nacre_utf8_len(at);
		if (len == 0) {
			len = 1;
			out_key[used++] = *at;
			continue;
		}
		count = split(fold_case ? small(decode(at, len)) : decode(at, len), points);
		for (size_t i = 0; i < count; i++)
			used += encode(points[i], out_key + used);
	}
	out_key[used] = '\0';
}
