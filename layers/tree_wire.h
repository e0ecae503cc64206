/* SPDX-License-Identifier: Apache-2.0 */
/**
 * A tree on its way from one process to another: how the worker that parses hands what it has found
 * to the one that writes. Not a format for files: both ends are the same program.
 *
 * Blocks of bytes, each behind its length (4 bytes), the last of length 0; so the reader takes not
 * a byte more than the tree. In the blocks stand records, one a node, in the order of a walk. All
 * numbers are little-endian.
 *
 *   depth 4 · flags 1 · layer 2 · name length 1 · name
 *   a further name:  number of the shared inode 4
 *   else:            type 1 · mode 2 · uid 4 · gid 4 · seconds 8 · nanoseconds 4 · xattrs 2
 *                    each xattr: name length 2 · name · value length 4 · value
 *                    a file: size 8, and unless that is 0: origin 2 · key 8
 *                    a device: major 4 · minor 4; a symlink: length 2 · target
 */
#ifndef NACRE_LAYERS_TREE_WIRE_H
#define NACRE_LAYERS_TREE_WIRE_H

#include "layers/tree.h"

/** The most that a block holds. */
#define NACRE_WIRE_BLOCK ((size_t)64 << 10)

/** The flags of a record. */
enum {
	NACRE_WIRE_EXPLICIT = 1, /* node->is_explicit */
	NACRE_WIRE_SHARED = 2,	 /* an inode that further names will share: numbered from 0 on */
	NACRE_WIRE_LINK = 4,	 /* a further name */
	NACRE_WIRE_TOUCHED = 8,	 /* node->touched is above node->layer; by how much is lost */
};

/**
 * Writes a tree; does not finish the sink.
 *
 * @param tree     without whiteouts; inode->first is used during this call
 * @param origins  whatever content.origin of a file may be; at most 65536
 *
 * Errors: ARG (a whiteout, an unknown origin), NOMEM; those of the sink.
 */
NACRE_CHECKED int nacre_tree_wire_write(struct nacre_tree *tree,
	struct nacre_origin *const *origins, size_t origin_count, struct nacre_sink *sink,
	struct nacre_err *err);

/**
 * Reads one tree, and not a byte further. Whoever wrote it is trusted with nothing.
 *
 * @param origins  as they were given for writing, by number
 * @param tree     as nacre_tree_init() leaves it; after an error good for nothing but
 *                 nacre_tree_clear()
 *
 * Errors: FORMAT (what is no tree), LIMIT (tree-bytes, depth, path-bytes, xattrs, xattr-bytes),
 * NOMEM; those of the source.
 */
NACRE_CHECKED int nacre_tree_wire_read(struct nacre_source *source,
	struct nacre_origin *const *origins, size_t origin_count, const struct nacre_limits *limits,
	struct nacre_tree *tree, struct nacre_err *err);

#endif
