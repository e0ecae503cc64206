/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What folding hostile layers costs, and planning to write what comes of them: no clock, but calls
 * of functions, which the compiler counts (-finstrument-functions). Four times as many members may
 * take four times the calls and what a logarithm adds.
 */
#include "layers/fold.h"
#include "layers/tar_pax.h"
#include "layers/write_plan.h"

#include "base/env.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define UNCOUNTED __attribute__((no_instrument_function))
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define SMALL 1000U
#define TIMES 4U
/* log(4000) / log(1000) is 1.2; what is quadratic comes to 4. */
#define GROWTH_PERCENT (TIMES * 130U)

static uint64_t calls;

void __cyg_profile_func_enter(void *function, void *site) UNCOUNTED;
void __cyg_profile_func_exit(void *function, void *site) UNCOUNTED;

void __cyg_profile_func_enter(void *function, void *site)
{
	(void)function;
	(void)site;
	calls++;
}

void __cyg_profile_func_exit(void *function, void *site)
{
	(void)function;
	(void)site;
}

static struct nacre_tree tree;
static struct nacre_fold *fold;
static struct nacre_limits limits;
static struct nacre_origin origin;
static struct nacre_err err;
static unsigned layer;

/* ------------------------------------------------------------------ layers */

UNCOUNTED static void must(int rc)
{
	if (rc)
		fail_msg("%s", err.text);
}

UNCOUNTED static void end_layer(void)
{
	if (fold)
		must(nacre_fold_finish(fold, &err));
	nacre_fold_freep(&fold);
}

UNCOUNTED static void begin_layer(void)
{
	end_layer();
	must(nacre_fold_new(&tree, ++layer, &origin, &limits, &fold, &err));
}

UNCOUNTED static void add(
	enum nacre_member_kind kind, enum nacre_type type, const char *path, const char *target)
{
	struct nacre_member member;

	memset(&member, 0, sizeof(member));
	member.kind = kind;
	member.path = path;
	member.link_path = kind == NACRE_MEMBER_LINK ? target : NULL;
	member.inode.type = type;
	member.inode.size_bytes = type == NACRE_TYPE_FILE;
	if (type == NACRE_TYPE_SYMLINK)
		member.inode.u.target = target;
	must(nacre_fold_add(fold, &member, &err));
}

/* Each with a path as printf makes it, with one number in it. */
#pragma GCC diagnostic ignored "-Wformat-nonliteral"

UNCOUNTED static void add_kind(
	enum nacre_member_kind kind, enum nacre_type type, const char *format, unsigned number)
{
	char path[4096];

	(void)snprintf(path, sizeof(path), format, number);
	add(kind, type, path, "");
}

UNCOUNTED static void put_file(const char *format, unsigned number)
{
	add_kind(NACRE_MEMBER_ENTRY, NACRE_TYPE_FILE, format, number);
}

UNCOUNTED static void put_dir(const char *format, unsigned number)
{
	add_kind(NACRE_MEMBER_ENTRY, NACRE_TYPE_DIR, format, number);
}

UNCOUNTED static void white_out(const char *format, unsigned number)
{
	add_kind(NACRE_MEMBER_WHITEOUT, NACRE_TYPE_FILE, format, number);
}

UNCOUNTED static void put_symlink(const char *path, const char *target)
{
	add(NACRE_MEMBER_ENTRY, NACRE_TYPE_SYMLINK, path, target);
}

/* "z/z/z/…", so many deep: always the last in its directory, so that every way up is long. */
UNCOUNTED static const char *deep(unsigned depth)
{
	static char path[2048];

	for (unsigned i = 0; i < depth; i++)
		memcpy(path + 2 * i, "z/", 2);
	path[2 * depth - 1] = '\0';
	return path;
}

/* ------------------------------------------------------------------ shapes */

UNCOUNTED static void many_files_in_one_directory(unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		put_file("d/%08u", i);
}

UNCOUNTED static void many_files_in_no_order(unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		put_file("d/%u", i * 7919U % 1000003U);
}

UNCOUNTED static void many_files_that_alternate_between_two_directories(unsigned n)
{
	char path[4096];

	for (unsigned i = 0; i < n; i++) {
		(void)snprintf(path, sizeof(path), "%s/%s/%u", i % 2 ? "a" : "b", deep(50), i);
		add(NACRE_MEMBER_ENTRY, NACRE_TYPE_FILE, path, NULL);
	}
}

UNCOUNTED static void whiteouts_of_all_from_the_end(unsigned n)
{
	many_files_in_one_directory(n);
	begin_layer();
	for (unsigned i = n; i > 0; i--)
		white_out("d/%08u", i - 1);
}

UNCOUNTED static void whiteouts_of_what_is_not_there(unsigned n)
{
	put_file("d/x", 0);
	begin_layer();
	for (unsigned i = 0; i < n; i++)
		white_out(i % 2 ? "d/x/y/%u" : "e/%u", i);
}

UNCOUNTED static void whiteouts_deep_down_through_a_link(unsigned n)
{
	char path[4096];

	put_symlink("l", deep(40));
	for (unsigned i = 0; i < n; i++) {
		(void)snprintf(path, sizeof(path), "%s/%08u", deep(40), i);
		add(NACRE_MEMBER_ENTRY, NACRE_TYPE_FILE, path, NULL);
	}
	begin_layer();
	for (unsigned i = n; i > 0; i--)
		white_out("l/%08u", i - 1);
}

UNCOUNTED static void opaque_again_and_again(unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		if (i % (n / 20) == 0) {
			begin_layer();
			add(NACRE_MEMBER_OPAQUE, NACRE_TYPE_FILE, "d", NULL);
		}
		put_file("d/%u/x", i);
	}
}

UNCOUNTED static void opaque_layers_over_much_that_stays(unsigned n)
{
	many_files_in_one_directory(n);
	for (unsigned i = 0; i < 20; i++) {
		begin_layer();
		add(NACRE_MEMBER_OPAQUE, NACRE_TYPE_FILE, "e", NULL);
		put_file("e/x", 0);
	}
}

UNCOUNTED static void files_become_directories_and_files_again(unsigned n)
{
	for (unsigned turn = 0; turn < 6; turn++) {
		begin_layer();
		for (unsigned i = 0; i < n / 6; i++) {
			if (turn % 2)
				put_dir("d/%u", i);
			put_file(turn % 2 ? "d/%u/x/y" : "d/%u", i);
		}
	}
}

UNCOUNTED static void one_directory_with_all_goes_and_comes(unsigned n)
{
	for (unsigned turn = 0; turn < 6; turn++) {
		begin_layer();
		if (turn % 2 == 0) {
			put_dir("d", 0);
			for (unsigned i = 0; i < n / 3; i++)
				put_file("d/a/%u/b/c", i);
		} else {
			put_file("d", 0);
		}
	}
}

UNCOUNTED static void links_to_one_file(unsigned n)
{
	char path[32];

	put_file("f", 0);
	for (unsigned i = 0; i < n; i++) {
		(void)snprintf(path, sizeof(path), "d/%u", i);
		add(NACRE_MEMBER_LINK, NACRE_TYPE_FILE, path, "f");
	}
}

UNCOUNTED static void links_to_the_link_before(unsigned n)
{
	char path[32], before[32] = "f";

	put_file("f", 0);
	for (unsigned i = 0; i < n; i++) {
		(void)snprintf(path, sizeof(path), "%u/x", i);
		add(NACRE_MEMBER_LINK, NACRE_TYPE_FILE, path, before);
		memcpy(before, path, sizeof(before));
	}
}

UNCOUNTED static void members_through_a_chain_of_links(unsigned n)
{
	char path[32], target[32];

	put_dir("0", 0);
	for (unsigned i = 1; i <= 30; i++) {
		(void)snprintf(path, sizeof(path), "%u", i);
		(void)snprintf(target, sizeof(target), "%u", i - 1);
		put_symlink(path, target);
	}
	for (unsigned i = 0; i < n; i++)
		put_file(i % 2 ? "30/a/%u" : "30/b/%u", i);
}

UNCOUNTED static void directories_over_links_with_opaque_whiteouts(unsigned n)
{
	char path[32];

	for (unsigned i = 0; i < n; i++) {
		(void)snprintf(path, sizeof(path), "%u", i);
		put_symlink(path, "0");
	}
	begin_layer();
	for (unsigned i = 0; i < n; i++) {
		put_dir("%u", i);
		add_kind(NACRE_MEMBER_OPAQUE, NACRE_TYPE_FILE, "%u", i);
	}
}

UNCOUNTED static void little_of_much_in_many_layers(unsigned n)
{
	many_files_in_one_directory(n);
	for (unsigned i = 0; i < n; i++) {
		if (i % (n / 50) == 0)
			begin_layer();
		put_file("d/%08u", i);
	}
}

typedef void shape(unsigned n);

UNCOUNTED static uint64_t cost(shape *make, unsigned n)
{
	static const struct nacre_write_options plain;
	struct nacre_write_plan plan;
	uint64_t before = calls;

	layer = 0;
	must(nacre_tree_init(&tree, &err));
	begin_layer();
	make(n);
	end_layer();
	must(nacre_write_plan_init(&plan, &tree, &plain, &err));
	nacre_write_plan_clear(&plan);
	nacre_tree_clear(&tree);
	return calls - before;
}

static void four_times_the_members_are_little_more_than_four_times_the_work(void **state)
{
#define SHAPE(name)                                                                                \
	{                                                                                          \
#name, name                                                                        \
	}
	static const struct {
		const char *name;
		shape *make;
	} shapes[] = {
		SHAPE(many_files_in_one_directory),
		SHAPE(many_files_in_no_order),
		SHAPE(many_files_that_alternate_between_two_directories),
		SHAPE(whiteouts_of_all_from_the_end),
		SHAPE(whiteouts_of_what_is_not_there),
		SHAPE(whiteouts_deep_down_through_a_link),
		SHAPE(opaque_again_and_again),
		SHAPE(opaque_layers_over_much_that_stays),
		SHAPE(files_become_directories_and_files_again),
		SHAPE(one_directory_with_all_goes_and_comes),
		SHAPE(links_to_one_file),
		SHAPE(links_to_the_link_before),
		SHAPE(members_through_a_chain_of_links),
		SHAPE(directories_over_links_with_opaque_whiteouts),
		SHAPE(little_of_much_in_many_layers),
	};
	unsigned wrong = 0;

	(void)state;
	limits = nacre_env_limits(NULL);
	for (size_t i = 0; i < COUNT(shapes); i++) {
		uint64_t small = cost(shapes[i].make, SMALL);
		uint64_t large = cost(shapes[i].make, TIMES * SMALL);

		/* A call a member at least, or nothing was counted. */
		assert_true(small > SMALL);
		if (large * 100 <= small * GROWTH_PERCENT)
			continue;
		print_error("%s: %llu calls for %u members, %llu for %u\n", shapes[i].name,
			(unsigned long long)small, SMALL, (unsigned long long)large, TIMES * SMALL);
		wrong++;
	}
	assert_int_equal(wrong, 0);
}

static char records[TIMES * SMALL * 64];

UNCOUNTED static uint64_t cost_of_xattrs(unsigned n)
{
	struct nacre_arena arena = NACRE_ARENA;
	const struct nacre_xattrs *xattrs = NULL;
	struct nacre_pax pax;
	uint64_t before = calls;
	size_t len = 0;

	for (unsigned i = 0; i < n; i++)
		len += (size_t)snprintf(records + len, sizeof(records) - len,
			"29 SCHILY.xattr.user.%05u=1\n", i * 7919U % 100003U);
	must(nacre_pax_parse(records, len, false, &limits, &arena, NULL, &pax, &err));
	assert_int_equal(pax.xattr_count, n);
	must(nacre_xattrs_make(&arena, pax.xattrs, pax.xattr_count, &xattrs, &err));
	nacre_arena_clear(&arena);
	return calls - before;
}

static void so_are_four_times_the_xattrs_of_one_file(void **state)
{
	uint64_t small, large;

	(void)state;
	limits = nacre_env_limits(NULL);
	limits.xattrs = limits.xattr_bytes = UINT64_MAX;
	small = cost_of_xattrs(SMALL);
	large = cost_of_xattrs(TIMES * SMALL);
	assert_true(small > SMALL);
	assert_true(large * 100 <= small * GROWTH_PERCENT);
}

/* What the test looks for, it would see. */
static void work_that_is_quadratic_is_noticed(void **state)
{
	uint64_t cost_of[2];

	(void)state;
	limits = nacre_env_limits(NULL);
	for (unsigned k = 0; k < 2; k++) {
		unsigned n = k ? 4 * 100 : 100;
		uint64_t before;

		layer = 0;
		must(nacre_tree_init(&tree, &err));
		begin_layer();
		many_files_in_one_directory(n);
		end_layer();
		before = calls;
		for (unsigned i = 0; i < n; i++)
			nacre_tree_forget_first(&tree);
		cost_of[k] = calls - before;
		nacre_tree_clear(&tree);
	}
	assert_true(cost_of[1] * 100 > cost_of[0] * GROWTH_PERCENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(four_times_the_members_are_little_more_than_four_times_the_work),
		cmocka_unit_test(so_are_four_times_the_xattrs_of_one_file),
		cmocka_unit_test(work_that_is_quadratic_is_noticed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
