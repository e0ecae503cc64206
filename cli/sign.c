/* SPDX-License-Identifier: Apache-2.0 */
/* nacre sign: a signature a key, beside the image. */
#include "cli/cli.h"
#include "cli/passphrase.h"

#include <stdio.h>

struct args {
	struct cli_common common;
	struct cli_list keys;
	const char *identity;
	const char *passphrase_file;
};

static const struct cli_opt opts[] = {
	{ CLI_LIST, 0, "key", "KEY", offsetof(struct args, keys), "a private key to sign with" },
	{ CLI_TEXT, 0, "identity", "NAME", offsetof(struct args, identity),
		"sign it as HOST/REPO:TAG, else as its own name" },
	CLI_PASSPHRASE_OPT(struct args),
	CLI_COMMON_OPTS(struct args),
};

struct keys {
	struct nacre_key **items;
	size_t count;
};

static void keys_clear(struct keys *keys)
{
	for (size_t i = 0; i < keys->count; i++)
		nacre_key_free(keys->items[i]);
	free(keys->items);
}

static int load_keys(struct cli *cli, const struct args *args, struct keys *out_keys)
{
	CLI_CLEANUP(cli_passphrase_clear) struct cli_passphrase pass = { 0 };
	int code = cli_passphrase_read(cli, args->passphrase_file, &pass);

	if (code)
		return code;
	out_keys->items = calloc(args->keys.count, sizeof(*out_keys->items));
	if (!out_keys->items)
		return cli_fail(cli, CLI_FAILED, "out of memory");
	for (size_t i = 0; i < args->keys.count; i++) {
		struct nacre_key **key = &out_keys->items[i];

		code = cli_key_load(cli, args->keys.items[i], &pass, 0, key);
		if (code)
			return code;
		out_keys->count = i + 1;
		if (!nacre_key_is_private(*key))
			return cli_fail(cli, CLI_REFUSED, "%s: a public key cannot sign",
				args->keys.items[i]);
	}
	return 0;
}

static int run(struct cli *cli, const void *opaque)
{
	const struct args *args = opaque;
	const struct nacre_sign_options options = { .identity = args->identity };
	CLI_CLEANUP(cli_image_clear) struct cli_image image = { 0 };
	CLI_CLEANUP(keys_clear) struct keys keys = { 0 };
	struct nacre_sign_info info;
	struct nacre_err err;
	int code = cli_image_name(cli, NULL, &image);

	if (code)
		return code;
	if (args->keys.count == 0)
		return cli_fail_usage(cli, "--key is missing");
	code = cli_image_open(cli, &image);
	if (code == 0)
		code = load_keys(cli, args, &keys);
	if (code)
		return code;
	if (nacre_sign(image.layout, &image.ref, (const struct nacre_key *const *)keys.items,
		    keys.count, &options, &cli->env, &info, &err))
		return cli_fail_with(cli, &err);
	printf("signed      %s\nsignatures  %s\nadded       %zu\npresent     %zu\n",
		info.image.text, info.signatures.text, info.added, info.present);
	return 0;
}

const struct cli_command cli_sign = { "sign", "IMAGE",
	"Signs an image; the signature is put beside it.", opts, sizeof(struct args), run };
