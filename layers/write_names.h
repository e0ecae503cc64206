/* SPDX-License-Identifier: Apache-2.0 */
/** The names that entries have on the disk, where a file system does not take their own. */
#ifndef NACRE_LAYERS_WRITE_NAMES_H
#define NACRE_LAYERS_WRITE_NAMES_H

#include "layers/tree.h"

struct nacre_write_names {
	struct nacre_arena arena;
	void *aliases; /* by tsearch(3) */
	uint64_t tried;
};

void nacre_write_names_clear(struct nacre_write_names *names);

/** What an entry is called on the disk: its own name unless nacre_write_names_give() was called. */
const char *nacre_write_names_get(
	const struct nacre_write_names *names, const struct nacre_node *node);

/**
 * Makes up a name that no sibling in the tree has, from the entry's own.
 *
 * @param plain  of letters alone, where the file system refuses what the own one is made of
 */
void nacre_write_names_make(struct nacre_write_names *names, const struct nacre_node *node,
	bool plain, char out_name[256]);

/** Remembers what an entry is called. Errors: NOMEM. */
NACRE_CHECKED int nacre_write_names_give(struct nacre_write_names *names,
	const struct nacre_node *node, const char *name, struct nacre_err *err);

/** Sets `path` to the entry's path on the disk. Errors: LIMIT, NOMEM. */
NACRE_CHECKED int nacre_write_names_path(const struct nacre_write_names *names,
	const struct nacre_node *node, struct nacre_buf *path, struct nacre_err *err);

#endif
