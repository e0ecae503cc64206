/* SPDX-License-Identifier: Apache-2.0 */
/* nacre verify: what can be proven of an image. */
#include "cli/cli.h"
#include "cli/trust.h"
#include "cli/verdict.h"

#include <inttypes.h>
#include <stdio.h>

struct args {
	struct cli_common common;
	struct cli_trust trust;
	bool deep;
	bool explain;
	const char *platform;
	struct cli_list limits;
	bool require_cage;
	bool json;
};

static const struct cli_opt opts[] = {
	CLI_TRUST_OPTS(struct args),
	{ CLI_FLAG, 0, "deep", NULL, offsetof(struct args, deep),
		"decompress the layers and check what is in them" },
	{ CLI_FLAG, 0, "explain", NULL, offsetof(struct args, explain),
		"print the rule that decides and the fate of each signature" },
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
	cli_trusted_print_json(trusted);
	printf(",\"blobs\":%" PRIu64 ",\"blobBytes\":%" PRIu64 ",\"deep\":%s", checked->blobs,
		checked->blob_bytes, deep ? "true" : "false");
	if (deep)
		printf(",\"members\":%" PRIu64 ",\"tarBytes\":%" PRIu64, checked->members,
			checked->tar_bytes);
}

static void verdict_freep(struct nacre_verdict **verdict)
{
	nacre_verdict_free(*verdict);
	*verdict = NULL;
}

/* The account stands also where the image is refused: that is when one wants to know. */
static void explain(const struct args *args, const struct nacre_verdict *verdict, bool is_refused)
{
	if (args->json) {
		(void)fputs(is_refused ? "{\"explain\":" : ",\"explain\":", stdout);
		if (verdict)
			cli_verdict_print_json(verdict);
		else
			(void)fputs("null", stdout);
		if (is_refused)
			(void)fputs("}\n", stdout);
	} else if (verdict) {
		cli_verdict_print(verdict);
	}
}

static int check(struct cli *cli, const struct args *args, const struct cli_image *image)
{
	CLI_CLEANUP(cli_trusted_freep) struct nacre_trusted *trusted = NULL;
	CLI_CLEANUP(verdict_freep) struct nacre_verdict *verdict = NULL;
	struct nacre_checked checked = { 0 };
	struct nacre_err err;
	int code = cli_trust_explained(cli, &args->trust, image, &verdict, &trusted);

	if (code) {
		if (args->explain && verdict)
			explain(args, verdict, true);
		return code;
	}
	if (nacre_image_check(image->layout, trusted, args->deep, &cli->env, &checked, &err))
		return cli_fail_with(cli, &err);
	if (!args->json) {
		print_text(trusted, &checked, args->deep);
		if (args->explain)
			explain(args, verdict, false);
		return 0;
	}
	(void)putchar('{');
	print_json(trusted, &checked, args->deep);
	if (args->explain)
		explain(args, verdict, false);
	(void)fputs("}\n", stdout);
	return 0;
}

static int run(struct cli *cli, const void *opaque)
{
	const struct args *args = opaque;
	CLI_CLEANUP(cli_image_clear) struct cli_image image = { 0 };
	int code = cli_image_name(cli, args->platform, &image);

	if (code == 0)
		code = cli_trust_check(cli, &args->trust, &image);
	if (code == 0)
		code = cli_limits_set(cli, &args->limits);
	if (code == 0)
		code = cli_image_open(cli, &image);
	cli->env.require_cage = args->require_cage;
	return code ? code : check(cli, args, &image);
}

const struct cli_command cli_verify = { "verify", "IMAGE",
	"Proves that an image is whole, and who has signed it.", opts, sizeof(struct args), run };
