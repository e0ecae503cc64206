/* SPDX-License-Identifier: Apache-2.0 */
/* nacre copy: an image and its signatures, between layouts and archives. */
#include "cli/cli.h"
#include "cli/out.h"

#include <inttypes.h>
#include <stdio.h>

struct args {
	struct cli_common common;
	bool no_signatures;
	const char *platform;
	struct cli_list limits;
	bool json;
};

static const struct cli_opt opts[] = {
	{ CLI_FLAG, 0, "no-signatures", NULL, offsetof(struct args, no_signatures),
		"only the image, and nothing that is attached to it" },
	{ CLI_TEXT, 0, "platform", "OS/ARCH", offsetof(struct args, platform),
		"only this image of an index, else all of it" },
	{ CLI_FLAG, 0, "json", NULL, offsetof(struct args, json), "print one JSON object" },
	CLI_LIMIT_OPT(struct args),
	CLI_COMMON_OPTS(struct args),
};

static void print_text(const struct nacre_copied *copied)
{
	printf("manifest    %s\n", copied->digest.text);
	printf("attached    %" PRIu64 "\n", copied->attachments);
	printf("blobs       %" PRIu64 ", %" PRIu64 " bytes\n", copied->blobs, copied->blob_bytes);
}

static void print_json(const struct nacre_copied *copied)
{
	printf("{\"manifest\":\"%s\",\"attached\":%" PRIu64 ",\"blobs\":%" PRIu64
	       ",\"blobBytes\":%" PRIu64 "}\n",
		copied->digest.text, copied->attachments, copied->blobs, copied->blob_bytes);
}

static int run(struct cli *cli, const void *opaque)
{
	const struct args *args = opaque;
	struct nacre_copy_options options = {
		.no_attachments = args->no_signatures,
		.store = cli->store,
	};
	CLI_CLEANUP(cli_image_clear) struct cli_image image = { 0 };
	struct nacre_copied copied;
	struct nacre_ref to;
	struct nacre_err err;
	int code = cli_image_name(cli, args->platform, &image);

	if (code == 0)
		code = cli_ref_parse(cli, "DEST", cli->operands.items[1], &to);
	if (code == 0)
		code = cli_limits_set(cli, &args->limits);
	if (code == 0)
		code = cli_image_open(cli, &image);
	if (code)
		return code;
	options.platform = image.on;
	if (nacre_image_copy_to(image.layout, &image.ref, &to, &options, &cli->env, &copied, &err))
		return cli_fail_with(cli, &err);
	(args->json ? print_json : print_text)(&copied);
	return 0;
}

const struct cli_command cli_copy = { "copy", "IMAGE DEST",
	"Copies an image with its signatures into a layout or an archive.", opts,
	sizeof(struct args), run };
