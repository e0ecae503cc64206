/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Attributes of something that is there already, put right one by one.
 *
 * All goes through a descriptor that was opened with O_PATH: it stands for one file of any type,
 * whatever becomes of its name, and opening it reads nothing, waits for nothing and starts nothing.
 * As the system calls have it, each returns -1 with errno on failure.
 */
#ifndef NACRE_LAYERS_MEND_H
#define NACRE_LAYERS_MEND_H

#include <stdint.h>
#include <sys/stat.h>

/** Opens a single name in a directory, links too. Returns the descriptor, or -1. */
int nacre_mend_open(int dir, const char *name, struct stat *out_st);

int nacre_mend_owner(int fd, uint32_t uid, uint32_t gid);

/** Not of a symlink. */
int nacre_mend_mode(int fd, uint32_t mode);

int nacre_mend_time(int fd, int64_t mtime_s, uint32_t mtime_ns);

#endif
