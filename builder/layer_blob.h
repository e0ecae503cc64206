/* SPDX-License-Identifier: Apache-2.0 */
/**
 * One layer of an image in a layout: a blob whose digest is proven before anything looks into it,
 * and the origin of the files in it. layer_stream.h has its bytes.
 */
#ifndef NACRE_BUILDER_LAYER_BLOB_H
#define NACRE_BUILDER_LAYER_BLOB_H

#include "builder/budget.h"
#include "formats/layout.h"
#include "layers/codec.h"
#include "layers/spool.h"

/** How often reading one tells of its progress. */
#define NACRE_LAYER_PROGRESS ((uint64_t)8 << 20)

/** As an origin its keys are offsets in the uncompressed tar. For layer_*.c; others use calls. */
struct nacre_layer_blob {
	struct nacre_origin origin; /* first: it is what inodes point at */
	int scratch;
	struct nacre_digest diff_id;
	enum nacre_codec codec;
	struct nacre_budget budget;
	struct nacre_limits limits; /* not above the budget */
	uint64_t size_bytes;
	int fd;
	uint64_t offset; /* where it begins in there */
	bool is_wanted;
	struct nacre_spool *spool; /* the uncompressed tar, once something is opened at random */
	char *name;
};

/**
 * Opens the blob and reads all of it to prove its digest.
 *
 * @param desc     copied
 * @param name     "layer 2 of 5", for messages and progress; copied
 * @param scratch  a directory, borrowed: contents opened at random are put aside there; -1: they
 *                 cannot be opened, but streamed
 *
 * Errors: NOT_FOUND, FORMAT (another size; annotations that are no budget), DIGEST, UNSUPPORTED (no
 * layer media type), LIMIT (blob-bytes; a budget beyond a limit), IO, CANCELED.
 */
NACRE_CHECKED int nacre_layer_blob_open(const struct nacre_layout *layout,
	const struct nacre_descriptor *desc, const struct nacre_digest *diff_id, const char *name,
	int scratch, const struct nacre_env *env, struct nacre_layer_blob **out_blob,
	struct nacre_err *err);
void nacre_layer_blob_free(struct nacre_layer_blob *blob);

/** Notes that somebody wants content of a blob's, by its origin. */
void nacre_layer_blob_want(struct nacre_origin *origin);
bool nacre_layer_blob_is_wanted(const struct nacre_layer_blob *blob);

struct nacre_origin *nacre_layer_blob_origin(struct nacre_layer_blob *blob);
const char *nacre_layer_blob_name(const struct nacre_layer_blob *blob);

/** As stored. */
uint64_t nacre_layer_blob_size(const struct nacre_layer_blob *blob);

/** What the manifest says it holds. */
const struct nacre_budget *nacre_layer_blob_budget(const struct nacre_layer_blob *blob);

/** The limits for this layer: those of the env, lowered to its budget. */
const struct nacre_limits *nacre_layer_blob_limits(const struct nacre_layer_blob *blob);

/** The codec that a layer's media type says. Errors: UNSUPPORTED. */
NACRE_CHECKED int nacre_layer_codec(
	const char *media_type, enum nacre_codec *out_codec, struct nacre_err *err);

#endif
