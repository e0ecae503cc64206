/* SPDX-License-Identifier: Apache-2.0 */
/* nacre vendor: what a recipe takes from outside, gathered in one directory. */
#include "cli/recipe_args.h"

#include <stdio.h>

static const struct cli_opt opts[] = {
	CLI_RECIPE_OPTS,
};

static int run(struct cli *cli, const void *opaque)
{
	const struct cli_recipe *args = opaque;
	CLI_CLEANUP(cli_recipe_clear) struct nacre_build_options options = { 0 };
	struct nacre_gathered gathered;
	struct nacre_err err;
	int code = cli_recipe_read(cli, args, 1, &options);

	if (code)
		return code;
	if (nacre_recipe_vendor(&options, cli->operands.items[0], &cli->env, &gathered, &err))
		return cli_fail_with(cli, &err);
	if (args->json)
		printf("{\"inputs\":%zu,\"bytes\":%llu}\n", gathered.count,
			(unsigned long long)gathered.bytes);
	else
		printf("%zu input%s gathered in %s\n", gathered.count,
			gathered.count == 1 ? "" : "s", cli->operands.items[0]);
	return 0;
}

const struct cli_command cli_vendor = { "vendor", "DIR [CONTEXT]",
	"Gathers what a recipe takes from outside in one directory.", opts,
	sizeof(struct cli_recipe), run };
