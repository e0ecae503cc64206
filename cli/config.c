/* SPDX-License-Identifier: Apache-2.0 */
/* nacre config: another config for an image. */
#include "cli/rework.h"

#include <string.h>

struct unset {
	bool user, entrypoint, cmd, workdir, stopsignal, healthcheck, author;
	struct cli_list env, labels, volumes, ports, annotations;
};

struct args {
	struct cli_rework rework; /* first */
	const char *user, *workdir, *stopsignal, *author;
	struct cli_list entrypoint, cmd, healthcheck;
	struct cli_list env, labels, annotations; /* NAME=VALUE */
	struct cli_list volumes, ports;
	struct unset unset;
};

#define ROW(kind, name, value, member, help)                                                       \
	{                                                                                          \
		kind, 0, name, value, offsetof(struct args, member), help                          \
	}

static const struct cli_opt opts[] = {
	ROW(CLI_TEXT, "user", "USER", user, "USER[:GROUP], names or numbers"),
	ROW(CLI_LIST, "entrypoint", "WORD", entrypoint, "the next word of it"),
	ROW(CLI_LIST, "cmd", "WORD", cmd, "the next word of it"),
	ROW(CLI_LIST, "env", "NAME=VALUE", env, "a variable of the environment"),
	ROW(CLI_LIST, "label", "NAME=VALUE", labels, "a label"),
	ROW(CLI_TEXT, "workdir", "PATH", workdir, "where the program begins"),
	ROW(CLI_LIST, "volume", "PATH", volumes, "a place for data"),
	ROW(CLI_LIST, "port", "PORT", ports, "8080, 8080/tcp, 53/udp"),
	ROW(CLI_TEXT, "stopsignal", "SIGNAL", stopsignal, "what ends the program"),
	ROW(CLI_LIST, "healthcheck", "WORD", healthcheck,
		"the next word: CMD first, CMD-SHELL or NONE"),
	ROW(CLI_TEXT, "author", "TEXT", author, "who made the image"),
	ROW(CLI_LIST, "annotation", "NAME=VALUE", annotations, "an annotation of the manifest"),
	ROW(CLI_FLAG, "unset-user", NULL, unset.user, "take it away, as all of these"),
	ROW(CLI_FLAG, "unset-entrypoint", NULL, unset.entrypoint, "cmd too"),
	ROW(CLI_FLAG, "unset-cmd", NULL, unset.cmd, "no words"),
	ROW(CLI_LIST, "unset-env", "NAME", unset.env, "no such variable"),
	ROW(CLI_LIST, "unset-label", "NAME", unset.labels, "no such label"),
	ROW(CLI_FLAG, "unset-workdir", NULL, unset.workdir, "no directory"),
	ROW(CLI_LIST, "unset-volume", "PATH", unset.volumes, "no such place"),
	ROW(CLI_LIST, "unset-port", "PORT", unset.ports, "no such port"),
	ROW(CLI_FLAG, "unset-stopsignal", NULL, unset.stopsignal, "the runtime's own"),
	ROW(CLI_FLAG, "unset-healthcheck", NULL, unset.healthcheck, "no question"),
	ROW(CLI_FLAG, "unset-author", NULL, unset.author, "nobody"),
	ROW(CLI_LIST, "unset-annotation", "NAME", unset.annotations, "no such annotation"),
	CLI_REWORK_OPTS,
};

/* ----------------------------------------------------------------------- changes */

struct changes {
	struct nacre_config_change *items;
	size_t count;
};

static void changes_clear(struct changes *changes)
{
	/* What stands in front of '=' is a copy, as all names are. */
	for (size_t i = 0; i < changes->count; i++)
		free((void *)(uintptr_t)changes->items[i].name);
	free(changes->items);
}

/* @param name  taken. Returns an exit code, as all of these. */
static int add(struct cli *cli, struct changes *changes, enum nacre_config_part part, char *name,
	const char *value)
{
	struct nacre_config_change *more =
		realloc(changes->items, (changes->count + 1) * sizeof(*more));

	if (!name || !more) {
		changes->items = more ? more : changes->items;
		free(name);
		return cli_fail(cli, CLI_FAILED, "out of memory");
	}
	changes->items = more;
	more[changes->count++] = (struct nacre_config_change){ part, name, value };
	return 0;
}

/* A part that is one thing: a text, or words. */
static int add_one(struct cli *cli, struct changes *changes, enum nacre_config_part part,
	const char *const *words, size_t count, bool is_unset, const char *option)
{
	int code = 0;

	if (is_unset && count > 0)
		return cli_fail_usage(
			cli, "--%s and --unset-%s exclude each other", option, option);
	if (is_unset)
		return add(cli, changes, part, strdup(""), NULL);
	for (size_t i = 0; i < count && code == 0; i++)
		code = add(cli, changes, part, strdup(""), words[i]);
	return code;
}

static int add_text(struct cli *cli, struct changes *changes, enum nacre_config_part part,
	const char *text, bool is_unset, const char *option)
{
	return add_one(cli, changes, part, &text, text != NULL, is_unset, option);
}

static int add_names(struct cli *cli, struct changes *changes, enum nacre_config_part part,
	const struct cli_list *names, const char *value)
{
	int code = 0;

	for (size_t i = 0; i < names->count && code == 0; i++)
		code = add(cli, changes, part, strdup(names->items[i]), value);
	return code;
}

static int add_pairs(struct cli *cli, struct changes *changes, enum nacre_config_part part,
	const struct cli_list *pairs, const char *option)
{
	int code = 0;

	for (size_t i = 0; i < pairs->count && code == 0; i++) {
		const char *text = pairs->items[i];
		const char *equals = strchr(text, '=');

		if (!equals || equals == text)
			return cli_fail_usage(cli, "--%s: '%s' is not NAME=VALUE", option, text);
		code = add(cli, changes, part, strndup(text, (size_t)(equals - text)), equals + 1);
	}
	return code;
}

static int read_single(struct cli *cli, const struct args *args, struct changes *changes)
{
	const struct unset *unset = &args->unset;
	int code = add_text(cli, changes, NACRE_CONFIG_USER, args->user, unset->user, "user");

	if (code == 0)
		code = add_one(cli, changes, NACRE_CONFIG_ENTRYPOINT, args->entrypoint.items,
			args->entrypoint.count, unset->entrypoint, "entrypoint");
	if (code == 0)
		code = add_one(cli, changes, NACRE_CONFIG_CMD, args->cmd.items, args->cmd.count,
			unset->cmd, "cmd");
	if (code == 0)
		code = add_text(cli, changes, NACRE_CONFIG_WORKDIR, args->workdir, unset->workdir,
			"workdir");
	if (code == 0)
		code = add_text(cli, changes, NACRE_CONFIG_STOPSIGNAL, args->stopsignal,
			unset->stopsignal, "stopsignal");
	if (code == 0)
		code = add_one(cli, changes, NACRE_CONFIG_HEALTHCHECK, args->healthcheck.items,
			args->healthcheck.count, unset->healthcheck, "healthcheck");
	if (code == 0)
		code = add_text(
			cli, changes, NACRE_CONFIG_AUTHOR, args->author, unset->author, "author");
	return code;
}

/* What is taken away goes first, so that a name can be taken away and set anew, last in order. */
static int read_named(struct cli *cli, const struct args *args, struct changes *changes)
{
	const struct unset *unset = &args->unset;
	int code = add_names(cli, changes, NACRE_CONFIG_ENV, &unset->env, NULL);

	if (code == 0)
		code = add_names(cli, changes, NACRE_CONFIG_LABEL, &unset->labels, NULL);
	if (code == 0)
		code = add_names(cli, changes, NACRE_CONFIG_VOLUME, &unset->volumes, NULL);
	if (code == 0)
		code = add_names(cli, changes, NACRE_CONFIG_PORT, &unset->ports, NULL);
	if (code == 0)
		code = add_names(cli, changes, NACRE_CONFIG_ANNOTATION, &unset->annotations, NULL);
	if (code == 0)
		code = add_pairs(cli, changes, NACRE_CONFIG_ENV, &args->env, "env");
	if (code == 0)
		code = add_pairs(cli, changes, NACRE_CONFIG_LABEL, &args->labels, "label");
	if (code == 0)
		code = add_names(cli, changes, NACRE_CONFIG_VOLUME, &args->volumes, "");
	if (code == 0)
		code = add_names(cli, changes, NACRE_CONFIG_PORT, &args->ports, "");
	if (code == 0)
		code = add_pairs(
			cli, changes, NACRE_CONFIG_ANNOTATION, &args->annotations, "annotation");
	return code;
}

static int run(struct cli *cli, const void *opaque)
{
	const struct args *args = opaque;
	CLI_CLEANUP(changes_clear) struct changes changes = { 0 };
	CLI_CLEANUP(cli_rework_clear) struct nacre_rework_options options = { 0 };
	CLI_CLEANUP(cli_source_clear) struct cli_source source = { 0 };
	CLI_CLEANUP(cli_freep) struct nacre_built *built = calloc(1, sizeof(*built));
	struct nacre_err err;
	int code = built ? cli_rework_read(cli, &args->rework, &options)
			 : cli_fail(cli, CLI_FAILED, "out of memory");

	if (code == 0)
		code = read_single(cli, args, &changes);
	if (code == 0)
		code = read_named(cli, args, &changes);
	if (code == 0 && changes.count == 0)
		code = cli_fail_usage(cli, "nothing to change: no option says what");
	if (code == 0)
		code = cli_source_open(cli, &args->rework, NULL, cli->operands.items[0], &source);
	if (code)
		return code;
	if (nacre_image_configure(source.image.layout, source.trusted, changes.items, changes.count,
		    &options, &cli->env, built, &err))
		return cli_fail_with(cli, &err);
	cli_rework_print(cli, &args->rework, built);
	return 0;
}

const struct cli_command cli_config = { "config", "IMAGE",
	"Makes an image with another config and the same layers.", opts, sizeof(struct args), run };
