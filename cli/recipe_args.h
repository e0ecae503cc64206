/* SPDX-License-Identifier: Apache-2.0 */
/** What commands that read a recipe share. */
#ifndef CLI_RECIPE_ARGS_H
#define CLI_RECIPE_ARGS_H

#include "cli/cli.h"

/** For commands that get the inputs of a recipe, to build it or not. */
struct cli_recipe {
	struct cli_common common; /* first */
	const char *recipe;
	struct cli_list args;
	const char *xattrs;
	const char *ledger;
	bool no_ledger;
	struct cli_list limits;
	bool json;
};

#define CLI_RECIPE_OPTS                                                                            \
	{ CLI_TEXT, 'f', "file", "RECIPE", offsetof(struct cli_recipe, recipe),                    \
		"the recipe, else nacre.yaml or nacre.json in CONTEXT" },                          \
		{ CLI_LIST, 0, "arg", "NAME=VALUE", offsetof(struct cli_recipe, args),             \
			"the value of an arg of the recipe" },                                     \
		{ CLI_TEXT, 0, "xattrs", "all", offsetof(struct cli_recipe, xattrs),               \
			"of rootfs:DIR/, more than user.* and security.capability" },              \
		{ CLI_TEXT, 0, "ledger", "FILE", offsetof(struct cli_recipe, ledger),              \
			"of rootfs:DIR/, this ledger, else the one beside DIR" },                  \
		{ CLI_FLAG, 0, "no-ledger", NULL, offsetof(struct cli_recipe, no_ledger),          \
			"of rootfs:DIR/, what is on the disk and no more" },                       \
		CLI_LIMIT_OPT(struct cli_recipe),                                                  \
		{ CLI_FLAG, 0, "json", NULL, offsetof(struct cli_recipe, json),                    \
			"print one JSON object" },                                                 \
		CLI_COMMON_OPTS(struct cli_recipe)

/**
 * All that these options say. Returns an exit code.
 *
 * @param context  the number of the operand; without it, the working directory
 * @param options  cleared by cli_recipe_clear()
 */
NACRE_CHECKED int cli_recipe_read(struct cli *cli, const struct cli_recipe *recipe, size_t context,
	struct nacre_build_options *options);

/** Frees also what commands of their own have put there: tags. */
void cli_recipe_clear(struct nacre_build_options *options);

#endif
