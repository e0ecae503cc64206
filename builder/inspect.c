/* SPDX-License-Identifier: Apache-2.0 */
/* Gathering what a description says. */
#include "builder/inspect.h"

#include "base/env.h"
#include "base/scope.h"
#include "sign/signatures.h"

#include <nacre/builder.h>

#include <string.h>

static void inspected_clear(struct nacre_inspected *image)
{
	nacre_descriptor_clear(&image->top);
	nacre_descriptor_clear(&image->desc);
	nacre_manifest_clear(&image->manifest);
	nacre_config_clear(&image->config);
}

/* How many signatures lie beside a digest: found, not verified. */
static int count_signatures(const struct nacre_layout *layout, const struct nacre_digest *digest,
	const struct nacre_limits *limits, uint64_t *count, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_index_clear)
	struct nacre_index index;
	int rc;

	memset(&index, 0, sizeof(index));
	rc = nacre_layout_index(layout, limits, &index, err);
	for (size_t i = 0; i < index.manifests.count && rc == 0; i++) {
		NACRE_CLEANUP(nacre_manifest_clear)
		struct nacre_manifest manifest;

		memset(&manifest, 0, sizeof(manifest));
		if (!nacre_signatures_match(&index.manifests.items[i], digest))
			continue;
		rc = nacre_signatures_load(
			layout, &index.manifests.items[i], limits, &manifest, err);
		if (rc)
			rc = nacre_within(err, rc, "signatures");
		for (size_t k = 0; k < manifest.layers.count && rc == 0; k++)
			*count += nacre_signature_is(&manifest.layers.items[k]);
	}
	return rc;
}

static int gather(const struct nacre_layout *layout, const struct nacre_ref *ref,
	const struct nacre_platform *platform, const struct nacre_limits *limits,
	struct nacre_inspected *image, struct nacre_err *err)
{
	static const struct nacre_platform usual = { "linux", "amd64", "" };
	int rc = nacre_layout_find(layout, limits, ref->tag, &ref->digest, &image->top, err);

	if (rc == 0)
		rc = nacre_layout_resolve(layout, limits, &image->top, platform ? platform : &usual,
			&image->desc, err);
	if (rc == 0)
		rc = nacre_layout_load_manifest(
			layout, &image->desc, limits, &image->manifest, err);
	if (rc == 0)
		rc = nacre_layout_load_config(
			layout, &image->manifest.config, limits, &image->config, err);
	if (rc == 0)
		rc = nacre_config_check(&image->config, &image->manifest, err);
	if (rc == 0)
		rc = count_signatures(layout, &image->desc.digest, limits, &image->signatures, err);
	if (rc == 0 && !nacre_digest_equal(&image->top.digest, &image->desc.digest))
		rc = count_signatures(layout, &image->top.digest, limits, &image->signatures, err);
	return rc;
}

int nacre_image_inspect(const struct nacre_layout *layout, const struct nacre_ref *ref,
	const struct nacre_platform *platform, bool json, const struct nacre_env *env,
	char **out_text, struct nacre_err *err)
{
	const struct nacre_limits limits = nacre_env_limits(env);
	NACRE_CLEANUP(inspected_clear)
	struct nacre_inspected image;
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf text = NACRE_BUF((size_t)64 << 20);
	int rc;

	memset(&image, 0, sizeof(image));
	rc = gather(layout, ref, platform, &limits, &image, err);
	if (rc == 0)
		rc = json ? nacre_inspect_json(&image, &text, err)
			  : nacre_inspect_text(&image, &text, err);
	if (rc == 0)
		*out_text = nacre_buf_steal(&text).data;
	return rc;
}
