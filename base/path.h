/* SPDX-License-Identifier: Apache-2.0 */
/** Paths inside an image, made harmless once, at the edge. */
#ifndef NACRE_BASE_PATH_H
#define NACRE_BASE_PATH_H

#include "base/err.h"

/**
 * Turns a path from outside into its one relative form: leading "/" and "./", doubled and trailing
 * slashes and "." components go; "a//b/./c/" becomes "a/b/c", and the root is "".
 *
 * @param text      any bytes; `len` of them
 * @param out_path  a buffer of `room` bytes, NUL-terminated
 *
 * Errors: UNSAFE (".." component, NUL byte), FORMAT (empty text), LIMIT (path-bytes, name-bytes,
 * depth; or more than `room`).
 */
NACRE_CHECKED int nacre_path_clean(const char *text, size_t len, const struct nacre_limits *limits,
	char *out_path, size_t room, struct nacre_err *err);

/** The same where names may carry a mark in front, which does not count. */
NACRE_CHECKED int nacre_path_clean_marked(const char *text, size_t len,
	const struct nacre_limits *limits, const char *mark, char *out_path, size_t room,
	struct nacre_err *err);

/** Room for every clean path within the limits, and its NUL. */
size_t nacre_path_room(const struct nacre_limits *limits);

/** Where the last component begins; 0 when there is only one. */
size_t nacre_path_leaf(const char *path);

/**
 * Takes the next component off a clean path.
 *
 * @param at  where to look; moved behind the component and its slash
 * @return its length; 0 at the end
 */
size_t nacre_path_next(const char **at, const char **out_name);

#endif
