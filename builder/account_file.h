/* SPDX-License-Identifier: Apache-2.0 */
/**
 * The image's own files of users and groups: lines of fields with ":" between them.
 *
 * Spec: passwd(5), group(5), shadow(5), gshadow(5); the first whole line that matches counts, as in
 *       getpwnam(3).
 */
#ifndef NACRE_BUILDER_ACCOUNT_FILE_H
#define NACRE_BUILDER_ACCOUNT_FILE_H

#include "layers/tree.h"

/** The most that is read of such a file. */
#define NACRE_ACCOUNT_FILE_BYTES ((size_t)4 << 20)

enum {
	NACRE_ACCOUNT_NAME = 0,
	NACRE_ACCOUNT_ID = 2,	   /* of passwd and group */
	NACRE_ACCOUNT_GID = 3,	   /* of passwd */
	NACRE_ACCOUNT_MEMBERS = 3, /* of group and gshadow: names with "," between them */
};

struct nacre_account_line {
	const char *text; /* without its newline */
	size_t len;
};

/**
 * Reads a file of the tree, through links in it.
 *
 * @param path      "etc/passwd"
 * @param out_node  may be NULL; where the file is
 *
 * Errors: NOT_FOUND ("the image has no /etc/passwd"), LIMIT, those of reading.
 */
NACRE_CHECKED int nacre_account_file_load(const struct nacre_tree *tree, const char *path,
	struct nacre_buf *out_text, struct nacre_node **out_node, struct nacre_err *err);

/** The line behind the one that ends at `*at`, which begins as 0. False at the end. */
bool nacre_account_line_next(
	const struct nacre_buf *text, size_t *at, struct nacre_account_line *out_line);

/** Field number i, counted from 0; false when there is none. */
bool nacre_account_field(
	const struct nacre_account_line *line, unsigned i, const char **out_text, size_t *out_len);

/** The same as a number up to 4294967294. */
bool nacre_account_number(const struct nacre_account_line *line, unsigned i, uint32_t *out_number);

/** The first line whose field `i` is `want` and whose fields from 2 to `last_number` are numbers.
 */
bool nacre_account_find(const struct nacre_buf *text, unsigned i, const char *want,
	unsigned last_number, struct nacre_account_line *out_line);

/** Fails with NOT_FOUND: `said`, and the nearest name of the file. */
int nacre_account_fail_unknown(const struct nacre_buf *text, const char *want,
	struct nacre_err *err, const char *fmt, ...) NACRE_PRINTF(4, 5);

#endif
