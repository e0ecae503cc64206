/* SPDX-License-Identifier: Apache-2.0 */
/* nacre sign: signatures beside the image, or what to sign elsewhere, or one that was made there.
 */
#include "cli/cli.h"
#include "cli/passphrase.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Of a signature, as text: RSA has 2048 bytes at most. */
#define ATTACH_BYTES 4096

struct args {
	struct cli_common common;
	struct cli_list keys;
	const char *identity;
	struct cli_list annotations;
	const char *form;
	bool payload;
	const char *attach;
	struct cli_passphrase_from passphrase;
	bool plain;
};

static const struct cli_opt opts[] = {
	{ CLI_LIST, 0, "key", "KEY", offsetof(struct args, keys), "a private key to sign with" },
	{ CLI_TEXT, 0, "identity", "NAME", offsetof(struct args, identity),
		"sign it as HOST/REPO:TAG, else as its own name" },
	{ CLI_LIST, 'a', "annotation", "NAME=VALUE", offsetof(struct args, annotations),
		"sign this, too" },
	{ CLI_TEXT, 0, "form", "FORM", offsetof(struct args, form), "simple or bundle, else both" },
	{ CLI_FLAG, 0, "payload", NULL, offsetof(struct args, payload),
		"print the bytes to be signed elsewhere, and sign nothing" },
	{ CLI_TEXT, 0, "attach", "FILE", offsetof(struct args, attach),
		"put in a signature made elsewhere, by the key whose public half --key is" },
	CLI_PASSPHRASE_OPTS(struct args),
	CLI_PLAIN_OPT(struct args),
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

static int load_keys(struct cli *cli, const struct args *args, const struct cli_passphrase *pass,
	struct keys *out_keys)
{
	unsigned flags = args->plain ? NACRE_KEY_PLAIN : 0;

	out_keys->items = calloc(args->keys.count, sizeof(*out_keys->items));
	if (!out_keys->items)
		return cli_fail(cli, CLI_FAILED, "out of memory");
	for (size_t i = 0; i < args->keys.count; i++) {
		struct nacre_key **key = &out_keys->items[i];
		int code = cli_key_load(cli, args->keys.items[i], pass, flags, key);

		if (code)
			return code;
		out_keys->count = i + 1;
		if (!args->attach && !nacre_key_is_private(*key))
			return cli_fail(cli, CLI_REFUSED, "%s: a public key cannot sign",
				args->keys.items[i]);
	}
	return 0;
}

/* What the library is told: names and values that are cut out of NAME=VALUE. */
struct options {
	struct nacre_sign_options own;
	struct nacre_annotation *annotations;
};

static void options_clear(struct options *options)
{
	for (size_t i = 0; i < options->own.annotation_count; i++)
		free((char *)(uintptr_t)options->annotations[i].name);
	free(options->annotations);
}

static int set_annotations(
	struct cli *cli, const struct cli_list *annotations, struct options *out_options)
{
	out_options->annotations = calloc(annotations->count + 1, sizeof(struct nacre_annotation));
	if (!out_options->annotations)
		return cli_fail(cli, CLI_FAILED, "out of memory");
	out_options->own.annotations = out_options->annotations;
	for (size_t i = 0; i < annotations->count; i++) {
		const char *item = annotations->items[i], *equals = strchr(item, '=');
		struct nacre_annotation *annotation = &out_options->annotations[i];

		if (!equals || equals == item)
			return cli_fail_usage(cli, "--annotation: '%s' is not NAME=VALUE", item);
		annotation->name = strndup(item, (size_t)(equals - item));
		if (!annotation->name)
			return cli_fail(cli, CLI_FAILED, "out of memory");
		annotation->value = equals + 1;
		out_options->own.annotation_count = i + 1;
	}
	return 0;
}

static int set_form(struct cli *cli, const char *form, struct options *out_options)
{
	static const char *const names[] = {
		[NACRE_SIGNATURE_SIMPLE] = "simple",
		[NACRE_SIGNATURE_BUNDLE] = "bundle",
	};

	if (!form || strcmp(form, "both") == 0)
		return 0;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(form, names[i]) == 0) {
			out_options->own.forms = 1U << i;
			return 0;
		}
	}
	return cli_fail_usage(cli, "--form: '%s' is neither simple nor bundle nor both", form);
}

/* The one form of a message, where there can be only one. */
static enum nacre_signature_form form_of(const struct options *options)
{
	return options->own.forms == 1U << NACRE_SIGNATURE_BUNDLE ? NACRE_SIGNATURE_BUNDLE
								  : NACRE_SIGNATURE_SIMPLE;
}

static int check_usage(struct cli *cli, const struct args *args)
{
	if (args->payload && args->attach)
		return cli_fail_usage(cli, "--payload and --attach exclude each other");
	if (args->payload && args->keys.count > 0)
		return cli_fail_usage(cli, "--payload signs nothing and takes no --key");
	if (args->attach && args->keys.count != 1)
		return cli_fail_usage(cli, "--attach wants one --key, the public half");
	if (!args->payload && args->keys.count == 0)
		return cli_fail_usage(cli, "--key is missing");
	if (args->form && strcmp(args->form, "both") == 0 && (args->payload || args->attach))
		return cli_fail_usage(cli, "--form: one of them, with --%s",
			args->payload ? "payload" : "attach");
	return 0;
}

static int print_payload(
	struct cli *cli, const struct cli_image *image, const struct options *options)
{
	CLI_CLEANUP(cli_freep) void *bytes = NULL;
	struct nacre_err err;
	size_t len = 0;

	if (nacre_sign_message(image->layout, &image->ref, form_of(options), &options->own,
		    &cli->env, &bytes, &len, &err))
		return cli_fail_with(cli, &err);
	(void)fwrite(bytes, 1, len, stdout); /* cli_finish() sees whether it went out */
	return 0;
}

/* Returns an exit code. */
static int read_signature(struct cli *cli, const char *path, char *out_bytes, size_t *out_len)
{
	int fd = strcmp(path, "-") == 0 ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC);
	ssize_t got = 1;

	if (fd < 0)
		return cli_fail(cli, CLI_FAILED, "%s: %s", path, strerror(errno));
	while (got > 0 && *out_len <= ATTACH_BYTES) {
		got = read(fd, out_bytes + *out_len, ATTACH_BYTES + 1 - *out_len);
		if (got < 0 && errno == EINTR && !cli_signal())
			got = 1;
		else if (got > 0)
			*out_len += (size_t)got;
	}
	if (got < 0)
		(void)cli_fail(cli, CLI_FAILED, "%s: %s", path, strerror(errno));
	(void)close(fd);
	if (got < 0)
		return CLI_FAILED;
	if (*out_len > ATTACH_BYTES)
		return cli_fail(cli, CLI_REFUSED, "%s: more than %d bytes, no signature", path,
			ATTACH_BYTES);
	return 0;
}

static int print_info(const struct nacre_sign_info *info)
{
	printf("signed      %s\n", info->image.text);
	if (info->signatures.text[0])
		printf("signatures  %s\n", info->signatures.text);
	printf("added       %zu\npresent     %zu\n", info->added, info->present);
	return 0;
}

static int attach(struct cli *cli, const struct args *args, const struct cli_image *image,
	const struct keys *keys, const struct options *options)
{
	char bytes[ATTACH_BYTES + 1];
	struct nacre_sign_info info;
	struct nacre_err err;
	size_t len = 0;
	int code = read_signature(cli, args->attach, bytes, &len);

	if (code)
		return code;
	if (nacre_sign_attach(image->layout, &image->ref, form_of(options), keys->items[0], bytes,
		    len, &options->own, &cli->env, &info, &err))
		return err.code == NACRE_E_UNTRUSTED
			? cli_fail(cli, CLI_UNTRUSTED, "%s: %s", args->attach, err.text)
			: cli_fail_with(cli, &err);
	return print_info(&info);
}

static int sign(struct cli *cli, const struct args *args, const struct cli_image *image,
	const struct options *options, struct cli_passphrase *pass)
{
	CLI_CLEANUP(keys_clear) struct keys keys = { 0 };
	struct nacre_sign_info info;
	struct nacre_err err;
	int code = load_keys(cli, args, pass, &keys);

	cli_passphrase_clear(pass); /* no longer than it is needed */
	if (code)
		return code;
	if (args->attach)
		return attach(cli, args, image, &keys, options);
	if (nacre_sign(image->layout, &image->ref, (const struct nacre_key *const *)keys.items,
		    keys.count, &options->own, &cli->env, &info, &err))
		return cli_fail_with(cli, &err);
	return print_info(&info);
}

static int run(struct cli *cli, const void *opaque)
{
	const struct args *args = opaque;
	CLI_CLEANUP(options_clear)
	struct options options = { .own.identity = args->identity };
	CLI_CLEANUP(cli_image_clear) struct cli_image image = { 0 };
	CLI_CLEANUP(cli_passphrase_clear) struct cli_passphrase pass = { 0 };
	int code = cli_image_name(cli, NULL, &image);

	if (code == 0)
		code = check_usage(cli, args);
	if (code == 0)
		code = set_form(cli, args->form, &options);
	if (code == 0)
		code = set_annotations(cli, &args->annotations, &options);
	if (code == 0 && !args->payload)
		code = cli_passphrase_read(cli, &args->passphrase, &pass);
	if (code == 0)
		code = cli_image_open(cli, &image);
	if (code)
		return code;
	return args->payload ? print_payload(cli, &image, &options)
			     : sign(cli, args, &image, &options, &pass);
}

const struct cli_command cli_sign = { "sign", "IMAGE",
	"Signs an image; the signatures are put beside it.", opts, sizeof(struct args), run };
