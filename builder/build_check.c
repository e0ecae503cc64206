/* SPDX-License-Identifier: Apache-2.0 */
/* The second build: a fork of this process, which writes into a layout that goes again. */
#include "builder/build_check.h"

#include "base/env.h"
#include "base/scope.h"
#include "builder/build_differ.h"
#include "builder/perturb.h"
#include "builder/staging.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#define POLL_MS 200 /* how often the caller is asked whether to go on */

/* What the other process says when it is done. */
struct verdict {
	int rc;
	struct nacre_err err;
	struct nacre_digest manifest;
	uint64_t size_bytes;
};

struct second {
	struct nacre_build_once *first;
	struct nacre_staging staging;
	struct nacre_layout *layout;
	pid_t pid; /* 0: none */
	int pipe;  /* its verdict */
};

static void remove_layout(struct second *s)
{
	int dir = nacre_layout_dir(s->first->layout);
	char name[sizeof(s->staging.name)];

	(void)snprintf(name, sizeof(name), "%s", s->staging.name);
	nacre_staging_clear(&s->staging);
	if (*name && faccessat(dir, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		(void)!nacre_warn(s->first->env, NULL,
			"the second build is left as '%s' for the next run", name);
}

static void second_clear(struct second *s)
{
	if (s->pid > 0) {
		(void)kill(s->pid, SIGKILL);
		while (waitpid(s->pid, NULL, 0) < 0 && errno == EINTR)
			;
	}
	nacre_fd_close(&s->pipe);
	nacre_layout_free(s->layout);
	remove_layout(s);
}

/* ------------------------------------------------------- the other process */

static int build_again(const struct second *s, struct verdict *verdict)
{
	const struct nacre_build_once *first = s->first;
	struct nacre_inputs inputs = *first->inputs;
	struct nacre_env env = { 0 };
	NACRE_CLEANUP(nacre_batch_freep)
	struct nacre_layout_batch *batch = NULL;
	NACRE_CLEANUP(nacre_build_once_clear)
	struct nacre_build_once again;
	int rc;

	if (first->env)
		env = *first->env;
	env.event = NULL; /* the caller's, who hears of the first build only */
	env.no_sync = true;
	nacre_perturb(&env);
	inputs.known = NULL;
	inputs.explain = NULL;
	inputs.reversed = true;
	memset(&again, 0, sizeof(again));
	rc = nacre_batch_new(s->layout, &env, &batch, &verdict->err);
	if (rc)
		return rc;
	again.options = first->options;
	again.recipe = first->recipe;
	again.context = first->context;
	again.inputs = &inputs;
	again.env = &env;
	again.layout = s->layout;
	again.batch = batch;
	rc = nacre_build_once_run(&again, &verdict->err);
	if (rc == 0)
		rc = nacre_batch_commit(batch, &verdict->err);
	verdict->manifest = again.image.desc.digest;
	verdict->size_bytes = again.image.desc.size_bytes;
	return rc;
}

static _Noreturn void run_child(const struct second *s, pid_t parent, int to)
{
	struct verdict verdict = { 0 };
	const char *at = (const char *)&verdict;
	size_t left = sizeof(verdict);

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(1);
	verdict.rc = build_again(s, &verdict);
	while (left > 0) {
		ssize_t put = write(to, at, left);

		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			_exit(1);
		at += put;
		left -= (size_t)put;
	}
	_exit(0);
}

/* --------------------------------------------------------------- this one */

static int start(struct second *s, struct nacre_err *err)
{
	pid_t parent = getpid();
	nacre_autofd int to = -1;
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		return nacre_fail_os(err, "pipe");
	s->pipe = ends[0];
	to = ends[1];
	s->pid = fork();
	if (s->pid < 0) {
		s->pid = 0;
		return nacre_fail_os(err, "fork");
	}
	if (s->pid == 0)
		run_child(s, parent, to);
	return 0;
}

/* Waits for the verdict, and meanwhile for the caller to stop it. */
static int wait_for(const struct second *s, struct verdict *out_verdict, struct nacre_err *err)
{
	char *at = (char *)out_verdict;
	size_t left = sizeof(*out_verdict);

	while (left > 0) {
		struct pollfd ready = { s->pipe, POLLIN, 0 };
		ssize_t got;
		int rc = nacre_progress(s->first->env, "building again", 0, 0, err);

		if (rc)
			return rc;
		if (poll(&ready, 1, POLL_MS) <= 0)
			continue;
		got = read(s->pipe, at, left);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return nacre_fail(err, NACRE_E_IO, "the other process has ended");
		at += got;
		left -= (size_t)got;
	}
	if (out_verdict->rc && err)
		*err = out_verdict->err;
	return out_verdict->rc;
}

static int run(struct second *s, struct nacre_err *err)
{
	struct nacre_build_once *first = s->first;
	NACRE_CLEANUP(nacre_descriptor_clear)
	struct nacre_descriptor manifest = { 0 };
	struct verdict verdict = { 0 };
	int rc = nacre_staging_open_aside(&s->staging, nacre_layout_dir(first->layout), err);

	if (rc == 0)
		rc = nacre_layout_create_dir(s->staging.dir, &s->layout, err);
	if (rc == 0)
		rc = start(s, err);
	if (rc == 0)
		rc = wait_for(s, &verdict, err);
	if (rc)
		return nacre_within(err, rc, "building again");
	if (nacre_digest_equal(&verdict.manifest, &first->image.desc.digest))
		return 0;
	rc = nacre_descriptor_copy(&first->image.desc, &manifest, err);
	if (rc)
		return rc;
	manifest.digest = verdict.manifest;
	manifest.size_bytes = verdict.size_bytes;
	return nacre_build_differ(first, s->layout, &manifest, err);
}

int nacre_build_check(struct nacre_build_once *first, struct nacre_err *err)
{
	NACRE_CLEANUP(second_clear)
	struct second second = { .first = first, .staging = NACRE_STAGING, .pipe = -1 };
	int rc = nacre_step(first->env, err, "building again");

	return rc ? rc : run(&second, err);
}
