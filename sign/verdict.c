/* SPDX-License-Identifier: Apache-2.0 */
/* Notes of what verify.c has decided, and why. Nothing is decided here. */
#include "sign/verdict.h"

#include "base/scope.h"

#include <string.h>

void nacre_signature_note_clear(struct nacre_signature_note *note)
{
	free(note->key_id);
	free(note->identity);
	free(note->why);
	memset(note, 0, sizeof(*note));
}

void nacre_verdict_free(struct nacre_verdict *verdict)
{
	if (!verdict)
		return;
	for (size_t i = 0; i < verdict->requirement_count; i++) {
		free(verdict->requirements[i].type);
		free(verdict->requirements[i].identity);
	}
	for (size_t i = 0; i < verdict->signature_count; i++)
		nacre_signature_note_clear(&verdict->signatures[i]);
	free(verdict->requirements);
	free(verdict->signatures);
	free(verdict->rule);
	free(verdict);
}

void nacre_verdict_freep(struct nacre_verdict **verdict)
{
	nacre_verdict_free(*verdict);
	*verdict = NULL;
}

static const char *type_name(const struct nacre_requirement *requirement)
{
	static const char *const names[] = {
		[NACRE_REQUIRE_REJECT] = "reject",
		[NACRE_REQUIRE_ANYTHING] = "anything",
		[NACRE_REQUIRE_SIGNED] = "signed",
	};

	return requirement->kind == NACRE_REQUIRE_UNSUPPORTED ? requirement->what
							      : names[requirement->kind];
}

static int add_requirement(struct nacre_verdict *verdict,
	const struct nacre_requirement *requirement, struct nacre_err *err)
{
	struct nacre_requirement_note *note = &verdict->requirements[verdict->requirement_count++];
	int rc = nacre_text_set(&note->type, type_name(requirement), err);

	if (rc || requirement->kind != NACRE_REQUIRE_SIGNED)
		return rc;
	note->key_count = requirement->key_count;
	note->threshold = requirement->threshold;
	return nacre_text_set(&note->identity, nacre_identity_name(&requirement->identity), err);
}

int nacre_verdict_new(const struct nacre_policy *policy, struct nacre_verdict **out_verdict,
	struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_verdict_freep)
	struct nacre_verdict *verdict = calloc(1, sizeof(*verdict));
	int rc;

	if (!verdict)
		return nacre_fail_nomem(err);
	verdict->requirements = calloc(policy->count, sizeof(*verdict->requirements));
	if (!verdict->requirements)
		return nacre_fail_nomem(err);
	rc = nacre_text_set(&verdict->rule, policy->rule, err);
	for (size_t i = 0; rc == 0 && i < policy->count; i++)
		rc = add_requirement(verdict, &policy->items[i], err);
	if (rc == 0)
		*out_verdict = nacre_steal(&verdict);
	return rc;
}

int nacre_verdict_add_take(
	struct nacre_verdict *verdict, struct nacre_signature_note *note, struct nacre_err *err)
{
	struct nacre_signature_note *items =
		reallocarray(verdict->signatures, verdict->signature_count + 1, sizeof(*items));

	if (!items) {
		nacre_signature_note_clear(note);
		return nacre_fail_nomem(err);
	}
	verdict->signatures = items;
	items[verdict->signature_count++] = *note;
	memset(note, 0, sizeof(*note));
	return 0;
}

const char *nacre_verdict_rule(const struct nacre_verdict *verdict)
{
	return verdict->rule;
}

const struct nacre_requirement_note *nacre_verdict_requirement(
	const struct nacre_verdict *verdict, size_t i)
{
	return i < verdict->requirement_count ? &verdict->requirements[i] : NULL;
}

const struct nacre_signature_note *nacre_verdict_signature(
	const struct nacre_verdict *verdict, size_t i)
{
	return i < verdict->signature_count ? &verdict->signatures[i] : NULL;
}
