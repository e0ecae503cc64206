/* SPDX-License-Identifier: Apache-2.0 */
/** Help, written from the rows of the commands. */
#ifndef CLI_HELP_H
#define CLI_HELP_H

#include "cli/cli.h"

#include <stdio.h>

/** Of one command. */
void cli_help_command(FILE *to, const struct cli_command *command);

/** Of nacre itself. @param commands  ends with NULL. */
void cli_help_overview(FILE *to, const struct cli_command *const *commands);

#endif
