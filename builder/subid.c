/* SPDX-License-Identifier: Apache-2.0 */
/* /etc/subuid and /etc/subgid, strictly: what is not understood is not guessed at. */
#include "builder/subid.h"

#include "base/text.h"

#include <string.h>

/* A field of a line, up to the next colon or the end. */
struct field {
	const char *text;
	size_t len;
};

static bool split(const char *line, size_t len, struct field fields[3])
{
	for (unsigned i = 0; i < 3; i++) {
		const char *colon = memchr(line, ':', len);
		size_t field_len = colon ? (size_t)(colon - line) : len;

		if (!colon != (i == 2))
			return false;
		fields[i] = (struct field){ line, field_len };
		line += field_len + 1;
		len -= colon ? field_len + 1 : len;
	}
	return true;
}

static bool is_user(const struct field *field, const char *name, uint32_t id)
{
	uint64_t number;

	if (name && strlen(name) == field->len && memcmp(name, field->text, field->len) == 0)
		return true;
	return nacre_number_parse(field->text, field->len, &number) && number == id;
}

/* The last number is nobody's: to system calls it means "leave it as it is". */
static bool parse_range(
	const struct field *first, const struct field *count, struct nacre_subid_range *out_range)
{
	uint64_t from, many;

	if (!nacre_number_parse(first->text, first->len, &from) ||
		!nacre_number_parse(count->text, count->len, &many) || from >= UINT32_MAX ||
		many > UINT32_MAX - from)
		return false;
	*out_range = (struct nacre_subid_range){ (uint32_t)from, (uint32_t)many };
	return true;
}

static bool overlaps(const struct nacre_subid_range *a, uint32_t first, uint32_t count)
{
	return (uint64_t)a->first < (uint64_t)first + count &&
		(uint64_t)first < (uint64_t)a->first + a->count;
}

static int add(struct nacre_subids *ids, const struct nacre_subid_range *range, uint32_t own,
	struct nacre_err *err)
{
	if (range->count == 0)
		return 0;
	if (overlaps(range, own, 1))
		return nacre_fail(err, NACRE_E_UNSAFE, "a range that holds the user's own id");
	for (size_t i = 0; i < ids->count; i++) {
		if (overlaps(range, ids->ranges[i].first, ids->ranges[i].count))
			return nacre_fail(
				err, NACRE_E_UNSAFE, "a range that overlaps one before it");
	}
	if (ids->count == NACRE_SUBID_RANGES)
		return nacre_fail(err, NACRE_E_LIMIT, "more than %d ranges", NACRE_SUBID_RANGES);
	ids->ranges[ids->count++] = *range;
	return 0;
}

static int parse_line(const char *line, size_t len, const char *name, uint32_t id,
	struct nacre_subids *ids, struct nacre_err *err)
{
	struct nacre_subid_range range;
	struct field fields[3];

	if (len == 0 || *line == '#')
		return 0;
	if (!split(line, len, fields))
		return nacre_fail(err, NACRE_E_FORMAT, "not USER:FIRST:COUNT");
	if (!is_user(&fields[0], name, id))
		return 0;
	if (!parse_range(&fields[1], &fields[2], &range))
		return nacre_fail(err, NACRE_E_FORMAT, "'%.*s' is no range of ids",
			(int)(len - fields[0].len - 1 > 64 ? 64 : len - fields[0].len - 1),
			fields[1].text);
	return add(ids, &range, id, err);
}

int nacre_subid_parse(const char *text, size_t len, const char *name, uint32_t id,
	struct nacre_subids *out_ids, struct nacre_err *err)
{
	const char *end = text + len;

	out_ids->count = 0;
	for (unsigned number = 1; text < end; number++) {
		const char *newline = memchr(text, '\n', (size_t)(end - text));
		const char *line_end = newline ? newline : end;
		int rc = parse_line(text, (size_t)(line_end - text), name, id, out_ids, err);

		if (rc)
			return nacre_within(err, rc, "line %u", number);
		text = newline ? newline + 1 : end;
	}
	return 0;
}
