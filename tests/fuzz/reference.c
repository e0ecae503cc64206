/* SPDX-License-Identifier: Apache-2.0 */
/* Accepted text must come back the same from a print and a second parse. */
#include "formats/name.h"

#include <nacre/formats.h>

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A name in full is the same name, and nothing that is added to it makes it another repository. */
static void try_name(const char *given)
{
	char text[NACRE_NAME_BYTES + 1], again_text[NACRE_NAME_BYTES + 1];
	struct nacre_name name, again;

	if (nacre_name_parse(given, &name, NULL))
		return;
	nacre_name_print(&name, text);
	if (nacre_name_parse(text, &again, NULL) || !nacre_name_equal(&name, &again) ||
		!nacre_name_is_prefix(name.repository))
		abort();
	nacre_name_print(&again, again_text);
	if (strcmp(text, again_text) != 0 || strlen(text) + strlen("index.") < strlen(given))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char text[NACRE_REF_TEXT];
	struct nacre_ref ref, again;

	if (size < sizeof(text) && !memchr(data, 0, size)) {
		memcpy(text, data, size);
		text[size] = '\0';
		try_name(text);
	}
	if (nacre_ref_parse((const char *)data, size, &ref, NULL))
		return 0;
	nacre_ref_print(&ref, text);
	if (nacre_ref_parse(text, strlen(text), &again, NULL) || !nacre_ref_equal(&ref, &again))
		abort();
	return 0;
}
