/* SPDX-License-Identifier: Apache-2.0 */
/** The option --rootless, which several commands have. */
#ifndef CLI_ROOTLESS_H
#define CLI_ROOTLESS_H

#include "cli/cli.h"

#define CLI_ROOTLESS_OPT(type)                                                                     \
	{                                                                                          \
		CLI_FLAG, 0, "rootless", NULL, offsetof(type, rootless),                           \
			"as root of a user namespace with your subordinate ids"                    \
	}

/**
 * Makes root of a user, before anything else is done.
 *
 * @param out_single  this user has one id and can give no file away
 * Returns an exit code.
 */
NACRE_CHECKED int cli_rootless_enter(struct cli *cli, bool *out_single);

#endif
