/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Documents, looked at part by part with the functions that their parsers are made of, so that one
 * fault does not hide the next. The parser has the last word: what it refuses and nobody has told
 * yet is told as it says it.
 */
#include "builder/lint_document.h"

#include "base/scope.h"
#include "formats/document.h"

#include <string.h>

static enum nacre_rule_id syntax_rule(int rc)
{
	return rc == NACRE_E_UNSAFE   ? NACRE_RULE_JSON_TWICE
		: rc == NACRE_E_LIMIT ? NACRE_RULE_LIMIT
				      : NACRE_RULE_JSON_SYNTAX;
}

static enum nacre_rule_id value_rule(int rc)
{
	return rc == NACRE_E_UNSAFE    ? NACRE_RULE_JSON_CASE
		: rc == NACRE_E_DIGEST ? NACRE_RULE_DOC_DATA
		: rc == NACRE_E_LIMIT  ? NACRE_RULE_LIMIT
				       : NACRE_RULE_DOC_VALUE;
}

/* *out_json stays NULL for what is no document. */
static int parse(struct nacre_lint *lint, const struct nacre_buf *bytes,
	const struct nacre_limits *limits, struct nacre_json **out_json, struct nacre_err *err)
{
	int rc = nacre_json_parse(bytes->data, bytes->len, limits, out_json, err);

	return nacre_lint_refuse_as(lint, syntax_rule(rc), rc, err);
}

/* ------------------------------------------------------------------------ root */

static int lint_kind(struct nacre_lint *lint, const struct nacre_jvalue *root,
	const struct nacre_document_kind *kind, struct nacre_err *err)
{
	int rc = 0;

	for (const char *const *name = kind->others; *name && rc == 0; name++) {
		if (nacre_jvalue_find(root, *name))
			rc = nacre_lint_refuse(
				lint, NACRE_RULE_DOC_KIND, err, "%s with '%s'", kind->word, *name);
	}
	return rc;
}

static int lint_media_type(struct nacre_lint *lint, const struct nacre_jvalue *root,
	const char *media_type, const struct nacre_document_kind *kind, struct nacre_err *err)
{
	const char *own = NULL;
	int rc = nacre_jvalue_find_text(root, "mediaType", &own, err);

	if (rc)
		return nacre_lint_refuse_as(lint, NACRE_RULE_DOC_VALUE, rc, err);
	if (own && media_type && strcmp(own, media_type) != 0)
		return nacre_lint_refuse(lint, NACRE_RULE_DOC_MEDIA_TYPE, err,
			"mediaType: '%.128s', descriptor says '%.128s'", own, media_type);
	if (own && nacre_media_kind(own) != kind->media_kind)
		return nacre_lint_refuse(lint, NACRE_RULE_DOC_MEDIA_TYPE, err,
			"mediaType: '%.128s' is not %s", own, kind->word);
	return 0;
}

static int lint_root(struct nacre_lint *lint, const struct nacre_jvalue *root,
	const char *media_type, const struct nacre_document_kind *kind, struct nacre_err *err)
{
	uint64_t version = 2;
	int rc = nacre_jvalue_check_names(root, kind->names, err);

	rc = nacre_lint_refuse_as(lint, value_rule(rc), rc, err);
	if (rc == 0) {
		rc = nacre_jvalue_get_u64(root, "schemaVersion", &version, err);
		rc = nacre_lint_refuse_as(lint, NACRE_RULE_DOC_VALUE, rc, err);
	}
	if (rc == 0 && version != 2)
		rc = nacre_lint_refuse(lint, NACRE_RULE_DOC_VALUE, err,
			"schemaVersion: %llu, not 2", (unsigned long long)version);
	if (rc == 0)
		rc = lint_kind(lint, root, kind, err);
	return rc ? rc : lint_media_type(lint, root, media_type, kind, err);
}

/* ----------------------------------------------------------------- descriptors */

static enum nacre_rule_id descriptor_rule(int rc)
{
	return rc == NACRE_E_UNSAFE    ? NACRE_RULE_JSON_CASE
		: rc == NACRE_E_DIGEST ? NACRE_RULE_DOC_DATA
				       : NACRE_RULE_DOC_DESCRIPTOR;
}

/* Left empty if it is none. */
static int lint_descriptor(struct nacre_lint *lint, const struct nacre_jvalue *value,
	struct nacre_descriptor *out_desc, struct nacre_err *err)
{
	int rc = nacre_descriptor_parse(value, out_desc, err);

	return nacre_lint_refuse_as(lint, descriptor_rule(rc), rc, err);
}

static int lint_member(struct nacre_lint *lint, const struct nacre_jvalue *root, const char *name,
	struct nacre_descriptor *out_desc, struct nacre_err *err)
{
	const struct nacre_jvalue *value = nacre_jvalue_find(root, name);

	return value && nacre_jvalue_type(value) != NACRE_JNULL
		? lint_descriptor(lint, value, out_desc, err)
		: 0;
}

/* Whatever is no descriptor is an empty one, so that numbers stay those of the document. */
static int lint_list(struct nacre_lint *lint, const struct nacre_jvalue *root, const char *name,
	struct nacre_descriptors *out_list, struct nacre_err *err)
{
	const struct nacre_jvalue *array = nacre_jvalue_find(root, name), *at = NULL;
	int rc = 0;

	if (array && nacre_jvalue_type(array) == NACRE_JARRAY)
		at = nacre_jvalue_first(array);
	for (; at && rc == 0; at = nacre_jvalue_next(at)) {
		struct nacre_descriptor desc = { 0 };

		rc = lint_descriptor(lint, at, &desc, err);
		if (rc == 0)
			rc = nacre_descriptors_add_take(out_list, &desc, err);
	}
	return rc;
}

/* ------------------------------------------------------------------- documents */

/* What the parser says, unless the parts have said it. */
static int settle(struct nacre_lint *lint, uint64_t refused_before, int rc, struct nacre_err *err)
{
	if (nacre_lint_is_content(rc) && lint->refused > refused_before)
		return 0;
	return nacre_lint_refuse_as(lint, value_rule(rc), rc, err);
}

int nacre_lint_manifest(struct nacre_lint *lint, const struct nacre_buf *bytes,
	const char *media_type, const struct nacre_limits *limits, struct nacre_manifest *out,
	bool *out_usable, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_json_freep)
	struct nacre_json *json = NULL;
	NACRE_CLEANUP(nacre_manifest_clear)
	struct nacre_manifest strict = { 0 };
	uint64_t before = lint->refused;
	const struct nacre_jvalue *root;
	int rc = parse(lint, bytes, limits, &json, err);

	*out_usable = false;
	if (rc || !json)
		return rc;
	root = nacre_json_root(json);
	rc = lint_root(lint, root, media_type, &nacre_manifest_kind, err);
	if (rc == 0)
		rc = lint_member(lint, root, "config", &out->config, err);
	if (rc == 0)
		rc = lint_list(lint, root, "layers", &out->layers, err);
	if (rc)
		return rc;
	*out_usable = true;
	rc = nacre_manifest_parse(bytes->data, bytes->len, media_type, limits, &strict, err);
	return settle(lint, before, rc, err);
}

int nacre_lint_index(struct nacre_lint *lint, const struct nacre_buf *bytes, const char *media_type,
	const struct nacre_limits *limits, struct nacre_index *out, bool *out_usable,
	struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_json_freep)
	struct nacre_json *json = NULL;
	NACRE_CLEANUP(nacre_descriptors_clear)
	struct nacre_descriptors list = { 0 };
	uint64_t before = lint->refused;
	const struct nacre_jvalue *root;
	int rc = parse(lint, bytes, limits, &json, err);

	*out_usable = false;
	if (rc || !json)
		return rc;
	root = nacre_json_root(json);
	rc = lint_root(lint, root, media_type, &nacre_index_kind, err);
	if (rc == 0)
		rc = lint_list(lint, root, "manifests", &list, err);
	if (rc)
		return rc;
	rc = nacre_index_parse(bytes->data, bytes->len, media_type, limits, out, err);
	*out_usable = rc == 0;
	return settle(lint, before, rc, err);
}

int nacre_lint_config(struct nacre_lint *lint, const struct nacre_buf *bytes,
	const struct nacre_limits *limits, struct nacre_config *out, bool *out_usable,
	struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_json_freep)
	struct nacre_json *json = NULL;
	int rc = parse(lint, bytes, limits, &json, err);

	*out_usable = false;
	if (rc || !json)
		return rc;
	rc = nacre_config_parse(bytes->data, bytes->len, limits, out, err);
	*out_usable = rc == 0;
	return nacre_lint_refuse_as(lint, value_rule(rc), rc, err);
}

/* ------------------------------------------------------------------- agreement */

static int lint_counts(struct nacre_lint *lint, const struct nacre_manifest *manifest,
	const struct nacre_config *config, struct nacre_err *err)
{
	size_t layers = manifest->layers.count, with_layer = 0;
	int rc = 0;

	for (size_t i = 0; i < config->history_count; i++)
		with_layer += !config->history[i].empty_layer;
	if (config->diff_id_count != layers)
		rc = nacre_lint_refuse(lint, NACRE_RULE_CONFIG_DIFF_IDS, err,
			"%zu diff_ids for %zu layers", config->diff_id_count, layers);
	if (rc == 0 && config->history_count > 0 && with_layer != layers)
		rc = nacre_lint_refuse(lint, NACRE_RULE_CONFIG_HISTORY, err,
			"history of %zu layers for %zu", with_layer, layers);
	if (rc == 0 && config->history_count == 0 && layers > 0)
		rc = nacre_lint_remark(lint, NACRE_RULE_CONFIG_NO_HISTORY, err, "no history");
	return rc;
}

int nacre_lint_agreement(struct nacre_lint *lint, const struct nacre_manifest *manifest,
	const struct nacre_config *config, const struct nacre_platform *platform,
	struct nacre_err *err)
{
	const struct nacre_platform *own = &config->platform;
	char want[NACRE_PLATFORM_TEXT], have[NACRE_PLATFORM_TEXT];
	int rc = lint_counts(lint, manifest, config, err);

	if (rc == 0 && (!own->os[0] || !own->architecture[0]))
		rc = nacre_lint_remark(lint, NACRE_RULE_CONFIG_NO_PLATFORM, err, "no %s",
			own->os[0] ? "architecture" : "os");
	if (rc || !platform->os[0] || !own->os[0] ||
		(strcmp(platform->os, own->os) == 0 &&
			strcmp(platform->architecture, own->architecture) == 0))
		return rc;
	nacre_platform_print(platform, want);
	nacre_platform_print(own, have);
	return nacre_lint_remark(lint, NACRE_RULE_CONFIG_PLATFORM, err,
		"for %s, and its descriptor says %s", have, want);
}
