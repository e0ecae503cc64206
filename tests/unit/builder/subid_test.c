/* SPDX-License-Identifier: Apache-2.0 */
#include "builder/subid.h"
#include "fixture.h"

static struct nacre_subids ids;

static int parse(const char *text, struct nacre_err *err)
{
	return nacre_subid_parse(text, strlen(text), "alice", 1000, &ids, err);
}

static void ranges_are_found_by_name_and_by_number(void **state)
{
	(void)state;
	assert_works(parse("# who may use what\n"
			   "bob:1:2\n"
			   "alice:100000:65536\n"
			   "\n"
			   "1000:300000:1\n"
			   "alic:5:5\n"
			   "alice2:5:5\n"
			   "10001:5:5\n"
			   "alice:400000:0\n"
			   "alice:4294967294:1",
		err));
	assert_int_equal(ids.count, 3);
	assert_int_equal(ids.ranges[0].first, 100000);
	assert_int_equal(ids.ranges[0].count, 65536);
	assert_int_equal(ids.ranges[1].first, 300000);
	assert_int_equal(ids.ranges[1].count, 1);
	assert_int_equal(ids.ranges[2].first, UINT32_MAX - 1);
}

static void a_user_without_a_name_has_ranges_by_number(void **state)
{
	static const char text[] = "alice:1:1\n1000:7:8\n";

	(void)state;
	assert_works(nacre_subid_parse(text, sizeof(text) - 1, NULL, 1000, &ids, err));
	assert_int_equal(ids.count, 1);
	assert_int_equal(ids.ranges[0].first, 7);
}

static void an_empty_file_has_no_ranges(void **state)
{
	(void)state;
	assert_works(parse("", err));
	assert_int_equal(ids.count, 0);
}

static void what_is_no_range_is_refused_by_its_line(void **state)
{
	(void)state;
	assert_refused(parse("alice:1\n", err), NACRE_E_FORMAT, "line 1: not USER:FIRST:COUNT");
	assert_refused(parse("bob:1:1\nalice:1:2:3\n", err), NACRE_E_FORMAT,
		"line 2: not USER:FIRST:COUNT");
	assert_refused(
		parse("alice:x:1\n", err), NACRE_E_FORMAT, "line 1: 'x:1' is no range of ids");
	assert_refused(
		parse("alice:1:-1\n", err), NACRE_E_FORMAT, "line 1: '1:-1' is no range of ids");
	assert_refused(parse("alice:4294967295:1\n", err), NACRE_E_FORMAT,
		"line 1: '4294967295:1' is no range of ids");
	assert_refused(parse("alice:2:4294967294\n", err), NACRE_E_FORMAT,
		"line 1: '2:4294967294' is no range of ids");
	assert_refused(parse("alice:18446744073709551616:1\n", err), NACRE_E_FORMAT,
		"line 1: '18446744073709551616:1' is no range of ids");
}

static void ranges_that_hold_an_id_twice_are_refused(void **state)
{
	(void)state;
	assert_refused(parse("alice:5:5\nalice:9:1\n", err), NACRE_E_UNSAFE,
		"line 2: a range that overlaps one before it");
	assert_refused(parse("alice:999:2\n", err), NACRE_E_UNSAFE,
		"line 1: a range that holds the user's own id");
	assert_works(parse("alice:5:5\nalice:10:1\n", err));
}

static void more_ranges_than_the_kernel_takes_are_refused(void **state)
{
	static char text[NACRE_SUBID_RANGES * 24 + 64];
	size_t len = 0;

	(void)state;
	for (int i = 0; i <= NACRE_SUBID_RANGES; i++) {
		assert_works(nacre_subid_parse(text, len, "alice", 1000, &ids, err));
		len += (size_t)snprintf(
			text + len, sizeof(text) - len, "alice:%d:1\n", 100000 + 2 * i);
	}
	assert_refused(nacre_subid_parse(text, len, "alice", 1000, &ids, err), NACRE_E_LIMIT,
		"line 340: more than 339 ranges");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ranges_are_found_by_name_and_by_number),
		cmocka_unit_test(a_user_without_a_name_has_ranges_by_number),
		cmocka_unit_test(an_empty_file_has_no_ranges),
		cmocka_unit_test(what_is_no_range_is_refused_by_its_line),
		cmocka_unit_test(ranges_that_hold_an_id_twice_are_refused),
		cmocka_unit_test(more_ranges_than_the_kernel_takes_are_refused),
	};

	return cmocka_run_group_tests_name("subid", tests, NULL, NULL);
}
