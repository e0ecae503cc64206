/* SPDX-License-Identifier: Apache-2.0 */
/** What commands that make images share: where these go, how layers are compressed, results. */
#ifndef CLI_BUILT_H
#define CLI_BUILT_H

#include "cli/explained.h"

/**
 * Parses the values of --tag.
 *
 * @param out_tags  the caller's to free, also after an error
 * Returns an exit code.
 */
NACRE_CHECKED int cli_tags_read(
	struct cli *cli, const struct cli_list *texts, struct nacre_ref **out_tags);

/** Parses the value of --compression; NULL changes nothing. Returns an exit code. */
NACRE_CHECKED int cli_compression_read(
	struct cli *cli, const char *text, struct nacre_compression *out_compression);

/** How cli_built_print() says it. */
struct cli_built_text {
	const char *kept; /**< what is said of a layer that was taken as it is */
	bool quiet;	  /**< the image ID alone */
};

/** Prints the image ID to stdout, and what people want to know besides to stderr. */
void cli_built_print(
	struct cli *cli, const struct cli_built_text *how, const struct nacre_built *built);

/**
 * Prints one JSON object.
 *
 * @param has_ghosts  whether it says how many ghosts were left out
 * @param explained   what it says besides; NULL: nothing
 */
void cli_built_print_json(
	const struct nacre_built *built, bool has_ghosts, const struct cli_explained *explained);

#endif
