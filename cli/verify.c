/* SPDX-License-Identifier: Apache-2.0 */
/* nacre verify: what can be proven of an image. */
#include "cli/cli.h"
#include "cli/trust.h"

#include <inttypes.h>
#include <stdio.h>

struct args {
	struct cli_common common;
	struct cli_trust trust;
	bool deep;
	const char *platform;
	struct cli_list limits;
	bool require_cage;
	bool json;
};

static const struct cli_opt opts[] = {
	CLI_TRUST_OPTS(struct args),
	{ CLI_FLAG, 0, "deep", NULL, offsetof(struct args, deep),
		"decompress the layers and check what is in them" },
	CLI_PLATFORM_OPT(struct args),
	CLI_LIMIT_OPT(struct args),
	CLI_CAGE_OPT(struct args),
	{ CLI_FLAG, 0, "json", NULL, offsetof(struct args, json), "print one JSON object" },
	CLI_COMMON_OPTS(struct args),
};

static void print_text(
	const struct nacre_trusted *trusted, const struct nacre_checked *checked, bool deep)
{
	cli_trusted_print(trusted);
	printf("blobs     %" PRIu64 ", %" PRIu64 " bytes\n", checked->blobs, checked->blob_bytes);
	if (deep)
		printf("layers    %" PRIu64 " members, %" PRIu64 " bytes\n", checked->members,
			checked->tar_bytes);
}

static void print_json(
	const struct nacre_trusted *trusted, const struct nacre_checked *checked, bool deep)
{
	(void)fputc('{', stdout);
	cli_trusted_print_json(trusted);
	printf(",\"blobs\":%" PRIu64 ",\"blobBytes\":%" PRIu64 ",\"deep\":%s", checked->blobs,
		checked->blob_bytes, deep ? "true" : "false");
	if (deep)
		printf(",\"members\":%" PRIu64 ",\"tarBytes\":%" PRIu64, checked->members,
			checked->tar_bytes);
	(void)fputs("}\n", stdout);
}

static int run(struct cli *cli, const void *opaque)
{
	const struct args *args = opaque;
	CLI_CLEANUP(cli_image_clear) struct cli_image image = { 0 };
	CLI_CLEANUP(cli_trusted_freep) struct nacre_trusted *trusted = NULL;
	struct nacre_checked checked = { 0 };
	struct nacre_err err;
	int code = cli_image_name(cli, args->platform, &image);

	if (code == 0)
		code = cli_trust_check(cli, &args->trust, &image);
	if (code == 0)
		code = cli_limits_set(cli, &args->limits);
	if (code == 0)
		code = cli_image_open(cli, &image);
	if (code == 0)
		code = cli_trust_image(cli, &args->trust, &image, &trusted);
	if (code)
		return code;
	cli->env.require_cage = args->require_cage;
	if (nacre_image_check(image.layout, trusted, args->deep, &cli->env, &checked, &err))
		return cli_fail_with(cli, &err);
	(args->json ? print_json : print_text)(trusted, &checked, args->deep);
	return 0;
}

const struct cli_command cli_verify = { "verify", "IMAGE",
	"Proves that an image is whole, and who has signed it.", opts, sizeof(struct args), run };
