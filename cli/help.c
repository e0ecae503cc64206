/* SPDX-License-Identifier: Apache-2.0 */
/* Help. What is said here of commands and options stands in their rows and nowhere else. */
#include "cli/help.h"

#define OPTION_WIDTH 24
#define COMMAND_WIDTH 20

static void print_option(FILE *to, const struct cli_opt *opt)
{
	int width = fprintf(to, opt->letter ? "  -%c, " : "      ", opt->letter);

	width += fprintf(to, "--%s", opt->name);
	if (opt->value)
		width += fprintf(to, " %s", opt->value);
	if (width > 4 + OPTION_WIDTH) {
		(void)fputc('\n', to);
		width = 0;
	}
	(void)fprintf(to, "%*s  %s\n", 4 + OPTION_WIDTH - width, "", opt->help);
}

void cli_help_command(FILE *to, const struct cli_command *command)
{
	(void)fprintf(to, "usage: nacre %s [OPTION...] %s\n\n%s\n\n", command->name,
		command->operands, command->summary);
	for (const struct cli_opt *opt = command->opts; opt->kind != CLI_END; opt++)
		print_option(to, opt);
}

void cli_help_overview(FILE *to, const struct cli_command *const *commands)
{
	(void)fputs("usage: nacre COMMAND [OPTION...] [OPERAND...]\n\n"
		    "Builds, signs, verifies and unpacks container images.\n\n",
		to);
	for (; *commands; commands++) {
		int width = fprintf(to, "  %s %s", (*commands)->name, (*commands)->operands);

		(void)fprintf(to, "%*s  %s\n", width < COMMAND_WIDTH ? COMMAND_WIDTH - width : 0,
			"", (*commands)->summary);
	}
	(void)fputs(
		"\n"
		"  help [COMMAND]      Shows this, or the options of a command.\n"
		"  --version           Prints the version.\n\n"
		"IMAGE is oci:DIR[:TAG][@DIGEST], or a bare NAME[:TAG][@DIGEST] in the store:\n"
		"NACRE_STORE, else nacre/store in XDG_DATA_HOME, else ~/.local/share/nacre/store.\n"
		"The exit code is 1 when the system refused or something is missing, 2 for a "
		"wrong\n"
		"command line, 3 for wrong content, 4 for content that is not trusted.\n",
		to);
}
