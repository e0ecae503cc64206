/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

static void the_same_key_twice_counts_once(void **state)
{
	NACRE_CLEANUP(nacre_key_freep)
	struct nacre_key *key = make_key(NACRE_KEY_P256);
	NACRE_CLEANUP(nacre_policy_freep)
	struct nacre_policy *policy = NULL;
	const struct nacre_key *twice[] = { key, key };

	(void)state;
	policy = make_policy(twice, 2, 2);
	assert_int_equal(policy->items[0].key_count, 1);
	assert_refused(nacre_policy_check(policy, err), NACRE_E_ARG,
		"a threshold of 2 with 1 distinct key");
}

static void a_policy_that_would_trust_anybody_is_refused(void **state)
{
	NACRE_CLEANUP(nacre_policy_freep)
	struct nacre_policy *policy = NULL;

	(void)state;
	assert_works(nacre_policy_new(&policy, err));
	assert_refused(nacre_policy_check(policy, err), NACRE_E_ARG, "a policy without keys");
	assert_refused(nacre_policy_set_threshold(policy, 0, err), NACRE_E_ARG,
		"a threshold of 0 would trust anybody");
	assert_refused(nacre_policy_set_identity(policy, "", err), NACRE_E_ARG,
		"an empty name to be signed for");
}

static void a_name_with_a_tag_is_exact_and_one_without_takes_any(void **state)
{
	static const struct {
		const char *want, *got;
		bool fits;
	} rows[] = {
		{ "h.org/app:1", "h.org/app:1", true },
		{ "h.org/app:1", "h.org/app:2", false },
		{ "h.org/app:1", "h.org/app", false },
		{ "h.org/app", "h.org/app", true },
		{ "h.org/app", "h.org/app:2", true },
		{ "h.org/app", "h.org/app:2@sha256:00", true },
		{ "h.org/app", "h.org/apple:2", false },
		{ "h.org/app", "h.org/ap", false },
		{ "h.org/app", "evil/h.org/app:2", false },
		{ "h.org:5000/app", "h.org:5000/app:2", true },
		{ "h.org:5000/app", "h.org", false },
		{ "h.org:5000/app", "h.org:5001/app", false },
		{ "h.org/app", "", false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		NACRE_CLEANUP(nacre_policy_freep)
		struct nacre_policy *policy = NULL;

		assert_works(nacre_policy_new(&policy, err));
		assert_true(nacre_identity_match(&policy->items[0].identity, NULL, rows[i].got));
		assert_works(nacre_policy_set_identity(policy, rows[i].want, err));
		assert_int_equal(
			nacre_identity_match(&policy->items[0].identity, NULL, rows[i].got),
			rows[i].fits);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_same_key_twice_counts_once),
		cmocka_unit_test(a_policy_that_would_trust_anybody_is_refused),
		cmocka_unit_test(a_name_with_a_tag_is_exact_and_one_without_takes_any),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
