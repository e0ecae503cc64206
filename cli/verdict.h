/* SPDX-License-Identifier: Apache-2.0 */
/** How a policy was decided, for those who want to know. */
#ifndef CLI_VERDICT_H
#define CLI_VERDICT_H

#include "cli/cli.h"

/** Lines for people: the rule, each requirement, each signature with its fate. */
void cli_verdict_print(const struct nacre_verdict *verdict);

/** The same as one JSON object. */
void cli_verdict_print_json(const struct nacre_verdict *verdict);

#endif
