/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names in full. The grammar is that of docker:// in reference.c; here is what may be left out of a
 * name, and that a tag may be missing.
 */
#include "formats/name.h"

#include "base/digest.h"
#include "base/err.h"

#include <stdio.h>
#include <string.h>

#define DEFAULT_HOST "docker.io"
#define OLD_DEFAULT_HOST "index.docker.io"

/* So that a name in full fits with what is put in front of it. */
#define REF_TEXT (NACRE_NAME_BYTES + 64)

static bool is_text(const char *text, size_t len, const char *want)
{
	return len == strlen(want) && memcmp(text, want, len) == 0;
}

/* How much of a name is its host; 0 when it has none. */
static size_t host_len(const char *text)
{
	size_t len = strcspn(text, "/");

	if (text[len] == '\0')
		return 0;
	if (strcspn(text, ".:") < len || is_text(text, len, "localhost"))
		return len;
	return 0;
}

/* "docker://HOST/REPO…" of what may be short. */
static void print_ref(const char *text, char out_ref[REF_TEXT])
{
	size_t len = host_len(text);
	bool hub = len == 0 || is_text(text, len, DEFAULT_HOST) ||
		is_text(text, len, OLD_DEFAULT_HOST);
	const char *rest = len > 0 ? text + len + 1 : text;

	if (hub)
		(void)snprintf(out_ref, REF_TEXT, "docker://%s/%s%s", DEFAULT_HOST,
			strchr(rest, '/') ? "" : "library/", rest);
	else
		(void)snprintf(out_ref, REF_TEXT, "docker://%s", text);
}

/* The parser of references puts a tag where there is none. */
static bool has_tag(const char *ref)
{
	const char *leaf = strrchr(ref, '/');

	return leaf && memchr(leaf, ':', strcspn(leaf, "@")) != NULL;
}

/* Image IDs look like this, and the other tools take none for a name. */
static bool is_hex_id(const char *text)
{
	return strlen(text) == 64 && strspn(text, "0123456789abcdef") == 64;
}

int nacre_name_parse(const char *text, struct nacre_name *out_name, struct nacre_err *err)
{
	char full[REF_TEXT];
	struct nacre_ref ref;
	struct nacre_name name = { .tag = "" };

	if (strlen(text) > NACRE_NAME_BYTES || is_hex_id(text))
		return nacre_fail(err, NACRE_E_FORMAT, "'%.300s' is no name of an image", text);
	print_ref(text, full);
	if (nacre_ref_parse(full, strlen(full), &ref, NULL))
		return nacre_fail(err, NACRE_E_FORMAT, "'%.300s' is no name of an image", text);
	(void)snprintf(name.repository, sizeof(name.repository), "%.255s", ref.path);
	if (has_tag(full))
		(void)snprintf(name.tag, sizeof(name.tag), "%.128s", ref.tag);
	name.digest = ref.digest;
	*out_name = name;
	return 0;
}

void nacre_name_print(const struct nacre_name *name, char out_text[NACRE_NAME_BYTES + 1])
{
	(void)snprintf(out_text, NACRE_NAME_BYTES + 1, "%s%s%s%s%s", name->repository,
		name->tag[0] ? ":" : "", name->tag, name->digest.text[0] ? "@" : "",
		name->digest.text);
}

bool nacre_name_equal(const struct nacre_name *a, const struct nacre_name *b)
{
	return strcmp(a->repository, b->repository) == 0 && strcmp(a->tag, b->tag) == 0 &&
		strcmp(a->digest.text, b->digest.text) == 0;
}

bool nacre_name_is_prefix(const char *text)
{
	char full[REF_TEXT];
	struct nacre_ref ref;
	int len = snprintf(
		full, sizeof(full), "docker://%s%s", text, strchr(text, '/') ? "" : "/any");

	return len > 0 && (size_t)len < sizeof(full) &&
		nacre_ref_parse(full, (size_t)len, &ref, NULL) == 0 && !has_tag(full) &&
		nacre_digest_is_empty(&ref.digest);
}
