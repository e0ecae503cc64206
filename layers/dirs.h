/* SPDX-License-Identifier: Apache-2.0 */
/**
 * The directories of a tree as descriptors, a bounded number of them open at a time.
 *
 * Kept by tree node and never by name: what a name stands for can change, a node cannot (keyed by
 * name such a cache is CVE-2021-32803 and CVE-2025-47290). A directory that is not open is reached
 * from its nearest open ancestor by single names that no link is followed on, so neither depth nor
 * the length of a path matters.
 */
#ifndef NACRE_LAYERS_DIRS_H
#define NACRE_LAYERS_DIRS_H

#include "base/err.h"

/** The most descriptors held. */
#define NACRE_DIRS_OPEN 64

struct nacre_dirs;

/** How directories hang together; what a key is, only its owner knows. */
struct nacre_dirs_shape {
	const void *(*parent)(const void *key); /* NULL for the root */
	const char *(*name)(const void *key, const void *user);
	const void *user; /* handed to name */
};

/** @param root  borrowed. Errors: NOMEM. */
NACRE_CHECKED int nacre_dirs_new(int root, const struct nacre_dirs_shape *shape,
	struct nacre_dirs **out_dirs, struct nacre_err *err);
void nacre_dirs_free(struct nacre_dirs *dirs);
void nacre_dirs_freep(struct nacre_dirs **dirs);

/**
 * A descriptor (O_PATH) that is borrowed until the next call; -1 with errno when there is none, as
 * for a directory that has been replaced by something else (ENOTDIR).
 */
int nacre_dirs_get(struct nacre_dirs *dirs, const void *key);

#endif
