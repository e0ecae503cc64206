/* SPDX-License-Identifier: Apache-2.0 */
/** The account of a verification: what was asked for, and the fate of each signature. */
#ifndef NACRE_SIGN_VERDICT_H
#define NACRE_SIGN_VERDICT_H

#include "sign/policy.h"

#define NACRE_FATES (NACRE_FATE_DAMAGED + 1)

struct nacre_verdict {
	char *rule;
	struct nacre_requirement_note *requirements;
	size_t requirement_count;
	struct nacre_signature_note *signatures;
	size_t signature_count;
};

void nacre_verdict_freep(struct nacre_verdict **verdict);

/** What a policy asks for, nothing of it met. Errors: NOMEM. */
NACRE_CHECKED int nacre_verdict_new(const struct nacre_policy *policy,
	struct nacre_verdict **out_verdict, struct nacre_err *err);

/** Moves a note in: it is left empty, also on failure. Errors: NOMEM. */
NACRE_CHECKED int nacre_verdict_add_take(
	struct nacre_verdict *verdict, struct nacre_signature_note *note, struct nacre_err *err);

void nacre_signature_note_clear(struct nacre_signature_note *note);

#endif
