/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Signing what a reference names. Which bytes are signed is in payload.c and statement.c, where
 * they go in signatures.c and referrers.c.
 */
#include "base/base64.h"
#include "base/buf.h"
#include "base/digest.h"
#include "base/env.h"
#include "base/scope.h"
#include "formats/batch.h"
#include "formats/mediatype.h"
#include "formats/name.h"
#include "sign/found.h"
#include "sign/key.h"
#include "sign/key_crypto.h"
#include "sign/payload.h"
#include "sign/referrers.h"
#include "sign/signatures.h"
#include "sign/statement.h"

#include <string.h>

#define FORMS 2
#define ALL_FORMS (1U << NACRE_SIGNATURE_SIMPLE | 1U << NACRE_SIGNATURE_BUNDLE)

/* One call of nacre_sign() or nacre_sign_attach(), on its way. */
struct signing {
	const struct nacre_layout *layout;
	const struct nacre_env *env;
	struct nacre_limits limits;
	struct nacre_descriptor top; /* what is signed */
	const char *kind;	     /* what cosign calls it */
	struct nacre_payload payload;
	struct nacre_buf documents[FORMS];  /* the payload as each form writes it */
	struct nacre_buf messages[FORMS];   /* the bytes that are signed */
	struct nacre_descriptor signatures; /* media_type NULL: there are none yet */
	struct nacre_manifest manifest;	    /* of the signatures */
	bool is_changed;		    /* a signature was added to it */
	struct nacre_bundle *bundles;	    /* that are new */
	size_t bundle_count;
	struct nacre_sign_info info;
};

/* Who signs, and with what: a private key, or a signature that there is already. */
struct signer {
	const struct nacre_key *key;
	const void *signature; /* NULL: to be made */
	size_t signature_len;
	bool is_present[FORMS];
};

static void clear_signing(struct signing *signing)
{
	nacre_descriptor_clear(&signing->top);
	nacre_payload_clear(&signing->payload);
	for (size_t i = 0; i < FORMS; i++) {
		nacre_buf_clear(&signing->documents[i]);
		nacre_buf_clear(&signing->messages[i]);
	}
	nacre_descriptor_clear(&signing->signatures);
	nacre_manifest_clear(&signing->manifest);
	for (size_t i = 0; i < signing->bundle_count; i++)
		nacre_bundle_clear(&signing->bundles[i]);
	free(signing->bundles);
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

static int set_payload(
	struct signing *signing, const struct nacre_sign_options *options, struct nacre_err *err)
{
	const struct nacre_pairs *annotations = &signing->top.annotations;
	const char *identity = options->identity;
	struct nacre_name name;
	int rc = identity ? nacre_name_parse(identity, &name, err) : 0;

	/* What no reader could take for a name would be signed for nobody. */
	if (rc)
		return nacre_fail(err, NACRE_E_ARG,
			"'%.128s' is not HOST/REPO:TAG, and no name to be signed for", identity);
	if (!identity)
		identity = nacre_pairs_find(annotations, NACRE_ANNOTATION_CONTAINERD_NAME);
	if (!identity)
		identity = nacre_descriptor_ref_name(&signing->top);
	if (!identity || !*identity)
		return nacre_fail(err, NACRE_E_ARG,
			"an image without a name: say what name it is to be signed for");
	signing->payload.digest = signing->top.digest;
	rc = nacre_text_set(&signing->payload.identity, identity, err);
	for (size_t i = 0; rc == 0 && i < options->annotation_count; i++)
		rc = nacre_payload_annotate(&signing->payload, options->annotations[i].name,
			options->annotations[i].value, err);
	return rc;
}

/* The bytes that are signed in each form. */
static int make_messages(struct signing *signing, struct nacre_err *err)
{
	struct nacre_buf *simple = &signing->documents[NACRE_SIGNATURE_SIMPLE];
	struct nacre_buf *statement = &signing->documents[NACRE_SIGNATURE_BUNDLE];
	struct nacre_buf *message = &signing->messages[NACRE_SIGNATURE_SIMPLE];
	int rc = nacre_payload_emit(&signing->payload, simple, err);

	if (rc)
		return rc;
	message->max = simple->len;
	rc = nacre_buf_add(message, simple->data, simple->len, err);
	if (rc == 0)
		rc = nacre_statement_emit(&signing->payload, statement, err);
	return rc ? rc
		  : nacre_dsse_bytes(NACRE_MEDIA_STATEMENT, statement,
			    &signing->messages[NACRE_SIGNATURE_BUNDLE], err);
}

static int open_signing(struct signing *signing, const struct nacre_ref *ref,
	const struct nacre_sign_options *options, struct nacre_err *err)
{
	static const struct nacre_sign_options none = { 0 };
	int rc = find_top(signing, ref, err);

	if (rc == 0)
		rc = set_payload(signing, options ? options : &none, err);
	return rc ? rc : make_messages(signing, err);
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

/* ----------------------------------------------------------- what is there */

struct known {
	const struct signing *signing;
	struct signer *signers;
	size_t count;
	size_t bundles;
};

/*
 * Whether one of the keys has signed the same already. ECDSA signatures differ each time, so the
 * bytes of a new one would not be found.
 */
static int on_found(const struct nacre_found *found, void *user, struct nacre_err *err)
{
	struct known *known = user;
	const struct nacre_buf *message = &known->signing->messages[found->form];

	(void)err;
	known->bundles += found->form == NACRE_SIGNATURE_BUNDLE;
	if (found->damage || found->message->len != message->len ||
		memcmp(found->message->data, message->data, message->len) != 0)
		return 0;
	for (size_t i = 0; i < known->count; i++) {
		if (nacre_key_verify(known->signers[i].key, message->data, message->len,
			    found->signature->data, found->signature->len))
			known->signers[i].is_present[found->form] = true;
	}
	return 0;
}

/* --------------------------------------------------------------- what is new */

static int add_bundle(struct signing *signing, const struct nacre_key *key,
	struct nacre_buf *signature, struct nacre_err *err)
{
	const struct nacre_buf *statement = &signing->documents[NACRE_SIGNATURE_BUNDLE];
	struct nacre_bundle *bundle = &signing->bundles[signing->bundle_count++];
	int rc;

	bundle->payload.max = statement->len;
	rc = nacre_text_set(&bundle->payload_type, NACRE_MEDIA_STATEMENT, err);
	if (rc == 0)
		rc = nacre_text_set(&bundle->hint, nacre_key_hint(key), err);
	if (rc == 0)
		rc = nacre_buf_add(&bundle->payload, statement->data, statement->len, err);
	if (rc == 0)
		bundle->signature = nacre_buf_steal(signature);
	return rc;
}

static int add_simple(
	struct signing *signing, const struct nacre_buf *signature, struct nacre_err *err)
{
	signing->is_changed = true;
	return nacre_signatures_add(
		&signing->manifest, &signing->documents[NACRE_SIGNATURE_SIMPLE], signature, err);
}

static int sign_form(struct signing *signing, struct signer *signer, enum nacre_signature_form form,
	struct nacre_err *err)
{
	const struct nacre_buf *message = &signing->messages[form];
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf signature = NACRE_BUF(NACRE_SIGNATURE_BYTES);
	int rc;

	if (signer->is_present[form]) {
		signing->info.present++;
		return 0;
	}
	rc = signer->signature
		? nacre_buf_add(&signature, signer->signature, signer->signature_len, err)
		: nacre_key_sign(signer->key, message->data, message->len, &signature, err);
	if (rc == 0)
		rc = form == NACRE_SIGNATURE_SIMPLE
			? add_simple(signing, &signature, err)
			: add_bundle(signing, signer->key, &signature, err);
	/* The same key may have been given twice. */
	signer->is_present[form] = true;
	if (rc == 0)
		signing->info.added++;
	return rc;
}

static bool is_given_before(const struct signer *signers, size_t which)
{
	for (size_t i = 0; i < which; i++) {
		if (strcmp(nacre_key_id(signers[i].key), nacre_key_id(signers[which].key)) == 0)
			return true;
	}
	return false;
}

static int sign_all(struct signing *signing, struct signer *signers, size_t count, unsigned forms,
	struct nacre_err *err)
{
	const struct nacre_digest *digests[2] = { &signing->top.digest, &signing->top.digest };
	struct known known = { signing, signers, count, 0 };
	int rc =
		nacre_found_each(signing->layout, digests, &signing->limits, on_found, &known, err);

	signing->bundles = calloc(count, sizeof(*signing->bundles));
	if (!signing->bundles)
		return nacre_fail_nomem(err);
	for (size_t i = 0; rc == 0 && i < count; i++) {
		if (is_given_before(signers, i))
			continue;
		for (unsigned form = 0; rc == 0 && form < FORMS; form++) {
			if (forms & 1U << form)
				rc = sign_form(signing, &signers[i], form, err);
		}
	}
	/* Of the others the manifest has no more. */
	if (rc == 0 && signing->bundle_count > 0 &&
		known.bundles + signing->bundle_count > NACRE_SIGNATURES)
		rc = nacre_fail(err, NACRE_E_LIMIT, "more than %d signatures", NACRE_SIGNATURES);
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
	struct nacre_digest unused;
	int rc;

	rc = nacre_batch_new(signing->layout, signing->env, &batch, err);
	if (rc == 0 && signing->is_changed)
		rc = nacre_signatures_store(batch, &signing->manifest,
			&signing->documents[NACRE_SIGNATURE_SIMPLE], &signing->top.digest,
			&signing->info.signatures, err);
	for (size_t i = 0; rc == 0 && i < signing->bundle_count; i++)
		rc = nacre_referrer_store(batch, &signing->top, &signing->bundles[i], &unused, err);
	if (rc == 0)
		rc = mark_image(signing, batch, err);
	return rc ? rc : nacre_batch_commit(batch, err);
}

static int sign(struct signing *signing, struct signer *signers, size_t count,
	const struct nacre_sign_options *options, struct nacre_err *err)
{
	unsigned forms = options && options->forms ? options->forms & ALL_FORMS : ALL_FORMS;
	nacre_autofd int lock = -1;
	int rc;

	if (nacre_layout_is_packed(signing->layout))
		return nacre_fail(err, NACRE_E_UNSUPPORTED,
			"an archive cannot be changed: sign the layout, and copy that");
	/*
	 * From reading the signatures to writing them with ours nobody else may add any, or theirs
	 * would be lost. Not the lock of the index: the commit takes that one.
	 */
	rc = nacre_layout_lock(nacre_layout_blob_dir(signing->layout), &lock, err);

	if (rc == 0)
		rc = load_signatures(signing, err);
	if (rc == 0)
		rc = sign_all(signing, signers, count, forms, err);
	return rc ? rc : store(signing, err);
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
	nacre_autofree struct signer *signers = NULL;
	int rc = check_keys(keys, key_count, err);

	if (rc)
		return rc;
	signers = calloc(key_count, sizeof(*signers));
	if (!signers)
		return nacre_fail_nomem(err);
	for (size_t i = 0; i < key_count; i++)
		signers[i].key = keys[i];
	rc = open_signing(&signing, ref, options, err);
	if (rc == 0)
		rc = sign(&signing, signers, key_count, options, err);
	if (rc == 0 && out_info)
		*out_info = signing.info;
	return rc;
}

int nacre_sign_message(const struct nacre_layout *layout, const struct nacre_ref *ref,
	enum nacre_signature_form form, const struct nacre_sign_options *options,
	const struct nacre_env *env, void **out_bytes, size_t *out_len, struct nacre_err *err)
{
	NACRE_CLEANUP(clear_signing)
	struct signing signing = {
		.layout = layout,
		.env = env,
		.limits = nacre_env_limits(env),
	};
	int rc = open_signing(&signing, ref, options, err);

	if (rc)
		return rc;
	*out_len = signing.messages[form].len;
	*out_bytes = nacre_buf_steal(&signing.messages[form]).data;
	return 0;
}

/* Base64, as programs print it on lines, in the place of the bytes. */
static int decode(const char *text, size_t len, struct nacre_buf *out_bytes)
{
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf line = NACRE_BUF(len);
	int rc = nacre_buf_reserve(&line, len, NULL);

	for (size_t i = 0; rc == 0 && i < len; i++) {
		if (!strchr(" \t\r\n", text[i]) || text[i] == '\0')
			rc = nacre_buf_add(&line, text + i, 1, NULL);
	}
	if (rc == 0)
		rc = nacre_buf_reserve(out_bytes, out_bytes->max, NULL);
	return rc ? rc
		  : nacre_base64_parse(line.data, line.len, out_bytes->data, out_bytes->max,
			    &out_bytes->len, NULL);
}

/* Whether the signature is good as it is, or as base64; it is then the bytes that are used. */
static bool is_good(const struct nacre_buf *message, struct signer *signer, struct nacre_buf *room)
{
	if (nacre_key_verify(signer->key, message->data, message->len, signer->signature,
		    signer->signature_len))
		return true;
	if (decode(signer->signature, signer->signature_len, room))
		return false;
	signer->signature = room->data;
	signer->signature_len = room->len;
	return nacre_key_verify(
		signer->key, message->data, message->len, signer->signature, signer->signature_len);
}

int nacre_sign_attach(const struct nacre_layout *layout, const struct nacre_ref *ref,
	enum nacre_signature_form form, const struct nacre_key *key, const void *signature,
	size_t signature_len, const struct nacre_sign_options *options, const struct nacre_env *env,
	struct nacre_sign_info *out_info, struct nacre_err *err)
{
	NACRE_CLEANUP(clear_signing)
	struct signing signing = {
		.layout = layout,
		.env = env,
		.limits = nacre_env_limits(env),
	};
	struct nacre_sign_options own = options ? *options : (struct nacre_sign_options){ 0 };
	struct signer signer = {
		.key = key,
		.signature = signature,
		.signature_len = signature_len,
	};
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf room = NACRE_BUF(NACRE_SIGNATURE_BYTES);
	int rc = open_signing(&signing, ref, options, err);

	if (rc)
		return rc;
	if (!is_good(&signing.messages[form], &signer, &room))
		return nacre_fail(err, NACRE_E_UNTRUSTED,
			"not a signature by key %s over what is to be signed", nacre_key_id(key));
	own.forms = 1U << form;
	rc = sign(&signing, &signer, 1, &own, err);
	if (rc == 0 && out_info)
		*out_info = signing.info;
	return rc;
}
