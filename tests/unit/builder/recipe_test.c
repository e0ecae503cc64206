/* SPDX-License-Identifier: Apache-2.0 */
#include "builder/recipe.h"

#include "base/digest.h"
#include "base/scope.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define HEAD "nacre: 1\nfrom: scratch\n"
#define STEPS HEAD "layers:\n- name: a\n  steps:\n"

static struct nacre_recipe *recipe;

static int teardown(void **state)
{
	(void)state;
	nacre_recipe_freep(&recipe);
	return 0;
}

static void parse(const char *text)
{
	struct nacre_err err = { 0 };
	int rc = nacre_recipe_parse("f", text, strlen(text), NULL, 0, NULL, &recipe, &err);

	if (rc)
		fail_msg("%s", err.text);
}

static void assert_refused(const char *text, int code, const char *message)
{
	struct nacre_err err = { 0 };

	assert_int_equal(
		nacre_recipe_parse("f", text, strlen(text), NULL, 0, NULL, &recipe, &err), code);
	assert_int_equal(err.code, code);
	assert_string_equal(err.text, message);
	assert_null(recipe);
}

static const struct nacre_recipe_step *parse_step(const char *step)
{
	char text[1024];

	(void)snprintf(text, sizeof(text), STEPS "  - %s\n", step);
	parse(text);
	return &recipe->layers[0].steps[0];
}

/* ------------------------------------------------------------------- model */

static void a_recipe_that_says_little_has_the_defaults(void **state)
{
	(void)state;
	parse(HEAD);
	assert_string_equal(recipe->file_name, "f");
	assert_null(recipe->name.text);
	assert_int_equal(recipe->from.kind, NACRE_FROM_SCRATCH);
	assert_false(recipe->platform.given);
	assert_string_equal(recipe->platform.value.os, "linux");
	assert_string_equal(recipe->platform.value.architecture, "amd64");
	assert_string_equal(recipe->platform.value.variant, "");
	assert_false(recipe->epoch.given);
	assert_int_equal(recipe->layer_count, 0);
	assert_false(recipe->config.entrypoint.given);
}

static void the_top_level_is_read_with_its_places(void **state)
{
	(void)state;
	parse("nacre: 1\nname: org/shop\nfrom: oci:base:v1\nplatform: linux/arm/v7\n"
	      "epoch: 2026-01-01T00:00:00Z\ncreated: 12\nauthor: Ann\n");
	assert_string_equal(recipe->name.text, "org/shop");
	assert_int_equal(recipe->from.kind, NACRE_FROM_OCI);
	assert_string_equal(recipe->from.text, "oci:base:v1");
	assert_string_equal(recipe->from.ref->path, "base");
	assert_string_equal(recipe->from.ref->tag, "v1");
	assert_string_equal(recipe->platform.value.variant, "v7");
	assert_true(recipe->epoch.given);
	assert_int_equal(recipe->epoch.seconds, 1767225600);
	assert_int_equal(recipe->epoch.mark.line, 5);
	assert_int_equal(recipe->epoch.mark.column, 8);
	assert_int_equal(recipe->created.seconds, 12);
	assert_string_equal(recipe->author.text, "Ann");
}

static void a_root_file_system_keeps_the_path_it_was_given(void **state)
{
	(void)state;
	parse("nacre: 1\nfrom: rootfs:../deb:ian.tar.xz\n");
	assert_int_equal(recipe->from.kind, NACRE_FROM_ROOTFS);
	assert_string_equal(recipe->from.path, "../deb:ian.tar.xz");
	assert_null(recipe->from.ref);
}

static void paths_in_the_image_are_clean_and_relative(void **state)
{
	(void)state;
	assert_string_equal(parse_step("dir: {path: //srv/./app/}")->path.text, "srv/app");
	nacre_recipe_freep(&recipe);
	assert_string_equal(parse_step("dir: {path: /}")->path.text, "");
	nacre_recipe_freep(&recipe);
	assert_string_equal(parse_step("remove: {path: a/b}")->path.text, "a/b");
}

static void a_copy_says_whether_it_goes_into_a_directory(void **state)
{
	const struct nacre_recipe_step *step;

	(void)state;
	step = parse_step("copy: {from: ./a//b, to: /srv/}");
	assert_string_equal(step->from.text, "a/b");
	assert_string_equal(step->to.text, "srv");
	assert_true(step->into);
	nacre_recipe_freep(&recipe);
	step = parse_step("copy: {from: ., to: /srv}");
	assert_string_equal(step->from.text, "");
	assert_false(step->into);
	nacre_recipe_freep(&recipe);
	assert_true(parse_step("copy: {from: a, to: .}")->into);
}

static void owners_are_numbers_or_names(void **state)
{
	const struct nacre_recipe_owner *owner;

	(void)state;
	owner = &parse_step("dir: {path: /a, owner: 10001:app}")->owner;
	assert_true(owner->given && owner->user.is_number && !owner->group.is_number);
	assert_int_equal(owner->user.number, 10001);
	assert_string_equal(owner->user.text, "10001");
	assert_string_equal(owner->group.text, "app");
	nacre_recipe_freep(&recipe);
	owner = &parse_step("dir: {path: /a, owner: 4294967294}")->owner;
	assert_true(owner->user.number == 4294967294u);
	assert_null(owner->group.text);
	nacre_recipe_freep(&recipe);
	assert_false(parse_step("dir: {path: /a}")->owner.given);
}

static void modes_are_octal_in_every_spelling_that_is_clear(void **state)
{
	static const struct {
		const char *step;
		unsigned bits;
	} rows[] = {
		{ "dir: {path: a, mode: \"0750\"}", 0750 },
		{ "dir: {path: a, mode: '750'}", 0750 },
		{ "dir: {path: a, mode: 0750}", 0750 },
		{ "dir: {path: a, mode: \"4755\"}", 04755 },
		{ "dir: {path: a, mode: 07777}", 07777 },
		{ "dir: {path: a, mode: \"000\"}", 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct nacre_recipe_step *step = parse_step(rows[i].step);

		assert_int_equal(step->mode.kind, NACRE_MODE_BITS);
		assert_int_equal(step->mode.bits, rows[i].bits);
		nacre_recipe_freep(&recipe);
	}
	assert_int_equal(
		parse_step("copy: {from: a, to: b, mode: keep}")->mode.kind, NACRE_MODE_KEEP);
	nacre_recipe_freep(&recipe);
	assert_int_equal(parse_step("copy: {from: a, to: b}")->mode.kind, NACRE_MODE_DEFAULT);
}

static void the_content_of_a_file_may_be_any_bytes(void **state)
{
	const struct nacre_recipe_step *step;

	(void)state;
	step = parse_step("file: {path: a, base64: \"AAEC /w==\"}");
	assert_int_equal(step->content.len, 4);
	assert_memory_equal(step->content.text, "\x00\x01\x02\xff", 4);
	nacre_recipe_freep(&recipe);
	step = parse_step("file: {path: a, base64: \"\"}");
	assert_non_null(step->content.text);
	assert_int_equal(step->content.len, 0);
}

static void an_archive_has_its_digest_and_strip(void **state)
{
	const struct nacre_recipe_step *step;

	(void)state;
	step = parse_step("archive: {from: a.tar, to: /, strip: 2, sha256: "
			  "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855}");
	assert_int_equal(step->kind, NACRE_RECIPE_ARCHIVE);
	assert_int_equal(step->strip, 2);
	assert_string_equal(step->sha256.text,
		"sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	nacre_recipe_freep(&recipe);
	assert_true(nacre_digest_is_empty(&parse_step("archive: {from: a.tar, to: /}")->sha256));
}

static void the_target_of_a_link_stays_as_it_is(void **state)
{
	(void)state;
	assert_string_equal(parse_step("link: {path: a, to: ../..//x/}")->to.text, "../..//x/");
}

static void what_is_a_set_is_sorted_and_what_is_a_sequence_is_not(void **state)
{
	const struct nacre_recipe_config *config;

	(void)state;
	parse(HEAD "config:\n  env: {B: 1, A: 2}\n  labels: {b: 1, a: 2}\n"
		   "  volumes: [/b, /a/]\n  ports: [9/udp, 80]\n  cmd: [b, a]\n");
	config = &recipe->config;
	assert_string_equal(config->env.items[0].name.text, "B");
	assert_string_equal(config->labels.items[0].name.text, "a");
	assert_string_equal(config->labels.items[0].value.text, "2");
	assert_string_equal(config->volumes.items[0].text, "/a");
	assert_string_equal(config->ports.items[0].text, "80/tcp");
	assert_string_equal(config->ports.items[1].text, "9/udp");
	assert_string_equal(config->cmd.items[0].text, "b");
}

static void an_env_list_divides_at_the_first_equals_sign(void **state)
{
	const struct nacre_recipe_pairs *env;

	(void)state;
	parse(HEAD "config: {env: [A=b=c, EMPTY=]}\n");
	env = &recipe->config.env;
	assert_int_equal(env->count, 2);
	assert_string_equal(env->items[0].name.text, "A");
	assert_string_equal(env->items[0].value.text, "b=c");
	assert_string_equal(env->items[1].value.text, "");
}

static void real_time_signals_have_their_numbers(void **state)
{
	(void)state;
	parse(HEAD "config: {stopsignal: SIGRTMIN+3}\n");
	assert_string_equal(recipe->config.stopsignal.text, "SIGRTMIN+3");
	nacre_recipe_freep(&recipe);
	assert_refused(HEAD "config: {stopsignal: SIGRTMIN+31}\n", NACRE_E_FORMAT,
		"f:3:22: stopsignal 'SIGRTMIN+31' is not a signal like SIGTERM or a number from 1 "
		"to 64; did you mean 'SIGRTMIN'?");
}

/* -------------------------------------------------------------------- args */

static int parse_with(
	const char *text, const struct nacre_arg *args, size_t count, struct nacre_err *err)
{
	return nacre_recipe_parse("f", text, strlen(text), args, count, NULL, &recipe, err);
}

static void the_last_override_of_an_arg_counts(void **state)
{
	static const struct nacre_arg args[] = { { "V", "2" }, { "V", "3${W}" } };

	(void)state;
	assert_int_equal(
		parse_with("nacre: 1\nfrom: scratch\nargs: {V: 1, W: w}\nauthor: a${V}$$\n", args,
			2, NULL),
		0);
	assert_string_equal(recipe->author.text, "a3${W}$");
	assert_string_equal(recipe->args.items[0].value.text, "3${W}");
}

static void an_override_needs_an_arg_to_override(void **state)
{
	static const struct nacre_arg near = { "VERSON", "2" }, bytes = { "VERSION", "\xff" };
	struct nacre_err err = { 0 };

	(void)state;
	assert_int_equal(parse_with(HEAD "args: {VERSION: 1}\n", &near, 1, &err), NACRE_E_ARG);
	assert_int_equal(err.code, NACRE_E_ARG);
	assert_string_equal(
		err.text, "f:3:7: there is no arg 'VERSON' to override; did you mean 'VERSION'?");
	assert_int_equal(parse_with(HEAD, &near, 1, &err), NACRE_E_ARG);
	assert_string_equal(
		err.text, "f:1:1: there is no arg 'VERSON' to override; the recipe has no 'args'");
	assert_int_equal(parse_with(HEAD "args: {VERSION: 1}\n", &bytes, 1, &err), NACRE_E_ARG);
	assert_string_equal(err.text, "f:3:8: the value to override arg 'VERSION' is not UTF-8");
	assert_null(recipe);
}

static void an_arg_can_be_a_whole_field(void **state)
{
	(void)state;
	parse("nacre: 1\nfrom: ${F}\nargs: {F: scratch, M: \"0700\", P: arm64}\n"
	      "platform: linux/${P}\nlayers:\n- name: a-${P}\n  steps:\n"
	      "  - dir: {path: \"/${P}/x\", mode: \"${M}\"}\n");
	assert_string_equal(recipe->platform.value.architecture, "arm64");
	assert_string_equal(recipe->layers[0].name.text, "a-arm64");
	assert_string_equal(recipe->layers[0].steps[0].path.text, "arm64/x");
	assert_int_equal(recipe->layers[0].steps[0].mode.bits, 0700);
}

/* ------------------------------------------------------------------ limits */

static void limits_are_named_by_who_meets_them(void **state)
{
	static const char two_layers[] =
		HEAD "layers: [{name: a, steps: []}, {name: b, steps: []}]\n";
	struct nacre_limits limits = { .recipe_bytes = 20 };
	struct nacre_err err = { 0 };

	(void)state;
	assert_int_equal(
		nacre_recipe_parse("f", HEAD, strlen(HEAD), NULL, 0, &limits, &recipe, &err),
		NACRE_E_LIMIT);
	assert_string_equal(err.text, "f: more than 20 bytes (limit recipe-bytes)");
	limits = (struct nacre_limits){ .layers = 1 };
	assert_int_equal(nacre_recipe_parse("f", two_layers, strlen(two_layers), NULL, 0, &limits,
				 &recipe, &err),
		NACRE_E_LIMIT);
	assert_string_equal(err.text, "f:3:9: more than 1 layers (limit layers)");
	limits = (struct nacre_limits){ .path_bytes = 3 };
	assert_int_equal(
		nacre_recipe_parse("f", HEAD "config: {workdir: /abcd}\n",
			strlen(HEAD "config: {workdir: /abcd}\n"), NULL, 0, &limits, &recipe, &err),
		NACRE_E_LIMIT);
	assert_string_equal(err.text,
		"f:3:19: workdir '/abcd': a path of more than 3 bytes (limit "
		"path-bytes)");
	assert_null(recipe);
}

static void args_cannot_make_more_text_than_a_recipe_may_have(void **state)
{
	char text[2048] = HEAD "args: {A: \"";
	struct nacre_limits limits = { 0 };
	struct nacre_err err = { 0 };

	(void)state;
	memset(text + strlen(text), 'x', 400);
	(void)strcat(text, "\"}\nconfig: {cmd: [\"${A}\", \"${A}\"]}\n");
	limits.recipe_bytes = strlen(text);
	assert_int_equal(
		nacre_recipe_parse("f", text, strlen(text), NULL, 0, &limits, &recipe, &err),
		NACRE_E_LIMIT);
	assert_non_null(strstr(err.text, "f:4:24: more than "));
	assert_non_null(strstr(err.text, " bytes of text with args replaced (limit recipe-bytes)"));
}

/* ------------------------------------------------------------------- errors */

static void later_errors_name_the_place_too(void **state)
{
	const struct nacre_recipe_step *step;
	struct nacre_err err = { 0 };

	(void)state;
	step = parse_step("copy: {from: dist, to: /a}");
	assert_int_equal(nacre_recipe_fail(&err, recipe, step->from.mark, NACRE_E_NOT_FOUND,
				 "copy: source '%s' is not there", step->from.text),
		NACRE_E_NOT_FOUND);
	assert_int_equal(err.code, NACRE_E_NOT_FOUND);
	assert_string_equal(err.text, "f:6:18: copy: source 'dist' is not there");
	(void)nacre_fail(&err, NACRE_E_IO, "read: no");
	assert_int_equal(nacre_recipe_within(&err, recipe, step->mark, NACRE_E_IO, "%s", "copy"),
		NACRE_E_IO);
	assert_string_equal(err.text, "f:6:5: copy: read: no");
}

static void a_refused_recipe_leaves_the_result_alone(void **state)
{
	struct nacre_recipe *before = (struct nacre_recipe *)(void *)&recipe;
	struct nacre_recipe *result = before;

	(void)state;
	assert_int_equal(
		nacre_recipe_parse("f", "x", 1, NULL, 0, NULL, &result, NULL), NACRE_E_FORMAT);
	assert_ptr_equal(result, before);
}

static void file_names_may_be_odd(void **state)
{
	struct nacre_err err = { 0 };

	(void)state;
	assert_int_equal(
		nacre_recipe_parse("a%s:b", "", 0, NULL, 0, NULL, &recipe, &err), NACRE_E_FORMAT);
	assert_string_equal(err.text, "a%s:b:1:1: there is nothing here");
}

/* ---------------------------------------------------------------- emission */

static void assert_emitted(const char *text, const char *expected)
{
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf once = NACRE_BUF(0);
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf twice = NACRE_BUF(0);

	parse(text);
	assert_int_equal(nacre_recipe_emit(recipe, &once, NULL), 0);
	assert_string_equal(once.data, expected);
	nacre_recipe_freep(&recipe);
	parse(once.data);
	assert_int_equal(nacre_recipe_emit(recipe, &twice, NULL), 0);
	assert_string_equal(twice.data, expected);
	nacre_recipe_freep(&recipe);
}

static void emission_is_one_text_for_one_meaning_and_is_read_again(void **state)
{
	(void)state;
	assert_emitted(HEAD, "{\"nacre\":1,\"from\":\"scratch\"}\n");
	assert_emitted("from: scratch\nnacre: 1\nlayers: []\nconfig: {}\nargs: {}\n",
		"{\"nacre\":1,\"from\":\"scratch\"}\n");
}

static void emission_has_the_args_in_and_doubles_dollars(void **state)
{
	(void)state;
	assert_emitted("nacre: 1\nargs: {P: 8$}\nfrom: scratch\nepoch: 0\n"
		       "config: {cmd: [$$, '${P}'], env: [A=], user: 0}\nname: x\n",
		"{\"nacre\":1,\"name\":\"x\",\"from\":\"scratch\",\"epoch\":\"1970-01-01T00:00:"
		"00Z\","
		"\"args\":{\"P\":\"8$\"},\"config\":{\"user\":\"0\",\"cmd\":[\"$$\",\"8$$\"],"
		"\"env\":{\"A\":\"\"}}}\n");
}

static void every_step_is_emitted_in_one_form(void **state)
{
	(void)state;
	assert_emitted(STEPS "  - dir: {mode: 0700, path: a//b, owner: app, mtime: 1}\n"
			     "  - copy: {to: ., from: ., mode: keep, exclude: []}\n"
			     "  - copy: {to: x/, from: ./y}\n"
			     "  - file: {path: a, base64: aGk=}\n"
			     "  - file: {path: a, base64: AA==, owner: \"1:2\"}\n"
			     "  - link: {path: a, to: ./b}\n"
			     "  - archive: {from: t.tar, to: /, strip: 1}\n"
			     "  - remove: {path: a}\n",
		"{\"nacre\":1,\"from\":\"scratch\",\"layers\":[{\"name\":\"a\",\"steps\":["
		"{\"dir\":{\"path\":\"/a/b\",\"owner\":\"app\",\"mode\":\"0700\","
		"\"mtime\":\"1970-01-01T00:00:01Z\"}},"
		"{\"copy\":{\"from\":\".\",\"to\":\"/\",\"mode\":\"keep\",\"exclude\":[]}},"
		"{\"copy\":{\"from\":\"y\",\"to\":\"/x/\"}},"
		"{\"file\":{\"path\":\"/a\",\"text\":\"hi\"}},"
		"{\"file\":{\"path\":\"/a\",\"base64\":\"AA==\",\"owner\":\"1:2\"}},"
		"{\"link\":{\"path\":\"/a\",\"to\":\"./b\"}},"
		"{\"archive\":{\"from\":\"t.tar\",\"to\":\"/\",\"strip\":1}},"
		"{\"remove\":{\"path\":\"/a\"}}]}]}\n");
}

static void a_step_is_emitted_alone_for_its_key(void **state)
{
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf buf = NACRE_BUF(0);
	const struct nacre_recipe_step *step;

	(void)state;
	step = parse_step("remove: {path: usr/share/doc}");
	assert_int_equal(nacre_recipe_step_emit(step, &buf, NULL), 0);
	assert_string_equal(buf.data, "{\"remove\":{\"path\":\"/usr/share/doc\"}}");
}

#define TEST(name) cmocka_unit_test_teardown(name, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_recipe_that_says_little_has_the_defaults),
		TEST(the_top_level_is_read_with_its_places),
		TEST(a_root_file_system_keeps_the_path_it_was_given),
		TEST(paths_in_the_image_are_clean_and_relative),
		TEST(a_copy_says_whether_it_goes_into_a_directory),
		TEST(owners_are_numbers_or_names),
		TEST(modes_are_octal_in_every_spelling_that_is_clear),
		TEST(the_content_of_a_file_may_be_any_bytes),
		TEST(an_archive_has_its_digest_and_strip),
		TEST(the_target_of_a_link_stays_as_it_is),
		TEST(what_is_a_set_is_sorted_and_what_is_a_sequence_is_not),
		TEST(an_env_list_divides_at_the_first_equals_sign),
		TEST(real_time_signals_have_their_numbers),
		TEST(the_last_override_of_an_arg_counts),
		TEST(an_override_needs_an_arg_to_override),
		TEST(an_arg_can_be_a_whole_field),
		TEST(limits_are_named_by_who_meets_them),
		TEST(args_cannot_make_more_text_than_a_recipe_may_have),
		TEST(later_errors_name_the_place_too),
		TEST(a_refused_recipe_leaves_the_result_alone),
		TEST(file_names_may_be_odd),
		TEST(emission_is_one_text_for_one_meaning_and_is_read_again),
		TEST(emission_has_the_args_in_and_doubles_dollars),
		TEST(every_step_is_emitted_in_one_form),
		TEST(a_step_is_emitted_alone_for_its_key),
	};

	return cmocka_run_group_tests_name("recipe", tests, NULL, NULL);
}
