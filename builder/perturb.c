/* SPDX-License-Identifier: Apache-2.0 */
/* Changing the surroundings of this process. What cannot be changed stays: it is no promise. */
#include "builder/perturb.h"

#include <locale.h>
#include <malloc.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static const struct {
	const char *name;
	const char *value;
} variables[] = {
	{ "TZ", "Pacific/Kiritimati" }, /* 14 hours ahead: another day nearly always */
	{ "LC_ALL", "tr_TR.UTF-8" },	/* where i has another capital */
	{ "LANG", "tr_TR.UTF-8" },
	{ "HOME", "/nonexistent/perturbed" },
	{ "USER", "perturbed" },
	{ "LOGNAME", "perturbed" },
	{ "PWD", "/nonexistent" },
	{ "TMPDIR", "/nonexistent" },
	{ "SOURCE_DATE_EPOCH", "86400" }, /* the caller has read it */
	{ "PATH", "/nonexistent" },
};

/* Addresses of another order, and memory that is never zero by chance. */
static void perturb_memory(void)
{
	(void)mallopt(M_PERTURB, 0xa5);
	(void)mallopt(M_MMAP_THRESHOLD, 16384);
	(void)mallopt(M_TOP_PAD, 1 << 20);
}

void nacre_perturb(struct nacre_env *env)
{
	static const char host[] = "perturbed";
	bool is_renamed;

	for (size_t i = 0; i < sizeof(variables) / sizeof(variables[0]); i++)
		(void)setenv(variables[i].name, variables[i].value, 1);
	tzset();
	(void)setlocale(LC_ALL, "");
	(void)umask(077);
	is_renamed = unshare(CLONE_NEWUTS) == 0 && sethostname(host, strlen(host)) == 0;
	(void)is_renamed;
	perturb_memory();
	env->jobs = env->jobs > 1 ? 1 : 3;
}
