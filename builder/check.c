/* SPDX-License-Identifier: Apache-2.0 */
/* Proving all of an image: every blob, and with `deep` every DiffID and the fold. */
#include "base/env.h"
#include "base/scope.h"
#include "builder/image_tree.h"
#include "sign/trusted.h"

#include <nacre/builder.h>

#include <stdio.h>
#include <string.h>

/* The same as reading it for unpacking, and the tree thrown away. */
static int check_deep(const struct nacre_layout *layout, const struct nacre_manifest *manifest,
	const struct nacre_config *config, const struct nacre_env *env,
	struct nacre_checked *checked, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_image_tree_clear)
	struct nacre_image_tree image;
	int rc;

	memset(&image, 0, sizeof(image));
	rc = nacre_image_tree_check(layout, manifest, config, env, &image, err);
	checked->tar_bytes = image.tar_bytes;
	checked->members = image.members;
	return rc;
}

int nacre_image_check(const struct nacre_layout *layout, const struct nacre_trusted *image,
	bool deep, const struct nacre_env *env, struct nacre_checked *out_checked,
	struct nacre_err *err)
{
	const struct nacre_manifest *manifest = nacre_trusted_manifest(image);
	struct nacre_checked checked = { 0, 0, 0, 0 };
	size_t count = manifest->layers.count;
	int rc = 0;

	for (size_t i = 0; i < count && rc == 0 && !deep; i++) {
		const struct nacre_descriptor *desc = &manifest->layers.items[i];

		rc = nacre_step(env, err, "checking layer %zu of %zu", i + 1, count);
		if (rc == 0)
			rc = nacre_layout_check_blob(layout, desc, env, err);
		if (rc)
			rc = nacre_within(err, rc, "layer %zu of %zu", i + 1, count);
	}
	if (rc == 0 && deep)
		rc = check_deep(layout, manifest, nacre_trusted_config(image), env, &checked, err);
	/* Only now: these are the sizes of files that are there, which no sum makes overflow. */
	checked.blobs = count;
	for (size_t i = 0; i < count && rc == 0; i++)
		checked.blob_bytes += manifest->layers.items[i].size_bytes;
	if (rc == 0)
		*out_checked = checked;
	return rc;
}
