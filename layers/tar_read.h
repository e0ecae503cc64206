/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Reading the tar stream of a layer, strictly.
 *
 * Reads ustar, pax "x" headers and GNU long names, as GNU tar, bsdtar, Go, Python and Java write
 * them. What different readers take differently is refused (docs/layer-encoding.md, "Reading"): it
 * is nobody's ordinary image.
 */
#ifndef NACRE_LAYERS_TAR_READ_H
#define NACRE_LAYERS_TAR_READ_H

#include "layers/lint.h"
#include "layers/member.h"

struct nacre_tar_reader;

/** @param source  borrowed. Errors: NOMEM. */
NACRE_CHECKED int nacre_tar_reader_new(struct nacre_source *source,
	const struct nacre_limits *limits, struct nacre_tar_reader **out_reader,
	struct nacre_err *err);
void nacre_tar_reader_free(struct nacre_tar_reader *reader);
void nacre_tar_reader_freep(struct nacre_tar_reader **reader);

/** From now on violations are told, and reading goes on. @param lint  borrowed */
void nacre_tar_reader_set_lint(struct nacre_tar_reader *reader, struct nacre_lint *lint);

/**
 * The next member; what was not read of the last one's data is skipped.
 *
 * @param out_member  NULL at the end of the archive, when the source has been read to its end
 * Errors: FORMAT, UNSUPPORTED, UNSAFE, LIMIT, each naming the member or the offset; those of the
 * source.
 */
NACRE_CHECKED int nacre_tar_reader_next(struct nacre_tar_reader *reader,
	const struct nacre_member **out_member, struct nacre_err *err);

/** Reads of the current member's data; *out_len is 0 at its end. */
NACRE_CHECKED int nacre_tar_reader_data(struct nacre_tar_reader *reader, void *data, size_t cap,
	size_t *out_len, struct nacre_err *err);

/** What has been read so far, the member at hand included. */
const struct nacre_layer_counts *nacre_tar_reader_counts(const struct nacre_tar_reader *reader);

#endif
