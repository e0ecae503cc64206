/* SPDX-License-Identifier: Apache-2.0 */
/** What a policy asks for. */
#ifndef NACRE_SIGN_POLICY_H
#define NACRE_SIGN_POLICY_H

#include "base/err.h"

#include <nacre/sign.h>

struct nacre_policy {
	struct nacre_key **keys; /* distinct */
	size_t key_count;
	size_t threshold;
	char *identity; /* NULL: any */
};

void nacre_policy_freep(struct nacre_policy **policy);

/** Errors: ARG (no key, a threshold above the number of keys). */
NACRE_CHECKED int nacre_policy_check(const struct nacre_policy *policy, struct nacre_err *err);

/** Whether a signature for `identity` will do. */
bool nacre_policy_wants(const struct nacre_policy *policy, const char *identity);

#endif
