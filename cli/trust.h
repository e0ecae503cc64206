/* SPDX-License-Identifier: Apache-2.0 */
/** The options that say whom to trust. */
#ifndef CLI_TRUST_H
#define CLI_TRUST_H

#include "cli/cli.h"

struct cli_trust {
	struct cli_list keys;
	uint64_t threshold;
	const char *identity;
	const char *policy;
	struct cli_list annotations;
	bool is_unsigned;
};

#define CLI_TRUST_OPTS(type)                                                                       \
	{ CLI_LIST, 0, "key", "PUB", offsetof(type, trust.keys),                                   \
		"a public key whose signature counts" },                                           \
		{ CLI_NUMBER, 0, "threshold", "K", offsetof(type, trust.threshold),                \
			"how many of the keys must have signed, else 1" },                         \
		{ CLI_TEXT, 0, "identity", "NAME", offsetof(type, trust.identity),                 \
			"the name that must be signed: HOST/REPO[:TAG]" },                         \
		{ CLI_LIST, 'a', "annotation", "NAME=VALUE", offsetof(type, trust.annotations),    \
			"what must be signed besides" },                                           \
		{ CLI_TEXT, 0, "policy", "FILE", offsetof(type, trust.policy),                     \
			"a policy.json that says whose signatures count" },                        \
	{                                                                                          \
		CLI_FLAG, 0, "unsigned", NULL, offsetof(type, trust.is_unsigned),                  \
			"take the image from anybody"                                              \
	}

/** That the options say whom to trust, and only one thing. Returns an exit code. */
NACRE_CHECKED int cli_trust_check(
	struct cli *cli, const struct cli_trust *trust, const struct cli_image *image);

/** Believes an image for the reason that the options give. Returns an exit code. */
NACRE_CHECKED int cli_trust_image(struct cli *cli, const struct cli_trust *trust,
	const struct cli_image *image, struct nacre_trusted **out_trusted);

/**
 * The same, with an account of how that was decided.
 *
 * @param out_verdict  NULL when no signatures were asked for, or when it did not come so far; set
 *                     also when the image is not believed
 */
NACRE_CHECKED int cli_trust_explained(struct cli *cli, const struct cli_trust *trust,
	const struct cli_image *image, struct nacre_verdict **out_verdict,
	struct nacre_trusted **out_trusted);

/** Lines for people: manifest, why it is trusted, and who has signed. */
void cli_trusted_print(const struct nacre_trusted *trusted);

/** The same as members of a JSON object, the last without a comma. */
void cli_trusted_print_json(const struct nacre_trusted *trusted);

void cli_trusted_freep(struct nacre_trusted **trusted);

#endif
