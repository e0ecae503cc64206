/* SPDX-License-Identifier: Apache-2.0 */
/* nacre build: from a recipe to an image. */
#include "cli/built.h"
#include "cli/explained.h"
#include "cli/out.h"
#include "cli/recipe_args.h"
#include "cli/rootless.h"

struct args {
	struct cli_recipe recipe; /* first */
	struct cli_list tags;
	const char *compression;
	const char *vendor;
	bool check;
	const char *record;
	bool no_cache;
	bool assert_cached;
	bool explain;
	bool rootless;
	uint64_t jobs;
	bool require_cage;
	bool quiet;
};

static const struct cli_opt opts[] = {
	{ CLI_LIST, 't', "tag", "IMAGE", offsetof(struct args, tags),
		"where it goes, else the recipe's name in the store" },
	{ CLI_TEXT, 0, "compression", "HOW", offsetof(struct args, compression),
		"zstd, gzip or none, with a level: gzip:9" },
	{ CLI_NUMBER, 'j', "jobs", "N", offsetof(struct args, jobs),
		"threads for compression, else one a processor" },
	{ CLI_TEXT, 0, "vendor", "DIR", offsetof(struct args, vendor),
		"take what comes from outside from here alone: nacre vendor" },
	{ CLI_FLAG, 0, "check", NULL, offsetof(struct args, check),
		"build twice in other surroundings, and fail where that is not the same" },
	{ CLI_TEXT, 0, "record", "FILE", offsetof(struct args, record),
		"write down how the image was made" },
	{ CLI_FLAG, 0, "no-cache", NULL, offsetof(struct args, no_cache),
		"use nothing of earlier builds" },
	{ CLI_FLAG, 0, "explain", NULL, offsetof(struct args, explain),
		"say of each step whether it was known, and else what changed" },
	{ CLI_FLAG, 0, "assert-cached", NULL, offsetof(struct args, assert_cached),
		"fail where something is not known from an earlier build" },
	CLI_ROOTLESS_OPT(struct args),
	CLI_CAGE_OPT(struct args),
	{ CLI_FLAG, 'q', "quiet", NULL, offsetof(struct args, quiet),
		"print nothing but the image ID" },
	CLI_RECIPE_OPTS,
};

/* Returns an exit code, as all of these. */
static int read_tags(
	struct cli *cli, const struct cli_list *texts, struct nacre_build_options *options)
{
	struct nacre_ref *tags = NULL;
	int code = cli_tags_read(cli, texts, &tags);

	options->tags = tags;
	options->tag_count = texts->count;
	return code;
}

static int read_options(
	struct cli *cli, const struct args *args, struct nacre_build_options *options)
{
	int code = cli_jobs_set(cli, args->jobs);

	if (code == 0 && args->no_cache && args->assert_cached)
		code = cli_fail_usage(cli, "--no-cache and --assert-cached exclude each other");
	options->store = cli->store;
	options->vendor = args->vendor;
	options->check = args->check;
	options->record = args->record;
	options->no_cache = args->no_cache;
	options->assert_cached = args->assert_cached;
	cli->env.require_cage = args->require_cage;
	if (code == 0)
		code = cli_recipe_read(cli, &args->recipe, 0, options);
	if (code == 0)
		code = cli_epoch_read(cli, &options->has_epoch, &options->epoch);
	if (code == 0)
		code = cli_compression_read(cli, args->compression, &options->compression);
	return code ? code : read_tags(cli, &args->tags, options);
}

static int run(struct cli *cli, const void *opaque)
{
	const struct args *args = opaque;
	CLI_CLEANUP(cli_recipe_clear) struct nacre_build_options options = { 0 };
	CLI_CLEANUP(cli_freep) struct nacre_built *built = calloc(1, sizeof(*built));
	CLI_CLEANUP(cli_explained_clear) struct cli_explained explained = { 0 };
	struct nacre_err err;
	bool single;
	int code;

	if (!built)
		return cli_fail(cli, CLI_FAILED, "out of memory");
	code = read_options(cli, args, &options);
	if (code == 0 && args->rootless)
		code = cli_rootless_enter(cli, &single);
	if (code)
		return code;
	if (args->explain)
		cli_explained_listen(&explained, &options);
	if (nacre_build(&options, &cli->env, built, &err)) {
		cli_explained_print(cli, &explained);
		return cli_fail_with(cli, &err);
	}
	if (args->recipe.json)
		cli_built_print_json(built, true, &explained);
	else
		cli_built_print(cli, &(struct cli_built_text){ "the base's", args->quiet }, built);
	if (!args->recipe.json)
		cli_explained_print(cli, &explained);
	return 0;
}

const struct cli_command cli_build = { "build", "[CONTEXT]",
	"Builds an image from a recipe and prints its ID.", opts, sizeof(struct args), run };
