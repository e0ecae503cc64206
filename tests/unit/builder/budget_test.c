/* SPDX-License-Identifier: Apache-2.0 */
/* Budgets: annotations, limits, and what is said when a layer is something else. */
#include "builder/budget.h"

#include "base/env.h"
#include "base/scope.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define BYTES "dev.nacre.layer.bytes"
#define ENTRIES "dev.nacre.layer.entries"
#define XATTRS "dev.nacre.layer.xattr-bytes"
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const struct nacre_budget usual = { true, 10240, 12, 7 };

/* Annotations of that many bytes, entries and xattr bytes; NULL: not there. */
static int parse(const char *bytes, const char *entries, const char *xattrs,
	struct nacre_budget *out_budget, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_pairs_clear)
	struct nacre_pairs pairs = { 0 };

	assert_int_equal(nacre_pairs_set(&pairs, "other", "0x", NULL), 0);
	if (bytes)
		assert_int_equal(nacre_pairs_set(&pairs, BYTES, bytes, NULL), 0);
	if (entries)
		assert_int_equal(nacre_pairs_set(&pairs, ENTRIES, entries, NULL), 0);
	if (xattrs)
		assert_int_equal(nacre_pairs_set(&pairs, XATTRS, xattrs, NULL), 0);
	return nacre_budget_parse(&pairs, out_budget, err);
}

static void a_budget_comes_back_from_its_annotations(void **state)
{
	static const struct nacre_budget most = { true, UINT64_MAX, UINT64_MAX, UINT64_MAX };
	static const struct nacre_budget least = { true, 0, 0, 0 };
	const struct nacre_budget *const budgets[] = { &usual, &most, &least };

	(void)state;
	for (size_t i = 0; i < COUNT(budgets); i++) {
		NACRE_CLEANUP(nacre_pairs_clear)
		struct nacre_pairs pairs = { 0 };
		struct nacre_budget got = { 0 };

		assert_int_equal(nacre_pairs_set(&pairs, ENTRIES, "of somebody else", NULL), 0);
		assert_int_equal(nacre_budget_annotate(budgets[i], &pairs, NULL), 0);
		assert_int_equal(pairs.count, 3);
		assert_int_equal(nacre_budget_parse(&pairs, &got, NULL), 0);
		assert_true(got.is_there);
		assert_int_equal(got.bytes, budgets[i]->bytes);
		assert_int_equal(got.entries, budgets[i]->entries);
		assert_int_equal(got.xattr_bytes, budgets[i]->xattr_bytes);
	}
}

static void without_annotations_there_is_no_budget(void **state)
{
	struct nacre_budget budget = usual;
	struct nacre_limits limits = nacre_env_limits(NULL), before = limits;
	struct nacre_layer_counts counts = { 3, 4 };

	(void)state;
	assert_int_equal(parse(NULL, NULL, NULL, &budget, NULL), 0);
	assert_false(budget.is_there);
	assert_int_equal(nacre_budget_lower(&budget, &limits, NULL), 0);
	assert_memory_equal(&limits, &before, sizeof(limits));
	assert_int_equal(nacre_budget_settle(&budget, &counts, 5, 0, NULL), 0);
}

static void a_number_that_is_none_or_missing_is_refused_by_its_name(void **state)
{
	static const struct {
		const char *bytes, *entries, *xattrs, *message;
	} rows[] = {
		{ "1", "2", NULL, "annotation " XATTRS " is missing, others are there" },
		{ NULL, "2", "3", "annotation " BYTES " is missing, others are there" },
		{ "1", "", "3", "annotation " ENTRIES ": '' is no number" },
		{ "1", "02", "3", "annotation " ENTRIES ": '02' is no number" },
		{ "1", "00", "3", "annotation " ENTRIES ": '00' is no number" },
		{ "1", "+2", "3", "annotation " ENTRIES ": '+2' is no number" },
		{ "1", "-2", "3", "annotation " ENTRIES ": '-2' is no number" },
		{ "1", "2 ", "3", "annotation " ENTRIES ": '2 ' is no number" },
		{ "1", "2e3", "3", "annotation " ENTRIES ": '2e3' is no number" },
		{ "0x1", "2", "3", "annotation " BYTES ": '0x1' is no number" },
		{ "1", "2", "18446744073709551616",
			"annotation " XATTRS ": '18446744073709551616' is no number" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct nacre_budget budget = usual;
		struct nacre_err err;

		assert_int_equal(
			parse(rows[i].bytes, rows[i].entries, rows[i].xattrs, &budget, &err),
			NACRE_E_FORMAT);
		assert_string_equal(err.text, rows[i].message);
		assert_memory_equal(&budget, &usual, sizeof(usual));
	}
}

static void limits_become_the_budget_and_never_grow(void **state)
{
	struct nacre_limits limits = nacre_env_limits(NULL);
	struct nacre_err err;

	(void)state;
	assert_int_equal(nacre_budget_lower(&usual, &limits, NULL), 0);
	assert_int_equal(limits.layer_bytes, 10240);
	assert_int_equal(limits.layer_members, 12);
	assert_int_equal(limits.layer_xattr_bytes, 7);
	assert_int_equal(nacre_budget_lower(&usual, &limits, NULL), 0);
	limits.layer_members = 11;
	assert_int_equal(nacre_budget_lower(&usual, &limits, &err), NACRE_E_LIMIT);
	assert_string_equal(
		err.text, "the manifest says 12 members, more than 11 (limit layer-members)");
}

static void a_layer_that_is_not_exactly_its_budget_is_refused(void **state)
{
	static const struct {
		uint64_t members, xattr_bytes, bytes;
		const char *message; /* NULL: exact */
	} rows[] = {
		{ 12, 7, 10240, NULL },
		{ 13, 7, 10240, "13 members, the manifest says 12 (budget entries)" },
		{ 11, 7, 10240, "11 members, the manifest says 12 (budget entries)" },
		{ 12, 6, 10240, "6 bytes of xattrs, the manifest says 7 (budget xattr-bytes)" },
		{ 12, 8, 10240, "8 bytes of xattrs, the manifest says 7 (budget xattr-bytes)" },
		{ 12, 7, 10752, "10752 bytes, the manifest says 10240 (budget bytes)" },
		{ 12, 7, 0, "0 bytes, the manifest says 10240 (budget bytes)" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct nacre_layer_counts counts = { rows[i].members, rows[i].xattr_bytes };
		struct nacre_err err;
		int rc = nacre_budget_settle(&usual, &counts, rows[i].bytes, 0, &err);

		assert_int_equal(rc, rows[i].message ? NACRE_E_FORMAT : 0);
		if (rc)
			assert_string_equal(err.text, rows[i].message);
	}
}

static void a_limit_that_was_the_budget_is_said_to_be_it(void **state)
{
	struct nacre_layer_counts counts = { 12, 7 };
	struct nacre_err err;
	int rc;

	(void)state;
	rc = nacre_fail(&err, NACRE_E_LIMIT, "'x': more than 10240 bytes (limit layer-bytes)");
	assert_int_equal(nacre_budget_settle(&usual, &counts, 0, rc, &err), NACRE_E_LIMIT);
	assert_string_equal(
		err.text, "more than 10240 bytes, the manifest says 10240 (budget bytes)");
	rc = nacre_fail(&err, NACRE_E_LIMIT, "'x': more than 3 xattrs (limit xattrs)");
	assert_int_equal(nacre_budget_settle(&usual, &counts, 0, rc, &err), NACRE_E_LIMIT);
	assert_string_equal(err.text, "'x': more than 3 xattrs (limit xattrs)");
	rc = nacre_fail(&err, NACRE_E_UNSAFE, "'x': (limit layer-bytes)");
	assert_int_equal(nacre_budget_settle(&usual, &counts, 0, rc, &err), NACRE_E_UNSAFE);
	assert_string_equal(err.text, "'x': (limit layer-bytes)");
	assert_int_equal(
		nacre_budget_settle(&usual, &counts, 0, NACRE_E_LIMIT, NULL), NACRE_E_LIMIT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_budget_comes_back_from_its_annotations),
		cmocka_unit_test(without_annotations_there_is_no_budget),
		cmocka_unit_test(a_number_that_is_none_or_missing_is_refused_by_its_name),
		cmocka_unit_test(limits_become_the_budget_and_never_grow),
		cmocka_unit_test(a_layer_that_is_not_exactly_its_budget_is_refused),
		cmocka_unit_test(a_limit_that_was_the_budget_is_said_to_be_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
