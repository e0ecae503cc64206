/* SPDX-License-Identifier: Apache-2.0 */
/* Finds the command and runs it. A new command is a file beside this one and a line in the table.
 */
#include "cli/cli.h"
#include "cli/help.h"

#include <stdio.h>
#include <string.h>

static const struct cli_command *const commands[] = {
	&cli_build,
	&cli_key_new,
	&cli_key_passwd,
	&cli_key_show,
	&cli_sign,
	&cli_verify,
	&cli_plan,
	&cli_unpack,
	&cli_check,
	&cli_inspect,
	&cli_ls,
	&cli_lint,
	&cli_copy,
	&cli_squash,
	&cli_lock,
	&cli_vendor,
	&cli_config,
	&cli_rebase,
	&cli_commit,
	NULL,
};

/* How many words of the command line are this command's name; 0: it is another. */
static size_t match(const struct cli_command *command, char *const *words, size_t count)
{
	const char *name = command->name;
	size_t used = 0;

	while (*name) {
		size_t len = strcspn(name, " ");

		if (used == count || strlen(words[used]) != len || strncmp(words[used], name, len))
			return 0;
		used++;
		name += len + strspn(name + len, " ");
	}
	return used;
}

static const struct cli_command *find(char *const *words, size_t count, size_t *out_used)
{
	for (size_t i = 0; commands[i]; i++) {
		*out_used = match(commands[i], words, count);
		if (*out_used > 0)
			return commands[i];
	}
	return NULL;
}

static int fail_no_command(struct cli *cli, char *const *words, size_t count)
{
	struct cli_nearest nearest = { .got = words[0] };
	size_t len = strlen(words[0]);

	for (size_t i = 0; commands[i]; i++) {
		const char *name = commands[i]->name;

		if (strncmp(name, words[0], len) == 0 && name[len] == ' ')
			return count > 1
				? cli_fail_usage(cli, "no command '%s %s'", words[0], words[1])
				: cli_fail_usage(cli, "'%s' wants another word, as in '%s'",
					  words[0], name);
		cli_nearest_offer(&nearest, name);
	}
	cli_nearest_offer(&nearest, "help");
	if (nearest.name)
		return cli_fail_usage(cli, "no command '%s'; near is '%s'", words[0], nearest.name);
	return cli_fail_usage(cli, "no command '%s'", words[0]);
}

static int help(struct cli *cli, char *const *words, size_t count)
{
	const struct cli_command *command = NULL;
	size_t used = 0;

	if (count > 0) {
		command = find(words, count, &used);
		if (!command)
			return fail_no_command(cli, words, count);
		if (used < count)
			return cli_fail_usage(cli, "'%s' is one word too many", words[used]);
		cli_help_command(stdout, command);
	} else {
		cli_help_overview(stdout, commands);
	}
	return 0;
}

static int run_with(struct cli *cli, char *const *words, size_t count, void *args)
{
	const struct cli_command *command = cli->command;
	const struct cli_common *common = args;
	struct nacre_err err;
	int rc = cli_args_parse(command->opts, words, count, args, &cli->operands, &err);

	if (rc == 0 && common->help) {
		cli_help_command(stdout, command);
		return 0;
	}
	if (rc == 0)
		rc = cli_operands_check(command->operands, &cli->operands, &err);
	if (rc == NACRE_E_ARG)
		return cli_fail_usage(cli, "%s", err.text);
	if (rc)
		return cli_fail_with(cli, &err);
	cli->verbose = common->verbose;
	return command->run(cli, args);
}

static int run(struct cli *cli, char *const *words, size_t count)
{
	CLI_CLEANUP(cli_freep) void *args = calloc(1, cli->command->args_bytes);
	int code;

	if (!args)
		return cli_fail(cli, CLI_FAILED, "out of memory");
	code = run_with(cli, words, count, args);
	cli_clear_progress(cli);
	cli_args_clear(cli->command->opts, args, &cli->operands);
	return code;
}

static int dispatch(struct cli *cli, char *const *words, size_t count)
{
	size_t used = 0;

	if (count == 0) {
		cli_help_overview(stderr, commands);
		return CLI_USAGE;
	}
	if (strcmp(words[0], "--version") == 0 && count == 1) {
		printf("nacre %s\n", nacre_version());
		return 0;
	}
	if (strcmp(words[0], "help") == 0)
		return help(cli, words + 1, count - 1);
	if ((strcmp(words[0], "--help") == 0 || strcmp(words[0], "-h") == 0) && count == 1)
		return help(cli, NULL, 0);
	if (words[0][0] == '-')
		return cli_fail_usage(cli, "%s: options stand behind the command", words[0]);
	cli->command = find(words, count, &used);
	if (!cli->command)
		return fail_no_command(cli, words, count);
	return run(cli, words + used, count - used);
}

int main(int argc, char **argv)
{
	struct cli cli;
	int code;

	cli_init(&cli);
	code = dispatch(&cli, argv + 1, argc > 0 ? (size_t)argc - 1 : 0);
	code = cli_finish(&cli, code);
	cli_clear(&cli);
	return code;
}
