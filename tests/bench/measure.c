/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs a command and writes what it took, as one line of tab-separated fields: wall, user and
 * system seconds, the peak RSS in KiB of whichever of its processes took most, the exit code.
 *
 *     measure FILE RUNS COMMAND [ARG...]
 *
 * With more than one run, times are of one run on the average: for what is too short for a clock.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double now(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double seconds(const struct timeval *t)
{
	return (double)t->tv_sec + (double)t->tv_usec / 1e6;
}

/* The exit code, as a shell has it. */
static int run_once(char **argv)
{
	int status = 0;
	pid_t child = fork();

	if (child == 0) {
		(void)execvp(argv[0], argv);
		perror(argv[0]);
		_exit(127);
	}
	if (child < 0 || waitpid(child, &status, 0) < 0)
		return 126;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int main(int argc, char **argv)
{
	long runs = argc > 3 ? strtol(argv[2], NULL, 10) : 0;
	struct rusage usage;
	double begin, wall;
	FILE *out;
	int code = 0;

	if (runs < 1 || runs > 100000) {
		(void)fprintf(stderr, "usage: measure FILE RUNS COMMAND [ARG...]\n");
		return 2;
	}
	begin = now();
	for (long i = 0; i < runs && code == 0; i++)
		code = run_once(argv + 3);
	wall = now() - begin;
	out = fopen(argv[1], "w");
	if (!out || getrusage(RUSAGE_CHILDREN, &usage) < 0) {
		perror(argv[1]);
		return 1;
	}
	(void)fprintf(out, "%.6f\t%.6f\t%.6f\t%ld\t%d\n", wall / (double)runs,
		seconds(&usage.ru_utime) / (double)runs, seconds(&usage.ru_stime) / (double)runs,
		usage.ru_maxrss, code);
	return fclose(out) ? 1 : code;
}
