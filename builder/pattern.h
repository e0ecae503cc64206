/* SPDX-License-Identifier: Apache-2.0 */
/**
 * The one matcher of paths: excludes, globs, .nacreignore, allow.
 *
 * A pattern is names with "/" between them, as a path is. In a name "*" is any bytes, "?" one byte,
 * "[…]" one byte of a class ("[a-z_]", "[!a-z]" or "[^a-z]", "[[:digit:]]"), and a backslash takes
 * the meaning off what is behind it; none of them is ever a "/". A name "**" is any number of
 * names, none too; at the end of a pattern at least one. A "[" that no "]" closes in its name is
 * itself; a backslash at the end of a name matches nothing. Bytes are bytes, whatever the locale,
 * and a dot in front of a name is like any other.
 *
 * Time is at most that of the pattern's length times the path's, but for classes: these are read
 * again for each byte that is held against them.
 *
 * Spec: POSIX.1-2017, "Pattern Matching Notation", 2.13.1 and 2.13.3, in the C locale and without
 *       collating symbols and equivalence classes; "**" is that of gitignore(5).
 */
#ifndef NACRE_BUILDER_PATTERN_H
#define NACRE_BUILDER_PATTERN_H

#include <stdbool.h>
#include <stddef.h>

/** Whether a path as a whole is what the pattern says. Slashes at the ends do not count. */
bool nacre_pattern_match(const char *pattern, size_t len, const char *path);

/** Whether something below a directory could be. "" is the root, and all is below it. */
bool nacre_pattern_leads(const char *pattern, size_t len, const char *dir);

/**
 * Whether a pattern of what is left out is for a path: without a slash it is held against the last
 * name, with one (also in front alone) against the whole path. A slash at the end makes it match
 * directories only.
 */
bool nacre_pattern_match_below(const char *pattern, size_t len, const char *path, bool is_dir);

/**
 * How much of a pattern is plain names, with the "/" behind them: 4 of "usr/l*", 0 of "*". All of
 * it, when nothing in it has a meaning.
 */
size_t nacre_pattern_plain(const char *pattern, size_t len);

/** Takes the backslashes off plain names. `out_text` has room for len + 1 bytes. */
void nacre_pattern_unescape(const char *pattern, size_t len, char *out_text);

#endif
