/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Signing what a reference names. Which bytes are signed is in payload.c, where they go in
 * signatures.c.
 */
#include "base/buf.h"
#include "base/digest.h"
#include "base/env.h"
#include "base/scope.h"
#include "formats/batch.h"
#include "formats/mediatype.h"
#include "sign/key.h"
#include "sign/key_crypto.h"
#include "sign/payload.h"
#include "sign/signatures.h"

#include <string.h>

/* One call of nacre_sign(), on its way. */
struct signing {
	const struct nacre_layout *layout;
	const struct nacre_env *env;
	struct nacre_limits limits;
	struct nacre_descriptor top; /* what is signed */
	const char *kind;	     /* what cosign calls it */
	struct nacre_buf payload;
	struct nacre_descriptor signatures; /* media_type NULL: there are none yet */
	struct nacre_manifest manifest;	    /* of the signatures */
	struct nacre_sign_info info;
};

static void clear_signing(struct signing *signing)
{
	nacre_descriptor_clear(&signing->top);
	nacre_buf_clear(&signing->payload);
	nacre_descriptor_clear(&signing->signatures);
	nacre_manifest_clear(&signing->manifest);
}

static int check_keys(const struct nacre_key *const *keys, size_t count, struct nacre_err *err)
{
	if (count == 0)
		return nacre_fail(err, NACRE_E_ARG, "no key to sign with");
	for (size_t i = 0; i < count; i++) {
		if (!nacre_key_is_private(keys[i]))
			return nacre_fail(err, NACRE_E_ARG, "key %s is public and cannot sign",
				nacre_key_id(keys[i]));
	}
	return 0;
}

/* Nobody signs what cannot be read: the document is loaded, so its digest is proven. */
static int find_top(struct signing *signing, const struct nacre_ref *ref, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_manifest_clear)
	struct nacre_manifest manifest = { 0 };
	NACRE_CLEANUP(nacre_index_clear)
	struct nacre_index index = { 0 };
	const struct nacre_limits *limits = &signing->limits;
	struct nacre_descriptor *top = &signing->top;
	int rc;

	rc = nacre_layout_find(signing->layout, limits, ref->tag, &ref->digest, top, err);
	if (rc)
		return rc;
	signing->info.image = top->digest;
	switch (nacre_media_kind(top->media_type)) {
	case NACRE_MEDIA_KIND_MANIFEST:
		signing->kind = NACRE_KIND_IMAGE;
		return nacre_layout_load_manifest(signing->layout, top, limits, &manifest, err);
	case NACRE_MEDIA_KIND_INDEX:
		signing->kind = NACRE_KIND_INDEX;
		return nacre_layout_load_index(signing->layout, top, limits, &index, err);
	default:
		return nacre_fail(err, NACRE_E_UNSUPPORTED,
			"'%.128s' is neither a manifest nor an index", top->media_type);
	}
}

static int make_payload(struct signing *signing, const char *identity, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_payload_clear)
	struct nacre_payload payload = { 0 };
	const struct nacre_pairs *annotations = &signing->top.annotations;

	if (!identity)
		identity = nacre_pairs_find(annotations, NACRE_ANNOTATION_CONTAINERD_NAME);
	if (!identity)
		identity = nacre_descriptor_ref_name(&signing->top);
	if (!identity || !*identity)
		return nacre_fail(err, NACRE_E_ARG,
			"an image without a name: say what name it is to be signed for");
	payload.digest = signing->top.digest;
	payload.identity = strdup(identity);
	if (!payload.identity)
		return nacre_fail_nomem(err);
	return nacre_payload_emit(&payload, &signing->payload, err);
}

static int load_signatures(struct signing *signing, struct nacre_err *err)
{
	char name[NACRE_SIGNATURES_NAME];
	int rc;

	nacre_signatures_name(&signing->top.digest, name);
	rc = nacre_layout_find(
		signing->layout, &signing->limits, name, NULL, &signing->signatures, err);
	if (rc == NACRE_E_NOT_FOUND)
		return 0;
	if (rc)
		return rc;
	signing->info.signatures = signing->signatures.digest;
	rc = nacre_signatures_load(
		signing->layout, &signing->signatures, &signing->limits, &signing->manifest, err);
	return rc ? nacre_within(err, rc, "%s", name) : 0;
}

/*
 * Whether this key has signed this payload already. ECDSA signatures differ each time, so the bytes
 * of ours would not be found.
 */
static bool is_present(const struct signing *signing, const struct nacre_key *key)
{
	struct nacre_digest digest;

	nacre_digest_of(signing->payload.data, signing->payload.len, &digest);
	for (size_t i = 0; i < signing->manifest.layers.count; i++) {
		const struct nacre_descriptor *layer = &signing->manifest.layers.items[i];
		NACRE_CLEANUP(nacre_buf_clear)
		struct nacre_buf signature = NACRE_BUF(0);

		if (!nacre_signature_is(layer) || !nacre_digest_equal(&layer->digest, &digest) ||
			nacre_signature_get(layer, &signature, NULL))
			continue;
		if (nacre_key_verify(key, signing->payload.data, signing->payload.len,
			    signature.data, signature.len))
			return true;
	}
	return false;
}

static int sign_with(struct signing *signing, const struct nacre_key *key, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf signature = NACRE_BUF(NACRE_SIGNATURE_BYTES);
	int rc;

	if (is_present(signing, key)) {
		signing->info.present++;
		return 0;
	}
	rc = nacre_key_sign(key, signing->payload.data, signing->payload.len, &signature, err);
	if (rc == 0)
		rc = nacre_signatures_add(&signing->manifest, &signing->payload, &signature, err);
	if (rc == 0)
		signing->info.added++;
	return rc;
}

/* The first descriptor that lists what is signed; NULL for one that is named by digest alone. */
static const struct nacre_descriptor *find_listed(
	const struct nacre_index *index, const struct nacre_digest *digest)
{
	for (size_t i = 0; i < index->manifests.count; i++) {
		if (nacre_digest_equal(&index->manifests.items[i].digest, digest))
			return &index->manifests.items[i];
	}
	return NULL;
}

/*
 * Without a name, so that a tag which somebody has moved meanwhile stays where it is.
 */
static int mark_image(
	struct signing *signing, struct nacre_layout_batch *batch, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_index_clear)
	struct nacre_index index = { 0 };
	NACRE_CLEANUP(nacre_descriptor_clear)
	struct nacre_descriptor desc = { 0 };
	const struct nacre_descriptor *listed;
	int rc;

	rc = nacre_layout_index(signing->layout, &signing->limits, &index, err);
	if (rc)
		return rc;
	listed = find_listed(&index, &signing->top.digest);
	if (!listed)
		return 0;
	rc = nacre_descriptor_make(
		listed->media_type, &listed->digest, listed->size_bytes, &desc, err);
	if (rc == 0)
		rc = nacre_pairs_set(&desc.annotations, NACRE_ANNOTATION_KIND, signing->kind, err);
	return rc ? rc : nacre_batch_tag(batch, &desc, NULL, err);
}

static int store(struct signing *signing, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_batch_freep)
	struct nacre_layout_batch *batch = NULL;
	int rc;

	rc = nacre_batch_new(signing->layout, signing->env, &batch, err);
	if (rc == 0 && signing->info.added > 0)
		rc = nacre_signatures_store(batch, &signing->manifest, &signing->payload,
			&signing->top.digest, &signing->info.signatures, err);
	if (rc == 0)
		rc = mark_image(signing, batch, err);
	return rc ? rc : nacre_batch_commit(batch, err);
}

int nacre_sign(const struct nacre_layout *layout, const struct nacre_ref *ref,
	const struct nacre_key *const *keys, size_t key_count,
	const struct nacre_sign_options *options, const struct nacre_env *env,
	struct nacre_sign_info *out_info, struct nacre_err *err)
{
	NACRE_CLEANUP(clear_signing)
	struct signing signing = {
		.layout = layout,
		.env = env,
		.limits = nacre_env_limits(env),
	};
	nacre_autofd int lock = -1;
	int rc;

	rc = check_keys(keys, key_count, err);
	if (rc == 0)
		rc = find_top(&signing, ref, err);
	if (rc == 0)
		rc = make_payload(&signing, options ? options->identity : NULL, err);
	/*
	 * From reading the signatures to writing them with ours nobody else may add any, or theirs
	 * would be lost. Not the lock of the index: the commit takes that one.
	 */
	if (rc == 0)
		rc = nacre_layout_lock(nacre_layout_blob_dir(layout), &lock, err);
	if (rc == 0)
		rc = load_signatures(&signing, err);
	for (size_t i = 0; rc == 0 && i < key_count; i++)
		rc = sign_with(&signing, keys[i], err);
	if (rc == 0)
		rc = store(&signing, err);
	if (rc == 0 && out_info)
		*out_info = signing.info;
	return rc;
}
