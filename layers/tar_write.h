/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Writing a tree as the tar stream of a layer: one tree, one sequence of bytes.
 *
 * The form is nacre's own specification, docs/layer-encoding.md.
 */
#ifndef NACRE_LAYERS_TAR_WRITE_H
#define NACRE_LAYERS_TAR_WRITE_H

#include "layers/tree.h"

/** The version of docs/layer-encoding.md that is written. */
#define NACRE_LAYER_ENCODING 1

/** What went into a layer. */
/** Changes whenever other bytes may come out of the same tree. */
#define NACRE_TAR_FORMAT 1

struct nacre_layer_stats {
	uint64_t members;
	uint64_t whiteouts;
	uint64_t file_bytes;  /* contents of regular files */
	uint64_t xattr_bytes; /* names and values */
};

/**
 * Writes the explicit nodes and the whiteouts of a tree (often a difference, layers/diff.h), and
 * the end of the archive; does not finish the sink.
 *
 * Errors: UNSAFE (a name that begins with ".wh.", an xattr or id that the encoding has no place
 * for), LIMIT (a path beyond path-bytes); those of the contents' origins and of the sink.
 */
NACRE_CHECKED int nacre_tar_write(struct nacre_tree *tree, const struct nacre_limits *limits,
	struct nacre_sink *sink, struct nacre_layer_stats *out_stats, struct nacre_err *err);

#endif
