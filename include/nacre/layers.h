/* SPDX-License-Identifier: Apache-2.0 */
/** How layers are compressed. */
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

#ifdef __cplusplus
}
#endif

#endif
