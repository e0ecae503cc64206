/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the library does not do: read the environment, listen to events and signals, and write
 * messages. Where a message is made of something from outside, out_text() is the way out.
 */
#include "cli/cli.h"

#include "cli/out.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define PROGRESS_MSEC 100
#define MAX_JOBS 1024

static volatile sig_atomic_t stopped_by;

static void on_signal(int number)
{
	stopped_by = number;
}

int cli_signal(void)
{
	return stopped_by;
}

#define LAST_SECOND 253402300799 /* of the year 9999 */

/* -------------------------------------------------------------------- errors */

void cli_clear_progress(struct cli *cli)
{
	if (cli->progress_shown)
		(void)fputs("\r\033[K", stderr);
	cli->progress_shown = false;
}

__attribute__((format(printf, 2, 0))) static void say(
	struct cli *cli, const char *fmt, va_list ap, bool is_usage)
{
	const char *name = cli->command ? cli->command->name : NULL;
	char text[2 * NACRE_ERR_TEXT];

	(void)vsnprintf(text, sizeof(text), fmt, ap);
	(void)fflush(stdout); /* where both go to one place, results stand before what ended them */
	cli_clear_progress(cli);
	(void)fprintf(stderr, "nacre%s%s", name ? ": " : "", name ? name : "");
	if (cli->subject[0])
		(void)fputc(' ', stderr);
	out_text(stderr, cli->subject);
	(void)fputs(": ", stderr);
	out_text(stderr, text);
	if (is_usage)
		(void)fprintf(stderr, "; see nacre %s%s--help", name ? name : "", name ? " " : "");
	(void)fputc('\n', stderr);
}

int cli_fail(struct cli *cli, int code, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(cli, fmt, ap, false);
	va_end(ap);
	return code;
}

int cli_fail_usage(struct cli *cli, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(cli, fmt, ap, true);
	va_end(ap);
	return CLI_USAGE;
}

static int exit_code(enum nacre_code code)
{
	switch (code) {
	case NACRE_OK:
		return CLI_DONE;
	case NACRE_E_ARG:
		return CLI_USAGE;
	case NACRE_E_FORMAT:
	case NACRE_E_UNSUPPORTED:
	case NACRE_E_LIMIT:
	case NACRE_E_UNSAFE:
	case NACRE_E_DIGEST:
		return CLI_REFUSED;
	case NACRE_E_UNTRUSTED:
		return CLI_UNTRUSTED;
	case NACRE_E_NOMEM:
	case NACRE_E_IO:
	case NACRE_E_EXISTS:
	case NACRE_E_NOT_FOUND:
	case NACRE_E_CANCELED:
		break;
	}
	return CLI_FAILED;
}

int cli_fail_with(struct cli *cli, const struct nacre_err *err)
{
	const char *text = err->text;
	size_t len = strlen(cli->subject);

	if (err->code == NACRE_E_CANCELED && stopped_by)
		return cli_fail(cli, 128 + stopped_by, "stopped by %s",
			stopped_by == SIGINT ? "SIGINT" : "SIGTERM");
	/* Where the library has named the image, once is enough. */
	if (len > 0 && strncmp(text, cli->subject, len) == 0 && strncmp(text + len, ": ", 2) == 0)
		text += len + 2;
	return cli_fail(cli, exit_code(err->code), "%s", text);
}

int cli_finish(struct cli *cli, int code)
{
	int reason;

	errno = 0;
	if (fflush(stdout) == 0 && !ferror(stdout))
		return code;
	reason = errno ? errno : EIO; /* of an earlier write it is not known any more */
	return cli_fail(cli, code ? code : CLI_FAILED, "standard output: %s", strerror(reason));
}

/* -------------------------------------------------------------------- events */

static long long now_msec(void)
{
	struct timespec now = { 0 };

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

static void show_progress(struct cli *cli, const struct nacre_event *event)
{
	long long now = now_msec();

	if (cli->progress_shown && now - cli->progress_msec < PROGRESS_MSEC)
		return;
	cli_clear_progress(cli);
	out_text(stderr, event->subject);
	if (event->total_bytes > 0)
		(void)fprintf(stderr, ": %.0f %%",
			100.0 * (double)event->done_bytes / (double)event->total_bytes);
	else
		(void)fprintf(stderr, ": %.1f MB", (double)event->done_bytes / 1e6);
	(void)fflush(stderr);
	cli->progress_shown = true;
	cli->progress_msec = now;
}

static int on_event(const struct nacre_event *event, void *user)
{
	struct cli *cli = user;

	if (event->kind == NACRE_PROGRESS && isatty(STDERR_FILENO))
		show_progress(cli, event);
	if (event->kind == NACRE_WARNING || (event->kind == NACRE_STEP && cli->verbose)) {
		cli_clear_progress(cli);
		(void)fputs(event->kind == NACRE_WARNING ? "nacre: warning: " : "nacre: ", stderr);
		out_text(stderr, event->subject);
		(void)fputc('\n', stderr);
	}
	return stopped_by != 0;
}

/* -------------------------------------------------------------- surroundings */

/* A file that is opened must not become somebody's standard output. */
static void fill_standard_descriptors(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		(void)close(fd);
}

static void listen_to_signals(void)
{
	/* Whoever sends a signal to us and to our group sends it twice; the first one counts. */
	struct sigaction stop = { .sa_handler = on_signal, .sa_flags = SA_RESTART };
	struct sigaction old;

	(void)signal(SIGPIPE, SIG_IGN);
	for (size_t i = 0; i < 2; i++) {
		int number = i ? SIGTERM : SIGINT;

		/* What is ignored from the start, as in the background of a shell, stays so. */
		if (sigaction(number, NULL, &old) == 0 && old.sa_handler != SIG_IGN)
			(void)sigaction(number, &stop, NULL);
	}
}

static const char *variable(const char *name)
{
	const char *value = getenv(name);

	return value && *value ? value : NULL;
}

static char *find_store(void)
{
	const char *store = variable("NACRE_STORE");
	const char *data = variable("XDG_DATA_HOME");
	const char *home = variable("HOME");
	char *path = NULL;
	int len = 0;

	if (store)
		return strdup(store);
	if (data && data[0] == '/') /* the specification has others ignored */
		len = asprintf(&path, "%s/nacre/store", data);
	else if (home)
		len = asprintf(&path, "%s/.local/share/nacre/store", home);
	return len < 0 ? NULL : path;
}

void cli_init(struct cli *cli)
{
	fill_standard_descriptors();
	listen_to_signals();
	*cli = (struct cli){ .store = find_store() };
	cli->env.event = on_event;
	cli->env.user = cli;
}

void cli_clear(struct cli *cli)
{
	free(cli->store);
	cli->store = NULL;
}

static int fail_no_limit(struct cli *cli, const char *name)
{
	struct cli_nearest nearest = { .got = name };
	char all[NACRE_ERR_TEXT] = "";

	for (size_t i = 0; nacre_limits_name(i); i++) {
		size_t len = strlen(all);

		(void)snprintf(all + len, sizeof(all) - len, " %s", nacre_limits_name(i));
		cli_nearest_offer(&nearest, nacre_limits_name(i));
	}
	if (nearest.name)
		return cli_fail_usage(
			cli, "--limit: no limit '%s'; near is '%s'", name, nearest.name);
	return cli_fail_usage(cli, "--limit: no limit '%s'; there are%s", name, all);
}

int cli_limits_set(struct cli *cli, const struct cli_list *limits)
{
	for (size_t i = 0; i < limits->count; i++) {
		const char *item = limits->items[i], *equals = strchr(item, '=');
		char name[64] = "";
		uint64_t value;
		struct nacre_err err;
		int rc;

		if (!equals || !cli_number_parse(equals + 1, true, &value))
			return cli_fail_usage(
				cli, "--limit: '%s' is not NAME=VALUE, a whole number", item);
		(void)snprintf(name, sizeof(name), "%.*s", (int)(equals - item), item);
		rc = nacre_limits_set(&cli->env.limits, name, value, &err);
		if (rc == NACRE_E_NOT_FOUND)
			return fail_no_limit(cli, name);
		if (rc)
			return cli_fail_usage(cli, "--limit: %s", err.text);
	}
	nacre_env_start(&cli->env);
	return 0;
}

int cli_epoch_read(struct cli *cli, bool *out_is_set, int64_t *out_epoch)
{
	const char *text = getenv("SOURCE_DATE_EPOCH");
	uint64_t seconds;

	if (!text)
		return 0;
	if (!cli_number_parse(text, false, &seconds) || seconds > LAST_SECOND)
		return cli_fail_usage(
			cli, "SOURCE_DATE_EPOCH: '%s' is not a whole number of seconds", text);
	*out_is_set = true;
	*out_epoch = (int64_t)seconds;
	return 0;
}

int cli_jobs_set(struct cli *cli, uint64_t jobs)
{
	cpu_set_t set;
	int count = 0;

	if (jobs > MAX_JOBS)
		return cli_fail_usage(cli, "--jobs: more than %d", MAX_JOBS);
	if (jobs == 0 && sched_getaffinity(0, sizeof(set), &set) == 0)
		count = CPU_COUNT(&set);
	cli->env.jobs = jobs ? (unsigned)jobs : count > 0 ? (unsigned)count : 1;
	return 0;
}

/* -------------------------------------------------------------------- images */

int cli_ref_parse(struct cli *cli, const char *subject, const char *text, struct nacre_ref *out_ref)
{
	struct nacre_err err;

	/* It comes from the command line, so whatever is wrong with it is a mistake of usage. */
	if (nacre_ref_parse(text, strlen(text), out_ref, &err))
		return cli_fail_usage(cli, "%s '%s': %s", subject, text, err.text);
	return 0;
}

int cli_image_name_at(
	struct cli *cli, size_t operand, const char *platform, struct cli_image *out_image)
{
	struct nacre_err err;
	int code = cli_ref_parse(cli, "IMAGE", cli->operands.items[operand], &out_image->ref);

	if (code)
		return code;
	nacre_ref_print(&out_image->ref, cli->subject);
	if (platform) {
		if (nacre_platform_parse(platform, &out_image->platform, &err))
			return cli_fail_usage(cli, "--platform '%s': %s", platform, err.text);
		out_image->on = &out_image->platform;
	}
	return 0;
}

int cli_image_name(struct cli *cli, const char *platform, struct cli_image *out_image)
{
	return cli_image_name_at(cli, 0, platform, out_image);
}

int cli_image_open(struct cli *cli, struct cli_image *image)
{
	struct nacre_err err;

	if (nacre_image_open(&image->ref, cli->store, &image->layout, &err))
		return cli_fail_with(cli, &err);
	return 0;
}

void cli_image_clear(struct cli_image *image)
{
	nacre_layout_free(image->layout);
	image->layout = NULL;
}
