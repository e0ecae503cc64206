/* SPDX-License-Identifier: Apache-2.0 */
/* Platforms: as text, in descriptors, and which one will do for which. */
#include "formats/descriptor.h"

#include <stdio.h>
#include <string.h>

static bool is_name(const char *text, size_t len)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";

	return len > 0 && len < NACRE_PLATFORM_NAME && strspn(text, plain) >= len;
}

int nacre_platform_parse(
	const char *text, struct nacre_platform *out_platform, struct nacre_err *err)
{
	struct nacre_platform platform = { 0 };
	char *const fields[] = { platform.os, platform.architecture, platform.variant };
	const char *at = text;
	size_t count = 0;

	for (;;) {
		size_t len = strcspn(at, "/");

		if (count == 3 || !is_name(at, len))
			break;
		memcpy(fields[count++], at, len);
		at += len;
		if (*at == '\0')
			break;
		at++;
	}
	if (count < 2 || *at != '\0' || at[-1] == '/')
		return nacre_fail(err, NACRE_E_FORMAT,
			"'%.128s' is not a platform like linux/amd64 or linux/arm/v7", text);
	*out_platform = platform;
	return 0;
}

void nacre_platform_print(const struct nacre_platform *platform, char out_text[NACRE_PLATFORM_TEXT])
{
	bool said = platform->os[0] || platform->architecture[0];

	(void)snprintf(out_text, NACRE_PLATFORM_TEXT, "%s%s%s%s%s", platform->os, said ? "/" : "",
		platform->architecture, platform->variant[0] ? "/" : "", platform->variant);
}

static int read_name(const struct nacre_jvalue *object, const char *name,
	char out_text[NACRE_PLATFORM_NAME], struct nacre_err *err)
{
	const char *text = NULL;
	int rc = nacre_jvalue_find_text(object, name, &text, err);

	if (rc)
		return rc;
	if (text && strlen(text) >= NACRE_PLATFORM_NAME)
		return nacre_jvalue_fail(nacre_jvalue_find(object, name), err, NACRE_E_LIMIT,
			"more than %d bytes", NACRE_PLATFORM_NAME - 1);
	(void)stpcpy(out_text, text ? text : "");
	return 0;
}

int nacre_platform_parse_json(const struct nacre_jvalue *object,
	struct nacre_platform *out_platform, struct nacre_err *err)
{
	static const char *const names[] = { "os", "architecture", "variant", "os.version",
		"os.features", NULL };
	struct nacre_platform platform = { 0 };
	int rc = object ? nacre_jvalue_check_names(object, names, err) : 0;

	if (rc == 0 && object)
		rc = read_name(object, "os", platform.os, err);
	if (rc == 0 && object)
		rc = read_name(object, "architecture", platform.architecture, err);
	if (rc == 0 && object)
		rc = read_name(object, "variant", platform.variant, err);
	if (rc == 0)
		*out_platform = platform;
	return rc;
}

void nacre_platform_emit(
	const struct nacre_platform *platform, struct nacre_jemit *out, const char *name)
{
	if (!platform->os[0] && !platform->architecture[0])
		return;
	nacre_jemit_object(out, name);
	nacre_jemit_text(out, "architecture", platform->architecture);
	nacre_jemit_text(out, "os", platform->os);
	nacre_jemit_text_if(out, "variant", platform->variant);
	nacre_jemit_end(out);
}

/* "arm64" and "arm64/v8" are one thing, and so are "arm" and "arm/v7": some write it, some do not.
 */
static const char *variant_of(const struct nacre_platform *platform)
{
	if (platform->variant[0])
		return platform->variant;
	if (strcmp(platform->architecture, "arm64") == 0)
		return "v8";
	return strcmp(platform->architecture, "arm") == 0 ? "v7" : "";
}

bool nacre_platform_match(const struct nacre_platform *have, const struct nacre_platform *want)
{
	if (strcmp(have->os, want->os) != 0 || strcmp(have->architecture, want->architecture) != 0)
		return false;
	return want->variant[0] == '\0' || strcmp(variant_of(have), want->variant) == 0;
}
