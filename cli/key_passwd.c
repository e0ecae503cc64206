/* SPDX-License-Identifier: Apache-2.0 */
/* nacre key passwd: another passphrase for a key file. */
#include "cli/cli.h"
#include "cli/passphrase.h"

#include <stdio.h>
#include <string.h>

struct args {
	struct cli_common common;
	struct cli_passphrase_from passphrase;
	struct cli_passphrase_from instead;
	bool plain;
};

static const struct cli_opt opts[] = {
	CLI_PASSPHRASE_OPTS(struct args),
	{ CLI_TEXT, 0, "new-passphrase-file", "FILE", offsetof(struct args, instead.file),
		"the new passphrase is its first line" },
	{ CLI_TEXT, 0, "new-passphrase-fd", "N", offsetof(struct args, instead.fd),
		"it is the next line of a descriptor" },
	CLI_PLAIN_OPT(struct args),
	CLI_COMMON_OPTS(struct args),
};

static int run(struct cli *cli, const void *opaque)
{
	const struct args *args = opaque;
	CLI_CLEANUP(cli_passphrase_clear) struct cli_passphrase pass = { 0 };
	CLI_CLEANUP(cli_passphrase_clear) struct cli_passphrase instead = { 0 };
	CLI_CLEANUP(cli_key_freep) struct nacre_key *key = NULL;
	const char *path = cli->operands.items[0];
	struct nacre_err err;
	int code;

	if (strncmp(path, "pkcs11:", 7) == 0)
		return cli_fail(cli, CLI_REFUSED,
			"a key in a token has the token's PIN, which its own tools change");
	code = cli_passphrase_read(cli, &args->passphrase, &pass);
	/* The old one first: both may come through one descriptor. */
	if (code == 0)
		code = cli_passphrase_read_new(cli, &args->instead, &instead);
	if (code == 0)
		code = cli_key_load(cli, path, &pass, args->plain ? NACRE_KEY_PLAIN : 0, &key);
	if (code)
		return code;
	if (!nacre_key_is_private(key))
		return cli_fail(cli, CLI_REFUSED, "%s: a public key has no passphrase", path);
	if (!instead.is_given)
		code = cli_passphrase_ask(cli, path, CLI_PASSPHRASE_INSTEAD, &instead);
	if (code)
		return code;
	if (nacre_key_store_private(key, path, instead.text, &err))
		return cli_fail_with(cli, &err);
	printf("type  %s\nid    %s\n", nacre_key_type_name(key), nacre_key_id(key));
	return 0;
}

const struct cli_command cli_key_passwd = { "key passwd", "KEYFILE",
	"Changes the passphrase of a private key.", opts, sizeof(struct args), run };
