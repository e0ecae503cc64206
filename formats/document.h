/* SPDX-License-Identifier: Apache-2.0 */
/** What the documents of an image have in common. For manifest.c, index.c, config.c and lints. */
#ifndef NACRE_FORMATS_DOCUMENT_H
#define NACRE_FORMATS_DOCUMENT_H

#include "formats/descriptor.h"
#include "formats/mediatype.h"

/**
 * Parses an object whose members have no other case than the `known` ones.
 *
 * Errors: LIMIT (document-bytes); as nacre_json_parse() and nacre_jvalue_check_names().
 */
NACRE_CHECKED int nacre_document_parse(const void *data, size_t len,
	const struct nacre_limits *limits, const char *const *known, struct nacre_json **out_json,
	struct nacre_err *err);

/** What tells a manifest from an index. */
struct nacre_document_kind {
	const char *word;	  /* "a manifest" */
	const char *const *names; /* of its members, and of others'; NULL-terminated */
	enum nacre_media_kind media_kind;
	const char *media_type;	   /* of OCI */
	const char *const *others; /* members that only other kinds have; NULL-terminated */
};

/**
 * Checks that it is schemaVersion 2 and nothing but the kind that is wanted.
 *
 * @param media_type  what the descriptor says; NULL: nothing
 * @param out_media_type  to be freed; set on success only
 * Errors: FORMAT, UNSUPPORTED, UNSAFE, NOMEM.
 */
NACRE_CHECKED int nacre_document_check(const struct nacre_jvalue *root, const char *media_type,
	const struct nacre_document_kind *kind, char **out_media_type, struct nacre_err *err);

/**
 * Refuses a document that has members of another kind of document.
 *
 * @param word    "a manifest"
 * @param others  NULL-terminated
 * Errors: UNSAFE.
 */
NACRE_CHECKED int nacre_document_refuse(const struct nacre_jvalue *root, const char *word,
	const char *const *others, struct nacre_err *err);

extern const struct nacre_document_kind nacre_manifest_kind, nacre_index_kind;

/** The members that every document may end in. The results are taken as empty. */
NACRE_CHECKED int nacre_document_parse_tail(const struct nacre_jvalue *root,
	char **out_artifact_type, struct nacre_descriptor *out_subject,
	struct nacre_pairs *out_annotations, struct nacre_err *err);

/** @param out_buf  to be cleared */
NACRE_CHECKED int nacre_document_keep(
	const void *data, size_t len, struct nacre_buf *out_buf, struct nacre_err *err);

/** The most bytes that are emitted: far above what is accepted back. */
#define NACRE_DOCUMENT_MOST ((size_t)64 << 20)

/** Opens the object and emits schemaVersion, mediaType and artifactType. */
void nacre_document_emit_head(
	struct nacre_jemit *out, const char *media_type, const char *artifact_type);

/** Emits subject and annotations and ends the object. */
void nacre_document_emit_tail(struct nacre_jemit *out, const struct nacre_descriptor *subject,
	const struct nacre_pairs *annotations);

#endif
