/* SPDX-License-Identifier: Apache-2.0 */
/* Findings through a file, and what a worker that is not ours any more may write there. */
#include "builder/lint_wire.h"

#include "base/file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

static char told[4096];
static struct nacre_lint lint;
static struct nacre_lint_wire wire;
static struct nacre_err err;

static int tell(const struct nacre_lint_finding *finding, void *user)
{
	size_t len = strlen(told);

	(void)user;
	(void)snprintf(told + len, sizeof(told) - len, "%s|%s|%u|%lld|%s|%s\n", finding->rule->id,
		finding->place, finding->layer,
		finding->has_offset ? (long long)finding->offset : -1LL,
		finding->name ? finding->name : "(none)", finding->text);
	return 0;
}

static int setup(void **state)
{
	(void)state;
	told[0] = '\0';
	memset(&lint, 0, sizeof(lint));
	lint.tell = tell;
	memset(&wire, 0, sizeof(wire));
	wire.fd = memfd_create("findings", MFD_CLOEXEC);
	return wire.fd < 0;
}

static int teardown(void **state)
{
	(void)state;
	nacre_fd_close(&wire.fd);
	return 0;
}

static void send(
	enum nacre_rule_id rule, unsigned layer, int64_t offset, const char *name, const char *text)
{
	struct nacre_lint_finding finding = {
		.rule = nacre_rule_get(rule),
		.place = "anything",
		.layer = layer,
		.has_offset = offset >= 0,
		.offset = offset >= 0 ? (uint64_t)offset : 0,
		.name = name,
		.text = text,
	};

	assert_int_equal(nacre_lint_wire_tell(&finding, &wire), 0);
}

static void what_goes_in_comes_out_in_its_order(void **state)
{
	(void)state;
	send(NACRE_RULE_PAX_TWICE, 2, 1024, "usr/lib/\xff\n", "two of them");
	send(NACRE_RULE_CUT, 2, 0, NULL, "cut");
	send(NACRE_RULE_AUFS, 1, -1, "", "old");
	send(NACRE_RULE_CASE_TWINS, 0, -1, "a", "twins");
	assert_int_equal(nacre_lint_wire_replay(wire.fd, 2, &wire.rest, &lint, &err), 0);
	assert_string_equal(told,
		"tar/pax-twice|layer 2 of 2|2|1024|usr/lib/\xff\n|two of them\n"
		"tar/cut|layer 2 of 2|2|0|(none)|cut\n"
		"tar/aufs|layer 1 of 2|1|-1||old\n"
		"tree/case-twins|all layers|0|-1|a|twins\n");
	assert_int_equal(lint.refused, 2);
	assert_int_equal(lint.notes, 2);
}

static void what_does_not_fit_is_counted(void **state)
{
	(void)state;
	send(NACRE_RULE_CUT, 1, 0, NULL, "first");
	wire.bytes = NACRE_LINT_WIRE_BYTES - 40;
	send(NACRE_RULE_CUT, 1, 0, "a name that is too long for what is left", "second");
	send(NACRE_RULE_AUFS, 1, 0, NULL, "");
	send(NACRE_RULE_PAX_CASE, 1, 0, NULL, "");
	assert_int_equal(nacre_lint_wire_replay(wire.fd, 1, &wire.rest, &lint, &err), 0);
	assert_string_equal(told, "tar/cut|layer 1 of 1|1|0|(none)|first\n");
	assert_int_equal(lint.refused, 2);
	assert_int_equal(lint.warnings, 1);
	assert_int_equal(lint.notes, 1);
}

/* Changes four bytes of the one record there is. */
static void send_changed(off_t at, uint32_t value)
{
	send(NACRE_RULE_CUT, 1, 0, "name", "text");
	assert_int_equal(pwrite(wire.fd, &value, sizeof(value), at), sizeof(value));
}

static void refuse(const char *why)
{
	if (nacre_lint_wire_replay(wire.fd, 1, &wire.rest, &lint, &err) != NACRE_E_UNSAFE)
		fail_msg("%s is taken", why);
	assert_string_equal(err.text, "the worker that reads speaks nonsense");
	assert_string_equal(told, "");
	assert_int_equal(ftruncate(wire.fd, 0), 0);
	assert_int_equal(lseek(wire.fd, 0, SEEK_SET), 0);
}

static void nonsense_is_refused(void **state)
{
	(void)state;
	send_changed(0, NACRE_RULES);
	refuse("a rule that there is not");
	send_changed(4, 2);
	refuse("a layer that there is not");
	send_changed(8, NACRE_LINT_NAME);
	refuse("a name too long");
	send_changed(12, NACRE_ERR_TEXT);
	refuse("a text too long");
	send_changed(12, 5);
	refuse("a text that is not there");
	send_changed(32, 0);
	refuse("a NUL in a name");
	assert_int_equal(write(wire.fd, "short", 5), 5);
	refuse("half a record");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			what_goes_in_comes_out_in_its_order, setup, teardown),
		cmocka_unit_test_setup_teardown(what_does_not_fit_is_counted, setup, teardown),
		cmocka_unit_test_setup_teardown(nonsense_is_refused, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
