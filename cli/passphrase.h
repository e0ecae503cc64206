/* SPDX-License-Identifier: Apache-2.0 */
/** Where passphrases come from, and the private keys that they open. */
#ifndef CLI_PASSPHRASE_H
#define CLI_PASSPHRASE_H

#include "cli/cli.h"

#define CLI_PASSPHRASE_BYTES 1024

/** In pages of its own, locked where the system lets it, and in no core dump. Zero is none. */
struct cli_passphrase {
	bool is_given; /* an empty one is given, too */
	char *text;    /* NULL until there is one */
};

/** What the two options say that tell where one comes from. */
struct cli_passphrase_from {
	const char *file;
	const char *fd;
};

#define CLI_PASSPHRASE_OPTS(type)                                                                  \
	{ CLI_TEXT, 0, "passphrase-file", "FILE", offsetof(type, passphrase.file),                 \
		"the passphrase is its first line" },                                              \
	{                                                                                          \
		CLI_TEXT, 0, "passphrase-fd", "N", offsetof(type, passphrase.fd),                  \
			"it is the next line of a descriptor"                                      \
	}

#define CLI_PLAIN_OPT(type)                                                                        \
	{                                                                                          \
		CLI_FLAG, 0, "plain", NULL, offsetof(type, plain),                                 \
			"take a private key that is not encrypted, too"                            \
	}

/** Overwrites it and gives its pages back. */
void cli_passphrase_clear(struct cli_passphrase *pass);

/**
 * From the first line of a file, or the next one of a descriptor that was inherited, else from
 * COSIGN_PASSWORD; not given when there is none of them.
 *
 * Returns an exit code.
 */
NACRE_CHECKED int cli_passphrase_read(
	struct cli *cli, const struct cli_passphrase_from *from, struct cli_passphrase *out_pass);

/** The same for the passphrase that a key is to have instead: by the options --new-…, no variable.
 */
NACRE_CHECKED int cli_passphrase_read_new(
	struct cli *cli, const struct cli_passphrase_from *from, struct cli_passphrase *out_pass);

enum cli_passphrase_why {
	CLI_PASSPHRASE_OF_KEY,	   /**< which a key has */
	CLI_PASSPHRASE_OF_NEW_KEY, /**< asked for twice */
	CLI_PASSPHRASE_INSTEAD,	   /**< of the one that a key has; twice, too */
};

/**
 * Asks on the terminal, without showing what is typed. An empty answer is none.
 *
 * Returns an exit code: CLI_FAILED where there is no terminal, or two answers are not the same.
 */
NACRE_CHECKED int cli_passphrase_ask(struct cli *cli, const char *path, enum cli_passphrase_why why,
	struct cli_passphrase *out_pass);

/**
 * Loads a key; an encrypted one with the passphrase given, else with the one that it asks for.
 *
 * @param flags  as nacre_key_load() takes them. Without NACRE_KEY_PLAIN, a refusal of a key that is
 *               not encrypted names the option --plain, which the command has
 * Returns an exit code.
 */
NACRE_CHECKED int cli_key_load(struct cli *cli, const char *path, const struct cli_passphrase *pass,
	unsigned flags, struct nacre_key **out_key);

void cli_key_freep(struct nacre_key **key);

#endif
