/* SPDX-License-Identifier: Apache-2.0 */
/** The sha256 of every file's content below a node: each layer is streamed once, in its order. */
#ifndef NACRE_BUILDER_CONTENT_HASH_H
#define NACRE_BUILDER_CONTENT_HASH_H

#include "base/digest.h"
#include "builder/image_tree.h"

struct nacre_content_hash; /* of one content */

struct nacre_worker;

struct nacre_content_hashes {
	struct nacre_content_hash *items; /* sorted by where the content lies; NULL: not started */
	size_t count;
	char *shared; /* with the worker: the digits of each */
	struct nacre_worker *worker;
};

/**
 * Starts to hash, in a worker. A fork: before there are other threads.
 *
 * @param top         what lies elsewhere is not hashed
 * @param out_hashes  zero; stays where it is; the caller's to clear, also on failure
 *
 * Errors: those of a worker, NOMEM.
 */
NACRE_CHECKED int nacre_content_hashes_start(struct nacre_image_tree *image, struct nacre_node *top,
	const struct nacre_env *env, struct nacre_content_hashes *out_hashes,
	struct nacre_err *err);

/** Waits for the end. Errors: those of the layers, with "layer 2 of 5: " in front; of a worker. */
NACRE_CHECKED int nacre_content_hashes_finish(
	struct nacre_content_hashes *hashes, struct nacre_err *err);

/** Both. */
NACRE_CHECKED int nacre_content_hashes_read(struct nacre_image_tree *image, struct nacre_node *top,
	const struct nacre_env *env, struct nacre_content_hashes *out_hashes,
	struct nacre_err *err);
void nacre_content_hashes_clear(struct nacre_content_hashes *hashes);

/** Of a regular file that was below `top`. */
void nacre_content_hashes_get(const struct nacre_content_hashes *hashes,
	const struct nacre_inode *inode, struct nacre_digest *out_digest);

#endif
