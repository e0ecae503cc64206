/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names of images against names in signatures. What is not a name matches nothing; that an image
 * has the digest in its name is for whoever finds it.
 */
#include "sign/identity.h"

#include "formats/name.h"

#include <stdio.h>
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

/* Whether both are names. An image that has none is NULL. */
static bool parse_both(const char *wanted_text, const char *got_text, struct nacre_name *out_wanted,
	struct nacre_name *out_got)
{
	return wanted_text && nacre_name_parse(wanted_text, out_wanted, NULL) == 0 &&
		nacre_name_parse(got_text, out_got, NULL) == 0;
}

/* Whether it says which image of a repository. */
static bool is_specific(const struct nacre_name *name)
{
	return name->tag[0] || name->digest.text[0];
}

static bool same_repository(const struct nacre_name *a, const struct nacre_name *b)
{
	return strcmp(a->repository, b->repository) == 0;
}

/* With a digest in the name that was asked for, the tag in the signature may be any. */
static bool fits(const struct nacre_name *wanted, const struct nacre_name *got)
{
	if (!is_specific(wanted) || !is_specific(got))
		return false;
	return wanted->tag[0] ? nacre_name_equal(wanted, got) : same_repository(wanted, got);
}

static bool match_any(const struct nacre_identity *identity, const char *image, const char *name)
{
	(void)identity;
	(void)image;
	(void)name;
	return true;
}

/* The same name; or the same repository, when that is all that was asked for. */
static bool match_named(const struct nacre_identity *identity, const char *image, const char *name)
{
	const char *wanted = identity->reference;
	size_t len = repository_len(wanted);

	(void)image;
	if (strcmp(wanted, name) == 0)
		return true;
	return wanted[len] == '\0' && repository_len(name) == len && memcmp(name, wanted, len) == 0;
}

static bool match_repo_digest_or_exact(
	const struct nacre_identity *identity, const char *image, const char *name)
{
	struct nacre_name wanted, got;

	(void)identity;
	return parse_both(image, name, &wanted, &got) && fits(&wanted, &got);
}

static bool match_exact(const struct nacre_identity *identity, const char *image, const char *name)
{
	struct nacre_name wanted, got;

	(void)identity;
	return parse_both(image, name, &wanted, &got) && is_specific(&wanted) &&
		nacre_name_equal(&wanted, &got);
}

static bool match_repository(
	const struct nacre_identity *identity, const char *image, const char *name)
{
	struct nacre_name wanted, got;

	(void)identity;
	return parse_both(image, name, &wanted, &got) && same_repository(&wanted, &got);
}

static bool match_exact_reference(
	const struct nacre_identity *identity, const char *image, const char *name)
{
	(void)image;
	return match_exact(identity, identity->reference, name);
}

static bool match_exact_repository(
	const struct nacre_identity *identity, const char *image, const char *name)
{
	(void)image;
	return match_repository(identity, identity->reference, name);
}

/* Puts `signed_prefix` in the place of `prefix`, if the name begins with that: up to a slash. */
static bool remap(const struct nacre_identity *identity, struct nacre_name *name)
{
	size_t len = strlen(identity->prefix);
	char text[sizeof(name->repository)];
	struct nacre_name other;
	int put;

	if (strncmp(name->repository, identity->prefix, len) != 0 ||
		!strchr("/", name->repository[len]))
		return true;
	put = snprintf(text, sizeof(text), "%s%s", identity->signed_prefix, name->repository + len);
	if (put < 0 || (size_t)put >= sizeof(text) || nacre_name_parse(text, &other, NULL))
		return false;
	/* What comes of it has to be in full: docker.io/busybox is in no repository. */
	if (strcmp(other.repository, text) != 0)
		return false;
	memcpy(name->repository, text, sizeof(text));
	return true;
}

static bool match_remap(const struct nacre_identity *identity, const char *image, const char *name)
{
	struct nacre_name wanted, got;

	return parse_both(image, name, &wanted, &got) && remap(identity, &wanted) &&
		fits(&wanted, &got);
}

bool nacre_identity_match(
	const struct nacre_identity *identity, const char *image, const char *name)
{
	static bool (*const matches[])(
		const struct nacre_identity *identity, const char *image, const char *name) = {
		[NACRE_IDENTITY_ANY] = match_any,
		[NACRE_IDENTITY_NAMED] = match_named,
		[NACRE_IDENTITY_REPO_DIGEST_OR_EXACT] = match_repo_digest_or_exact,
		[NACRE_IDENTITY_EXACT] = match_exact,
		[NACRE_IDENTITY_REPOSITORY] = match_repository,
		[NACRE_IDENTITY_EXACT_REFERENCE] = match_exact_reference,
		[NACRE_IDENTITY_EXACT_REPOSITORY] = match_exact_repository,
		[NACRE_IDENTITY_REMAP] = match_remap,
	};

	return matches[identity->kind](identity, image, name);
}
