/* SPDX-License-Identifier: Apache-2.0 */
/* Writing security.capability. The numbers are the kernel's interface and never change. */
#include "builder/file_capability.h"

#include <stddef.h>
#include <string.h>

#define REVISION_2 0x02000000u
#define EFFECTIVE 0x00000001u

static const char *const names[] = {
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
};

const char *nacre_file_capability_name(unsigned number)
{
	return number < sizeof(names) / sizeof(names[0]) ? names[number] : NULL;
}

bool nacre_file_capability_parse(const char *name, unsigned *out_number)
{
	const char *known;

	for (unsigned i = 0; (known = nacre_file_capability_name(i)); i++) {
		if (strcmp(known, name) == 0) {
			*out_number = i;
			return true;
		}
	}
	return false;
}

static void put_u32(unsigned char *at, uint32_t value)
{
	for (unsigned i = 0; i < 4; i++)
		at[i] = (unsigned char)(value >> 8 * i);
}

void nacre_file_capability_emit(uint64_t bits, unsigned char out_value[NACRE_FILE_CAPABILITY_BYTES])
{
	put_u32(out_value, REVISION_2 | EFFECTIVE);
	put_u32(out_value + 4, (uint32_t)bits);		 /* permitted, 0 to 31 */
	put_u32(out_value + 8, 0);			 /* inheritable */
	put_u32(out_value + 12, (uint32_t)(bits >> 32)); /* permitted, 32 to 63 */
	put_u32(out_value + 16, 0);
}
