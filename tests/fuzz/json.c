/* SPDX-License-Identifier: Apache-2.0 */
/* What is emitted of an accepted document is accepted, and is emitted again as the same bytes. */
#include "formats/json.h"

#include "base/scope.h"

#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void emit(const struct nacre_json *json, struct nacre_buf *out_buf)
{
	NACRE_CLEANUP(nacre_jemit_clear)
	struct nacre_jemit out = NACRE_JEMIT((size_t)64 << 20);

	nacre_jemit_value(&out, NULL, nacre_json_root(json));
	if (nacre_jemit_finish(&out, out_buf, NULL))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	NACRE_CLEANUP(nacre_json_freep)
	struct nacre_json *json = NULL, *again = NULL;
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf first = NACRE_BUF(0), second = NACRE_BUF(0);

	if (nacre_json_parse(data, size, NULL, &json, NULL))
		return 0;
	emit(json, &first);
	if (nacre_json_parse(first.data, first.len, NULL, &again, NULL))
		abort();
	emit(again, &second);
	if (first.len != second.len || memcmp(first.data, second.data, first.len) != 0)
		abort();
	return 0;
}
