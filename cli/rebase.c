/* SPDX-License-Identifier: Apache-2.0 */
/* nacre rebase: an image's own layers on another base. */
#include "cli/rework.h"

struct args {
	struct cli_rework rework; /* first */
	const char *onto;
	const char *base;
	bool force;
};

static const struct cli_opt opts[] = {
	{ CLI_TEXT, 0, "onto", "NEWBASE", offsetof(struct args, onto), "the new base" },
	{ CLI_TEXT, 0, "base", "OLDBASE", offsetof(struct args, base),
		"what IMAGE stands on, else what it says itself" },
	{ CLI_FLAG, 0, "force", NULL, offsetof(struct args, force),
		"the image's layers win where both have changed a path" },
	CLI_REWORK_LAYER_OPTS,
	CLI_REWORK_OPTS,
};

struct sources {
	struct cli_source image;
	struct cli_source onto;
	struct cli_source base;
};

static void sources_clear(struct sources *sources)
{
	cli_source_clear(&sources->image);
	cli_source_clear(&sources->onto);
	cli_source_clear(&sources->base);
}

static int open_sources(struct cli *cli, const struct args *args, struct sources *sources)
{
	int code =
		cli_source_open(cli, &args->rework, NULL, cli->operands.items[0], &sources->image);

	if (code == 0)
		code = cli_source_open(cli, &args->rework, "--onto", args->onto, &sources->onto);
	if (code == 0 && args->base)
		code = cli_source_open(cli, &args->rework, "--base", args->base, &sources->base);
	return code;
}

static int rebase(struct cli *cli, const struct args *args, const struct sources *sources,
	const struct nacre_rework_options *options)
{
	const struct nacre_rebase_options how = {
		.onto_layout = sources->onto.image.layout,
		.onto = sources->onto.trusted,
		.base = sources->base.trusted,
		.force = args->force,
	};
	CLI_CLEANUP(cli_freep) struct nacre_built *built = calloc(1, sizeof(*built));
	struct nacre_err err;

	if (!built)
		return cli_fail(cli, CLI_FAILED, "out of memory");
	if (nacre_image_rebase(sources->image.image.layout, sources->image.trusted, &how, options,
		    &cli->env, built, &err))
		return cli_fail_with(cli, &err);
	cli_rework_print(cli, &args->rework, built);
	return 0;
}

static int run(struct cli *cli, const void *opaque)
{
	const struct args *args = opaque;
	CLI_CLEANUP(cli_rework_clear) struct nacre_rework_options options = { 0 };
	CLI_CLEANUP(sources_clear) struct sources sources = { 0 };
	int code = args->onto ? cli_rework_read(cli, &args->rework, &options)
			      : cli_fail_usage(cli, "--onto is missing: the new base");

	if (code == 0)
		code = open_sources(cli, args, &sources);
	return code ? code : rebase(cli, args, &sources, &options);
}

const struct cli_command cli_rebase = { "rebase", "IMAGE",
	"Makes an image with the same own layers on another base.", opts, sizeof(struct args),
	run };
