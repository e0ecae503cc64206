/* SPDX-License-Identifier: Apache-2.0 */
/* nacre ls: what an image holds, as names, as a long list, as JSON lines or as an mtree list. */
#include "cli/cli.h"
#include "cli/out.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

struct args {
	struct cli_common common;
	bool is_long;
	bool json;
	bool mtree;
	const char *platform;
	struct cli_list limits;
	bool require_cage;
};

static const struct cli_opt opts[] = {
	{ CLI_FLAG, 'l', "long", NULL, offsetof(struct args, is_long),
		"type, mode, owner, size and time, too" },
	{ CLI_FLAG, 0, "json", NULL, offsetof(struct args, json),
		"print one JSON object an entry" },
	{ CLI_FLAG, 0, "mtree", NULL, offsetof(struct args, mtree),
		"print a list that mtree and bsdtar read" },
	CLI_PLATFORM_OPT(struct args),
	CLI_LIMIT_OPT(struct args),
	CLI_CAGE_OPT(struct args),
	CLI_COMMON_OPTS(struct args),
};

static int print_name(const struct nacre_entry *entry, void *user)
{
	(void)user;
	out_name(stdout, entry->path);
	(void)fputc('\n', stdout);
	return cli_signal();
}

static int print_mtree(const struct nacre_entry *entry, void *user)
{
	(void)user;
	(void)fputs(entry->mtree, stdout);
	return cli_signal();
}

/* "rwsr-xr-t" */
static void mode_text(uint32_t mode, char text[10])
{
	static const char letters[] = "rwxrwxrwx";
	static const struct {
		uint32_t bit;
		int at;
		char with_x;
		char without;
	} specials[] = { { 04000, 2, 's', 'S' }, { 02000, 5, 's', 'S' }, { 01000, 8, 't', 'T' } };

	for (int i = 0; i < 9; i++)
		text[i] = mode & (0400U >> i) ? letters[i] : '-';
	for (size_t i = 0; i < 3; i++) {
		if (mode & specials[i].bit)
			text[specials[i].at] = text[specials[i].at] == 'x' ? specials[i].with_x
									   : specials[i].without;
	}
	text[9] = '\0';
}

static void print_time(int64_t seconds, uint32_t ns)
{
	time_t time = (time_t)seconds;
	char text[64];
	struct tm tm;

	if (gmtime_r(&time, &tm) && strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm) > 0)
		printf("%s.%09" PRIu32 "Z", text, ns);
	else
		printf("@%" PRId64 ".%09" PRIu32, seconds, ns);
}

static int print_long(const struct nacre_entry *entry, void *user)
{
	char mode[10], size[32];

	(void)user;
	mode_text(entry->mode, mode);
	if (entry->type == 'c' || entry->type == 'b')
		(void)snprintf(
			size, sizeof(size), "%" PRIu32 ",%" PRIu32, entry->major, entry->minor);
	else
		(void)snprintf(size, sizeof(size), "%" PRIu64, entry->size_bytes);
	printf("%c%s %" PRIu32 "/%" PRIu32 " %10s ", entry->type, mode, entry->uid, entry->gid,
		size);
	print_time(entry->mtime_s, entry->mtime_ns);
	(void)fputc(' ', stdout);
	out_name(stdout, entry->path);
	if (entry->target || entry->hardlink) {
		(void)fputs(entry->target ? " -> " : " link to ", stdout);
		out_name(stdout, entry->target ? entry->target : entry->hardlink);
	}
	(void)fputc('\n', stdout);
	return cli_signal();
}

static const char *type_word(char type)
{
	switch (type) {
	case 'd':
		return "dir";
	case 'l':
		return "symlink";
	case 'c':
		return "char";
	case 'b':
		return "block";
	case 'p':
		return "fifo";
	default:
		return "file";
	}
}

static int print_json(const struct nacre_entry *entry, void *user)
{
	(void)user;
	(void)fputc('{', stdout);
	out_json_bytes(stdout, "path", entry->path);
	printf(",\"type\":\"%s\",\"mode\":\"%04" PRIo32 "\",\"uid\":%" PRIu32 ",\"gid\":%" PRIu32
	       ",\"mtime_s\":%" PRId64 ",\"mtime_ns\":%" PRIu32 ",\"layer\":%u",
		type_word(entry->type), entry->mode, entry->uid, entry->gid, entry->mtime_s,
		entry->mtime_ns, entry->layer);
	if (entry->type == '-')
		printf(",\"size\":%" PRIu64, entry->size_bytes);
	if (entry->type == 'c' || entry->type == 'b')
		printf(",\"major\":%" PRIu32 ",\"minor\":%" PRIu32, entry->major, entry->minor);
	if (entry->target) {
		(void)fputc(',', stdout);
		out_json_bytes(stdout, "target", entry->target);
	}
	if (entry->hardlink) {
		(void)fputc(',', stdout);
		out_json_bytes(stdout, "hardlink", entry->hardlink);
	}
	(void)fputs("}\n", stdout);
	return cli_signal();
}

static int run(struct cli *cli, const void *opaque)
{
	const struct args *args = opaque;
	CLI_CLEANUP(cli_image_clear) struct cli_image image = { 0 };
	struct nacre_list_options options = { .mtree = args->mtree };
	struct nacre_err err;
	int code;

	if (args->is_long + args->json + args->mtree > 1)
		return cli_fail_usage(cli, "only one of --long, --json and --mtree");
	cli->env.require_cage = args->require_cage;
	if (cli->operands.count > 1)
		options.path = cli->operands.items[1];
	code = cli_image_name(cli, args->platform, &image);
	if (code == 0)
		code = cli_limits_set(cli, &args->limits);
	if (code == 0)
		code = cli_image_open(cli, &image);
	if (code)
		return code;
	if (args->mtree)
		(void)fputs("#mtree\n", stdout);
	if (nacre_image_list(image.layout, &image.ref, image.on, &options,
		    args->mtree		    ? print_mtree
			    : args->json    ? print_json
			    : args->is_long ? print_long
					    : print_name,
		    NULL, &cli->env, &err))
		return cli_fail_with(cli, &err);
	return 0;
}

const struct cli_command cli_ls = { "ls", "IMAGE [PATH]",
	"Lists what an image holds, without unpacking or trusting it.", opts, sizeof(struct args),
	run };
