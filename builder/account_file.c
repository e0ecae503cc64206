/* SPDX-License-Identifier: Apache-2.0 */
/* Reading passwd, group and their shadows as they are in a tree. */
#include "builder/account_file.h"

#include "base/scope.h"
#include "base/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int nacre_account_file_load(const struct nacre_tree *tree, const char *path,
	struct nacre_buf *out_text, struct nacre_node **out_node, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_source_freep)
	struct nacre_source *source = NULL;
	NACRE_CLEANUP(nacre_sink_freep)
	struct nacre_sink *sink = NULL;
	struct nacre_node *node = NULL;
	int rc = nacre_tree_resolve(tree, path, NACRE_RESOLVE_FOLLOW, 0, &node, err);

	if (rc)
		return rc;
	if (!node || node->inode->type != NACRE_TYPE_FILE)
		return nacre_fail(err, NACRE_E_NOT_FOUND, "the image has no /%s", path);
	if (out_node)
		*out_node = node;
	rc = nacre_inode_open(node->inode, &source, err);
	if (rc == 0)
		rc = nacre_sink_buf(out_text, &sink, err);
	if (rc == 0)
		rc = nacre_stream_copy(source, sink, NULL, err);
	return rc ? nacre_within(err, rc, "/%s of the image", path) : 0;
}

bool nacre_account_line_next(
	const struct nacre_buf *text, size_t *at, struct nacre_account_line *out_line)
{
	const char *newline;
	size_t left = text->len - *at;

	if (left == 0)
		return false;
	out_line->text = text->data + *at;
	newline = memchr(out_line->text, '\n', left);
	out_line->len = newline ? (size_t)(newline - out_line->text) : left;
	*at += out_line->len + (newline ? 1 : 0);
	return true;
}

bool nacre_account_field(
	const struct nacre_account_line *line, unsigned i, const char **out_text, size_t *out_len)
{
	const char *at = line->text, *end = at + line->len;

	for (;; i--) {
		const char *colon = memchr(at, ':', (size_t)(end - at));

		if (i == 0) {
			*out_text = at;
			*out_len = (size_t)((colon ? colon : end) - at);
			return true;
		}
		if (!colon)
			return false;
		at = colon + 1;
	}
}

bool nacre_account_number(const struct nacre_account_line *line, unsigned i, uint32_t *out_number)
{
	const char *text;
	uint64_t value = 0;
	size_t len;

	if (!nacre_account_field(line, i, &text, &len) || !nacre_number_parse(text, len, &value) ||
		value >= UINT32_MAX)
		return false;
	*out_number = (uint32_t)value;
	return true;
}

/* Lines without these numbers are passed over, as the C library does. */
static bool has_numbers(const struct nacre_account_line *line, unsigned last)
{
	uint32_t number;

	for (unsigned i = NACRE_ACCOUNT_ID; i <= last; i++) {
		if (!nacre_account_number(line, i, &number))
			return false;
	}
	return true;
}

bool nacre_account_find(const struct nacre_buf *text, unsigned i, const char *want,
	unsigned last_number, struct nacre_account_line *out_line)
{
	const char *got;
	size_t at = 0, len;

	while (nacre_account_line_next(text, &at, out_line)) {
		if (nacre_account_field(out_line, i, &got, &len) && strlen(want) == len &&
			memcmp(got, want, len) == 0 && has_numbers(out_line, last_number))
			return true;
	}
	return false;
}

/* Names of more bytes than an account can have are near nothing. */
static bool find_nearest(const struct nacre_buf *text, const char *want, char out_name[64])
{
	struct nacre_account_line line;
	size_t at = 0, len, best = SIZE_MAX;
	const char *got;

	while (nacre_account_line_next(text, &at, &line)) {
		const char *names[2] = { NULL, NULL };
		char name[64];

		if (!nacre_account_field(&line, NACRE_ACCOUNT_NAME, &got, &len) || len == 0 ||
			len >= sizeof(name))
			continue;
		memcpy(name, got, len);
		name[len] = '\0';
		names[0] = name;
		if (nacre_nearest(want, names) && nacre_edit_distance(want, name) < best) {
			best = nacre_edit_distance(want, name);
			memcpy(out_name, name, len + 1);
		}
	}
	return best < SIZE_MAX;
}

int nacre_account_fail_unknown(
	const struct nacre_buf *text, const char *want, struct nacre_err *err, const char *fmt, ...)
{
	char said[NACRE_ERR_TEXT / 2], name[64];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(said, sizeof(said), fmt, ap);
	va_end(ap);
	if (!find_nearest(text, want, name))
		return nacre_fail(err, NACRE_E_NOT_FOUND, "%s", said);
	return nacre_fail(err, NACRE_E_NOT_FOUND, "%s; did you mean '%s'?", said, name);
}
