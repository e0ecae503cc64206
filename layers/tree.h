/* SPDX-License-Identifier: Apache-2.0 */
/**
 * The sorted file tree that stands between every source and every result.
 *
 * A node is a name in a directory, an inode is what the name stands for; hard links are nodes that
 * share an inode. Everything lives in the tree's arena and is freed with it: what is removed from
 * the tree stays in memory, so memory follows the number of members read, which limits bound. What
 * a node and an inode cost stands in docs/performance.md.
 *
 * Siblings are sorted by the bytes of their names (a red-black tree per directory, so that no order
 * of arrival and no choice of names makes it slow); a walk is a pre-order of that.
 */
#ifndef NACRE_LAYERS_TREE_H
#define NACRE_LAYERS_TREE_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/stream.h"

enum nacre_type {
	NACRE_TYPE_FILE,
	NACRE_TYPE_DIR,
	NACRE_TYPE_SYMLINK,
	NACRE_TYPE_CHAR,
	NACRE_TYPE_BLOCK,
	NACRE_TYPE_FIFO,
	NACRE_TYPE_WHITEOUT, /* only in a difference: the name goes */
};

/** "file", "directory", … for messages. */
const char *nacre_type_name(enum nacre_type type);

struct nacre_xattr {
	const char *name;
	const void *value; /* any bytes */
	size_t len;
};

/** Sorted by the bytes of their names, no name twice. */
struct nacre_xattrs {
	size_t count;
	struct nacre_xattr items[];
};

/**
 * Where contents lie. Embedded as first member by what knows them: a layer, a spool, a scanned
 * directory, memory. Must outlive the trees that point at it.
 */
struct nacre_origin {
	/** Opens the content that `key` names, `size` bytes long. */
	int (*open)(struct nacre_origin *origin, uint64_t key, uint64_t size,
		struct nacre_source **out_source, struct nacre_err *err);
	/**
	 * One line that no other content has, now or later, or false. NULL: none has one.
	 *
	 * @param out_name  NACRE_CONTENT_NAME bytes
	 */
	bool (*name)(struct nacre_origin *origin, uint64_t key, uint64_t size, char *out_name);
};

/** Room for the name of a content and its NUL. */
#define NACRE_CONTENT_NAME 256

struct nacre_node;

struct nacre_inode {
	enum nacre_type type;
	uint32_t mode; /* 07777 */
	uint32_t uid;
	uint32_t gid;
	int64_t mtime_s;
	uint32_t mtime_ns;   /* 0 … 999999999, counted forward from mtime_s */
	bool changed : 1;    /* for the passes of diff.c; of a repair, that it is to be new */
	uint32_t maker : 31; /* which step of a recipe it comes from, counted from 1; 0: none. No
				attribute: nothing compares it */
	uint64_t size_bytes;
	const struct nacre_xattrs *xattrs; /* NULL: none */
	union {
		struct {
			struct nacre_origin *origin; /* NULL when size_bytes is 0 */
			uint64_t key; /* in a layer: offset in the uncompressed tar */
		} content;
		struct {
			uint32_t major;
			uint32_t minor;
		} device;
		const char *target; /* of a symlink, as it is */
	} u;
	const unsigned char *sha256; /* of the content, 32 bytes that outlive the inode; NULL: not
					known. Trusted: only who has read all of it sets it */
	struct nacre_node *first;    /* for one pass at a time: the first name met */
	struct nacre_inode *peer;    /* for the passes of diff.c */
};

/* RB_HEAD and RB_ENTRY of bsd/sys/tree.h, spelled out so that tree.c alone needs that header. */
struct nacre_node_head {
	struct nacre_node *rbh_root;
};

struct nacre_node_links {
	struct nacre_node *rbe_left;
	struct nacre_node *rbe_right;
	struct nacre_node *rbe_parent;
	int rbe_color;
};

struct nacre_node {
	struct nacre_node_links links;
	struct nacre_node *parent; /* NULL for the root */
	struct nacre_inode *inode;
	struct nacre_node_head children; /* of a directory */
	uint16_t layer;			 /* 1, 2, …: the layer that put it there; 0: none */
	uint16_t touched; /* the last layer that put something below it, or went through it */
	bool is_explicit; /* it was named; false: a parent that nobody named */
	uint8_t name_len;
	char name[]; /* NUL-terminated, no slash */
};

struct nacre_tree {
	struct nacre_arena arena;
	struct nacre_node *root;
	uint64_t nodes;	       /* without the root */
	uint64_t link_steps;   /* nacre_tree_follow() has taken so far: work that no name shows */
	uint64_t implied_dirs; /* nacre_tree_make_dirs() has made so far */
};

/** Nothing yet: for nacre_tree_clear(). */
#define NACRE_TREE                                                                                 \
	{                                                                                          \
		.root = NULL                                                                       \
	}

/** An empty tree: a root with mode 0755, owner 0:0, time 0, not explicit. Errors: NOMEM. */
NACRE_CHECKED int nacre_tree_init(struct nacre_tree *tree, struct nacre_err *err);
void nacre_tree_clear(struct nacre_tree *tree);

/** A copy that shares inodes, so `from` must outlive it. Errors: NOMEM. */
NACRE_CHECKED int nacre_tree_clone(
	const struct nacre_tree *from, struct nacre_tree *out_tree, struct nacre_err *err);

/** A new inode in the arena: mode 0644 (0755 for directories, 0777 for symlinks), all else zero. */
struct nacre_inode *nacre_inode_new(struct nacre_tree *tree, enum nacre_type type);

/** A copy in the arena, text and xattrs too: `from` may go. NULL when memory is out. */
struct nacre_inode *nacre_inode_copy(struct nacre_tree *tree, const struct nacre_inode *from);

/** Type, mode, owner, time, size, target, device, xattrs; not where the content lies. */
bool nacre_inode_same_attrs(const struct nacre_inode *a, const struct nacre_inode *b);

/** Opens the content of a regular file. Errors: those of its origin. */
NACRE_CHECKED int nacre_inode_open(
	const struct nacre_inode *inode, struct nacre_source **out_source, struct nacre_err *err);

/** The name of the content of a regular file: nacre_origin.name. @return false: it has none */
bool nacre_inode_content_name(const struct nacre_inode *inode, char out_name[NACRE_CONTENT_NAME]);

/** A name in a directory, or NULL. */
struct nacre_node *nacre_node_find(const struct nacre_node *dir, const char *name, size_t name_len);

/** What a directory of another tree has under the name of a node. `dir` may be NULL, or none. */
struct nacre_node *nacre_node_counterpart(
	const struct nacre_node *dir, const struct nacre_node *node);

/**
 * Adds a name. Errors: EXISTS, NOMEM, LIMIT (a name of more than 255 bytes), ARG (not in a
 * directory).
 */
NACRE_CHECKED int nacre_tree_add(struct nacre_tree *tree, struct nacre_node *dir, const char *name,
	size_t name_len, struct nacre_inode *inode, struct nacre_node **out_node,
	struct nacre_err *err);

/**
 * Gives a node (never the root) another name: with all below it, it is then a new node in the same
 * directory.
 *
 * Errors: EXISTS, NOMEM, LIMIT.
 */
NACRE_CHECKED int nacre_tree_rename(struct nacre_tree *tree, struct nacre_node *node,
	const char *name, size_t name_len, struct nacre_err *err);

/** Takes a node (never the root) and all below it out of the tree. */
void nacre_tree_remove(struct nacre_tree *tree, struct nacre_node *node);

/** The first child, the next sibling, or NULL. */
struct nacre_node *nacre_node_first(const struct nacre_node *dir);
struct nacre_node *nacre_node_next(struct nacre_node *node);

/** The node after `node` in a walk of all of the tree, parents first; NULL at the end. */
struct nacre_node *nacre_tree_next(struct nacre_node *node);

/** The same, but nothing below `node`. */
struct nacre_node *nacre_tree_next_skip(struct nacre_node *node);

/** Sets inode->first of every inode to NULL. */
void nacre_tree_forget_first(struct nacre_tree *tree);

/** "usr/lib/x", "" for the root, at the end of `buf`. Errors: LIMIT, NOMEM. */
NACRE_CHECKED int nacre_node_path(
	const struct nacre_node *node, struct nacre_buf *buf, struct nacre_err *err);

/** The same for a message: cut to `room`, "/" for the root. Returns out_text. */
const char *nacre_node_name(const struct nacre_node *node, char *out_text, size_t room);

/** The literal node of a clean path, following no link, or NULL. */
struct nacre_node *nacre_tree_find(const struct nacre_tree *tree, const char *path);

/** How nacre_tree_resolve() treats what it meets. */
enum nacre_resolve {
	NACRE_RESOLVE_NOFOLLOW = 0, /* links on the way are followed, a link at the end is not */
	NACRE_RESOLVE_FOLLOW = 1,   /* also a link at the end */
	NACRE_RESOLVE_MARK = 2,	    /* node->touched of each link followed becomes `layer` */
};

/**
 * Finds a clean path as a process with this tree as its root would: links are followed inside the
 * tree, absolute ones from its root, ".." stops there.
 *
 * @param out_node  NULL when the path does not exist
 * Errors: UNSAFE (more than 40 links or 4096 steps).
 */
NACRE_CHECKED int nacre_tree_resolve(const struct nacre_tree *tree, const char *path, unsigned how,
	unsigned layer, struct nacre_node **out_node, struct nacre_err *err);

/** What following links on one path has cost: zero at its begin, shared by all calls for it. */
struct nacre_walked {
	unsigned links;
	unsigned steps;
};

/**
 * Goes through a link in the tree to what it stands for, and marks all links on the way
 * (node->touched).
 *
 * @param out_node  NULL when that does not exist
 * Errors: UNSAFE (more than 40 links or 4096 steps on one path).
 */
NACRE_CHECKED int nacre_tree_follow(struct nacre_tree *tree, struct nacre_node *link,
	unsigned layer, struct nacre_walked *walked, struct nacre_node **out_node,
	struct nacre_err *err);

/** The value of an xattr, or NULL. */
const struct nacre_xattr *nacre_xattr_find(const struct nacre_xattrs *xattrs, const char *name);

/**
 * Copies xattrs into an arena, sorted. `items` may come in any order.
 *
 * Errors: NOMEM, UNSAFE (a name twice).
 */
NACRE_CHECKED int nacre_xattrs_make(struct nacre_arena *arena, const struct nacre_xattr *items,
	size_t count, const struct nacre_xattrs **out_xattrs, struct nacre_err *err);

#endif
