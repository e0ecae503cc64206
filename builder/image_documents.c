/* SPDX-License-Identifier: Apache-2.0 */
/* From config and manifest to blobs. */
#include "builder/image_documents.h"

#include "base/env.h"
#include "base/scope.h"
#include "formats/mediatype.h"

static int add(struct nacre_layout_batch *batch, const struct nacre_buf *text,
	const char *media_type, const struct nacre_env *env, struct nacre_descriptor *out_desc,
	struct nacre_err *err)
{
	const struct nacre_limits limits = nacre_env_limits(env);

	if (text->len > limits.document_bytes)
		return nacre_fail(err, NACRE_E_LIMIT, "more than %llu bytes (limit document-bytes)",
			(unsigned long long)limits.document_bytes);
	return nacre_batch_add_blob(batch, text->data, text->len, media_type, out_desc, err);
}

int nacre_image_documents_add(struct nacre_layout_batch *batch, const struct nacre_config *config,
	struct nacre_manifest *manifest, const struct nacre_env *env, struct nacre_built *built,
	struct nacre_descriptor *out_desc, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf config_text = NACRE_BUF(0);
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf manifest_text = NACRE_BUF(0);
	int rc = nacre_config_emit(config, &config_text, err);

	if (rc == 0)
		rc = add(batch, &config_text, NACRE_MEDIA_CONFIG, env, &manifest->config, err);
	if (rc)
		return nacre_within(err, rc, "config");
	rc = nacre_manifest_emit(manifest, &manifest_text, err);
	if (rc == 0)
		rc = add(batch, &manifest_text, NACRE_MEDIA_MANIFEST, env, out_desc, err);
	if (rc)
		return nacre_within(err, rc, "manifest");
	out_desc->platform = config->platform;
	built->image_id = manifest->config.digest;
	built->manifest = out_desc->digest;
	return 0;
}
