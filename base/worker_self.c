/* SPDX-License-Identifier: Apache-2.0 */
/* The worker's side: from the fork to its end. */
#include "base/worker_message.h"

#include "base/cage_parts.h"
#include "base/digest.h"
#include "base/env.h"
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

struct nacre_worker_self {
	struct nacre_env env;
	int link;
};

const struct nacre_env *nacre_worker_env(const struct nacre_worker_self *self)
{
	return &self->env;
}

/* One write, so that a message is never cut by what another thread would say. */
static int say(const struct nacre_worker_self *self, struct nacre_message *message,
	const void *text, size_t len, struct nacre_err *err)
{
	message->len = (uint32_t)(len < sizeof(message->text) ? len : sizeof(message->text));
	memcpy(message->text, text, message->len);
	return nacre_write_all(self->link, message, NACRE_MESSAGE_HEAD + message->len, err);
}

static int say_event(const struct nacre_event *event, void *user)
{
	struct nacre_message message = { .type = NACRE_MESSAGE_EVENT,
		.kind = (uint32_t)event->kind,
		.done = event->done_bytes,
		.total = event->total_bytes };

	return say(user, &message, event->subject, strlen(event->subject), NULL) != 0;
}

int nacre_worker_report(
	struct nacre_worker_self *self, const void *report, size_t bytes, struct nacre_err *err)
{
	struct nacre_message message = { .type = NACRE_MESSAGE_REPORT };

	return say(self, &message, report, bytes, err);
}

int nacre_worker_pause(
	struct nacre_worker_self *self, const void *report, size_t bytes, struct nacre_err *err)
{
	struct nacre_message message = { .type = NACRE_MESSAGE_PAUSE };
	ssize_t got;
	char byte;
	int rc = say(self, &message, report, bytes, err);

	if (rc)
		return rc;
	do
		got = read(self->link, &byte, 1);
	while (got < 0 && errno == EINTR);
	if (got < 0)
		return nacre_fail_os(err, "wait for the caller");
	if (got == 0) /* nobody is there who wants to hear of anything */
		_exit(0);
	return 0;
}

/* ------------------------------------------------------------------- settling in */

static int by_number(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

static bool is_kept(const int *keep, size_t count, int fd)
{
	return bsearch(&fd, keep, count, sizeof(fd), by_number) != NULL;
}

/* The standard descriptors lead nowhere, unless they are among what is kept. */
static void silence(const int *keep, size_t count)
{
	int nowhere = open("/dev/null", O_RDWR | O_CLOEXEC);

	for (int fd = 0; fd < 3; fd++) {
		if (is_kept(keep, count, fd) || (NACRE_SANITIZED && fd == STDERR_FILENO))
			continue;
		if (nowhere < 0 || dup2(nowhere, fd) < 0)
			(void)close(fd);
	}
	if (nowhere > 2)
		(void)close(nowhere);
}

/* Before Linux 5.9 one by one: as many as may be open. */
static void close_between(int first, unsigned last)
{
	long most = sysconf(_SC_OPEN_MAX);

	if (close_range((unsigned)first, last, 0) == 0)
		return;
	for (int fd = first; fd < most && (unsigned)fd <= last; fd++)
		(void)close(fd);
}

/* @param keep  sorted here */
static void close_others(int *keep, size_t count)
{
	int next = 3;

	qsort(keep, count, sizeof(*keep), by_number);
	silence(keep, count);
	for (size_t i = 0; i < count; i++) {
		if (keep[i] > next)
			close_between(next, (unsigned)keep[i] - 1);
		if (keep[i] >= next)
			next = keep[i] + 1;
	}
	close_between(next, ~0U);
}

static int keep_only(const struct nacre_worker_job *job, int link, struct nacre_err *err)
{
	nacre_autofree int *keep = calloc(job->fd_count + 2, sizeof(*keep));
	size_t count = 0;

	if (!keep)
		return nacre_fail_nomem(err);
	for (; count < job->fd_count; count++)
		keep[count] = job->fds[count];
	keep[count++] = link;
	if (job->cage.kind == NACRE_CAGE_WRITE)
		keep[count++] = job->cage.dir;
	close_others(keep, count);
	return 0;
}

/* What the caller has done with its signals is nothing to the worker. */
static void settle_signals(void)
{
	sigset_t none;

	for (int number = 1; number < NSIG; number++)
		(void)signal(number, SIG_DFL);
	(void)signal(SIGPIPE, SIG_IGN);
	(void)signal(SIGXFSZ, SIG_IGN);
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	(void)setsid(); /* what is typed at a terminal is for the caller */
}

/* What stands in the environment (passphrases, tokens) is nothing to the worker. */
static void forget_environment(void)
{
	for (char **at = environ; at && *at; at++)
		explicit_bzero(*at, strlen(*at));
	environ = NULL;
}

/* A library may look for its files when it is first used: that is now. */
static int warm_up(struct nacre_err *err)
{
	struct nacre_hash *hash = NULL;
	int rc = nacre_hash_new(&hash, err);

	nacre_hash_free(hash);
	return rc;
}

static int tell_missing(const struct nacre_worker_self *self, const char *name, unsigned missing,
	struct nacre_err *err)
{
	int rc = 0;

	for (int part = 0; part < NACRE_CAGE_PARTS && rc == 0; part++) {
		if (!(missing & 1U << part))
			continue;
		if (self->env.require_cage)
			rc = nacre_fail(err, NACRE_E_IO,
				"the cage of %s lacks %s, and it is required to be whole", name,
				nacre_cage_part_name(part));
		else
			rc = nacre_warn(&self->env, err, "the cage of %s lacks %s", name,
				nacre_cage_part_name(part));
	}
	return rc;
}

#ifdef NACRE_PLANTED
/* Of the test-only library of tests/lib/planted.c: a bug that an attacker has found. */
bool nacre_planted_uncaged(void);
void nacre_planted_bug(const struct nacre_worker_job *job);
#else
static bool nacre_planted_uncaged(void)
{
	return false;
}

static void nacre_planted_bug(const struct nacre_worker_job *job)
{
	(void)job;
}
#endif

static int live(
	struct nacre_worker_self *self, const struct nacre_worker_job *job, struct nacre_err *err)
{
	unsigned missing = 0;
	int rc = keep_only(job, self->link, err);

	if (rc == 0)
		rc = warm_up(err);
	forget_environment();
	if (rc == 0 && !nacre_planted_uncaged())
		rc = nacre_cage_enter(&job->cage, &missing, err);
	if (rc == 0)
		rc = tell_missing(self, job->name, missing, err);
	if (rc)
		return rc;
	nacre_planted_bug(job);
	return job->run(self, job->user, err);
}

int nacre_worker_live(const struct nacre_worker_job *job, const struct nacre_env *env, int link)
{
	struct nacre_worker_self self = { .link = link };
	struct nacre_message message = { .type = NACRE_MESSAGE_END };
	struct nacre_err err = { NACRE_OK, "" };

	settle_signals();
	if (env)
		self.env = *env;
	self.env.event = say_event;
	self.env.user = &self;
	message.code = live(&self, job, &err);
	return say(&self, &message, err.text, strlen(err.text), NULL) != 0;
}
