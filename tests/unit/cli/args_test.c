/* SPDX-License-Identifier: Apache-2.0 */
/* The parser of command lines: every form that is taken, and the words of every refusal. */
#include "cli/args.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define MAX_WORDS 8

struct args {
	bool json;
	bool quiet;
	const char *file;
	uint64_t jobs;
	struct cli_list tags;
};

static const struct cli_opt opts[] = {
	{ CLI_FLAG, 0, "json", NULL, offsetof(struct args, json), "" },
	{ CLI_FLAG, 'q', "quiet", NULL, offsetof(struct args, quiet), "" },
	{ CLI_TEXT, 'f', "file", "RECIPE", offsetof(struct args, file), "" },
	{ CLI_NUMBER, 'j', "jobs", "N", offsetof(struct args, jobs), "" },
	{ CLI_LIST, 't', "tag", "IMAGE", offsetof(struct args, tags), "" },
	{ CLI_END, 0, NULL, NULL, 0, NULL },
};

/* One command line and what came of it. */
struct line {
	struct args args;
	struct cli_list operands;
	struct nacre_err err;
	int rc;
};

static void parse(struct line *line, const char *const *words)
{
	char *copy[MAX_WORDS];
	size_t count = 0;

	for (; words[count]; count++) {
		assert_true(count < MAX_WORDS);
		copy[count] = (char *)(uintptr_t)words[count];
	}
	*line = (struct line){ .rc = 0 };
	line->rc = cli_args_parse(opts, copy, count, &line->args, &line->operands, &line->err);
}

#define PARSE(line, ...) parse(line, (const char *const[]){ __VA_ARGS__, NULL })

static void clear(struct line *line)
{
	cli_args_clear(opts, &line->args, &line->operands);
}

#define REFUSED(wanted, ...)                                                                       \
	do {                                                                                       \
		struct line line;                                                                  \
                                                                                                   \
		PARSE(&line, __VA_ARGS__);                                                         \
		assert_int_equal(line.rc, NACRE_E_ARG);                                            \
		assert_int_equal(line.err.code, NACRE_E_ARG);                                      \
		assert_string_equal(line.err.text, wanted);                                        \
		clear(&line);                                                                      \
	} while (0)

static void options_may_stand_before_and_behind_operands(void **state)
{
	struct line line;

	(void)state;
	PARSE(&line, "--json", "one", "-t", "a", "two", "--tag=b");
	assert_int_equal(line.rc, 0);
	assert_true(line.args.json);
	assert_false(line.args.quiet);
	assert_int_equal(line.operands.count, 2);
	assert_string_equal(line.operands.items[0], "one");
	assert_string_equal(line.operands.items[1], "two");
	assert_int_equal(line.args.tags.count, 2);
	assert_string_equal(line.args.tags.items[0], "a");
	assert_string_equal(line.args.tags.items[1], "b");
	clear(&line);
}

static void every_form_of_a_value_is_the_same(void **state)
{
	static const char *const forms[][3] = {
		{ "-f", "x=y", NULL },
		{ "-fx=y", NULL, NULL },
		{ "--file", "x=y", NULL },
		{ "--file=x=y", NULL, NULL },
		{ "-qf", "x=y", NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		struct line line;

		parse(&line, forms[i]);
		assert_int_equal(line.rc, 0);
		assert_string_equal(line.args.file, "x=y");
		assert_int_equal(line.operands.count, 0);
		clear(&line);
	}
}

static void letters_may_share_a_dash(void **state)
{
	struct line line;

	(void)state;
	PARSE(&line, "-qj12");
	assert_int_equal(line.rc, 0);
	assert_true(line.args.quiet);
	assert_int_equal(line.args.jobs, 12);
	clear(&line);
}

static void two_dashes_end_the_options(void **state)
{
	struct line line;

	(void)state;
	PARSE(&line, "-q", "--", "--json", "--", "-");
	assert_int_equal(line.rc, 0);
	assert_true(line.args.quiet);
	assert_false(line.args.json);
	assert_int_equal(line.operands.count, 3);
	assert_string_equal(line.operands.items[0], "--json");
	assert_string_equal(line.operands.items[1], "--");
	assert_string_equal(line.operands.items[2], "-");
	clear(&line);
}

static void one_dash_is_an_operand(void **state)
{
	struct line line;

	(void)state;
	PARSE(&line, "-");
	assert_int_equal(line.rc, 0);
	assert_int_equal(line.operands.count, 1);
	clear(&line);
}

static void an_unknown_option_is_named_with_the_nearest(void **state)
{
	(void)state;
	REFUSED("no option --tga; near is --tag", "--tga=x");
	REFUSED("no option --jsn; near is --json", "--jsn");
	REFUSED("no option --frobnicate", "--frobnicate");
	REFUSED("no option --fil; near is --file", "--fil", "x");
	REFUSED("no option -x", "-x");
	REFUSED("no option -x", "-qx");
	REFUSED("no option -\xc3\xa4", "-\xc3\xa4");
	REFUSED("no option --a-name-that-is-longer-than-any-option-is",
		"--a-name-that-is-longer-than-any-option-is");
}

static void a_value_that_is_missing_is_named(void **state)
{
	(void)state;
	REFUSED("-t: IMAGE is missing", "-t");
	REFUSED("--tag: IMAGE is missing", "x", "--tag");
	REFUSED("-f: RECIPE is missing", "-qf");
	REFUSED("--json takes no value", "--json=yes");
}

static void only_lists_may_be_repeated(void **state)
{
	(void)state;
	REFUSED("--json is given twice", "--json", "--json");
	REFUSED("--file is given twice", "-f", "a", "--file=a");
	REFUSED("--jobs is given twice", "-j1", "-j1");
}

static void a_number_is_whole_and_above_zero(void **state)
{
	(void)state;
	REFUSED("--jobs: 'none' is not a whole number above 0", "--jobs", "none");
	REFUSED("--jobs: '-1' is not a whole number above 0", "--jobs", "-1");
	REFUSED("--jobs: '0' is not a whole number above 0", "-j0");
	REFUSED("--jobs: '' is not a whole number above 0", "--jobs=");
	REFUSED("--jobs: '1k' is not a whole number above 0", "--jobs=1k");
	REFUSED("--jobs: '18446744073709551616' is not a whole number above 0",
		"--jobs=18446744073709551616");
}

static void suffixes_are_powers_of_1024(void **state)
{
	uint64_t value = 7;

	(void)state;
	assert_true(cli_number_parse("3k", true, &value));
	assert_int_equal(value, 3072);
	assert_true(cli_number_parse("2M", true, &value));
	assert_int_equal(value, 2097152);
	assert_true(cli_number_parse("16G", true, &value));
	assert_int_equal(value, 17179869184);
	assert_false(cli_number_parse("17179869184G", true, &value));
	assert_false(cli_number_parse("3K", true, &value));
	assert_false(cli_number_parse("3kk", true, &value));
	assert_false(cli_number_parse("k", true, &value));
	assert_false(cli_number_parse(" 3", true, &value));
	assert_int_equal(value, 17179869184);
}

static void operands_are_counted_against_their_names(void **state)
{
	const char *words[] = { "one", "two", "three" };
	struct cli_list operands = { words, 0 };
	struct nacre_err err;

	(void)state;
	assert_int_equal(cli_operands_check("[CONTEXT]", &operands, &err), 0);
	assert_int_equal(cli_operands_check("IMAGE DIR", &operands, &err), NACRE_E_ARG);
	assert_string_equal(err.text, "IMAGE is missing");
	operands.count = 1;
	assert_int_equal(cli_operands_check("[CONTEXT]", &operands, &err), 0);
	assert_int_equal(cli_operands_check("IMAGE DIR", &operands, &err), NACRE_E_ARG);
	assert_string_equal(err.text, "DIR is missing");
	operands.count = 3;
	assert_int_equal(cli_operands_check("IMAGE DIR", &operands, &err), NACRE_E_ARG);
	assert_string_equal(err.text, "'three' is one word too many");
}

static void a_swap_of_neighbours_is_nearer_than_two_other_letters(void **state)
{
	struct cli_nearest nearest = { .got = "tga" };

	(void)state;
	cli_nearest_offer(&nearest, "gag");
	assert_null(nearest.name);
	cli_nearest_offer(&nearest, "tag");
	assert_string_equal(nearest.name, "tag");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(options_may_stand_before_and_behind_operands),
		cmocka_unit_test(every_form_of_a_value_is_the_same),
		cmocka_unit_test(letters_may_share_a_dash),
		cmocka_unit_test(two_dashes_end_the_options),
		cmocka_unit_test(one_dash_is_an_operand),
		cmocka_unit_test(an_unknown_option_is_named_with_the_nearest),
		cmocka_unit_test(a_value_that_is_missing_is_named),
		cmocka_unit_test(only_lists_may_be_repeated),
		cmocka_unit_test(a_number_is_whole_and_above_zero),
		cmocka_unit_test(suffixes_are_powers_of_1024),
		cmocka_unit_test(operands_are_counted_against_their_names),
		cmocka_unit_test(a_swap_of_neighbours_is_nearer_than_two_other_letters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
