/* SPDX-License-Identifier: Apache-2.0 */
/**
 * What copies from the context leave out: .nacreignore, and by default recipe, lock and
 * .nacreignore itself at its top.
 */
#ifndef NACRE_BUILDER_IGNORE_H
#define NACRE_BUILDER_IGNORE_H

#include "base/err.h"

#define NACRE_IGNORE_FILE ".nacreignore"

struct nacre_ignore;

/**
 * Reads the ignore file at the top of a context. None is as good as an empty one.
 *
 * A line is a pattern of nacre_pattern_match_below(); "!" in front brings back what lines before it
 * leave out, and "\" in front takes the meaning off that and off "#", which begins a comment.
 * Spaces at the end of a line do not count without a "\" before them.
 *
 * @param most_bytes  the limit recipe-bytes
 *
 * Errors: LIMIT, UNSAFE (not a regular file), IO, NOMEM.
 * Spec:   gitignore(5), "PATTERN FORMAT".
 */
NACRE_CHECKED int nacre_ignore_load(
	int context, uint64_t most_bytes, struct nacre_ignore **out_ignore, struct nacre_err *err);

/** The same from a text. Errors: NOMEM. */
NACRE_CHECKED int nacre_ignore_parse(
	const char *text, size_t len, struct nacre_ignore **out_ignore, struct nacre_err *err);
void nacre_ignore_free(struct nacre_ignore *ignore);

/** Whether a path of the context is left out: the last line that matches it decides. */
bool nacre_ignore_match(const struct nacre_ignore *ignore, const char *path, bool is_dir);

#endif
