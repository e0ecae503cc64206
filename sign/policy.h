/* SPDX-License-Identifier: Apache-2.0 */
/** What a policy asks for. */
#ifndef NACRE_SIGN_POLICY_H
#define NACRE_SIGN_POLICY_H

#include "formats/list.h"
#include "sign/identity.h"

#include <nacre/sign.h>

enum nacre_requirement_kind {
	NACRE_REQUIRE_REJECT,	   /**< nothing passes */
	NACRE_REQUIRE_ANYTHING,	   /**< anything passes */
	NACRE_REQUIRE_SIGNED,	   /**< by so many of these keys */
	NACRE_REQUIRE_UNSUPPORTED, /**< known, and cannot be checked here: nothing passes */
};

/** All zero rejects. */
struct nacre_requirement {
	enum nacre_requirement_kind kind;
	struct nacre_key **keys; /* distinct, public */
	size_t key_count;
	size_t threshold;
	struct nacre_identity identity;
	struct nacre_pairs annotations; /* that must be signed, too */
	bool takes_index; /* a signature of the index through which an image was found counts */
	char *what;	  /* unsupported: what it is, for messages ("signedBy (GPG)") */
};

void nacre_requirement_clear(struct nacre_requirement *requirement);

/** Adds a key. The same key once more changes nothing. Errors: NOMEM. */
NACRE_CHECKED int nacre_requirement_add_key_take(
	struct nacre_requirement *requirement, struct nacre_key *key, struct nacre_err *err);

struct nacre_policy {
	struct nacre_requirement *items; /* all must be met */
	size_t count;			 /* at least one */
	char *image;			 /* HOST/REPO:TAG that it is taken for; NULL: no name */
	char *rule; /* where it comes from: "policy.json: default"; NULL: from calls */
};

void nacre_policy_freep(struct nacre_policy **policy);

/**
 * Adds a requirement, emptied.
 *
 * Errors: NOMEM.
 */
NACRE_CHECKED int nacre_policy_add_take(
	struct nacre_policy *policy, struct nacre_requirement *requirement, struct nacre_err *err);

/** Errors: ARG (no key, a threshold above the number of keys). */
NACRE_CHECKED int nacre_policy_check(const struct nacre_policy *policy, struct nacre_err *err);

#endif
