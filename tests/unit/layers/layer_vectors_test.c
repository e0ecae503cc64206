/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Replays tests/vectors/layers: each case is a folder with layer1.tar, layer2.tar, … and what must
 * come of folding them, a listing (tests/lib/listing.h) or "error: CODE: text".
 */
#include "lib/listing.h"

#include "base/file.h"

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

static void fold_case(int dir, struct nacre_buf *out_text)
{
	struct nacre_buf data[LAYERS_MOST];
	struct listing_layer layers[LAYERS_MOST];
	struct nacre_tree tree;
	struct nacre_err err = { NACRE_OK, "" };
	size_t count = 0;
	int rc;

	for (; count < LAYERS_MOST; count++) {
		char name[16];

		(void)snprintf(name, sizeof(name), "layer%zu.tar", count + 1);
		if (!load(dir, name, &data[count]))
			break;
		listing_layer_init(&layers[count], data[count].data, data[count].len);
	}
	assert_true(count > 0);
	assert_int_equal(nacre_tree_init(&tree, NULL), 0);
	rc = listing_fold(&tree, layers, count, NULL, &err);
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
	for (size_t i = 0; i < count; i++)
		nacre_buf_clear(&data[i]);
}

/* Returns whether the case came out as it must, and says what did not. */
static bool replay(int top, const char *name)
{
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf want = NACRE_BUF(0);
	NACRE_CLEANUP(nacre_buf_clear)
	struct nacre_buf got = NACRE_BUF(FILE_BYTES);
	nacre_autofd int dir = -1;
	bool is_same;

	assert_int_equal(nacre_dir_open_at(top, name, &dir, NULL), 0);
	assert_true(load(dir, "expect", &want));
	fold_case(dir, &got);
	is_same = want.len == got.len && memcmp(want.data, got.data, got.len) == 0;
	if (!is_same)
		print_error("%s: wants\n%sgot\n%s", name, want.data, got.data);
	return is_same;
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
