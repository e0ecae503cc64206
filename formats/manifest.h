/* SPDX-License-Identifier: Apache-2.0 */
/** The manifest of one image: its config and its layers. */
#ifndef NACRE_FORMATS_MANIFEST_H
#define NACRE_FORMATS_MANIFEST_H

#include "formats/descriptor.h"

/** All zero is the empty manifest. */
struct nacre_manifest {
	struct nacre_buf raw; /* the bytes it was parsed from; empty for one that is being made */
	char *media_type;     /* NULL, for one that is being made: that of OCI */
	char *artifact_type;  /* NULL: none */
	struct nacre_descriptor config;
	struct nacre_descriptors layers;
	struct nacre_descriptor subject; /* media_type NULL: none */
	struct nacre_pairs annotations;
};

void nacre_manifest_clear(struct nacre_manifest *manifest);

/**
 * Parses an image manifest of OCI or Docker (version 2, schema 2).
 *
 * @param media_type    what the descriptor says it is; the document must not say otherwise. NULL:
 *                      what the document says, else that of OCI
 * @param limits        document_bytes, layers; none zero
 * @param out_manifest  taken as empty; untouched unless it succeeds
 *
 * Errors: FORMAT; UNSUPPORTED (schemaVersion, digest algorithm); UNSAFE (a document that is two
 * things at once); LIMIT; DIGEST; NOMEM.
 * Spec:   OCI image-spec v1.1.1, manifest.md; CVE-2021-41190.
 */
NACRE_CHECKED int nacre_manifest_parse(const void *data, size_t len, const char *media_type,
	const struct nacre_limits *limits, struct nacre_manifest *out_manifest,
	struct nacre_err *err);

/**
 * The same bytes for the same content: compact, schemaVersion, mediaType, artifactType, config,
 * layers, subject, annotations. `raw` is not looked at.
 *
 * @param out_buf  the caller's to clear; set on success only
 * Errors: FORMAT (text that is not UTF-8), LIMIT, NOMEM.
 */
NACRE_CHECKED int nacre_manifest_emit(
	const struct nacre_manifest *manifest, struct nacre_buf *out_buf, struct nacre_err *err);

#endif
