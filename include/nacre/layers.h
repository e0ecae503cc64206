/* SPDX-License-Identifier: Apache-2.0 */
/** How layers are compressed, and what of them a disk may not take. */
#ifndef NACRE_LAYERS_H
#define NACRE_LAYERS_H

#include <nacre/base.h>

#ifdef __cplusplus
extern "C" {
#endif

enum nacre_compressor {
	NACRE_COMPRESS_ZSTD, /**< levels 1 to 19, else 3 */
	NACRE_COMPRESS_GZIP, /**< levels 1 to 9, else 6 */
	NACRE_COMPRESS_NONE,
};

/** Zero is a good value: zstd at its default level. */
struct nacre_compression {
	enum nacre_compressor compressor;
	int level; /**< 0: the compressor's default */
};

/** Parses "zstd", "gzip:9", "none". Errors: ARG. */
NACRE_API NACRE_CHECKED int nacre_compression_parse(
	const char *text, struct nacre_compression *out_compression, struct nacre_err *err);

/** What of a tree could not be written as it is. */
enum nacre_lost {
	NACRE_LOST_OWNER,  /**< uid or gid: it is who unpacks */
	NACRE_LOST_MODE,   /**< setuid or setgid, left out because the owner is lost */
	NACRE_LOST_XATTR,  /**< one extended attribute */
	NACRE_LOST_TIME,   /**< the time, or its nanoseconds */
	NACRE_LOST_DEVICE, /**< a device or fifo: an empty file stands there */
	NACRE_LOST_NAME,   /**< the name: on this file system it is another entry's */
};

/** The number of kinds in enum nacre_lost. */
#define NACRE_LOST_KINDS 6

#ifdef __cplusplus
}
#endif

#endif
