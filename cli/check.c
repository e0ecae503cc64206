/* SPDX-License-Identifier: Apache-2.0 */
/* nacre check: what a root file system on disk differs in from its image, and putting it right. */
#include "cli/cli.h"
#include "cli/out.h"
#include "cli/rootless.h"
#include "cli/trust.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

struct args {
	struct cli_common common;
	struct cli_trust trust;
	bool no_owner;
	bool rootless;
	bool no_setid;
	bool devices;
	const char *xattrs;
	bool no_ledger;
	struct cli_list ignore;
	bool ignore_times;
	bool ignore_extra;
	bool repair;
	bool no_sync;
	uint64_t jobs;
	const char *platform;
	struct cli_list limits;
	bool require_cage;
	bool json;
	bool quiet;
};

static const struct cli_opt opts[] = {
	CLI_TRUST_OPTS(struct args),
	{ CLI_FLAG, 0, "no-owner", NULL, offsetof(struct args, no_owner),
		"it was unpacked with this: all belongs to who owns DIR" },
	CLI_ROOTLESS_OPT(struct args),
	{ CLI_FLAG, 0, "no-setid", NULL, offsetof(struct args, no_setid),
		"it was unpacked with this" },
	{ CLI_FLAG, 0, "devices", NULL, offsetof(struct args, devices),
		"it was unpacked with this" },
	{ CLI_TEXT, 0, "xattrs", "all", offsetof(struct args, xattrs),
		"it was unpacked with this: compare all of them" },
	{ CLI_FLAG, 0, "no-ledger", NULL, offsetof(struct args, no_ledger),
		"expect what its ledger says is lost" },
	{ CLI_LIST, 0, "ignore", "PATH", offsetof(struct args, ignore),
		"leave this out, and all below it" },
	{ CLI_FLAG, 0, "ignore-times", NULL, offsetof(struct args, ignore_times),
		"times of last change may differ" },
	{ CLI_FLAG, 0, "ignore-extra", NULL, offsetof(struct args, ignore_extra),
		"there may be more than the image has" },
	{ CLI_FLAG, 0, "repair", NULL, offsetof(struct args, repair),
		"put right what differs, and touch nothing else" },
	{ CLI_FLAG, 0, "no-sync", NULL, offsetof(struct args, no_sync),
		"repair faster; may be lost if the machine crashes" },
	{ CLI_NUMBER, 'j', "jobs", "N", offsetof(struct args, jobs),
		"threads for hashing files, else one a processor" },
	CLI_PLATFORM_OPT(struct args),
	CLI_LIMIT_OPT(struct args),
	CLI_CAGE_OPT(struct args),
	{ CLI_FLAG, 0, "json", NULL, offsetof(struct args, json),
		"print one JSON object a difference, and one at the end" },
	{ CLI_FLAG, 'q', "quiet", NULL, offsetof(struct args, quiet), "print nothing" },
	CLI_COMMON_OPTS(struct args),
};

/* --------------------------------------------------------------------- report */

static int print_nothing(const struct nacre_finding *finding, void *user)
{
	(void)finding;
	(void)user;
	return cli_signal();
}

/* "etc/conf: mode 0600, not 0644"; what is on one side alone stands alone. */
static int print_text(const struct nacre_finding *finding, void *user)
{
	(void)user;
	out_name(stdout, finding->path);
	printf(": %s", nacre_drift_name(finding->what));
	if (finding->xattr) {
		(void)fputc(' ', stdout);
		out_name(stdout, finding->xattr);
	}
	if (finding->have) {
		(void)fputc(' ', stdout);
		out_name(stdout, finding->have);
	}
	if (finding->want) {
		(void)fputs(finding->have ? ", not " : " none, not ", stdout);
		out_name(stdout, finding->want);
	}
	(void)fputs(finding->repaired ? " (repaired)\n" : "\n", stdout);
	return cli_signal();
}

static void print_member(const char *key, const char *value)
{
	if (!value)
		return;
	(void)fputc(',', stdout);
	out_json_bytes(stdout, key, value);
}

static int print_json(const struct nacre_finding *finding, void *user)
{
	(void)user;
	(void)fputc('{', stdout);
	out_json_bytes(stdout, "path", finding->path);
	printf(",\"what\":\"%s\"", nacre_drift_name(finding->what));
	print_member("xattr", finding->xattr);
	print_member("want", finding->want);
	print_member("have", finding->have);
	(void)fputs(finding->repaired ? ",\"repaired\":true}\n" : "}\n", stdout);
	return cli_signal();
}

static void print_end(
	const struct nacre_trusted *trusted, const struct nacre_rootfs_checked *checked)
{
	cli_trusted_print(trusted);
	printf("compared  %" PRIu64 " entries, %" PRIu64 " bytes\n", checked->entries,
		checked->file_bytes);
	if (checked->repaired > 0)
		printf("repaired  %" PRIu64 " difference%s\n", checked->repaired,
			checked->repaired == 1 ? "" : "s");
}

static void print_json_end(
	const struct nacre_trusted *trusted, const struct nacre_rootfs_checked *checked)
{
	(void)fputc('{', stdout);
	cli_trusted_print_json(trusted);
	printf(",\"entries\":%" PRIu64 ",\"bytes\":%" PRIu64 ",\"findings\":%" PRIu64
	       ",\"unreadable\":%" PRIu64 ",\"repaired\":%" PRIu64 "}\n",
		checked->entries, checked->file_bytes, checked->findings, checked->unreadable,
		checked->repaired);
}

/* ------------------------------------------------------------------------ run */

/* What can be said before anything is looked at. Returns an exit code. */
static int check(struct cli *cli, const struct args *args, const struct cli_image *image)
{
	int code = cli_trust_check(cli, &args->trust, image);

	if (code)
		return code;
	if (args->xattrs && strcmp(args->xattrs, "all") != 0)
		return cli_fail_usage(cli, "--xattrs: '%s' is not 'all'", args->xattrs);
	if (args->json && args->quiet)
		return cli_fail_usage(cli, "--json and --quiet exclude each other");
	cli->env.require_cage = args->require_cage;
	code = cli_jobs_set(cli, args->jobs);
	return code ? code : cli_limits_set(cli, &args->limits);
}

/* What is there and cannot be read is no proof that it is wrong; nor that it is right. */
static int judge(struct cli *cli, const struct nacre_rootfs_checked *checked)
{
	const char *dir = cli->operands.items[0];

	if (checked->findings > checked->unreadable)
		return cli_fail(cli, CLI_REFUSED, "%s: %" PRIu64 " difference%s", dir,
			checked->findings, checked->findings == 1 ? "" : "s");
	if (checked->unreadable > 0)
		return cli_fail(cli, CLI_FAILED, "%s: %" PRIu64 " entries cannot be read", dir,
			checked->unreadable);
	return 0;
}

static int compare(struct cli *cli, const struct args *args, const struct cli_image *image,
	const struct nacre_trusted *trusted)
{
	const struct nacre_rootfs_check_options options = {
		.unpack = { .no_owner = args->no_owner,
			.devices = args->devices,
			.no_setid = args->no_setid,
			.all_xattrs = args->xattrs != NULL },
		.no_ledger = args->no_ledger,
		.ignore = args->ignore.items,
		.ignore_count = args->ignore.count,
		.ignore_times = args->ignore_times,
		.ignore_extra = args->ignore_extra,
		.repair = args->repair,
	};
	struct nacre_rootfs_checked checked;
	struct nacre_err err;

	cli->env.no_sync = args->no_sync;
	if (nacre_rootfs_check(image->layout, trusted, cli->operands.items[0], &options,
		    args->quiet		 ? print_nothing
			    : args->json ? print_json
					 : print_text,
		    NULL, &cli->env, &checked, &err))
		return cli_fail_with(cli, &err);
	if (!args->quiet)
		(args->json ? print_json_end : print_end)(trusted, &checked);
	return judge(cli, &checked);
}

static int run(struct cli *cli, const void *opaque)
{
	struct args args = *(const struct args *)opaque;
	bool single = false;
	CLI_CLEANUP(cli_image_clear) struct cli_image image = { 0 };
	CLI_CLEANUP(cli_trusted_freep) struct nacre_trusted *trusted = NULL;
	int code = cli_image_name_at(cli, 1, args.platform, &image);

	if (code == 0)
		code = check(cli, &args, &image);
	if (code == 0 && args.rootless)
		code = cli_rootless_enter(cli, &single);
	args.no_owner = args.no_owner || single;
	if (code == 0)
		code = cli_image_open(cli, &image);
	if (code == 0)
		code = cli_trust_image(cli, &args.trust, &image, &trusted);
	return code ? code : compare(cli, &args, &image, trusted);
}

const struct cli_command cli_check = { "check", "DIR IMAGE",
	"Compares a directory with the image that it was unpacked from.", opts, sizeof(struct args),
	run };
