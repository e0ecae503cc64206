/* SPDX-License-Identifier: Apache-2.0 */
/** What is in a trusted image. For whoever unpacks it: there is no way to make one here. */
#ifndef NACRE_SIGN_TRUSTED_H
#define NACRE_SIGN_TRUSTED_H

#include "formats/config.h"
#include "formats/manifest.h"

#include <nacre/sign.h>

void nacre_trusted_freep(struct nacre_trusted **trusted);

/** What the reference names: an index, or the manifest itself; borrowed. */
const struct nacre_descriptor *nacre_trusted_top(const struct nacre_trusted *trusted);

/** The descriptor of the manifest; borrowed. */
const struct nacre_descriptor *nacre_trusted_descriptor(const struct nacre_trusted *trusted);

/**
 * Manifest and config; borrowed. They agree about their layers (nacre_config_check), and each layer
 * is of a media type that nacre_media_find() knows, with its content in the layout.
 */
const struct nacre_manifest *nacre_trusted_manifest(const struct nacre_trusted *trusted);
const struct nacre_config *nacre_trusted_config(const struct nacre_trusted *trusted);

#endif
