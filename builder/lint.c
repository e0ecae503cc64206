/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Everything that can be said against an image: its layout, its documents, and its layers. Nothing
 * is written, and nobody has to be trusted: a blob is looked into when its digest is proven.
 */
#include "base/env.h"
#include "base/scope.h"
#include "builder/lint_blob.h"
#include "builder/lint_document.h"
#include "builder/lint_layers.h"
#include "builder/lint_layout.h"
#include "formats/mediatype.h"

#include <nacre/builder.h>

#include <stdio.h>
#include <string.h>

struct image_lint {
	const struct nacre_layout *layout;
	const struct nacre_env *env;
	struct nacre_limits limits;
	struct nacre_lint lint;
	struct nacre_descriptor desc; /* of the manifest */
	struct nacre_manifest manifest;
	struct nacre_config config;
	char place[sizeof("manifest ") + NACRE_DIGEST_TEXT];
};

static void image_lint_clear(struct image_lint *il)
{
	nacre_descriptor_clear(&il->desc);
	nacre_manifest_clear(&il->manifest);
	nacre_config_clear(&il->config);
}

static int enter(struct image_lint *il, const char *what, const struct nacre_digest *digest,
	struct nacre_err *err)
{
	(void)snprintf(il->place, sizeof(il->place), "%s %s", what, digest->text);
	return nacre_lint_enter(&il->lint, il->place, 0, err);
}

/* *out_found is false when there is no document to look at. */
static int load(struct image_lint *il, const struct nacre_descriptor *desc,
	struct nacre_buf *out_bytes, bool *out_found, struct nacre_err *err)
{
	int rc = nacre_layout_load(il->layout, desc, &il->limits, out_bytes, err);

	*out_found = rc == 0;
	return rc ? nacre_lint_refuse_blob(&il->lint, rc, err) : 0;
}

/* --------------------------------------------------------- from name to manifest */

/* What is asked for and not there is an error; what is there and ambiguous, a finding. */
static int refuse_find(struct image_lint *il, int rc, struct nacre_err *err)
{
	return nacre_lint_refuse_as(&il->lint,
		rc == NACRE_E_UNSAFE	       ? NACRE_RULE_LAYOUT_AMBIGUOUS
			: rc == NACRE_E_LIMIT  ? NACRE_RULE_LIMIT
			: rc == NACRE_E_DIGEST ? NACRE_RULE_BLOB_DIGEST
					       : NACRE_RULE_DOC_VALUE,
		rc, err);
}

static int lint_top_index(
	struct image_lint *il, const struct nacre_descriptor *top, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf bytes = NACRE_BUF(0);
	NACRE_CLEANUP(nacre_index_clear)
	struct nacre_index index = { 0 };
	bool found = false, usable = false;
	int rc = enter(il, "index", &top->digest, err);

	if (rc == 0)
		rc = load(il, top, &bytes, &found, err);
	if (rc == 0 && found)
		rc = nacre_lint_index(
			&il->lint, &bytes, top->media_type, &il->limits, &index, &usable, err);
	return rc;
}

/* il->desc stays empty when there is none to go on with. */
static int find_manifest(struct image_lint *il, const struct nacre_ref *ref,
	const struct nacre_platform *platform, struct nacre_err *err)
{
	static const struct nacre_platform usual = { "linux", "amd64", "" };
	NACRE_CLEANUP(nacre_descriptor_clear)
	struct nacre_descriptor top = { 0 };
	uint64_t before = il->lint.refused;
	int rc = nacre_lint_enter(&il->lint, "index.json", 0, err);

	if (rc == 0)
		rc = nacre_layout_find(il->layout, &il->limits, ref->tag, &ref->digest, &top, err);
	if (rc)
		return refuse_find(il, rc, err);
	if (nacre_media_kind(top.media_type) == NACRE_MEDIA_KIND_INDEX)
		rc = lint_top_index(il, &top, err);
	if (rc || il->lint.refused > before)
		return rc;
	rc = nacre_layout_resolve(
		il->layout, &il->limits, &top, platform ? platform : &usual, &il->desc, err);
	return rc ? refuse_find(il, rc, err) : 0;
}

/* ------------------------------------------------------------------- documents */

static int lint_config(struct image_lint *il, struct nacre_err *err)
{
	const struct nacre_descriptor *desc = &il->manifest.config;
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf bytes = NACRE_BUF(0);
	bool found = false, usable = false;
	int rc;

	if (!desc->media_type)
		return 0;
	rc = enter(il, "config", &desc->digest, err);
	if (rc == 0 && nacre_media_kind(desc->media_type) != NACRE_MEDIA_KIND_CONFIG)
		rc = nacre_lint_refuse(&il->lint, NACRE_RULE_MANIFEST_CONFIG, err,
			"not an image: '%.128s' is no config of one", desc->media_type);
	if (rc == 0)
		rc = load(il, desc, &bytes, &found, err);
	if (rc == 0 && found)
		rc = nacre_lint_config(&il->lint, &bytes, &il->limits, &il->config, &usable, err);
	if (rc == 0 && usable)
		rc = nacre_lint_agreement(
			&il->lint, &il->manifest, &il->config, &il->desc.platform, err);
	return rc;
}

static int lint_documents(struct image_lint *il, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf bytes = NACRE_BUF(0);
	bool found = false, usable = false;
	int rc = enter(il, "manifest", &il->desc.digest, err);

	if (rc == 0)
		rc = load(il, &il->desc, &bytes, &found, err);
	if (rc == 0 && found)
		rc = nacre_lint_manifest(&il->lint, &bytes, il->desc.media_type, &il->limits,
			&il->manifest, &usable, err);
	return rc == 0 && usable ? lint_config(il, err) : rc;
}

/* ------------------------------------------------------------------------- all */

static int lint_image(struct image_lint *il, const struct nacre_ref *ref,
	const struct nacre_platform *platform, struct nacre_err *err)
{
	bool usable = false;
	int rc = nacre_lint_layout(il->layout, &il->limits, &il->lint, &usable, err);

	if (rc || !usable)
		return rc;
	rc = find_manifest(il, ref, platform, err);
	if (rc || !il->desc.media_type)
		return rc;
	rc = lint_documents(il, err);
	return rc ? rc
		  : nacre_lint_layers(
			    il->layout, &il->manifest, &il->config, il->env, &il->lint, err);
}

int nacre_image_lint(const struct nacre_layout *layout, const struct nacre_ref *ref,
	const struct nacre_platform *platform, nacre_lint_fn *each, void *user,
	const struct nacre_env *env, struct nacre_lint_counts *out_counts, struct nacre_err *err)
{
	NACRE_CLEANUP(image_lint_clear)
	struct image_lint il = {
		.layout = layout,
		.env = env,
		.limits = nacre_env_limits(env),
		.lint = { .tell = each, .user = user },
	};
	struct nacre_err own;
	int rc = lint_image(&il, ref, platform, err ? err : &own);

	if (rc == 0)
		*out_counts = (struct nacre_lint_counts){ il.lint.refused, il.lint.warnings,
			il.lint.notes };
	return rc;
}

const struct nacre_rule *nacre_lint_rule(size_t i)
{
	return i < NACRE_RULES ? nacre_rule_get((enum nacre_rule_id)i) : NULL;
}
