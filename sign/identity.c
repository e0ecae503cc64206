/* SPDX-License-Identifier: Apache-2.0 */
/* Names of images against names in signatures. */
#include "sign/identity.h"

#include <stdlib.h>
#include <string.h>

void nacre_identity_clear(struct nacre_identity *identity)
{
	free(identity->reference);
	free(identity->prefix);
	free(identity->signed_prefix);
	memset(identity, 0, sizeof(*identity));
}

const char *nacre_identity_name(const struct nacre_identity *identity)
{
	static const char *const names[] = {
		[NACRE_IDENTITY_ANY] = "any name",
		[NACRE_IDENTITY_REPO_DIGEST_OR_EXACT] = "matchRepoDigestOrExact",
		[NACRE_IDENTITY_EXACT] = "matchExact",
		[NACRE_IDENTITY_REPOSITORY] = "matchRepository",
		[NACRE_IDENTITY_EXACT_REFERENCE] = "exactReference",
		[NACRE_IDENTITY_EXACT_REPOSITORY] = "exactRepository",
		[NACRE_IDENTITY_REMAP] = "remapIdentity",
	};

	return identity->kind == NACRE_IDENTITY_NAMED ? identity->reference : names[identity->kind];
}

/* How much of HOST:PORT/REPO:TAG@DIGEST is HOST:PORT/REPO. */
static size_t repository_len(const char *identity)
{
	size_t len = strcspn(identity, "@");

	for (size_t i = len; i > 0 && identity[i - 1] != '/'; i--) {
		if (identity[i - 1] == ':')
			return i - 1;
	}
	return len;
}

/* The same name; or the same repository, when that is all that was asked for. */
static bool match_named(const char *wanted, const char *name)
{
	size_t len = repository_len(wanted);

	if (strcmp(wanted, name) == 0)
		return true;
	return wanted[len] == '\0' && repository_len(name) == len && memcmp(name, wanted, len) == 0;
}

bool nacre_identity_match(
	const struct nacre_identity *identity, const char *image, const char *name)
{
	(void)image;
	switch (identity->kind) {
	case NACRE_IDENTITY_ANY:
		return true;
	case NACRE_IDENTITY_NAMED:
		return match_named(identity->reference, name);
	default:
		return false;
	}
}
