/* SPDX-License-Identifier: Apache-2.0 */
/* Reading all layers of an image into one tree. */
#include "builder/image_tree.h"

#include "base/env.h"
#include "base/scope.h"
#include "layers/fold.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void nacre_image_tree_clear(struct nacre_image_tree *image)
{
	nacre_tree_clear(&image->tree);
	for (size_t i = 0; i < image->layer_count; i++)
		nacre_layer_blob_free(image->layers[i]);
	free(image->layers);
	memset(image, 0, sizeof(*image));
}

static int check_totals(const struct nacre_image_tree *image, const struct nacre_limits *limits,
	struct nacre_err *err)
{
	if (image->tar_bytes > limits->image_bytes)
		return nacre_fail(err, NACRE_E_LIMIT,
			"more than %llu bytes in all layers (limit image-bytes)",
			(unsigned long long)limits->image_bytes);
	if (image->members > limits->image_members)
		return nacre_fail(err, NACRE_E_LIMIT,
			"more than %llu members in all layers (limit image-members)",
			(unsigned long long)limits->image_members);
	return 0;
}

static int fold_blob(struct nacre_image_tree *image, size_t i, const struct nacre_env *env,
	const struct nacre_limits *limits, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_layer_stream_freep)
	struct nacre_layer_stream *stream = NULL;
	struct nacre_layer_blob *blob = image->layers[i];
	struct nacre_layer_counts counts = { 0 };
	uint64_t bytes = 0;
	int rc = nacre_layer_stream_open(blob, env, &stream, err);

	if (rc == 0)
		rc = nacre_fold_layer(&image->tree, (unsigned)i + 1, nacre_layer_blob_origin(blob),
			nacre_layer_stream_source(stream), nacre_layer_blob_limits(blob), &counts,
			err);
	if (rc == 0)
		rc = nacre_layer_stream_finish(stream, &bytes, err);
	rc = nacre_budget_settle(nacre_layer_blob_budget(blob), &counts, bytes, rc, err);
	image->members += counts.members;
	image->tar_bytes += bytes;
	if (rc == 0)
		rc = check_totals(image, limits, err);
	return rc ? nacre_within(err, rc, "%s", nacre_layer_blob_name(blob)) : 0;
}

static int read_layers(struct nacre_image_tree *image, const struct nacre_layout *layout,
	const struct nacre_manifest *manifest, const struct nacre_config *config, int scratch,
	const struct nacre_env *env, struct nacre_err *err)
{
	const struct nacre_limits limits = nacre_env_limits(env);
	size_t count = manifest->layers.count;
	int rc = 0;

	if (count > limits.layers)
		return nacre_fail(err, NACRE_E_LIMIT, "more than %llu layers (limit layers)",
			(unsigned long long)limits.layers);
	image->layers = calloc(count ? count : 1, sizeof(image->layers[0]));
	if (!image->layers)
		return nacre_fail_nomem(err);
	for (size_t i = 0; i < count && rc == 0; i++) {
		char name[64];

		(void)snprintf(name, sizeof(name), "layer %zu of %zu", i + 1, count);
		rc = nacre_step(env, err, "reading %s", name);
		if (rc == 0)
			rc = nacre_layer_blob_open(layout, &manifest->layers.items[i],
				&config->diff_ids[i], name, scratch, env, &image->layers[i], err);
		if (rc)
			break;
		image->layer_count++;
		rc = fold_blob(image, i, env, &limits, err);
	}
	return rc;
}

int nacre_image_tree_read(const struct nacre_layout *layout, const struct nacre_manifest *manifest,
	const struct nacre_config *config, int scratch, const struct nacre_env *env,
	struct nacre_image_tree *out_image, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_image_tree_clear)
	struct nacre_image_tree image;
	int rc;

	memset(&image, 0, sizeof(image));
	rc = nacre_tree_init(&image.tree, err);
	if (rc == 0)
		rc = read_layers(&image, layout, manifest, config, scratch, env, err);
	if (rc)
		return rc;
	*out_image = image;
	memset(&image, 0, sizeof(image));
	return 0;
}
