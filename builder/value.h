/* SPDX-License-Identifier: Apache-2.0 */
/** A document as a tree of values that know where they stand; what YAML and JSON both turn into. */
#ifndef NACRE_BUILDER_VALUE_H
#define NACRE_BUILDER_VALUE_H

#include "base/arena.h"
#include "base/err.h"

/** A place in a text: line and column count from 1, columns in characters (code points). */
struct nacre_mark {
	unsigned line;
	unsigned column;
	unsigned file; /**< the number of its nacre_textfile */
};

/** Whether a place stands before another: by file, line and column. <0, 0, >0. */
int nacre_mark_compare(struct nacre_mark a, struct nacre_mark b);

/** How deep lists and mappings may lie in each other. */
#define NACRE_VALUE_DEPTH 32

enum nacre_value_kind {
	NACRE_VALUE_TEXT, /**< a scalar: its field decides whether it is a number */
	NACRE_VALUE_LIST,
	NACRE_VALUE_MAP,
};

/** How the text of a scalar relates to the bytes of its file; for finding places inside of it. */
enum nacre_value_style {
	NACRE_VALUE_PLAIN,  /**< without quotes; in JSON: numbers, true, false, null */
	NACRE_VALUE_QUOTED, /**< "…" or '…' */
	NACRE_VALUE_BLOCK,  /**< YAML's | */
	NACRE_VALUE_FOLDED, /**< YAML's > */
};

struct nacre_value {
	enum nacre_value_kind kind;
	enum nacre_value_style style; /**< of a text */
	struct nacre_mark mark;	      /**< its first character */
	const char *text;	      /**< NUL-terminated, and without a NUL inside */
	size_t len;
	size_t count;		    /**< of items, or of pairs */
	struct nacre_value **keys;  /**< of a map: texts, all different */
	struct nacre_value **items; /**< of a list; or the values of a map */
};

/** A text with the name of its file: what marks are places in. */
struct nacre_textfile {
	const char *name;
	const char *text;
	size_t len;
	unsigned file; /**< its number among several: all its marks have it */
};

/** Starts a message with "NAME:LINE:COLUMN: " and returns `code`. */
int nacre_textfile_fail(const struct nacre_textfile *doc, struct nacre_mark mark,
	enum nacre_code code, struct nacre_err *err, const char *fmt, ...) NACRE_PRINTF(5, 6);

/** The place of a byte of the text. */
struct nacre_mark nacre_textfile_mark(const struct nacre_textfile *doc, size_t offset);

/** The byte at a place; the length of the text for a place behind it. */
size_t nacre_textfile_offset(const struct nacre_textfile *doc, struct nacre_mark mark);

/**
 * The place in the file of byte `offset` of a scalar's text: exact where the file has the text as
 * it is, on one line or in a | block; else the place where the scalar begins.
 */
struct nacre_mark nacre_value_mark_at(
	const struct nacre_textfile *doc, const struct nacre_value *value, size_t offset);

/** The value of a key of a map; NULL when it has no such key. */
const struct nacre_value *nacre_value_find(const struct nacre_value *map, const char *key);

/** "a text", "a list" or "a mapping". */
const char *nacre_value_kind_name(const struct nacre_value *value);

/** The children of a list or map that is being parsed, before they are counted. */
struct nacre_value_child {
	struct nacre_value_child *next;
	struct nacre_value *key; /* NULL in a list */
	struct nacre_value *item;
};

/**
 * Moves children, last one first, into a list or map in their right order.
 *
 * Errors: FORMAT (a key twice), NOMEM.
 */
NACRE_CHECKED int nacre_value_fill(struct nacre_value *value, const struct nacre_value_child *last,
	size_t count, struct nacre_arena *arena, const struct nacre_textfile *doc,
	struct nacre_err *err);

/**
 * Refuses text that is not UTF-8 or that readers would see differently: control characters, lone
 * carriage returns, line breaks that are none to most, noncharacters.
 *
 * Errors: FORMAT.
 */
NACRE_CHECKED int nacre_textfile_check(const struct nacre_textfile *doc, struct nacre_err *err);

#define NACRE_SHOWN 96

/** A text for a message: on one line, control characters escaped, cut where it gets long. */
const char *nacre_value_show(const char *text, size_t len, char out_shown[NACRE_SHOWN]);

#endif
