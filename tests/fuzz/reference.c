/* SPDX-License-Identifier: Apache-2.0 */
/* Accepted text must come back the same from a print and a second parse. */
#include <nacre/formats.h>

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char text[NACRE_REF_TEXT];
	struct nacre_ref ref, again;

	if (nacre_ref_parse((const char *)data, size, &ref, NULL))
		return 0;
	nacre_ref_print(&ref, text);
	if (nacre_ref_parse(text, strlen(text), &again, NULL) || !nacre_ref_equal(&ref, &again))
		abort();
	return 0;
}
