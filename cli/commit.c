/* SPDX-License-Identifier: Apache-2.0 */
/* nacre commit: a changed root file system as one more layer. */
#include "cli/rework.h"
#include "cli/rootless.h"

#include <string.h>

struct args {
	struct cli_rework rework; /* first */
	const char *xattrs;
	const char *ledger;
	bool no_ledger;
	bool rootless;
};

static const struct cli_opt opts[] = {
	{ CLI_TEXT, 0, "xattrs", "all", offsetof(struct args, xattrs),
		"it was unpacked with this: take all of them" },
	{ CLI_TEXT, 0, "ledger", "FILE", offsetof(struct args, ledger),
		"this ledger, else the one beside DIR" },
	{ CLI_FLAG, 0, "no-ledger", NULL, offsetof(struct args, no_ledger),
		"what is on the disk and no more" },
	CLI_ROOTLESS_OPT(struct args),
	CLI_REWORK_LAYER_OPTS,
	CLI_REWORK_OPTS,
};

static int check(struct cli *cli, const struct args *args)
{
	if (args->xattrs && strcmp(args->xattrs, "all") != 0)
		return cli_fail_usage(cli, "--xattrs: '%s' is not 'all'", args->xattrs);
	if (args->ledger && args->no_ledger)
		return cli_fail_usage(cli, "--ledger and --no-ledger exclude each other");
	return 0;
}

static int commit(struct cli *cli, const struct args *args, const struct cli_source *source,
	const struct nacre_rework_options *options)
{
	const struct nacre_commit_options from = {
		.all_xattrs = args->xattrs != NULL,
		.no_ledger = args->no_ledger,
		.ledger = args->ledger,
	};
	CLI_CLEANUP(cli_freep) struct nacre_built *built = calloc(1, sizeof(*built));
	struct nacre_err err;

	if (!built)
		return cli_fail(cli, CLI_FAILED, "out of memory");
	if (nacre_image_commit(cli->operands.items[0], source->image.layout, source->trusted, &from,
		    options, &cli->env, built, &err))
		return cli_fail_with(cli, &err);
	cli_rework_print(cli, &args->rework, built);
	return 0;
}

static int run(struct cli *cli, const void *opaque)
{
	const struct args *args = opaque;
	CLI_CLEANUP(cli_rework_clear) struct nacre_rework_options options = { 0 };
	CLI_CLEANUP(cli_source_clear) struct cli_source source = { 0 };
	bool single = false;
	int code = check(cli, args);

	if (code == 0)
		code = cli_rework_read(cli, &args->rework, &options);
	if (code == 0 && args->rootless)
		code = cli_rootless_enter(cli, &single);
	if (code == 0)
		code = cli_source_open(cli, &args->rework, NULL, cli->operands.items[1], &source);
	return code ? code : commit(cli, args, &source, &options);
}

const struct cli_command cli_commit = { "commit", "DIR IMAGE",
	"Makes an image with one more layer: what a directory differs in from it.", opts,
	sizeof(struct args), run };
