/* SPDX-License-Identifier: Apache-2.0 */
/* Opening what a recipe begins from. */
#include "builder/base.h"

#include "base/env.h"
#include "base/scope.h"
#include "builder/base_image.h"
#include "builder/cache_tree.h"
#include "builder/tree_digest.h"

#include <string.h>

void nacre_base_clear(struct nacre_base *base)
{
	nacre_tree_clear(&base->tree);
	nacre_spool_free(base->spool);
	if (base->rootfs.tree.root)
		nacre_rootfs_tree_clear(&base->rootfs);
	nacre_image_tree_clear(&base->image);
	nacre_config_clear(&base->config);
	nacre_manifest_clear(&base->manifest);
	nacre_layout_free(base->layout);
	memset(base, 0, sizeof(*base));
}

struct nacre_tree *nacre_base_tree(struct nacre_base *base)
{
	if (base->rootfs.tree.root)
		return &base->rootfs.tree;
	return base->layout ? &base->image.tree : &base->tree;
}

static const char no_tree[] = "the cache has no longer what is in it";

static void archive_clear(struct nacre_archive *archive)
{
	nacre_fd_close(&archive->fd);
}

static int open_rootfs(struct nacre_base *base, int context, int scratch,
	const struct nacre_inputs *inputs, const struct nacre_env *env, struct nacre_err *err)
{
	const struct nacre_limits limits = nacre_env_limits(env);
	NACRE_CLEANUP(archive_clear)
	struct nacre_archive archive = {
		.fd = -1, .scratch = scratch, .max_bytes = limits.image_bytes
	};
	int rc = nacre_inputs_open_rootfs(
		inputs, base->from, context, scratch, env, &archive.fd, err);

	base->is_rootfs = true;
	if (rc == 0)
		rc = nacre_cached_archive_read(
			inputs->known, &archive, env, &base->tree, &base->spool, err);
	if (rc)
		return rc;
	nacre_explain_input(inputs->explain, base->from->path, archive.found.text);
	if (archive.is_read)
		nacre_explain_redone(inputs->explain, no_tree);
	return 0;
}

/* A manifest is found whatever its platform is; the recipe may not make another one of it. */
static int check_platform(
	const struct nacre_base *base, const struct nacre_recipe *recipe, struct nacre_err *err)
{
	const struct nacre_platform *want = &recipe->platform.value, *got = &base->config.platform;
	char want_text[NACRE_PLATFORM_TEXT], got_text[NACRE_PLATFORM_TEXT];

	if (!recipe->platform.given ||
		(strcmp(want->os, got->os) == 0 &&
			strcmp(want->architecture, got->architecture) == 0))
		return 0;
	nacre_platform_print(want, want_text);
	nacre_platform_print(got, got_text);
	return nacre_fail(err, NACRE_E_UNSUPPORTED,
		"the image is for '%s', and the recipe is for '%s'", got_text, want_text);
}

static int open_image(struct nacre_base *base, const struct nacre_recipe *recipe, int context,
	int scratch, const struct nacre_inputs *inputs, const struct nacre_env *env,
	struct nacre_err *err)
{
	const struct nacre_limits limits = nacre_env_limits(env);
	NACRE_CLEANUP(nacre_base_image_clear)
	struct nacre_base_image image = { 0 };
	bool is_read = false;
	int rc = nacre_base_image_find(recipe, base->from, context, inputs, env, &image, err);

	if (rc == 0)
		rc = nacre_layout_load_manifest(
			image.layout, &image.manifest, &limits, &base->manifest, err);
	base->layout = nacre_steal(&image.layout);
	base->digest = image.manifest.digest;
	if (rc == 0)
		rc = nacre_layout_load_config(
			base->layout, &base->manifest.config, &limits, &base->config, err);
	if (rc == 0)
		rc = nacre_config_check(&base->config, &base->manifest, err);
	if (rc == 0)
		rc = check_platform(base, recipe, err);
	if (rc == 0)
		rc = nacre_cached_image_tree_read(inputs->known, base->layout, &base->manifest,
			&base->config, scratch, env, &base->image, &is_read, err);
	if (rc)
		return rc;
	nacre_explain_input(inputs->explain, base->from->text, image.manifest.digest.text);
	if (is_read)
		nacre_explain_redone(inputs->explain, no_tree);
	return 0;
}

/* Locked, its digest is that of the layer that it would be. */
static int open_dir(struct nacre_base *base, int context, const struct nacre_inputs *inputs,
	const struct nacre_rootfs_tree_options *options, const struct nacre_env *env,
	struct nacre_err *err)
{
	const struct nacre_recipe_from *from = base->from;
	struct nacre_contents_counts counts = { 0 };
	struct nacre_digest digest;
	uint64_t size = 0;
	int rc;

	base->is_rootfs = true;
	if (inputs->vendor)
		return nacre_fail(err, NACRE_E_UNSUPPORTED,
			"a root file system in a directory cannot be gathered; a tar archive can");
	rc = nacre_rootfs_tree_read(context, from->path, options, env, &base->rootfs, err);
	if (rc == 0 && inputs->is_locked)
		rc = nacre_tree_digest(&base->rootfs.tree, env, &digest, &size, err);
	if (rc == 0 && inputs->is_locked)
		rc = nacre_inputs_check(
			inputs, NACRE_INPUT_DIRECTORY, from->text, &digest, size, err);
	if (rc == 0 && inputs->known)
		rc = nacre_contents_digest(inputs->known, &base->rootfs.tree, env, &counts, err);
	if (rc == 0)
		nacre_explain_tree(inputs->explain, &base->rootfs.tree);
	return rc;
}

int nacre_base_open(const struct nacre_recipe *recipe, const struct nacre_recipe_from *from,
	int context, int scratch, const struct nacre_rootfs_tree_options *rootfs,
	const struct nacre_inputs *inputs, const struct nacre_env *env, struct nacre_base *out_base,
	struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_base_clear)
	struct nacre_base base;
	int rc;

	memset(&base, 0, sizeof(base));
	base.from = from;
	if (from->kind != NACRE_FROM_SCRATCH)
		nacre_explain_begin(
			inputs->explain, NACRE_EXPLAINED_BASE, from->mark, from->text, from->text);
	rc = nacre_tree_init(&base.tree, err);
	if (rc == 0 && from->kind != NACRE_FROM_SCRATCH)
		rc = nacre_step(env, err, "reading base %s", from->text);
	if (rc == 0 && from->kind == NACRE_FROM_ROOTFS)
		rc = open_rootfs(&base, context, scratch, inputs, env, err);
	else if (rc == 0 && from->kind == NACRE_FROM_DIR)
		rc = open_dir(&base, context, inputs, rootfs, env, err);
	else if (rc == 0 && from->kind == NACRE_FROM_OCI)
		rc = open_image(&base, recipe, context, scratch, inputs, env, err);
	if (rc)
		return nacre_recipe_within(err, recipe, from->mark, rc, "from '%s'", from->text);
	rc = from->kind == NACRE_FROM_SCRATCH ? 0 : nacre_explain_end(inputs->explain, err);
	if (rc)
		return rc;
	*out_base = base;
	memset(&base, 0, sizeof(base));
	return 0;
}
