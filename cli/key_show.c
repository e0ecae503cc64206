/* SPDX-License-Identifier: Apache-2.0 */
/* nacre key show: what a key file holds. */
#include "cli/cli.h"
#include "cli/passphrase.h"

#include <stdio.h>

struct args {
	struct cli_common common;
	struct cli_passphrase_from passphrase;
};

static const struct cli_opt opts[] = {
	CLI_PASSPHRASE_OPTS(struct args),
	CLI_COMMON_OPTS(struct args),
};

static int run(struct cli *cli, const void *opaque)
{
	const struct args *args = opaque;
	CLI_CLEANUP(cli_passphrase_clear) struct cli_passphrase pass = { 0 };
	CLI_CLEANUP(cli_key_freep) struct nacre_key *key = NULL;
	int code = cli_passphrase_read(cli, &args->passphrase, &pass);

	if (code == 0)
		code = cli_key_load(cli, cli->operands.items[0], &pass, NACRE_KEY_PLAIN, &key);
	if (code)
		return code;
	printf("type  %s\nid    %s\nhalf  %s\n", nacre_key_type_name(key), nacre_key_id(key),
		nacre_key_is_private(key) ? "private" : "public");
	return 0;
}

const struct cli_command cli_key_show = { "key show", "KEYFILE",
	"Prints the type and the id of a key.", opts, sizeof(struct args), run };
