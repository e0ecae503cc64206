/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Trusted images: what is loaded and checked of each, and the two ways to believe one without
 * signatures. The way with them is in verify.c.
 */
#include "sign/trusted.h"

#include "base/buf.h"
#include "base/digest.h"
#include "base/env.h"
#include "base/scope.h"
#include "formats/mediatype.h"
#include "sign/trusted_make.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define REASON_BYTES 4096

void nacre_trusted_free(struct nacre_trusted *trusted)
{
	if (!trusted)
		return;
	nacre_descriptor_clear(&trusted->top);
	nacre_descriptor_clear(&trusted->desc);
	nacre_manifest_clear(&trusted->manifest);
	nacre_config_clear(&trusted->config);
	nacre_texts_clear(&trusted->signers);
	free(trusted->reason);
	free(trusted);
}

void nacre_trusted_freep(struct nacre_trusted **trusted)
{
	nacre_trusted_free(*trusted);
}

int nacre_trusted_new(const struct nacre_layout *layout, const struct nacre_ref *ref,
	const struct nacre_platform *platform, const struct nacre_limits *limits,
	struct nacre_trusted **out_trusted, struct nacre_err *err)
{
	static const struct nacre_platform usual = { .os = "linux", .architecture = "amd64" };
	NACRE_CLEANUP(nacre_trusted_freep)
	struct nacre_trusted *trusted = calloc(1, sizeof(*trusted));
	int rc;

	if (!trusted)
		return nacre_fail_nomem(err);
	rc = nacre_layout_find(layout, limits, ref->tag, &ref->digest, &trusted->top, err);
	if (rc == 0)
		rc = nacre_layout_resolve(layout, limits, &trusted->top,
			platform ? platform : &usual, &trusted->desc, err);
	if (rc == 0)
		*out_trusted = nacre_steal(&trusted);
	return rc;
}

static int check_layer(const struct nacre_descriptor *layer, struct nacre_err *err)
{
	/* Its author may not hand it on, so it is not here and would come from some address. */
	if (strstr(layer->media_type, ".nondistributable.") ||
		strstr(layer->media_type, ".foreign."))
		return nacre_fail(err, NACRE_E_UNSUPPORTED, "'%.128s', whose content is elsewhere",
			layer->media_type);
	if (nacre_media_kind(layer->media_type) != NACRE_MEDIA_KIND_LAYER)
		return nacre_fail(err, NACRE_E_UNSUPPORTED, "'%.128s' is no layer of an image",
			layer->media_type);
	return 0;
}

static int check_manifest(const struct nacre_manifest *manifest, struct nacre_err *err)
{
	if (nacre_media_kind(manifest->config.media_type) != NACRE_MEDIA_KIND_CONFIG)
		return nacre_fail(err, NACRE_E_UNSUPPORTED,
			"not an image: '%.128s' is no config of one", manifest->config.media_type);
	for (size_t i = 0; i < manifest->layers.count; i++) {
		int rc = check_layer(&manifest->layers.items[i], err);

		if (rc)
			return nacre_within(
				err, rc, "layer %zu of %zu", i + 1, manifest->layers.count);
	}
	return 0;
}

int nacre_trusted_load(struct nacre_trusted *trusted, const struct nacre_layout *layout,
	const struct nacre_limits *limits, struct nacre_err *err)
{
	int rc;

	rc = nacre_layout_load_manifest(layout, &trusted->desc, limits, &trusted->manifest, err);
	if (rc == 0)
		rc = check_manifest(&trusted->manifest, err);
	if (rc == 0)
		rc = nacre_layout_load_config(
			layout, &trusted->manifest.config, limits, &trusted->config, err);
	if (rc == 0)
		rc = nacre_config_check(&trusted->config, &trusted->manifest, err);
	return rc;
}

int nacre_trusted_set_reason(
	struct nacre_trusted *trusted, struct nacre_err *err, const char *fmt, ...)
{
	char text[REASON_BYTES];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	free(trusted->reason);
	trusted->reason = strdup(text);
	return trusted->reason ? 0 : nacre_fail_nomem(err);
}

int nacre_trust_pinned(const struct nacre_layout *layout, const struct nacre_ref *ref,
	const struct nacre_platform *platform, const struct nacre_env *env,
	struct nacre_trusted **out_trusted, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_trusted_freep)
	struct nacre_trusted *trusted = NULL;
	struct nacre_limits limits = nacre_env_limits(env);
	int rc;

	if (nacre_digest_is_empty(&ref->digest))
		return nacre_fail(err, NACRE_E_ARG, "a reference that is not pinned by a digest");
	rc = nacre_trusted_new(layout, ref, platform, &limits, &trusted, err);
	/* That the layout found what was asked for is not left to the layout. */
	if (rc == 0 && !nacre_digest_equal(&trusted->top.digest, &ref->digest))
		rc = nacre_fail(err, NACRE_E_DIGEST, "%s, not %s", trusted->top.digest.text,
			ref->digest.text);
	if (rc == 0)
		rc = nacre_trusted_load(trusted, layout, &limits, err);
	if (rc == 0)
		rc = nacre_trusted_set_reason(trusted, err, "pinned by its digest");
	if (rc == 0)
		*out_trusted = nacre_steal(&trusted);
	return rc;
}

int nacre_trust_unsigned(const struct nacre_layout *layout, const struct nacre_ref *ref,
	const char *reason, const struct nacre_platform *platform, const struct nacre_env *env,
	struct nacre_trusted **out_trusted, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_trusted_freep)
	struct nacre_trusted *trusted = NULL;
	struct nacre_limits limits = nacre_env_limits(env);
	char text[NACRE_REF_TEXT];
	int rc;

	if (!reason || !*reason)
		return nacre_fail(err, NACRE_E_ARG, "no reason to trust an image without proof");
	nacre_ref_print(ref, text);
	rc = nacre_warn(env, err, "%.512s: not verified: %s", text, reason);
	if (rc == 0)
		rc = nacre_trusted_new(layout, ref, platform, &limits, &trusted, err);
	if (rc == 0)
		rc = nacre_trusted_load(trusted, layout, &limits, err);
	if (rc == 0)
		rc = nacre_trusted_set_reason(trusted, err, "not verified: %s", reason);
	if (rc == 0)
		*out_trusted = nacre_steal(&trusted);
	return rc;
}

const struct nacre_digest *nacre_trusted_image_id(const struct nacre_trusted *trusted)
{
	return &trusted->manifest.config.digest;
}

const struct nacre_digest *nacre_trusted_digest(const struct nacre_trusted *trusted)
{
	return &trusted->desc.digest;
}

const char *nacre_trusted_reason(const struct nacre_trusted *trusted)
{
	return trusted->reason;
}

const char *nacre_trusted_signer(const struct nacre_trusted *trusted, size_t i)
{
	return i < trusted->signers.count ? trusted->signers.items[i] : NULL;
}

const struct nacre_descriptor *nacre_trusted_top(const struct nacre_trusted *trusted)
{
	return &trusted->top;
}

const struct nacre_descriptor *nacre_trusted_descriptor(const struct nacre_trusted *trusted)
{
	return &trusted->desc;
}

const struct nacre_manifest *nacre_trusted_manifest(const struct nacre_trusted *trusted)
{
	return &trusted->manifest;
}

const struct nacre_config *nacre_trusted_config(const struct nacre_trusted *trusted)
{
	return &trusted->config;
}
