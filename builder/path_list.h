/* SPDX-License-Identifier: Apache-2.0 */
/** Paths in an image, collected up to a maximum and counted beyond it. */
#ifndef NACRE_BUILDER_PATH_LIST_H
#define NACRE_BUILDER_PATH_LIST_H

#include "layers/tree.h"

#include <nacre/builder.h>

struct nacre_path_list {
	uint64_t count;
	uint64_t listed;
	size_t most_bytes; /* no further path is listed behind so many */
	struct nacre_buf text;
};

/** For lists that name all of a kind: more than any image has that means well. */
#define NACRE_PATH_LIST_ALL ((size_t)16 << 20)

/** For lists that count all of a kind and name the first. */
#define NACRE_PATH_LIST_FIRST ((size_t)1)

/** More than the limit path-bytes can be. */
#define NACRE_PATH_LIST_LONGEST ((size_t)2 << 20)

#define NACRE_PATH_LIST(most)                                                                      \
	{                                                                                          \
		0, 0, (most), NACRE_BUF((most) + NACRE_PATH_LIST_LONGEST)                          \
	}

/** Counts a node and, while there is room, lists its path, "." for the root. Errors: NOMEM. */
NACRE_CHECKED int nacre_path_list_add(
	struct nacre_path_list *list, const struct nacre_node *node, struct nacre_err *err);

/** Moves the paths out; the list is left empty. */
struct nacre_paths nacre_path_list_steal(struct nacre_path_list *list);
void nacre_path_list_clear(struct nacre_path_list *list);

#endif
