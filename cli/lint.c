/* SPDX-License-Identifier: Apache-2.0 */
/* nacre lint: all that is wrong with an image, or odd, without unpacking it. */
#include "cli/cli.h"
#include "cli/out.h"

#include <inttypes.h>
#include <stdio.h>

#define MOST 1000

struct args {
	struct cli_common common;
	bool strict;
	bool rules;
	uint64_t most;
	const char *platform;
	struct cli_list limits;
	bool require_cage;
	bool json;
};

static const struct cli_opt opts[] = {
	{ CLI_FLAG, 0, "strict", NULL, offsetof(struct args, strict), "fail for warnings, too" },
	{ CLI_NUMBER, 0, "most", "N", offsetof(struct args, most),
		"print so many findings, else 1000, and count the rest" },
	{ CLI_FLAG, 0, "rules", NULL, offsetof(struct args, rules),
		"print all rules instead, and look at no image" },
	CLI_PLATFORM_OPT(struct args),
	CLI_LIMIT_OPT(struct args),
	CLI_CAGE_OPT(struct args),
	{ CLI_FLAG, 0, "json", NULL, offsetof(struct args, json),
		"print one JSON object a finding, and one at the end" },
	CLI_COMMON_OPTS(struct args),
};

/** What the findings go through. */
struct report {
	uint64_t left; /* to be printed */
	uint64_t more; /* not printed */
	bool json;
};

static const char *severity_word(enum nacre_severity severity)
{
	static const char *const words[] = {
		[NACRE_NOTE_FINDING] = "note",
		[NACRE_WARNING_FINDING] = "warning",
		[NACRE_REFUSED_FINDING] = "refused",
	};

	return words[severity];
}

/* "layer 2 of 5, byte 12800, usr/lib/x: two pax headers for one member [tar/pax-twice]" */
static void print_text(const struct nacre_lint_finding *finding)
{
	(void)fputs(finding->place, stdout);
	if (finding->has_offset)
		printf(", byte %" PRIu64, finding->offset);
	if (finding->name) {
		(void)fputs(", ", stdout);
		out_name(stdout, finding->name);
	}
	(void)fputs(": ", stdout);
	out_text(stdout, finding->text);
	printf(" [%s%s%s]\n", finding->rule->id,
		finding->rule->severity == NACRE_REFUSED_FINDING ? "" : ", ",
		finding->rule->severity == NACRE_REFUSED_FINDING
			? ""
			: severity_word(finding->rule->severity));
}

static void print_json(const struct nacre_lint_finding *finding)
{
	printf("{\"rule\":\"%s\",\"severity\":\"%s\",\"place\":\"%s\"", finding->rule->id,
		severity_word(finding->rule->severity), finding->place);
	if (finding->layer)
		printf(",\"layer\":%u", finding->layer);
	if (finding->has_offset)
		printf(",\"offset\":%" PRIu64, finding->offset);
	if (finding->name) {
		(void)fputc(',', stdout);
		out_json_bytes(stdout, "name", finding->name);
	}
	(void)fputs(",\"text\":", stdout);
	out_json(stdout, finding->text);
	(void)fputs("}\n", stdout);
}

static int print_finding(const struct nacre_lint_finding *finding, void *user)
{
	struct report *report = user;

	if (report->left == 0) {
		report->more++;
		return cli_signal();
	}
	report->left--;
	(report->json ? print_json : print_text)(finding);
	return cli_signal();
}

static void print_end(const struct report *report, const struct nacre_lint_counts *counts)
{
	if (report->json)
		printf("{\"refused\":%" PRIu64 ",\"warnings\":%" PRIu64 ",\"notes\":%" PRIu64
		       ",\"more\":%" PRIu64 "}\n",
			counts->refused, counts->warnings, counts->notes, report->more);
	else if (report->more > 0)
		printf("and %" PRIu64 " more\n", report->more);
}

static void print_rules(bool json)
{
	const struct nacre_rule *rule;

	for (size_t i = 0; (rule = nacre_lint_rule(i)); i++) {
		if (!json) {
			printf("%-28s %-8s %s\n", rule->id, severity_word(rule->severity),
				rule->text);
			continue;
		}
		printf("{\"rule\":\"%s\",\"severity\":\"%s\",\"text\":", rule->id,
			severity_word(rule->severity));
		out_json(stdout, rule->text);
		(void)fputs(",\"continuation\":", stdout);
		out_json(stdout, rule->continuation);
		(void)fputs(",\"source\":", stdout);
		out_json(stdout, rule->source);
		(void)fputs("}\n", stdout);
	}
}

static int judge(struct cli *cli, const struct nacre_lint_counts *counts, bool strict)
{
	if (counts->refused == 0 && (!strict || counts->warnings == 0))
		return 0;
	return cli_fail(cli, CLI_REFUSED,
		"%" PRIu64 " refused, %" PRIu64 " warnings, %" PRIu64 " notes", counts->refused,
		counts->warnings, counts->notes);
}

static int run(struct cli *cli, const void *opaque)
{
	const struct args *args = opaque;
	CLI_CLEANUP(cli_image_clear) struct cli_image image = { 0 };
	struct report report = { args->most ? args->most : MOST, 0, args->json };
	struct nacre_lint_counts counts;
	struct nacre_err err;
	int code;

	if (args->rules != (cli->operands.count == 0))
		return cli_fail_usage(
			cli, args->rules ? "--rules looks at no image" : "IMAGE is missing");
	if (args->rules) {
		print_rules(args->json);
		return 0;
	}
	code = cli_image_name(cli, args->platform, &image);
	if (code == 0)
		code = cli_limits_set(cli, &args->limits);
	if (code == 0)
		code = cli_image_open(cli, &image);
	if (code)
		return code;
	cli->env.require_cage = args->require_cage;
	if (nacre_image_lint(image.layout, &image.ref, image.on, print_finding, &report, &cli->env,
		    &counts, &err))
		return cli_fail_with(cli, &err);
	print_end(&report, &counts);
	return judge(cli, &counts, args->strict);
}

const struct cli_command cli_lint = { "lint", "[IMAGE]",
	"Lists all that readers of an image take differently, without unpacking it.", opts,
	sizeof(struct args), run };
