/* SPDX-License-Identifier: Apache-2.0 */
/* Opening what a recipe begins from. */
#include "builder/base.h"

#include "base/env.h"
#include "base/file.h"
#include "builder/archive_tree.h"
#include "builder/base_trust.h"

#include <fcntl.h>
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

static int open_rootfs(struct nacre_base *base, int context, int scratch,
	const struct nacre_env *env, struct nacre_err *err)
{
	const struct nacre_limits limits = nacre_env_limits(env);
	nacre_autofd int fd = -1;
	int rc = nacre_user_open(context, base->from->path, 0, &fd, err);

	base->is_rootfs = true;
	if (rc == 0)
		rc = nacre_spool_new(scratch, limits.image_bytes, &base->spool, err);
	if (rc == 0)
		rc = nacre_archive_tree_read(fd, 0, base->spool, env, &base->tree, err);
	return rc;
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

/* With keys, only what they have signed; `desc` is by the digest that was verified then. */
static int find_manifest(const struct nacre_base *base, const struct nacre_recipe *recipe,
	int context, const struct nacre_env *env, struct nacre_descriptor *out_desc,
	struct nacre_err *err)
{
	const struct nacre_limits limits = nacre_env_limits(env);
	const struct nacre_ref *ref = base->from->ref;
	NACRE_CLEANUP(nacre_descriptor_clear)
	struct nacre_descriptor top;
	struct nacre_digest verified;
	int rc;

	memset(&top, 0, sizeof(top));
	if (base->from->keys.count > 0) {
		rc = nacre_base_verify(
			recipe, base->from, context, base->layout, env, &verified, err);
		return rc ? rc
			  : nacre_layout_describe(base->layout, &limits, &verified, out_desc, err);
	}
	rc = nacre_layout_find(base->layout, &limits, ref->tag, &ref->digest, &top, err);
	return rc ? rc
		  : nacre_layout_resolve(
			    base->layout, &limits, &top, &recipe->platform.value, out_desc, err);
}

static int open_image(struct nacre_base *base, const struct nacre_recipe *recipe, int context,
	int scratch, const struct nacre_env *env, struct nacre_err *err)
{
	const struct nacre_limits limits = nacre_env_limits(env);
	NACRE_CLEANUP(nacre_descriptor_clear)
	struct nacre_descriptor desc;
	nacre_autofd int dir = -1;
	int rc = nacre_user_open(context, base->from->ref->path, O_DIRECTORY, &dir, err);

	memset(&desc, 0, sizeof(desc));
	if (rc == 0)
		rc = nacre_layout_open_dir(dir, &base->layout, err);
	if (rc == 0)
		rc = find_manifest(base, recipe, context, env, &desc, err);
	if (rc == 0)
		rc = nacre_layout_load_manifest(base->layout, &desc, &limits, &base->manifest, err);
	if (rc == 0)
		rc = nacre_layout_load_config(
			base->layout, &base->manifest.config, &limits, &base->config, err);
	if (rc == 0)
		rc = nacre_config_check(&base->config, &base->manifest, err);
	if (rc == 0)
		rc = check_platform(base, recipe, err);
	if (rc == 0)
		rc = nacre_image_tree_read(base->layout, &base->manifest, &base->config, scratch,
			env, &base->image, err);
	return rc;
}

int nacre_base_open(const struct nacre_recipe *recipe, const struct nacre_recipe_from *from,
	int context, int scratch, const struct nacre_rootfs_tree_options *rootfs,
	const struct nacre_env *env, struct nacre_base *out_base, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_base_clear)
	struct nacre_base base;
	int rc;

	memset(&base, 0, sizeof(base));
	base.from = from;
	rc = nacre_tree_init(&base.tree, err);
	if (rc == 0 && from->kind != NACRE_FROM_SCRATCH)
		rc = nacre_step(env, err, "reading base %s", from->text);
	if (rc == 0 && from->kind == NACRE_FROM_ROOTFS)
		rc = open_rootfs(&base, context, scratch, env, err);
	else if (rc == 0 && from->kind == NACRE_FROM_DIR)
		rc = nacre_rootfs_tree_read(context, from->path, rootfs, env, &base.rootfs, err);
	else if (rc == 0 && from->kind == NACRE_FROM_OCI)
		rc = open_image(&base, recipe, context, scratch, env, err);
	base.is_rootfs = base.is_rootfs || from->kind == NACRE_FROM_DIR;
	if (rc)
		return nacre_recipe_within(err, recipe, from->mark, rc, "from '%s'", from->text);
	*out_base = base;
	memset(&base, 0, sizeof(base));
	return 0;
}
