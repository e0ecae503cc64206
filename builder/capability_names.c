/* SPDX-License-Identifier: Apache-2.0 */
/* In the order of linux/capability.h, as of Linux 5.9; none has come since. */
#include "builder/capability_names.h"

#include <stddef.h>
#include <string.h>

const char *const nacre_capability_names[NACRE_CAPABILITY_NAMES + 1] = {
	"cap_chown",
	"cap_dac_override",
	"cap_dac_read_search",
	"cap_fowner",
	"cap_fsetid",
	"cap_kill",
	"cap_setgid",
	"cap_setuid",
	"cap_setpcap",
	"cap_linux_immutable",
	"cap_net_bind_service",
	"cap_net_broadcast",
	"cap_net_admin",
	"cap_net_raw",
	"cap_ipc_lock",
	"cap_ipc_owner",
	"cap_sys_module",
	"cap_sys_rawio",
	"cap_sys_chroot",
	"cap_sys_ptrace",
	"cap_sys_pacct",
	"cap_sys_admin",
	"cap_sys_boot",
	"cap_sys_nice",
	"cap_sys_resource",
	"cap_sys_time",
	"cap_sys_tty_config",
	"cap_mknod",
	"cap_lease",
	"cap_audit_write",
	"cap_audit_control",
	"cap_setfcap",
	"cap_mac_override",
	"cap_mac_admin",
	"cap_syslog",
	"cap_wake_alarm",
	"cap_block_suspend",
	"cap_audit_read",
	"cap_perfmon",
	"cap_bpf",
	"cap_checkpoint_restore",
	NULL,
};

int nacre_capability_number(const char *name)
{
	for (int i = 0; i < NACRE_CAPABILITY_NAMES; i++) {
		if (strcmp(nacre_capability_names[i], name) == 0)
			return i;
	}
	return -1;
}
