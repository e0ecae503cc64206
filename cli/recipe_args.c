/* SPDX-License-Identifier: Apache-2.0 */
/* From the command line to the options of a recipe. */
#include "cli/recipe_args.h"

#include "cli/inputs.h"

#include <string.h>

static int read_args(
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

static int read_rootfs(
	struct cli *cli, const struct cli_recipe *recipe, struct nacre_build_options *options)
{
	if (recipe->xattrs && strcmp(recipe->xattrs, "all") != 0)
		return cli_fail_usage(cli, "--xattrs: '%s' is not 'all'", recipe->xattrs);
	if (recipe->ledger && recipe->no_ledger)
		return cli_fail_usage(cli, "--ledger and --no-ledger exclude each other");
	options->all_xattrs = recipe->xattrs != NULL;
	options->ledger = recipe->ledger;
	options->no_ledger = recipe->no_ledger;
	return 0;
}

int cli_recipe_read(struct cli *cli, const struct cli_recipe *recipe, size_t context,
	struct nacre_build_options *options)
{
	int code = read_rootfs(cli, recipe, options);

	options->context = cli->operands.count > context ? cli->operands.items[context] : ".";
	options->recipe = recipe->recipe;
	if (code == 0)
		code = cli_inputs_set(cli, options);
	if (code == 0)
		code = cli_limits_set(cli, &recipe->limits);
	if (code == 0)
		code = read_args(cli, &recipe->args, options);
	return code;
}
