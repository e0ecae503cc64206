/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Findings: what a strict reader refuses, told one by one by a reader that goes on.
 *
 * The readers of layers hand each violation to one of the three functions below, with the lint they
 * were given or NULL. With NULL all three are nacre_fail() with the code of the rule, so that there
 * is one reader, and what it refuses is what it finds. With a lint they tell the finding first, and
 * differ in how reading goes on:
 *
 * - nacre_lint_refuse() returns 0: the caller goes on at once, as the rule's continuation says;
 * - nacre_lint_drop() returns the error, up to who can leave this one member out and go on with the
 *   next: that is who calls nacre_lint_resume();
 * - nacre_lint_end() returns the error for good: the layer is given up.
 *
 * So a strict reading fails exactly when a lint gets a finding whose severity is "refused";
 * warnings and notes come from nacre_lint_remark() alone.
 */
#ifndef NACRE_LAYERS_LINT_H
#define NACRE_LAYERS_LINT_H

#include "base/err.h"

#include <nacre/layers.h>

/** Rows of the table in lint_rules.c. */
enum nacre_rule_id {
	NACRE_RULE_CUT,
	NACRE_RULE_CHECKSUM,
	NACRE_RULE_MAGIC,
	NACRE_RULE_STAR,
	NACRE_RULE_PREFIX,
	NACRE_RULE_GNU_TIMES,
	NACRE_RULE_PADDING,
	NACRE_RULE_BEHIND_END,
	NACRE_RULE_END_MISSING,
	NACRE_RULE_HEADER_ALONE,
	NACRE_RULE_NUMBER,
	NACRE_RULE_NEGATIVE,
	NACRE_RULE_TWO_SIZES,
	NACRE_RULE_DATA,
	NACRE_RULE_TYPE,
	NACRE_RULE_SPARSE,
	NACRE_RULE_SLASH,
	NACRE_RULE_TWO_TYPES,
	NACRE_RULE_MODE_TYPE,
	NACRE_RULE_NAME_EMPTY,
	NACRE_RULE_DOT_DOT,
	NACRE_RULE_NAME_BYTES,
	NACRE_RULE_ROOT,
	NACRE_RULE_ID,
	NACRE_RULE_DEVICE,
	NACRE_RULE_TWO_DEVICES,
	NACRE_RULE_TARGET,
	NACRE_RULE_NEGATIVE_FRACTION,
	NACRE_RULE_LIMIT,

	NACRE_RULE_PAX_TWICE,
	NACRE_RULE_PAX_AND_LONG_NAME,
	NACRE_RULE_PAX_RECORD,
	NACRE_RULE_PAX_KEY_TWICE,
	NACRE_RULE_PAX_TEXT,
	NACRE_RULE_PAX_NUMBER,
	NACRE_RULE_PAX_CHARSET,
	NACRE_RULE_PAX_CASE,
	NACRE_RULE_PAX_PASSED_OVER,
	NACRE_RULE_GLOBAL,
	NACRE_RULE_GLOBAL_BETWEEN,
	NACRE_RULE_XATTR_NAME,
	NACRE_RULE_XATTR_TWICE,
	NACRE_RULE_XATTR_TWO_VALUES,
	NACRE_RULE_LONG_NAME,
	NACRE_RULE_LONG_NAME_TWICE,

	NACRE_RULE_WHITEOUT_NAME,
	NACRE_RULE_WHITEOUT_DIRECTORY,
	NACRE_RULE_WHITEOUT_TYPE,
	NACRE_RULE_WHITEOUT_DATA,
	NACRE_RULE_WHITEOUT_LINK,
	NACRE_RULE_AUFS,

	NACRE_RULE_TWICE,
	NACRE_RULE_WHITEOUT_TWICE,
	NACRE_RULE_WHITEOUT_OWN_LINK,
	NACRE_RULE_PARENT,
	NACRE_RULE_LINK_REPLACED,
	NACRE_RULE_DIRECTORY_REPLACED,
	NACRE_RULE_HARD_LINK,
	NACRE_RULE_HARD_LINK_ITSELF,
	NACRE_RULE_HARD_LINK_LOWER,
	NACRE_RULE_HARD_LINK_ATTRIBUTES,
	NACRE_RULE_THROUGH_LINK,
	NACRE_RULE_WHITEOUT_OF_NOTHING,
	NACRE_RULE_WHITEOUT_BEHIND,

	NACRE_RULE_CASE_TWINS,
	NACRE_RULE_UNICODE_TWINS,
	NACRE_RULE_IMPLIED,
	NACRE_RULE_UNPACK_DEVICE,
	NACRE_RULE_UNPACK_OVERLAY,
	NACRE_RULE_UNPACK_XATTR,

	NACRE_RULE_BLOB_MISSING,
	NACRE_RULE_BLOB_NO_FILE,
	NACRE_RULE_BLOB_SIZE,
	NACRE_RULE_BLOB_DIGEST,
	NACRE_RULE_BLOB_MEDIA_TYPE,
	NACRE_RULE_BLOB_COMPRESSION,
	NACRE_RULE_BLOB_STREAM,
	NACRE_RULE_BLOB_TRAILING,
	NACRE_RULE_BLOB_SKIPPABLE,
	NACRE_RULE_BLOB_DIFF_ID,
	NACRE_RULE_BLOB_BUDGET,

	NACRE_RULE_JSON_SYNTAX,
	NACRE_RULE_JSON_TWICE,
	NACRE_RULE_JSON_CASE,
	NACRE_RULE_DOC_KIND,
	NACRE_RULE_DOC_MEDIA_TYPE,
	NACRE_RULE_DOC_DESCRIPTOR,
	NACRE_RULE_DOC_DATA,
	NACRE_RULE_DOC_VALUE,
	NACRE_RULE_MANIFEST_CONFIG,
	NACRE_RULE_CONFIG_DIFF_IDS,
	NACRE_RULE_CONFIG_HISTORY,
	NACRE_RULE_CONFIG_NO_HISTORY,
	NACRE_RULE_CONFIG_NO_PLATFORM,
	NACRE_RULE_CONFIG_PLATFORM,
	NACRE_RULE_LAYOUT_VERSION,
	NACRE_RULE_LAYOUT_NAME_TWICE,
	NACRE_RULE_LAYOUT_AMBIGUOUS,
	NACRE_RULE_LAYOUT_ODD_BLOB,
	NACRE_RULE_LAYOUT_UNREFERENCED,

	NACRE_RULES,
};

/** Row `id`; never NULL. */
const struct nacre_rule *nacre_rule_get(enum nacre_rule_id id);

#define NACRE_LINT_HELD 8
#define NACRE_LINT_TEXT 256
#define NACRE_LINT_NAME 4097

/** A finding about a member whose name is still to come. */
struct nacre_held {
	enum nacre_rule_id rule;
	uint64_t offset;
	char text[NACRE_LINT_TEXT];
};

/** Where findings go and what they are about. Zero but for `tell`, `user` and `place`. */
struct nacre_lint {
	nacre_lint_fn *tell;
	void *user;
	const char *place; /* as struct nacre_lint_finding has it; borrowed */
	unsigned layer;
	uint64_t refused; /* told so far, by severity */
	uint64_t warnings;
	uint64_t notes;

	bool has_offset;
	uint64_t offset;
	bool has_name;
	char name[NACRE_LINT_NAME];
	bool is_held; /* findings wait for the name */
	size_t held_count;
	struct nacre_held held[NACRE_LINT_HELD];
	bool is_dropped; /* the error on its way up was told, and its member may be left out */
	bool is_over;	 /* the layer was given up */
};

/** A violation that reading can go on behind. Errors: the rule's code, without a lint; CANCELED. */
NACRE_CHECKED int nacre_lint_refuse(struct nacre_lint *lint, enum nacre_rule_id rule,
	struct nacre_err *err, const char *fmt, ...) NACRE_PRINTF(4, 5);

/** A violation that costs the member. Errors: the rule's code; CANCELED. */
NACRE_CHECKED int nacre_lint_drop(struct nacre_lint *lint, enum nacre_rule_id rule,
	struct nacre_err *err, const char *fmt, ...) NACRE_PRINTF(4, 5);

/** A violation that costs the rest of the layer. Errors: the rule's code; CANCELED. */
NACRE_CHECKED int nacre_lint_end(struct nacre_lint *lint, enum nacre_rule_id rule,
	struct nacre_err *err, const char *fmt, ...) NACRE_PRINTF(4, 5);

/**
 * nacre_lint_drop() for an error in `err` that somebody without a lint has made; one that says
 * nothing about the content (IO, NOMEM, …) goes through untold, and so does 0.
 */
NACRE_CHECKED int nacre_lint_drop_as(
	struct nacre_lint *lint, enum nacre_rule_id rule, int rc, struct nacre_err *err);

/** nacre_lint_refuse() likewise: 0 when it was told. */
NACRE_CHECKED int nacre_lint_refuse_as(
	struct nacre_lint *lint, enum nacre_rule_id rule, int rc, struct nacre_err *err);

/** nacre_lint_end() likewise. */
NACRE_CHECKED int nacre_lint_end_as(
	struct nacre_lint *lint, enum nacre_rule_id rule, int rc, struct nacre_err *err);

/** 0 for an error that came of nacre_lint_drop() with a lint, else `rc`. */
NACRE_CHECKED int nacre_lint_resume(struct nacre_lint *lint, int rc);

/** Tells a warning or a note. Without a lint nothing. Errors: CANCELED. */
NACRE_CHECKED int nacre_lint_remark(struct nacre_lint *lint, enum nacre_rule_id rule,
	struct nacre_err *err, const char *fmt, ...) NACRE_PRINTF(4, 5);

/** Whether an error says something about the content, and nothing about the system. */
bool nacre_lint_is_content(int rc);

/* The following do nothing without a lint. */

/** What comes next is of a member whose name is still to come: findings wait for it. */
void nacre_lint_hold(struct nacre_lint *lint, uint64_t offset);

/** The member's name is known: tells what has waited. Errors: CANCELED. */
NACRE_CHECKED int nacre_lint_name(
	struct nacre_lint *lint, const char *name, size_t len, struct nacre_err *err);

/** What comes next is of something else; NULL: that has no name. Errors: CANCELED. */
NACRE_CHECKED int nacre_lint_about(
	struct nacre_lint *lint, const char *name, struct nacre_err *err);

/** The same, of a place in the archive; "" is the root. Errors: CANCELED. */
NACRE_CHECKED int nacre_lint_about_member(
	struct nacre_lint *lint, uint64_t offset, const char *name, struct nacre_err *err);

/** A new place; tells what has waited for a name that did not come. Errors: CANCELED. */
NACRE_CHECKED int nacre_lint_enter(
	struct nacre_lint *lint, const char *place, unsigned layer, struct nacre_err *err);

#endif
