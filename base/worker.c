/* SPDX-License-Identifier: Apache-2.0 */
/* The caller's side: starting workers, hearing them, ending them. */
#include "base/worker.h"

#include "base/deadline.h"
#include "base/env.h"
#include "base/scope.h"
#include "base/worker_message.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

/* Nobody who reads or writes an image has so much to say. */
#define WARNINGS_MOST 1000

/* More than two at once nobody has. */
#define WORKERS_MOST 8

enum state {
	STATE_WORKS,
	STATE_PAUSES,
	STATE_ENDED,
};

struct nacre_worker {
	const char *name;
	const struct nacre_env *env;
	pid_t pid; /* 0 when it has been reaped */
	int link;  /* our end of the socket between us */
	enum state state;
	unsigned warnings;
	bool has_end; /* it has said how it ended: */
	int rc;
	struct nacre_err err;
	bool has_report;
	size_t report_bytes;
	char report[NACRE_WORKER_REPORT];
	size_t have; /* of the next message */
	struct nacre_message message;
};

/* -------------------------------------------------------------------- its end */

static int nonsense(struct nacre_worker *worker, struct nacre_err *err)
{
	return nacre_fail(err, NACRE_E_UNSAFE, "%s speaks nonsense", worker->name);
}

/* What the way a process ended says of the content that it was given. */
static int judge(const struct nacre_worker *worker, int status, struct nacre_err *err)
{
	int number = WIFSIGNALED(status) ? WTERMSIG(status) : 0;

	switch (number) {
	case SIGSYS:
		return nacre_fail(err, NACRE_E_UNSAFE,
			"%s was stopped: it made a system call that it has no need of",
			worker->name);
	case SIGSEGV:
	case SIGBUS:
	case SIGILL:
	case SIGFPE:
	case SIGABRT:
	case SIGTRAP:
		return nacre_fail(err, NACRE_E_UNSAFE, "%s was stopped by a fault (signal %d)",
			worker->name, number);
	case 0:
		return nacre_fail(err, NACRE_E_IO, "%s has ended without saying how", worker->name);
	default:
		return nacre_fail(
			err, NACRE_E_IO, "%s was killed (signal %d)", worker->name, number);
	}
}

/* Also of one that has closed its pipe and lives on. What has died of something else stays so. */
static int reap(struct nacre_worker *worker)
{
	int status = 0;

	if (worker->pid <= 0)
		return 0;
	(void)kill(worker->pid, SIGKILL);
	while (waitpid(worker->pid, &status, 0) < 0 && errno == EINTR)
		;
	worker->pid = 0;
	return status;
}

static void end(struct nacre_worker *worker)
{
	int status = reap(worker);

	if (!worker->has_end)
		worker->rc = judge(worker, status, &worker->err);
	worker->state = STATE_ENDED;
	nacre_fd_close(&worker->link);
}

/* ------------------------------------------------------------------- hearing it */

static int hear_event(struct nacre_worker *worker, struct nacre_err *err)
{
	const struct nacre_env *env = worker->env;
	struct nacre_message *message = &worker->message;
	char subject[NACRE_WORKER_REPORT + 1];
	struct nacre_event event = { (enum nacre_event_kind)message->kind, subject, message->done,
		message->total };

	if (message->kind > NACRE_WARNING ||
		(message->kind == NACRE_WARNING && ++worker->warnings > WARNINGS_MOST))
		return nonsense(worker, err);
	memcpy(subject, message->text, message->len);
	subject[message->len] = '\0';
	if (env && env->event && env->event(&event, env->user))
		return nacre_fail(err, NACRE_E_CANCELED, "canceled");
	return 0;
}

static int hear_report(struct nacre_worker *worker)
{
	const struct nacre_message *message = &worker->message;

	memcpy(worker->report, message->text, message->len);
	worker->report_bytes = message->len;
	worker->has_report = true;
	if (message->type == NACRE_MESSAGE_PAUSE)
		worker->state = STATE_PAUSES;
	return 0;
}

static int hear_end(struct nacre_worker *worker, struct nacre_err *err)
{
	const struct nacre_message *message = &worker->message;
	size_t len = message->len;

	if (message->code > 0 || message->code < NACRE_E_UNTRUSTED || len >= NACRE_ERR_TEXT)
		return nonsense(worker, err);
	worker->rc = message->code;
	worker->err.code = (enum nacre_code)message->code;
	memcpy(worker->err.text, message->text, len);
	worker->err.text[len] = '\0';
	worker->has_end = true;
	return 0;
}

static int hear_message(struct nacre_worker *worker, struct nacre_err *err)
{
	worker->have = 0;
	if (worker->has_end || worker->state != STATE_WORKS)
		return nonsense(worker, err);
	switch (worker->message.type) {
	case NACRE_MESSAGE_EVENT:
		return hear_event(worker, err);
	case NACRE_MESSAGE_REPORT:
	case NACRE_MESSAGE_PAUSE:
		return hear_report(worker);
	case NACRE_MESSAGE_END:
		return hear_end(worker, err);
	default:
		return nonsense(worker, err);
	}
}

/* Takes what is there, never waiting for more: a head, or the text that a head has announced. */
static int hear(struct nacre_worker *worker, struct nacre_err *err)
{
	struct nacre_message *message = &worker->message;
	size_t want = NACRE_MESSAGE_HEAD;
	ssize_t got;

	if (worker->have >= want)
		want += message->len;
	do
		got = read(worker->link, (char *)message + worker->have, want - worker->have);
	while (got < 0 && errno == EINTR);
	if (got < 0)
		return nacre_fail_os(err, "hear %s", worker->name);
	if (got == 0) {
		end(worker);
		return 0;
	}
	worker->have += (size_t)got;
	if (worker->have == NACRE_MESSAGE_HEAD && message->len > sizeof(message->text))
		return nonsense(worker, err);
	if (worker->have < NACRE_MESSAGE_HEAD || worker->have < NACRE_MESSAGE_HEAD + message->len)
		return 0;
	return hear_message(worker, err);
}

/* --------------------------------------------------------------------- waiting */

/* A signal has come, because of which whoever listens may want to stop; or time is over. */
static int ask_for_cancel(const struct nacre_worker *worker, struct nacre_err *err)
{
	return nacre_progress(worker->env, worker->name, 0, 0, err);
}

static int wait_for_some(struct nacre_worker *const *workers, size_t count, struct nacre_err *err)
{
	struct pollfd polls[WORKERS_MOST];
	int heard, rc = 0;

	for (size_t i = 0; i < count; i++) {
		bool is_heard = workers[i]->state == STATE_WORKS;

		polls[i] = (struct pollfd){ is_heard ? workers[i]->link : -1, POLLIN, 0 };
	}
	heard = poll(polls, (nfds_t)count, nacre_deadline_poll(workers[0]->env));
	if (heard < 0 && errno != EINTR)
		return nacre_fail_os(err, "wait for %s", workers[0]->name);
	if (heard <= 0)
		return ask_for_cancel(workers[0], err);
	for (size_t i = 0; i < count && rc == 0; i++) {
		if (polls[i].revents)
			rc = hear(workers[i], err);
	}
	return rc ? rc : nacre_deadline_check(workers[0]->env, err);
}

static bool is_waited_for(struct nacre_worker *const *workers, size_t count)
{
	bool is_any = false;

	for (size_t i = 0; i < count; i++) {
		/* Whose pipe to another one broke has not failed by itself. */
		if (workers[i]->state == STATE_ENDED && workers[i]->rc &&
			workers[i]->rc != NACRE_E_CANCELED)
			return false;
		is_any = is_any || workers[i]->state == STATE_WORKS;
	}
	return is_any;
}

/* The first error that is one; else that of a broken pipe. */
static int first_error(struct nacre_worker *const *workers, size_t count, struct nacre_err *err)
{
	const struct nacre_worker *found = NULL;

	for (size_t i = 0; i < count; i++) {
		if (workers[i]->rc && (!found || found->rc == NACRE_E_CANCELED))
			found = workers[i];
	}
	if (!found)
		return 0;
	if (err)
		*err = found->err;
	return found->rc == NACRE_E_CANCELED
		? nacre_fail(err, NACRE_E_IO, "%s lost its way", found->name)
		: found->rc;
}

static void kill_all(struct nacre_worker *const *workers, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (workers[i]->state != STATE_ENDED)
			end(workers[i]);
	}
}

int nacre_workers_wait(struct nacre_worker *const *workers, size_t count, struct nacre_err *err)
{
	int rc = count > WORKERS_MOST ? nacre_fail(err, NACRE_E_ARG, "too many workers") : 0;

	while (rc == 0 && is_waited_for(workers, count))
		rc = wait_for_some(workers, count, err);
	if (rc == 0)
		rc = first_error(workers, count, err);
	if (rc)
		kill_all(workers, count);
	return rc;
}

int nacre_worker_take_report(
	struct nacre_worker *worker, void *out_report, size_t bytes, struct nacre_err *err)
{
	if (!worker->has_report || worker->report_bytes != bytes)
		return nonsense(worker, err);
	worker->has_report = false;
	memcpy(out_report, worker->report, bytes);
	return 0;
}

int nacre_worker_wait(
	struct nacre_worker *worker, void *out_report, size_t bytes, struct nacre_err *err)
{
	int rc = nacre_workers_wait(&worker, 1, err);

	return rc ? rc : nacre_worker_take_report(worker, out_report, bytes, err);
}

int nacre_worker_proceed(struct nacre_worker *worker, struct nacre_err *err)
{
	if (worker->state != STATE_PAUSES)
		return nacre_fail(err, NACRE_E_ARG, "%s does not pause", worker->name);
	worker->state = STATE_WORKS;
	/* One that has gone meanwhile is noticed by who waits for it. */
	if (send(worker->link, "", 1, MSG_NOSIGNAL) < 0 && errno != EPIPE)
		return nacre_fail_os(err, "let %s go on", worker->name);
	return 0;
}

int nacre_worker_file(int *out_fd, struct nacre_err *err)
{
	*out_fd = memfd_create("nacre-worker", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	return *out_fd < 0 ? nacre_fail_os(err, "new file in memory") : 0;
}

int nacre_worker_file_seal(int fd, struct nacre_err *err)
{
	int seals = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;

	return fcntl(fd, F_ADD_SEALS, seals) < 0 ? nacre_fail_os(err, "seal a file in memory") : 0;
}

/* -------------------------------------------------------------------- starting */

/* Never returns. */
static void be_the_worker(
	const struct nacre_worker_job *job, const struct nacre_env *env, int link, pid_t caller)
{
	/* The second look is for a caller that went before the first call was made. */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0 || getppid() != caller)
		_exit(1);
	_exit(nacre_worker_live(job, env, link));
}

int nacre_worker_start(const struct nacre_worker_job *job, const struct nacre_env *env,
	struct nacre_worker **out_worker, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_worker_freep)
	struct nacre_worker *worker = calloc(1, sizeof(*worker));
	nacre_autofd int its_end = -1;
	const pid_t caller = getpid();
	int ends[2];

	if (!worker)
		return nacre_fail_nomem(err);
	worker->name = job->name;
	worker->env = env;
	worker->link = -1;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
		return nacre_fail_os(err, "start %s", job->name);
	worker->link = ends[0];
	its_end = ends[1];
	worker->pid = fork();
	if (worker->pid < 0)
		return nacre_fail_os(err, "start %s", job->name);
	if (worker->pid == 0)
		be_the_worker(job, env, its_end, caller);
	*out_worker = nacre_steal(&worker);
	return 0;
}

void nacre_worker_free(struct nacre_worker *worker)
{
	if (!worker)
		return;
	(void)reap(worker);
	nacre_fd_close(&worker->link);
	free(worker);
}

void nacre_worker_freep(struct nacre_worker **worker)
{
	nacre_worker_free(*worker);
	*worker = NULL;
}
