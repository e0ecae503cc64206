/* SPDX-License-Identifier: Apache-2.0 */
/* The documents of an image that is built. */
#include "builder/build_image.h"

#include "base/env.h"
#include "base/scope.h"
#include "builder/image_config.h"
#include "formats/mediatype.h"

#include <string.h>

int nacre_build_image_begin(
	struct nacre_build_image *image, const struct nacre_base *base, struct nacre_err *err)
{
	const struct nacre_recipe *recipe = image->recipe;

	return nacre_image_config_begin(recipe, base,
		recipe->created.given ? recipe->created.seconds : image->epoch, &image->config,
		err);
}

void nacre_build_image_clear(struct nacre_build_image *image)
{
	nacre_config_clear(&image->config);
	nacre_manifest_clear(&image->manifest);
	nacre_descriptor_clear(&image->desc);
}

static int add_annotations(const struct nacre_recipe_pairs *said, struct nacre_pairs *annotations,
	struct nacre_err *err)
{
	int rc = 0;

	for (size_t i = 0; i < said->count && rc == 0; i++)
		rc = nacre_pairs_set(
			annotations, said->items[i].name.text, said->items[i].value.text, err);
	return rc;
}

int nacre_build_image_finish(struct nacre_build_image *image, struct nacre_err *err)
{
	const struct nacre_limits limits = nacre_env_limits(image->env);
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf config = NACRE_BUF(limits.document_bytes);
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf manifest = NACRE_BUF(limits.document_bytes);
	int rc = nacre_config_emit(&image->config, &config, err);

	if (rc == 0)
		rc = add_annotations(
			&image->recipe->annotations, &image->manifest.annotations, err);
	if (rc == 0)
		rc = nacre_batch_add_blob(image->batch, config.data, config.len, NACRE_MEDIA_CONFIG,
			&image->manifest.config, err);
	if (rc == 0)
		rc = nacre_manifest_emit(&image->manifest, &manifest, err);
	if (rc == 0)
		rc = nacre_batch_add_blob(image->batch, manifest.data, manifest.len,
			NACRE_MEDIA_MANIFEST, &image->desc, err);
	if (rc)
		return rc;
	image->desc.platform = image->config.platform;
	image->built.image_id = image->manifest.config.digest;
	image->built.manifest = image->desc.digest;
	return 0;
}
