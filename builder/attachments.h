/* SPDX-License-Identifier: Apache-2.0 */
/** What belongs to an image: the blobs it is made of, and what others have attached to it. */
#ifndef NACRE_BUILDER_ATTACHMENTS_H
#define NACRE_BUILDER_ATTACHMENTS_H

#include "base/env.h"
#include "formats/layout.h"

/** All zero is nothing yet. */
struct nacre_belongings {
	struct nacre_descriptors listed;    /* attachments, as index.json lists them */
	struct nacre_descriptors blobs;	    /* all of it; sorted by digest, none twice */
	struct nacre_descriptors manifests; /* and indexes: what may have attachments */
};

void nacre_belongings_clear(struct nacre_belongings *belongings);

/**
 * Collects an image, or an index with all its images.
 *
 * @param desc  a manifest or an index
 * Errors: as nacre_layout_load(); LIMIT (index-depth, index-descriptors); UNSUPPORTED.
 */
NACRE_CHECKED int nacre_belongings_add(struct nacre_belongings *belongings,
	const struct nacre_layout *layout, const struct nacre_descriptor *desc,
	const struct nacre_limits *limits, struct nacre_err *err);

/** Notes a manifest or an index whose attachments are wanted, and not itself. Errors: NOMEM. */
NACRE_CHECKED int nacre_belongings_note(struct nacre_belongings *belongings,
	const struct nacre_descriptor *desc, struct nacre_err *err);

/**
 * Collects what is attached to all that was added so far, and to that: signatures, attestations and
 * SBOMs under cosign's tags, manifests with a subject, and lists of these under tags.
 *
 * @param unlisted  manifests with a subject that no list names, too
 *
 * Errors: as nacre_belongings_add(). An attachment that cannot be read is an error.
 */
NACRE_CHECKED int nacre_belongings_add_attached(struct nacre_belongings *belongings,
	const struct nacre_layout *layout, bool unlisted, const struct nacre_limits *limits,
	struct nacre_err *err);

/** Sorts the blobs and drops those twice. To be called once, when all is in. */
void nacre_belongings_finish(struct nacre_belongings *belongings);

#endif
