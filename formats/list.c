/* SPDX-License-Identifier: Apache-2.0 */
/* Lists of texts and of pairs, and how they stand in JSON. Short lists: a search is a walk. */
#include "formats/list.h"

#include "base/scope.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Doubles at each power of two, so that no capacity need be kept. */
static int grow(void **items, size_t count, size_t item_bytes, struct nacre_err *err)
{
	size_t bytes;
	void *more;

	if (count & (count - 1))
		return 0;
	if (__builtin_mul_overflow(count > 0 ? count * 2 : 1, item_bytes, &bytes))
		return nacre_fail_nomem(err);
	more = realloc(*items, bytes);
	if (!more)
		return nacre_fail_nomem(err);
	*items = more;
	return 0;
}

/* ------------------------------------------------------------------- texts */

int nacre_text_set(char **where, const char *text, struct nacre_err *err)
{
	char *copy = NULL;

	if (text) {
		copy = strdup(text);
		if (!copy)
			return nacre_fail_nomem(err);
	}
	free(*where);
	*where = copy;
	return 0;
}

void nacre_texts_clear(struct nacre_texts *texts)
{
	for (size_t i = 0; i < texts->count; i++)
		free(texts->items[i]);
	free(texts->items);
	texts->items = NULL;
	texts->count = 0;
}

int nacre_texts_add(struct nacre_texts *texts, const char *text, struct nacre_err *err)
{
	nacre_autofree char *copy = strdup(text);
	void *items = texts->items;
	int rc;

	if (!copy)
		return nacre_fail_nomem(err);
	rc = grow(&items, texts->count, sizeof(*texts->items), err);
	if (rc)
		return rc;
	texts->items = items;
	texts->items[texts->count++] = nacre_steal(&copy);
	return 0;
}

int nacre_texts_copy(
	const struct nacre_texts *from, struct nacre_texts *out_texts, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_texts_clear)
	struct nacre_texts texts = { 0 };
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < from->count; i++)
		rc = nacre_texts_add(&texts, from->items[i], err);
	if (rc)
		return rc;
	*out_texts = texts;
	texts = (struct nacre_texts){ 0 };
	return 0;
}

bool nacre_texts_has(const struct nacre_texts *texts, const char *text)
{
	for (size_t i = 0; i < texts->count; i++) {
		if (strcmp(texts->items[i], text) == 0)
			return true;
	}
	return false;
}

static int compare_texts(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

void nacre_texts_sort(struct nacre_texts *texts)
{
	if (texts->count > 1)
		qsort(texts->items, texts->count, sizeof(*texts->items), compare_texts);
}

int nacre_texts_parse(
	const struct nacre_jvalue *array, struct nacre_texts *out_texts, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_texts_clear)
	struct nacre_texts texts = { 0 };
	const struct nacre_jvalue *at;
	int rc = array ? nacre_jvalue_want(array, NACRE_JARRAY, err) : 0;

	if (rc)
		return rc;
	for (at = array ? nacre_jvalue_first(array) : NULL; at; at = nacre_jvalue_next(at)) {
		const char *text = NULL;

		rc = nacre_jvalue_text(at, &text, err);
		if (rc == 0)
			rc = nacre_texts_add(&texts, text, err);
		if (rc)
			return rc;
	}
	*out_texts = texts;
	texts = (struct nacre_texts){ 0 };
	return 0;
}

void nacre_texts_emit(const struct nacre_texts *texts, struct nacre_jemit *out, const char *name)
{
	if (texts->count == 0)
		return;
	nacre_jemit_array(out, name);
	for (size_t i = 0; i < texts->count; i++)
		nacre_jemit_text(out, NULL, texts->items[i]);
	nacre_jemit_end(out);
}

/* ------------------------------------------------------------------- pairs */

static void free_pair(struct nacre_pair *pair)
{
	free(pair->name);
	free(pair->value);
}

void nacre_pairs_clear(struct nacre_pairs *pairs)
{
	for (size_t i = 0; i < pairs->count; i++)
		free_pair(&pairs->items[i]);
	free(pairs->items);
	pairs->items = NULL;
	pairs->count = 0;
}

static struct nacre_pair *find_pair(const struct nacre_pairs *pairs, const char *name)
{
	for (size_t i = 0; i < pairs->count; i++) {
		if (strcmp(pairs->items[i].name, name) == 0)
			return &pairs->items[i];
	}
	return NULL;
}

/* The caller knows that the name is new. */
static int add_pair(
	struct nacre_pairs *pairs, const char *name, const char *value, struct nacre_err *err)
{
	nacre_autofree char *name_copy = strdup(name), *value_copy = strdup(value);
	void *items = pairs->items;
	int rc;

	if (!name_copy || !value_copy)
		return nacre_fail_nomem(err);
	rc = grow(&items, pairs->count, sizeof(*pairs->items), err);
	if (rc)
		return rc;
	pairs->items = items;
	pairs->items[pairs->count].name = nacre_steal(&name_copy);
	pairs->items[pairs->count].value = nacre_steal(&value_copy);
	pairs->count++;
	return 0;
}

int nacre_pairs_set(
	struct nacre_pairs *pairs, const char *name, const char *value, struct nacre_err *err)
{
	struct nacre_pair *pair = find_pair(pairs, name);

	return pair ? nacre_text_set(&pair->value, value, err) : add_pair(pairs, name, value, err);
}

const char *nacre_pairs_find(const struct nacre_pairs *pairs, const char *name)
{
	const struct nacre_pair *pair = find_pair(pairs, name);

	return pair ? pair->value : NULL;
}

void nacre_pairs_remove(struct nacre_pairs *pairs, const char *name)
{
	struct nacre_pair *pair = find_pair(pairs, name);
	size_t after;

	if (!pair)
		return;
	after = pairs->count - (size_t)(pair - pairs->items) - 1;
	free_pair(pair);
	memmove(pair, pair + 1, after * sizeof(*pair));
	pairs->count--;
}

int nacre_pairs_copy(
	const struct nacre_pairs *from, struct nacre_pairs *out_pairs, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_pairs_clear)
	struct nacre_pairs pairs = { 0 };
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < from->count; i++)
		rc = add_pair(&pairs, from->items[i].name, from->items[i].value, err);
	if (rc)
		return rc;
	*out_pairs = pairs;
	pairs = (struct nacre_pairs){ 0 };
	return 0;
}

static int compare_pairs(const void *a, const void *b)
{
	return strcmp(((const struct nacre_pair *)a)->name, ((const struct nacre_pair *)b)->name);
}

void nacre_pairs_sort(struct nacre_pairs *pairs)
{
	if (pairs->count > 1)
		qsort(pairs->items, pairs->count, sizeof(*pairs->items), compare_pairs);
}

int nacre_pairs_parse(
	const struct nacre_jvalue *object, struct nacre_pairs *out_pairs, struct nacre_err *err)
{
	NACRE_CLEANUP(nacre_pairs_clear)
	struct nacre_pairs pairs = { 0 };
	const struct nacre_jvalue *at;
	int rc = object ? nacre_jvalue_want(object, NACRE_JOBJECT, err) : 0;

	if (rc)
		return rc;
	for (at = object ? nacre_jvalue_first(object) : NULL; at; at = nacre_jvalue_next(at)) {
		const char *text = NULL;

		rc = nacre_jvalue_text(at, &text, err);
		if (rc == 0)
			rc = add_pair(&pairs, nacre_jvalue_name(at), text, err);
		if (rc)
			return rc;
	}
	*out_pairs = pairs;
	pairs = (struct nacre_pairs){ 0 };
	return 0;
}

void nacre_pairs_emit(const struct nacre_pairs *pairs, struct nacre_jemit *out, const char *name)
{
	if (pairs->count == 0)
		return;
	nacre_jemit_object(out, name);
	for (size_t i = 0; i < pairs->count; i++)
		nacre_jemit_text(out, pairs->items[i].name, pairs->items[i].value);
	nacre_jemit_end(out);
}
