/* SPDX-License-Identifier: Apache-2.0 */
/* From two manifests down to one byte. */
#include "builder/build_differ.h"

#include "base/env.h"
#include "base/scope.h"
#include "builder/compression.h"
#include "builder/layer_differ.h"
#include "builder/maker.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

struct differ {
	struct nacre_build_once *first;
	const struct nacre_layout *layout;
	struct nacre_manifest other;
};

static void differ_clear(struct differ *d)
{
	nacre_manifest_clear(&d->other);
}

/* ------------------------------------------------------------------ places */

/* The recipe's layer that became the image's layer number i, from 0; NULL: the base's. */
static const struct nacre_build_layer *layer_of(const struct differ *d, size_t i)
{
	const struct nacre_build_trees *trees = &d->first->trees;

	for (size_t k = 0; k < trees->layer_count; k++) {
		if (trees->layers[k].number == i + 1)
			return &trees->layers[k];
	}
	return NULL;
}

/* The line that an entry comes from: its own, else that of the nearest directory that has one. */
static bool find_line(const struct differ *d, const struct nacre_build_layer *layer,
	const char *path, struct nacre_mark *out_mark, const char **out_name)
{
	const struct nacre_node *node = nacre_tree_find(&layer->tree, path);

	for (; node; node = node->parent) {
		if (nacre_maker_find(d->first->recipe, node->inode->maker, out_mark, out_name))
			return true;
	}
	return false;
}

static int fail_layer(const struct differ *d, size_t i, const struct nacre_layer_difference *found,
	struct nacre_err *err)
{
	const struct nacre_build_layer *layer = layer_of(d, i);
	const struct nacre_recipe *recipe = d->first->recipe;
	struct nacre_mark mark = layer ? layer->mark : recipe->from.mark;
	const char *name = layer ? "layer" : "from";

	if (layer && found->is_entry)
		(void)find_line(d, layer, found->path, &mark, &name);
	return nacre_recipe_fail(err, recipe, mark, NACRE_E_DIGEST,
		"%s: built twice, and not the same: layer '%s': %s", name,
		layer ? layer->name : recipe->from.text, found->text);
}

/* ------------------------------------------------------------------ layers */

static int compare_layer(struct differ *d, size_t i, struct nacre_err *err)
{
	const struct nacre_limits limits = nacre_env_limits(d->first->env);
	const struct nacre_descriptor *a = &d->first->image.manifest.layers.items[i],
				      *b = &d->other.layers.items[i];
	struct nacre_layer_difference found = { 0 };
	nacre_autofd int one = -1, two = -1;
	int rc = nacre_batch_reopen_blob(d->first->batch, a, &one, err);

	if (rc == 0)
		rc = nacre_layout_open_blob(d->layout, b, &two, NULL, err);
	if (rc == 0)
		rc = nacre_layers_differ(&(struct nacre_layer_file){ one, a->size_bytes },
			&(struct nacre_layer_file){ two, b->size_bytes },
			nacre_compression_codec(&d->first->options->compression), &limits, &found,
			err);
	return rc ? rc : fail_layer(d, i, &found, err);
}

/* Returns 0 when all layers are the same. */
static int compare_layers(struct differ *d, struct nacre_err *err)
{
	const struct nacre_descriptors *a = &d->first->image.manifest.layers, *b = &d->other.layers;
	size_t count = a->count < b->count ? a->count : b->count;

	for (size_t i = 0; i < count; i++) {
		if (!nacre_digest_equal(&a->items[i].digest, &b->items[i].digest))
			return compare_layer(d, i, err);
	}
	if (a->count != b->count)
		return nacre_fail(err, NACRE_E_DIGEST,
			"built twice, and not the same: %zu layers, and %zu the second time",
			a->count, b->count);
	return 0;
}

/* --------------------------------------------------------------- documents */

static int load(int fd, struct nacre_buf *out, struct nacre_err *err)
{
	return nacre_buf_read_fd(out, fd, err);
}

static int compare_documents(const struct differ *d, const char *what,
	const struct nacre_descriptor *a, const struct nacre_descriptor *b, struct nacre_err *err)
{
	const struct nacre_limits limits = nacre_env_limits(d->first->env);
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf one = NACRE_BUF(limits.document_bytes);
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf two = NACRE_BUF(limits.document_bytes);
	nacre_autofd int fd = -1, other = -1;
	size_t at = 0, from;
	int rc = nacre_batch_reopen_blob(d->first->batch, a, &fd, err);

	if (rc == 0 && lseek(fd, 0, SEEK_SET) < 0)
		rc = nacre_fail_os(err, "%s", what);
	if (rc == 0)
		rc = load(fd, &one, err);
	if (rc == 0)
		rc = nacre_layout_open_blob(d->layout, b, &other, NULL, err);
	if (rc == 0)
		rc = load(other, &two, err);
	if (rc)
		return rc;
	while (at < one.len && at < two.len && one.data[at] == two.data[at])
		at++;
	from = at > 40 ? at - 40 : 0;
	return nacre_fail(err, NACRE_E_DIGEST,
		"built twice, and not the same: %s, byte %zu: \"%.80s\", and \"%.80s\" the "
		"second time",
		what, at, one.data ? one.data + from : "", two.data ? two.data + from : "");
}

int nacre_build_differ(struct nacre_build_once *first, const struct nacre_layout *layout,
	const struct nacre_descriptor *second, struct nacre_err *err)
{
	const struct nacre_limits limits = nacre_env_limits(first->env);
	NACRE_CLEANUP(differ_clear)
	struct differ d = { .first = first, .layout = layout };
	const struct nacre_descriptor *config = &first->image.manifest.config;
	int rc = nacre_layout_load_manifest(layout, second, &limits, &d.other, err);

	if (rc == 0)
		rc = compare_layers(&d, err);
	if (rc)
		return rc;
	if (!nacre_digest_equal(&config->digest, &d.other.config.digest))
		return compare_documents(&d, "config", config, &d.other.config, err);
	return compare_documents(&d, "manifest", &first->image.desc, second, err);
}
