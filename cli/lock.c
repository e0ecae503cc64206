/* SPDX-License-Identifier: Apache-2.0 */
/* nacre lock: what a recipe takes from outside, by digest and size. */
#include "cli/recipe_args.h"

#include <stdio.h>

struct args {
	struct cli_recipe recipe; /* first */
	bool check;
};

static const struct cli_opt opts[] = {
	{ CLI_FLAG, 0, "check", NULL, offsetof(struct args, check),
		"write nothing; fail where the lock is not what it would be" },
	CLI_RECIPE_OPTS,
};

static int run(struct cli *cli, const void *opaque)
{
	const struct args *args = opaque;
	CLI_CLEANUP(cli_recipe_clear) struct nacre_build_options options = { 0 };
	struct nacre_gathered gathered;
	struct nacre_err err;
	int code = cli_recipe_read(cli, &args->recipe, 0, &options);

	if (code)
		return code;
	if (nacre_recipe_lock(&options, args->check, &cli->env, &gathered, &err))
		return cli_fail_with(cli, &err);
	if (args->recipe.json)
		printf("{\"inputs\":%zu,\"bytes\":%llu,\"changed\":%s}\n", gathered.count,
			(unsigned long long)gathered.bytes,
			gathered.has_changed ? "true" : "false");
	else
		printf("%zu input%s of %llu bytes: the lock %s\n", gathered.count,
			gathered.count == 1 ? "" : "s", (unsigned long long)gathered.bytes,
			gathered.has_changed ? "was written" : "has them all");
	return 0;
}

const struct cli_command cli_lock = { "lock", "[CONTEXT]",
	"Writes digests and sizes of what a recipe takes from outside.", opts, sizeof(struct args),
	run };
