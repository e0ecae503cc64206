/* SPDX-License-Identifier: Apache-2.0 */
/* From the command line to the options of a recipe. */
#include "cli/recipe_args.h"

#include "cli/inputs.h"

#include <string.h>

int cli_args_read(
	struct cli *cli, const struct cli_list *texts, struct nacre_build_options *options)
{
	struct nacre_arg *args = calloc(texts->count + 1, sizeof(*args));

	if (!args)
		return cli_fail(cli, CLI_FAILED, "out of memory");
	options->args = args;
	options->arg_count = texts->count;
	for (size_t i = 0; i < texts->count; i++) {
		const char *equals = strchr(texts->items[i], '=');
		char *name;

		if (!equals || equals == texts->items[i])
			return cli_fail_usage(
				cli, "--arg: '%s' is not NAME=VALUE", texts->items[i]);
		name = strndup(texts->items[i], (size_t)(equals - texts->items[i]));
		if (!name)
			return cli_fail(cli, CLI_FAILED, "out of memory");
		args[i] = (struct nacre_arg){ name, equals + 1 };
	}
	return 0;
}

void cli_recipe_clear(struct nacre_build_options *options)
{
	for (size_t i = 0; i < options->arg_count; i++)
		free((void *)(uintptr_t)options->args[i].name);
	free((void *)(uintptr_t)options->args);
	free((void *)(uintptr_t)options->tags);
	free((void *)(uintptr_t)options->cache);
	*options = (struct nacre_build_options){ 0 };
}

int cli_rootfs_read(struct cli *cli, const char *xattrs, const char *ledger, bool no_ledger,
	struct nacre_build_options *options)
{
	if (xattrs && strcmp(xattrs, "all") != 0)
		return cli_fail_usage(cli, "--xattrs: '%s' is not 'all'", xattrs);
	if (ledger && no_ledger)
		return cli_fail_usage(cli, "--ledger and --no-ledger exclude each other");
	options->all_xattrs = xattrs != NULL;
	options->ledger = ledger;
	options->no_ledger = no_ledger;
	return 0;
}

int cli_recipe_read(
	struct cli *cli, const struct cli_recipe *recipe, struct nacre_build_options *options)
{
	int code = cli_rootfs_read(cli, recipe->xattrs, recipe->ledger, recipe->no_ledger, options);

	options->recipe = recipe->recipe;
	if (code == 0)
		code = cli_inputs_set(cli, options);
	if (code == 0)
		code = cli_limits_set(cli, &recipe->limits);
	if (code == 0)
		code = cli_args_read(cli, &recipe->args, options);
	return code;
}
