/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Trees as text: the mtree format as NetBSD's mtree (also its -C form) and libarchive write and read
 * it. One line an entry, full paths, every keyword spelled out, no /set and no /unset.
 *
 *   #mtree
 *   . type=dir mode=0755 uid=0 gid=0 time=1700000000.000000000
 *   ./usr/lib/libz.so type=link mode=0777 uid=0 gid=0 time=0.000000000 link=libz.so.1
 *
 * Bytes that are not printable ASCII, and white space, `#`, `=` and `\`, are written as `\ooo`. An
 * xattr is a keyword of nacre's own, `xattr.NAME=` and base64, which other readers pass over.
 * Further names of a hard-link group are lines of their own with `nlink=`, and
 * `nacre.hardlink=` and the first name.
 *
 * Spec: NetBSD mtree(8); libarchive mtree(5).
 */
#ifndef NACRE_LAYERS_MTREE_H
#define NACRE_LAYERS_MTREE_H

#include "base/digest.h"
#include "layers/tree.h"

/** The first line, with its newline. */
#define NACRE_MTREE_BEGIN "#mtree\n"

/**
 * Adds the line of a node to a text.
 *
 * @param first   the first name of its hard-link group when the node is a further one, else NULL
 * @param sha256  of a regular file's content; NULL: left out
 *
 * Errors: LIMIT, NOMEM.
 */
NACRE_CHECKED int nacre_mtree_emit(const struct nacre_node *node, const struct nacre_node *first,
	const struct nacre_digest *sha256, struct nacre_buf *buf, struct nacre_err *err);

/**
 * Reads what nacre_mtree_emit() writes into an empty tree. What is listed is explicit; parents that
 * are not are implied. Contents cannot be opened.
 *
 * Errors: FORMAT (with the line's number), UNSAFE (a path twice, a bad name), LIMIT, NOMEM; those of
 * the source.
 */
NACRE_CHECKED int nacre_mtree_read(struct nacre_source *source, const struct nacre_limits *limits,
	struct nacre_tree *tree, struct nacre_err *err);

#endif
