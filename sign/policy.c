/* SPDX-License-Identifier: Apache-2.0 */
/* Policies: distinct keys, a threshold, a name. What they are held against is in verify.c. */
#include "sign/policy.h"

#include "base/scope.h"
#include "sign/key.h"

#include <string.h>

int nacre_policy_new(struct nacre_policy **out_policy, struct nacre_err *err)
{
	struct nacre_policy *policy = calloc(1, sizeof(*policy));

	if (!policy)
		return nacre_fail_nomem(err);
	policy->threshold = 1;
	*out_policy = policy;
	return 0;
}

void nacre_policy_free(struct nacre_policy *policy)
{
	if (!policy)
		return;
	for (size_t i = 0; i < policy->key_count; i++)
		nacre_key_free(policy->keys[i]);
	free(policy->keys);
	free(policy->identity);
	free(policy);
}

void nacre_policy_freep(struct nacre_policy **policy)
{
	nacre_policy_free(*policy);
}

int nacre_policy_add_key_take(
	struct nacre_policy *policy, struct nacre_key *key, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_key_freep)
	struct nacre_key *taken = key;
	struct nacre_key **keys;

	for (size_t i = 0; i < policy->key_count; i++) {
		if (strcmp(nacre_key_id(policy->keys[i]), nacre_key_id(key)) == 0)
			return 0;
	}
	keys = reallocarray(policy->keys, policy->key_count + 1, sizeof(*keys));
	if (!keys)
		return nacre_fail_nomem(err);
	policy->keys = keys;
	policy->keys[policy->key_count++] = nacre_steal(&taken);
	return 0;
}

int nacre_policy_set_threshold(struct nacre_policy *policy, size_t threshold, struct nacre_err *err)
{
	if (threshold == 0)
		return nacre_fail(err, NACRE_E_ARG, "a threshold of 0 would trust anybody");
	policy->threshold = threshold;
	return 0;
}

int nacre_policy_set_identity(
	struct nacre_policy *policy, const char *identity, struct nacre_err *err)
{
	char *copy;

	if (!*identity)
		return nacre_fail(err, NACRE_E_ARG, "an empty name to be signed for");
	copy = strdup(identity);
	if (!copy)
		return nacre_fail_nomem(err);
	free(policy->identity);
	policy->identity = copy;
	return 0;
}

int nacre_policy_check(const struct nacre_policy *policy, struct nacre_err *err)
{
	if (policy->key_count == 0)
		return nacre_fail(err, NACRE_E_ARG, "a policy without keys");
	if (policy->threshold > policy->key_count)
		return nacre_fail(err, NACRE_E_ARG, "a threshold of %zu with %zu distinct key%s",
			policy->threshold, policy->key_count, policy->key_count == 1 ? "" : "s");
	return 0;
}

/* How much of HOST:PORT/REPO:TAG@DIGEST is HOST:PORT/REPO. */
static size_t repository_len(const char *identity)
{
	size_t len = strcspn(identity, "@");

	for (size_t i = len; i > 0 && identity[i - 1] != '/'; i--) {
		if (identity[i - 1] == ':')
			return i - 1;
	}
	return len;
}

bool nacre_policy_wants(const struct nacre_policy *policy, const char *identity)
{
	size_t len;

	if (!policy->identity || strcmp(policy->identity, identity) == 0)
		return true;
	len = repository_len(policy->identity);
	return policy->identity[len] == '\0' && repository_len(identity) == len &&
		memcmp(policy->identity, identity, len) == 0;
}
