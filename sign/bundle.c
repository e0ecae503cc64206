/* SPDX-License-Identifier: Apache-2.0 */
/*
 * {"mediaType":…,"verificationMaterial":{"publicKey":{"hint":…}},
 *  "dsseEnvelope":{"payload":…,"payloadType":…,"signatures":[{"sig":…}]}}
 *
 * The envelope only. What the payload says is for statement.c, which bundles belong to an image for
 * referrers.c.
 */
#include "sign/bundle.h"

#include "base/base64.h"
#include "base/scope.h"
#include "formats/list.h"
#include "sign/key_crypto.h"
#include "sign/payload.h"

#include <string.h>

#define PREFIX "DSSEv1"

static const char *const versions[] = {
	NACRE_MEDIA_BUNDLE,
	"application/vnd.dev.sigstore.bundle+json;version=0.1",
	"application/vnd.dev.sigstore.bundle+json;version=0.2",
	"application/vnd.dev.sigstore.bundle+json;version=0.3",
};

void nacre_bundle_clear(struct nacre_bundle *bundle)
{
	free(bundle->payload_type);
	nacre_buf_clear(&bundle->payload);
	nacre_buf_clear(&bundle->signature);
	free(bundle->hint);
	memset(bundle, 0, sizeof(*bundle));
}

bool nacre_media_is_bundle(const char *media_type)
{
	for (size_t i = 0; i < sizeof(versions) / sizeof(versions[0]); i++) {
		if (strcmp(versions[i], media_type) == 0)
			return true;
	}
	return false;
}

/* A text that is the base64 of at most so many bytes. */
static int get_bytes(const struct nacre_jvalue *object, const char *name, size_t most,
	struct nacre_buf *out_bytes, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf bytes = NACRE_BUF(most);
	const char *text = NULL;
	size_t len, room;
	int rc = nacre_jvalue_get_text(object, name, &text, err);

	if (rc)
		return rc;
	len = strlen(text);
	room = NACRE_BASE64_ROOM(len) < most ? NACRE_BASE64_ROOM(len) : most;
	rc = nacre_buf_reserve(&bytes, room, err);
	if (rc == 0)
		rc = nacre_base64_parse(text, len, bytes.data, room, &bytes.len, err);
	if (rc == 0 && bytes.len == 0)
		rc = nacre_fail(err, NACRE_E_FORMAT, "empty");
	if (rc)
		return nacre_within(err, rc, "%s", name);
	bytes.data[bytes.len] = '\0';
	*out_bytes = nacre_buf_steal(&bytes);
	return 0;
}

static int parse_version(const struct nacre_jvalue *root, struct nacre_err *err)
{
	static const char *const names[] = { "mediaType", "verificationMaterial", "dsseEnvelope",
		"messageSignature", NULL };
	const char *text = NULL;
	int rc = nacre_jvalue_check_names(root, names, err);

	if (rc == 0)
		rc = nacre_jvalue_get_text(root, "mediaType", &text, err);
	if (rc == 0 && !nacre_media_is_bundle(text))
		rc = nacre_jvalue_fail(root, err, NACRE_E_UNSUPPORTED,
			"'%.128s' is no bundle that nacre reads", text);
	return rc;
}

/* Nothing of it is proof; of a key it has a hint, of keyless signing much that is not read. */
static int parse_material(
	const struct nacre_jvalue *root, struct nacre_bundle *bundle, struct nacre_err *err)
{
	const struct nacre_jvalue *material = NULL, *key = NULL;
	const char *hint = NULL;
	int rc;

	rc = nacre_jvalue_find_typed(root, "verificationMaterial", NACRE_JOBJECT, &material, err);
	if (rc || !material)
		return rc;
	rc = nacre_jvalue_find_typed(material, "publicKey", NACRE_JOBJECT, &key, err);
	if (rc || !key)
		return rc;
	rc = nacre_jvalue_find_text(key, "hint", &hint, err);
	return rc == 0 && hint && *hint ? nacre_text_set(&bundle->hint, hint, err) : rc;
}

static int parse_signature(
	const struct nacre_jvalue *envelope, struct nacre_bundle *bundle, struct nacre_err *err)
{
	static const char *const names[] = { "sig", "keyid", NULL };
	const struct nacre_jvalue *list = NULL, *signature;
	const char *id = NULL;
	int rc = nacre_jvalue_get(envelope, "signatures", NACRE_JARRAY, &list, err);

	if (rc == 0 && nacre_jvalue_count(list) != 1)
		rc = nacre_jvalue_fail(list, err, NACRE_E_UNSUPPORTED, "%zu signatures, not one",
			nacre_jvalue_count(list));
	if (rc)
		return rc;
	signature = nacre_jvalue_first(list);
	rc = nacre_jvalue_check_names(signature, names, err);
	if (rc == 0)
		rc = get_bytes(signature, "sig", NACRE_SIGNATURE_BYTES, &bundle->signature, err);
	if (rc == 0)
		rc = nacre_jvalue_find_text(signature, "keyid", &id, err);
	if (rc == 0 && id && *id && bundle->hint && strcmp(id, bundle->hint) != 0)
		rc = nacre_jvalue_fail(signature, err, NACRE_E_FORMAT,
			"keyid '%.64s' is not the hint '%.64s'", id, bundle->hint);
	return rc;
}

static int parse_envelope(
	const struct nacre_jvalue *root, struct nacre_bundle *bundle, struct nacre_err *err)
{
	static const char *const names[] = { "payload", "payloadType", "signatures", NULL };
	const struct nacre_jvalue *envelope = NULL;
	const char *type = NULL;
	int rc;

	if (nacre_jvalue_find(root, "messageSignature"))
		return nacre_jvalue_fail(root, err, NACRE_E_UNSUPPORTED,
			"a signature over a file, and not over an image");
	rc = nacre_jvalue_get(root, "dsseEnvelope", NACRE_JOBJECT, &envelope, err);
	if (rc == 0)
		rc = nacre_jvalue_check_names(envelope, names, err);
	if (rc == 0)
		rc = nacre_jvalue_get_text(envelope, "payloadType", &type, err);
	if (rc == 0)
		rc = nacre_text_set(&bundle->payload_type, type, err);
	if (rc == 0)
		rc = get_bytes(envelope, "payload", NACRE_PAYLOAD_BYTES, &bundle->payload, err);
	if (rc == 0)
		rc = parse_signature(envelope, bundle, err);
	return rc ? nacre_within(err, rc, "dsseEnvelope") : 0;
}

int nacre_bundle_parse(
	const void *data, size_t len, struct nacre_bundle *out_bundle, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_json_freep)
	struct nacre_json *json = NULL;
	NACRE_CLEANUP(nacre_bundle_clear)
	struct nacre_bundle bundle = { 0 };
	const struct nacre_jvalue *root;
	int rc = nacre_json_parse(data, len, NULL, &json, err);

	if (rc)
		return rc;
	root = nacre_json_root(json);
	rc = parse_version(root, err);
	if (rc == 0)
		rc = parse_material(root, &bundle, err);
	if (rc == 0)
		rc = parse_envelope(root, &bundle, err);
	if (rc)
		return rc;
	*out_bundle = bundle;
	memset(&bundle, 0, sizeof(bundle));
	return 0;
}

int nacre_bundle_emit(
	const struct nacre_bundle *bundle, struct nacre_buf *out_json, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_jemit_clear)
	struct nacre_jemit out = NACRE_JEMIT(NACRE_BUNDLE_BYTES);
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf payload = NACRE_BUF(2 * NACRE_PAYLOAD_BYTES);
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf signature = NACRE_BUF(2 * NACRE_SIGNATURE_BYTES);
	int rc;

	rc = nacre_base64_emit(bundle->payload.data, bundle->payload.len, &payload, err);
	if (rc == 0)
		rc = nacre_base64_emit(
			bundle->signature.data, bundle->signature.len, &signature, err);
	if (rc)
		return rc;
	nacre_jemit_object(&out, NULL);
	nacre_jemit_text(&out, "mediaType", NACRE_MEDIA_BUNDLE);
	nacre_jemit_object(&out, "verificationMaterial");
	nacre_jemit_object(&out, "publicKey");
	nacre_jemit_text(&out, "hint", bundle->hint);
	nacre_jemit_end(&out);
	nacre_jemit_end(&out);
	nacre_jemit_object(&out, "dsseEnvelope");
	nacre_jemit_text(&out, "payload", payload.data);
	nacre_jemit_text(&out, "payloadType", bundle->payload_type);
	nacre_jemit_array(&out, "signatures");
	nacre_jemit_object(&out, NULL);
	nacre_jemit_text(&out, "sig", signature.data);
	nacre_jemit_end(&out);
	nacre_jemit_end(&out);
	nacre_jemit_end(&out);
	nacre_jemit_end(&out);
	return nacre_jemit_finish(&out, out_json, err);
}

int nacre_dsse_bytes(const char *payload_type, const struct nacre_buf *payload,
	struct nacre_buf *out_bytes, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf bytes = NACRE_BUF(2 * NACRE_PAYLOAD_BYTES);
	int rc;

	rc = nacre_buf_printf(&bytes, err, PREFIX " %zu %s %zu ", strlen(payload_type),
		payload_type, payload->len);
	if (rc == 0)
		rc = nacre_buf_add(&bytes, payload->data, payload->len, err);
	if (rc == 0)
		*out_bytes = nacre_buf_steal(&bytes);
	return rc;
}
