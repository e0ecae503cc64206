/* SPDX-License-Identifier: Apache-2.0 */
#include "base/arena.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct nacre_arena arena = NACRE_ARENA;

static int teardown(void **state)
{
	(void)state;
	nacre_arena_clear(&arena);
	return 0;
}

static void things_are_zeroed_and_aligned_whatever_lies_between(void **state)
{
	(void)state;
	for (size_t i = 0; i < 20000; i++) {
		static const unsigned char zeros[64];
		unsigned char *thing;

		assert_non_null(nacre_arena_text(&arena, "xyz", i % 4));
		thing = nacre_arena_new(&arena, sizeof(zeros));
		assert_non_null(thing);
		assert_int_equal((uintptr_t)thing % 8, 0);
		assert_memory_equal(thing, zeros, sizeof(zeros));
		memset(thing, 0xff, sizeof(zeros));
	}
}

static void a_large_thing_leaves_the_rest_of_a_block_to_small_ones(void **state)
{
	char *first = nacre_arena_text(&arena, "a", 1), *large, *second;

	(void)state;
	large = nacre_arena_new(&arena, 1 << 20);
	second = nacre_arena_text(&arena, "b", 1);
	assert_non_null(first);
	assert_non_null(large);
	memset(large, 1, 1 << 20);
	assert_ptr_equal(second, first + 2);
	assert_string_equal(first, "a");
	assert_string_equal(second, "b");
}

static void text_may_hold_any_byte_and_be_empty(void **state)
{
	char *text = nacre_arena_text(&arena, "a\0b", 3), *none = nacre_arena_text(&arena, NULL, 0);

	(void)state;
	assert_memory_equal(text, "a\0b", 4);
	assert_string_equal(none, "");
}

static void what_cannot_be_had_is_null(void **state)
{
	(void)state;
	assert_null(nacre_arena_new(&arena, SIZE_MAX));
	assert_null(nacre_arena_new(&arena, SIZE_MAX - 7));
	assert_null(nacre_arena_text(&arena, "", SIZE_MAX));
	assert_int_equal(arena.used_bytes, 0);
}

static void a_cleared_arena_can_be_used_again(void **state)
{
	(void)state;
	assert_non_null(nacre_arena_new(&arena, 100));
	assert_true(arena.used_bytes >= 100);
	nacre_arena_clear(&arena);
	assert_int_equal(arena.used_bytes, 0);
	nacre_arena_clear(&arena);
	assert_non_null(nacre_arena_new(&arena, 100));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(
			things_are_zeroed_and_aligned_whatever_lies_between, teardown),
		cmocka_unit_test_teardown(
			a_large_thing_leaves_the_rest_of_a_block_to_small_ones, teardown),
		cmocka_unit_test_teardown(text_may_hold_any_byte_and_be_empty, teardown),
		cmocka_unit_test_teardown(what_cannot_be_had_is_null, teardown),
		cmocka_unit_test_teardown(a_cleared_arena_can_be_used_again, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
