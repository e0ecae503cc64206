/* SPDX-License-Identifier: Apache-2.0 */
/* Paths one behind the other, each with its NUL. */
#include "builder/path_list.h"

int nacre_path_list_add(
	struct nacre_path_list *list, const struct nacre_node *node, struct nacre_err *err)
{
	int rc;

	list->count++;
	if (list->text.len >= list->most_bytes)
		return 0;
	rc = node->parent ? nacre_node_path(node, &list->text, err)
			  : nacre_buf_add_text(&list->text, ".", err);
	if (rc == 0)
		rc = nacre_buf_add(&list->text, "", 1, err);
	if (rc == 0)
		list->listed++;
	return rc;
}

struct nacre_paths nacre_path_list_steal(struct nacre_path_list *list)
{
	struct nacre_buf text = nacre_buf_steal(&list->text);
	struct nacre_paths paths = { list->count, list->listed, text.data };

	list->count = list->listed = 0;
	return paths;
}

void nacre_path_list_clear(struct nacre_path_list *list)
{
	nacre_buf_clear(&list->text);
	list->count = list->listed = 0;
}
