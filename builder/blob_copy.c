/* SPDX-License-Identifier: Apache-2.0 */
/* Copying blobs between layouts. */
#include "builder/blob_copy.h"

#include "base/env.h"
#include "base/scope.h"

#include <string.h>
#include <sys/stat.h>

static bool is_same_place(const struct nacre_layout *a, const struct nacre_layout *b)
{
	struct stat x, y;

	return fstat(nacre_layout_dir(a), &x) == 0 && fstat(nacre_layout_dir(b), &y) == 0 &&
		x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

int nacre_blob_copy(const struct nacre_layout *from, const struct nacre_descriptor *desc,
	const struct nacre_layout *to, struct nacre_layout_batch *batch, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_descriptor_clear)
	struct nacre_descriptor copied;
	nacre_autofd int fd = -1;
	uint64_t offset = 0;
	int rc;

	memset(&copied, 0, sizeof(copied));
	if (is_same_place(from, to))
		return 0;
	if (strcmp(nacre_digest_algorithm(&desc->digest), "sha256") != 0)
		return nacre_fail(err, NACRE_E_UNSUPPORTED,
			"blob %s: only sha256 blobs can be copied", desc->digest.text);
	rc = nacre_layout_open_blob(from, desc, &fd, &offset, err);
	if (rc == 0)
		rc = nacre_batch_add_file(
			batch, fd, offset, desc->size_bytes, desc->media_type, &copied, err);
	if (rc == 0 && !nacre_digest_equal(&copied.digest, &desc->digest))
		rc = nacre_fail(err, NACRE_E_DIGEST, "blob %s: content has digest %s",
			desc->digest.text, copied.digest.text);
	return rc;
}

int nacre_image_copy(const struct nacre_layout *from, const struct nacre_descriptor *manifest,
	const struct nacre_layout *to, struct nacre_layout_batch *batch,
	const struct nacre_env *env, struct nacre_err *err)
{
	const struct nacre_limits limits = nacre_env_limits(env);
	NACRE_CLEANUP(nacre_manifest_clear)
	struct nacre_manifest parsed;
	int rc;

	memset(&parsed, 0, sizeof(parsed));
	rc = nacre_layout_load_manifest(from, manifest, &limits, &parsed, err);
	for (size_t i = 0; i < parsed.layers.count && rc == 0; i++)
		rc = nacre_blob_copy(from, &parsed.layers.items[i], to, batch, err);
	if (rc == 0)
		rc = nacre_blob_copy(from, &parsed.config, to, batch, err);
	return rc ? rc : nacre_blob_copy(from, manifest, to, batch, err);
}
