/* SPDX-License-Identifier: Apache-2.0 */
/* nacre unpack: from a trusted image to a root file system. */
#include "cli/cli.h"
#include "cli/out.h"
#include "cli/rootless.h"
#include "cli/trust.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct args {
	struct cli_common common;
	struct cli_trust trust;
	bool devices;
	bool no_owner;
	bool rootless;
	bool no_setid;
	bool no_sync;
	bool replace;
	const char *xattrs;
	const char *platform;
	struct cli_list limits;
	bool require_cage;
};

static const struct cli_opt opts[] = {
	CLI_TRUST_OPTS(struct args),
	{ CLI_FLAG, 0, "no-owner", NULL, offsetof(struct args, no_owner), "all belongs to you" },
	CLI_ROOTLESS_OPT(struct args),
	{ CLI_FLAG, 0, "no-setid", NULL, offsetof(struct args, no_setid),
		"leave setuid, setgid and file capabilities out" },
	{ CLI_FLAG, 0, "devices", NULL, offsetof(struct args, devices),
		"make device nodes, else they are refused" },
	{ CLI_TEXT, 0, "xattrs", "all", offsetof(struct args, xattrs),
		"more than user.* and security.capability" },
	{ CLI_FLAG, 0, "no-sync", NULL, offsetof(struct args, no_sync),
		"faster; may be lost if the machine crashes" },
	{ CLI_FLAG, 0, "replace", NULL, offsetof(struct args, replace),
		"a directory that is there is exchanged in one step" },
	CLI_PLATFORM_OPT(struct args),
	CLI_LIMIT_OPT(struct args),
	CLI_CAGE_OPT(struct args),
	CLI_COMMON_OPTS(struct args),
};

/* What can be said before anything is looked at. Returns an exit code. */
static int check(struct cli *cli, const struct args *args, const struct cli_image *image)
{
	int code = cli_trust_check(cli, &args->trust, image);

	if (code)
		return code;
	if (args->xattrs && strcmp(args->xattrs, "all") != 0)
		return cli_fail_usage(cli, "--xattrs: '%s' is not 'all'", args->xattrs);
	/* Only root may give files away; better said now than after reading the whole image. */
	if (!args->no_owner && !args->rootless && geteuid() != 0)
		return cli_fail(cli, CLI_FAILED,
			"%s: only root can give files their owners; --rootless makes root of you, "
			"and "
			"with --no-owner all is yours",
			cli->operands.items[1]);
	return cli_limits_set(cli, &args->limits);
}

/* Where what the disk did not take is written down: beside DIR, which may have slashes behind. */
static void print_ledger(const char *dir)
{
	size_t len = strlen(dir);
	CLI_CLEANUP(cli_freep) char *name = NULL;

	while (len > 1 && dir[len - 1] == '/')
		len--;
	if (asprintf(&name, "%.*s.nacre-ledger", (int)len, dir) < 0)
		return;
	(void)fputs("ledger    ", stdout);
	out_name(stdout, name);
	(void)putchar('\n');
}

static int run(struct cli *cli, const void *opaque)
{
	const struct args *args = opaque;
	struct nacre_unpack_options options = {
		.no_owner = args->no_owner,
		.devices = args->devices,
		.no_setid = args->no_setid,
		.all_xattrs = args->xattrs != NULL,
		.replace = args->replace,
		.bear_losses = args->rootless,
	};
	CLI_CLEANUP(cli_image_clear) struct cli_image image = { 0 };
	CLI_CLEANUP(cli_trusted_freep) struct nacre_trusted *trusted = NULL;
	struct nacre_unpacked unpacked = { 0 };
	struct nacre_err err;
	bool single = false;
	int code = cli_image_name(cli, args->platform, &image);

	if (code == 0)
		code = check(cli, args, &image);
	if (code == 0 && args->rootless)
		code = cli_rootless_enter(cli, &single);
	options.no_owner = options.no_owner || single;
	if (code == 0)
		code = cli_image_open(cli, &image);
	if (code == 0)
		code = cli_trust_image(cli, &args->trust, &image, &trusted);
	if (code)
		return code;
	cli->env.no_sync = args->no_sync;
	cli->env.require_cage = args->require_cage;
	if (nacre_unpack(image.layout, trusted, cli->operands.items[1], &options, &cli->env,
		    &unpacked, &err))
		return cli_fail_with(cli, &err);
	cli_trusted_print(trusted);
	printf("entries   %" PRIu64 ", %" PRIu64 " bytes\n", unpacked.entries, unpacked.file_bytes);
	if (unpacked.has_ledger)
		print_ledger(cli->operands.items[1]);
	return 0;
}

const struct cli_command cli_unpack = { "unpack", "IMAGE DIR",
	"Unpacks an image that is trusted into a new directory.", opts, sizeof(struct args), run };
