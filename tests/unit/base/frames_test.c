/* SPDX-License-Identifier: Apache-2.0 */
#include "base/frames.h"

#include "base/scope.h"

#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

struct ends {
	int fd[2];
};

static void ends_clear(struct ends *ends)
{
	nacre_fd_close(&ends->fd[0]);
	nacre_fd_close(&ends->fd[1]);
}

static void open_ends(struct ends *ends)
{
	assert_int_equal(nacre_frames_pipe(ends->fd, NULL), 0);
}

static void send_text(int fd, const char *text, bool finish)
{
	NACRE_CLEANUP(nacre_sink_freep)
	struct nacre_sink *sink = NULL;

	assert_int_equal(nacre_sink_frames(fd, &sink, NULL), 0);
	assert_int_equal(nacre_sink_write(sink, text, strlen(text), NULL), 0);
	if (finish)
		assert_int_equal(nacre_sink_finish(sink, NULL), 0);
}

static void check_text(int fd, const char *want)
{
	NACRE_CLEANUP(nacre_source_freep)
	struct nacre_source *source = NULL;
	char data[64] = "";
	size_t got = 0;

	assert_int_equal(nacre_source_frames(fd, NULL, &source, NULL), 0);
	assert_int_equal(nacre_source_read_full(source, data, sizeof(data) - 1, &got, NULL), 0);
	assert_string_equal(data, want);
	/* The end stays the end, and takes nothing of what follows. */
	assert_int_equal(nacre_source_read(source, data, sizeof(data), &got, NULL), 0);
	assert_int_equal(got, 0);
}

static void streams_come_out_one_after_the_other(void **state)
{
	NACRE_CLEANUP(ends_clear)
	struct ends ends = { { -1, -1 } };

	(void)state;
	open_ends(&ends);
	send_text(ends.fd[1], "first", true);
	send_text(ends.fd[1], "", true);
	send_text(ends.fd[1], "third", true);
	check_text(ends.fd[0], "first");
	check_text(ends.fd[0], "");
	check_text(ends.fd[0], "third");
}

static void an_end_that_was_not_said_is_an_error(void **state)
{
	NACRE_CLEANUP(ends_clear)
	struct ends ends = { { -1, -1 } };
	NACRE_CLEANUP(nacre_source_freep)
	struct nacre_source *source = NULL;
	struct nacre_err err;
	char data[16];
	size_t got = 0;

	(void)state;
	open_ends(&ends);
	send_text(ends.fd[1], "begun", false);
	nacre_fd_close(&ends.fd[1]);
	assert_int_equal(nacre_source_frames(ends.fd[0], NULL, &source, NULL), 0);
	assert_int_equal(
		nacre_source_read_full(source, data, sizeof(data), &got, &err), NACRE_E_CANCELED);
	assert_string_equal(err.text, "the other end of a pipe has gone");
}

static void who_writes_to_nobody_is_told(void **state)
{
	NACRE_CLEANUP(ends_clear)
	struct ends ends = { { -1, -1 } };
	NACRE_CLEANUP(nacre_sink_freep)
	struct nacre_sink *sink = NULL;

	(void)state;
	(void)signal(SIGPIPE, SIG_IGN);
	open_ends(&ends);
	nacre_fd_close(&ends.fd[0]);
	assert_int_equal(nacre_sink_frames(ends.fd[1], &sink, NULL), 0);
	assert_int_equal(nacre_sink_write(sink, "x", 1, NULL), NACRE_E_CANCELED);
	assert_int_equal(nacre_sink_finish(sink, NULL), NACRE_E_CANCELED);
}

static void a_piece_too_long_is_refused_before_it_is_read(void **state)
{
	NACRE_CLEANUP(ends_clear)
	struct ends ends = { { -1, -1 } };
	NACRE_CLEANUP(nacre_source_freep)
	struct nacre_source *source = NULL;
	static const unsigned char head[] = { 1, 0, 4, 0 }; /* 256 KiB and one byte */
	struct nacre_err err;
	char byte;
	size_t got = 0;

	(void)state;
	open_ends(&ends);
	assert_int_equal(write(ends.fd[1], head, sizeof(head)), sizeof(head));
	assert_int_equal(nacre_source_frames(ends.fd[0], NULL, &source, NULL), 0);
	assert_int_equal(nacre_source_read(source, &byte, 1, &got, &err), NACRE_E_FORMAT);
	assert_string_equal(err.text, "a piece of 262145 bytes in a pipe");
}

#define MUCH ((size_t)3 << 20)

static void *send_much(void *arg)
{
	NACRE_CLEANUP(nacre_sink_freep)
	struct nacre_sink *sink = NULL;
	nacre_autofree unsigned char *data = malloc(MUCH);

	for (size_t i = 0; data && i < MUCH; i++)
		data[i] = (unsigned char)(i % 251);
	if (!data || nacre_sink_frames(*(int *)arg, &sink, NULL) ||
		nacre_sink_write(sink, data, MUCH, NULL) || nacre_sink_finish(sink, NULL))
		return arg;
	return NULL;
}

static void more_than_a_pipe_holds_passes_whole(void **state)
{
	NACRE_CLEANUP(ends_clear)
	struct ends ends = { { -1, -1 } };
	NACRE_CLEANUP(nacre_source_freep)
	struct nacre_source *source = NULL;
	nacre_autofree unsigned char *data = malloc(MUCH + 1);
	void *failed = NULL;
	pthread_t thread;
	size_t got = 0;

	(void)state;
	open_ends(&ends);
	assert_non_null(data);
	assert_int_equal(pthread_create(&thread, NULL, send_much, &ends.fd[1]), 0);
	assert_int_equal(nacre_source_frames(ends.fd[0], NULL, &source, NULL), 0);
	assert_int_equal(nacre_source_read_full(source, data, MUCH + 1, &got, NULL), 0);
	assert_int_equal(pthread_join(thread, &failed), 0);
	assert_null(failed);
	assert_int_equal(got, MUCH);
	for (size_t i = 0; i < MUCH; i++) {
		if (data[i] != i % 251)
			fail_msg("byte %zu is another", i);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(streams_come_out_one_after_the_other),
		cmocka_unit_test(an_end_that_was_not_said_is_an_error),
		cmocka_unit_test(who_writes_to_nobody_is_told),
		cmocka_unit_test(a_piece_too_long_is_refused_before_it_is_read),
		cmocka_unit_test(more_than_a_pipe_holds_passes_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
