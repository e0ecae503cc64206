/* SPDX-License-Identifier: Apache-2.0 */
/** What nacre build --explain tells: kept while it builds, and printed afterwards. */
#ifndef CLI_EXPLAINED_H
#define CLI_EXPLAINED_H

#include "cli/cli.h"

struct cli_explained {
	struct cli_explained_part *parts;
	size_t count;
	size_t room;
	bool is_wanted;
	bool is_lost; /**< memory was out */
};

/** Has a build tell. @param explained  stays where it is as long as the options are used */
void cli_explained_listen(struct cli_explained *explained, struct nacre_build_options *options);
void cli_explained_clear(struct cli_explained *explained);

/** A line for each part on stderr; nothing when nobody listened. */
void cli_explained_print(struct cli *cli, const struct cli_explained *explained);

/** A member "parts" of a JSON object, with a comma in front; nothing when nobody listened. */
void cli_explained_print_json(const struct cli_explained *explained);

#endif
