/* SPDX-License-Identifier: Apache-2.0 */
/** References, platforms and image layouts. */
#ifndef NACRE_FORMATS_H
#define NACRE_FORMATS_H

#include <nacre/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/* -------------------------------------------------------------- references */

enum nacre_transport {
	NACRE_STORE,	      /**< NAME[:TAG][@DIGEST]: the user's own layout */
	NACRE_OCI,	      /**< oci:DIR[:TAG][@DIGEST] */
	NACRE_OCI_ARCHIVE,    /**< oci-archive:FILE[:TAG][@DIGEST] */
	NACRE_DOCKER_ARCHIVE, /**< docker-archive:FILE[:NAME:TAG] */
	NACRE_DOCKER,	      /**< docker://HOST/REPO[:TAG][@DIGEST] */
};

#define NACRE_REF_PATH 4096
#define NACRE_REF_TAG 512

/** The longest text of a reference, with its NUL. */
#define NACRE_REF_TEXT (NACRE_REF_PATH + NACRE_REF_TAG + NACRE_DIGEST_TEXT + 32)

/**
 * Where an image is, made only by its parser.
 *
 * A reference with both tag and digest is pinned: it names what has the tag, provided that it has
 * the digest.
 */
struct nacre_ref {
	enum nacre_transport transport;
	char path[NACRE_REF_PATH];  /**< DIR, FILE, HOST/REPO; for the store NAME */
	char tag[NACRE_REF_TAG];    /**< as ref.name has it: "NAME:TAG" for the store and for
				       docker-archive; empty when none was given */
	struct nacre_digest digest; /**< empty text when none was given */
};

/**
 * Parses a reference as skopeo writes it. The first colon behind "oci:" ends DIR. Without tag and
 * digest, the tag of docker:// and of the store is "latest"; that of a layout stays empty.
 *
 * @param out_ref  untouched unless it succeeds
 *
 * Errors: FORMAT ("byte 4: bad tag"); UNSUPPORTED (another tool's transport, another digest
 * algorithm); LIMIT (too long).
 * Spec:   OCI image-spec v1.1.1, annotations.md, "org.opencontainers.image.ref.name";
 *         OCI distribution-spec v1.1.0, "Pulling manifests" (names and tags).
 */
NACRE_API NACRE_CHECKED int nacre_ref_parse(
	const char *text, size_t len, struct nacre_ref *out_ref, struct nacre_err *err);

/** The text that parses into an equal reference. */
NACRE_API void nacre_ref_print(const struct nacre_ref *ref, char out_text[NACRE_REF_TEXT]);

NACRE_API bool nacre_ref_equal(const struct nacre_ref *a, const struct nacre_ref *b);

/* --------------------------------------------------------------- platforms */

#define NACRE_PLATFORM_NAME 64

/** What a machine must be to run an image. Zero: not said; an empty variant: any. */
struct nacre_platform {
	char os[NACRE_PLATFORM_NAME];
	char architecture[NACRE_PLATFORM_NAME];
	char variant[NACRE_PLATFORM_NAME];
};

/**
 * Parses "linux/amd64" or "linux/arm/v7".
 *
 * @param out_platform  untouched unless it succeeds
 * Errors: FORMAT.
 */
NACRE_API NACRE_CHECKED int nacre_platform_parse(
	const char *text, struct nacre_platform *out_platform, struct nacre_err *err);

#define NACRE_PLATFORM_TEXT (3 * NACRE_PLATFORM_NAME)

/** "linux/amd64"; "" for a platform that is not said. */
NACRE_API void nacre_platform_print(
	const struct nacre_platform *platform, char out_text[NACRE_PLATFORM_TEXT]);

/* ----------------------------------------------------------------- layouts */

/** An OCI image layout: a directory of blobs and an index of what they are. */
struct nacre_layout;

/**
 * Opens a layout that is there. Links in `path` are followed, links inside of the layout are not.
 *
 * Errors: NOT_FOUND (also for a directory that is no layout); FORMAT, UNSUPPORTED (another
 * version); UNSAFE (a link or a special file where a document belongs); IO; NOMEM.
 * Spec:   OCI image-spec v1.1.1, image-layout.md.
 */
NACRE_API NACRE_CHECKED int nacre_layout_open(
	const char *path, struct nacre_layout **out_layout, struct nacre_err *err);

/**
 * Opens a layout, or makes an empty one. Only the last directory of `path` is made. What a killed
 * run has left half-made is completed.
 *
 * Errors: as nacre_layout_open(); EXISTS (a directory with something else in it).
 */
NACRE_API NACRE_CHECKED int nacre_layout_create(
	const char *path, struct nacre_layout **out_layout, struct nacre_err *err);

NACRE_API void nacre_layout_free(struct nacre_layout *layout);

#ifdef __cplusplus
}
#endif

#endif
