/* SPDX-License-Identifier: Apache-2.0 */
/* Cuts, and the same blob with and without a store of parts. */
#include "layers/parts.h"

#include "base/scope.h"
#include "layers/cutter.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define MIB ((size_t)1 << 20)
#define INPUT (14 * MIB)
#define MOST_PARTS 32
#define ENOUGH (64 * MIB)

static uint64_t seed;

static uint64_t roll(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

/* Words of few letters: it compresses, and does not repeat. */
static void fill(unsigned char *data, size_t len)
{
	for (size_t i = 0; i < len; i += 8) {
		uint64_t word = roll() & 0x0f0f0f0f0f0f0f0f;

		memcpy(data + i, &word, 8);
	}
}

static unsigned char *new_input(uint64_t number)
{
	unsigned char *data = malloc(INPUT + MIB);

	assert_non_null(data);
	seed = 0x9e3779b97f4a7c15U + number;
	fill(data, INPUT + MIB);
	return data;
}

/* ----------------------------------------------------------------- the store */

struct kept {
	char key[NACRE_PART_KEY_TEXT];
	void *data;
	size_t len;
	struct nacre_digest digest;
};

struct store {
	struct nacre_part_store base;
	struct kept kept[MOST_PARTS];
	size_t count;
	size_t found;
	size_t made;		    /* since it was last set to 0 */
	unsigned asked[MOST_PARTS]; /* of this stream, as the next */
	uint64_t next;
};

static bool find(void *user, uint64_t number, const char *key, void *out, size_t cap,
	size_t *out_len, struct nacre_digest *out_digest)
{
	struct store *store = user;

	assert_true(number < MOST_PARTS);
	assert_int_equal(store->asked[number]++, 0);

	for (size_t i = store->count; i-- > 0;) {
		struct kept *kept = &store->kept[i];

		if (strcmp(kept->key, key) != 0)
			continue;
		assert_true(kept->len <= cap);
		memcpy(out, kept->data, kept->len);
		*out_len = kept->len;
		*out_digest = kept->digest;
		store->found++;
		return true;
	}
	return false;
}

static void made(void *user, uint64_t number, const char *key, const void *data, size_t len,
	const struct nacre_digest *digest)
{
	struct store *store = user;
	struct kept *kept = &store->kept[store->count++];
	struct nacre_digest got;

	assert_true(store->count < MOST_PARTS);
	assert_true(number >= store->next);
	store->next = number + 1;
	nacre_digest_of(data, len, &got);
	assert_string_equal(got.text, digest->text);
	(void)snprintf(kept->key, sizeof(kept->key), "%s", key);
	kept->data = malloc(len);
	assert_non_null(kept->data);
	memcpy(kept->data, data, len);
	kept->len = len;
	kept->digest = *digest;
	store->made++;
}

static void store_init(struct store *store)
{
	memset(store, 0, sizeof(*store));
	store->base = (struct nacre_part_store){ find, made, store };
}

static void store_clear(struct store *store)
{
	for (size_t i = 0; i < store->count; i++)
		free(store->kept[i].data);
	store->count = 0;
}

/* -------------------------------------------------------------------- streams */

struct how {
	enum nacre_codec codec;
	int level;
	unsigned jobs;
};

/* In writes of any length. */
static void encode(const struct how *how, struct store *store, const unsigned char *data,
	size_t len, struct nacre_buf *out)
{
	NACRE_CLEANUP(nacre_sink_freep)
	struct nacre_sink *to = NULL;
	NACRE_CLEANUP(nacre_sink_freep)
	struct nacre_sink *sink = NULL;

	if (store) {
		memset(store->asked, 0, sizeof(store->asked));
		store->next = 0;
	}
	assert_int_equal(nacre_sink_buf(out, &to, NULL), 0);
	assert_int_equal(nacre_encode_parts_new(how->codec, how->level, how->jobs,
				 store ? &store->base : NULL, to, &sink, NULL),
		0);
	while (len > 0) {
		size_t part = 1 + (size_t)(roll() % (300 << 10));

		part = part < len ? part : len;
		assert_int_equal(nacre_sink_write(sink, data, part, NULL), 0);
		data += part;
		len -= part;
	}
	assert_int_equal(nacre_sink_finish(sink, NULL), 0);
}

static void decode(enum nacre_codec codec, const void *data, size_t len, struct nacre_buf *out)
{
	NACRE_CLEANUP(nacre_source_freep)
	struct nacre_source *from = NULL;
	NACRE_CLEANUP(nacre_source_freep)
	struct nacre_source *source = NULL;
	NACRE_CLEANUP(nacre_sink_freep)
	struct nacre_sink *to = NULL;
	struct nacre_limits limits;
	uint64_t bytes;

	memset(&limits, 0, sizeof(limits));
	nacre_limits_default(&limits);
	assert_int_equal(nacre_source_memory(data, len, &from, NULL), 0);
	assert_int_equal(nacre_decode_new(codec, from, &limits, &source, NULL), 0);
	assert_int_equal(nacre_sink_buf(out, &to, NULL), 0);
	assert_int_equal(nacre_stream_copy(source, to, &bytes, NULL), 0);
}

static void assert_same(const struct nacre_buf *a, const struct nacre_buf *b)
{
	assert_int_equal(a->len, b->len);
	assert_memory_equal(a->data, b->data, a->len);
}

/* ---------------------------------------------------------------------- tests */

static size_t cut(const unsigned char *data, size_t len, size_t step, size_t *out_ends)
{
	struct nacre_cutter cutter;
	size_t count = 0;

	nacre_cutter_init(&cutter);
	for (size_t at = 0; at < len;) {
		bool ended;

		at += nacre_cutter_take(
			&cutter, data + at, len - at < step ? len - at : step, &ended);
		if (ended)
			out_ends[count++] = at;
		assert_true(count < MOST_PARTS);
	}
	return count;
}

static void cuts_do_not_depend_on_how_the_bytes_come(void **state)
{
	nacre_autofree unsigned char *data = new_input(1);
	size_t whole[MOST_PARTS], pieces[MOST_PARTS];
	size_t count = cut(data, INPUT, INPUT, whole), before = 0;

	(void)state;
	assert_true(count >= 4);
	for (size_t step = 1; step < 3 * MIB; step = step * 37 + 2) {
		assert_int_equal(cut(data, INPUT, step, pieces), count);
		assert_memory_equal(whole, pieces, count * sizeof(*whole));
	}
	for (size_t i = 0; i < count; before = whole[i++]) {
		assert_true(whole[i] - before >= NACRE_PART_LEAST);
		assert_true(whole[i] - before <= NACRE_PART_MOST);
	}
}

/* Numbers that a program made from docs/layer-encoding.md gave: they decide on blob digests. */
static void cuts_are_where_the_page_says(void **state)
{
	static const size_t want[] = { 2201220, 4350113, 5893114, 7211660, 11267803, 12903193 };
	nacre_autofree unsigned char *data = new_input(1);
	size_t ends[MOST_PARTS];

	(void)state;
	assert_int_equal(cut(data, INPUT, INPUT, ends), sizeof(want) / sizeof(want[0]));
	assert_memory_equal(ends, want, sizeof(want));
}

static void what_is_all_the_same_is_cut_at_the_most(void **state)
{
	nacre_autofree unsigned char *data = calloc(1, INPUT);
	size_t ends[MOST_PARTS];

	(void)state;
	assert_non_null(data);
	assert_int_equal(cut(data, INPUT, INPUT, ends), 3);
	assert_int_equal(ends[0], NACRE_PART_MOST);
	assert_int_equal(ends[2], 3 * NACRE_PART_MOST);
}

static const enum nacre_codec codecs[] = { NACRE_CODEC_GZIP, NACRE_CODEC_ZSTD };

static void parts_found_and_parts_made_give_the_same_bytes(void **state)
{
	nacre_autofree unsigned char *data = new_input(2);

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		NACRE_CLEANUP(nacre_buf_clear)
		struct nacre_buf full = NACRE_BUF(ENOUGH);
		NACRE_CLEANUP(nacre_buf_clear)
		struct nacre_buf plain = NACRE_BUF(ENOUGH);
		struct store store;
		size_t parts = 0;

		store_init(&store);
		encode(&(struct how){ codecs[i], 1, 1 }, NULL, data, INPUT, &full);
		decode(codecs[i], full.data, full.len, &plain);
		assert_int_equal(plain.len, INPUT);
		assert_memory_equal(plain.data, data, INPUT);
		for (unsigned jobs = 1; jobs <= 5; jobs += 2) {
			NACRE_CLEANUP(nacre_buf_clear)
			struct nacre_buf got = NACRE_BUF(ENOUGH);

			store.found = 0;
			store.made = 0;
			encode(&(struct how){ codecs[i], 1, jobs }, &store, data, INPUT, &got);
			assert_same(&got, &full);
			if (jobs == 1)
				parts = store.made;
			assert_int_equal(store.made, jobs == 1 ? parts : 0);
			assert_int_equal(store.found, jobs == 1 ? 0 : parts);
		}
		assert_true(parts >= 5);
		store_clear(&store);
	}
}

/* Some parts are there and others not, in any mixture, and threads work on those that are not. */
static void any_mixture_of_found_and_made_gives_the_same_bytes(void **state)
{
	nacre_autofree unsigned char *data = new_input(3);
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf full = NACRE_BUF(ENOUGH);
	struct store all;

	(void)state;
	store_init(&all);
	encode(&(struct how){ NACRE_CODEC_GZIP, 1, 2 }, &all, data, INPUT, &full);
	for (size_t round = 0; round < 8; round++) {
		NACRE_CLEANUP(nacre_buf_clear)
		struct nacre_buf got = NACRE_BUF(ENOUGH);
		uint64_t mask = roll();
		struct store some;

		store_init(&some);
		for (size_t i = 0; i < all.count; i++)
			if (mask >> i & 1)
				made(&some, i, all.kept[i].key, all.kept[i].data, all.kept[i].len,
					&all.kept[i].digest);
		encode(&(struct how){ NACRE_CODEC_GZIP, 1, 1 + (unsigned)round % 4 }, &some, data,
			INPUT, &got);
		assert_same(&got, &full);
		assert_int_equal(some.count, all.count);
		store_clear(&some);
	}
	store_clear(&all);
}

static void a_small_change_makes_few_parts_anew(void **state)
{
	nacre_autofree unsigned char *data = new_input(4);

	(void)state;
	for (size_t round = 0; round < 6; round++) {
		NACRE_CLEANUP(nacre_buf_clear)
		struct nacre_buf before = NACRE_BUF(ENOUGH);
		NACRE_CLEANUP(nacre_buf_clear)
		struct nacre_buf full = NACRE_BUF(ENOUGH);
		NACRE_CLEANUP(nacre_buf_clear)
		struct nacre_buf got = NACRE_BUF(ENOUGH);
		const struct how how = { codecs[round % 2], 1, 2 };
		size_t at = (size_t)(roll() % INPUT), more = (size_t)(roll() % 1000);
		struct store store;
		size_t parts;

		store_init(&store);
		encode(&how, &store, data, INPUT, &before);
		parts = store.made;
		/* Something is put in, and all behind it moves. */
		memmove(data + at + more, data + at, INPUT - at);
		fill(data + at, more & ~(size_t)7);
		store.made = 0;
		encode(&how, NULL, data, INPUT + more, &full);
		encode(&how, &store, data, INPUT + more, &got);
		assert_same(&got, &full);
		assert_true(store.made >= 1 && store.made <= 3);
		assert_true(parts >= 5);
		store_clear(&store);
	}
}

static void a_damaged_part_is_made_anew(void **state)
{
	nacre_autofree unsigned char *data = new_input(5);

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		NACRE_CLEANUP(nacre_buf_clear)
		struct nacre_buf full = NACRE_BUF(ENOUGH);
		NACRE_CLEANUP(nacre_buf_clear)
		struct nacre_buf got = NACRE_BUF(ENOUGH);
		const struct how how = { codecs[i], 1, 2 };
		struct store store;

		store_init(&store);
		encode(&how, &store, data, INPUT, &full);
		assert_true(store.count >= 5);
		((unsigned char *)store.kept[0].data)[store.kept[0].len / 2] ^= 1;
		store.kept[1].len--;
		store.kept[2].digest = store.kept[0].digest;
		store.kept[3].len = 0;
		store.made = 0;
		encode(&how, &store, data, INPUT, &got);
		assert_same(&got, &full);
		assert_int_equal(store.made, 4);
		store_clear(&store);
	}
}

static void another_codec_or_level_finds_nothing(void **state)
{
	static const struct how others[] = {
		{ NACRE_CODEC_ZSTD, 2, 1 }, { NACRE_CODEC_GZIP, 1, 1 },
		{ NACRE_CODEC_ZSTD, 0, 1 }, /* the default, which is 3 */
	};
	nacre_autofree unsigned char *data = new_input(6);
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf out = NACRE_BUF(ENOUGH);
	struct store store;

	(void)state;
	store_init(&store);
	encode(&(struct how){ NACRE_CODEC_ZSTD, 1, 1 }, &store, data, 2 * MIB, &out);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		encode(&others[i], &store, data, 2 * MIB, &out);
	assert_int_equal(store.found, 0);
	encode(&(struct how){ NACRE_CODEC_ZSTD, 3, 1 }, &store, data, 2 * MIB, &out);
	assert_true(store.found > 0);
	store_clear(&store);
}

static void each_part_of_zstd_is_a_frame_of_what_its_key_says(void **state)
{
	nacre_autofree unsigned char *data = new_input(7);
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf out = NACRE_BUF(ENOUGH);
	struct store store;

	(void)state;
	store_init(&store);
	encode(&(struct how){ NACRE_CODEC_ZSTD, 1, 2 }, &store, data, INPUT, &out);
	for (size_t i = 0; i < store.count; i++) {
		NACRE_CLEANUP(nacre_buf_clear)
		struct nacre_buf plain = NACRE_BUF(ENOUGH);
		const struct kept *kept = &store.kept[i];
		struct nacre_digest digest;

		decode(NACRE_CODEC_ZSTD, kept->data, kept->len, &plain);
		nacre_digest_of(plain.data, plain.len, &digest);
		assert_non_null(strstr(kept->key, digest.text));
	}
	store_clear(&store);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cuts_do_not_depend_on_how_the_bytes_come),
		cmocka_unit_test(cuts_are_where_the_page_says),
		cmocka_unit_test(what_is_all_the_same_is_cut_at_the_most),
		cmocka_unit_test(parts_found_and_parts_made_give_the_same_bytes),
		cmocka_unit_test(any_mixture_of_found_and_made_gives_the_same_bytes),
		cmocka_unit_test(a_small_change_makes_few_parts_anew),
		cmocka_unit_test(a_damaged_part_is_made_anew),
		cmocka_unit_test(another_codec_or_level_finds_nothing),
		cmocka_unit_test(each_part_of_zstd_is_a_frame_of_what_its_key_says),
	};

	return cmocka_run_group_tests_name("parts", tests, NULL, NULL);
}
