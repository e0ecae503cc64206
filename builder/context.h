/* SPDX-License-Identifier: Apache-2.0 */
/** The directory that a recipe's sources lie in. Nothing outside of it is ever opened through it.
 */
#ifndef NACRE_BUILDER_CONTEXT_H
#define NACRE_BUILDER_CONTEXT_H

#include "base/err.h"

/** What a source path is. */
enum nacre_source_kind {
	NACRE_SOURCE_DIR,
	NACRE_SOURCE_OTHER, /* a file, a symlink, or something special */
};

/**
 * Finds a source. Symlinks on the way are followed as long as they stay inside; one at the end is
 * not.
 *
 * @param path      clean, relative; "" is the context itself
 * @param out_kind  what it is
 * @param out_dir   a directory: itself; else the directory it lies in
 * @param out_name  "" for a directory, else its name in out_dir; points into `path`
 *
 * Errors: NOT_FOUND, UNSAFE (leads out of the context), IO.
 */
NACRE_CHECKED int nacre_context_find(int context, const char *path,
	enum nacre_source_kind *out_kind, int *out_dir, const char **out_name,
	struct nacre_err *err);

/** Opens a regular file of the context. Errors: as before, and UNSAFE (not a regular file). */
NACRE_CHECKED int nacre_context_open_file(
	int context, const char *path, int *out_fd, struct nacre_err *err);

#endif
