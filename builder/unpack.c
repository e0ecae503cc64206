/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Unpacking: plan, then write. The first half reads everything and touches nothing; what passes
 * between the halves is the tree and, for each layer, a stream of its bytes. The second half
 * neither parses nor resolves: it copies spans of a stream to single names.
 */
#include "base/env.h"
#include "base/scope.h"
#include "builder/image_tree.h"
#include "builder/staging.h"
#include "builder/unpack_policy.h"
#include "layers/write.h"
#include "sign/trusted.h"

#include <nacre/builder.h>

#include <string.h>

/* Finds the layers that hold something that is still in the tree: the others need not be read. */
static void want_layers(const struct nacre_tree *tree)
{
	for (struct nacre_node *node = tree->root; node; node = nacre_tree_next(node)) {
		const struct nacre_inode *inode = node->inode;

		if (inode->type == NACRE_TYPE_FILE && inode->size_bytes > 0)
			nacre_layer_blob_want(inode->u.content.origin);
	}
}

static int write_layer(struct nacre_writer *writer, struct nacre_layer_blob *blob,
	const struct nacre_env *env, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_layer_stream_freep)
	struct nacre_layer_stream *stream = NULL;
	int rc = nacre_step(env, err, "writing %s", nacre_layer_blob_name(blob));

	if (rc == 0)
		rc = nacre_layer_stream_open(blob, env, &stream, err);
	if (rc == 0)
		rc = nacre_writer_stream(writer, nacre_layer_blob_origin(blob),
			nacre_layer_stream_source(stream), err);
	if (rc == 0)
		rc = nacre_layer_stream_finish(stream, NULL, err);
	return rc ? nacre_within(err, rc, "%s", nacre_layer_blob_name(blob)) : 0;
}

static int write_tree(struct nacre_image_tree *image, int staging,
	const struct nacre_unpack_options *options, const struct nacre_env *env,
	struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_writer_freep)
	struct nacre_writer *writer = NULL;
	const struct nacre_write_options how = {
		.keep_owner = !options->no_owner,
		.devices = options->devices,
	};
	bool sync = !env || !env->no_sync;
	int rc = nacre_writer_new(&image->tree, staging, &how, env, &writer, err);

	if (rc == 0)
		rc = nacre_writer_dirs(writer, err);
	want_layers(&image->tree);
	for (size_t i = 0; i < image->layer_count && rc == 0; i++) {
		if (nacre_layer_blob_is_wanted(image->layers[i]))
			rc = write_layer(writer, image->layers[i], env, err);
	}
	if (rc == 0)
		rc = nacre_writer_finish(writer, err);
	if (rc == 0 && sync)
		rc = nacre_writer_sync(writer, err);
	return rc;
}

int nacre_unpack(const struct nacre_layout *layout, const struct nacre_trusted *trusted,
	const char *target, const struct nacre_unpack_options *options, const struct nacre_env *env,
	struct nacre_unpacked *out_unpacked, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_image_tree_clear)
	struct nacre_image_tree image;
	NACRE_CLEANUP(nacre_staging_clear)
	struct nacre_staging staging = NACRE_STAGING;
	static const struct nacre_unpack_options plain;
	struct nacre_unpacked unpacked;
	int rc;

	memset(&image, 0, sizeof(image));
	options = options ? options : &plain;
	/* First, because nobody wants to hear about it after a minute of reading. */
	rc = nacre_staging_check(target, options->replace, err);
	if (rc == 0)
		rc = nacre_image_tree_read(layout, nacre_trusted_manifest(trusted),
			nacre_trusted_config(trusted), -1, env, &image, err);
	if (rc == 0)
		rc = nacre_unpack_policy_apply(&image.tree, options, env, &unpacked, err);
	if (rc == 0)
		rc = nacre_staging_open(&staging, target, options->replace, err);
	if (rc == 0)
		rc = write_tree(&image, staging.dir, options, env, err);
	if (rc == 0)
		rc = nacre_staging_commit(&staging, !env || !env->no_sync, err);
	if (rc == 0)
		nacre_staging_retire(&staging, env);
	if (rc == 0 && out_unpacked)
		*out_unpacked = unpacked;
	return rc;
}
