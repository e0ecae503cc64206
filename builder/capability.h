/* SPDX-License-Identifier: Apache-2.0 */
/** What this process may do that others may not. */
#ifndef NACRE_BUILDER_CAPABILITY_H
#define NACRE_BUILDER_CAPABILITY_H

#include "base/err.h"

/** As capabilities(7) has them. */
enum nacre_capability {
	NACRE_CAP_CHOWN,
	NACRE_CAP_DAC_OVERRIDE,
	NACRE_CAP_FOWNER,
	NACRE_CAP_FSETID,
	NACRE_CAP_MKNOD,
	NACRE_CAP_SETFCAP,
	NACRE_CAP_SYS_ADMIN,
	NACRE_CAP_SYS_RESOURCE,
};

#define NACRE_CAPABILITIES 8

/** "CAP_CHOWN" */
const char *nacre_capability_name(enum nacre_capability capability);

/**
 * Those that this process holds and that count for files: a bit each, 1 << NACRE_CAP_CHOWN. Some
 * count in the first user namespace alone, in whatever namespace they are held.
 *
 * Errors: IO.
 */
NACRE_CHECKED int nacre_capabilities_read(unsigned *out_held, struct nacre_err *err);

#endif
