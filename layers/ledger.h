/* SPDX-License-Identifier: Apache-2.0 */
/**
 * The ledger of a tree on disk: what the disk did not take of it, so that it is not gone.
 *
 * It is an mtree list (layers/mtree.h) of the entries that lost something, with all that is true of
 * each; the path is the one on the disk. The first line says whose ledger it is, and the comment of
 * an entry has a word for each thing lost, with what stands there instead:
 *
 *   #mtree nacre-ledger=1 image=sha256:… tree=1234 born=1700000000.123456789
 *   #nacre lost.owner=1000:1000
 *   ./etc/shadow type=file mode=0640 uid=0 gid=42 time=1700000000.000000000 size=712
 *   #nacre lost.owner=1000:1000 lost.mode=0755 lost.xattr=security.capability
 *     xattr.security.capability=AQAAAg…                (in one line)
 *   ./usr/bin/ping type=file mode=04755 uid=0 gid=0 time=1700000000.000000000 size=9
 *   #nacre lost.device=file
 *   ./dev/null type=char mode=0666 uid=0 gid=0 time=0.000000000 device=native,1,3
 *   #nacre name=Makefile
 *   ./makefile~1 type=file mode=0644 uid=0 gid=0 time=0.000000000 size=3
 *
 * docs/ledger.md is the format's description for others.
 */
#ifndef NACRE_LAYERS_LEDGER_H
#define NACRE_LAYERS_LEDGER_H

#include "base/digest.h"
#include "layers/loss.h"

#define NACRE_LEDGER_VERSION 1

/** The longest first line, with its newline. */
#define NACRE_LEDGER_FIRST 320

/** Whose ledger it is. */
struct nacre_ledger_id {
	struct nacre_digest image; /* of the manifest */
	uint64_t inode;		   /* of the tree's root, which a rename leaves as it is */
	bool has_birth;		   /* numbers are given again, a time of birth is not */
	int64_t birth_s;
	uint32_t birth_ns;
};

/** Whether both name the same directory, whatever the image. */
bool nacre_ledger_id_same_tree(const struct nacre_ledger_id *a, const struct nacre_ledger_id *b);

/** Parses a first line without its newline. Errors: FORMAT; UNSUPPORTED (another version). */
NACRE_CHECKED int nacre_ledger_id_parse(
	const char *line, struct nacre_ledger_id *out_id, struct nacre_err *err);

/** A ledger that is being written, entry by entry; what is in it does not stay in memory. */
struct nacre_ledger_writer {
	int fd; /* borrowed */
	struct nacre_buf text;
	struct nacre_buf words;
};

/** Begins with the first line; nothing is written yet. Errors: NOMEM. */
NACRE_CHECKED int nacre_ledger_begin(struct nacre_ledger_writer *writer, int fd,
	const struct nacre_ledger_id *id, struct nacre_err *err);
void nacre_ledger_clear(struct nacre_ledger_writer *writer);

/** Adds an entry: a nacre_loss_fn for a struct nacre_ledger_writer. Errors: IO, LIMIT, NOMEM. */
NACRE_CHECKED int nacre_ledger_add(
	const struct nacre_loss *loss, void *writer, struct nacre_err *err);

/** Writes what is left; the caller flushes the file. Errors: IO. */
NACRE_CHECKED int nacre_ledger_finish(struct nacre_ledger_writer *writer, struct nacre_err *err);

/**
 * An entry of a ledger: where it is on the disk, all that is true of it, its true name if the disk
 * has another (else NULL), and what it has lost. Valid during the call, but for the inode.
 */
typedef int nacre_ledger_entry_fn(const char *path, const struct nacre_inode *want,
	const char *name, const struct nacre_loss *loss, void *user, struct nacre_err *err);

/**
 * Reads a whole ledger entry by entry.
 *
 * @param tree  its arena holds the inodes
 *
 * Errors, with the line's number: as nacre_ledger_apply(); the listener's own.
 */
NACRE_CHECKED int nacre_ledger_each(struct nacre_source *source, const struct nacre_limits *limits,
	struct nacre_tree *tree, nacre_ledger_entry_fn *entry, void *user, struct nacre_err *err);

/**
 * The other way round: makes of the tree that an image has what the disk has taken of it, with the
 * names and the attributes that stand there instead. What the ledger says of entries that the tree
 * has not is nothing.
 *
 * Errors: as nacre_ledger_apply().
 */
NACRE_CHECKED int nacre_ledger_expect(struct nacre_source *source,
	const struct nacre_limits *limits, struct nacre_tree *tree, struct nacre_err *err);

/**
 * Gives a tree what it had lost, wherever it still is what was left of it: an attribute comes back
 * if the disk still has what stands there instead. An entry of another type has been replaced, and
 * a file of another size or time been written to: that one keeps its owner but gets no setuid, no
 * setgid and no capability, as the kernel has it; and what stood for a device is a file now.
 *
 * @param source  a whole ledger, with its first line
 * @param limits  image_members, tree_bytes, path_bytes, depth, xattrs, xattr_bytes; none zero
 * @param tree    as it was scanned; explicit
 *
 * Errors, with the line's number: those of nacre_mtree_each(); FORMAT; UNSAFE (an entry twice, a
 * name that is none or means removal); EXISTS (a name that another has). On failure some of it is
 * done.
 */
NACRE_CHECKED int nacre_ledger_apply(struct nacre_source *source, const struct nacre_limits *limits,
	struct nacre_tree *tree, struct nacre_err *err);

#endif
