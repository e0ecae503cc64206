/* SPDX-License-Identifier: Apache-2.0 */
/** Making trusted images. For verify.c and trusted.c alone: whoever else includes this lies. */
#ifndef NACRE_SIGN_TRUSTED_MAKE_H
#define NACRE_SIGN_TRUSTED_MAKE_H

#include "base/err.h"
#include "formats/layout.h"
#include "sign/trusted.h"

struct nacre_trusted {
	struct nacre_descriptor top;
	struct nacre_descriptor desc;
	struct nacre_manifest manifest;
	struct nacre_config config;
	struct nacre_texts signers;
	char *reason;
};

/**
 * Finds what a reference names and the manifest for a platform; believes nothing yet.
 *
 * @param platform  NULL: linux/amd64
 * Errors: as nacre_layout_find() and nacre_layout_resolve(); NOMEM.
 */
NACRE_CHECKED int nacre_trusted_new(const struct nacre_layout *layout, const struct nacre_ref *ref,
	const struct nacre_platform *platform, const struct nacre_limits *limits,
	struct nacre_trusted **out_trusted, struct nacre_err *err);

/**
 * Loads manifest and config, and checks that they are those of an image that can be unpacked.
 *
 * Errors: as nacre_layout_load_manifest(), nacre_layout_load_config() and nacre_config_check();
 * UNSUPPORTED (a config or a layer of another kind, a layer that is to be had elsewhere).
 */
NACRE_CHECKED int nacre_trusted_load(struct nacre_trusted *trusted,
	const struct nacre_layout *layout, const struct nacre_limits *limits,
	struct nacre_err *err);

/** Why it is believed. Errors: NOMEM. */
NACRE_CHECKED int nacre_trusted_set_reason(struct nacre_trusted *trusted, struct nacre_err *err,
	const char *fmt, ...) NACRE_PRINTF(3, 4);

#endif
