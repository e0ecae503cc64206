/* SPDX-License-Identifier: Apache-2.0 */
/* Copying an image with what belongs to it, from a layout or an archive into either. */
#include "base/buf.h"
#include "base/digest.h"
#include "base/env.h"
#include "base/scope.h"
#include "builder/archive.h"
#include "builder/attachments.h"
#include "builder/blob_copy.h"
#include "builder/target.h"
#include "sign/signatures.h"

#include <nacre/builder.h>

#include <string.h>

struct copying {
	const struct nacre_layout *from;
	const struct nacre_ref *to;
	const struct nacre_copy_options *options;
	const struct nacre_env *env;
	struct nacre_limits limits;
	struct nacre_descriptor top; /* as it is to be listed */
	bool is_saved;		     /* by cosign, with things that no list names */
	struct nacre_belongings all;
};

static void clear_copying(struct copying *copying)
{
	nacre_descriptor_clear(&copying->top);
	nacre_belongings_clear(&copying->all);
}

static int find_top(struct copying *copying, const struct nacre_ref *ref, struct nacre_err *err)
{
	const struct nacre_platform *platform = copying->options->platform;
	NACRE_CLEANUP(nacre_descriptor_clear)
	struct nacre_descriptor found = { 0 };
	const char *name;
	int rc = nacre_layout_find(
		copying->from, &copying->limits, ref->tag, &ref->digest, &found, err);

	if (rc)
		return rc;
	copying->is_saved = nacre_is_saved_by_cosign(&found);
	rc = platform ? nacre_layout_resolve(copying->from, &copying->limits, &found, platform,
				&copying->top, err)
		      : nacre_descriptor_copy(&found, &copying->top, err);
	name = copying->to->tag[0] ? copying->to->tag : nacre_descriptor_ref_name(&found);
	if (rc == 0 && name)
		rc = nacre_pairs_set(
			&copying->top.annotations, NACRE_ANNOTATION_REF_NAME, name, err);
	return rc;
}

static int collect(struct copying *copying, struct nacre_err *err)
{
	int rc = nacre_belongings_add(
		&copying->all, copying->from, &copying->top, &copying->limits, err);

	if (rc == 0 && !copying->options->no_attachments)
		rc = nacre_belongings_add_attached(
			&copying->all, copying->from, copying->is_saved, &copying->limits, err);
	if (rc == 0)
		nacre_belongings_finish(&copying->all);
	return rc;
}

static int write_archive(struct copying *copying, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_descriptors_clear)
	struct nacre_descriptors listed = { 0 };
	struct nacre_descriptor desc = { 0 };
	int rc = nacre_descriptor_copy(&copying->top, &desc, err);

	if (rc == 0)
		rc = nacre_descriptors_add_take(&listed, &desc, err);
	for (size_t i = 0; rc == 0 && i < copying->all.listed.count; i++) {
		rc = nacre_descriptor_copy(&copying->all.listed.items[i], &desc, err);
		if (rc == 0)
			rc = nacre_descriptors_add_take(&listed, &desc, err);
	}
	return rc ? rc
		  : nacre_archive_write(copying->from, &listed, &copying->all.blobs,
			    copying->to->path, copying->env, err);
}

static int fill_batch(const struct copying *copying, const struct nacre_target *target,
	struct nacre_layout_batch *batch, struct nacre_err *err)
{
	const struct nacre_belongings *all = &copying->all;
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < all->blobs.count; i++)
		rc = nacre_blob_copy(
			copying->from, &all->blobs.items[i], target->layout, batch, err);
	if (rc == 0)
		rc = nacre_batch_tag(batch, &copying->top, NULL, err);
	for (size_t i = 0; rc == 0 && i < all->listed.count; i++)
		rc = nacre_batch_tag(batch, &all->listed.items[i], NULL, err);
	return rc;
}

static int write_layout(struct copying *copying, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_target_clear)
	struct nacre_target target = NACRE_TARGET;
	NACRE_CLEANUP(nacre_batch_freep)
	struct nacre_layout_batch *batch = NULL;
	bool sync = !copying->env || !copying->env->no_sync;
	int rc = nacre_target_open(&target, copying->to, copying->options->store, err);

	if (rc == 0)
		rc = nacre_batch_new(target.layout, copying->env, &batch, err);
	if (rc == 0)
		rc = fill_batch(copying, &target, batch, err);
	if (rc == 0)
		rc = nacre_batch_commit(batch, err);
	return rc ? rc : nacre_target_commit(&target, sync, err);
}

int nacre_image_copy_to(const struct nacre_layout *layout, const struct nacre_ref *ref,
	const struct nacre_ref *to, const struct nacre_copy_options *options,
	const struct nacre_env *env, struct nacre_copied *out_copied, struct nacre_err *err)
{
	static const struct nacre_copy_options none = { 0 };
	NACRE_CLEANUP(clear_copying)
	struct copying copying = {
		.from = layout,
		.to = to,
		.options = options ? options : &none,
		.env = env,
		.limits = nacre_env_limits(env),
	};
	char name[NACRE_REF_TEXT];
	int rc;

	nacre_ref_print(to, name);
	if (!nacre_digest_is_empty(&to->digest))
		return nacre_fail(err, NACRE_E_ARG,
			"%s: a digest says what is there, not what it is to be called", name);
	rc = find_top(&copying, ref, err);
	if (rc == 0)
		rc = collect(&copying, err);
	if (rc)
		return rc;
	rc = to->transport == NACRE_OCI_ARCHIVE ? write_archive(&copying, err)
						: write_layout(&copying, err);
	if (rc)
		return nacre_within(err, rc, "%s", name);
	memset(out_copied, 0, sizeof(*out_copied));
	out_copied->digest = copying.top.digest;
	out_copied->attachments = copying.all.listed.count;
	out_copied->blobs = copying.all.blobs.count;
	for (size_t i = 0; i < copying.all.blobs.count; i++)
		out_copied->blob_bytes += copying.all.blobs.items[i].size_bytes;
	return 0;
}
