/* SPDX-License-Identifier: Apache-2.0 */
/* The order of a cage, and what of it the system itself limits. */
#include "base/cage.h"

#include "base/cage_parts.h"

#include <errno.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct part {
	const char *name;
	bool (*put_on)(const struct nacre_cage *cage);
} parts[NACRE_CAGE_PARTS] = {
	[NACRE_CAGE_ROOT] = { "a root of its own (chroot, or a user namespace)", nacre_cage_root },
	[NACRE_CAGE_LANDLOCK] = { "Landlock (Linux 5.13, switched on)", nacre_cage_landlock },
	[NACRE_CAGE_CAPABILITIES] = { "dropping its capabilities", nacre_cage_capabilities },
	[NACRE_CAGE_FILTER] = { "a list of system calls (seccomp)", nacre_cage_filter },
};

const char *nacre_cage_part_name(enum nacre_cage_part part)
{
	return parts[part].name;
}

/* The size of the process as it is, which memory_bytes come on top of; 0 when it is not known. */
static uint64_t size_now(void)
{
	unsigned long long pages = 0;
	FILE *file = fopen("/proc/self/statm", "re");

	if (!file)
		return 0;
	if (fscanf(file, "%llu", &pages) != 1)
		pages = 0;
	(void)fclose(file);
	return pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

/* What the process may become; any size under sanitizers, which reserve terabytes of addresses. */
static uint64_t most_memory(const struct nacre_cage *cage)
{
	uint64_t now = size_now(), most;

	if (NACRE_SANITIZED || cage->memory_bytes == 0 || now == 0 ||
		__builtin_add_overflow(now, cage->memory_bytes, &most))
		return RLIM_INFINITY;
	return most;
}

/* Only ever downwards: raising one is not ours to do, and not needed. */
static int limit(__rlimit_resource_t resource, uint64_t most)
{
	struct rlimit now;

	if (getrlimit(resource, &now) < 0)
		return -1;
	if (now.rlim_max < most)
		most = now.rlim_max;
	return setrlimit(resource, &(struct rlimit){ most, most });
}

static int set_limits(const struct nacre_cage *cage, uint64_t memory, struct nacre_err *err)
{
	const bool writes = cage->kind == NACRE_CAGE_WRITE;
	const struct {
		__rlimit_resource_t resource;
		uint64_t most;
	} rows[] = {
		{ RLIMIT_CORE, 0 },
		{ RLIMIT_NPROC, 0 },
		{ RLIMIT_MEMLOCK, 0 },
		{ RLIMIT_MSGQUEUE, 0 },
		/* What is open stays open: this is for new descriptors alone. */
		{ RLIMIT_NOFILE, writes ? 256 : 0 },
		{ RLIMIT_FSIZE, cage->file_bytes ? cage->file_bytes : RLIM_INFINITY },
		{ RLIMIT_AS, memory },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (limit(rows[i].resource, rows[i].most) < 0)
			return nacre_fail_os(err, "limits of a worker");
	}
	return 0;
}

int nacre_cage_enter(const struct nacre_cage *cage, unsigned *out_missing, struct nacre_err *err)
{
	const uint64_t memory = most_memory(cage); /* there is no /proc any more afterwards */
	int rc;

	*out_missing = 0;
	(void)umask(0);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return nacre_fail_os(err, "no new privileges");
	for (int part = 0; part < NACRE_CAGE_PARTS; part++) {
		/* The filter is the last: it would stop the calls that put on the others. */
		if (part == NACRE_CAGE_FILTER) {
			rc = set_limits(cage, memory, err);
			if (rc)
				return rc;
		}
		if (!parts[part].put_on(cage))
			*out_missing |= 1U << part;
	}
	return 0;
}
