/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Manifests with a subject that hold a bundle each, listed in the index of a layout without a name.
 */
#ifndef NACRE_SIGN_REFERRERS_H
#define NACRE_SIGN_REFERRERS_H

#include "formats/batch.h"
#include "sign/bundle.h"

/** What a listed descriptor may lead to. */
enum nacre_referrer_sign {
	NACRE_REFERRER_NO,
	NACRE_REFERRER_MAYBE, /* nothing speaks against it: not all writers repeat the artifactType
			       */
	NACRE_REFERRER_YES,   /* its artifactType says so */
};

enum nacre_referrer_sign nacre_referrer_look(const struct nacre_descriptor *desc);

/** The tag under which registries without a referrers API keep a list: "sha256-HEX". */
bool nacre_referrers_match(const struct nacre_descriptor *desc, const struct nacre_digest *digest);

/**
 * Loads a manifest that may hold a bundle.
 *
 * @param out_manifest  taken as empty; the caller's to clear
 * @param out_is_one    whether its artifactType and its subject are right; the subject is then
 * among the two Errors: as nacre_layout_load_manifest().
 */
NACRE_CHECKED int nacre_referrer_load(const struct nacre_layout *layout,
	const struct nacre_descriptor *desc, const struct nacre_digest *const subjects[2],
	const struct nacre_limits *limits, struct nacre_manifest *out_manifest, bool *out_is_one,
	struct nacre_err *err);

/**
 * Loads the one bundle of such a manifest.
 *
 * @param out_bundle  taken as empty; the caller's to clear
 * Errors: FORMAT (more or less than one layer); UNSUPPORTED (which is no bundle); as
 * nacre_layout_load() and nacre_bundle_parse().
 */
NACRE_CHECKED int nacre_referrer_bundle(const struct nacre_layout *layout,
	const struct nacre_manifest *manifest, const struct nacre_limits *limits,
	struct nacre_bundle *out_bundle, struct nacre_err *err);

/**
 * Puts a bundle and its manifest into the batch and lists it.
 *
 * @param subject     what is signed
 * @param out_digest  of the manifest
 * Errors: as nacre_batch_add_blob() and nacre_bundle_emit().
 */
NACRE_CHECKED int nacre_referrer_store(struct nacre_layout_batch *batch,
	const struct nacre_descriptor *subject, const struct nacre_bundle *bundle,
	struct nacre_digest *out_digest, struct nacre_err *err);

#endif
