/* SPDX-License-Identifier: Apache-2.0 */
/* --rootless: where newuidmap is looked for is the caller's PATH. */
#include "cli/rootless.h"

int cli_rootless_enter(struct cli *cli, bool *out_single)
{
	enum nacre_rootless how;
	struct nacre_err err;

	if (nacre_rootless_enter(getenv("PATH"), &cli->env, &how, &err))
		return cli_fail_with(cli, &err);
	*out_single = how == NACRE_ROOTLESS_SINGLE;
	return 0;
}
