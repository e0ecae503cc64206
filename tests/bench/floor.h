/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Floors: programs that do the hashes, the compression and the system calls of a job and nothing
 * else. They check nothing, recover from nothing, and end at the first error.
 */
#ifndef NACRE_BENCH_FLOOR_H
#define NACRE_BENCH_FLOOR_H

#include <openssl/evp.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

#define CHUNK ((size_t)1 << 20)

/** Ends the program with errno's message. */
_Noreturn void die(const char *what);

/** SHA-256. */
struct hash {
	EVP_MD_CTX *context;
};
void hash_begin(struct hash *hash);
void hash_add(struct hash *hash, const void *data, size_t len);
/** Prints it as sha256sum does. */
void hash_end(struct hash *hash, const char *name);

/* ------------------------------------------ chunks from one thread to another, a bounded number */

/** A thread that hands out a stream: calls ring_put() and returns. */
typedef void ring_fn(void *user);
void ring_start(ring_fn *run, void *user);
/** The place for the next chunk, of CHUNK bytes; then ring_put() with how many there are. */
unsigned char *ring_room(void);
void ring_put(size_t len);
/** The next up to `most` bytes, until the next call; 0 at the end. */
size_t ring_get(unsigned char **out_data, size_t most);
void ring_join(void);

/* ------------------------------------------------------------------------------------- walking */

/** Called for each name below a directory, in the order of the directory, parents first. */
typedef void walk_fn(int dir, const char *name, const struct stat *st, void *user);
/** Called after a directory's last entry; may be NULL. */
void walk(int dir, walk_fn *each, void *user);

/* --------------------------------------------------------------------------------------- floors */

int floor_hash(int argc, char **argv);
int floor_deep(int argc, char **argv);
int floor_walk(int argc, char **argv);
int floor_tree(int argc, char **argv);
int floor_pack(int argc, char **argv);
int floor_unpack(int argc, char **argv);

#endif
