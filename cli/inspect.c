/* SPDX-License-Identifier: Apache-2.0 */
/* nacre inspect: what an image says of itself. The library writes it, escaped. */
#include "cli/cli.h"

#include <stdio.h>

struct args {
	struct cli_common common;
	bool json;
	const char *platform;
	struct cli_list limits;
};

static const struct cli_opt opts[] = {
	{ CLI_FLAG, 0, "json", NULL, offsetof(struct args, json), "print one JSON object" },
	CLI_PLATFORM_OPT(struct args),
	CLI_LIMIT_OPT(struct args),
	CLI_COMMON_OPTS(struct args),
};

static int run(struct cli *cli, const void *opaque)
{
	const struct args *args = opaque;
	CLI_CLEANUP(cli_image_clear) struct cli_image image = { 0 };
	CLI_CLEANUP(cli_freep) char *text = NULL;
	struct nacre_err err;
	int code = cli_image_name(cli, args->platform, &image);

	if (code == 0)
		code = cli_limits_set(cli, &args->limits);
	if (code == 0)
		code = cli_image_open(cli, &image);
	if (code)
		return code;
	if (nacre_image_inspect(
		    image.layout, &image.ref, image.on, args->json, &cli->env, &text, &err))
		return cli_fail_with(cli, &err);
	(void)fputs(text, stdout);
	return 0;
}

const struct cli_command cli_inspect = { "inspect", "IMAGE",
	"Describes an image; verifies nothing but its digests.", opts, sizeof(struct args), run };
