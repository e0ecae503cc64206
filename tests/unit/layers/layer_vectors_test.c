/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Replays tests/vectors/layers: each case is a folder with layer1.tar, layer2.tar, … and what must
 * come of folding them, a listing (tests/lib/listing.h) or "error: CODE: text"; and in `lint`, if
 * it is there, the rules that a lint finds broken, notes left out.
 */
#include "lib/listing.h"

#include "base/env.h"
#include "base/file.h"
#include "layers/lint_layer.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define LAYERS_MOST 4
#define FILE_BYTES ((size_t)64 << 20)

static bool load(int dir, const char *name, struct nacre_buf *out_data)
{
	nacre_autofd int fd = -1;
	int rc = nacre_file_open_at(dir, name, &fd, NULL, NULL);

	*out_data = (struct nacre_buf)NACRE_BUF(FILE_BYTES);
	return rc == 0 && nacre_buf_read_fd(out_data, fd, NULL) == 0;
}

struct vector {
	struct nacre_buf data[LAYERS_MOST];
	size_t count;
};

static void load_vector(int dir, struct vector *vector)
{
	for (vector->count = 0; vector->count < LAYERS_MOST; vector->count++) {
		char name[16];

		(void)snprintf(name, sizeof(name), "layer%zu.tar", vector->count + 1);
		if (!load(dir, name, &vector->data[vector->count]))
			break;
	}
	assert_true(vector->count > 0);
}

static void vector_clear(struct vector *vector)
{
	for (size_t i = 0; i < vector->count; i++)
		nacre_buf_clear(&vector->data[i]);
}

static int fold_vector(const struct vector *vector, struct nacre_buf *out_text)
{
	struct listing_layer layers[LAYERS_MOST];
	struct nacre_tree tree;
	struct nacre_err err = { NACRE_OK, "" };
	int rc;

	for (size_t i = 0; i < vector->count; i++)
		listing_layer_init(&layers[i], vector->data[i].data, vector->data[i].len);
	assert_int_equal(nacre_tree_init(&tree, NULL), 0);
	rc = listing_fold(&tree, layers, vector->count, NULL, &err);
	if (rc == 0)
		rc = listing_print(&tree, out_text, &err);
	if (rc) {
		out_text->len = 0;
		assert_int_equal(rc, err.code);
		assert_int_equal(nacre_buf_printf(out_text, NULL, "error: %s: %s\n",
					 listing_code(rc), err.text),
			0);
	}
	nacre_tree_clear(&tree);
	return rc;
}

static int note_rule(const struct nacre_lint_finding *finding, void *user)
{
	assert_non_null(finding->text);
	if (finding->rule->severity == NACRE_NOTE_FINDING)
		return 0;
	return nacre_buf_printf(user, NULL, "%s\n", finding->rule->id);
}

/* What a lint finds, and how much of it would be refused. */
static uint64_t lint_vector(const struct vector *vector, struct nacre_buf *out_text)
{
	const struct nacre_limits limits = nacre_env_limits(NULL);
	struct nacre_lint lint = { .tell = note_rule, .user = out_text };
	struct nacre_tree tree;
	struct nacre_err err;

	assert_int_equal(nacre_tree_init(&tree, NULL), 0);
	for (size_t i = 0; i < vector->count; i++) {
		struct nacre_source *source = NULL;
		struct nacre_layer_counts counts;

		assert_int_equal(nacre_lint_enter(&lint, "a layer", (unsigned)i + 1, &err), 0);
		assert_int_equal(nacre_source_memory(
					 vector->data[i].data, vector->data[i].len, &source, NULL),
			0);
		assert_int_equal(nacre_lint_tar(&tree, (unsigned)i + 1, source, &limits, &lint,
					 &counts, &err),
			0);
		nacre_source_free(source);
	}
	assert_int_equal(nacre_lint_tree(&tree, &lint, &err), 0);
	nacre_tree_clear(&tree);
	return lint.refused;
}

static bool compare(const char *name, const char *what, const struct nacre_buf *want,
	const struct nacre_buf *got)
{
	bool is_same = want->len == got->len &&
		(got->len == 0 || memcmp(want->data, got->data, got->len) == 0);

	if (!is_same)
		print_error("%s: %s: wants\n%sgot\n%s", name, what, want->len ? want->data : "",
			got->len ? got->data : "");
	return is_same;
}

/* Returns whether the case came out as it must, and says what did not. */
static bool replay(int top, const char *name)
{
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf want = NACRE_BUF(0);
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf want_lint = NACRE_BUF(0);
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf got = NACRE_BUF(FILE_BYTES);
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf got_lint = NACRE_BUF(FILE_BYTES);
	NACRE_CLEANUP(vector_clear)
	struct vector vector = { .count = 0 };
	nacre_autofd int dir = -1;
	bool is_refused, is_found, is_same;

	assert_int_equal(nacre_dir_open_at(top, name, &dir, NULL), 0);
	assert_true(load(dir, "expect", &want));
	(void)load(dir, "lint", &want_lint);
	load_vector(dir, &vector);
	is_refused = fold_vector(&vector, &got) != 0;
	is_found = lint_vector(&vector, &got_lint) > 0;
	if (is_refused != is_found)
		print_error("%s: %s, and a lint finds %s to refuse\n", name,
			is_refused ? "refused" : "taken", is_found ? "something" : "nothing");
	is_same = compare(name, "expect", &want, &got);
	is_same &= compare(name, "lint", &want_lint, &got_lint);
	return is_same && is_refused == is_found;
}

static int not_hidden(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static void every_vector_folds_to_what_it_says(void **state)
{
	struct dirent **names = NULL;
	int count = scandir(NACRE_VECTORS "/layers", &names, not_hidden, alphasort), wrong = 0;
	nacre_autofd int top = -1;

	(void)state;
	assert_true(count >= 130);
	assert_int_equal(nacre_dir_open(NACRE_VECTORS "/layers", &top, NULL), 0);
	for (int i = 0; i < count; i++) {
		wrong += !replay(top, names[i]->d_name);
		free(names[i]);
	}
	free(names);
	assert_int_equal(wrong, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_vector_folds_to_what_it_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
