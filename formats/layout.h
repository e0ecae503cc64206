/* SPDX-License-Identifier: Apache-2.0 */
/**
 * An image layout on disk: finding and reading what is in it. Writing is in batch.h.
 *
 * All access goes through descriptors of its directories, by single names, and follows nothing. A
 * layout may be read by several threads at once. `limits` are those of nacre_env_limits(): no
 * member is zero.
 */
#ifndef NACRE_FORMATS_LAYOUT_H
#define NACRE_FORMATS_LAYOUT_H

#include "formats/config.h"
#include "formats/index.h"
#include "formats/manifest.h"

void nacre_layout_freep(struct nacre_layout **layout);

/**
 * The same as nacre_layout_open() and nacre_layout_create() for a directory that is open already;
 * `dir` is borrowed for the call only.
 */
NACRE_CHECKED int nacre_layout_open_dir(
	int dir, struct nacre_layout **out_layout, struct nacre_err *err);
NACRE_CHECKED int nacre_layout_create_dir(
	int dir, struct nacre_layout **out_layout, struct nacre_err *err);

/** The directory itself and its blobs/sha256; borrowed; -1 for an archive. For batch.c. */
int nacre_layout_dir(const struct nacre_layout *layout);
int nacre_layout_blob_dir(const struct nacre_layout *layout);

/**
 * Waits for the one lock of a layout, which whoever writes index.json holds; closing it lets go.
 *
 * @param dir  of the layout
 */
NACRE_CHECKED int nacre_layout_lock(int dir, int *out_lock, struct nacre_err *err);

/** The bytes of index.json. @param out_buf  to be cleared. Errors: NOT_FOUND, LIMIT, UNSAFE, IO. */
NACRE_CHECKED int nacre_layout_index_bytes(const struct nacre_layout *layout,
	const struct nacre_limits *limits, struct nacre_buf *out_buf, struct nacre_err *err);

/** index.json, parsed. @param out_index  taken as empty. Errors: as nacre_index_parse(); IO. */
NACRE_CHECKED int nacre_layout_index(const struct nacre_layout *layout,
	const struct nacre_limits *limits, struct nacre_index *out_index, struct nacre_err *err);

/**
 * Finds what a reference names in a layout.
 *
 * @param name    ref.name; NULL or "": none
 * @param digest  NULL or empty: none. Need not be listed: a manifest or index that lies in the
 *                layout will do
 * With neither, it is the only image that is listed. Attachments (descriptors with an artifactType,
 * cosign's signatures, attestations and SBOMs) do not count, unless there is nothing else.
 *
 * Errors: NOT_FOUND; UNSAFE (a name or the lack of one that means several images); DIGEST (the name
 * has another digest); as nacre_layout_load().
 */
NACRE_CHECKED int nacre_layout_find(const struct nacre_layout *layout,
	const struct nacre_limits *limits, const char *name, const struct nacre_digest *digest,
	struct nacre_descriptor *out_desc, struct nacre_err *err);

/**
 * Goes from an index to the manifest for a platform; the first that matches. A manifest is its own
 * answer, whatever its platform.
 *
 * @param want  NULL: there must be only one
 *
 * Errors: NOT_FOUND (no such platform); UNSAFE (several, and none was asked for); LIMIT (nested
 * more than 4 deep, more than 1000 descriptors); UNSUPPORTED (neither index nor manifest); as
 * nacre_layout_load() and nacre_index_parse().
 * Spec:   OCI image-spec v1.1.1, image-index.md, "manifests".
 */
NACRE_CHECKED int nacre_layout_resolve(const struct nacre_layout *layout,
	const struct nacre_limits *limits, const struct nacre_descriptor *top,
	const struct nacre_platform *want, struct nacre_descriptor *out_manifest,
	struct nacre_err *err);

/** Whether it is an archive, which can only be read. */
bool nacre_layout_is_packed(const struct nacre_layout *layout);

/** The bytes of the marker "oci-layout". @param out_buf  to be cleared. Errors: as opening it. */
NACRE_CHECKED int nacre_layout_marker_bytes(
	const struct nacre_layout *layout, struct nacre_buf *out_buf, struct nacre_err *err);

/**
 * Opens a blob whose size is the descriptor's. Its digest is not proven.
 *
 * @param out_offset  where it begins in what is opened. NULL: it must be a file of its own, which
 * it is not in an archive (UNSUPPORTED)
 *
 * Errors: NOT_FOUND; FORMAT (another size: "blob sha256:…: 5 bytes, descriptor says 7"); UNSAFE
 * (not a regular file); IO.
 */
NACRE_CHECKED int nacre_layout_open_blob(const struct nacre_layout *layout,
	const struct nacre_descriptor *desc, int *out_fd, uint64_t *out_offset,
	struct nacre_err *err);

/**
 * Loads a document and proves that it is the one a descriptor names.
 *
 * @param out_buf  set on success only; the caller's to clear
 *
 * Errors: as nacre_layout_open_blob(); LIMIT (document-bytes); DIGEST; NOMEM.
 * Spec:   OCI image-spec v1.1.1, descriptor.md, "Verification".
 */
NACRE_CHECKED int nacre_layout_load(const struct nacre_layout *layout,
	const struct nacre_descriptor *desc, const struct nacre_limits *limits,
	struct nacre_buf *out_buf, struct nacre_err *err);

/**
 * The descriptor of a manifest or an index that lies in the layout, listed or not; its bytes are
 * proven, and what it is comes from them.
 *
 * Errors: NOT_FOUND; FORMAT (neither manifest nor index); as nacre_layout_load().
 */
NACRE_CHECKED int nacre_layout_describe(const struct nacre_layout *layout,
	const struct nacre_limits *limits, const struct nacre_digest *digest,
	struct nacre_descriptor *out_desc, struct nacre_err *err);

/** Load and parse. @param out  taken as empty; untouched unless it succeeds. */
NACRE_CHECKED int nacre_layout_load_manifest(const struct nacre_layout *layout,
	const struct nacre_descriptor *desc, const struct nacre_limits *limits,
	struct nacre_manifest *out_manifest, struct nacre_err *err);
NACRE_CHECKED int nacre_layout_load_index(const struct nacre_layout *layout,
	const struct nacre_descriptor *desc, const struct nacre_limits *limits,
	struct nacre_index *out_index, struct nacre_err *err);
NACRE_CHECKED int nacre_layout_load_config(const struct nacre_layout *layout,
	const struct nacre_descriptor *desc, const struct nacre_limits *limits,
	struct nacre_config *out_config, struct nacre_err *err);

/** The most names that are looked at for nacre_layout_unlisted(). */
#define NACRE_BLOB_NAMES 65536

/**
 * The small blobs that index.json does not list: some writers put manifests there and say so
 * nowhere. What they are is not known; each comes as a manifest, to be tried. Sorted by digest.
 *
 * @param size_most  larger ones are left out
 * @param out_list   taken as empty; the caller's to clear
 * Errors: LIMIT (more than NACRE_BLOB_NAMES names); those of nacre_layout_index(); IO; NOMEM.
 */
NACRE_CHECKED int nacre_layout_unlisted(const struct nacre_layout *layout,
	const struct nacre_limits *limits, uint64_t size_most, struct nacre_descriptors *out_list,
	struct nacre_err *err);

/**
 * Reads a blob of any size to its end and proves its digest.
 *
 * Errors: as nacre_layout_open_blob(); LIMIT (blob-bytes); DIGEST; CANCELED.
 */
NACRE_CHECKED int nacre_layout_check_blob(const struct nacre_layout *layout,
	const struct nacre_descriptor *desc, const struct nacre_env *env, struct nacre_err *err);

#endif
