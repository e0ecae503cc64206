/* SPDX-License-Identifier: Apache-2.0 */
/* UTF-8, numbers, times and nearest names. */
#include "base/text.h"

#include <stdio.h>
#include <string.h>

static size_t sequence_len(const unsigned char *at, size_t left)
{
	static const struct {
		unsigned char first_low, first_high, second_low, second_high;
		size_t len;
	} rows[] = {
		{ 0x00, 0x7f, 0x00, 0x00, 1 },
		{ 0xc2, 0xdf, 0x80, 0xbf, 2 },
		{ 0xe0, 0xe0, 0xa0, 0xbf, 3 },
		{ 0xe1, 0xec, 0x80, 0xbf, 3 },
		{ 0xed, 0xed, 0x80, 0x9f, 3 },
		{ 0xee, 0xef, 0x80, 0xbf, 3 },
		{ 0xf0, 0xf0, 0x90, 0xbf, 4 },
		{ 0xf1, 0xf3, 0x80, 0xbf, 4 },
		{ 0xf4, 0xf4, 0x80, 0x8f, 4 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (at[0] < rows[i].first_low || at[0] > rows[i].first_high)
			continue;
		if (left < rows[i].len)
			return 0;
		if (rows[i].len > 1 && (at[1] < rows[i].second_low || at[1] > rows[i].second_high))
			return 0;
		for (size_t k = 2; k < rows[i].len; k++) {
			if ((at[k] & 0xc0) != 0x80)
				return 0;
		}
		return rows[i].len;
	}
	return 0;
}

size_t nacre_utf8_len(const char *text)
{
	return *text ? sequence_len((const unsigned char *)text, strnlen(text, 4)) : 0;
}

bool nacre_utf8_valid(const char *text, size_t len)
{
	const unsigned char *at = (const unsigned char *)text;

	while (len > 0) {
		size_t step = sequence_len(at, len);

		if (step == 0)
			return false;
		at += step;
		len -= step;
	}
	return true;
}

bool nacre_number_parse(const char *text, size_t len, uint64_t *out_value)
{
	uint64_t value = 0;

	if (len == 0)
		return false;
	for (size_t i = 0; i < len; i++) {
		if (text[i] < '0' || text[i] > '9' || __builtin_mul_overflow(value, 10, &value) ||
			__builtin_add_overflow(value, (uint64_t)(text[i] - '0'), &value))
			return false;
	}
	*out_value = value;
	return true;
}

/* Days since 1970-01-01 of a date in the proleptic Gregorian calendar. */
static int64_t days_of(int64_t year, int64_t month, int64_t day)
{
	int64_t y = month <= 2 ? year - 1 : year;
	int64_t era = y / 400;
	int64_t of_era = y - era * 400;
	int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static int64_t field(const char *text, size_t len)
{
	uint64_t value = 0;

	return nacre_number_parse(text, len, &value) ? (int64_t)value : -1;
}

static bool is_leap(int64_t year)
{
	return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

int nacre_time_parse(const char *text, int64_t *out_seconds, struct nacre_err *err)
{
	static const int month_days[] = { 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	int64_t f[6];

	if (strlen(text) != 20 || text[4] != '-' || text[7] != '-' || text[10] != 'T' ||
		text[13] != ':' || text[16] != ':' || text[19] != 'Z')
		return nacre_fail(err, NACRE_E_FORMAT,
			"'%.64s' is not a time like 2026-01-31T12:00:00Z", text);
	f[0] = field(text, 4);
	for (size_t i = 1; i < 6; i++)
		f[i] = field(text + 2 + 3 * i, 2);
	if (f[0] < 1 || f[1] < 1 || f[1] > 12 || f[2] < 1 || f[2] > month_days[f[1] - 1] ||
		(f[1] == 2 && f[2] == 29 && !is_leap(f[0])) || f[3] < 0 || f[3] > 23 || f[4] < 0 ||
		f[4] > 59 || f[5] < 0 || f[5] > 59)
		return nacre_fail(err, NACRE_E_FORMAT, "'%s' is no time of the calendar", text);
	*out_seconds = ((days_of(f[0], f[1], f[2]) * 24 + f[3]) * 60 + f[4]) * 60 + f[5];
	return 0;
}

void nacre_time_print(int64_t seconds, char out_text[NACRE_TIME_TEXT])
{
	int64_t low = days_of(1, 1, 1) * 86400, high = days_of(10000, 1, 1) * 86400 - 1;
	int64_t days, rest, z, era, of_era, year_of_era, of_year, mp, year, month;

	seconds = seconds < low ? low : seconds > high ? high : seconds;
	days = seconds / 86400 - (seconds % 86400 < 0);
	rest = seconds - days * 86400;
	z = days + 719468;
	era = z / 146097;
	of_era = z - era * 146097;
	year_of_era = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
	mp = (5 * of_year + 2) / 153;
	month = mp < 10 ? mp + 3 : mp - 9;
	year = year_of_era + era * 400 + (month <= 2);
	(void)snprintf(out_text, NACRE_TIME_TEXT, "%04u-%02u-%02uT%02u:%02u:%02uZ",
		(unsigned)(year % 10000), (unsigned)month,
		(unsigned)(of_year - (153 * mp + 2) / 5 + 1) % 100, (unsigned)(rest / 3600) % 100,
		(unsigned)(rest / 60 % 60), (unsigned)(rest % 60));
}

#define NAME_MOST 48

size_t nacre_edit_distance(const char *a, const char *b)
{
	size_t a_len = strnlen(a, NAME_MOST), b_len = strnlen(b, NAME_MOST);
	size_t rows[3][NAME_MOST + 1];
	size_t *before = rows[0], *last = rows[1], *now = rows[2];

	for (size_t k = 0; k <= b_len; k++)
		last[k] = k;
	memset(rows[0], 0, sizeof(rows[0]));
	for (size_t i = 1; i <= a_len; i++) {
		size_t *swap = before;

		now[0] = i;
		for (size_t k = 1; k <= b_len; k++) {
			size_t best = last[k - 1] + (a[i - 1] != b[k - 1]);

			if (last[k] + 1 < best)
				best = last[k] + 1;
			if (now[k - 1] + 1 < best)
				best = now[k - 1] + 1;
			if (i > 1 && k > 1 && a[i - 1] == b[k - 2] && a[i - 2] == b[k - 1] &&
				before[k - 2] + 1 < best)
				best = before[k - 2] + 1;
			now[k] = best;
		}
		before = last;
		last = now;
		now = swap;
	}
	return last[b_len];
}

const char *nacre_nearest(const char *got, const char *const *names)
{
	const char *nearest = NULL;
	size_t best = strnlen(got, NAME_MOST) / 3 + 2;

	for (; *names; names++) {
		size_t distance = nacre_edit_distance(got, *names);

		if (distance < best) {
			best = distance;
			nearest = *names;
		}
	}
	return nearest;
}
