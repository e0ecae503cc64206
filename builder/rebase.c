/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rebasing: the layers of the old base give way to those of a new one, the image's own stay the
 * same blobs. Whether that gives the image meant is found out by folding it.
 */
#include "base/env.h"
#include "base/scope.h"
#include "builder/layer_same.h"
#include "builder/rebase_config.h"
#include "builder/rebase_merge.h"
#include "builder/rework.h"
#include "sign/trusted.h"

#include <stdlib.h>
#include <string.h>

struct rebase {
	struct nacre_rework rework;
	const struct nacre_layout *layout;
	const struct nacre_trusted *image;
	const struct nacre_rebase_options *how;
	const struct nacre_trusted *base; /* that the image stands on */
	struct nacre_trusted *found;	  /* the same, when we have found it ourselves */
	size_t own;			  /* the lowest layer that is not the old base's */
	struct nacre_image_tree tree_base, tree_image, tree_onto, tree_folded;
	struct nacre_tree result;
	struct nacre_rebase_conflicts conflicts;
};

static void rebase_free(struct rebase **where)
{
	struct rebase *r = *where;

	if (!r)
		return;
	nacre_buf_clear(&r->conflicts.names);
	nacre_tree_clear(&r->result);
	nacre_image_tree_clear(&r->tree_folded);
	nacre_image_tree_clear(&r->tree_onto);
	nacre_image_tree_clear(&r->tree_image);
	nacre_image_tree_clear(&r->tree_base);
	nacre_trusted_free(r->found);
	nacre_rework_clear(&r->rework);
	free(r);
}

/* -------------------------------------------------------------------- the old base */

static int find_base(struct rebase *r, const struct nacre_env *env, struct nacre_err *err)
{
	const char *text = nacre_pairs_find(
		&nacre_trusted_manifest(r->image)->annotations, NACRE_ANNOTATION_BASE_DIGEST);
	const struct nacre_platform *platform = &nacre_trusted_config(r->image)->platform;
	struct nacre_ref ref = { .transport = NACRE_OCI };
	int rc;

	r->base = r->how->base;
	if (r->base)
		return 0;
	if (!text)
		return nacre_fail(err, NACRE_E_ARG,
			"no annotation says what the image stands on: name its base (--base)");
	rc = nacre_digest_parse(text, &ref.digest, err);
	if (rc == 0)
		rc = nacre_trust_pinned(r->layout, &ref, platform, env, &r->found, err);
	if (rc == NACRE_E_NOT_FOUND)
		rc = nacre_trust_pinned(r->how->onto_layout, &ref, platform, env, &r->found, err);
	r->base = r->found;
	return rc ? nacre_within(err, rc, "annotation %s", NACRE_ANNOTATION_BASE_DIGEST) : 0;
}

static int check_base(struct rebase *r, struct nacre_err *err)
{
	const struct nacre_config *image = nacre_trusted_config(r->image);
	const struct nacre_config *base = nacre_trusted_config(r->base);
	const struct nacre_platform *a = &image->platform;
	const struct nacre_platform *b = &nacre_trusted_config(r->how->onto)->platform;
	size_t same = 0;

	while (same < base->diff_id_count && same < image->diff_id_count &&
		nacre_digest_equal(&base->diff_ids[same], &image->diff_ids[same]))
		same++;
	if (same < base->diff_id_count)
		return nacre_fail(err, NACRE_E_ARG,
			"it does not stand on that base: its layer %zu is not the base's",
			same + 1);
	if (strcmp(a->os, b->os) != 0 || strcmp(a->architecture, b->architecture) != 0)
		return nacre_fail(err, NACRE_E_UNSUPPORTED,
			"the image is for '%s/%s', and the new base for '%s/%s'", a->os,
			a->architecture, b->os, b->architecture);
	r->own = same;
	return 0;
}

/* ----------------------------------------------------------------------------- trees */

/* The image's own layers, moved behind those of the new base. */
static int open_folded(struct rebase *r, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_image_tree_clear)
	struct nacre_image_tree own = { .tree = NACRE_TREE };
	struct nacre_image_tree *all = &r->tree_folded;
	struct nacre_manifest manifest = *nacre_trusted_manifest(r->image); /* owns nothing */
	struct nacre_config config = *nacre_trusted_config(r->image);
	int scratch = nacre_rework_scratch(&r->rework);
	struct nacre_layer_blob **more;
	int rc;

	manifest.layers.items += r->own;
	manifest.layers.count -= r->own;
	config.diff_ids += r->own;
	config.diff_id_count -= r->own;
	rc = nacre_image_tree_open(
		r->layout, &manifest, &config, scratch, r->rework.env, &own, err);
	if (rc == 0)
		rc = nacre_image_tree_open(r->how->onto_layout,
			nacre_trusted_manifest(r->how->onto), nacre_trusted_config(r->how->onto),
			scratch, r->rework.env, all, err);
	if (rc)
		return rc;
	more = reallocarray(
		all->layers, all->layer_count + own.layer_count + 1, sizeof(all->layers[0]));
	if (!more)
		return nacre_fail_nomem(err);
	all->layers = more;
	for (size_t i = 0; i < own.layer_count; i++)
		all->layers[all->layer_count++] = own.layers[i];
	own.layer_count = 0;
	return 0;
}

static int read_trees(struct rebase *r, struct nacre_err *err)
{
	const struct nacre_trusted *onto = r->how->onto;
	size_t all = nacre_trusted_config(r->image)->diff_id_count;
	int rc = nacre_rework_read(&r->rework, r->layout, r->image, r->own, &r->tree_base, err);

	if (rc == 0)
		rc = nacre_rework_read(&r->rework, r->layout, r->image, all, &r->tree_image, err);
	if (rc == 0)
		rc = nacre_rework_read(&r->rework, r->how->onto_layout, onto,
			nacre_trusted_config(onto)->diff_id_count, &r->tree_onto, err);
	if (rc)
		return rc;
	rc = open_folded(r, err);
	if (rc == 0)
		rc = nacre_image_tree_read_opened(&r->tree_folded, r->rework.env, err);
	return rc ? nacre_within(err, rc, "on the new base") : 0;
}

static int merge(struct rebase *r, struct nacre_err *err)
{
	const struct nacre_rebase_trees trees = { &r->tree_base.tree, &r->tree_image.tree,
		&r->tree_onto.tree, &r->tree_folded.tree };
	const char *more;
	int rc = nacre_tree_clone(&r->tree_folded.tree, &r->result, err);

	if (rc == 0)
		rc = nacre_rebase_merge(&trees, &r->result, &r->conflicts, err);
	if (rc || r->conflicts.count == 0)
		return rc;
	more = r->conflicts.count > NACRE_REBASE_NAMED ? ", …" : "";
	if (r->how->force)
		return nacre_warn(r->rework.env, err,
			"the image's layers win over the new base: %s%s", r->conflicts.names.data,
			more);
	return nacre_fail(err, NACRE_E_UNSAFE,
		"image and new base do not go together at %llu path%s: %s%s (--force: the image's "
		"layers win)",
		(unsigned long long)r->conflicts.count, r->conflicts.count == 1 ? "" : "s",
		r->conflicts.names.data, more);
}

/* -------------------------------------------------------------------------- documents */

/* A base ends with what it says of its config, too, if the image's history has that. */
static size_t history_of_base(const struct rebase *r)
{
	const struct nacre_config *image = nacre_trusted_config(r->image);
	const struct nacre_config *base = nacre_trusted_config(r->base);
	size_t same = 0;

	while (same < base->history_count && same < image->history_count) {
		const struct nacre_history *a = &image->history[same], *b = &base->history[same];

		if (a->empty_layer != b->empty_layer ||
			strcmp(a->created_by ? a->created_by : "",
				b->created_by ? b->created_by : "") != 0)
			break;
		same++;
	}
	return base->history_count > 0 && same == base->history_count
		? same
		: nacre_config_history_of(image, r->own);
}

static int name_base(struct rebase *r, struct nacre_err *err)
{
	struct nacre_pairs *annotations = &r->rework.manifest.annotations;

	nacre_pairs_remove(annotations, NACRE_ANNOTATION_BASE_NAME);
	return nacre_pairs_set(annotations, NACRE_ANNOTATION_BASE_DIGEST,
		nacre_trusted_digest(r->how->onto)->text, err);
}

static int put_together(struct rebase *r, struct nacre_err *err)
{
	const struct nacre_config *image = nacre_trusted_config(r->image);
	const struct nacre_config *onto = nacre_trusted_config(r->how->onto);
	struct nacre_rework *rework = &r->rework;
	int rc = nacre_rework_keep(
		rework, r->how->onto_layout, r->how->onto, 0, onto->diff_id_count, err);

	if (rc == 0)
		rc = nacre_rework_keep(
			rework, r->layout, r->image, r->own, image->diff_id_count, err);
	if (rc == 0)
		rc = nacre_rework_history(rework, onto, 0, NACRE_REWORK_ALL, false, err);
	if (rc == 0)
		rc = nacre_rework_history(
			rework, image, history_of_base(r), NACRE_REWORK_ALL, false, err);
	if (rc == 0)
		rc = nacre_rework_add(rework, "rebase", &r->tree_folded.tree, &r->result,
			nacre_layer_same_content, err);
	if (rc == 0)
		rc = nacre_rebase_config(&rework->config, nacre_trusted_config(r->base), onto, err);
	if (rc == 0)
		rc = name_base(r, err);
	return rc ? rc : nacre_rework_finish(rework, err);
}

int nacre_image_rebase(const struct nacre_layout *layout, const struct nacre_trusted *image,
	const struct nacre_rebase_options *how, const struct nacre_rework_options *options,
	const struct nacre_env *env, struct nacre_built *out_built, struct nacre_err *err)
{
	NACRE_CLEANUP(rebase_free)
	struct rebase *r = calloc(1, sizeof(*r));
	int rc;

	if (!r)
		return nacre_fail_nomem(err);
	r->layout = layout;
	r->image = image;
	r->how = how;
	r->conflicts.names = (struct nacre_buf)NACRE_BUF(4096);
	rc = nacre_rework_begin(&r->rework, image, options, env, err);
	if (rc == 0)
		rc = find_base(r, env, err);
	if (rc == 0)
		rc = check_base(r, err);
	if (rc == 0)
		rc = read_trees(r, err);
	if (rc == 0)
		rc = merge(r, err);
	if (rc == 0)
		rc = put_together(r, err);
	if (rc == 0)
		*out_built = r->rework.built;
	return rc;
}
