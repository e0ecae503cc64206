/* SPDX-License-Identifier: Apache-2.0 */
/** What names a blob: media type, digest, size. */
#ifndef NACRE_FORMATS_DESCRIPTOR_H
#define NACRE_FORMATS_DESCRIPTOR_H

#include "formats/list.h"

#include <nacre/formats.h>

#define NACRE_ANNOTATION_REF_NAME "org.opencontainers.image.ref.name"
#define NACRE_ANNOTATION_CREATED "org.opencontainers.image.created"
#define NACRE_ANNOTATION_BASE_DIGEST "org.opencontainers.image.base.digest"
#define NACRE_ANNOTATION_BASE_NAME "org.opencontainers.image.base.name"
#define NACRE_ANNOTATION_CONTAINERD_NAME "io.containerd.image.name"

/** All zero is the empty descriptor. The texts are its own. */
struct nacre_descriptor {
	char *media_type;
	struct nacre_digest digest;
	uint64_t size_bytes;
	char *artifact_type;		/* NULL: none */
	struct nacre_platform platform; /* os "": none */
	struct nacre_pairs annotations; /* in the order of the document */
};

void nacre_descriptor_clear(struct nacre_descriptor *desc);

/** Media type, digest and size; nothing else. Errors: NOMEM. */
NACRE_CHECKED int nacre_descriptor_make(const char *media_type, const struct nacre_digest *digest,
	uint64_t size_bytes, struct nacre_descriptor *out_desc, struct nacre_err *err);

/** @param out_desc  taken as empty: not cleared before. Errors: NOMEM. */
NACRE_CHECKED int nacre_descriptor_copy(const struct nacre_descriptor *from,
	struct nacre_descriptor *out_desc, struct nacre_err *err);

/**
 * Embedded `data`, when there, must be exactly the content and is not kept; `urls` are ignored.
 *
 * @param out_desc  taken as empty; untouched unless it succeeds
 *
 * Errors: FORMAT; UNSUPPORTED (digest algorithm); DIGEST (data that is not the content); LIMIT;
 * NOMEM.
 * Spec:   OCI image-spec v1.1.1, descriptor.md.
 */
NACRE_CHECKED int nacre_descriptor_parse(const struct nacre_jvalue *object,
	struct nacre_descriptor *out_desc, struct nacre_err *err);

/** Members: mediaType, digest, size, artifactType, platform, annotations; without the absent. */
void nacre_descriptor_emit(
	const struct nacre_descriptor *desc, struct nacre_jemit *out, const char *name);

/** org.opencontainers.image.ref.name; NULL when there is none. */
const char *nacre_descriptor_ref_name(const struct nacre_descriptor *desc);

/** The member "digest" of an object. Errors: FORMAT, UNSUPPORTED (algorithm). */
NACRE_CHECKED int nacre_digest_parse_json(
	const struct nacre_jvalue *object, struct nacre_digest *out_digest, struct nacre_err *err);

/** @param object  NULL: an empty platform. Errors: FORMAT, LIMIT. */
NACRE_CHECKED int nacre_platform_parse_json(const struct nacre_jvalue *object,
	struct nacre_platform *out_platform, struct nacre_err *err);

/** Nothing for a platform that is not said. */
void nacre_platform_emit(
	const struct nacre_platform *platform, struct nacre_jemit *out, const char *name);

/** Whether `have` will do where `want` is asked for. */
bool nacre_platform_match(const struct nacre_platform *have, const struct nacre_platform *want);

struct nacre_descriptors {
	struct nacre_descriptor *items;
	size_t count;
};

void nacre_descriptors_clear(struct nacre_descriptors *list);

/** Moves it in: *desc is left empty, also on failure. Errors: NOMEM. */
NACRE_CHECKED int nacre_descriptors_add_take(
	struct nacre_descriptors *list, struct nacre_descriptor *desc, struct nacre_err *err);

/** An array. Errors: as nacre_descriptor_parse(); LIMIT (more than `most`, called `limit`). */
NACRE_CHECKED int nacre_descriptors_parse(const struct nacre_jvalue *array, uint64_t most,
	const char *limit, struct nacre_descriptors *out_list, struct nacre_err *err);

#endif
