/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Shutting the calling process in before it looks at bytes from outside: what it holds open is all
 * that it can still reach. There is no way out of a cage.
 *
 * What is put on, in this order:
 *
 *   root          of a cage that writes: its directory becomes the root (chroot; without the right
 *                 to, in a user namespace of its own), so that not even the attributes of anything
 *                 else have a name
 *   Landlock      no file may be opened, made or removed but, where it writes, below its
 *                 directory; no TCP port, no abstract socket, no signal to others: every right that
 *                 the running kernel's ABI knows, up to 7
 *   capabilities  none but those that writing needs; none can be regained
 *   filter        a list of system calls (seccomp); any other one ends the process. One that reads
 *                 has no call that takes a path, one that writes none that sets an attribute
 *                 through a link; neither has sockets, programs, processes, signals, mounts
 *
 * Before these: no new privileges, not dumpable, umask 0, and limits on files, memory and locks.
 *
 * Spec: landlock(7), seccomp(2), capabilities(7), user_namespaces(7).
 */
#ifndef NACRE_BASE_CAGE_H
#define NACRE_BASE_CAGE_H

#include "base/err.h"

enum nacre_cage_kind {
	NACRE_CAGE_READ,  /* no file system at all */
	NACRE_CAGE_WRITE, /* makes new things below one directory */
};

struct nacre_cage {
	enum nacre_cage_kind kind;
	int dir;	       /* of WRITE: the directory, open for reading */
	bool devices;	       /* of WRITE: device nodes may be made */
	bool all_xattrs;       /* of WRITE: attributes that only CAP_SYS_ADMIN may set */
	uint64_t memory_bytes; /* on top of what the process has already; 0: any */
	uint64_t file_bytes;   /* the largest file that may be written; 0: any */
};

enum nacre_cage_part {
	NACRE_CAGE_ROOT,
	NACRE_CAGE_LANDLOCK,
	NACRE_CAGE_CAPABILITIES,
	NACRE_CAGE_FILTER,
};

#define NACRE_CAGE_PARTS 4

/** "Landlock", … with what it is good for, for a warning. */
const char *nacre_cage_part_name(enum nacre_cage_part part);

/**
 * Enters a cage. A part that this kernel does not have, or that may not be put on here, is left
 * out; the others hold.
 *
 * @param out_missing  a bit (1 << part) for each part that is left out
 *
 * Errors: IO, NOMEM: then the process must end.
 */
NACRE_CHECKED int nacre_cage_enter(
	const struct nacre_cage *cage, unsigned *out_missing, struct nacre_err *err);

#endif
