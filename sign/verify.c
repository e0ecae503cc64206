/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a policy and what lies in a layout to a trusted image. For each signature: bound its size,
 * hash the payload, verify, parse, compare; in this order, so that nothing that no given key has
 * signed is parsed.
 */
#include "base/buf.h"
#include "base/env.h"
#include "base/scope.h"
#include "sign/key.h"
#include "sign/payload.h"
#include "sign/policy.h"
#include "sign/signatures.h"
#include "sign/trusted_make.h"

#include <stdio.h>
#include <string.h>

#define NOTES_BYTES 600

/* What the signatures that were found are worth. */
struct tally {
	const struct nacre_layout *layout;
	const struct nacre_limits *limits;
	const struct nacre_policy *policy;
	/* What may be signed: the manifest, and the index that it was found through. */
	const struct nacre_digest *digests[2];

	bool *signed_by; /* for each key of the policy */
	size_t signers;
	size_t looks; /* manifests and signatures */
	size_t total;
	size_t damaged;
	size_t other_image; /* good, but for another digest */
	size_t other_name;  /* good, but for another identity */
	struct nacre_err first_damage;
};

static void clear_tally(struct tally *tally)
{
	free(tally->signed_by);
}

/* Whether it is the signature's fault, which must not hide another one, or the system's. */
static bool is_damage(int rc)
{
	switch (rc) {
	case NACRE_E_FORMAT:
	case NACRE_E_UNSUPPORTED:
	case NACRE_E_LIMIT:
	case NACRE_E_UNSAFE:
	case NACRE_E_DIGEST:
	case NACRE_E_NOT_FOUND:
		return true;
	default:
		return false;
	}
}

static int note_damage(
	struct tally *tally, int rc, const struct nacre_err *why, struct nacre_err *err)
{
	if (!is_damage(rc)) {
		if (err)
			*err = *why;
		return rc;
	}
	if (tally->damaged++ == 0)
		tally->first_damage = *why;
	return 0;
}

/* Whoever fills a layout with signatures does not get us to look at all of them. */
static int look(struct tally *tally, struct nacre_err *err)
{
	if (++tally->looks > tally->limits->signatures)
		return nacre_fail(err, NACRE_E_LIMIT,
			"more than %llu signatures to look at (limit signatures)",
			(unsigned long long)tally->limits->signatures);
	return 0;
}

static bool is_wanted(const struct tally *tally, const struct nacre_digest *digest)
{
	return nacre_digest_equal(digest, tally->digests[0]) ||
		nacre_digest_equal(digest, tally->digests[1]);
}

/* A payload that key number k of the policy has signed. */
static int count_payload(
	struct tally *tally, size_t k, const struct nacre_buf *payload, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_payload_clear)
	struct nacre_payload parsed = { 0 };
	int rc = nacre_payload_parse(payload->data, payload->len, &parsed, err);

	if (rc)
		return rc;
	if (!is_wanted(tally, &parsed.digest)) {
		tally->other_image++;
	} else if (!nacre_identity_match(&tally->policy->items[0].identity, NULL, parsed.identity)) {
		tally->other_name++;
	} else if (!tally->signed_by[k]) {
		tally->signed_by[k] = true;
		tally->signers++;
	}
	return 0;
}

static int count_layer(
	struct tally *tally, const struct nacre_descriptor *layer, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf signature = NACRE_BUF(0);
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf payload = NACRE_BUF(0);
	const struct nacre_policy *policy = tally->policy;
	int rc;

	rc = nacre_signature_get(layer, &signature, err);
	if (rc == 0)
		rc = nacre_signature_load(tally->layout, layer, tally->limits, &payload, err);
	if (rc)
		return rc;
	for (size_t k = 0; k < policy->items[0].key_count; k++) {
		if (nacre_key_verify(policy->items[0].keys[k], payload.data, payload.len, signature.data,
			    signature.len))
			return count_payload(tally, k, &payload, err);
	}
	return 0;
}

static int count_manifest(
	struct tally *tally, const struct nacre_descriptor *desc, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_manifest_clear)
	struct nacre_manifest manifest = { 0 };
	struct nacre_err why = { 0 };
	int rc = look(tally, err);

	if (rc)
		return rc;
	rc = nacre_signatures_load(tally->layout, desc, tally->limits, &manifest, &why);
	if (rc) {
		/* Counts as one, because how many it held is not known. */
		tally->total++;
		return note_damage(tally, rc, &why, err);
	}
	for (size_t i = 0; rc == 0 && i < manifest.layers.count; i++) {
		if (!nacre_signature_is(&manifest.layers.items[i]))
			continue;
		tally->total++;
		rc = look(tally, err);
		if (rc)
			return rc;
		rc = count_layer(tally, &manifest.layers.items[i], &why);
		if (rc)
			rc = note_damage(tally, rc, &why, err);
	}
	return rc;
}

static int count_layout(struct tally *tally, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_index_clear)
	struct nacre_index index = { 0 };
	int rc = nacre_layout_index(tally->layout, tally->limits, &index, err);

	for (size_t i = 0; rc == 0 && i < index.manifests.count; i++) {
		const struct nacre_descriptor *desc = &index.manifests.items[i];

		if (nacre_signatures_match(desc, tally->digests[0]) ||
			nacre_signatures_match(desc, tally->digests[1]))
			rc = count_manifest(tally, desc, err);
	}
	return rc;
}

/* "2 damaged: not base64; 1 for another image", in brackets; "" when there is nothing to say. */
static const char *print_notes(const struct tally *tally, char out_text[NOTES_BYTES])
{
	const struct {
		size_t count;
		const char *what;
		const char *why;
	} rows[] = {
		{ tally->damaged, "damaged: ", tally->first_damage.text },
		{ tally->other_image, "for another image", "" },
		{ tally->other_name, "for another name", "" },
	};
	size_t len = 0;

	out_text[0] = '\0';
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int put;

		if (rows[i].count == 0)
			continue;
		put = snprintf(out_text + len, NOTES_BYTES - len, "%s%zu %s%.400s",
			len > 0 ? "; " : " (", rows[i].count, rows[i].what, rows[i].why);
		len += put > 0 ? (size_t)put : 0;
	}
	if (len > 0)
		(void)snprintf(out_text + len, NOTES_BYTES - len, ")");
	return out_text;
}

static int judge(const struct tally *tally, struct nacre_err *err)
{
	size_t bad = tally->damaged + tally->other_image + tally->other_name;
	char notes[NOTES_BYTES];

	if (tally->signers >= tally->policy->items[0].threshold)
		return 0;
	if (tally->total == 0)
		return nacre_fail(err, NACRE_E_UNTRUSTED, "no signature");
	(void)print_notes(tally, notes);
	if (tally->signers > 0)
		return nacre_fail(err, NACRE_E_UNTRUSTED, "%zu of %zu needed signatures%s",
			tally->signers, tally->policy->items[0].threshold, notes);
	return nacre_fail(err, NACRE_E_UNTRUSTED, "%zu signature%s, none %s%s", tally->total,
		tally->total == 1 ? "" : "s",
		bad == tally->total ? "that counts" : "by a given key", notes);
}

static int explain(struct nacre_trusted *trusted, const struct tally *tally, struct nacre_err *err)
{
	const struct nacre_policy *policy = tally->policy;
	int rc = 0;

	for (size_t k = 0; rc == 0 && k < policy->items[0].key_count; k++) {
		if (tally->signed_by[k])
			rc = nacre_texts_add(&trusted->signers, nacre_key_id(policy->items[0].keys[k]), err);
	}
	return rc ? rc
		  : nacre_trusted_set_reason(trusted, err, "signed by %zu key%s, %zu needed",
			    tally->signers, tally->signers == 1 ? "" : "s", policy->items[0].threshold);
}

/* Signatures before content: what is not trusted is not parsed any further. */
static int check(struct nacre_trusted *trusted, const struct nacre_layout *layout,
	const struct nacre_policy *policy, const char *name, const struct nacre_env *env,
	struct nacre_err *err)
{
	struct nacre_limits limits = nacre_env_limits(env);
	NACRE_CLEANUP(clear_tally)
	struct tally tally = {
		.layout = layout,
		.limits = &limits,
		.policy = policy,
		.digests = { &trusted->desc.digest, &trusted->top.digest },
		.signed_by = calloc(policy->items[0].key_count, sizeof(bool)),
	};
	char notes[NOTES_BYTES];
	int rc;

	if (!tally.signed_by)
		return nacre_fail_nomem(err);
	rc = count_layout(&tally, err);
	if (rc)
		return rc;
	rc = judge(&tally, err);
	if (rc)
		return nacre_within(err, rc, "%.300s", name);
	if (tally.damaged > 0)
		rc = nacre_warn(env, err, "%.300s: signatures that do not count%s", name,
			print_notes(&tally, notes));
	if (rc == 0)
		rc = nacre_trusted_load(trusted, layout, &limits, err);
	return rc ? rc : explain(trusted, &tally, err);
}

int nacre_verify(const struct nacre_layout *layout, const struct nacre_ref *ref,
	const struct nacre_policy *policy, const struct nacre_platform *platform,
	const struct nacre_env *env, struct nacre_trusted **out_trusted, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_trusted_freep)
	struct nacre_trusted *trusted = NULL;
	struct nacre_limits limits = nacre_env_limits(env);
	char name[NACRE_REF_TEXT];
	int rc;

	nacre_ref_print(ref, name);
	rc = nacre_policy_check(policy, err);
	if (rc == 0)
		rc = nacre_trusted_new(layout, ref, platform, &limits, &trusted, err);
	if (rc == 0)
		rc = check(trusted, layout, policy, name, env, err);
	if (rc == 0)
		*out_trusted = nacre_steal(&trusted);
	return rc;
}
