/* SPDX-License-Identifier: Apache-2.0 */
/** Lists of texts and of pairs, as annotations, labels and environments are. They own what is in
 * them; all zero is the empty list. */
#ifndef NACRE_FORMATS_LIST_H
#define NACRE_FORMATS_LIST_H

#include "formats/json.h"

/** Puts a copy of a text in the place of another; NULL: in the end there is none. Errors: NOMEM. */
NACRE_CHECKED int nacre_text_set(char **where, const char *text, struct nacre_err *err);

struct nacre_texts {
	char **items;
	size_t count;
};

void nacre_texts_clear(struct nacre_texts *texts);
NACRE_CHECKED int nacre_texts_add(
	struct nacre_texts *texts, const char *text, struct nacre_err *err);
NACRE_CHECKED int nacre_texts_copy(
	const struct nacre_texts *from, struct nacre_texts *out_texts, struct nacre_err *err);
bool nacre_texts_has(const struct nacre_texts *texts, const char *text);

/** By bytes. */
void nacre_texts_sort(struct nacre_texts *texts);

/** An array of texts. NULL gives an empty list. Errors: FORMAT, NOMEM. */
NACRE_CHECKED int nacre_texts_parse(
	const struct nacre_jvalue *array, struct nacre_texts *out_texts, struct nacre_err *err);

/** As an array, in order; nothing when there is none. */
void nacre_texts_emit(const struct nacre_texts *texts, struct nacre_jemit *out, const char *name);

struct nacre_pair {
	char *name;
	char *value;
};

struct nacre_pairs {
	struct nacre_pair *items;
	size_t count;
};

void nacre_pairs_clear(struct nacre_pairs *pairs);

/** In the place of the pair of that name, else last. */
NACRE_CHECKED int nacre_pairs_set(
	struct nacre_pairs *pairs, const char *name, const char *value, struct nacre_err *err);

/** NULL when there is no such name. */
const char *nacre_pairs_find(const struct nacre_pairs *pairs, const char *name);
void nacre_pairs_remove(struct nacre_pairs *pairs, const char *name);
NACRE_CHECKED int nacre_pairs_copy(
	const struct nacre_pairs *from, struct nacre_pairs *out_pairs, struct nacre_err *err);

/** By the bytes of the names. */
void nacre_pairs_sort(struct nacre_pairs *pairs);

/** An object of texts. NULL gives an empty list. Errors: FORMAT, NOMEM. */
NACRE_CHECKED int nacre_pairs_parse(
	const struct nacre_jvalue *object, struct nacre_pairs *out_pairs, struct nacre_err *err);

/** As an object, in order; nothing when there is none. */
void nacre_pairs_emit(const struct nacre_pairs *pairs, struct nacre_jemit *out, const char *name);

#endif
