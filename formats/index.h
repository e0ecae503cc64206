/* SPDX-License-Identifier: Apache-2.0 */
/** An index: the manifests of several images, and what a layout holds. */
#ifndef NACRE_FORMATS_INDEX_H
#define NACRE_FORMATS_INDEX_H

#include "formats/descriptor.h"

/** All zero is the empty index. */
struct nacre_index {
	struct nacre_buf raw; /* the bytes it was parsed from; empty for one that is being made */
	char *media_type;     /* NULL, for one that is being made: that of OCI */
	char *artifact_type;  /* NULL: none */
	struct nacre_descriptors manifests;
	struct nacre_descriptor subject; /* media_type NULL: none */
	struct nacre_pairs annotations;
};

void nacre_index_clear(struct nacre_index *index);

/**
 * Parses an index of OCI or a manifest list of Docker; the rest is as in nacre_manifest_parse().
 *
 * Spec: OCI image-spec v1.1.1, image-index.md.
 */
NACRE_CHECKED int nacre_index_parse(const void *data, size_t len, const char *media_type,
	const struct nacre_limits *limits, struct nacre_index *out_index, struct nacre_err *err);

/** Compact: schemaVersion, mediaType, artifactType, manifests, subject, annotations. */
NACRE_CHECKED int nacre_index_emit(
	const struct nacre_index *index, struct nacre_buf *out_buf, struct nacre_err *err);

/** What nacre_index_amend() does. */
enum nacre_change_kind {
	NACRE_CHANGE_LIST,     /* list the descriptor, under the name when there is one */
	NACRE_CHANGE_NAME_OFF, /* take the name off what has it */
	NACRE_CHANGE_DROP,     /* unlist all descriptors with the digest */
};

struct nacre_change {
	enum nacre_change_kind kind;
	struct nacre_descriptor desc; /* LIST: all of it; DROP: digest */
	char *name;		      /* LIST: may be NULL; NAME_OFF */
};

/**
 * Applies changes to the index of a layout, one after the other.
 *
 * All members that are not touched are kept, known or not, and the order of descriptors is.
 *
 * A descriptor that is listed under a name takes it off the others that have it. One that so loses
 * its name is no longer listed, unless it has an artifactType: what belongs to another image is
 * found by looking through the list, not by its name. Descriptors that never had a name are left
 * alone. When its digest is listed already, under that name or under none, the descriptor goes in
 * that place, its annotations laid over those that are there; else it goes last. Without a name it
 * changes nothing but the annotations of what has its digest.
 *
 * Errors: NOT_FOUND (NAME_OFF, DROP); as nacre_index_parse(); LIMIT.
 */
NACRE_CHECKED int nacre_index_amend(const void *data, size_t len,
	const struct nacre_change *changes, size_t count, const struct nacre_limits *limits,
	struct nacre_buf *out_buf, struct nacre_err *err);

#endif
