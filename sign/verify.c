/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a policy and what lies in a layout to a trusted image. For each signature: bound its size,
 * hash the payload (found.c), verify, parse, compare; in this order, so that nothing that no given
 * key has signed is parsed.
 */
#include "base/buf.h"
#include "base/digest.h"
#include "base/env.h"
#include "base/scope.h"
#include "sign/found.h"
#include "sign/key.h"
#include "sign/payload.h"
#include "sign/policy.h"
#include "sign/signatures.h"
#include "sign/trusted_make.h"
#include "sign/verdict.h"

#include <stdio.h>
#include <string.h>

#define NOTES_BYTES 700

/* What the signatures that were found are worth to one requirement. */
struct tally {
	const struct nacre_requirement *requirement;
	struct nacre_requirement_note *note;
	bool *signed_by; /* for each key of the requirement */
	size_t total;
	size_t fates[NACRE_FATES];
	char first_damage[400];
	char changed[400]; /* of bytes that are not those which were named; "" when there are none
			    */
};

struct judgement {
	const struct nacre_policy *policy;
	struct nacre_verdict *verdict;
	/* What may be signed: the manifest, and the index that it was found through. */
	const struct nacre_digest *digests[2];
	struct tally *tallies; /* one for each requirement */
};

static void clear_judgement(struct judgement *judgement)
{
	for (size_t i = 0; judgement->tallies && i < judgement->policy->count; i++)
		free(judgement->tallies[i].signed_by);
	free(judgement->tallies);
}

static int open_tallies(struct judgement *judgement, struct nacre_err *err)
{
	const struct nacre_policy *policy = judgement->policy;

	judgement->tallies = calloc(policy->count, sizeof(*judgement->tallies));
	if (!judgement->tallies)
		return nacre_fail_nomem(err);
	for (size_t i = 0; i < policy->count; i++) {
		struct tally *tally = &judgement->tallies[i];

		tally->requirement = &policy->items[i];
		tally->note = &judgement->verdict->requirements[i];
		tally->signed_by = calloc(policy->items[i].key_count + 1, sizeof(bool));
		if (!tally->signed_by)
			return nacre_fail_nomem(err);
	}
	return 0;
}

/* --------------------------------------------------------------- a signature */

/* Which key has made it; the number of keys when none has. */
static size_t find_key(const struct nacre_requirement *requirement, const struct nacre_found *found)
{
	size_t k = 0;

	while (k < requirement->key_count &&
		!nacre_key_verify(requirement->keys[k], found->message->data, found->message->len,
			found->signature->data, found->signature->len))
		k++;
	return k;
}

static bool has_annotations(const struct nacre_payload *payload, const struct nacre_pairs *wanted)
{
	for (size_t i = 0; i < wanted->count; i++) {
		const char *value = nacre_pairs_find(&payload->annotations, wanted->items[i].name);

		if (!value || strcmp(value, wanted->items[i].value) != 0)
			return false;
	}
	return true;
}

static bool is_for_name(const struct judgement *judgement,
	const struct nacre_requirement *requirement, const char *name)
{
	if (!name)
		return requirement->identity.kind == NACRE_IDENTITY_ANY;
	return nacre_identity_match(&requirement->identity, judgement->policy->image, name);
}

/* What a payload is worth that a key of the requirement has signed. */
static enum nacre_fate weigh_payload(const struct judgement *judgement,
	const struct nacre_requirement *requirement, const struct nacre_payload *payload)
{
	if (!nacre_digest_equal(&payload->digest, judgement->digests[0])) {
		if (!nacre_digest_equal(&payload->digest, judgement->digests[1]))
			return NACRE_FATE_OTHER_IMAGE;
		if (!requirement->takes_index)
			return NACRE_FATE_INDEX;
	}
	if (!is_for_name(judgement, requirement, payload->identity))
		return NACRE_FATE_OTHER_NAME;
	if (!has_annotations(payload, &requirement->annotations))
		return NACRE_FATE_ANNOTATION;
	return NACRE_FATE_COUNTS;
}

static int weigh_signed(const struct judgement *judgement, struct tally *tally, size_t k,
	const struct nacre_found *found, struct nacre_signature_note *note, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_payload_clear)
	struct nacre_payload payload = { 0 };
	struct nacre_err why = { 0 };
	int rc = nacre_found_parse(found, &payload, &why);

	if (rc == NACRE_E_NOMEM)
		return nacre_fail_nomem(err);
	if (rc) {
		note->fate = rc == NACRE_E_UNSUPPORTED ? NACRE_FATE_OTHER_KIND : NACRE_FATE_DAMAGED;
		return nacre_text_set(&note->why, why.text, err);
	}
	note->fate = weigh_payload(judgement, tally->requirement, &payload);
	if (note->fate == NACRE_FATE_COUNTS && tally->signed_by[k])
		note->fate = NACRE_FATE_AGAIN;
	if (note->fate == NACRE_FATE_COUNTS) {
		tally->signed_by[k] = true;
		tally->note->have++;
	}
	return nacre_text_set(&note->identity, payload.identity, err);
}

static int weigh(const struct judgement *judgement, struct tally *tally,
	const struct nacre_found *found, struct nacre_signature_note *note, struct nacre_err *err)
{
	const struct nacre_requirement *requirement = tally->requirement;
	size_t k;
	int rc;

	if (found->damage) {
		note->fate = NACRE_FATE_DAMAGED;
		return nacre_text_set(&note->why, found->why.text, err);
	}
	k = find_key(requirement, found);
	if (k == requirement->key_count) {
		note->fate = NACRE_FATE_OTHER_KEY;
		return 0;
	}
	rc = nacre_text_set(&note->key_id, nacre_key_id(requirement->keys[k]), err);
	return rc ? rc : weigh_signed(judgement, tally, k, found, note, err);
}

/*
 * Several lists may name a bundle, and who looks through all blobs meets it once more. One that
 * could not be read under one description is looked at under another: the first may be the lie.
 */
static bool is_told(const struct nacre_verdict *verdict, const struct nacre_found *found)
{
	for (size_t i = 0; i < verdict->signature_count; i++) {
		const struct nacre_signature_note *note = &verdict->signatures[i];

		if (note->form == NACRE_SIGNATURE_BUNDLE && found->form == note->form &&
			nacre_digest_equal(&note->lies_in, &found->lies_in) &&
			(found->damage || note->fate != NACRE_FATE_DAMAGED))
			return true;
	}
	return false;
}

static int on_found(const struct nacre_found *found, void *user, struct nacre_err *err)
{
	struct judgement *judgement = user;
	int rc = 0;

	if (is_told(judgement->verdict, found))
		return 0;
	for (size_t i = 0; rc == 0 && i < judgement->policy->count; i++) {
		struct tally *tally = &judgement->tallies[i];
		NACRE_CLEANUP(nacre_signature_note_clear)
		struct nacre_signature_note note = {
			.requirement = i,
			.form = found->form,
			.lies_in = found->lies_in,
		};

		if (tally->requirement->kind != NACRE_REQUIRE_SIGNED)
			continue;
		rc = weigh(judgement, tally, found, &note, err);
		if (rc)
			break;
		if (note.fate == NACRE_FATE_DAMAGED && tally->fates[NACRE_FATE_DAMAGED] == 0)
			(void)snprintf(tally->first_damage, sizeof(tally->first_damage), "%.399s",
				note.why);
		if (found->damage == NACRE_E_DIGEST && found->is_ours && !tally->changed[0])
			(void)snprintf(tally->changed, sizeof(tally->changed), "%.399s", note.why);
		tally->total++;
		tally->fates[note.fate]++;
		rc = nacre_verdict_add_take(judgement->verdict, &note, err);
	}
	return rc;
}

/* ------------------------------------------------------------- a requirement */

static const struct {
	enum nacre_fate fate;
	const char *what;
} fate_rows[] = {
	{ NACRE_FATE_DAMAGED, "damaged: " },
	{ NACRE_FATE_OTHER_IMAGE, "for another image" },
	{ NACRE_FATE_INDEX, "for the index and not for the image" },
	{ NACRE_FATE_OTHER_NAME, "for another name" },
	{ NACRE_FATE_ANNOTATION, "without an annotation that is asked for" },
	{ NACRE_FATE_OTHER_KIND, "that says something else" },
};

#define FATE_ROWS (sizeof(fate_rows) / sizeof(fate_rows[0]))

/* "2 damaged: not base64; 1 for another image", in brackets; "" when there is nothing to say. */
static const char *print_notes(
	const struct tally *tally, bool only_damage, char out_text[NOTES_BYTES])
{
	size_t len = 0;

	out_text[0] = '\0';
	for (size_t i = 0; i < (only_damage ? 1 : FATE_ROWS); i++) {
		size_t count = tally->fates[fate_rows[i].fate];
		int put;

		if (count == 0)
			continue;
		put = snprintf(out_text + len, NOTES_BYTES - len, "%s%zu %s%s",
			len > 0 ? "; " : " (", count, fate_rows[i].what,
			i == 0 ? tally->first_damage : "");
		len += put > 0 ? (size_t)put : 0;
	}
	if (len > 0)
		(void)snprintf(out_text + len, NOTES_BYTES - len, ")");
	return out_text;
}

/*
 * Others' rubbish must not hide a good signature. But where bytes are not those that the layout
 * names, somebody has been at it, and nothing of it is believed.
 */
static int judge_enough(const struct tally *tally, struct nacre_err *err)
{
	if (tally->changed[0])
		return nacre_fail(
			err, NACRE_E_UNTRUSTED, "a signature was changed: %s", tally->changed);
	tally->note->is_met = true;
	return 0;
}

static int judge_signed(const struct tally *tally, struct nacre_err *err)
{
	size_t bad = tally->total - tally->fates[NACRE_FATE_OTHER_KEY];
	char notes[NOTES_BYTES];

	if (tally->note->have >= tally->requirement->threshold)
		return judge_enough(tally, err);
	if (tally->total == 0)
		return nacre_fail(err, NACRE_E_UNTRUSTED, "no signature");
	(void)print_notes(tally, false, notes);
	if (tally->note->have > 0)
		return nacre_fail(err, NACRE_E_UNTRUSTED, "%zu of %zu needed signatures%s",
			tally->note->have, tally->requirement->threshold, notes);
	return nacre_fail(err, NACRE_E_UNTRUSTED, "%zu signature%s, none %s%s", tally->total,
		tally->total == 1 ? "" : "s",
		bad == tally->total ? "that counts" : "by a given key", notes);
}

static int judge_requirement(const struct tally *tally, struct nacre_err *err)
{
	switch (tally->requirement->kind) {
	case NACRE_REQUIRE_ANYTHING:
		tally->note->is_met = true;
		return 0;
	case NACRE_REQUIRE_SIGNED:
		return judge_signed(tally, err);
	case NACRE_REQUIRE_UNSUPPORTED:
		return nacre_fail(err, NACRE_E_UNSUPPORTED, "%.256s cannot be checked here",
			tally->requirement->what);
	case NACRE_REQUIRE_REJECT:
		break;
	}
	return nacre_fail(err, NACRE_E_UNTRUSTED, "reject");
}

static bool is_all_met(const struct judgement *judgement)
{
	for (size_t i = 0; i < judgement->policy->count; i++) {
		const struct tally *tally = &judgement->tallies[i];

		if (tally->requirement->kind == NACRE_REQUIRE_SIGNED &&
			tally->note->have < tally->requirement->threshold)
			return false;
	}
	return true;
}

/* All are judged, for the account; the first that is not met is the error. */
static int judge(const struct judgement *judgement, struct nacre_err *err)
{
	const struct nacre_policy *policy = judgement->policy;
	struct nacre_err why = { 0 }, first = { 0 };
	int first_rc = 0;

	for (size_t i = 0; i < policy->count; i++) {
		int rc = judge_requirement(&judgement->tallies[i], &why);

		if (rc && policy->count > 1)
			rc = nacre_within(&why, rc, "requirement %zu of %zu", i + 1, policy->count);
		if (rc == 0 || first_rc)
			continue;
		first_rc = rc;
		first = why;
	}
	if (first_rc && policy->rule)
		first_rc = nacre_within(&first, first_rc, "%.300s", policy->rule);
	if (first_rc && err)
		*err = first;
	return first_rc;
}

/* ----------------------------------------------------------------- an image */

/* Everybody who has signed, once, in the order of the policy. */
static int list_signers(
	struct nacre_trusted *trusted, const struct judgement *judgement, struct nacre_err *err)
{
	int rc = 0;

	for (size_t i = 0; i < judgement->policy->count; i++) {
		const struct tally *tally = &judgement->tallies[i];

		for (size_t k = 0; rc == 0 && k < tally->requirement->key_count; k++) {
			const char *id = nacre_key_id(tally->requirement->keys[k]);

			if (tally->signed_by[k] && !nacre_texts_has(&trusted->signers, id))
				rc = nacre_texts_add(&trusted->signers, id, err);
		}
	}
	return rc;
}

static int explain(
	struct nacre_trusted *trusted, const struct judgement *judgement, struct nacre_err *err)
{
	const struct nacre_policy *policy = judgement->policy;
	size_t signers;
	int rc = list_signers(trusted, judgement, err);

	if (rc)
		return rc;
	signers = trusted->signers.count;
	if (signers == 0)
		return nacre_trusted_set_reason(trusted, err,
			"not verified: %s takes it from anybody",
			policy->rule ? policy->rule : "the policy");
	if (!policy->rule)
		return nacre_trusted_set_reason(trusted, err, "signed by %zu key%s, %zu needed",
			signers, signers == 1 ? "" : "s", policy->items[0].threshold);
	return nacre_trusted_set_reason(trusted, err, "signed by %zu key%s, as %s asks", signers,
		signers == 1 ? "" : "s", policy->rule);
}

static int warn_of_damage(const struct judgement *judgement, const char *name,
	const struct nacre_env *env, struct nacre_err *err)
{
	char notes[NOTES_BYTES];
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < judgement->policy->count; i++) {
		const struct tally *tally = &judgement->tallies[i];

		if (tally->fates[NACRE_FATE_DAMAGED] > 0)
			return nacre_warn(env, err, "%.300s: signatures that do not count%s", name,
				print_notes(tally, true, notes));
	}
	return rc;
}

/* Signatures before content: what is not trusted is not parsed any further. */
static int check(struct nacre_trusted *trusted, const struct nacre_layout *layout,
	const struct nacre_policy *policy, struct nacre_verdict *verdict, const char *name,
	const struct nacre_env *env, struct nacre_err *err)
{
	struct nacre_limits limits = nacre_env_limits(env);
	NACRE_CLEANUP(clear_judgement)
	struct judgement judgement = {
		.policy = policy,
		.verdict = verdict,
		.digests = { &trusted->desc.digest, &trusted->top.digest },
	};
	int rc = open_tallies(&judgement, err);

	if (rc == 0)
		rc = nacre_found_each(
			layout, judgement.digests, &limits, on_found, &judgement, err);
	/* It takes longer, so only when those that are listed are too few. */
	if (rc == 0 && nacre_is_saved_by_cosign(&trusted->top) && !is_all_met(&judgement))
		rc = nacre_found_each_unlisted(
			layout, judgement.digests, &limits, on_found, &judgement, err);
	if (rc)
		return rc;
	rc = judge(&judgement, err);
	if (rc)
		return nacre_within(err, rc, "%.300s", name);
	rc = warn_of_damage(&judgement, name, env, err);
	if (rc == 0)
		rc = nacre_trusted_load(trusted, layout, &limits, err);
	return rc ? rc : explain(trusted, &judgement, err);
}

int nacre_verify_explained(const struct nacre_layout *layout, const struct nacre_ref *ref,
	const struct nacre_policy *policy, const struct nacre_platform *platform,
	const struct nacre_env *env, struct nacre_verdict **out_verdict,
	struct nacre_trusted **out_trusted, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_trusted_freep)
	struct nacre_trusted *trusted = NULL;
	NACRE_CLEANUP(nacre_verdict_freep)
	struct nacre_verdict *verdict = NULL;
	struct nacre_limits limits = nacre_env_limits(env);
	char name[NACRE_REF_TEXT];
	int rc;

	*out_verdict = NULL;
	nacre_ref_print(ref, name);
	rc = nacre_policy_check(policy, err);
	if (rc == 0)
		rc = nacre_trusted_new(layout, ref, platform, &limits, &trusted, err);
	if (rc == 0)
		rc = nacre_verdict_new(policy, &verdict, err);
	if (rc)
		return rc;
	rc = check(trusted, layout, policy, verdict, name, env, err);
	if (rc == 0)
		*out_trusted = nacre_steal(&trusted);
	*out_verdict = nacre_steal(&verdict);
	return rc;
}

int nacre_verify(const struct nacre_layout *layout, const struct nacre_ref *ref,
	const struct nacre_policy *policy, const struct nacre_platform *platform,
	const struct nacre_env *env, struct nacre_trusted **out_trusted, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_verdict_freep)
	struct nacre_verdict *verdict = NULL;

	return nacre_verify_explained(
		layout, ref, policy, platform, env, &verdict, out_trusted, err);
}
