/* SPDX-License-Identifier: Apache-2.0 */
/*
 * policy.json: all of it is checked first, then the one list that an image falls under is read,
 * keys and all. So no key file is opened because of a file that is not a good one.
 */
#include "sign/policy_file.h"

#include "base/scope.h"
#include "base/text.h"
#include "formats/list.h"
#include "sign/policy_parts.h"

#include <string.h>

/* ------------------------------------------------------------------- words */

int nacre_policy_fail_word(const struct nacre_jvalue *value, struct nacre_err *err,
	const char *what, const char *got, const char *const *known)
{
	const char *nearest = nacre_nearest(got, known);

	return nacre_jvalue_fail(value, err, NACRE_E_FORMAT, "unknown %s '%.64s'%s%s%s", what, got,
		nearest ? "; did you mean '" : "", nearest ? nearest : "", nearest ? "'?" : "");
}

static bool is_known(const char *name, const char *const *known)
{
	for (; *known; known++) {
		if (strcmp(*known, name) == 0)
			return true;
	}
	return false;
}

int nacre_policy_check_members(
	const struct nacre_jvalue *object, const char *const *known, struct nacre_err *err)
{
	int rc = nacre_jvalue_want(object, NACRE_JOBJECT, err);

	if (rc)
		return rc;
	for (const struct nacre_jvalue *member = nacre_jvalue_first(object); member;
		member = nacre_jvalue_next(member)) {
		if (!is_known(nacre_jvalue_name(member), known))
			return nacre_policy_fail_word(
				object, err, "member", nacre_jvalue_name(member), known);
		if (nacre_jvalue_type(member) == NACRE_JNULL)
			return nacre_jvalue_fail(member, err, NACRE_E_FORMAT, "null");
	}
	return 0;
}

int nacre_policy_text(
	const struct nacre_jvalue *value, const char **out_text, struct nacre_err *err)
{
	int rc = nacre_jvalue_text(value, out_text, err);

	if (rc == 0 && !**out_text)
		rc = nacre_jvalue_fail(value, err, NACRE_E_FORMAT, "empty");
	return rc;
}

/* ------------------------------------------------------------ requirements */

static int read_reject(const struct nacre_policy_reading *reading,
	const struct nacre_jvalue *object, struct nacre_requirement *out, struct nacre_err *err)
{
	(void)reading;
	(void)object;
	(void)err;
	out->kind = NACRE_REQUIRE_REJECT;
	return 0;
}

static int read_anything(const struct nacre_policy_reading *reading,
	const struct nacre_jvalue *object, struct nacre_requirement *out, struct nacre_err *err)
{
	(void)reading;
	(void)object;
	(void)err;
	out->kind = NACRE_REQUIRE_ANYTHING;
	return 0;
}

static const char *const plain_members[] = { "type", NULL };
static const char *const signed_by_members[] = { "type", "keyType", "keyPath", "keyPaths",
	"keyData", "signedIdentity", NULL };
static const char *const signed_base_members[] = { "type", "baseLayerIdentity", NULL };
static const char *const sigstore_members[] = { "type", "keyPath", "keyPaths", "keyData",
	"keyDatas", "fulcio", "pki", "rekorPublicKeyPath", "rekorPublicKeyPaths",
	"rekorPublicKeyData", "rekorPublicKeyDatas", "signedIdentity", "threshold",
	"acceptIndexSignature", NULL };

static const struct type {
	const char *name;
	const char *const *members;
	int (*read)(const struct nacre_policy_reading *reading, const struct nacre_jvalue *object,
		struct nacre_requirement *out, struct nacre_err *err);
} types[] = {
	{ "insecureAcceptAnything", plain_members, read_anything },
	{ "reject", plain_members, read_reject },
	{ "signedBy", signed_by_members, nacre_policy_signed_by },
	{ "signedBaseLayer", signed_base_members, nacre_policy_signed_base },
	{ "sigstoreSigned", sigstore_members, nacre_policy_sigstore },
};

#define TYPES (sizeof(types) / sizeof(types[0]))

static int find_type(
	const struct nacre_jvalue *object, const struct type **out_type, struct nacre_err *err)
{
	const char *names[TYPES + 1] = { NULL };
	const char *name = NULL;
	int rc = nacre_jvalue_get_text(object, "type", &name, err);

	if (rc)
		return rc;
	for (size_t i = 0; i < TYPES; i++) {
		names[i] = types[i].name;
		if (strcmp(types[i].name, name) == 0) {
			*out_type = &types[i];
			return 0;
		}
	}
	return nacre_policy_fail_word(nacre_jvalue_find(object, "type"), err, "type", name, names);
}

/* @param policy  gets it; NULL: it is only looked at */
static int read_requirement(const struct nacre_policy_reading *reading,
	const struct nacre_jvalue *object, struct nacre_policy *policy, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_requirement_clear)
	struct nacre_requirement requirement = { 0 };
	const struct type *type = NULL;
	int rc = find_type(object, &type, err);

	if (rc || !type)
		return rc;
	rc = nacre_policy_check_members(object, type->members, err);
	if (rc == 0)
		rc = type->read(reading, object, &requirement, err);
	if (rc == 0 && policy)
		rc = nacre_policy_add_take(policy, &requirement, err);
	return rc;
}

static int read_list(const struct nacre_policy_reading *reading, const struct nacre_jvalue *list,
	struct nacre_policy *policy, struct nacre_err *err)
{
	int rc = nacre_jvalue_want(list, NACRE_JARRAY, err);

	if (rc)
		return rc;
	if (nacre_jvalue_count(list) == 0)
		return nacre_jvalue_fail(list, err, NACRE_E_FORMAT,
			"no requirement (say insecureAcceptAnything if that is meant)");
	if (nacre_jvalue_count(list) > NACRE_POLICY_REQUIREMENTS)
		return nacre_jvalue_fail(list, err, NACRE_E_LIMIT, "more than %d requirements",
			NACRE_POLICY_REQUIREMENTS);
	for (const struct nacre_jvalue *object = nacre_jvalue_first(list); rc == 0 && object;
		object = nacre_jvalue_next(object))
		rc = read_requirement(reading, object, policy, err);
	return rc;
}

/* ---------------------------------------------------------------- the file */

static int check_scopes(const struct nacre_jvalue *scopes, struct nacre_err *err)
{
	static const struct nacre_policy_reading look = { .dir = -1 };
	int rc = nacre_policy_check_scopes(scopes, err);

	for (const struct nacre_jvalue *list = nacre_jvalue_first(scopes); rc == 0 && list;
		list = nacre_jvalue_next(list))
		rc = read_list(&look, list, NULL, err);
	return rc;
}

static int check_file(const struct nacre_jvalue *root, struct nacre_err *err)
{
	static const struct nacre_policy_reading look = { .dir = -1 };
	static const char *const known[] = { "default", "transports", NULL };
	const struct nacre_jvalue *list = NULL, *transports = NULL;
	int rc = nacre_policy_check_members(root, known, err);

	if (rc == 0)
		rc = nacre_jvalue_get(root, "default", NACRE_JARRAY, &list, err);
	if (rc == 0)
		rc = read_list(&look, list, NULL, err);
	if (rc == 0)
		rc = nacre_jvalue_find_typed(root, "transports", NACRE_JOBJECT, &transports, err);
	if (rc || !transports)
		return rc;
	for (const struct nacre_jvalue *scopes = nacre_jvalue_first(transports); rc == 0 && scopes;
		scopes = nacre_jvalue_next(scopes))
		rc = check_scopes(scopes, err);
	return rc;
}

/* policy.json: transports.docker."example.org/shop" */
static int print_rule(const char *path, const char *transport, const struct nacre_jvalue *list,
	char **out_rule, struct nacre_err *err)
{
	const char *scope = list ? nacre_jvalue_name(list) : "";
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf text = NACRE_BUF(strlen(path) + strlen(transport) + strlen(scope) + 32);
	int rc;

	if (list)
		rc = nacre_buf_printf(
			&text, err, "%s: transports.%s.\"%s\"", path, transport, scope);
	else
		rc = nacre_buf_printf(&text, err, "%s: default", path);
	if (rc == 0)
		*out_rule = nacre_buf_steal(&text).data;
	return rc;
}

static int read_policy(const struct nacre_jvalue *root, const struct nacre_policy_reading *reading,
	const char *path, const struct nacre_policy_scope *scope, struct nacre_policy *policy,
	struct nacre_err *err)
{
	const struct nacre_jvalue *list = NULL;
	int rc;

	rc = nacre_policy_find_scope(nacre_jvalue_find(root, "transports"), scope, &list, err);
	if (rc == 0)
		rc = print_rule(path, scope->transport, list, &policy->rule, err);
	if (rc == 0)
		rc = read_list(
			reading, list ? list : nacre_jvalue_find(root, "default"), policy, err);
	return rc ? rc : nacre_policy_check(policy, err);
}

static int parse_json(
	const void *data, size_t len, struct nacre_json **out_json, struct nacre_err *err)
{
	if (len > NACRE_POLICY_BYTES)
		return nacre_fail(
			err, NACRE_E_LIMIT, "a policy of more than %d bytes", NACRE_POLICY_BYTES);
	return nacre_json_parse(data, len, NULL, out_json, err);
}

int nacre_policy_parse(const void *data, size_t len, int dir, const char *path,
	const struct nacre_policy_scope *scope, const char *image, struct nacre_policy **out_policy,
	struct nacre_err *err)
{
	const struct nacre_policy_reading reading = { .dir = dir, .load = true };
	NACRE_CLEANUP(nacre_json_freep)
	struct nacre_json *json = NULL;
	NACRE_CLEANUP(nacre_policy_freep)
	struct nacre_policy *policy = calloc(1, sizeof(*policy));
	int rc;

	if (!policy)
		return nacre_fail_nomem(err);
	rc = parse_json(data, len, &json, err);
	if (rc == 0)
		rc = check_file(nacre_json_root(json), err);
	if (rc == 0)
		rc = read_policy(nacre_json_root(json), &reading, path, scope, policy, err);
	if (rc)
		return nacre_within(err, rc, "%.300s", path);
	rc = nacre_text_set(&policy->image, image, err);
	if (rc == 0)
		*out_policy = nacre_steal(&policy);
	return rc;
}
