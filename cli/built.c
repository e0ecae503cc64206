/* SPDX-License-Identifier: Apache-2.0 */
/* Making an image, as far as it is the same whatever it is made of. */
#include "cli/built.h"

#include <inttypes.h>
#include <stdio.h>

int cli_tags_read(struct cli *cli, const struct cli_list *texts, struct nacre_ref **out_tags)
{
	int code = 0;

	*out_tags = calloc(texts->count + 1, sizeof(**out_tags));
	if (!*out_tags)
		return cli_fail(cli, CLI_FAILED, "out of memory");
	for (size_t i = 0; code == 0 && i < texts->count; i++)
		code = cli_ref_parse(cli, "--tag", texts->items[i], &(*out_tags)[i]);
	return code;
}

int cli_compression_read(
	struct cli *cli, const char *text, struct nacre_compression *out_compression)
{
	struct nacre_err err;

	if (text && nacre_compression_parse(text, out_compression, &err))
		return cli_fail_usage(cli, "--compression: %s", err.text);
	return 0;
}

static void print_layer(
	const struct nacre_built_layer *layer, size_t i, size_t count, const char *kept)
{
	(void)fprintf(stderr, "layer %zu of %zu  %s  ", i + 1, count, layer->diff_id.text);
	if (layer->members > 0)
		(void)fprintf(stderr, "%" PRIu64 " members, %" PRIu64 " bytes", layer->members,
			layer->tar_bytes);
	else
		(void)fputs(kept, stderr);
	(void)fprintf(stderr, ", stored as %" PRIu64 "\n", layer->blob_bytes);
}

void cli_built_print(
	struct cli *cli, const struct cli_built_text *how, const struct nacre_built *built)
{
	printf("%s\n", built->image_id.text);
	if (how->quiet)
		return;
	cli_clear_progress(cli);
	for (size_t i = 0; i < built->layer_count; i++)
		print_layer(&built->layers[i], i, built->layer_count, how->kept);
	if (built->ghost_files > 0)
		(void)fprintf(stderr,
			"ghosts left out: %" PRIu64 " files, %" PRIu64 " bytes that later layers "
			"remove or replace\n",
			built->ghost_files, built->ghost_bytes);
	(void)fprintf(stderr, "manifest %s\n", built->manifest.text);
}

/* A layer that was taken as it is is not read for this, so less is known of it. */
static void print_json_layer(const struct nacre_built_layer *layer)
{
	printf("{\"diffId\":\"%s\",\"digest\":\"%s\",\"blobBytes\":%" PRIu64, layer->diff_id.text,
		layer->blob.text, layer->blob_bytes);
	if (layer->members > 0)
		printf(",\"tarBytes\":%" PRIu64 ",\"members\":%" PRIu64 ",\"whiteouts\":%" PRIu64,
			layer->tar_bytes, layer->members, layer->whiteouts);
	(void)putchar('}');
}

void cli_built_print_json(
	const struct nacre_built *built, bool has_ghosts, const struct cli_explained *explained)
{
	printf("{\"imageId\":\"%s\",\"manifest\":\"%s\"", built->image_id.text,
		built->manifest.text);
	if (has_ghosts)
		printf(",\"ghostFiles\":%" PRIu64 ",\"ghostBytes\":%" PRIu64, built->ghost_files,
			built->ghost_bytes);
	(void)fputs(",\"layers\":[", stdout);
	for (size_t i = 0; i < built->layer_count; i++) {
		if (i > 0)
			(void)putchar(',');
		print_json_layer(&built->layers[i]);
	}
	(void)putchar(']');
	if (explained)
		cli_explained_print_json(explained);
	(void)fputs("}\n", stdout);
}
