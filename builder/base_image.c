/* SPDX-License-Identifier: Apache-2.0 */
/* From the reference behind `from` to a manifest. */
#include "builder/base_image.h"

#include "base/env.h"
#include "base/file.h"
#include "base/scope.h"
#include "builder/archive.h"
#include "builder/base_trust.h"

#include <fcntl.h>
#include <string.h>

void nacre_base_image_clear(struct nacre_base_image *image)
{
	nacre_descriptor_clear(&image->top);
	nacre_descriptor_clear(&image->manifest);
	nacre_layout_free(image->layout);
	memset(image, 0, sizeof(*image));
}

/* What was gathered is found by its digest: names are the lock's. */
static int find_gathered(const struct nacre_recipe_from *from, const struct nacre_inputs *inputs,
	const struct nacre_limits *limits, struct nacre_base_image *image, struct nacre_err *err)
{
	const struct nacre_lock_entry *entry;
	int rc = nacre_lock_find(&inputs->lock, NACRE_INPUT_IMAGE, from->text, &entry, err);

	if (rc == 0)
		rc = nacre_layout_open_dir(nacre_layout_dir(inputs->vendor), &image->layout, err);
	return rc ? rc
		  : nacre_layout_describe(image->layout, limits, &entry->digest, &image->top, err);
}

/* Seen from the context. */
static int open_layout(const struct nacre_ref *ref, int context, const struct nacre_limits *limits,
	struct nacre_layout **out_layout, struct nacre_err *err)
{
	bool is_archive = ref->transport == NACRE_OCI_ARCHIVE;
	nacre_autofd int fd = -1;
	uint64_t size_bytes = 0;
	int rc = is_archive ? nacre_file_open_from(context, ref->path, &fd, &size_bytes, err)
			    : nacre_user_open(context, ref->path, O_DIRECTORY, &fd, err);

	if (rc)
		return rc;
	return is_archive ? nacre_archive_open_fd_take(
				    nacre_steal_fd(&fd), size_bytes, limits, out_layout, err)
			  : nacre_layout_open_dir(fd, out_layout, err);
}

static int find_top(const struct nacre_recipe_from *from, int context,
	const struct nacre_limits *limits, struct nacre_base_image *image, struct nacre_err *err)
{
	const struct nacre_ref *ref = from->ref;
	int rc = open_layout(ref, context, limits, &image->layout, err);

	return rc ? rc
		  : nacre_layout_find(
			    image->layout, limits, ref->tag, &ref->digest, &image->top, err);
}

/* With keys, only what they have signed; the manifest is by the digest that was verified then. */
static int find_manifest(const struct nacre_recipe *recipe, const struct nacre_recipe_from *from,
	int context, const struct nacre_env *env, struct nacre_base_image *image,
	struct nacre_err *err)
{
	const struct nacre_limits limits = nacre_env_limits(env);
	struct nacre_digest verified;
	int rc;

	if (from->keys.count == 0)
		return nacre_layout_resolve(image->layout, &limits, &image->top,
			&recipe->platform.value, &image->manifest, err);
	rc = nacre_base_verify(
		recipe, from, context, image->layout, &image->top.digest, env, &verified, err);
	return rc ? rc
		  : nacre_layout_describe(image->layout, &limits, &verified, &image->manifest, err);
}

int nacre_base_image_find(const struct nacre_recipe *recipe, const struct nacre_recipe_from *from,
	int context, const struct nacre_inputs *inputs, const struct nacre_env *env,
	struct nacre_base_image *out_image, struct nacre_err *err)
{
	const struct nacre_limits limits = nacre_env_limits(env);
	int rc = inputs->vendor ? find_gathered(from, inputs, &limits, out_image, err)
				: find_top(from, context, &limits, out_image, err);

	if (rc == 0)
		rc = nacre_inputs_check(inputs, NACRE_INPUT_IMAGE, from->text,
			&out_image->top.digest, out_image->top.size_bytes, err);
	return rc ? rc : find_manifest(recipe, from, context, env, out_image, err);
}
