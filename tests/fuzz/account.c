/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A file of users or groups out of an image: lines are its bytes without the newlines, fields are
 * the lines' bytes without the colons, and what is found is the first line that has it.
 */
#include "builder/account_file.h"

#include <stdlib.h>
#include <string.h>

/* All fields of a line, with their colons, are the line. */
static void check_fields(const struct nacre_account_line *line)
{
	const char *text = NULL;
	size_t len = 0, sum = 0;
	uint32_t number;
	unsigned i = 0;

	for (; nacre_account_field(line, i, &text, &len); i++) {
		if (text != line->text + sum || len > line->len - sum || memchr(text, ':', len))
			abort();
		sum += len + 1;
		if (nacre_account_number(line, i, &number) && (len == 0 || number == UINT32_MAX))
			abort();
	}
	if (sum != line->len + 1)
		abort();
}

/* @param at  where the line begins */
static void check_found(
	const struct nacre_buf *text, const struct nacre_account_line *line, unsigned last_number)
{
	struct nacre_account_line found;
	struct nacre_err err = { 0 };
	const char *name;
	size_t len;
	char want[64];

	if (!nacre_account_field(line, NACRE_ACCOUNT_NAME, &name, &len) || len >= sizeof(want) ||
		memchr(name, '\0', len))
		return;
	memcpy(want, name, len);
	want[len] = '\0';
	if (nacre_account_find(text, NACRE_ACCOUNT_NAME, want, last_number, &found) &&
		(found.len < len || memcmp(found.text, want, len) != 0 ||
			(last_number == NACRE_ACCOUNT_NAME && found.text > line->text)))
		abort();
	if (nacre_account_fail_unknown(text, want, &err, "unknown '%s'", want) !=
			NACRE_E_NOT_FOUND ||
		strncmp(err.text, "unknown '", 9) != 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct nacre_buf text = NACRE_BUF(SIZE_MAX / 2);
	struct nacre_account_line line;
	size_t at = 0, begin = 0, lines = 0;

	if (nacre_buf_add(&text, data, size, NULL))
		abort();
	while (nacre_account_line_next(&text, &at, &line)) {
		if (line.text != text.data + begin || memchr(line.text, '\n', line.len))
			abort();
		begin = at;
		check_fields(&line);
		if (lines++ < 50) { /* finding looks at all lines again */
			check_found(&text, &line, NACRE_ACCOUNT_NAME);
			check_found(&text, &line, NACRE_ACCOUNT_GID);
		}
	}
	if (at != text.len)
		abort();
	nacre_buf_clear(&text);
	return 0;
}
