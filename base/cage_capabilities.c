/* SPDX-License-Identifier: Apache-2.0 */
/* Capabilities: all go, for good, but those that writing a tree takes. */
#include "base/cage_parts.h"

#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define BIT(cap) ((uint64_t)1 << (cap))

static uint64_t needed(const struct nacre_cage *cage)
{
	uint64_t caps = 0;

	if (cage->kind == NACRE_CAGE_READ)
		return 0;
	caps = BIT(CAP_CHOWN) | BIT(CAP_FOWNER) | BIT(CAP_DAC_OVERRIDE) | BIT(CAP_FSETID) |
		BIT(CAP_SETFCAP);
	if (cage->devices)
		caps |= BIT(CAP_MKNOD);
	if (cage->all_xattrs) /* trusted.*, and security.* that no module owns */
		caps |= BIT(CAP_SYS_ADMIN);
	return caps;
}

/* Of the bounding set, as far as that may be changed: without a program to run it is a belt. */
static void bound(uint64_t keep)
{
	for (int cap = 0; prctl(PR_CAPBSET_READ, cap, 0, 0, 0) >= 0; cap++) {
		if (!(keep & BIT(cap)))
			(void)prctl(PR_CAPBSET_DROP, cap, 0, 0, 0);
	}
	(void)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
}

bool nacre_cage_capabilities(const struct nacre_cage *cage)
{
	struct __user_cap_header_struct head = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct data[2];
	uint64_t keep = needed(cage);

	bound(keep);
	if (syscall(SYS_capget, &head, data) < 0)
		return false;
	for (int i = 0; i < 2; i++) {
		data[i].permitted &= (uint32_t)(keep >> (32 * i));
		data[i].effective = data[i].permitted;
		data[i].inheritable = 0;
	}
	/* Not being dumpable keeps other processes of the same user from tracing this one. */
	return syscall(SYS_capset, &head, data) == 0 && prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0;
}
