/* SPDX-License-Identifier: Apache-2.0 */
/* Ports and signals. */
#include "builder/run_values.h"

#include "base/text.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

bool nacre_port_clean(const char *text, char out_clean[NACRE_PORT_TEXT])
{
	static const char *const protocols[] = { "", "/tcp", "/udp", "/sctp" };
	size_t digits = strspn(text, "0123456789"), i = 0;
	uint64_t number = 0;

	while (i < COUNT(protocols) && strcmp(text + digits, protocols[i]) != 0)
		i++;
	if (i == COUNT(protocols) || text[0] == '0' || !nacre_number_parse(text, digits, &number) ||
		number > 65535)
		return false;
	(void)snprintf(
		out_clean, NACRE_PORT_TEXT, "%u%s", (unsigned)number, i ? protocols[i] : "/tcp");
	return true;
}

/* Those of Linux that have a name; the real-time ones count from SIGRTMIN or to SIGRTMAX. */
static const char *const signals[] = { "SIGHUP", "SIGINT", "SIGQUIT", "SIGILL", "SIGTRAP",
	"SIGABRT", "SIGBUS", "SIGFPE", "SIGKILL", "SIGUSR1", "SIGSEGV", "SIGUSR2", "SIGPIPE",
	"SIGALRM", "SIGTERM", "SIGSTKFLT", "SIGCHLD", "SIGCONT", "SIGSTOP", "SIGTSTP", "SIGTTIN",
	"SIGTTOU", "SIGURG", "SIGXCPU", "SIGXFSZ", "SIGVTALRM", "SIGPROF", "SIGWINCH", "SIGIO",
	"SIGPWR", "SIGSYS", "SIGRTMIN", "SIGRTMAX", NULL };

static bool is_real_time(const char *text)
{
	uint64_t number = 0;

	return (strncmp(text, "SIGRTMIN+", 9) == 0 || strncmp(text, "SIGRTMAX-", 9) == 0) &&
		text[9] != '0' && nacre_number_parse(text + 9, strlen(text + 9), &number) &&
		number <= 30;
}

static bool is_signal(const char *text)
{
	uint64_t number = 0;

	if (nacre_number_parse(text, strlen(text), &number))
		return text[0] != '0' && number <= 64;
	for (size_t i = 0; signals[i]; i++) {
		if (strcmp(text, signals[i]) == 0)
			return true;
	}
	return is_real_time(text);
}

bool nacre_signal_is_known(const char *text, const char **out_nearest)
{
	if (is_signal(text))
		return true;
	*out_nearest = NULL;
	for (size_t i = 0; signals[i] && !*out_nearest; i++) {
		if (strcmp(signals[i] + strlen("SIG"), text) == 0)
			*out_nearest = signals[i];
	}
	if (!*out_nearest)
		*out_nearest = nacre_nearest(text, signals);
	return false;
}
