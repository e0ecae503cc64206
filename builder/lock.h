/* SPDX-License-Identifier: Apache-2.0 */
/**
 * A lock: digest and size of everything that a recipe takes from outside of its folder. The format
 * is that of docs/inputs.md, "The lock".
 */
#ifndef NACRE_BUILDER_LOCK_H
#define NACRE_BUILDER_LOCK_H

#include "base/buf.h"
#include "builder/recipe_inputs.h"

struct nacre_lock_entry {
	enum nacre_input_kind kind;
	char *name;
	struct nacre_digest digest; /**< sha256 */
	uint64_t size_bytes;
};

/** Sorted by kind and name. All zero is the empty lock. */
struct nacre_lock {
	struct nacre_lock_entry *entries;
	size_t count;
};

void nacre_lock_clear(struct nacre_lock *lock);

/**
 * @param limits    document_bytes and those of JSON; none zero
 * @param out_lock  the caller's to clear; set on success only
 *
 * Errors: FORMAT (also for entries that are not sorted, or twice there); UNSUPPORTED (another
 * version, another digest algorithm); LIMIT; UNSAFE; NOMEM.
 */
NACRE_CHECKED int nacre_lock_parse(const void *data, size_t len, const struct nacre_limits *limits,
	struct nacre_lock *out_lock, struct nacre_err *err);

/** One entry a line, so that what changes is seen. @param out_buf  the caller's to clear. Errors:
 * NOMEM, FORMAT (a name that is not UTF-8). */
NACRE_CHECKED int nacre_lock_emit(
	const struct nacre_lock *lock, struct nacre_buf *out_buf, struct nacre_err *err);

/** Adds an entry behind the others, which it belongs behind. Errors: NOMEM. */
NACRE_CHECKED int nacre_lock_add(struct nacre_lock *lock, enum nacre_input_kind kind,
	const char *name, const struct nacre_digest *digest, uint64_t size_bytes,
	struct nacre_err *err);

/** @param out_entry  NULL when there is none. Errors: NOT_FOUND. */
NACRE_CHECKED int nacre_lock_find(const struct nacre_lock *lock, enum nacre_input_kind kind,
	const char *name, const struct nacre_lock_entry **out_entry, struct nacre_err *err);

/**
 * Whether the entries are just those that a recipe needs, with the digests that it names itself.
 *
 * Errors: NOT_FOUND (no entry for an input, with its FILE:LINE:COLUMN), FORMAT (an entry for
 * nothing), DIGEST (the recipe says another one); those of nacre_recipe_inputs().
 */
NACRE_CHECKED int nacre_lock_fit(
	const struct nacre_lock *lock, const struct nacre_recipe *recipe, struct nacre_err *err);

/**
 * Whether an input is what the lock says.
 *
 * Errors: NOT_FOUND (no entry), DIGEST.
 */
NACRE_CHECKED int nacre_lock_check(const struct nacre_lock *lock, enum nacre_input_kind kind,
	const char *name, const struct nacre_digest *digest, uint64_t size_bytes,
	struct nacre_err *err);

#endif
