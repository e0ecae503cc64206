/* SPDX-License-Identifier: Apache-2.0 */
/* Gathering what a description says. */
#include "builder/inspect.h"

#include "base/env.h"
#include "base/scope.h"
#include "sign/found.h"

#include <nacre/builder.h>

#include <string.h>

static void inspected_clear(struct nacre_inspected *image)
{
	nacre_descriptor_clear(&image->top);
	nacre_descriptor_clear(&image->desc);
	nacre_manifest_clear(&image->manifest);
	nacre_config_clear(&image->config);
}

/* Found, not verified. */
static int count_signature(const struct nacre_found *found, void *user, struct nacre_err *err)
{
	uint64_t *count = user;

	if (found->damage)
		return nacre_fail(err, found->damage, "signatures: %s", found->why.text);
	++*count;
	return 0;
}

/* How many lie beside the image and the index that it was found through. */
static int count_signatures(const struct nacre_layout *layout, struct nacre_inspected *image,
	const struct nacre_limits *limits, struct nacre_err *err)
{
	const struct nacre_digest *digests[2] = { &image->desc.digest, &image->top.digest };

	return nacre_found_each(layout, digests, limits, count_signature, &image->signatures, err);
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
	return rc ? rc : count_signatures(layout, image, limits, err);
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
