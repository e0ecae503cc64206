/* SPDX-License-Identifier: Apache-2.0 */
#include "base/cage_parts.h"
#include "base/env.h"
#include "base/file.h"
#include "base/worker.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <cmocka.h>

/* What an env's listener has heard. */
struct heard {
	char steps[128];
	char warnings[512];
	uint64_t bytes;
	bool stop;
};

static int hear(const struct nacre_event *event, void *user)
{
	struct heard *heard = user;
	char *text = event->kind == NACRE_WARNING ? heard->warnings : heard->steps;
	size_t room = event->kind == NACRE_WARNING ? sizeof(heard->warnings) : sizeof(heard->steps);

	if (event->kind == NACRE_PROGRESS)
		heard->bytes = event->done_bytes;
	else
		(void)snprintf(text + strlen(text), room - strlen(text), "%s;", event->subject);
	return heard->stop;
}

/* Starts a worker that reads, with no descriptor but its own. */
static int start(nacre_worker_fn *run, void *user, const struct nacre_env *env,
	struct nacre_worker **out_worker)
{
	const struct nacre_worker_job job = {
		.name = "the worker under test",
		.cage = { .kind = NACRE_CAGE_READ },
		.run = run,
		.user = user,
	};

	return nacre_worker_start(&job, env, out_worker, NULL);
}

static int wait_for(nacre_worker_fn *run, void *user, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_worker_freep)
	struct nacre_worker *worker = NULL;

	assert_int_equal(start(run, user, NULL, &worker), 0);
	return nacre_workers_wait(&worker, 1, err);
}

/* ---------------------------------------------------------------- what it says */

static int double_it(struct nacre_worker_self *self, void *user, struct nacre_err *err)
{
	int result = *(int *)user * 2;

	return nacre_worker_report(self, &result, sizeof(result), err);
}

static void a_report_reaches_the_caller(void **state)
{
	NACRE_CLEANUP(nacre_worker_freep)
	struct nacre_worker *worker = NULL;
	int result = 0;

	(void)state;
	assert_int_equal(start(double_it, &(int){ 21 }, NULL, &worker), 0);
	assert_int_equal(nacre_worker_wait(worker, &result, sizeof(result), NULL), 0);
	assert_int_equal(result, 42);
	/* It is taken once, and only as what it is. */
	assert_int_equal(
		nacre_worker_take_report(worker, &result, sizeof(result), NULL), NACRE_E_UNSAFE);
}

static void a_report_of_another_size_is_refused(void **state)
{
	NACRE_CLEANUP(nacre_worker_freep)
	struct nacre_worker *worker = NULL;
	struct nacre_err err;
	char result[3];

	(void)state;
	assert_int_equal(start(double_it, &(int){ 1 }, NULL, &worker), 0);
	assert_int_equal(nacre_worker_wait(worker, result, sizeof(result), &err), NACRE_E_UNSAFE);
	assert_string_equal(err.text, "the worker under test speaks nonsense");
}

static int refuse(struct nacre_worker_self *self, void *user, struct nacre_err *err)
{
	(void)self;
	return nacre_fail(err, NACRE_E_DIGEST, "'%s' is another", (const char *)user);
}

static void an_error_reaches_the_caller_with_its_message(void **state)
{
	struct nacre_err err;

	(void)state;
	assert_int_equal(wait_for(refuse, (char[]){ "a\x1b" }, &err), NACRE_E_DIGEST);
	assert_int_equal(err.code, NACRE_E_DIGEST);
	assert_string_equal(err.text, "'a\x1b' is another");
}

static int tell(struct nacre_worker_self *self, void *user, struct nacre_err *err)
{
	const struct nacre_env *env = nacre_worker_env(self);
	int rc = nacre_step(env, err, "one");

	(void)user;
	if (rc == 0)
		rc = nacre_progress(env, "two", 7, 9, err);
	return rc ? rc : nacre_warn(env, err, "three");
}

static void its_events_are_the_callers(void **state)
{
	NACRE_CLEANUP(nacre_worker_freep)
	struct nacre_worker *worker = NULL;
	struct heard heard = { .stop = false };
	const struct nacre_env env = { .event = hear, .user = &heard };

	(void)state;
	assert_int_equal(start(tell, NULL, &env, &worker), 0);
	assert_int_equal(nacre_workers_wait(&worker, 1, NULL), 0);
	assert_string_equal(heard.steps, "one;");
	assert_non_null(strstr(heard.warnings, "three;"));
	assert_int_equal(heard.bytes, 7);
}

static void who_listens_can_stop_it(void **state)
{
	NACRE_CLEANUP(nacre_worker_freep)
	struct nacre_worker *worker = NULL;
	struct heard heard = { .stop = true };
	const struct nacre_env env = { .event = hear, .user = &heard };

	(void)state;
	assert_int_equal(start(tell, NULL, &env, &worker), 0);
	assert_int_equal(nacre_workers_wait(&worker, 1, NULL), NACRE_E_CANCELED);
}

static int pause_twice(struct nacre_worker_self *self, void *user, struct nacre_err *err)
{
	int at = 1, rc = nacre_worker_pause(self, &at, sizeof(at), err);

	(void)user;
	at = 2;
	if (rc == 0)
		rc = nacre_worker_pause(self, &at, sizeof(at), err);
	at = 3;
	return rc ? rc : nacre_worker_report(self, &at, sizeof(at), err);
}

static void a_pause_lasts_until_the_caller_says_go_on(void **state)
{
	NACRE_CLEANUP(nacre_worker_freep)
	struct nacre_worker *worker = NULL;
	int at = 0;

	(void)state;
	assert_int_equal(start(pause_twice, NULL, NULL, &worker), 0);
	for (int i = 1; i < 3; i++) {
		assert_int_equal(nacre_worker_wait(worker, &at, sizeof(at), NULL), 0);
		assert_int_equal(at, i);
		assert_int_equal(nacre_worker_proceed(worker, NULL), 0);
	}
	assert_int_equal(nacre_worker_wait(worker, &at, sizeof(at), NULL), 0);
	assert_int_equal(at, 3);
	assert_int_equal(nacre_worker_proceed(worker, NULL), NACRE_E_ARG);
}

/* --------------------------------------------------------------- how it may end */

/* What the compiler must not see through. */
static volatile char *volatile nowhere = (volatile char *)16;

static int die_of(struct nacre_worker_self *self, void *user, struct nacre_err *err)
{
	(void)self;
	(void)err;
	switch (*(int *)user) {
	case SIGSYS:
		(void)!socket(AF_UNIX, SOCK_STREAM, 0);
		return 0;
	case SIGSEGV:
		*nowhere = 1;
		return 0;
	default:
		_exit(0);
	}
}

static void a_fault_is_a_refused_image(void **state)
{
	struct nacre_err err;

	(void)state;
	if (NACRE_SANITIZED) /* which turns a fault into an exit */
		skip();
	assert_int_equal(wait_for(die_of, &(int){ SIGSEGV }, &err), NACRE_E_UNSAFE);
	assert_string_equal(err.text, "the worker under test was stopped by a fault (signal 11)");
}

static void a_call_that_is_not_on_the_list_is_a_refused_image(void **state)
{
	struct nacre_err err;

	(void)state;
	if (NACRE_SANITIZED) /* there it fails, and the process goes on */
		skip();
	assert_int_equal(wait_for(die_of, &(int){ SIGSYS }, &err), NACRE_E_UNSAFE);
	assert_string_equal(err.text,
		"the worker under test was stopped: it made a system call "
		"that it has no need of");
}

static void an_end_without_a_word_is_an_error(void **state)
{
	struct nacre_err err;

	(void)state;
	assert_int_equal(wait_for(die_of, &(int){ 0 }, &err), NACRE_E_IO);
	assert_string_equal(err.text, "the worker under test has ended without saying how");
}

/* Not through the library: as somebody would who has taken the worker over. */
static int babble(struct nacre_worker_self *self, void *user, struct nacre_err *err)
{
	static char noise[4096];

	(void)self;
	(void)user;
	(void)err;
	memset(noise, 0xa5, sizeof(noise));
	for (int fd = 0; fd < 64; fd++) /* one of them is the link */
		(void)!write(fd, noise, sizeof(noise));
	return 0;
}

static void nonsense_is_refused(void **state)
{
	struct nacre_err err;

	(void)state;
	assert_int_equal(wait_for(babble, NULL, &err), NACRE_E_UNSAFE);
	assert_string_equal(err.text, "the worker under test speaks nonsense");
}

static int wait_for_ever(struct nacre_worker_self *self, void *user, struct nacre_err *err)
{
	(void)user;
	return nacre_worker_pause(self, "", 0, err);
}

static void when_one_fails_the_others_are_killed(void **state)
{
	NACRE_CLEANUP(nacre_worker_freep)
	struct nacre_worker *one = NULL;
	NACRE_CLEANUP(nacre_worker_freep)
	struct nacre_worker *two = NULL;
	struct nacre_err err;

	(void)state;
	assert_int_equal(start(wait_for_ever, NULL, NULL, &one), 0);
	assert_int_equal(start(refuse, (char[]){ "x" }, NULL, &two), 0);
	struct nacre_worker *both[] = { one, two };

	assert_int_equal(nacre_workers_wait(both, 2, &err), NACRE_E_DIGEST);
	assert_string_equal(err.text, "'x' is another");
	assert_int_equal(nacre_worker_proceed(one, NULL), NACRE_E_ARG);
}

static int lose_the_way(struct nacre_worker_self *self, void *user, struct nacre_err *err)
{
	(void)self;
	(void)user;
	return nacre_fail(err, NACRE_E_CANCELED, "the other end of a pipe has gone");
}

static void a_broken_pipe_gives_way_to_what_broke_it(void **state)
{
	NACRE_CLEANUP(nacre_worker_freep)
	struct nacre_worker *one = NULL;
	NACRE_CLEANUP(nacre_worker_freep)
	struct nacre_worker *two = NULL;
	struct nacre_err err;

	(void)state;
	assert_int_equal(start(lose_the_way, NULL, NULL, &one), 0);
	assert_int_equal(start(refuse, (char[]){ "x" }, NULL, &two), 0);
	struct nacre_worker *both[] = { one, two };

	assert_int_equal(nacre_workers_wait(both, 2, &err), NACRE_E_DIGEST);
	assert_string_equal(err.text, "'x' is another");
}

/* ------------------------------------------------------------------- the cage */

static int look_around(struct nacre_worker_self *self, void *user, struct nacre_err *err)
{
	unsigned open_fds = 0;
	struct stat st;

	(void)user;
	for (int fd = 3; fd < 1024; fd++)
		open_fds += fcntl(fd, F_GETFD) >= 0;
	if (fstatat(AT_FDCWD, "/", &st, AT_SYMLINK_NOFOLLOW) == 0)
		return nacre_fail(err, NACRE_E_UNSAFE, "it sees the file system");
	if (openat(AT_FDCWD, "/dev/null", O_RDONLY) >= 0)
		return nacre_fail(err, NACRE_E_UNSAFE, "it opens files");
	return nacre_worker_report(self, &open_fds, sizeof(open_fds), err);
}

static void one_that_reads_has_its_link_and_no_file_system(void **state)
{
	NACRE_CLEANUP(nacre_worker_freep)
	struct nacre_worker *worker = NULL;
	nacre_autofd int more = open("/dev/null", O_RDWR);
	unsigned open_fds = 0;

	(void)state;
	assert_true(more > 2);
	assert_int_equal(start(look_around, NULL, NULL, &worker), 0);
	assert_int_equal(nacre_worker_wait(worker, &open_fds, sizeof(open_fds), NULL), 0);
	assert_int_equal(open_fds, 1);
}

static void this_kernel_has_all_of_the_cage(void **state)
{
	NACRE_CLEANUP(nacre_worker_freep)
	struct nacre_worker *worker = NULL;
	struct heard heard = { .stop = false };
	const struct nacre_env env = { .event = hear, .user = &heard, .require_cage = true };

	(void)state;
	assert_int_equal(start(double_it, &(int){ 1 }, &env, &worker), 0);
	assert_int_equal(nacre_workers_wait(&worker, 1, NULL), 0);
	assert_string_equal(heard.warnings, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_report_reaches_the_caller),
		cmocka_unit_test(a_report_of_another_size_is_refused),
		cmocka_unit_test(an_error_reaches_the_caller_with_its_message),
		cmocka_unit_test(its_events_are_the_callers),
		cmocka_unit_test(who_listens_can_stop_it),
		cmocka_unit_test(a_pause_lasts_until_the_caller_says_go_on),
		cmocka_unit_test(a_fault_is_a_refused_image),
		cmocka_unit_test(a_call_that_is_not_on_the_list_is_a_refused_image),
		cmocka_unit_test(an_end_without_a_word_is_an_error),
		cmocka_unit_test(nonsense_is_refused),
		cmocka_unit_test(when_one_fails_the_others_are_killed),
		cmocka_unit_test(a_broken_pipe_gives_way_to_what_broke_it),
		cmocka_unit_test(one_that_reads_has_its_link_and_no_file_system),
		cmocka_unit_test(this_kernel_has_all_of_the_cage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
