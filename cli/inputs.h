/* SPDX-License-Identifier: Apache-2.0 */
/** What the environment says about fetching: a cache, a proxy, certificates. */
#ifndef CLI_INPUTS_H
#define CLI_INPUTS_H

#include "cli/cli.h"

/**
 * The cache is NACRE_CACHE, bounded by NACRE_CACHE_BYTES, else nacre in XDG_CACHE_HOME, else in
 * .cache of HOME; options->cache is the caller's to free then. Proxies are named as curl(1) has it,
 * certificates by CURL_CA_BUNDLE or SSL_CERT_FILE. Returns an exit code.
 */
NACRE_CHECKED int cli_inputs_set(struct cli *cli, struct nacre_build_options *options);

#endif
