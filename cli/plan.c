/* SPDX-License-Identifier: Apache-2.0 */
/* nacre plan: what unpack would do, as text or JSON, without doing it. */
#include "cli/cli.h"
#include "cli/out.h"
#include "cli/rootless.h"
#include "cli/trust.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* How many paths of a list are shown to people who have not asked for more. */
#define SHOWN 5

struct args {
	struct cli_common common;
	struct cli_trust trust;
	bool devices;
	bool json;
	bool no_owner;
	bool no_probe;
	bool no_setid;
	bool replace;
	bool rootless;
	const char *xattrs;
	const char *platform;
	struct cli_list limits;
	bool require_cage;
};

static const struct cli_opt opts[] = {
	CLI_TRUST_OPTS(struct args),
	{ CLI_FLAG, 0, "no-owner", NULL, offsetof(struct args, no_owner),
		"all would belong to you" },
	CLI_ROOTLESS_OPT(struct args),
	{ CLI_FLAG, 0, "no-setid", NULL, offsetof(struct args, no_setid),
		"leave setuid, setgid and file capabilities out" },
	{ CLI_FLAG, 0, "devices", NULL, offsetof(struct args, devices),
		"make device nodes, else they are refused" },
	{ CLI_TEXT, 0, "xattrs", "all", offsetof(struct args, xattrs),
		"more than user.* and security.capability" },
	{ CLI_FLAG, 0, "replace", NULL, offsetof(struct args, replace),
		"DIR may be a directory with something in it" },
	{ CLI_FLAG, 0, "no-probe", NULL, offsetof(struct args, no_probe),
		"try nothing out beside DIR: losses stay unknown" },
	{ CLI_FLAG, 0, "json", NULL, offsetof(struct args, json), "print one JSON object" },
	CLI_PLATFORM_OPT(struct args),
	CLI_LIMIT_OPT(struct args),
	CLI_CAGE_OPT(struct args),
	CLI_COMMON_OPTS(struct args),
};

static const char *const fits[] = {
	[NACRE_FIT_YES] = "yes",
	[NACRE_FIT_CLOSE] = "close",
	[NACRE_FIT_NO] = "no",
	[NACRE_FIT_UNKNOWN] = "unknown",
};

static const char *const losses[] = {
	[NACRE_LOST_OWNER] = "owner",
	[NACRE_LOST_MODE] = "mode",
	[NACRE_LOST_XATTR] = "xattr",
	[NACRE_LOST_TIME] = "time",
	[NACRE_LOST_DEVICE] = "device",
	[NACRE_LOST_NAME] = "name",
};

struct row {
	const char *name;
	uint64_t value;
};

/* ---------------------------------------------------------------------- text */

static const char *word(uint64_t count, const char *one, const char *many)
{
	return count == 1 ? one : many;
}

static void print_kinds(const struct nacre_plan_kinds *kinds)
{
	const struct {
		uint64_t count;
		const char *one;
		const char *many;
	} rows[] = {
		{ kinds->dirs, "directory", "directories" },
		{ kinds->files, "file", "files" },
		{ kinds->symlinks, "symlink", "symlinks" },
		{ kinds->fifos, "fifo", "fifos" },
		{ kinds->char_devices, "character device", "character devices" },
		{ kinds->block_devices, "block device", "block devices" },
		{ kinds->links, "hard link", "hard links" },
	};
	const char *between = "          ";

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (rows[i].count == 0)
			continue;
		printf("%s%" PRIu64 " %s", between, rows[i].count,
			word(rows[i].count, rows[i].one, rows[i].many));
		between = ", ";
	}
	if (between[0] == ',')
		(void)fputc('\n', stdout);
}

static void print_space(const struct nacre_plan_space *space)
{
	static const char *const words[] = {
		[NACRE_FIT_YES] = "fits",
		[NACRE_FIT_CLOSE] = "close: it may fit, or not",
		[NACRE_FIT_NO] = "does not fit",
		[NACRE_FIT_UNKNOWN] = "the file system does not say what is free",
	};

	printf("space     %" PRIu64 " to %" PRIu64 " bytes, %" PRIu64 " free", space->least_bytes,
		space->most_bytes, space->free_bytes);
	if (space->reserve_bytes > 0)
		printf(" and %" PRIu64 " in reserve", space->reserve_bytes);
	printf(", on %s in blocks of %" PRIu64 ": %s\n",
		space->file_system[0] ? space->file_system : "a file system", space->block_bytes,
		words[space->bytes_fit]);
	printf("inodes    %" PRIu64, space->inodes);
	if (space->inodes_fit == NACRE_FIT_UNKNOWN)
		printf("; the file system does not count them\n");
	else
		printf(", %" PRIu64 " free: %s\n", space->free_inodes, words[space->inodes_fit]);
}

static void print_privileges(const struct nacre_planned *planned)
{
	for (size_t i = 0; i < NACRE_PLAN_PRIVILEGES; i++) {
		const struct nacre_plan_privilege *at = &planned->privileges[i];

		if (at->paths.count == 0)
			continue;
		printf("needs     %s, which %s, for %" PRIu64 " %s; the first is '", at->name,
			at->is_held ? "is held" : "is missing", at->paths.count,
			word(at->paths.count, "file", "files"));
		out_name(stdout, at->paths.text);
		(void)fputs("'\n", stdout);
	}
}

static void print_losses(const struct nacre_plan_losses *lost)
{
	bool is_any = false;

	if (!lost->is_known) {
		(void)fputs("loses     not known: ", stdout);
		out_text(stdout, lost->unknown);
		(void)fputc('\n', stdout);
		return;
	}
	for (size_t i = 0; i < NACRE_LOST_KINDS; i++) {
		const struct nacre_paths *paths = &lost->kinds[i];

		if (paths->count == 0)
			continue;
		printf("loses     %s of %" PRIu64 " %s; the first is '", losses[i], paths->count,
			word(paths->count, "entry", "entries"));
		out_name(stdout, paths->text);
		(void)fputs("'\n", stdout);
		is_any = true;
	}
	if (lost->untried > 0)
		printf("loses     not known of %" PRIu64 " entries: more kinds than are tried\n",
			lost->untried);
	else if (!is_any)
		printf("loses     nothing\n");
}

static void print_paths(const char *title, const struct nacre_paths *paths, bool all)
{
	const char *at = paths->text;
	uint64_t shown = all || paths->listed < SHOWN ? paths->listed : SHOWN;

	if (paths->count == 0)
		return;
	printf("%-10s%" PRIu64 "\n", title, paths->count);
	for (uint64_t i = 0; i < shown; i++, at += strlen(at) + 1) {
		(void)fputs("          ", stdout);
		out_name(stdout, at);
		(void)fputc('\n', stdout);
	}
	if (shown < paths->count)
		printf("          and %" PRIu64 " more%s\n", paths->count - shown,
			all ? "" : " (--verbose shows them)");
}

static void print_text(const struct cli *cli, const struct nacre_trusted *trusted,
	const struct nacre_planned *planned)
{
	cli_trusted_print(trusted);
	printf("entries   %" PRIu64 ", %" PRIu64 " bytes\n", planned->unpacked.entries,
		planned->unpacked.file_bytes);
	print_kinds(&planned->kinds);
	print_space(&planned->space);
	print_privileges(planned);
	print_losses(&planned->losses);
	print_paths("setuid", &planned->setuid, cli->verbose);
	print_paths("setgid", &planned->setgid, cli->verbose);
	print_paths("filecaps", &planned->capabilities, cli->verbose);
	print_paths("shadowed", &planned->shadowed, cli->verbose);
	for (size_t i = 0; cli->verbose && i < NACRE_PLAN_LIMITS; i++)
		printf("limit     %s: %" PRIu64 " of %" PRIu64 "\n", planned->limits[i].name,
			planned->limits[i].used, planned->limits[i].limit);
}

/* ---------------------------------------------------------------------- JSON */

/* The last members of an object. */
static void json_numbers(const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++)
		printf("%s\"%s\":%" PRIu64, i ? "," : "", rows[i].name, rows[i].value);
	(void)fputc('}', stdout);
}

static void json_kinds(const struct nacre_plan_kinds *kinds)
{
	const struct row rows[] = {
		{ "directories", kinds->dirs },
		{ "files", kinds->files },
		{ "symlinks", kinds->symlinks },
		{ "fifos", kinds->fifos },
		{ "characterDevices", kinds->char_devices },
		{ "blockDevices", kinds->block_devices },
		{ "hardLinks", kinds->links },
	};

	printf(",\"kinds\":{");
	json_numbers(rows, sizeof(rows) / sizeof(rows[0]));
}

static void json_space(const struct nacre_plan_space *space)
{
	const struct row rows[] = {
		{ "blockBytes", space->block_bytes },
		{ "leastBytes", space->least_bytes },
		{ "mostBytes", space->most_bytes },
		{ "freeBytes", space->free_bytes },
		{ "reserveBytes", space->reserve_bytes },
		{ "inodes", space->inodes },
		{ "freeInodes", space->free_inodes },
	};

	printf(",\"space\":{\"fileSystem\":\"%s\",\"bytesFit\":\"%s\",\"inodesFit\":\"%s\",",
		space->file_system, fits[space->bytes_fit], fits[space->inodes_fit]);
	json_numbers(rows, sizeof(rows) / sizeof(rows[0]));
}

static void json_privileges(const struct nacre_planned *planned)
{
	const char *between = "";

	printf(",\"privileges\":[");
	for (size_t i = 0; i < NACRE_PLAN_PRIVILEGES; i++) {
		const struct nacre_plan_privilege *at = &planned->privileges[i];

		if (at->paths.count == 0)
			continue;
		printf("%s{\"name\":\"%s\",\"held\":%s,\"files\":%" PRIu64 ",", between, at->name,
			at->is_held ? "true" : "false", at->paths.count);
		out_json_bytes(stdout, "path", at->paths.text);
		(void)fputc('}', stdout);
		between = ",";
	}
	(void)fputc(']', stdout);
}

static void json_losses(const struct nacre_plan_losses *lost)
{
	const char *between = "";

	printf(",\"losses\":{\"known\":%s,", lost->is_known ? "true" : "false");
	if (!lost->is_known) {
		(void)fputs("\"reason\":", stdout);
		out_json(stdout, lost->unknown);
		(void)fputc(',', stdout);
	}
	printf("\"untried\":%" PRIu64 ",\"kinds\":[", lost->untried);
	for (size_t i = 0; i < NACRE_LOST_KINDS; i++) {
		if (lost->kinds[i].count == 0)
			continue;
		printf("%s{\"name\":\"%s\",\"entries\":%" PRIu64 ",", between, losses[i],
			lost->kinds[i].count);
		out_json_bytes(stdout, "path", lost->kinds[i].text);
		(void)fputc('}', stdout);
		between = ",";
	}
	(void)fputs("]}", stdout);
}

static void json_paths(const char *name, const struct nacre_paths *paths)
{
	const char *at = paths->text;

	printf(",\"%s\":{\"count\":%" PRIu64 ",\"paths\":[", name, paths->count);
	for (uint64_t i = 0; i < paths->listed; i++, at += strlen(at) + 1) {
		(void)fputs(i ? ",{" : "{", stdout);
		out_json_bytes(stdout, "path", at);
		(void)fputc('}', stdout);
	}
	(void)fputs("]}", stdout);
}

static void json_limits(const struct nacre_planned *planned)
{
	printf(",\"limits\":[");
	for (size_t i = 0; i < NACRE_PLAN_LIMITS; i++) {
		const struct nacre_plan_limit *at = &planned->limits[i];

		printf("%s{\"name\":\"%s\",\"used\":%" PRIu64 ",\"limit\":%" PRIu64 "}",
			i ? "," : "", at->name, at->used, at->limit);
	}
	(void)fputc(']', stdout);
}

static void print_json(
	const struct nacre_trusted *trusted, bool is_verified, const struct nacre_planned *planned)
{
	(void)fputc('{', stdout);
	cli_trusted_print_json(trusted);
	printf(",\"verified\":%s,\"entries\":%" PRIu64 ",\"bytes\":%" PRIu64 ",\"inodes\":%" PRIu64,
		is_verified ? "true" : "false", planned->unpacked.entries,
		planned->unpacked.file_bytes, planned->inodes);
	json_kinds(&planned->kinds);
	json_space(&planned->space);
	json_privileges(planned);
	json_losses(&planned->losses);
	if (planned->failure[0]) {
		(void)fputs(",\"failure\":", stdout);
		out_json(stdout, planned->failure);
	}
	json_paths("setuid", &planned->setuid);
	json_paths("setgid", &planned->setgid);
	json_paths("fileCapabilities", &planned->capabilities);
	json_paths("shadowed", &planned->shadowed);
	json_limits(planned);
	(void)fputs("}\n", stdout);
}

/* ------------------------------------------------------------------- command */

static bool says_whom_to_trust(const struct cli_trust *trust, const struct cli_image *image)
{
	return trust->keys.count > 0 || trust->threshold || trust->identity || trust->is_unsigned ||
		image->ref.digest.text[0];
}

/* Who wants to know first and to decide then, need not say whom to trust. */
static int believe(struct cli *cli, const struct cli_trust *trust, const struct cli_image *image,
	struct nacre_trusted **out_trusted)
{
	struct nacre_env env = cli->env;
	struct nacre_err err;

	if (says_whom_to_trust(trust, image))
		return cli_trust_image(cli, trust, image, out_trusted);
	env.event = NULL; /* the result says it */
	if (nacre_trust_unsigned(image->layout, &image->ref, "nothing said whom to trust",
		    image->on, &env, out_trusted, &err))
		return cli_fail_with(cli, &err);
	return 0;
}

static int check(struct cli *cli, const struct args *args, const struct cli_image *image)
{
	int code = says_whom_to_trust(&args->trust, image)
		? cli_trust_check(cli, &args->trust, image)
		: 0;

	if (code)
		return code;
	if (args->xattrs && strcmp(args->xattrs, "all") != 0)
		return cli_fail_usage(cli, "--xattrs: '%s' is not 'all'", args->xattrs);
	cli->env.require_cage = args->require_cage;
	return cli_limits_set(cli, &args->limits);
}

/* What unpack says before it looks at anything. */
static void check_user(const struct args *args, const char *target, struct nacre_planned *planned)
{
	if (args->no_owner || args->rootless || geteuid() == 0)
		return;
	(void)snprintf(planned->failure, sizeof(planned->failure),
		"%s%sonly root can give files their owners; --rootless makes root of you, and "
		"with --no-owner all is yours",
		target ? target : "", target ? ": " : "");
}

/* The result has been printed; what remains is a word for scripts. */
static int conclude(struct cli *cli, const struct nacre_planned *planned)
{
	const struct nacre_plan_space *space = &planned->space;

	if (planned->failure[0])
		return cli_fail(cli, CLI_FAILED, "%s", planned->failure);
	if (space->bytes_fit == NACRE_FIT_NO)
		return cli_fail(cli, CLI_FAILED,
			"does not fit: at least %" PRIu64 " bytes, %" PRIu64 " are free",
			space->least_bytes, space->free_bytes + space->reserve_bytes);
	if (space->inodes_fit == NACRE_FIT_NO)
		return cli_fail(cli, CLI_FAILED,
			"does not fit: %" PRIu64 " inodes, %" PRIu64 " are free", space->inodes,
			space->free_inodes);
	return 0;
}

static int run(struct cli *cli, const void *opaque)
{
	const struct args *args = opaque;
	struct nacre_plan_options options = {
		.unpack = {
			.no_owner = args->no_owner,
			.devices = args->devices,
			.no_setid = args->no_setid,
			.all_xattrs = args->xattrs != NULL,
			.replace = args->replace,
			.bear_losses = args->rootless,
		},
		.no_probe = args->no_probe,
	};
	const char *target = cli->operands.count > 1 ? cli->operands.items[1] : NULL;
	CLI_CLEANUP(cli_image_clear) struct cli_image image = { 0 };
	CLI_CLEANUP(cli_trusted_freep) struct nacre_trusted *trusted = NULL;
	CLI_CLEANUP(nacre_planned_clear) struct nacre_planned planned = { 0 };
	struct nacre_err err;
	bool single = false;
	int code = cli_image_name(cli, args->platform, &image);

	if (code == 0)
		code = check(cli, args, &image);
	if (code == 0 && args->rootless)
		code = cli_rootless_enter(cli, &single);
	options.unpack.no_owner |= single;
	if (code == 0)
		code = cli_image_open(cli, &image);
	if (code == 0)
		code = believe(cli, &args->trust, &image, &trusted);
	if (code)
		return code;
	if (nacre_plan(image.layout, trusted, target, &options, &cli->env, &planned, &err))
		return cli_fail_with(cli, &err);
	check_user(args, target, &planned);
	if (args->json)
		print_json(trusted,
			says_whom_to_trust(&args->trust, &image) && !args->trust.is_unsigned,
			&planned);
	else
		print_text(cli, trusted, &planned);
	return conclude(cli, &planned);
}

const struct cli_command cli_plan = { "plan", "IMAGE [DIR]",
	"Tells what unpack would do: what it writes, needs and loses, and whether it fits.", opts,
	sizeof(struct args), run };
