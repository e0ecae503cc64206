/* SPDX-License-Identifier: Apache-2.0 */
/* nacre key new: NAME.key and NAME.pub. */
#include "cli/cli.h"
#include "cli/out.h"
#include "cli/passphrase.h"

#include <stdio.h>
#include <string.h>

struct args {
	struct cli_common common;
	const char *type;
	struct cli_passphrase_from passphrase;
};

static const struct cli_opt opts[] = {
	{ CLI_TEXT, 0, "type", "TYPE", offsetof(struct args, type),
		"ed25519 or p256, else ed25519" },
	CLI_PASSPHRASE_OPTS(struct args),
	CLI_COMMON_OPTS(struct args),
};

static const struct {
	const char *name;
	enum nacre_key_type type;
} types[] = {
	{ "ed25519", NACRE_KEY_ED25519 },
	{ "p256", NACRE_KEY_P256 },
};

static int find_type(struct cli *cli, const char *name, enum nacre_key_type *out_type)
{
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		if (strcmp(name, types[i].name) == 0) {
			*out_type = types[i].type;
			return 0;
		}
	}
	return cli_fail_usage(cli, "--type: '%s' is neither ed25519 nor p256", name);
}

static int run(struct cli *cli, const void *opaque)
{
	const struct args *args = opaque;
	CLI_CLEANUP(cli_passphrase_clear) struct cli_passphrase pass = { 0 };
	CLI_CLEANUP(cli_key_freep) struct nacre_key *key = NULL;
	const char *name = cli->operands.items[0];
	enum nacre_key_type type = NACRE_KEY_ED25519;
	struct nacre_err err;
	int code = args->type ? find_type(cli, args->type, &type) : 0;
	int rc;

	if (code == 0)
		code = cli_passphrase_read(cli, &args->passphrase, &pass);
	if (code == 0 && !pass.is_given)
		code = cli_passphrase_ask(cli, name, CLI_PASSPHRASE_OF_NEW_KEY, &pass);
	if (code)
		return code;
	rc = nacre_key_new(type, &key, &err);
	if (rc == 0)
		rc = nacre_key_store_pair(key, name, pass.text, &err);
	if (rc)
		return cli_fail_with(cli, &err);
	printf("type  %s\nid    %s\n", nacre_key_type_name(key), nacre_key_id(key));
	return 0;
}

const struct cli_command cli_key_new = { "key new", "NAME",
	"Makes a key pair, NAME.key (encrypted) and NAME.pub.", opts, sizeof(struct args), run };
