/* SPDX-License-Identifier: Apache-2.0 */
/** Files by directory descriptor and single name. Every descriptor is close-on-exec. */
#ifndef NACRE_BASE_FILE_H
#define NACRE_BASE_FILE_H

#include "base/err.h"
#include "base/scope.h"

#include <sys/stat.h>

/** Writes all of it, whatever the system takes at a time. */
NACRE_CHECKED int nacre_write_all(int fd, const void *data, size_t len, struct nacre_err *err);

/**
 * Whether a name that the user chose for a file may be given to a new one: it is free, or a regular
 * file has it. A rename would put a file in the place of a device or of a link, too.
 *
 * Errors: UNSAFE ("NAME: not a regular file"); IO.
 */
NACRE_CHECKED int nacre_replaceable_at(int dir, const char *name, struct nacre_err *err);

/** Opens a directory that the user named. Errors: NOT_FOUND, IO. */
NACRE_CHECKED int nacre_dir_open(const char *path, int *out_dir, struct nacre_err *err);

/**
 * Opens the directory that a user's path lies in, and copies the last name of the path, without
 * slashes behind it: for everything that is made aside and renamed.
 *
 * @param room      of out_name, at least 256
 * Errors: NOT_FOUND, IO, ARG (no last name, as in "/" or "..").
 */
NACRE_CHECKED int nacre_dir_open_parent(
	const char *path, int *out_dir, char *out_name, size_t room, struct nacre_err *err);

/** Opens a single name in a directory without following a link. Errors: NOT_FOUND, IO. */
NACRE_CHECKED int nacre_dir_open_at(int dir, const char *name, int *out_dir, struct nacre_err *err);

/**
 * Opens a single name for reading: a regular file, or an error, and never a wait for a fifo.
 *
 * @param out_size_bytes  may be NULL
 * Errors: NOT_FOUND, IO, UNSAFE (not a regular file).
 */
NACRE_CHECKED int nacre_file_open_at(
	int dir, const char *name, int *out_fd, uint64_t *out_size_bytes, struct nacre_err *err);

/** The same for a path that the user named; links in it are followed. */
NACRE_CHECKED int nacre_file_open(
	const char *path, int *out_fd, uint64_t *out_size_bytes, struct nacre_err *err);

/** The same, seen from a directory unless it is absolute. */
NACRE_CHECKED int nacre_file_open_from(
	int at, const char *path, int *out_fd, uint64_t *out_size_bytes, struct nacre_err *err);

/**
 * Opens a path that the user named, seen from a directory, for reading: it may be absolute, links
 * in it are followed, and a fifo is not waited for.
 *
 * @param flags  O_DIRECTORY, or 0
 * Errors: NOT_FOUND, IO ("'PATH': No such file or directory").
 */
NACRE_CHECKED int nacre_user_open(
	int at, const char *path, int flags, int *out_fd, struct nacre_err *err);

/**
 * Makes the directories above a path that the user named, 0700 as XDG wants those of its own; up to
 * its last slash.
 *
 * Errors: IO ("PATH: Permission denied"), NOMEM.
 */
NACRE_CHECKED int nacre_dir_make_parents(const char *path, struct nacre_err *err);

/**
 * One line that tells a file's content from all others, earlier and later ones of its own too:
 * device, inode, size and times. Whoever changes a file changes its ctime, unless it was changed in
 * the same tick of the clock before; so one that may still be in that tick has no such line.
 *
 * @param racy_from  the first second in which a change may leave no sign
 */
bool nacre_stat_name(const struct stat *st, int64_t racy_from, char *out_name, size_t room);

/**
 * Whether two directories lie in the same mount; by device alone where the kernel is older than
 * 5.8, and not when that cannot be found out.
 */
bool nacre_dir_same_mount(int a, int b);

/**
 * Removes a name with all below it, by descriptors, following nothing and crossing into no mount;
 * what is not there is fine. Stops at the first thing that cannot be removed.
 *
 * Errors: IO; UNSAFE (a mount point inside, or a directory that was moved meanwhile); NOMEM.
 */
NACRE_CHECKED int nacre_tree_remove_at(int dir, const char *name, struct nacre_err *err);

#endif
