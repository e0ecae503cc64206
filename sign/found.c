/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Looking for signatures: through the list of a layout, to the manifests of simple signing, to
 * referrers, and to the list of referrers that registries without their API keep under a tag. Sizes
 * are bounded and digests proven on the way; nothing that was signed is parsed.
 */
#include "sign/found.h"

#include "base/digest.h"
#include "base/scope.h"
#include "formats/mediatype.h"
#include "sign/referrers.h"
#include "sign/signatures.h"
#include "sign/statement.h"

#include <string.h>

struct search {
	const struct nacre_layout *layout;
	const struct nacre_limits *limits;
	const struct nacre_digest *const *digests;
	nacre_found_fn *fn;
	void *user;
	uint64_t looks; /* at manifests and signatures */
	uint64_t referrer_bytes;
	uint64_t strange; /* referrers told that cannot be read and may be another image's */
	bool has_counted; /* the images in the list */
	bool is_only;	  /* then: there is no other */
};

/* What nothing says is a referrer is looked at when it is as small as they are. */
#define MAYBE_BYTES 65536

/* Whether it is the signature's fault, which must not hide another one, or the system's. */
static bool is_damage(int rc)
{
	switch (rc) {
	case NACRE_E_FORMAT:
	case NACRE_E_UNSUPPORTED:
	case NACRE_E_LIMIT:
	case NACRE_E_UNSAFE:
	case NACRE_E_DIGEST:
	case NACRE_E_NOT_FOUND:
		return true;
	default:
		return false;
	}
}

/* Tells of one that cannot be read, unless that is the system's fault. */
static int tell_damage(struct search *search, struct nacre_found *found, int rc,
	const struct nacre_err *why, struct nacre_err *err)
{
	if (!is_damage(rc)) {
		if (err)
			*err = *why;
		return rc;
	}
	found->damage = rc;
	found->why = *why;
	return search->fn(found, search->user, err);
}

/* Whoever fills a layout with signatures does not get us to look at all of them. */
static int look(struct search *search, struct nacre_err *err)
{
	if (++search->looks > search->limits->signatures)
		return nacre_fail(err, NACRE_E_LIMIT,
			"more than %llu signatures to look at (limit signatures)",
			(unsigned long long)search->limits->signatures);
	return 0;
}

/* ---------------------------------------------------------- simple signing */

static int visit_layer(struct search *search, const struct nacre_digest *manifest,
	const struct nacre_descriptor *layer, struct nacre_err *err)
{
	struct nacre_found found = {
		.form = NACRE_SIGNATURE_SIMPLE, .lies_in = *manifest, .is_ours = true
	};
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf signature = NACRE_BUF(0);
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf payload = NACRE_BUF(0);
	struct nacre_err why = { 0 };
	int rc = look(search, err);

	if (rc)
		return rc;
	rc = nacre_signature_get(layer, &signature, &why);
	if (rc == 0)
		rc = nacre_signature_load(search->layout, layer, search->limits, &payload, &why);
	if (rc)
		return tell_damage(search, &found, rc, &why, err);
	found.payload = &payload;
	found.message = &payload;
	found.signature = &signature;
	return search->fn(&found, search->user, err);
}

static int visit_signatures(
	struct search *search, const struct nacre_descriptor *desc, struct nacre_err *err)
{
	struct nacre_found found = {
		.form = NACRE_SIGNATURE_SIMPLE, .lies_in = desc->digest, .is_ours = true
	};
	NACRE_CLEANUP(nacre_manifest_clear)
	struct nacre_manifest manifest = { 0 };
	struct nacre_err why = { 0 };
	int rc = look(search, err);

	if (rc)
		return rc;
	rc = nacre_signatures_load(search->layout, desc, search->limits, &manifest, &why);
	if (rc)
		return tell_damage(search, &found, rc, &why, err);
	for (size_t i = 0; rc == 0 && i < manifest.layers.count; i++) {
		if (nacre_signature_is(&manifest.layers.items[i]))
			rc = visit_layer(search, &desc->digest, &manifest.layers.items[i], err);
	}
	return rc;
}

/* ----------------------------------------------------------------- bundles */

static int visit_bundle(struct search *search, const struct nacre_digest *digest,
	const struct nacre_manifest *manifest, struct nacre_err *err)
{
	struct nacre_found found = {
		.form = NACRE_SIGNATURE_BUNDLE, .lies_in = *digest, .is_ours = true
	};
	NACRE_CLEANUP(nacre_bundle_clear)
	struct nacre_bundle bundle = { 0 };
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf message = NACRE_BUF(0);
	struct nacre_err why = { 0 };
	int rc = look(search, err);

	if (rc)
		return rc;
	rc = nacre_referrer_bundle(search->layout, manifest, search->limits, &bundle, &why);
	if (rc == 0)
		rc = nacre_dsse_bytes(bundle.payload_type, &bundle.payload, &message, &why);
	if (rc)
		return tell_damage(search, &found, rc, &why, err);
	found.payload_type = bundle.payload_type;
	found.payload = &bundle.payload;
	found.message = &message;
	found.signature = &bundle.signature;
	return search->fn(&found, search->user, err);
}

/* A layout may be a store, with referrers of many images. Whose one is, only its manifest says. */
static int count_referrer(
	struct search *search, const struct nacre_descriptor *desc, struct nacre_err *err)
{
	const struct nacre_limits *limits = search->limits;
	uint64_t most;

	if (__builtin_add_overflow(
		    search->referrer_bytes, desc->size_bytes, &search->referrer_bytes))
		search->referrer_bytes = UINT64_MAX;
	if (__builtin_mul_overflow(limits->document_bytes, limits->index_depth, &most) ||
		search->referrer_bytes <= most)
		return 0;
	return nacre_fail(err, NACRE_E_LIMIT,
		"more than %llu bytes of referrers (limit document-bytes, for each of index-depth)",
		(unsigned long long)most);
}

/* Whether no other image is listed, to which something might belong as well: read once a search. */
static bool is_only_image(struct search *search)
{
	NACRE_CLEANUP(nacre_descriptor_clear)
	struct nacre_descriptor desc = { 0 };

	if (!search->has_counted) {
		search->has_counted = true;
		search->is_only = nacre_layout_find(search->layout, search->limits, NULL, NULL,
					  &desc, NULL) == 0;
	}
	return search->is_only;
}

/*
 * A list may name any number of referrers that are not there. Those of the only image count as
 * signatures; of those that may be others' no more are told than signatures are looked at, and this
 * image is not refused for them.
 */
static int tell_lost_referrer(struct search *search, struct nacre_found *found, int rc,
	const struct nacre_err *why, struct nacre_err *err)
{
	int over = 0;

	found->is_ours = is_only_image(search);
	if (found->is_ours)
		over = look(search, err);
	else if (is_damage(rc) && ++search->strange > search->limits->signatures)
		return 0;
	return over ? over : tell_damage(search, found, rc, why, err);
}

/* @param is_said  that it is one; what merely may be one is nobody's damage */
static int visit_referrer(struct search *search, const struct nacre_descriptor *desc, bool is_said,
	struct nacre_err *err)
{
	struct nacre_found found = { .form = NACRE_SIGNATURE_BUNDLE, .lies_in = desc->digest };
	NACRE_CLEANUP(nacre_manifest_clear)
	struct nacre_manifest manifest = { 0 };
	struct nacre_err why = { 0 };
	bool is_one = false;
	int rc;

	if (!is_said && desc->size_bytes > MAYBE_BYTES)
		return 0;
	rc = count_referrer(search, desc, err);
	if (rc)
		return rc;
	rc = nacre_referrer_load(
		search->layout, desc, search->digests, search->limits, &manifest, &is_one, &why);
	if (rc && is_damage(rc) && !is_said)
		return 0;
	if (rc)
		return tell_lost_referrer(search, &found, rc, &why, err);
	return is_one ? visit_bundle(search, &desc->digest, &manifest, err) : 0;
}

static int visit_list(
	struct search *search, const struct nacre_descriptor *desc, struct nacre_err *err)
{
	struct nacre_found found = {
		.form = NACRE_SIGNATURE_BUNDLE, .lies_in = desc->digest, .is_ours = true
	};
	NACRE_CLEANUP(nacre_index_clear)
	struct nacre_index index = { 0 };
	struct nacre_err why = { 0 };
	int rc = look(search, err);

	if (rc)
		return rc;
	rc = nacre_layout_load_index(search->layout, desc, search->limits, &index, &why);
	if (rc)
		return tell_damage(search, &found, rc, &why, err);
	for (size_t i = 0; rc == 0 && i < index.manifests.count; i++) {
		if (nacre_referrer_look(&index.manifests.items[i]) != NACRE_REFERRER_NO)
			rc = visit_referrer(search, &index.manifests.items[i], true, err);
	}
	return rc;
}

/* --------------------------------------------------------------- the layout */

static bool is_subject(const struct search *search, const struct nacre_descriptor *desc)
{
	return nacre_digest_equal(&desc->digest, search->digests[0]) ||
		nacre_digest_equal(&desc->digest, search->digests[1]);
}

static int visit(struct search *search, const struct nacre_descriptor *desc, struct nacre_err *err)
{
	enum nacre_referrer_sign sign = nacre_referrer_look(desc);

	for (size_t i = 0; i < 2; i++) {
		if (nacre_signatures_match(desc, search->digests[i]))
			return visit_signatures(search, desc, err);
		if (nacre_referrers_match(desc, search->digests[i]))
			return visit_list(search, desc, err);
	}
	if (sign == NACRE_REFERRER_NO || is_subject(search, desc))
		return 0;
	return visit_referrer(search, desc, sign == NACRE_REFERRER_YES, err);
}

int nacre_found_each(const struct nacre_layout *layout, const struct nacre_digest *const digests[2],
	const struct nacre_limits *limits, nacre_found_fn *fn, void *user, struct nacre_err *err)
{
	struct search search = {
		.layout = layout,
		.limits = limits,
		.digests = digests,
		.fn = fn,
		.user = user,
	};
	NACRE_CLEANUP(nacre_index_clear)
	struct nacre_index index = { 0 };
	int rc = nacre_layout_index(layout, limits, &index, err);

	for (size_t i = 0; rc == 0 && i < index.manifests.count; i++)
		rc = visit(&search, &index.manifests.items[i], err);
	return rc;
}

int nacre_found_each_unlisted(const struct nacre_layout *layout,
	const struct nacre_digest *const digests[2], const struct nacre_limits *limits,
	nacre_found_fn *fn, void *user, struct nacre_err *err)
{
	struct search search = {
		.layout = layout,
		.limits = limits,
		.digests = digests,
		.fn = fn,
		.user = user,
	};
	NACRE_CLEANUP(nacre_descriptors_clear)
	struct nacre_descriptors list = { 0 };
	int rc = nacre_layout_unlisted(layout, limits, MAYBE_BYTES, &list, err);

	for (size_t i = 0; rc == 0 && i < list.count; i++) {
		if (!is_subject(&search, &list.items[i]))
			rc = visit_referrer(&search, &list.items[i], false, err);
	}
	return rc == NACRE_E_LIMIT ? 0 : rc;
}

int nacre_found_parse(
	const struct nacre_found *found, struct nacre_payload *out_payload, struct nacre_err *err)
{
	if (found->form == NACRE_SIGNATURE_SIMPLE)
		return nacre_payload_parse(
			found->payload->data, found->payload->len, out_payload, err);
	if (strcmp(found->payload_type, NACRE_MEDIA_STATEMENT) != 0)
		return nacre_fail(err, NACRE_E_UNSUPPORTED, "payloadType '%.128s', not '%s'",
			found->payload_type, NACRE_MEDIA_STATEMENT);
	return nacre_statement_parse(found->payload->data, found->payload->len, out_payload, err);
}
