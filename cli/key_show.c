/* SPDX-License-Identifier: Apache-2.0 */
/* nacre key show: what a key is, in a file or a token, and its public half. */
#include "cli/cli.h"
#include "cli/out.h"
#include "cli/passphrase.h"

#include <stdio.h>
#include <sys/stat.h>

struct args {
	struct cli_common common;
	struct cli_passphrase_from passphrase;
	bool public_half;
	bool json;
};

static const struct cli_opt opts[] = {
	CLI_PASSPHRASE_OPTS(struct args),
	{ CLI_FLAG, 0, "public", NULL, offsetof(struct args, public_half),
		"print the public key as its file has it" },
	{ CLI_FLAG, 0, "json", NULL, offsetof(struct args, json), "print one JSON object" },
	CLI_COMMON_OPTS(struct args),
};

/* Encrypted or not, a private key is nobody else's to read. */
static void warn_of_mode(struct cli *cli, const char *path)
{
	struct nacre_event event = { .kind = NACRE_WARNING };
	char text[NACRE_ERR_TEXT];
	struct stat st;

	if (stat(path, &st) < 0 || !(st.st_mode & (S_IRGRP | S_IROTH)))
		return;
	(void)snprintf(text, sizeof(text), "%s: a private key that others may read, mode %04o",
		path, (unsigned)st.st_mode & 07777);
	event.subject = text;
	(void)cli->env.event(&event, cli->env.user);
}

static const char *half_of(const struct nacre_key *key)
{
	return nacre_key_is_private(key) ? "private" : "public";
}

static void print_json_member(const char *before, const char *name, const char *value)
{
	printf("%s\"%s\":", before, name);
	out_json(stdout, value);
}

static void print_json(const struct nacre_key *key)
{
	print_json_member("{", "type", nacre_key_type_name(key));
	print_json_member(",", "id", nacre_key_id(key));
	print_json_member(",", "hint", nacre_key_hint(key));
	print_json_member(",", "half", half_of(key));
	printf("}\n");
}

static int print_public(struct cli *cli, const struct nacre_key *key)
{
	CLI_CLEANUP(cli_freep) char *text = NULL;
	struct nacre_err err;

	if (nacre_key_emit_public(key, &text, &err))
		return cli_fail_with(cli, &err);
	printf("%s", text);
	return 0;
}

static int run(struct cli *cli, const void *opaque)
{
	const struct args *args = opaque;
	CLI_CLEANUP(cli_passphrase_clear) struct cli_passphrase pass = { 0 };
	CLI_CLEANUP(cli_key_freep) struct nacre_key *key = NULL;
	const char *path = cli->operands.items[0];
	int code;

	if (args->public_half && args->json)
		return cli_fail_usage(cli, "--public and --json exclude each other");
	code = cli_passphrase_read(cli, &args->passphrase, &pass);
	if (code == 0)
		code = cli_key_load(cli, path, &pass, NACRE_KEY_PLAIN, &key);
	if (code)
		return code;
	if (nacre_key_is_private(key))
		warn_of_mode(cli, path);
	if (args->public_half)
		return print_public(cli, key);
	if (args->json)
		print_json(key);
	else
		printf("type  %s\nid    %s\nhint  %s\nhalf  %s\n", nacre_key_type_name(key),
			nacre_key_id(key), nacre_key_hint(key), half_of(key));
	return 0;
}

const struct cli_command cli_key_show = { "key show", "KEY",
	"Prints the type and the id of a key, or its public half.", opts, sizeof(struct args),
	run };
