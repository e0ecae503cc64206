/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PEM out and in. Own code, because the readers that there are skip what they do not know and read
 * into memory that they do not wipe; what the block holds is for others.
 */
#include "sign/pem.h"

#include "base/base64.h"
#include "base/scope.h"

#include <string.h>

#define LINE 64

static const char begin_text[] = "-----BEGIN ";
static const char end_text[] = "-----END ";
static const char dashes[] = "-----";

/* What is left of the text. */
struct cursor {
	const char *at;
	size_t len;
};

void nacre_pem_clear(struct nacre_pem *pem)
{
	nacre_secret_clear(&pem->content);
	pem->label[0] = '\0';
}

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static void skip_space(struct cursor *cursor)
{
	while (cursor->len > 0 && is_space(*cursor->at)) {
		cursor->at++;
		cursor->len--;
	}
}

static bool skip_text(struct cursor *cursor, const char *text)
{
	size_t len = strlen(text);

	if (cursor->len < len || memcmp(cursor->at, text, len) != 0)
		return false;
	cursor->at += len;
	cursor->len -= len;
	return true;
}

static bool is_label_char(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == ' ';
}

static int parse_label(
	struct cursor *cursor, char out_label[NACRE_PEM_LABEL], struct nacre_err *err)
{
	size_t len = 0;

	skip_space(cursor);
	if (!skip_text(cursor, begin_text))
		return nacre_fail(err, NACRE_E_FORMAT, "not a PEM file");
	while (len < cursor->len && len < NACRE_PEM_LABEL - 1 && is_label_char(cursor->at[len]))
		len++;
	memcpy(out_label, cursor->at, len);
	out_label[len] = '\0';
	cursor->at += len;
	cursor->len -= len;
	if (len == 0 || !skip_text(cursor, dashes))
		return nacre_fail(err, NACRE_E_FORMAT, "a PEM block without a name");
	return 0;
}

/* "Proc-Type: 4,ENCRYPTED" and the like, right behind the first line. */
static bool has_headers(const struct cursor *cursor)
{
	const char *end = memchr(cursor->at, '\n', cursor->len);

	return end && memchr(cursor->at, ':', (size_t)(end - cursor->at));
}

/* The base64, taken out of its lines; up to the dashes that end it. */
static int parse_body(
	struct cursor *cursor, struct nacre_secret *out_content, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_secret_clear)
	struct nacre_secret text = NACRE_SECRET;
	NACRE_CLEANUP(nacre_secret_clear)
	struct nacre_secret data = NACRE_SECRET;
	size_t text_len = 0, data_len = 0;
	int rc;

	skip_space(cursor);
	if (has_headers(cursor))
		return nacre_fail(err, NACRE_E_UNSUPPORTED, "a PEM block with headers");
	rc = nacre_secret_new(cursor->len, &text, err);
	if (rc)
		return rc;
	for (; cursor->len > 0 && *cursor->at != '-'; cursor->at++, cursor->len--) {
		if (!is_space(*cursor->at))
			text.data[text_len++] = (unsigned char)*cursor->at;
	}
	rc = nacre_secret_new(text_len / 4 * 3, &data, err);
	if (rc == 0)
		rc = nacre_base64_parse(
			(const char *)text.data, text_len, data.data, data.len, &data_len, err);
	/* Again, because a secret has its exact size. */
	if (rc == 0)
		rc = nacre_secret_new(data_len, out_content, err);
	if (rc == 0 && data_len > 0)
		memcpy(out_content->data, data.data, data_len);
	return rc;
}

int nacre_pem_parse(const char *text, size_t len, struct nacre_pem *out_pem, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_pem_clear)
	struct nacre_pem pem = { "", NACRE_SECRET };
	struct cursor cursor = { text, len };
	int rc;

	rc = parse_label(&cursor, pem.label, err);
	if (rc == 0)
		rc = parse_body(&cursor, &pem.content, err);
	if (rc)
		return rc;
	if (!skip_text(&cursor, end_text) || !skip_text(&cursor, pem.label) ||
		!skip_text(&cursor, dashes))
		return nacre_fail(err, NACRE_E_FORMAT, "'%s' does not end", pem.label);
	skip_space(&cursor);
	if (cursor.len > 0)
		return nacre_fail(err, NACRE_E_FORMAT, "something stands behind '%s'", pem.label);
	*out_pem = pem;
	memset(&pem, 0, sizeof(pem));
	return 0;
}

int nacre_pem_emit(const char *label, const void *data, size_t len, struct nacre_buf *out_text,
	struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf body = NACRE_BUF(out_text->max);
	int rc;

	rc = nacre_base64_emit(data, len, &body, err);
	if (rc == 0)
		rc = nacre_buf_printf(out_text, err, "%s%s%s\n", begin_text, label, dashes);
	for (size_t at = 0; rc == 0 && at < body.len; at += LINE)
		rc = nacre_buf_printf(out_text, err, "%.*s\n", LINE, body.data + at);
	if (rc == 0)
		rc = nacre_buf_printf(out_text, err, "%s%s%s\n", end_text, label, dashes);
	return rc;
}
