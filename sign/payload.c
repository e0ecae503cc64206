/* SPDX-License-Identifier: Apache-2.0 */
/*
 * {"critical":{"identity":{"docker-reference":…},"image":{"docker-manifest-digest":…},"type":…},
 *  "optional":{"creator":"nacre"}}
 *
 * Reading and writing only. Whether the signature is good was asked before, whether digest and name
 * are the right ones is asked afterwards, in verify.c.
 */
#include "sign/payload.h"

#include "base/scope.h"
#include "formats/json.h"

#include <string.h>

#define TYPE "cosign container image signature"
#define CREATOR "nacre"
#define TIMESTAMP "timestamp"

void nacre_payload_clear(struct nacre_payload *payload)
{
	free(payload->identity);
	nacre_pairs_clear(&payload->annotations);
	memset(payload, 0, sizeof(*payload));
}

int nacre_payload_annotate(
	struct nacre_payload *payload, const char *name, const char *value, struct nacre_err *err)
{
	if (!*name)
		return nacre_fail(err, NACRE_E_ARG, "an annotation without a name");
	if (strcmp(name, TIMESTAMP) == 0)
		return nacre_fail(
			err, NACRE_E_ARG, "annotation 'timestamp': others read a number there");
	return nacre_pairs_set(&payload->annotations, name, value, err);
}

/* That an object has these members, and no other. The names end with a NULL. */
static int check_members(
	const struct nacre_jvalue *object, const char *const *names, struct nacre_err *err)
{
	const struct nacre_jvalue *member;

	for (size_t i = 0; names[i]; i++) {
		if (!nacre_jvalue_find(object, names[i]))
			return nacre_jvalue_fail(
				object, err, NACRE_E_FORMAT, "%s is missing", names[i]);
	}
	for (member = nacre_jvalue_first(object); member; member = nacre_jvalue_next(member)) {
		size_t i = 0;

		while (names[i] && strcmp(names[i], nacre_jvalue_name(member)) != 0)
			i++;
		if (!names[i])
			return nacre_jvalue_fail(
				member, err, NACRE_E_FORMAT, "not a member of a signature");
	}
	return 0;
}

static int get_exact(const struct nacre_jvalue *object, const char *name, const char *const *names,
	const struct nacre_jvalue **out_object, struct nacre_err *err)
{
	int rc = nacre_jvalue_get(object, name, NACRE_JOBJECT, out_object, err);

	return rc ? rc : check_members(*out_object, names, err);
}

static int parse_type(const struct nacre_jvalue *critical, struct nacre_err *err)
{
	const char *text = NULL;
	int rc = nacre_jvalue_get_text(critical, "type", &text, err);

	if (rc == 0 && strcmp(text, TYPE) != 0)
		rc = nacre_jvalue_fail(critical, err, NACRE_E_UNSUPPORTED, "type '%.64s'", text);
	return rc;
}

static int parse_digest(
	const struct nacre_jvalue *critical, struct nacre_digest *out_digest, struct nacre_err *err)
{
	static const char *const names[] = { "docker-manifest-digest", NULL };
	const struct nacre_jvalue *image = NULL;
	const char *text = NULL;
	int rc;

	rc = get_exact(critical, "image", names, &image, err);
	if (rc == 0)
		rc = nacre_jvalue_get_text(image, names[0], &text, err);
	if (rc)
		return rc;
	rc = nacre_digest_parse(text, out_digest, err);
	return rc ? nacre_within(err, rc, "%s", names[0]) : 0;
}

static int parse_identity(
	const struct nacre_jvalue *critical, char **out_identity, struct nacre_err *err)
{
	static const char *const names[] = { "docker-reference", NULL };
	const struct nacre_jvalue *identity = NULL;
	const char *text = NULL;
	int rc;

	rc = get_exact(critical, "identity", names, &identity, err);
	if (rc == 0)
		rc = nacre_jvalue_get_text(identity, names[0], &text, err);
	if (rc)
		return rc;
	*out_identity = strdup(text);
	return *out_identity ? 0 : nacre_fail_nomem(err);
}

/* Anything may stand there. What is a text is an annotation; of the rest only the time has a type.
 */
static int parse_optional(
	const struct nacre_jvalue *root, struct nacre_pairs *out_pairs, struct nacre_err *err)
{
	const struct nacre_jvalue *optional = nacre_jvalue_find(root, "optional");
	const struct nacre_jvalue *at;
	int rc;

	if (nacre_jvalue_type(optional) == NACRE_JNULL)
		return 0;
	rc = nacre_jvalue_want(optional, NACRE_JOBJECT, err);
	if (rc)
		return rc;
	for (at = nacre_jvalue_first(optional); rc == 0 && at; at = nacre_jvalue_next(at)) {
		const char *text = NULL;

		if (strcmp(nacre_jvalue_name(at), TIMESTAMP) == 0)
			rc = nacre_jvalue_want(at, NACRE_JINTEGER, err);
		else if (nacre_jvalue_type(at) == NACRE_JTEXT)
			rc = nacre_jvalue_text(at, &text, err);
		if (rc == 0 && text)
			rc = nacre_pairs_set(out_pairs, nacre_jvalue_name(at), text, err);
	}
	return rc;
}

int nacre_payload_parse(
	const void *data, size_t len, struct nacre_payload *out_payload, struct nacre_err *err)
{
	static const char *const top_names[] = { "critical", "optional", NULL };
	static const char *const critical_names[] = { "identity", "image", "type", NULL };
	NACRE_CLEANUP(nacre_json_freep)
	struct nacre_json *json = NULL;
	NACRE_CLEANUP(nacre_payload_clear)
	struct nacre_payload payload = { 0 };
	const struct nacre_jvalue *root, *critical = NULL;
	int rc;

	rc = nacre_json_parse(data, len, NULL, &json, err);
	if (rc)
		return rc;
	root = nacre_json_root(json);
	rc = nacre_jvalue_want(root, NACRE_JOBJECT, err);
	if (rc == 0)
		rc = check_members(root, top_names, err);
	if (rc == 0)
		rc = get_exact(root, "critical", critical_names, &critical, err);
	if (rc == 0)
		rc = parse_optional(root, &payload.annotations, err);
	if (rc == 0)
		rc = parse_type(critical, err);
	if (rc == 0)
		rc = parse_digest(critical, &payload.digest, err);
	if (rc == 0)
		rc = parse_identity(critical, &payload.identity, err);
	if (rc)
		return rc;
	*out_payload = payload;
	memset(&payload, 0, sizeof(payload));
	return 0;
}

int nacre_payload_emit(
	const struct nacre_payload *payload, struct nacre_buf *out_json, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_jemit_clear)
	struct nacre_jemit out = NACRE_JEMIT(NACRE_PAYLOAD_BYTES);

	nacre_jemit_object(&out, NULL);
	nacre_jemit_object(&out, "critical");
	nacre_jemit_object(&out, "identity");
	nacre_jemit_text(&out, "docker-reference", payload->identity);
	nacre_jemit_end(&out);
	nacre_jemit_object(&out, "image");
	nacre_jemit_text(&out, "docker-manifest-digest", payload->digest.text);
	nacre_jemit_end(&out);
	nacre_jemit_text(&out, "type", TYPE);
	nacre_jemit_end(&out);
	nacre_jemit_object(&out, "optional");
	if (!nacre_pairs_find(&payload->annotations, "creator"))
		nacre_jemit_text(&out, "creator", CREATOR);
	for (size_t i = 0; i < payload->annotations.count; i++)
		nacre_jemit_text(&out, payload->annotations.items[i].name,
			payload->annotations.items[i].value);
	nacre_jemit_end(&out);
	nacre_jemit_end(&out);
	return nacre_jemit_finish(&out, out_json, err);
}
