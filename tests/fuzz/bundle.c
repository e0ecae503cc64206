/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bundles and the statements in them. What is accepted must come back the same from being written
 * and read once more, and what is signed must tell its type from its payload.
 */
#include "sign/bundle.h"
#include "base/scope.h"
#include "sign/statement.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool same_text(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

static bool same_bytes(const struct nacre_buf *a, const struct nacre_buf *b)
{
	return a->len == b->len && memcmp(a->data, b->data, a->len) == 0;
}

static bool same_pairs(const struct nacre_pairs *a, const struct nacre_pairs *b)
{
	if (a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++) {
		if (strcmp(a->items[i].name, b->items[i].name) != 0 ||
			strcmp(a->items[i].value, b->items[i].value) != 0)
			return false;
	}
	return true;
}

static void try_statement(const void *data, size_t size)
{
	NACRE_CLEANUP(nacre_payload_clear)
	struct nacre_payload first = { 0 };
	NACRE_CLEANUP(nacre_payload_clear)
	struct nacre_payload again = { 0 };
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf json = NACRE_BUF(0);

	if (nacre_statement_parse(data, size, &first, NULL))
		return;
	if (strncmp(first.digest.text, "sha256:", 7) != 0 || strlen(first.digest.text) != 71 ||
		(first.identity && !*first.identity))
		abort();
	if (nacre_statement_emit(&first, &json, NULL) ||
		nacre_statement_parse(json.data, json.len, &again, NULL) ||
		!same_text(first.identity, again.identity) ||
		strcmp(first.digest.text, again.digest.text) != 0 ||
		!same_pairs(&first.annotations, &again.annotations))
		abort();
}

/* Both parts by their lengths, to the last byte. */
static void check_message(const struct nacre_bundle *bundle)
{
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf bytes = NACRE_BUF(0);
	size_t type_len = strlen(bundle->payload_type), len = bundle->payload.len;
	char head[64], middle[64];
	const char *at;

	if (nacre_dsse_bytes(bundle->payload_type, &bundle->payload, &bytes, NULL))
		abort();
	(void)snprintf(head, sizeof(head), "DSSEv1 %zu ", type_len);
	(void)snprintf(middle, sizeof(middle), " %zu ", len);
	if (bytes.len != strlen(head) + type_len + strlen(middle) + len)
		abort();
	at = bytes.data;
	if (memcmp(at, head, strlen(head)) != 0)
		abort();
	at += strlen(head);
	if (memcmp(at, bundle->payload_type, type_len) != 0)
		abort();
	at += type_len;
	if (memcmp(at, middle, strlen(middle)) != 0)
		abort();
	if (memcmp(at + strlen(middle), bundle->payload.data, len) != 0)
		abort();
}

static void try_bundle(const void *data, size_t size)
{
	NACRE_CLEANUP(nacre_bundle_clear)
	struct nacre_bundle first = { 0 };
	NACRE_CLEANUP(nacre_bundle_clear)
	struct nacre_bundle again = { 0 };
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf json = NACRE_BUF(0);

	if (nacre_bundle_parse(data, size, &first, NULL))
		return;
	if (first.payload.len == 0 || first.signature.len == 0 || (first.hint && !*first.hint))
		abort();
	check_message(&first);
	try_statement(first.payload.data, first.payload.len);
	/* Who writes one knows the key. */
	if (!first.hint && nacre_text_set(&first.hint, "hint", NULL))
		return;
	if (nacre_bundle_emit(&first, &json, NULL) ||
		nacre_bundle_parse(json.data, json.len, &again, NULL) ||
		!same_text(first.payload_type, again.payload_type) ||
		!same_text(first.hint, again.hint) || !same_bytes(&first.payload, &again.payload) ||
		!same_bytes(&first.signature, &again.signature))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	try_bundle(data, size);
	try_statement(data, size);
	return 0;
}
