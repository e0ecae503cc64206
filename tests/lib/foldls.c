/* SPDX-License-Identifier: Apache-2.0 */
/* foldls LAYER.tar…: folds layers, the lowest first, and prints the tree (listing.h). */
#include "listing.h"

#include "base/file.h"

#include <stdio.h>
#include <stdlib.h>

#define LAYER_BYTES ((size_t)256 << 20)

static int load(const char *path, struct nacre_buf *out_data, struct nacre_err *err)
{
	nacre_autofd int fd = -1;
	int rc = nacre_file_open(path, &fd, NULL, err);

	return rc ? rc : nacre_buf_read_fd(out_data, fd, err);
}

int main(int argc, char **argv)
{
	size_t count = (size_t)argc - 1;
	struct nacre_buf *data = calloc(count + 1, sizeof(*data));
	struct listing_layer *layers = calloc(count + 1, sizeof(*layers));
	struct nacre_buf text = NACRE_BUF(LAYER_BYTES);
	struct nacre_tree tree = NACRE_TREE;
	struct nacre_err err = { NACRE_OK, "" };
	int rc = !data || !layers ? nacre_fail_nomem(&err) : nacre_tree_init(&tree, &err);

	for (size_t i = 0; i < count && rc == 0; i++) {
		data[i].max = LAYER_BYTES;
		rc = load(argv[i + 1], &data[i], &err);
		listing_layer_init(&layers[i], data[i].data, data[i].len);
	}
	if (rc == 0)
		rc = listing_fold(&tree, layers, count, NULL, &err);
	if (rc == 0)
		rc = listing_print(&tree, &text, &err);
	if (rc == 0)
		(void)fwrite(text.data, 1, text.len, stdout);
	else
		(void)printf("error: %s: %s\n", listing_code(rc), err.text);
	nacre_tree_clear(&tree);
	nacre_buf_clear(&text);
	for (size_t i = 0; data && i < count; i++)
		nacre_buf_clear(&data[i]);
	free(layers);
	free(data);
	return rc ? 1 : 0;
}
