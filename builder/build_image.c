/* SPDX-License-Identifier: Apache-2.0 */
/* The documents of an image that is built. */
#include "builder/build_image.h"

#include "builder/image_config.h"
#include "builder/image_documents.h"

#include <string.h>

int nacre_build_image_begin(
	struct nacre_build_image *image, const struct nacre_base *base, struct nacre_err *err)
{
	const struct nacre_recipe *recipe = image->recipe;
	int rc = nacre_image_config_begin(recipe, base,
		recipe->created.given ? recipe->created.seconds : image->epoch, &image->config,
		err);

	/* Its name is left out: it says where the base lay, and that decides on nothing. */
	if (rc == 0 && base->layout)
		rc = nacre_pairs_set(&image->manifest.annotations, NACRE_ANNOTATION_BASE_DIGEST,
			base->digest.text, err);
	return rc;
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
	int rc = add_annotations(&image->recipe->annotations, &image->manifest.annotations, err);

	return rc ? rc
		  : nacre_image_documents_add(image->batch, &image->config, &image->manifest,
			    image->env, &image->built, &image->desc, err);
}
