/* SPDX-License-Identifier: Apache-2.0 */
/* Capabilities of this process, by capget(2). */
#include "builder/capability.h"

#include <linux/capability.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static const struct {
	const char *name;
	unsigned number;
	bool is_for_first; /* a user namespace below the first gives it no meaning */
} capabilities[NACRE_CAPABILITIES] = {
	[NACRE_CAP_CHOWN] = { "CAP_CHOWN", CAP_CHOWN, false },
	[NACRE_CAP_DAC_OVERRIDE] = { "CAP_DAC_OVERRIDE", CAP_DAC_OVERRIDE, false },
	[NACRE_CAP_FOWNER] = { "CAP_FOWNER", CAP_FOWNER, false },
	[NACRE_CAP_FSETID] = { "CAP_FSETID", CAP_FSETID, false },
	[NACRE_CAP_MKNOD] = { "CAP_MKNOD", CAP_MKNOD, true },
	[NACRE_CAP_SETFCAP] = { "CAP_SETFCAP", CAP_SETFCAP, false },
	[NACRE_CAP_SYS_ADMIN] = { "CAP_SYS_ADMIN", CAP_SYS_ADMIN, true },
	[NACRE_CAP_SYS_RESOURCE] = { "CAP_SYS_RESOURCE", CAP_SYS_RESOURCE, true },
};

/* The first user namespace has the same number on every system (PROC_USER_INIT_INO). */
static bool is_in_first_namespace(void)
{
	static const char first[] = "user:[4026531837]";
	char got[64];
	ssize_t len = readlink("/proc/self/ns/user", got, sizeof(got));

	/* Without /proc, or in a kernel without namespaces, nothing speaks for another one. */
	return len < 0 || ((size_t)len == strlen(first) && memcmp(got, first, (size_t)len) == 0);
}

const char *nacre_capability_name(enum nacre_capability capability)
{
	return capabilities[capability].name;
}

int nacre_capabilities_read(unsigned *out_held, struct nacre_err *err)
{
	struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];
	bool is_first = is_in_first_namespace();

	if (syscall(SYS_capget, &header, data) < 0)
		return nacre_fail_os(err, "capabilities of this process");
	*out_held = 0;
	for (size_t i = 0; i < NACRE_CAPABILITIES; i++) {
		unsigned number = capabilities[i].number;
		bool is_set = data[number / 32].effective >> number % 32 & 1;

		if (is_set && (is_first || !capabilities[i].is_for_first))
			*out_held |= 1U << i;
	}
	return 0;
}
