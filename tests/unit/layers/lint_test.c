/* SPDX-License-Identifier: Apache-2.0 */
/* How findings are told; which ones there are is in tests/vectors/layers. */
#include "layers/lint.h"
#include "layers/twin.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define TOLD_MOST 32

static struct {
	struct nacre_lint_finding finding;
	char name[64];
	char text[64];
} told[TOLD_MOST];
static size_t told_count;
static size_t stop_at;
static struct nacre_lint lint;
static struct nacre_err err;

static int tell(const struct nacre_lint_finding *finding, void *user)
{
	assert_ptr_equal(user, &lint);
	assert_true(told_count < TOLD_MOST);
	told[told_count].finding = *finding;
	(void)snprintf(told[told_count].name, sizeof(told[0].name), "%s",
		finding->name ? finding->name : "(none)");
	(void)snprintf(told[told_count].text, sizeof(told[0].text), "%s", finding->text);
	return ++told_count == stop_at;
}

static int setup(void **state)
{
	(void)state;
	memset(&lint, 0, sizeof(lint));
	lint.tell = tell;
	lint.user = &lint;
	told_count = 0;
	stop_at = 0;
	return nacre_lint_enter(&lint, "layer 1 of 1", 1, &err);
}

static void without_a_lint_each_violation_is_an_error_of_its_rule(void **state)
{
	(void)state;
	assert_int_equal(nacre_lint_refuse(NULL, NACRE_RULE_PADDING, &err, "x"), NACRE_E_UNSAFE);
	assert_string_equal(err.text, "x");
	assert_int_equal(
		nacre_lint_drop(NULL, NACRE_RULE_SPARSE, &err, "%d", 7), NACRE_E_UNSUPPORTED);
	assert_string_equal(err.text, "7");
	assert_int_equal(nacre_lint_end(NULL, NACRE_RULE_CUT, NULL, "y"), NACRE_E_FORMAT);
	assert_int_equal(nacre_lint_remark(NULL, NACRE_RULE_AUFS, &err, "z"), 0);
	assert_int_equal(
		nacre_lint_drop_as(NULL, NACRE_RULE_LIMIT, NACRE_E_UNSAFE, &err), NACRE_E_UNSAFE);
	assert_int_equal(nacre_lint_resume(NULL, NACRE_E_UNSAFE), NACRE_E_UNSAFE);
}

static void with_one_they_are_told_and_only_what_was_dropped_is_resumed(void **state)
{
	int rc;

	(void)state;
	assert_int_equal(nacre_lint_refuse(&lint, NACRE_RULE_PADDING, &err, "one"), 0);
	rc = nacre_lint_drop(&lint, NACRE_RULE_TYPE, &err, "two");
	assert_int_equal(rc, NACRE_E_UNSUPPORTED);
	assert_int_equal(nacre_lint_resume(&lint, rc), 0);
	assert_int_equal(nacre_lint_resume(&lint, rc), rc);
	rc = nacre_lint_end(&lint, NACRE_RULE_CUT, &err, "three");
	assert_int_equal(nacre_lint_resume(&lint, rc), NACRE_E_FORMAT);
	assert_int_equal(nacre_lint_remark(&lint, NACRE_RULE_AUFS, &err, "four"), 0);
	assert_int_equal(told_count, 4);
	assert_string_equal(told[1].finding.rule->id, "tar/type");
	assert_int_equal(lint.refused, 3);
	assert_int_equal(lint.notes, 1);
}

static void what_the_system_says_is_not_told(void **state)
{
	(void)state;
	assert_int_equal(nacre_lint_drop_as(&lint, NACRE_RULE_LIMIT, NACRE_E_IO, &err), NACRE_E_IO);
	assert_int_equal(
		nacre_lint_end_as(&lint, NACRE_RULE_LIMIT, NACRE_E_NOMEM, &err), NACRE_E_NOMEM);
	assert_int_equal(nacre_lint_refuse_as(&lint, NACRE_RULE_LIMIT, 0, &err), 0);
	assert_int_equal(told_count, 0);
}

static void an_error_on_its_way_up_is_told_once(void **state)
{
	int rc;

	(void)state;
	rc = nacre_lint_drop(&lint, NACRE_RULE_TWICE, &err, "inner");
	rc = nacre_lint_drop_as(&lint, NACRE_RULE_PARENT, rc, &err);
	assert_int_equal(nacre_lint_resume(&lint, rc), 0);
	assert_int_equal(told_count, 1);
	assert_string_equal(told[0].finding.rule->id, "fold/twice");
}

static void a_finding_waits_for_the_name_of_its_member(void **state)
{
	(void)state;
	nacre_lint_hold(&lint, 512);
	assert_int_equal(nacre_lint_refuse(&lint, NACRE_RULE_PAX_TWICE, &err, "held"), 0);
	nacre_lint_hold(&lint, 1024);
	assert_int_equal(told_count, 0);
	assert_int_equal(nacre_lint_name(&lint, "usr/lib/x and more", 9, &err), 0);
	assert_int_equal(told_count, 1);
	assert_string_equal(told[0].name, "usr/lib/x");
	assert_string_equal(told[0].text, "held");
	assert_true(told[0].finding.has_offset);
	assert_int_equal(told[0].finding.offset, 512);
	assert_int_equal(told[0].finding.layer, 1);
	assert_string_equal(told[0].finding.place, "layer 1 of 1");
}

static void what_gets_no_name_is_told_without_one(void **state)
{
	(void)state;
	for (int i = 0; i < NACRE_LINT_HELD + 2; i++) {
		nacre_lint_hold(&lint, 512);
		assert_int_equal(nacre_lint_refuse(&lint, NACRE_RULE_PAX_TWICE, &err, "%d", i), 0);
	}
	assert_int_equal(told_count, NACRE_LINT_HELD);
	assert_int_equal(nacre_lint_about_member(&lint, 4096, "a", &err), 0);
	assert_int_equal(told_count, NACRE_LINT_HELD + 2);
	for (size_t i = 0; i < told_count; i++) {
		assert_string_equal(told[i].name, "(none)");
		assert_int_equal(told[i].text[0], (int)('0' + i % 10));
	}
}

static void nonzero_from_the_callback_cancels(void **state)
{
	(void)state;
	stop_at = 1;
	assert_int_equal(nacre_lint_refuse(&lint, NACRE_RULE_PADDING, &err, "x"), NACRE_E_CANCELED);
	assert_int_equal(nacre_lint_resume(&lint, NACRE_E_CANCELED), NACRE_E_CANCELED);
	told_count = 0;
	assert_int_equal(nacre_lint_drop(&lint, NACRE_RULE_TWICE, &err, "x"), NACRE_E_CANCELED);
	assert_int_equal(nacre_lint_resume(&lint, NACRE_E_CANCELED), NACRE_E_CANCELED);
}

static void every_rule_is_whole(void **state)
{
	(void)state;
	for (size_t i = 0; i < NACRE_RULES; i++) {
		const struct nacre_rule *rule = nacre_rule_get((enum nacre_rule_id)i);

		assert_non_null(rule->id);
		assert_true(rule->text[0] && rule->continuation[0] && rule->source[0]);
		assert_true(rule->code != NACRE_OK);
	}
}

static bool are_twins(const char *a, const char *b, bool fold_case)
{
	char x[NACRE_TWIN_KEY], y[NACRE_TWIN_KEY];

	nacre_twin_key(a, fold_case, x);
	nacre_twin_key(b, fold_case, y);
	return strcmp(x, y) == 0;
}

static void twins_are_one_text_in_two_compositions_or_cases(void **state)
{
	(void)state;
	assert_true(are_twins("caf\u00e9", "cafe\u0301", false));
	assert_true(are_twins("\u017e", "z\u030c", false));
	assert_true(are_twins("\u0439", "\u0438\u0306", false));
	assert_true(are_twins("\u30d1", "\u30cf\u309a", false));
	assert_true(are_twins("\u3073", "\u3072\u3099", false));
	assert_true(are_twins("\ud55c\uac00", "\u1112\u1161\u11ab\u1100\u1161", false));
	assert_false(are_twins("CAFE\u0301", "caf\u00e9", false));
	assert_true(are_twins("CAFE\u0301", "caf\u00e9", true));
	assert_true(are_twins("\u0416\u03a3\u0178", "\u0436\u03c2\u00ff", true));
	assert_false(are_twins("\u00d7", "\u00f7", true));
	assert_false(are_twins("\u0131", "i", true));
	assert_false(are_twins("\u306e", "\u306f", false));
	assert_true(are_twins("\xff\x80", "\xff\x80", true));
	assert_false(are_twins("\xff\x80", "\xff\x81", true));
}

static void a_key_of_the_longest_name_has_room(void **state)
{
	char name[256], key[NACRE_TWIN_KEY];

	(void)state;
	for (size_t i = 0; i < 85; i++)
		memcpy(name + 3 * i, "\xea\xb0\x81", 3); /* U+AC01, which comes to three letters */
	name[255] = '\0';
	nacre_twin_key(name, true, key);
	assert_int_equal(strlen(key), 85 * 9);
	for (size_t i = 0; i < 127; i++)
		memcpy(name + 2 * i, "\xc3\xa9", 2);
	name[254] = '\0';
	nacre_twin_key(name, true, key);
	assert_int_equal(strlen(key), 127 * 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(
			without_a_lint_each_violation_is_an_error_of_its_rule, setup),
		cmocka_unit_test_setup(
			with_one_they_are_told_and_only_what_was_dropped_is_resumed, setup),
		cmocka_unit_test_setup(what_the_system_says_is_not_told, setup),
		cmocka_unit_test_setup(an_error_on_its_way_up_is_told_once, setup),
		cmocka_unit_test_setup(a_finding_waits_for_the_name_of_its_member, setup),
		cmocka_unit_test_setup(what_gets_no_name_is_told_without_one, setup),
		cmocka_unit_test_setup(nonzero_from_the_callback_cancels, setup),
		cmocka_unit_test(every_rule_is_whole),
		cmocka_unit_test(twins_are_one_text_in_two_compositions_or_cases),
		cmocka_unit_test(a_key_of_the_longest_name_has_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
