/* SPDX-License-Identifier: Apache-2.0 */
/** What is to be found in the documents of an image. */
#ifndef NACRE_BUILDER_LINT_DOCUMENT_H
#define NACRE_BUILDER_LINT_DOCUMENT_H

#include "formats/config.h"
#include "formats/index.h"
#include "formats/manifest.h"
#include "layers/lint.h"

/**
 * Each reads a document and tells what is wrong with it, which is something to refuse exactly when
 * its parser (formats/…) refuses it.
 *
 * @param media_type  what the descriptor says; NULL: nothing does
 * @param out         taken as empty; what could be read of it
 * @param out_usable  whether `out` is good to go on with
 * Errors: NOMEM, CANCELED.
 */
NACRE_CHECKED int nacre_lint_manifest(struct nacre_lint *lint, const struct nacre_buf *bytes,
	const char *media_type, const struct nacre_limits *limits, struct nacre_manifest *out,
	bool *out_usable, struct nacre_err *err);
NACRE_CHECKED int nacre_lint_index(struct nacre_lint *lint, const struct nacre_buf *bytes,
	const char *media_type, const struct nacre_limits *limits, struct nacre_index *out,
	bool *out_usable, struct nacre_err *err);
NACRE_CHECKED int nacre_lint_config(struct nacre_lint *lint, const struct nacre_buf *bytes,
	const struct nacre_limits *limits, struct nacre_config *out, bool *out_usable,
	struct nacre_err *err);

/** Tells where config and manifest disagree, or where somebody will miss something. */
NACRE_CHECKED int nacre_lint_agreement(struct nacre_lint *lint,
	const struct nacre_manifest *manifest, const struct nacre_config *config,
	const struct nacre_platform *platform, struct nacre_err *err);

#endif
