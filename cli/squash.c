/* SPDX-License-Identifier: Apache-2.0 */
/* nacre squash: one layer of several. */
#include "cli/rework.h"

struct args {
	struct cli_rework rework; /* first */
	uint64_t from;
	uint64_t to;
};

static const struct cli_opt opts[] = {
	{ CLI_NUMBER, 0, "from", "N", offsetof(struct args, from),
		"the lowest layer of those, else 1" },
	{ CLI_NUMBER, 0, "to", "M", offsetof(struct args, to),
		"the highest layer of those, else the last" },
	CLI_REWORK_LAYER_OPTS,
	CLI_REWORK_OPTS,
};

static int run(struct cli *cli, const void *opaque)
{
	const struct args *args = opaque;
	const struct nacre_squash_range range = { args->from, args->to };
	CLI_CLEANUP(cli_rework_clear) struct nacre_rework_options options = { 0 };
	CLI_CLEANUP(cli_source_clear) struct cli_source source = { 0 };
	CLI_CLEANUP(cli_freep) struct nacre_built *built = calloc(1, sizeof(*built));
	struct nacre_err err;
	int code = built ? cli_rework_read(cli, &args->rework, &options)
			 : cli_fail(cli, CLI_FAILED, "out of memory");

	if (code == 0)
		code = cli_source_open(cli, &args->rework, NULL, cli->operands.items[0], &source);
	if (code)
		return code;
	if (nacre_image_squash(
		    source.image.layout, source.trusted, &range, &options, &cli->env, built, &err))
		return cli_fail_with(cli, &err);
	cli_rework_print(cli, &args->rework, built);
	return 0;
}

const struct cli_command cli_squash = { "squash", "IMAGE",
	"Makes an image in which several layers are one.", opts, sizeof(struct args), run };
