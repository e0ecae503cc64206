/* SPDX-License-Identifier: Apache-2.0 */
/** Keys, signatures, and what is trusted because of them. */
#ifndef NACRE_SIGN_H
#define NACRE_SIGN_H

#include <nacre/formats.h>

#ifdef __cplusplus
extern "C" {
#endif

/* -------------------------------------------------------------------- keys */

/** A public key, or a private key together with its public half. Never changes; may be shared. */
struct nacre_key;

enum nacre_key_type {
	NACRE_KEY_ED25519,
	NACRE_KEY_P256,
	NACRE_KEY_P384, /**< read, never made */
	NACRE_KEY_RSA,	/**< 2048 to 16384 bits; read, never made */
};

/**
 * Makes a new private key.
 *
 * Errors: UNSUPPORTED (P-384 and RSA, which other tools do not agree about); NOMEM.
 */
NACRE_API NACRE_CHECKED int nacre_key_new(
	enum nacre_key_type type, struct nacre_key **out_key, struct nacre_err *err);
NACRE_API void nacre_key_free(struct nacre_key *key);

enum nacre_key_flags {
	NACRE_KEY_PLAIN = 1, /**< take a private key that is not encrypted, too */
};

/**
 * Parses a key file: PUBLIC KEY, ENCRYPTED SIGSTORE PRIVATE KEY, ENCRYPTED COSIGN PRIVATE KEY, or,
 * when asked for, PRIVATE KEY. One PEM block, nothing but white space around it.
 *
 * @param passphrase  for an encrypted key; may be empty. NULL: none was given
 * @param flags       of enum nacre_key_flags
 *
 * Errors: FORMAT; UNSUPPORTED (another kind of key or block, other scrypt parameters than cosign
 * takes: they are looked at before scrypt runs); ARG (no passphrase, wrong passphrase, a plain
 * private key that was not asked for); LIMIT (64 KiB); NOMEM.
 * Spec:   RFC 7468 (PEM); RFC 5480, RFC 8410, RFC 8017 (keys); RFC 7914 (scrypt).
 */
NACRE_API NACRE_CHECKED int nacre_key_parse(const char *data, size_t len, const char *passphrase,
	unsigned flags, struct nacre_key **out_key, struct nacre_err *err);

/**
 * The same from a regular file; or, for a PKCS#11 URI, a private key that stays in its token. The
 * passphrase is then the PIN, the flags do not matter, and the key cannot be emitted or stored.
 *
 * Errors: also NOT_FOUND, IO, UNSAFE (no regular file). For a URI: UNSAFE (a PIN in it; it names
 * several keys); FORMAT (it names no token, and so each that there is); ARG (no PIN); NOT_FOUND (no
 * provider for PKCS#11 in OpenSSL; no such token; no such key, from which a wrong PIN cannot be
 * told); UNSUPPORTED (the provider has no module; another kind of key).
 * Spec:   RFC 7512 (PKCS#11 URIs).
 */
NACRE_API NACRE_CHECKED int nacre_key_load(const char *path, const char *passphrase, unsigned flags,
	struct nacre_key **out_key, struct nacre_err *err);

/**
 * An ENCRYPTED SIGSTORE PRIVATE KEY, which cosign and skopeo read.
 *
 * @param passphrase  may be empty, not NULL
 * @param out_text    the caller's to free()
 * Errors: ARG (a public key, no passphrase); NOMEM.
 */
NACRE_API NACRE_CHECKED int nacre_key_emit_private(const struct nacre_key *key,
	const char *passphrase, char **out_text, struct nacre_err *err);

/** A PUBLIC KEY. @param out_text  the caller's to free(). Errors: NOMEM. */
NACRE_API NACRE_CHECKED int nacre_key_emit_public(
	const struct nacre_key *key, char **out_text, struct nacre_err *err);

/**
 * Writes PREFIX.key (mode 0600, encrypted) and PREFIX.pub (0644): both or none, and never over what
 * is there.
 *
 * Errors: EXISTS ("release.pub: File exists"); NOT_FOUND, IO; as nacre_key_emit_private().
 */
NACRE_API NACRE_CHECKED int nacre_key_store_pair(const struct nacre_key *key, const char *prefix,
	const char *passphrase, struct nacre_err *err);

/**
 * Writes a private key, encrypted, in the place of a key file: to change its passphrase, or to
 * encrypt what was not. The old file or the new one is there, whatever happens meanwhile. It keeps
 * its owner and gets mode 0600; another name of it (a hard link) keeps the old content.
 *
 * @param path  links in it are followed, and stay; what they lead to is replaced
 * Errors: NOT_FOUND, IO; UNSAFE (no regular file); as nacre_key_emit_private().
 */
NACRE_API NACRE_CHECKED int nacre_key_store_private(const struct nacre_key *key, const char *path,
	const char *passphrase, struct nacre_err *err);

/** The fingerprint: the SHA-256 of the SPKI DER, 64 hex digits; borrowed from the key. */
NACRE_API const char *nacre_key_id(const struct nacre_key *key);

/** The same 32 bytes in base64, as sigstore bundles have it; borrowed from the key. */
NACRE_API const char *nacre_key_hint(const struct nacre_key *key);

/** "Ed25519", "P-256", "P-384" or "RSA-3072"; borrowed from the key. */
NACRE_API const char *nacre_key_type_name(const struct nacre_key *key);

/** Whether it can sign. */
NACRE_API bool nacre_key_is_private(const struct nacre_key *key);

/* ------------------------------------------------------------------ policy */

/** Whose signatures make an image trusted: so many of these keys. */
struct nacre_policy;

/** One without keys, threshold 1. Errors: NOMEM. */
NACRE_API NACRE_CHECKED int nacre_policy_new(
	struct nacre_policy **out_policy, struct nacre_err *err);
NACRE_API void nacre_policy_free(struct nacre_policy *policy);

/** Adds a key. The same key once more changes nothing. Errors: NOMEM. */
NACRE_API NACRE_CHECKED int nacre_policy_add_key_take(
	struct nacre_policy *policy, struct nacre_key *key, struct nacre_err *err);

/**
 * Sets how many distinct keys must have signed. That there are as many is checked on verifying.
 *
 * Errors: ARG (zero).
 */
NACRE_API NACRE_CHECKED int nacre_policy_set_threshold(
	struct nacre_policy *policy, size_t threshold, struct nacre_err *err);

/**
 * Says what name the signatures must be for: "HOST/REPO:TAG" exactly, or "HOST/REPO" with any tag
 * or none. Until it is called the name is not compared.
 *
 * Errors: ARG (empty); NOMEM.
 */
NACRE_API NACRE_CHECKED int nacre_policy_set_identity(
	struct nacre_policy *policy, const char *identity, struct nacre_err *err);

/**
 * Reads a policy.json of containers, as far as it says something of an image and can be decided
 * without a network; what applies and cannot be decided makes the verification fail.
 *
 * @param path   links in it are followed; keyPath is seen from its directory
 * @param ref    what is to be verified: its transport and its path choose the scope
 * @param store  the layout of bare names; NULL: there is none
 * @param image  HOST/REPO:TAG or HOST/REPO\@DIGEST to take the image for: the scope is then the one
 * of this name in the transport "docker". A name in the layout is never taken for it: whoever
 * carries the layout could choose. NULL: the image has no name
 *
 * Errors: NOT_FOUND, IO (the file); FORMAT, LIMIT, UNSAFE (what is wrong in it, also where it does
 * not apply); ARG (an image that is no such name; a key that cannot be loaded); NOMEM.
 * Spec:   containers/image, docs/containers-policy.json.5.md; docs/trust.md (what nacre adds).
 */
NACRE_API NACRE_CHECKED int nacre_policy_load(const char *path, const struct nacre_ref *ref,
	const char *store, const char *image, struct nacre_policy **out_policy,
	struct nacre_err *err);

/**
 * Says what the signer must have added, as nacre_sign_options has it. May be called several times;
 * a later value replaces an earlier one of the same name.
 *
 * Errors: ARG (as nacre_sign()); NOMEM.
 */
NACRE_API NACRE_CHECKED int nacre_policy_add_annotation(
	struct nacre_policy *policy, const char *name, const char *value, struct nacre_err *err);

/* ----------------------------------------------------------------- signing */

/** Both are put in by default, since there are readers that know only one of them. */
enum nacre_signature_form {
	NACRE_SIGNATURE_SIMPLE, /**< simple signing: cosign, podman, skopeo */
	NACRE_SIGNATURE_BUNDLE, /**< a sigstore bundle v0.3, an OCI 1.1 referrer: cosign 3 */
};

struct nacre_annotation {
	const char *name;
	const char *value;
};

/** Safe when zero. */
struct nacre_sign_options {
	/** HOST/REPO:TAG as it is to be signed. NULL: the image's io.containerd.image.name
	 * annotation, else its name in the layout. */
	const char *identity;
	/** 1 << of enum nacre_signature_form. 0: all */
	unsigned forms;
	/** What is signed besides; NULL: nothing. */
	const struct nacre_annotation *annotations;
	size_t annotation_count;
};

struct nacre_sign_info {
	struct nacre_digest image; /**< what is signed: a manifest or an index */
	struct nacre_digest
		signatures; /**< the manifest of those of simple signing; may be empty */
	size_t added;	    /**< signatures that are new, of both forms */
	size_t present;	    /**< signatures that were there already */
};

/**
 * Signs the manifest or index that a reference names. The signatures are added to those that are
 * there, all or none: those of simple signing under the tag "sha256-HEX.sig", bundles as manifests
 * of their own, listed without a name. A key that has signed the same for the same name with the
 * same annotations adds nothing.
 *
 * @param ref       its tag and digest; the layout is given
 * @param keys      at least one, all private
 * @param options   NULL: all zero
 * @param env       NULL: the defaults
 * @param out_info  may be NULL
 *
 * Errors: ARG (no key, a public key, a name that is nowhere or is none); NOT_FOUND, DIGEST, FORMAT,
 * UNSAFE, LIMIT (more than 100 signatures); UNSUPPORTED (neither manifest nor index); IO; NOMEM.
 * Spec:   containers/image, docs/containers-signature.5.md, "JSON data format" (the payload).
 */
NACRE_API NACRE_CHECKED int nacre_sign(const struct nacre_layout *layout,
	const struct nacre_ref *ref, const struct nacre_key *const *keys, size_t key_count,
	const struct nacre_sign_options *options, const struct nacre_env *env,
	struct nacre_sign_info *out_info, struct nacre_err *err);

/**
 * The bytes that nacre_sign() would sign, for a key that is elsewhere. They are the same each time.
 *
 * @param form       which of the two; options->forms does not matter
 * @param out_bytes  the caller's to free()
 *
 * Errors: as nacre_sign().
 */
NACRE_API NACRE_CHECKED int nacre_sign_message(const struct nacre_layout *layout,
	const struct nacre_ref *ref, enum nacre_signature_form form,
	const struct nacre_sign_options *options, const struct nacre_env *env, void **out_bytes,
	size_t *out_len, struct nacre_err *err);

/**
 * Adds a signature over the bytes of nacre_sign_message() that was made elsewhere.
 *
 * @param key        the public half; the signature must be good
 * @param signature  raw (ASN.1 DER for ECDSA, 64 bytes for Ed25519), or the base64 of that
 *
 * Errors: UNTRUSTED (the signature is not good); the rest as nacre_sign().
 */
NACRE_API NACRE_CHECKED int nacre_sign_attach(const struct nacre_layout *layout,
	const struct nacre_ref *ref, enum nacre_signature_form form, const struct nacre_key *key,
	const void *signature, size_t signature_len, const struct nacre_sign_options *options,
	const struct nacre_env *env, struct nacre_sign_info *out_info, struct nacre_err *err);

/* --------------------------------------------------------------- verifying */

/**
 * The manifest and the config of one image, read and found to be what was named, and why they are
 * believed. Made only by the three calls below.
 */
struct nacre_trusted;

/**
 * Believes an image because enough keys have signed it. When the reference names an index, a
 * signature over that counts as well, unless the policy comes from a file that does not say so; one
 * over an index never counts for an image that is named by its own digest. Damaged signatures do
 * not hide good ones, and signatures of both forms count; it is keys that are counted.
 *
 * @param ref       its tag and digest; the layout is given
 * @param platform  which image of an index. NULL: linux/amd64
 * @param env       NULL: the defaults
 *
 * Errors: UNTRUSTED ("app:1.4: no signature", "app:1.4: 3 signatures, none by a given key",
 * "app:1.4: 1 of 2 needed signatures"); ARG (no key, a threshold above the number of keys);
 * NOT_FOUND, DIGEST, FORMAT, UNSUPPORTED, UNSAFE, LIMIT (the image itself); IO; NOMEM; CANCELED.
 * Spec:   OCI image-spec v1.1.1, descriptor.md, "Verification".
 */
NACRE_API NACRE_CHECKED int nacre_verify(const struct nacre_layout *layout,
	const struct nacre_ref *ref, const struct nacre_policy *policy,
	const struct nacre_platform *platform, const struct nacre_env *env,
	struct nacre_trusted **out_trusted, struct nacre_err *err);

/* What became of each signature, for people who want to know why. */

enum nacre_fate {
	NACRE_FATE_COUNTS,	/**< it is what the policy asks for */
	NACRE_FATE_AGAIN,	/**< so it is, but its key has counted already */
	NACRE_FATE_OTHER_KEY,	/**< no key of the policy has made it */
	NACRE_FATE_OTHER_IMAGE, /**< good, but for another digest */
	NACRE_FATE_INDEX,	/**< good, but for the index, which the policy does not take */
	NACRE_FATE_OTHER_NAME,	/**< good, but for another name, or for none */
	NACRE_FATE_ANNOTATION,	/**< good, but without an annotation that must be there */
	NACRE_FATE_OTHER_KIND,	/**< good, but it says something else, as an attestation does */
	NACRE_FATE_DAMAGED,	/**< it cannot be read */
};

/** One signature, held against one requirement. The texts are the verdict's. */
struct nacre_signature_note {
	size_t requirement; /**< counted from 0 */
	enum nacre_signature_form form;
	struct nacre_digest lies_in; /**< the manifest that it lies in */
	enum nacre_fate fate;
	char *key_id;	/**< who has made it; NULL: not known */
	char *identity; /**< the name that was signed; NULL: none, or not known */
	char *why;	/**< what is wrong with it; NULL: nothing to add */
};

/** One requirement of a policy. The texts are the verdict's. */
struct nacre_requirement_note {
	char *type;	/**< "signed", "reject", "anything", or what cannot be checked */
	char *identity; /**< what names count: "any name", "matchExact", "HOST/REPO"; NULL: none are
			   asked */
	size_t key_count;
	size_t threshold;
	size_t have; /**< distinct keys that have signed */
	bool is_met;
};

/** How a policy was decided. */
struct nacre_verdict;

NACRE_API void nacre_verdict_free(struct nacre_verdict *verdict);

/** Where the policy comes from: "policy.json: default"; NULL: from calls. Borrowed. */
NACRE_API const char *nacre_verdict_rule(const struct nacre_verdict *verdict);

/** Both borrowed; NULL past the last. */
NACRE_API const struct nacre_requirement_note *nacre_verdict_requirement(
	const struct nacre_verdict *verdict, size_t i);
NACRE_API const struct nacre_signature_note *nacre_verdict_signature(
	const struct nacre_verdict *verdict, size_t i);

/**
 * nacre_verify() with an account of it.
 *
 * @param out_verdict  set also when the image is not believed; NULL when it did not come so far.
 * The caller's to free
 */
NACRE_API NACRE_CHECKED int nacre_verify_explained(const struct nacre_layout *layout,
	const struct nacre_ref *ref, const struct nacre_policy *policy,
	const struct nacre_platform *platform, const struct nacre_env *env,
	struct nacre_verdict **out_verdict, struct nacre_trusted **out_trusted,
	struct nacre_err *err);

/**
 * Believes an image because the caller has named its digest.
 *
 * Errors: ARG (a reference without a digest); the rest as nacre_verify().
 */
NACRE_API NACRE_CHECKED int nacre_trust_pinned(const struct nacre_layout *layout,
	const struct nacre_ref *ref, const struct nacre_platform *platform,
	const struct nacre_env *env, struct nacre_trusted **out_trusted, struct nacre_err *err);

/**
 * Believes an image without any proof of where it comes from. A warning event tells so.
 *
 * @param reason  why: "--unsigned"; not empty
 * Errors: ARG (no reason); the rest as nacre_verify().
 */
NACRE_API NACRE_CHECKED int nacre_trust_unsigned(const struct nacre_layout *layout,
	const struct nacre_ref *ref, const char *reason, const struct nacre_platform *platform,
	const struct nacre_env *env, struct nacre_trusted **out_trusted, struct nacre_err *err);

NACRE_API void nacre_trusted_free(struct nacre_trusted *trusted);

/** The image ID: the digest of its config; borrowed. */
NACRE_API const struct nacre_digest *nacre_trusted_image_id(const struct nacre_trusted *trusted);

/** The digest of the image's manifest; borrowed. */
NACRE_API const struct nacre_digest *nacre_trusted_digest(const struct nacre_trusted *trusted);

/** "signed by 2 keys, 2 needed", "pinned by its digest", "not verified: --unsigned"; borrowed. */
NACRE_API const char *nacre_trusted_reason(const struct nacre_trusted *trusted);

/** The ids of the keys that have signed, in the order of the policy; NULL past the last. */
NACRE_API const char *nacre_trusted_signer(const struct nacre_trusted *trusted, size_t i);

#ifdef __cplusplus
}
#endif

#endif
