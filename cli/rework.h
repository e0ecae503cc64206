/* SPDX-License-Identifier: Apache-2.0 */
/** What the commands that make an image out of another one share. */
#ifndef CLI_REWORK_H
#define CLI_REWORK_H

#include "cli/trust.h"

/** What such a command's own struct begins with. */
struct cli_rework {
	struct cli_common common;
	struct cli_trust trust;
	struct cli_list tags;
	const char *compression; /* NULL in commands that write no layer */
	uint64_t jobs;
	const char *comment;
	const char *platform;
	struct cli_list limits;
	bool require_cage;
	bool json;
	bool quiet;
};

#define CLI_REWORK_OPTS                                                                            \
	{ CLI_LIST, 't', "tag", "NEW", offsetof(struct cli_rework, tags),                          \
		"where the new image goes" },                                                      \
		{ CLI_TEXT, 0, "comment", "TEXT", offsetof(struct cli_rework, comment),            \
			"of the new entry in the history" },                                       \
		CLI_TRUST_OPTS(struct cli_rework), CLI_PLATFORM_OPT(struct cli_rework),            \
		CLI_LIMIT_OPT(struct cli_rework), CLI_CAGE_OPT(struct cli_rework),                 \
		{ CLI_FLAG, 0, "json", NULL, offsetof(struct cli_rework, json),                    \
			"print one JSON object" },                                                 \
		{ CLI_FLAG, 'q', "quiet", NULL, offsetof(struct cli_rework, quiet),                \
			"print nothing but the image ID" },                                        \
		CLI_COMMON_OPTS(struct cli_rework)

/** Of commands that write layers. */
#define CLI_REWORK_LAYER_OPTS                                                                      \
	{ CLI_TEXT, 0, "compression", "HOW", offsetof(struct cli_rework, compression),             \
		"zstd, gzip or none, with a level: gzip:9" },                                      \
	{                                                                                          \
		CLI_NUMBER, 'j', "jobs", "N", offsetof(struct cli_rework, jobs),                   \
			"threads for compression, else one a processor"                            \
	}

/** Parses what the options say. @param out_options  to be cleared. Returns an exit code. */
NACRE_CHECKED int cli_rework_read(
	struct cli *cli, const struct cli_rework *args, struct nacre_rework_options *out_options);
void cli_rework_clear(struct nacre_rework_options *options);

/** An image that the new one is made of. */
struct cli_source {
	struct cli_image image;
	struct nacre_trusted *trusted;
};

void cli_source_clear(struct cli_source *source);

/**
 * Opens an image and believes it for the reason that the options give, which hold for all images
 * that a command names.
 *
 * @param subject  the option that names it; NULL: it is an operand
 * @param text     the reference
 *
 * Returns an exit code.
 */
NACRE_CHECKED int cli_source_open(struct cli *cli, const struct cli_rework *args,
	const char *subject, const char *text, struct cli_source *out_source);

/** Prints what was made. */
void cli_rework_print(
	struct cli *cli, const struct cli_rework *args, const struct nacre_built *built);

#endif
