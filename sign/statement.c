/* SPDX-License-Identifier: Apache-2.0 */
/*
 * {"_type":…,"subject":[{"name":…,"digest":{"sha256":…},"annotations":{…}}],
 *  "predicateType":…,"predicate":{}}
 *
 * Reading and writing only, as payload.c does for simple signing.
 */
#include "sign/statement.h"

#include "base/digest.h"
#include "base/scope.h"
#include "formats/json.h"

#include <stdio.h>
#include <string.h>

#define TYPE "https://in-toto.io/Statement/v1"

/* A text that must be this one; "which" is for people. */
static int want_text(const struct nacre_jvalue *root, const char *name, const char *want,
	const char *which, struct nacre_err *err)
{
	const char *text = NULL;
	int rc = nacre_jvalue_get_text(root, name, &text, err);

	if (rc == 0 && strcmp(text, want) != 0)
		rc = nacre_jvalue_fail(root, err, NACRE_E_UNSUPPORTED, "%s '%.128s'", which, text);
	return rc;
}

static int parse_digest(
	const struct nacre_jvalue *subject, struct nacre_digest *out_digest, struct nacre_err *err)
{
	const struct nacre_jvalue *digests = NULL;
	const char *hex = NULL;
	char text[NACRE_DIGEST_TEXT];
	int rc = nacre_jvalue_get(subject, "digest", NACRE_JOBJECT, &digests, err);

	if (rc == 0)
		rc = nacre_jvalue_find_text(digests, "sha256", &hex, err);
	if (rc)
		return rc;
	if (!hex)
		return nacre_jvalue_fail(
			digests, err, NACRE_E_UNSUPPORTED, "a subject without a sha256");
	/* Another digest beside it could be another image's. */
	if (nacre_jvalue_count(digests) != 1)
		return nacre_jvalue_fail(
			digests, err, NACRE_E_UNSUPPORTED, "a subject with more than one digest");
	if (snprintf(text, sizeof(text), "sha256:%s", hex) >= (int)sizeof(text))
		return nacre_jvalue_fail(digests, err, NACRE_E_FORMAT, "sha256 is too long");
	rc = nacre_digest_parse(text, out_digest, err);
	return rc ? nacre_within(err, rc, "subject") : 0;
}

static int parse_subject(
	const struct nacre_jvalue *root, struct nacre_payload *payload, struct nacre_err *err)
{
	static const char *const names[] = { "name", "digest", "annotations", NULL };
	const struct nacre_jvalue *list = NULL, *subject, *annotations = NULL;
	const char *name = NULL;
	int rc = nacre_jvalue_get(root, "subject", NACRE_JARRAY, &list, err);

	if (rc == 0 && nacre_jvalue_count(list) != 1)
		rc = nacre_jvalue_fail(list, err, NACRE_E_UNSUPPORTED, "%zu subjects, not one",
			nacre_jvalue_count(list));
	if (rc)
		return rc;
	subject = nacre_jvalue_first(list);
	rc = nacre_jvalue_check_names(subject, names, err);
	if (rc == 0)
		rc = parse_digest(subject, &payload->digest, err);
	if (rc == 0)
		rc = nacre_jvalue_find_text(subject, "name", &name, err);
	if (rc == 0)
		rc = nacre_jvalue_find_typed(
			subject, "annotations", NACRE_JOBJECT, &annotations, err);
	if (rc == 0)
		rc = nacre_pairs_parse(annotations, &payload->annotations, err);
	if (rc == 0 && name && *name)
		rc = nacre_text_set(&payload->identity, name, err);
	return rc;
}

int nacre_statement_parse(
	const void *data, size_t len, struct nacre_payload *out_payload, struct nacre_err *err)
{
	static const char *const names[] = { "_type", "subject", "predicateType", "predicate",
		NULL };
	NACRE_CLEANUP(nacre_json_freep)
	struct nacre_json *json = NULL;
	NACRE_CLEANUP(nacre_payload_clear)
	struct nacre_payload payload = { 0 };
	const struct nacre_jvalue *root;
	int rc = nacre_json_parse(data, len, NULL, &json, err);

	if (rc)
		return rc;
	root = nacre_json_root(json);
	rc = nacre_jvalue_check_names(root, names, err);
	if (rc == 0)
		rc = want_text(root, "_type", TYPE, "a statement of type", err);
	if (rc == 0)
		rc = want_text(root, "predicateType", NACRE_PREDICATE_SIGNED,
			"an attestation and not a signature, with predicate", err);
	if (rc == 0)
		rc = parse_subject(root, &payload, err);
	if (rc)
		return rc;
	*out_payload = payload;
	memset(&payload, 0, sizeof(payload));
	return 0;
}

int nacre_statement_emit(
	const struct nacre_payload *payload, struct nacre_buf *out_json, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_jemit_clear)
	struct nacre_jemit out = NACRE_JEMIT(NACRE_PAYLOAD_BYTES);

	if (strcmp(nacre_digest_algorithm(&payload->digest), "sha256") != 0)
		return nacre_fail(err, NACRE_E_UNSUPPORTED, "%s: bundles name images by sha256",
			payload->digest.text);
	nacre_jemit_object(&out, NULL);
	nacre_jemit_text(&out, "_type", TYPE);
	nacre_jemit_array(&out, "subject");
	nacre_jemit_object(&out, NULL);
	nacre_jemit_text_if(&out, "name", payload->identity);
	nacre_jemit_object(&out, "digest");
	nacre_jemit_text(&out, "sha256", nacre_digest_hex(&payload->digest));
	nacre_jemit_end(&out);
	nacre_pairs_emit(&payload->annotations, &out, "annotations");
	nacre_jemit_end(&out);
	nacre_jemit_end(&out);
	nacre_jemit_text(&out, "predicateType", NACRE_PREDICATE_SIGNED);
	nacre_jemit_object(&out, "predicate");
	nacre_jemit_end(&out);
	nacre_jemit_end(&out);
	return nacre_jemit_finish(&out, out_json, err);
}
