/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Trees as text: the mtree format as NetBSD's mtree and libarchive read it. One line an entry, full
 * paths in the order of a walk, every keyword spelled out, no /set and no /unset.
 *
 *   #mtree
 *   . type=dir mode=0755 uid=0 gid=0 time=1700000000.000000000
 *   #nacre xattr.user.origin=ZGViaWFu
 *   ./a type=file mode=0644 uid=0 gid=0 time=-1.750000000 size=3 sha256=98ea6e4f…
 *   #nacre hardlink=./a
 *   ./b type=file mode=0644 uid=0 gid=0 time=-1.750000000 size=3 sha256=98ea6e4f…
 *   ./c type=char mode=0600 uid=0 gid=0 time=0.000000000 device=native,1,3
 *   ./l type=link mode=0777 uid=0 gid=0 time=0.000000000 link=a
 *
 * A time is seconds and the nanoseconds counted forward from them: a quarter before 1970 is
 * -1.750000000, as both programs have it. Bytes that are not printable ASCII, and white space, `#`,
 * `=`, `\`, `*`, `?` and `[`, are written as `\ooo`. Both programs refuse keywords that they do not
 * know, so what mtree has no word for (xattrs in base64, and the first name of a hard link's group)
 * stands in a comment before the line that it belongs to.
 *
 * NetBSD's mtree takes a name with `*`, `?` or `[` for a pattern, however it is written: where it
 * fits a sibling too, that program reports a difference that is none.
 *
 * Spec: NetBSD mtree(8); libarchive mtree(5).
 */
#ifndef NACRE_LAYERS_MTREE_H
#define NACRE_LAYERS_MTREE_H

#include "base/digest.h"
#include "layers/tree.h"

/** The first line, with its newline. */
#define NACRE_MTREE_BEGIN "#mtree\n"

/** Adds a text with each byte that is not plain as \ooo. Errors: LIMIT, NOMEM. */
NACRE_CHECKED int nacre_mtree_escape(
	const char *text, struct nacre_buf *buf, struct nacre_err *err);

/** An entry to be written. */
struct nacre_mtree_line {
	const char *path; /* "" for the root */
	const struct nacre_inode *inode;
	const char *hardlink;		   /* see nacre_mtree_emit(); NULL: none */
	const struct nacre_digest *sha256; /* NULL: left out */
	const char *words; /* more of the comment, each with a space in front; NULL: none */
};

/** Adds the lines of an entry to a text. Errors: ARG (a whiteout), LIMIT, NOMEM. */
NACRE_CHECKED int nacre_mtree_emit_line(
	const struct nacre_mtree_line *line, struct nacre_buf *buf, struct nacre_err *err);

/**
 * The same for a node.
 *
 * @param first   the first name of its hard-link group when the node is a further one, else NULL
 * @param sha256  of a regular file's content; NULL: left out
 *
 * Errors: ARG (a whiteout), LIMIT, NOMEM.
 */
NACRE_CHECKED int nacre_mtree_emit(const struct nacre_node *node, const struct nacre_node *first,
	const struct nacre_digest *sha256, struct nacre_buf *buf, struct nacre_err *err);

/**
 * Reads what nacre_mtree_emit() writes, behind NACRE_MTREE_BEGIN, into an empty tree. What is
 * listed is explicit; parents that are not are implied. Contents cannot be opened, and a sha256 is
 * only looked at for its form. On failure the tree holds what came before: clear it.
 *
 * Errors, with the line's number: FORMAT; UNSAFE (a path twice, a bad name, below what is not a
 * directory); LIMIT (image-members, tree-bytes, path-bytes, depth, xattrs, xattr-bytes); NOMEM;
 * those of the source.
 */
NACRE_CHECKED int nacre_mtree_read(struct nacre_source *source, const struct nacre_limits *limits,
	struct nacre_tree *tree, struct nacre_err *err);

/** Who is told what a list says, in its order. All texts are valid during the call alone. */
struct nacre_mtree_listener {
	/** The first line of the list. Errors: FORMAT. */
	int (*first)(const char *line, void *user, struct nacre_err *err);
	/**
	 * A word in the comment of the entry that comes next, neither hardlink nor an xattr;
	 * `value` is still escaped and may be changed. NULL: there are none. Errors: FORMAT.
	 */
	int (*word)(const char *key, char *value, void *user, struct nacre_err *err);
	/** @param hardlink  see struct nacre_mtree_line */
	int (*entry)(const char *path, struct nacre_inode *inode, const char *hardlink, void *user,
		struct nacre_err *err);
};

/**
 * Reads a list entry by entry. Nothing is remembered of paths: one may come twice.
 *
 * @param tree  its arena holds the inodes
 *
 * Errors: those of nacre_mtree_read() and of the listener, with the line's number.
 */
NACRE_CHECKED int nacre_mtree_each(struct nacre_source *source, const struct nacre_limits *limits,
	struct nacre_tree *tree, const struct nacre_mtree_listener *listener, void *user,
	struct nacre_err *err);

#endif
