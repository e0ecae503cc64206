/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Policies: requirements of distinct keys, a threshold, a name. What they are held against is in
 * verify.c, how a file says them in policy_file.c.
 */
#include "sign/policy.h"

#include "base/scope.h"
#include "sign/key.h"

#include <string.h>

void nacre_requirement_clear(struct nacre_requirement *requirement)
{
	for (size_t i = 0; i < requirement->key_count; i++)
		nacre_key_free(requirement->keys[i]);
	free(requirement->keys);
	nacre_identity_clear(&requirement->identity);
	nacre_pairs_clear(&requirement->annotations);
	free(requirement->what);
	memset(requirement, 0, sizeof(*requirement));
}

int nacre_requirement_add_key_take(
	struct nacre_requirement *requirement, struct nacre_key *key, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_key_freep)
	struct nacre_key *taken = key;
	struct nacre_key **keys;

	for (size_t i = 0; i < requirement->key_count; i++) {
		if (strcmp(nacre_key_id(requirement->keys[i]), nacre_key_id(key)) == 0)
			return 0;
	}
	keys = reallocarray(requirement->keys, requirement->key_count + 1, sizeof(*keys));
	if (!keys)
		return nacre_fail_nomem(err);
	requirement->keys = keys;
	requirement->keys[requirement->key_count++] = nacre_steal(&taken);
	return 0;
}

int nacre_policy_add_take(
	struct nacre_policy *policy, struct nacre_requirement *requirement, struct nacre_err *err)
{
	struct nacre_requirement *items;

	items = reallocarray(policy->items, policy->count + 1, sizeof(*items));
	if (!items) {
		nacre_requirement_clear(requirement);
		return nacre_fail_nomem(err);
	}
	policy->items = items;
	policy->items[policy->count++] = *requirement;
	memset(requirement, 0, sizeof(*requirement));
	return 0;
}

int nacre_policy_new(struct nacre_policy **out_policy, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_policy_freep)
	struct nacre_policy *policy = calloc(1, sizeof(*policy));
	struct nacre_requirement own = {
		.kind = NACRE_REQUIRE_SIGNED,
		.threshold = 1,
		.takes_index = true,
	};
	int rc = policy ? nacre_policy_add_take(policy, &own, err) : nacre_fail_nomem(err);

	if (rc == 0)
		*out_policy = nacre_steal(&policy);
	return rc;
}

void nacre_policy_free(struct nacre_policy *policy)
{
	if (!policy)
		return;
	for (size_t i = 0; i < policy->count; i++)
		nacre_requirement_clear(&policy->items[i]);
	free(policy->items);
	free(policy->image);
	free(policy->rule);
	free(policy);
}

void nacre_policy_freep(struct nacre_policy **policy)
{
	nacre_policy_free(*policy);
}

int nacre_policy_add_key_take(
	struct nacre_policy *policy, struct nacre_key *key, struct nacre_err *err)
{
	return nacre_requirement_add_key_take(&policy->items[0], key, err);
}

int nacre_policy_set_threshold(struct nacre_policy *policy, size_t threshold, struct nacre_err *err)
{
	if (threshold == 0)
		return nacre_fail(err, NACRE_E_ARG, "a threshold of 0 would trust anybody");
	policy->items[0].threshold = threshold;
	return 0;
}

int nacre_policy_set_identity(
	struct nacre_policy *policy, const char *identity, struct nacre_err *err)
{
	struct nacre_identity named = { .kind = NACRE_IDENTITY_NAMED };

	if (!*identity)
		return nacre_fail(err, NACRE_E_ARG, "an empty name to be signed for");
	named.reference = strdup(identity);
	if (!named.reference)
		return nacre_fail_nomem(err);
	nacre_identity_clear(&policy->items[0].identity);
	policy->items[0].identity = named;
	return 0;
}

int nacre_policy_add_annotation(
	struct nacre_policy *policy, const char *name, const char *value, struct nacre_err *err)
{
	if (!*name)
		return nacre_fail(err, NACRE_E_ARG, "an annotation without a name");
	return nacre_pairs_set(&policy->items[0].annotations, name, value, err);
}

static int check_requirement(const struct nacre_requirement *requirement, struct nacre_err *err)
{
	if (requirement->kind != NACRE_REQUIRE_SIGNED)
		return 0;
	if (requirement->key_count == 0)
		return nacre_fail(err, NACRE_E_ARG, "a policy without keys");
	if (requirement->threshold == 0 || requirement->threshold > requirement->key_count)
		return nacre_fail(err, NACRE_E_ARG, "a threshold of %zu with %zu distinct key%s",
			requirement->threshold, requirement->key_count,
			requirement->key_count == 1 ? "" : "s");
	return 0;
}

int nacre_policy_check(const struct nacre_policy *policy, struct nacre_err *err)
{
	int rc = 0;

	if (policy->count == 0)
		return nacre_fail(err, NACRE_E_ARG, "a policy without requirements");
	for (size_t i = 0; rc == 0 && i < policy->count; i++)
		rc = check_requirement(&policy->items[i], err);
	return rc;
}
