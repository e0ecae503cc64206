/* SPDX-License-Identifier: Apache-2.0 */
/* What squash, rebase, commit and config share: options, sources, results. */
#include "cli/rework.h"

#include "cli/built.h"

#include <stdio.h>
#include <string.h>

static int read_tags(
	struct cli *cli, const struct cli_list *texts, struct nacre_rework_options *options)
{
	struct nacre_ref *tags = NULL;
	int code;

	if (texts->count == 0)
		return cli_fail_usage(cli, "--tag is missing: where the new image goes");
	code = cli_tags_read(cli, texts, &tags);
	options->tags = tags;
	options->tag_count = texts->count;
	return code;
}

int cli_rework_read(
	struct cli *cli, const struct cli_rework *args, struct nacre_rework_options *out_options)
{
	int code = cli_epoch_read(cli, &out_options->has_epoch, &out_options->epoch);

	cli->env.require_cage = args->require_cage;
	out_options->store = cli->store;
	out_options->comment = args->comment;
	if (code == 0 && args->json && args->quiet)
		code = cli_fail_usage(cli, "--json and --quiet exclude each other");
	if (code == 0)
		code = cli_compression_read(cli, args->compression, &out_options->compression);
	if (code == 0)
		code = cli_jobs_set(cli, args->jobs);
	if (code == 0)
		code = cli_limits_set(cli, &args->limits);
	return code ? code : read_tags(cli, &args->tags, out_options);
}

void cli_rework_clear(struct nacre_rework_options *options)
{
	free((void *)(uintptr_t)options->tags);
	*options = (struct nacre_rework_options){ 0 };
}

/* --------------------------------------------------------------------- sources */

void cli_source_clear(struct cli_source *source)
{
	nacre_trusted_free(source->trusted);
	source->trusted = NULL;
	cli_image_clear(&source->image);
}

static int name_source(struct cli *cli, const struct cli_rework *args, const char *subject,
	const char *text, struct cli_source *source)
{
	struct nacre_err err;
	int code = cli_ref_parse(cli, subject ? subject : "IMAGE", text, &source->image.ref);

	if (code)
		return code;
	nacre_ref_print(&source->image.ref, cli->subject);
	if (args->platform) {
		if (nacre_platform_parse(args->platform, &source->image.platform, &err))
			return cli_fail_usage(cli, "--platform '%s': %s", args->platform, err.text);
		source->image.on = &source->image.platform;
	}
	return cli_trust_check(cli, &args->trust, &source->image);
}

int cli_source_open(struct cli *cli, const struct cli_rework *args, const char *subject,
	const char *text, struct cli_source *out_source)
{
	CLI_CLEANUP(cli_freep) char *before = strdup(cli->subject);
	int code;

	if (!before)
		return cli_fail(cli, CLI_FAILED, "out of memory");
	code = name_source(cli, args, subject, text, out_source);
	if (code == 0)
		code = cli_image_open(cli, &out_source->image);
	if (code == 0)
		code = cli_trust_image(cli, &args->trust, &out_source->image, &out_source->trusted);
	/* The command is about its operand; of others only their own faults speak. */
	if (code == 0 && subject)
		(void)snprintf(cli->subject, sizeof(cli->subject), "%s", before);
	return code;
}

/* --------------------------------------------------------------------- results */

void cli_rework_print(
	struct cli *cli, const struct cli_rework *args, const struct nacre_built *built)
{
	if (args->json)
		cli_built_print_json(built, false, NULL);
	else
		cli_built_print(cli, &(struct cli_built_text){ "as it was", args->quiet }, built);
}
