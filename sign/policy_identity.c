/* SPDX-License-Identifier: Apache-2.0 */
/* "signedIdentity" of a policy file. What the kinds mean is in identity.c. */
#include "sign/policy_parts.h"

#include "base/scope.h"
#include "formats/list.h"
#include "formats/name.h"

#include <string.h>

/* A member that must be there, copied. */
static int copy_text(const struct nacre_jvalue *object, const char *name, char **out_text,
	const struct nacre_jvalue **out_value, struct nacre_err *err)
{
	const char *text = NULL;
	int rc = nacre_jvalue_get(object, name, NACRE_JTEXT, out_value, err);

	if (rc == 0)
		rc = nacre_policy_text(*out_value, &text, err);
	return rc ? rc : nacre_text_set(out_text, text, err);
}

static int parse_plain(const struct nacre_jvalue *object, struct nacre_identity *out_identity,
	struct nacre_err *err)
{
	(void)object;
	(void)out_identity;
	(void)err;
	return 0;
}

static int parse_reference(const struct nacre_jvalue *object, struct nacre_identity *out_identity,
	struct nacre_err *err)
{
	const struct nacre_jvalue *value = NULL;
	struct nacre_name name;
	int rc = copy_text(object, "dockerReference", &out_identity->reference, &value, err);

	if (rc)
		return rc;
	rc = nacre_name_parse(out_identity->reference, &name, err);
	if (rc)
		return nacre_jvalue_within(value, err, rc);
	if (!name.tag[0] && !name.digest.text[0])
		return nacre_jvalue_fail(value, err, NACRE_E_FORMAT,
			"'%.300s' has no tag and no digest", out_identity->reference);
	return 0;
}

static int parse_repository(const struct nacre_jvalue *object, struct nacre_identity *out_identity,
	struct nacre_err *err)
{
	const struct nacre_jvalue *value = NULL;
	struct nacre_name name;
	int rc = copy_text(object, "dockerRepository", &out_identity->reference, &value, err);

	if (rc)
		return rc;
	rc = nacre_name_parse(out_identity->reference, &name, err);
	return rc ? nacre_jvalue_within(value, err, rc) : 0;
}

static int parse_prefix(const struct nacre_jvalue *object, const char *name, char **out_prefix,
	struct nacre_err *err)
{
	const struct nacre_jvalue *value = NULL;
	int rc = copy_text(object, name, out_prefix, &value, err);

	if (rc || nacre_name_is_prefix(*out_prefix))
		return rc;
	return nacre_jvalue_fail(value, err, NACRE_E_FORMAT,
		"'%.300s' is not HOST or HOST/REPO, in full as docker.io/library/debian",
		*out_prefix);
}

static int parse_remap(const struct nacre_jvalue *object, struct nacre_identity *out_identity,
	struct nacre_err *err)
{
	int rc = parse_prefix(object, "prefix", &out_identity->prefix, err);

	return rc ? rc : parse_prefix(object, "signedPrefix", &out_identity->signed_prefix, err);
}

/* "type" first, then what it has. */
static const struct kind {
	const char *name;
	enum nacre_identity_kind kind;
	const char *members[4];
	int (*parse)(const struct nacre_jvalue *object, struct nacre_identity *out_identity,
		struct nacre_err *err);
} kinds[] = {
	{ "matchRepoDigestOrExact", NACRE_IDENTITY_REPO_DIGEST_OR_EXACT, { "type" }, parse_plain },
	{ "matchExact", NACRE_IDENTITY_EXACT, { "type" }, parse_plain },
	{ "matchRepository", NACRE_IDENTITY_REPOSITORY, { "type" }, parse_plain },
	{ "exactReference", NACRE_IDENTITY_EXACT_REFERENCE, { "type", "dockerReference" },
		parse_reference },
	{ "exactRepository", NACRE_IDENTITY_EXACT_REPOSITORY, { "type", "dockerRepository" },
		parse_repository },
	{ "remapIdentity", NACRE_IDENTITY_REMAP, { "type", "prefix", "signedPrefix" },
		parse_remap },
};

#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

static int find_kind(
	const struct nacre_jvalue *object, const struct kind **out_kind, struct nacre_err *err)
{
	const char *names[KINDS + 1] = { NULL };
	const char *type = NULL;
	int rc = nacre_jvalue_get_text(object, "type", &type, err);

	if (rc)
		return rc;
	for (size_t i = 0; i < KINDS; i++) {
		names[i] = kinds[i].name;
		if (strcmp(kinds[i].name, type) == 0) {
			*out_kind = &kinds[i];
			return 0;
		}
	}
	return nacre_policy_fail_word(nacre_jvalue_find(object, "type"), err, "type", type, names);
}

int nacre_policy_identity(const struct nacre_jvalue *object, struct nacre_identity *out_identity,
	struct nacre_err *err)
{
	const struct kind *kind = NULL;
	int rc = find_kind(object, &kind, err);

	if (rc == 0)
		rc = nacre_policy_check_members(object, kind->members, err);
	if (rc)
		return rc;
	out_identity->kind = kind->kind;
	return kind->parse(object, out_identity, err);
}
