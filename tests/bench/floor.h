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
#include <sys/types.h>

#define CHUNK ((size_t)1 << 20)
#define TAR_BLOCK ((size_t)512)
#define TAR_PATH ((size_t)8192)

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

/** Called for each name in a directory, in the order of the directory; closes `dir`. */
typedef void walk_fn(int dir, const char *name, const struct stat *st, void *user);
void walk(int dir, walk_fn *each, void *user);
/** The same, in the order of the names' bytes. */
void walk_sorted(int dir, walk_fn *each, void *user);

/* ----------------------------------------------------------------------------------------- tars */

struct member {
	char type;
	mode_t mode;
	uid_t uid;
	gid_t gid;
	dev_t device;
	unsigned long long size;
	long long mtime;
	char path[TAR_PATH];
	char link[TAR_PATH];
};

/** Writes headers into `out`, which has room for 2 * TAR_PATH and 4 blocks; returns how many bytes.
 */
size_t tar_put(unsigned char *out, const struct member *member);
/** Reads headers out of the ring; false at the end. The content follows in the ring. */
bool tar_get(struct member *out);
/** That many bytes out of the ring, into `out` unless it is NULL; false where the stream ends. */
bool tar_take(void *out, size_t len);
/** What a content of that many bytes is filled up with. */
size_t tar_padding(unsigned long long len);

/* ---------------------------------------------------------------------------------------- blobs */

struct blob {
	const char *name;
	struct hash *content; /* gets what is decompressed, unless it is NULL */
};

/** A ring_fn: what a `struct blob`, zstd or gzip, has in it. Prints the digest of the blob. */
void blob_read(void *user);

/** gzip over at most 8 threads. `put` gets what comes out, in order, in the caller's thread. */
typedef void gzip_put_fn(const void *data, size_t len);
void gzip_start(int threads, gzip_put_fn *put);
/** At most CHUNK bytes. */
void gzip_add(const unsigned char *data, size_t len);
void gzip_end(void);

/* --------------------------------------------------------------------------------------- floors */

int floor_hash(int argc, char **argv);
int floor_deep(int argc, char **argv);
int floor_walk(int argc, char **argv);
int floor_tree(int argc, char **argv);
int floor_pack(int argc, char **argv);
int floor_unpack(int argc, char **argv);

#endif
