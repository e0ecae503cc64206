/* SPDX-License-Identifier: Apache-2.0 */
/* Base64 by libsodium, whose time does not depend on the bytes: keys pass through here. */
#include "base/base64.h"

#include <sodium.h>

#define VARIANT sodium_base64_VARIANT_ORIGINAL

int nacre_base64_emit(
	const void *data, size_t len, struct nacre_buf *out_text, struct nacre_err *err)
{
	size_t text_len;
	int rc;

	if (len > SIZE_MAX / 2)
		return nacre_fail_nomem(err);
	text_len = sodium_base64_ENCODED_LEN(len, VARIANT) - 1;
	rc = nacre_buf_reserve(out_text, text_len, err);
	if (rc)
		return rc;
	(void)sodium_bin2base64(out_text->data + out_text->len, text_len + 1, data, len, VARIANT);
	out_text->len += text_len;
	return 0;
}

int nacre_base64_parse(const char *text, size_t text_len, void *out_data, size_t room,
	size_t *out_len, struct nacre_err *err)
{
	const char *end = NULL;
	size_t len = 0, pads = 0;

	if (text_len % 4 != 0)
		return nacre_fail(err, NACRE_E_FORMAT, "not base64");
	while (pads < 2 && pads < text_len && text[text_len - 1 - pads] == '=')
		pads++;
	if (text_len / 4 * 3 - pads > room)
		return nacre_fail(err, NACRE_E_LIMIT, "more than %zu bytes", room);
	if (sodium_base642bin(out_data, room, text, text_len, NULL, &len, &end, VARIANT) ||
		end != text + text_len)
		return nacre_fail(err, NACRE_E_FORMAT, "not base64");
	*out_len = len;
	return 0;
}
