/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs a command and does something to it at one of its system calls, seen by the kernel and not by
 * the C library, in the command itself or in the processes that it forks. Only for tests;
 * tests/lib/kills.py drives it.
 *
 *     tracecall WHO ACTION AT REPORT COMMAND ARGUMENT…
 *
 * WHO     first (the command's own process), others (those it forks), all
 * ACTION  KILL: the process is killed, and the call is not made;
 *         TERM, INT: the command gets this signal, and the call is made;
 *         LOG: nothing;
 *         anything else: a shell command that runs while all stand still, before the call is made
 * AT      the number of the call, from 0; counted are only calls that change something that another
 *         process can see: between two of them it does not matter when a process dies
 * REPORT  a file with one line for each call that was counted, "NAME" or "NAME of another", up to
 *         the one of the action; then "reached"; and "lives on" if a forked process makes such
 *         calls after the command has died
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/ptrace.h>

static const struct {
	long number;
	const char *name;
} calls[] = {
#define CALL(name)                                                                                 \
	{                                                                                          \
		SYS_##name, #name                                                                  \
	}
	CALL(openat),
	CALL(write),
	CALL(writev),
	CALL(pwrite64),
	CALL(ftruncate),
	CALL(fallocate),
	CALL(copy_file_range),
	CALL(mkdirat),
	CALL(mknodat),
	CALL(symlinkat),
	CALL(linkat),
	CALL(unlinkat),
	CALL(renameat2),
	CALL(fchown),
	CALL(fchownat),
	CALL(fchmod),
	CALL(fchmodat),
	CALL(fsetxattr),
	CALL(fremovexattr),
	CALL(utimensat),
	CALL(flock),
	CALL(fsync),
	CALL(fdatasync),
	CALL(syncfs),
	CALL(exit_group),
#ifdef SYS_open
	CALL(open),
	CALL(mkdir),
	CALL(mknod),
	CALL(symlink),
	CALL(link),
	CALL(unlink),
	CALL(rmdir),
	CALL(rename),
	CALL(chmod),
	CALL(chown),
#endif
#ifdef SYS_renameat
	CALL(renameat),
#endif
#ifdef SYS_fchmodat2
	CALL(fchmodat2),
#endif
#ifdef SYS_setxattrat
	CALL(setxattrat),
#endif
};

#define TASKS_MOST 4096

static struct task {
	pid_t id;
	pid_t process;	/* whose thread it is */
	unsigned after; /* calls that it has made since the command died */
} tasks[TASKS_MOST];
static size_t task_count;

static pid_t first;
static bool first_has_died, has_reached;
static const char *who, *action;
static long at, count;
static FILE *report;

static void fail(const char *what)
{
	fprintf(stderr, "tracecall: %s: %s\n", what, strerror(errno));
	exit(99);
}

static struct task *find_task(pid_t id)
{
	for (size_t i = 0; i < task_count; i++) {
		if (tasks[i].id == id)
			return &tasks[i];
	}
	return NULL;
}

static pid_t process_of(pid_t id)
{
	const struct task *task = find_task(id);

	return task ? task->process : id;
}

/* One call may have begun before the command died; a second one may not. */
static bool lives_on(pid_t id)
{
	struct task *task = first_has_died ? find_task(id) : NULL;

	return task && task->after++ > 0;
}

static void add_task(pid_t id, pid_t process)
{
	if (task_count == TASKS_MOST)
		fail("too many tasks");
	tasks[task_count++] = (struct task){ id, process, 0 };
}

static const char *name_of_call(long number)
{
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		if (calls[i].number == number)
			return calls[i].name;
	}
	return NULL;
}

/* A file that is only opened for reading is nobody else's business. */
static bool makes_nothing(const struct __ptrace_syscall_info *info)
{
#ifdef SYS_open
	if (info->entry.nr == SYS_open)
		return !(info->entry.args[1] & O_CREAT);
#endif
	return info->entry.nr == SYS_openat && !(info->entry.args[2] & O_CREAT);
}

static void act(pid_t process)
{
	has_reached = true;
	fprintf(report, "reached\n");
	fflush(report);
	if (strcmp(action, "KILL") == 0)
		(void)kill(process, SIGKILL);
	else if (strcmp(action, "TERM") == 0)
		(void)kill(first, SIGTERM);
	else if (strcmp(action, "INT") == 0)
		(void)kill(first, SIGINT);
	else if (strcmp(action, "LOG") != 0 && system(action) != 0)
		fprintf(report, "the other command failed\n");
}

static void see_call(pid_t id)
{
	struct __ptrace_syscall_info info;
	pid_t process = process_of(id);
	const char *name;

	if (ptrace(PTRACE_GET_SYSCALL_INFO, id, sizeof(info), &info) < 0 ||
		info.op != PTRACE_SYSCALL_INFO_ENTRY)
		return;
	name = name_of_call((long)info.entry.nr);
	if (!name || makes_nothing(&info))
		return;
	if (lives_on(id))
		fprintf(report, "lives on: %s\n", name);
	if (has_reached || (strcmp(who, "first") == 0 && process != first) ||
		(strcmp(who, "others") == 0 && process == first))
		return;
	fprintf(report, "%s%s\n", name, process == first ? "" : " of another");
	if (count++ == at)
		act(process);
}

/* Returns the signal that the task is to get. */
static int see_stop(pid_t id, int status)
{
	int number = WSTOPSIG(status), event = status >> 16;
	unsigned long child = 0;

	if (number == (SIGTRAP | 0x80)) {
		see_call(id);
		return 0;
	}
	if (event == PTRACE_EVENT_FORK || event == PTRACE_EVENT_VFORK ||
		event == PTRACE_EVENT_CLONE) {
		if (ptrace(PTRACE_GETEVENTMSG, id, 0, &child) == 0)
			add_task((pid_t)child,
				event == PTRACE_EVENT_CLONE ? process_of(id) : (pid_t)child);
		return 0;
	}
	/* The first stop of what was forked, or an exec. */
	return event || number == SIGSTOP || number == SIGTRAP ? 0 : number;
}

static int trace(void)
{
	int result = 99;

	for (;;) {
		int status = 0, number;
		pid_t id = waitpid(-1, &status, __WALL);

		if (id < 0 && errno == EINTR)
			continue;
		if (id < 0)
			return result;
		if (id == first && (WIFEXITED(status) || WIFSIGNALED(status))) {
			first_has_died = true;
			result = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
		}
		if (!WIFSTOPPED(status))
			continue;
		number = see_stop(id, status);
		(void)ptrace(PTRACE_SYSCALL, id, 0, number);
	}
}

int main(int argc, char **argv)
{
	const long options = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK |
		PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL;
	int status = 0, result;

	if (argc < 6)
		return 99;
	who = argv[1];
	action = argv[2];
	at = strtol(argv[3], NULL, 10);
	report = fopen(argv[4], "we");
	if (!report)
		fail(argv[4]);
	first = fork();
	if (first < 0)
		fail("fork");
	if (first == 0) {
		(void)ptrace(PTRACE_TRACEME, 0, 0, 0);
		(void)raise(SIGSTOP);
		(void)execv(argv[5], argv + 5);
		fail(argv[5]);
	}
	if (waitpid(first, &status, 0) != first || !WIFSTOPPED(status) ||
		ptrace(PTRACE_SETOPTIONS, first, 0, options) < 0 ||
		ptrace(PTRACE_SYSCALL, first, 0, 0) < 0)
		fail("trace");
	add_task(first, first);
	result = trace();
	(void)fclose(report);
	return result;
}
